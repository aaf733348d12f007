"""The campaign: generated requests sent to the target, with what schemathesis' own checks say of the answers.

The requests go through the recorder like all others.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import attrs
import httpx
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from openrouter_conformance.errors import Blocked, CheckFailure, NotApplicable
from openrouter_conformance.exchange import Exchange, as_evidence, excerpt
from openrouter_conformance.generated_requests import Generated, generate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openrouter_conformance.operations import Operation
    from openrouter_conformance.session import Session

_SHARE_OF_BODIES, _SHARE_OF_QUERIES = 0.8, 0.2
"""How much of a profile's generated requests an operation with a body gets, and one without."""

_CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@attrs.frozen
class Answered:
    """A generated request with an excerpt of its answer, and what schemathesis' own checks say of it."""

    generated: Generated
    exchange: Exchange = attrs.field(converter=as_evidence)
    failures: tuple[str, ...]


def run(session: Session, operation: Operation) -> list[Answered]:
    """Send the generated requests of `operation` once per session; return them with their answers."""

    def send_all() -> list[Answered]:
        made = generated(session, operation)
        answers = session.send_all(one.request for one in made)
        return [_answered(one, answer) for one, answer in zip(made, answers, strict=True)]

    return session.once(("campaign", operation.operation_id), send_all)


def generated(session: Session, operation: Operation) -> Sequence[Generated]:
    """Return the generated requests of `operation`, made once per session, which takes seconds."""

    def make() -> Sequence[Generated]:
        share = _SHARE_OF_BODIES if session.contract.takes_body(operation) else _SHARE_OF_QUERIES
        return generate(
            session.contract,
            operation,
            round(session.profile.generated * share),
            seed=session.seed,
            model=session.model if operation.asks_model else None,
            native_dimensions=_native_dimensions(session) if operation.asks_model else None,
        )

    return session.once(("generated", operation.operation_id), make)


def _native_dimensions(session: Session) -> int | None:
    """Return the greatest length that may be asked for; None, for any, where no vector can be read."""
    try:
        return session.native_dimensions
    except (Blocked, NotApplicable):
        return None


def smallest(answered: Iterable[Answered]) -> Answered:
    """Return the one whose request is the shortest: the one to show to a person."""
    return min(answered, key=lambda one: (len(one.exchange.request_body or b""), len(one.exchange.url)))


def raise_smallest(failing: list[Answered], expected: str) -> None:
    """Raise a CheckFailure that shows the shortest of `failing`, if there is one."""
    if failing:
        shown = smallest(failing)
        more = f" (and {len(failing) - 1} more such requests)" if len(failing) > 1 else ""
        raise CheckFailure(shown.exchange.outline() + more, expected, shown.exchange)


def _answered(generated: Generated, exchange: Exchange) -> Answered:
    if exchange.status is None or exchange.is_oversized:
        return Answered(generated, exchange, (exchange.outline(),))
    response = httpx.Response(
        exchange.status,
        headers=[pair for pair in exchange.headers if pair[0].lower() not in ("content-encoding", "transfer-encoding")],
        content=exchange.body,
        request=httpx.Request(exchange.method, exchange.url, content=exchange.request_body),
    )
    response.elapsed = dt.timedelta(seconds=exchange.seconds)
    try:
        generated.case.validate_response(response, checks=_CHECKS)
    except FailureGroup as group:
        return Answered(generated, exchange, tuple(_phrase(failure) for failure in group.exceptions))
    return Answered(generated, exchange, ())


def _phrase(failure: BaseException) -> str:
    if not isinstance(failure, Failure):
        return excerpt(str(failure).encode())
    return excerpt(f"{failure.title}: {failure.message}".encode())
