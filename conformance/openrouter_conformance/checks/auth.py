"""Which keys are accepted, and that no key is repeated to anyone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openrouter_conformance import excerpts, sample_requests
from openrouter_conformance.checks.registry import shared_check, shared_exchange_check
from openrouter_conformance.errors import CheckFailure, NotApplicable
from openrouter_conformance.exchange import JSON_HEADERS, MAY_USE, Request
from openrouter_conformance.samples import UNKNOWN_KEY

if TYPE_CHECKING:
    from openrouter_conformance.contract import Contract
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.operations import Operation
    from openrouter_conformance.session import Session

_MALFORMED = (
    f"Basic {UNKNOWN_KEY}",
    UNKNOWN_KEY,
    "Bearer",
    f"Bearer {UNKNOWN_KEY} {UNKNOWN_KEY}",
)
_ABSENT = ("undefined", "null", "None")
"""What programs send as a key that they do not have."""
_UNAUTHORIZED, _TO_BE_PAID = 401, 402
_REFUSED = (_UNAUTHORIZED, _TO_BE_PAID, 429)
"""What a known key never gets; 403 may be for what stands in the request."""
_MISPLACED = ("{key}", "Basic {key}", "Bearer:{key}", "Bearer {key} x", "Bearer {key} {key}")


@shared_check("auth/missing-key-refused")
def missing_key_refused(session: Session, operation: Operation) -> None:
    """No `Authorization` header at all."""
    _expect_401(session, operation, None, "no key")


@shared_exchange_check("auth/missing-key-refused")
def never_answered_without_a_key(exchange: Exchange, contract: Contract, operation: Operation) -> bool:  # noqa: ARG001
    """The status of every request of the run that has no key."""
    request = exchange.request
    if request is None or request.key is not None or request.method != operation.method or exchange.status is None:
        return False
    if not exchange.headers_complete:
        return False  # recorders leave keys out
    if exchange.status == 200:
        raise CheckFailure(exchange.outline(), "401 for no key", exchange)
    return True


@shared_check("auth/known-key-accepted")
def known_key_accepted(session: Session, operation: Operation) -> None:
    """The run's own key, several times."""
    if operation.asks_model:
        session.require_plain()
    _need_key(session)
    for again in (False, True):
        exchange = sample_requests.send(session, operation, again=again)
        if exchange.status != 200:
            raise CheckFailure(exchange.outline(), "200 with a known key", exchange)


@shared_exchange_check("auth/known-key-accepted")
def known_key_never_refused(exchange: Exchange, contract: Contract, operation: Operation) -> bool:  # noqa: ARG001
    """The status of every request of the run with its own key."""
    if exchange.request is None or exchange.request.key is not True or exchange.status is None:
        return False
    if not any(name.lower() == "authorization" for name, _ in exchange.request_headers):
        return False
    if exchange.status == _TO_BE_PAID and not exchange.derived.get(MAY_USE, True):
        return False  # a model that the key never used may be one that it may not use
    if exchange.status in _REFUSED:
        raise CheckFailure(exchange.outline(), "no refusal of a known key", exchange)
    return True


@shared_check("auth/unknown-key-refused")
def unknown_key_refused(session: Session, operation: Operation) -> None:
    """A key that nobody was given."""
    _expect_401(session, operation, f"Bearer {UNKNOWN_KEY}", "an unknown key")


@shared_check("auth/malformed-key-refused")
def malformed_key_refused(session: Session, operation: Operation) -> None:
    """An `Authorization` header that is not `Bearer` and a key, or has a word for none in the place of the key."""
    absent = [word for word in _ABSENT if word != session.target.key]
    for header in session.choose((*_MALFORMED, f"Bearer {session.one_of(absent, 'absent keys')}"), "malformed keys"):
        _expect_401(
            session, operation, header, f"Authorization {excerpts.of_value(header.replace(UNKNOWN_KEY, 'KEY'))}"
        )
    if session.target.key is not None:
        for header in session.choose(_MISPLACED, "misplaced keys"):
            _expect_401(session, operation, header, f"Authorization {excerpts.of_value(header.format(key='KEY'))}")


