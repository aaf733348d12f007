"""Where a run goes: the embedded mock, the live API, or any base URL."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from openrouter_conformance.default_model import REFERENCE_MODEL
from openrouter_conformance.targets import address, ceilings, keys
from openrouter_conformance.targets.ceilings import Ceilings
from openrouter_conformance.targets.target import LIVE_URL, MOCK_URL, Target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["LIVE_URL", "MOCK_URL", "Ceilings", "Target", "open_target"]


@contextmanager
def open_target(
    name: str,
    *,
    environment: Mapping[str, str],
    key_variable: str | None = None,
    model: str | None = None,
    faults: Sequence[str] = (),
) -> Iterator[Target]:
    """Yield the target that `name` stands for: `mock`, `live` or a base URL.

    `environment` holds the keys, `key_variable` names the one to use for a target that is not the live
    API; `faults` are the mock's. Raises UsageError when the name or the key cannot be used.
    """
    if name == "mock":
        with _mock(model, faults) as target:
            yield target
    elif name == "live" or address.host(name) == "openrouter.ai":
        yield Target(
            name="live",
            url=LIVE_URL if name == "live" else address.base_url(name),
            shown_url=LIVE_URL if name == "live" else address.base_url(name),
            key=keys.live(environment, key_variable),
            key_variable=keys.LIVE_VARIABLE,
            model=model or REFERENCE_MODEL,
            request_defaults={"dimensions": 64} if model is None else {},
            ceilings=ceilings.LIVE,
            shrink=False,
            max_retries=3,
        )
    else:
        url = address.base_url(name)
        variable = key_variable or keys.OTHER_VARIABLE
        yield Target(
            name=url,
            url=url,
            shown_url=url,
            key=keys.other(environment, key_variable),
            key_variable=variable,
            model=model,
            shrink=address.is_loopback(url),
            max_retries=2,
        )


@contextmanager
def _mock(model: str | None, faults: Sequence[str]) -> Iterator[Target]:
    from openrouter_mock.server import MockServer  # noqa: PLC0415 - heavy, and only for this target
    from openrouter_mock.settings import MockSettings  # noqa: PLC0415

    settings = MockSettings(keys=(keys.MOCK_KEY,), faults=tuple(faults))
    with MockServer(settings) as server:
        yield Target(
            name="mock",
            url=server.url,
            shown_url=MOCK_URL,
            start=_start(faults),
            key=keys.MOCK_KEY,
            key_variable=keys.OTHER_VARIABLE,
            model=model or REFERENCE_MODEL,
            declared=frozenset({"dimensions", "base64", "token-ids", "multimodal"}) if model is None else frozenset(),
            trusted_key=True,
        )


def _start(faults: Sequence[str]) -> str:
    """Return the shell line that serves at MOCK_URL a mock like the embedded one, with a key for the caller."""
    command = " ".join(["openrouter-mock --port 8000 --key sk-or-test", *(f"--fault {one}" for one in faults)])
    return f"export {keys.OTHER_VARIABLE}=sk-or-test; {command} &"
