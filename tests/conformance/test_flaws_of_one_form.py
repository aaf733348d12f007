"""Flaws that show in one form of a request alone: a spelling, a field, a key, a preference, a bound."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import attrs
import pytest

from openrouter_conformance import contract, requirements, runner
from openrouter_conformance.profiles import PROFILES
from openrouter_conformance.recorder import Recorder
from openrouter_conformance.session import Session
from openrouter_conformance.status import Status
from openrouter_conformance.targets import open_target
from openrouter_mock import MockSettings, create_app

from .conftest import serve_app

_KEY = "a-key-of-the-mock"
_PROFILE = attrs.evolve(PROFILES["quick"], values=None)
"""A quick run that sends every form of a request, and not one that the seed chooses."""
_SENDERS = {
    "create-embeddings/schema/no-server-error": ("routing/preferences-accepted", "token-ids/*"),
    "create-embeddings/dimensions/honored": ("multimodal/parts-make-one-vector",),
    "create-embeddings/vectors/different-texts-differ": ("token-ids/*",),
}
"""By requirement: others whose checks send what shows the flaw."""
_REFUSED = b'{"error":{"code":404,"message":"refused"}}'


@attrs.frozen
class _Call:
    query: str
    key: str
    raw: bytes
    body: dict[str, Any]

    @property
    def wishes(self) -> dict[str, Any]:
        """The provider preferences."""
        found = self.body.get("provider")
        return found if isinstance(found, dict) else {}

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the query."""
        return {name: values[0] for name, values in parse_qs(self.query).items()}


def _flawed(flaw: Any) -> Any:
    """Return the mock behind a flaw: a function that gets a call and returns None, a status, a body or another key."""
    inner = create_app(MockSettings(keys=(_KEY,)))

    async def application(scope: Any, receive: Any, send: Any) -> None:
        raw, more = b"", True
        while more:
            message = await receive()
            raw += message.get("body", b"")
            more = message.get("more_body", False)
        headers = dict(scope["headers"])
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError):
            body = {}
        key = headers.get(b"authorization", b"").decode("latin-1")
        made = flaw(_Call(scope["query_string"].decode(), key, raw, body if isinstance(body, dict) else {}))
        if isinstance(made, int):
            await send(
                {"type": "http.response.start", "status": made, "headers": [(b"content-type", b"application/json")]}
            )
            await send({"type": "http.response.body", "body": _REFUSED})
            return
        if isinstance(made, str):
            scope = {**scope, "headers": list({**headers, b"authorization": made.encode()}.items())}
        elif made is not None:
            raw = json.dumps(made).encode()
            scope = {**scope, "headers": list({**headers, b"content-length": str(len(raw)).encode()}.items())}
        if isinstance(made, dict) and "limit" in made:
            scope = {**scope, "query_string": f"limit={made['limit']}".encode()}

        async def received() -> Any:
            return {"type": "http.request", "body": raw}

        await inner(scope, received, send)

    return application


def _without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


_FLAWS: dict[str, tuple[str, Any]] = {
    "a query is another address": (
        "create-embeddings/parameters/unknown-fields-ignored",
        lambda call: 404 if call.query == "beta=true" or (call.query and call.body) else None,
    ),
    "escaped slashes stay in the name of the model": (
        "create-embeddings/texts/escapes-equal-characters",
        lambda call: 404 if b"\\/" in call.raw else None,
    ),
    "a word for none is a key": (
        "create-embeddings/auth/malformed-key-refused",
        lambda call: f"Bearer {_KEY}" if call.key in ("Bearer undefined", "Bearer null", "Bearer None") else None,
    ),
    "a second word after the key is dropped": (
        "create-embeddings/auth/malformed-key-refused",
        lambda call: f"Bearer {_KEY}" if call.key.startswith(f"Bearer {_KEY} ") else None,
    ),
    "dimensions of multimodal inputs are dropped": (
        "create-embeddings/dimensions/honored",
        lambda call: (
            _without(call.body, "dimensions") if b'"content"' in call.raw and "dimensions" in call.body else None
        ),
    ),
    "the first of several names counts": (
        "create-embeddings/routing/preferences-accepted",
        lambda call: 404 if len(call.wishes.get("only") or ()) > 1 else None,
    ),
    "a default that is spelled out is the other value": (
        "create-embeddings/routing/preferences-accepted",
        lambda call: 404 if call.wishes.get("zdr") is False else None,
    ),
    "a percentile that is null is no number": (
        "create-embeddings/schema/no-server-error",
        lambda call: 500 if None in dict(call.wishes.get("preferred_max_latency") or {}).values() else None,
    ),
    "the provider to be ignored serves when it is preferred": (
        "create-embeddings/routing/ignored-provider-left-out",
        lambda call: (
            {**call.body, "provider": _without(call.wishes, "ignore")}
            if call.wishes.get("order") and call.wishes.get("ignore")
            else None
        ),
    ),
    "the listed price is too high for itself": (
        "create-embeddings/routing/max-price-kept",
        lambda call: 404 if str((call.wishes.get("max_price") or {}).get("prompt", 9)) < "1" else None,
    ),
    "token ids have 31 bits": (
        "create-embeddings/schema/no-server-error",
        lambda call: (
            500 if any(isinstance(one, int) and one >= 2**31 for one in call.body.get("input") or ()) else None
        ),
    ),
}
"""Flaws by name: the requirement that they fail, and what becomes of a call."""


@pytest.mark.parametrize(("requirement", "flaw"), _FLAWS.values(), ids=list(_FLAWS))
def test_flaw_of_one_form_is_found(requirement: str, flaw: Any) -> None:
    """A run fails the requirement that says so, and no other."""
    known = requirements.load()
    chosen = (requirement, *(f"create-embeddings/{one}" for one in _SENDERS.get(requirement, ())))
    environment = {"CONFORMANCE_API_KEY": _KEY}
    with (
        serve_app(_flawed(flaw)) as url,
        open_target(f"{url}/api/v1", environment=environment) as target,
        Recorder(target) as recorder,
    ):
        session = Session(target, recorder, contract.shipped(), _PROFILE, 0)
        results = runner.check_all(session, known, requirements.select(known, chosen)).results
    assert {one.requirement.id for one in results if one.status is Status.FAILED} == {requirement}
