"""Faults in authentication: which keys are accepted."""

# What a stage returns is known to the stage only:
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import attrs
import orjson

from openrouter_mock import validation
from openrouter_mock.call import HTTPError, unauthorized
from openrouter_mock.faults.fault import Stage, fault

if TYPE_CHECKING:
    from openrouter_mock.call import Call, Response


def _accept_also(authenticate: Stage, call: Call, *, when: bool) -> None:
    """Accept *call* if *authenticate* does, or if *when* is true."""
    try:
        authenticate(call)
    except HTTPError:
        if not when:
            raise
        call.key = "anyone"


def _reject(call: Call, message: str) -> NoReturn:
    """Reject a key that has been accepted already."""
    call.key = None
    raise unauthorized(message)


def _authorization(call: Call) -> str:
    return call.headers.get("authorization", "").strip()


def _is_accepted_with(authenticate: Stage, call: Call, authorization: str) -> bool:
    """Return whether *authenticate* would accept *call* with another `Authorization`."""
    try:
        authenticate(attrs.evolve(call, headers={**call.headers, "authorization": authorization}))
    except HTTPError:
        return False
    return True


@fault("authenticate")
def accepts_any_key(authenticate: Stage, call: Call) -> None:
    """Every bearer key is accepted, known or not."""
    scheme, _, key = _authorization(call).partition(" ")
    _accept_also(authenticate, call, when=scheme.lower() == "bearer" and bool(key.strip()))


@fault("authenticate")
def accepts_missing_key(authenticate: Stage, call: Call) -> None:
    """A call without an Authorization header is accepted."""
    _accept_also(authenticate, call, when="authorization" not in call.headers)


@fault("authenticate")
def accepts_empty_key(authenticate: Stage, call: Call) -> None:
    """A bearer header without a key is accepted."""
    _accept_also(authenticate, call, when=_authorization(call).lower() == "bearer")


@fault("authenticate")
def accepts_any_scheme(authenticate: Stage, call: Call) -> None:
    """A key is accepted under any authentication scheme."""
    _, _, key = _authorization(call).partition(" ")
    _accept_also(authenticate, call, when=_is_accepted_with(authenticate, call, f"Bearer {key}"))


@fault("authenticate")
def accepts_key_without_scheme(authenticate: Stage, call: Call) -> None:
    """A key is accepted without the scheme Bearer."""
    given = _authorization(call)
    _accept_also(authenticate, call, when=" " not in given and _is_accepted_with(authenticate, call, f"Bearer {given}"))


@fault("authenticate")
def accepts_cut_off_key(authenticate: Stage, call: Call) -> None:
    """Every bearer token that begins like a key is accepted: only a prefix is compared."""
    _accept_also(authenticate, call, when=_authorization(call).lower().startswith("bearer sk"))


@fault("authenticate")
def refuses_scheme_in_lower_case(authenticate: Stage, call: Call) -> None:
    """The scheme is accepted only as Bearer, though schemes are case-insensitive."""
    authenticate(call)
    if not _authorization(call).startswith("Bearer "):
        _reject(call, "expected Bearer")


@fault("authenticate")
def refuses_good_keys(authenticate: Stage, call: Call) -> None:
    """Every key is rejected."""
    authenticate(call)
    _reject(call, "the key is unknown")


@fault("authenticate")
def forgets_keys_after_first_call(authenticate: Stage, call: Call) -> None:
    """Every second call is rejected though its key is valid."""
    authenticate(call)
    if call.number % 2:
        _reject(call, "the key is unknown")


@fault("authenticate")
def reads_body_before_key(authenticate: Stage, call: Call) -> None:
    """A call without a valid key is told what is wrong with its body."""
    try:
        authenticate(call)
    except HTTPError:
        if message := _body_errors(call.body):
            raise HTTPError(400, message) from None
        raise


def _body_errors(body: bytes) -> str:
    try:
        return "; ".join(map(str, validation.validation_errors(orjson.loads(body))))
    except orjson.JSONDecodeError:
        return "body: not valid JSON"


@fault("models")
def asks_key_for_model_list(models: Stage, call: Call) -> Response:
    """The model list requires a key."""
    if not _authorization(call):
        raise unauthorized("no bearer key")
    response: Response = models(call)
    return response


@fault("models")
def refuses_unknown_key_for_model_list(models: Stage, call: Call) -> Response:
    """The model list, though public, rejects unknown keys."""
    if _authorization(call) and "sk-or-" not in _authorization(call):
        raise unauthorized("the key is unknown")
    response: Response = models(call)
    return response
