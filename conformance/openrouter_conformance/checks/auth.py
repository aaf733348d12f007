"""Who is let in, and that no key is told to anyone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openrouter_conformance import answers
from openrouter_conformance.checks.registry import holds_for_every_exchange, proves
from openrouter_conformance.checks.response import TEXT
from openrouter_conformance.verdicts import NotApplicable, Violation

if TYPE_CHECKING:
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.session import Session

UNKNOWN_KEY = "conformance-unknown-key-7f3a9c51"
_MALFORMED = (
    f"Basic {UNKNOWN_KEY}",
    UNKNOWN_KEY,
    "Bearer",
    f"Token {UNKNOWN_KEY}",
    f"Bearer {UNKNOWN_KEY} {UNKNOWN_KEY}",
)
_MISPLACED = ("{key}", "Basic {key}", "Token {key}", "Bearer:{key}")


@proves("create-embeddings/auth/missing-key-refused")
def missing_key(session: Session) -> None:
    """No `Authorization` header at all."""
    _refused(session, None, "no key")


@proves("create-embeddings/auth/known-key-admitted")
def known_key(session: Session) -> None:
    """The run's own key, several times."""
    if session.target.key is None:
        raise NotApplicable("the run has no key")
    for _ in range(3):
        exchange = session.ask(TEXT)
        if exchange.status != 200:
            raise Violation(exchange.outline(), "200 with a known key", exchange)


@proves("create-embeddings/auth/unknown-key-refused")
def unknown_key(session: Session) -> None:
    """A key that nobody was given."""
    _refused(session, f"Bearer {UNKNOWN_KEY}", "an unknown key")


@proves("create-embeddings/auth/malformed-key-refused")
def malformed_key(session: Session) -> None:
    """An `Authorization` header that is not `Bearer` and a key."""
    for header in _MALFORMED:
        _refused(session, header, f"Authorization {header.replace(UNKNOWN_KEY, 'KEY')!r}")
    if session.target.key is not None:
        for header in _MISPLACED:
            _refused(session, header, f"Authorization {header.format(key='KEY')!r}")


@proves("create-embeddings/auth/key-compared-whole")
def key_variations(session: Session) -> None:
    """A known key with a letter more."""
    if session.target.key is None:
        raise NotApplicable("the run has no key")
    for header in ("Bearer {key}x", "Bearer x{key}"):
        _refused(session, header, f"Authorization {header.format(key='KEY')!r}")


@proves("create-embeddings/auth/challenge-given")
def challenge(session: Session) -> None:
    """How to authenticate, told with the refusal."""
    exchange = session.post(session.request(TEXT), key=None)
    if "bearer" not in (exchange.header("WWW-Authenticate") or "").lower():
        raise Violation(f"401 with WWW-Authenticate {exchange.header('WWW-Authenticate')!r}", "`Bearer`", exchange)


@proves("create-embeddings/auth/key-checked-first")
def key_before_body(session: Session) -> None:
    """A stranger is told of the key that is missing, not of the body's faults."""
    for raw in (b"{", b"", b'{"model":"none/such","input":"a"}'):
        exchange = session.post(raw=raw, key=None)
        if exchange.status != 401:
            raise Violation(exchange.outline(), "401", exchange)


@proves("create-embeddings/auth/scheme-in-any-case")
def scheme_case(session: Session) -> None:
    """`bearer` is `Bearer`: schemes have no case."""
    if session.target.key is None:
        raise NotApplicable("the run has no key")
    exchange = session.post(session.request(TEXT), key="bearer {key}")
    if exchange.status != 200:
        raise Violation(exchange.outline(), "200 with the scheme written `bearer`", exchange)
    answers.embedded(exchange, 1)


@holds_for_every_exchange("create-embeddings/auth/key-not-echoed")
def good_key_secrecy(exchange: Exchange) -> bool:
    """The run's own key does not stand in any answer."""
    if exchange.key_echoed:
        raise Violation(
            f"{exchange.status} with the request's key in the answer", "an answer without the key", exchange
        )
    return exchange.status is not None


@proves("create-embeddings/auth/key-not-echoed")
def key_secrecy(session: Session) -> None:
    """A refused key does not stand in the answer."""
    session.ask(TEXT)
    session.ask(TEXT, model="conformance/no-such-model")
    for header in (f"Bearer {UNKNOWN_KEY}", f"Basic {UNKNOWN_KEY}", UNKNOWN_KEY):
        exchange = session.post(session.request(TEXT), key=header)
        spoken = exchange.body + "\n".join(value for _, value in exchange.headers).encode("utf-8", "replace")
        if UNKNOWN_KEY.encode() in spoken:
            raise Violation(f"{exchange.status} with the key in the answer", "an answer without the key", exchange)


def _refused(session: Session, header: str | None, what: str) -> None:
    exchange = session.post(session.request(TEXT), key=header)
    if exchange.status != 401:
        raise Violation(exchange.outline(), f"401 for {what}", exchange)