@shared_check("auth/key-compared-whole")
def key_compared_whole(session: Session, operation: Operation) -> None:
    """A known key with a letter more, less or another one; after that, the known key itself."""
    _need_key(session)
    key = session.target.key or ""
    altered = {
        "Bearer {key}x": "the key with a letter more",
        f"Bearer {key[:-1]}": "the key without its last letter",
        f"Bearer {key.swapcase()}": "the key in the other case",
    }
    of_one_end = {
        "Bearer x{key}": "the key behind another letter",
        f"Bearer {key[:-1]}{_another(key[-1:])}": "the key with another last letter",
        f"Bearer {_another(key[:1])}{key[1:]}": "the key with another first letter",
    }
    header = session.one_of(list(of_one_end), "keys alike at one end")
    altered[header] = of_one_end[header]
    tried = session.choose([one for one in altered if one != f"Bearer {key}"], "altered keys")
    for place, header in enumerate(tried):
        _expect_401(session, operation, header, altered[header])
        if not place:
            exchange = sample_requests.send(session, operation, again=True)
            if exchange.status == _UNAUTHORIZED:
                raise CheckFailure(exchange.outline(), f"200 with the known key after {altered[header]}", exchange)


@shared_check("auth/challenge-given")
def challenge_given(session: Session, operation: Operation) -> None:
    """How to authenticate, said with the refusal."""
    exchange = sample_requests.send(session, operation, key=None)
    if exchange.status != 401:
        raise NotApplicable(f"no key, and no 401: {exchange.outline()}")
    if "bearer" not in (exchange.header("WWW-Authenticate") or "").lower():
        challenge = excerpts.of_value(exchange.header("WWW-Authenticate"))
        raise CheckFailure(f"{exchange.status} with WWW-Authenticate {challenge}", "`Bearer`", exchange)


@shared_check("auth/key-checked-first")
def key_checked_first(session: Session, operation: Operation) -> None:
    """A request without a key is refused for that, not for what is wrong with its body."""
    if not session.contract.takes_body(operation):
        raise NotApplicable(f"{operation.operation_id} takes no body")
    for body in session.choose((b"{", b"", b'{"model":"none/such","input":"a"}'), "bad bodies"):
        exchange = session.send(
            Request(operation.method, operation.path, body, JSON_HEADERS, None, operation.operation_id)
        )
        if exchange.status != 401:
            raise CheckFailure(exchange.outline(), "401", exchange)


@shared_check("auth/scheme-in-any-case")
def scheme_in_any_case(session: Session, operation: Operation) -> None:
    """`bearer` is `Bearer`: schemes have no case."""
    if operation.asks_model:
        session.require_plain()
    _need_key(session)
    if operation.asks_model and session.was_answered("key", "bearer {key}"):
        return
    exchange = sample_requests.send(session, operation, key="bearer {key}")
    if exchange.status != 200:
        raise CheckFailure(exchange.outline(), "200 with the scheme written `bearer`", exchange)


@shared_exchange_check("auth/key-not-echoed")
def key_not_echoed(exchange: Exchange, contract: Contract, operation: Operation) -> bool:  # noqa: ARG001
    """The run's own key does not stand in any answer."""
    if exchange.key_echoed:
        raise CheckFailure(
            f"{exchange.status} with the request's key in the answer", "an answer without the key", exchange
        )
    return exchange.status is not None


@shared_check("auth/key-not-echoed")
def refused_key_not_echoed(session: Session, operation: Operation) -> None:
    """A refused key does not stand in the answer."""
    sample_requests.send(session, operation)
    for header in session.choose((f"Bearer {UNKNOWN_KEY}", f"Basic {UNKNOWN_KEY}", UNKNOWN_KEY), "echoed keys"):
        exchange = sample_requests.send(session, operation, key=header)
        answer = exchange.body + "\n".join(value for _, value in exchange.headers).encode("utf-8", "replace")
        if UNKNOWN_KEY.encode() in answer:
            raise CheckFailure(f"{exchange.status} with the key in the answer", "an answer without the key", exchange)


def _another(letter: str) -> str:
    return "y" if letter == "x" else "x"


def _need_key(session: Session) -> None:
    if session.target.key is None:
        raise NotApplicable("the run has no key")


def _expect_401(session: Session, operation: Operation, header: str | None, what: str) -> None:
    exchange = sample_requests.send(session, operation, key=header)
    if exchange.status != 401:
        raise CheckFailure(exchange.outline(), f"401 for {what}", exchange)
