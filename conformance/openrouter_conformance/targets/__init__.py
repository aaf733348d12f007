"""Where a run goes: the embedded mock, the live API, any base URL, or what a target file describes.

- `target`: what a run knows of a server; `ceilings`: what a run may use up
- `target_file`: a server described in YAML, by `target.schema.json`; `openrouter.yaml` is that of the live API
- `positioned_yaml`: YAML with the place of every value
- `address`, `keys`: base URLs as people write them, and which key goes where
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import attrs

from openrouter_conformance.default_model import REFERENCE_MODEL
from openrouter_conformance.errors import UsageError
from openrouter_conformance.targets import address, ceilings, keys
from openrouter_conformance.targets.ceilings import Ceilings
from openrouter_conformance.targets.target import LIVE_URL, MOCK_URL, Header, Target
from openrouter_conformance.targets.target_file import FromVariable, TargetFile, is_file, read, shipped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["LIVE_URL", "MOCK_URL", "Ceilings", "Target", "ceilings_of", "describe", "is_live", "open_target"]


def describe(
    name: str, *, key_variable: str | None = None, model: str | None = None, known_deviations: str | None = None
) -> TargetFile:
    """Return what is known of the target `name`: `mock`, `live`, a base URL or the path of a target file.

    What else is named goes before what the file says: the variable that holds the key, the model to check, the path of
    a file with known deviations. Raises UsageError when a file cannot be read or says nothing of an address.
    """
    described = _described(name)
    return attrs.evolve(
        described,
        key_variable=key_variable or described.key_variable,
        model=model or described.model,
        known=described.known if known_deviations is None else read(known_deviations).known,
    )


def _described(name: str) -> TargetFile:
    if is_file(name):
        described = read(name)
        if described.address is None:
            raise UsageError(f"{name}, line 1: no address: add `address: https://…`, or name this file with --known.")
        return described
    if is_live(name):
        return attrs.evolve(shipped(), address=name)
    return TargetFile(address=name)


@contextmanager
def open_target(
    name: str,
    *,
    environment: Mapping[str, str],
    key_variable: str | None = None,
    model: str | None = None,
    faults: Sequence[str] = (),
    limits: Ceilings | None = None,
    known_deviations: str | None = None,
) -> Iterator[Target]:
    """Yield the target that `name` stands for: `mock`, `live`, a base URL or a target file.

    `environment` holds the keys, `key_variable` names the one to use for a target that is not the live
    API; `faults` are the mock's; `limits` go before the ceilings of the target; `known_deviations` is the path of a
    file whose known deviations take the place of the target's.

    Raises UsageError when the name or the key cannot be used.
    """
    described = describe(name, key_variable=key_variable, model=model, known_deviations=known_deviations)
    where = described.address or ""
    described = attrs.evolve(described, ceilings=ceilings_of(described, limits or Ceilings()))
    headers = tuple(_header(one, value, environment) for one, value in described.headers)
    if where == "mock":
        with _mock(described, headers, faults) as target:
            yield target
    elif is_live(where):
        yield _live(described, headers, environment)
    else:
        yield _other(described, headers, environment)


def is_live(name: str) -> bool:
    """Return whether a target's name or address stands for the live API."""
    return name == "live" or address.is_live(name)


def ceilings_of(described: TargetFile, limits: Ceilings) -> Ceilings:
    """Return the ceilings of a run: `limits` first, then those that are described, then the usual ones."""
    name = described.address or ""
    usual = ceilings.LIVE if is_live(name) else ceilings.MOCK if name == "mock" else ceilings.OTHER
    return limits.or_else(described.ceilings).or_else(usual)


def _live(described: TargetFile, headers: tuple[Header, ...], environment: Mapping[str, str]) -> Target:
    url = LIVE_URL if described.address == "live" else address.base_url(described.address or "")
    return Target(
        name="live",
        url=url,
        shown_url=url,
        key=keys.live(environment, described.key_variable),
        key_variable=keys.LIVE_VARIABLE,
        headers=headers,
        model=described.model or REFERENCE_MODEL,
        others=described.others,
        request_defaults={"dimensions": 64} if described.model is None else {},
        declared=described.features,
        ceilings=described.ceilings,
        known=described.known,
        shrink=False,
        max_retries=3,
        is_live=True,
    )


def _other(described: TargetFile, headers: tuple[Header, ...], environment: Mapping[str, str]) -> Target:
    url = address.base_url(described.address or "")
    return Target(
        name=url,
        url=url,
        shown_url=url,
        key=keys.other(environment, described.key_variable),
        key_variable=described.key_variable or keys.OTHER_VARIABLE,
        headers=headers,
        model=described.model,
        others=described.others,
        declared=described.features,
        ceilings=described.ceilings,
        known=described.known,
        shrink=address.is_loopback(url),
        max_retries=2,
    )


@contextmanager
def _mock(described: TargetFile, headers: tuple[Header, ...], faults: Sequence[str]) -> Iterator[Target]:
    from openrouter_mock.server import MockServer  # noqa: PLC0415 - heavy, and only for this target
    from openrouter_mock.settings import MockSettings  # noqa: PLC0415

    settings = MockSettings(keys=(keys.MOCK_KEY,), faults=tuple(faults))
    every = frozenset({"dimensions", "base64", "token-ids", "multimodal"})
    with MockServer(settings) as server:
        yield Target(
            name="mock",
            url=server.url,
            shown_url=MOCK_URL,
            start=_start(faults),
            key=keys.MOCK_KEY,
            key_variable=keys.OTHER_VARIABLE,
            headers=headers,
            model=described.model or REFERENCE_MODEL,
            others=described.others,
            declared=described.features | (every if described.model is None else frozenset()),
            ceilings=described.ceilings,
            is_free=True,
            known=described.known,
            trusted_key=True,
        )


def _header(name: str, value: str | FromVariable, environment: Mapping[str, str]) -> Header:
    if isinstance(value, str):
        return Header(name, value)
    return Header(name, keys.needed(environment, value.variable), value.variable)


def _start(faults: Sequence[str]) -> str:
    """Return the shell line that serves at MOCK_URL a mock like the embedded one, with a key for the caller."""
    command = " ".join(["openrouter-mock --port 8000 --key sk-or-test", *(f"--fault {one}" for one in faults)])
    return f"export {keys.OTHER_VARIABLE}=sk-or-test; {command} &"
