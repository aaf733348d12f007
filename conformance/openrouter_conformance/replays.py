"""Whether evidence shows itself again: alone, over a kept connection, or only after another request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import attrs

from openrouter_conformance.checks import checks_of
from openrouter_conformance.errors import CheckFailure, TargetError
from openrouter_conformance.status import Status

if TYPE_CHECKING:
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.requirements import Requirement
    from openrouter_conformance.results import Result
    from openrouter_conformance.session import Session

ALONE = "alone, over a connection of its own"
KEPT = "only over a connection that was used before"
NOT_AGAIN = "not again when it was asked again"

MOST = 8
"""Failures whose evidence is asked for again; one has at most four requests."""


def replayed(session: Session, results: Sequence[Result]) -> list[Result]:
    """Return the results, the first failed ones with how their evidence shows itself again, where that can be told.

    What compares answers with each other has been asked again before, and is left as it is.
    """
    left = MOST
    made: list[Result] = []
    for result in results:
        shown = result
        if left and result.status is Status.FAILED and result.failure is not None:
            left -= 1
            try:
                shown = _replayed(session, result, result.failure)
            except TargetError:
                left = 0  # the target is gone: what was found stands
        made.append(shown)
    return made


def _replayed(session: Session, result: Result, failure: CheckFailure) -> Result:
    first = failure.exchanges[0] if failure.exchanges else None
    if first is None or first.request is None or checks_of(result.requirement).relation is not None:
        return result
    request, breaks = first.request, _breaks(session, result.requirement, first)
    if breaks(session.send(attrs.evolve(request, fresh_connection=True), again=True)):
        return attrs.evolve(result, replay=ALONE)
    if breaks(session.send(request, again=True)):
        return attrs.evolve(result, replay=KEPT)
    before = session.recorder.sent_before(first)
    if before is not None:
        earlier = session.send(before, again=True)
        if breaks(session.send(request, again=True)):
            return attrs.evolve(result, replay=f"only after: {earlier.curl()}")
    return attrs.evolve(result, replay=NOT_AGAIN)


def _breaks(session: Session, requirement: Requirement, first: Exchange) -> Callable[[Exchange], bool]:
    """Return a function that says whether an answer breaks the requirement as the first one did."""
    check = checks_of(requirement).of_exchanges

    def breaks(exchange: Exchange) -> bool:
        if check is None:
            return exchange.status == first.status
        try:
            check(exchange, session.contract)
        except CheckFailure:
            return True
        return False

    return breaks
