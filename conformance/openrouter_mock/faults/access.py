"""Flaws in who is let in."""

# What a stage returns is known to the stage only:
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import attrs
import orjson

from openrouter_mock import validation
from openrouter_mock.call import Refusal, unauthorized
from openrouter_mock.faults.fault import Stage, fault

if TYPE_CHECKING:
    from openrouter_mock.call import Answer, Call


def _let_in(authenticate: Stage, call: Call, *, when: bool) -> None:
    """Let in, besides whom *authenticate* lets in, those to whom *when* applies."""
    try:
        authenticate(call)
    except Refusal:
        if not when:
            raise
        call.key = "anyone"


def _turn_away(call: Call, message: str) -> NoReturn:
    """Refuse a key that was let in before."""
    call.key = None
    raise unauthorized(message)


def _authorization(call: Call) -> str:
    return call.headers.get("authorization", "").strip()


def _lets_in(authenticate: Stage, call: Call, given: str) -> bool:
    """Return whether *authenticate* would let *call* in with another `Authorization`."""
    try:
        authenticate(attrs.evolve(call, headers={**call.headers, "authorization": given}))
    except Refusal:
        return False
    return True


@fault("authenticate")
def accepts_any_key(authenticate: Stage, call: Call) -> None:
    """Every bearer key is let in, known or not."""
    scheme, _, key = _authorization(call).partition(" ")
    _let_in(authenticate, call, when=scheme.lower() == "bearer" and bool(key.strip()))


@fault("authenticate")
def accepts_missing_key(authenticate: Stage, call: Call) -> None:
    """A call without an Authorization header is let in."""
    _let_in(authenticate, call, when="authorization" not in call.headers)


@fault("authenticate")
def accepts_empty_key(authenticate: Stage, call: Call) -> None:
    """A bearer header without a key is let in."""
    _let_in(authenticate, call, when=_authorization(call).lower() == "bearer")


@fault("authenticate")
def accepts_any_scheme(authenticate: Stage, call: Call) -> None:
    """A key is let in under whatever scheme it comes."""
    _, _, key = _authorization(call).partition(" ")
    _let_in(authenticate, call, when=_lets_in(authenticate, call, f"Bearer {key}"))


@fault("authenticate")
def accepts_key_without_scheme(authenticate: Stage, call: Call) -> None:
    """A key is let in without the word Bearer."""
    given = _authorization(call)
    _let_in(authenticate, call, when=" " not in given and _lets_in(authenticate, call, f"Bearer {given}"))


@fault("authenticate")
def accepts_cut_off_key(authenticate: Stage, call: Call) -> None:
    """Whatever begins like a key is let in: only the first letters are compared."""
    _let_in(authenticate, call, when=_authorization(call).lower().startswith("bearer sk"))


@fault("authenticate")
def refuses_scheme_in_lower_case(authenticate: Stage, call: Call) -> None:
    """The scheme is let in only when it is written Bearer, though its case has no meaning."""
    authenticate(call)
    if not _authorization(call).startswith("Bearer "):
        _turn_away(call, "expected Bearer")


@fault("authenticate")
def refuses_good_keys(authenticate: Stage, call: Call) -> None:
    """Every key is refused."""
    authenticate(call)
    _turn_away(call, "the key is unknown")


@fault("authenticate")
def forgets_keys_after_first_call(authenticate: Stage, call: Call) -> None:
    """Every second call is refused though its key is good."""
    authenticate(call)
    if call.number % 2:
        _turn_away(call, "the key is unknown")


@fault("authenticate")
def reads_body_before_key(authenticate: Stage, call: Call) -> None:
    """A call without a good key learns what is wrong with its body."""
    try:
        authenticate(call)
    except Refusal:
        if wrong := _wrong_with(call.body):
            raise Refusal(400, wrong) from None
        raise


def _wrong_with(body: bytes) -> str:
    try:
        return "; ".join(map(str, validation.problems(orjson.loads(body))))
    except orjson.JSONDecodeError:
        return "body: not valid JSON"


@fault("models")
def asks_key_for_model_list(models: Stage, call: Call) -> Answer:
    """The model list is closed to callers without a key."""
    if not _authorization(call):
        raise unauthorized("no bearer key")
    answer: Answer = models(call)
    return answer


@fault("models")
def refuses_unknown_key_for_model_list(models: Stage, call: Call) -> Answer:
    """The model list, though public, is closed to callers with an unknown key."""
    if _authorization(call) and "sk-or-" not in _authorization(call):
        raise unauthorized("the key is unknown")
    answer: Answer = models(call)
    return answer
