"""Results held against the known deviations: what was expected to fail, and which entry is not needed any more.

What is known is checked like everything else, and reported as known while it fails. An entry that is not needed fails
the run, so that the list stays true.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import attrs

from openrouter_conformance.known_deviations import Kind, KnownDeviation
from openrouter_conformance.status import Status, deciding

if TYPE_CHECKING:
    from openrouter_conformance.results import Result

_BROKEN = (Status.FAILED, Status.WARNING)
_UNDECIDED = (Status.NOT_RUN, Status.DESELECTED, Status.ERROR)
"""What says nothing about whether an entry is still needed."""


class Problem(enum.StrEnum):
    """Why an entry is to be deleted: nothing it names fails any more, its time is over, it names nothing."""

    PASSES = "passes"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@attrs.frozen
class Unneeded:
    """An entry that is to be deleted, and why."""

    entry: KnownDeviation
    problem: Problem


def marked(results: Sequence[Result], entries: Sequence[KnownDeviation], today: dt.date) -> list[Result]:
    """Return the results; what is broken and named by an entry that holds `today` is known, by the first such entry."""
    holding = [entry for entry in entries if not entry.is_expired(today)]

    def known_by(result: Result) -> KnownDeviation | None:
        if result.status not in _BROKEN:
            return None
        return next((entry for entry in holding if entry.matches(result.requirement.id)), None)

    return [
        result if (entry := known_by(result)) is None else attrs.evolve(result, status=Status.KNOWN, known=entry)
        for result in results
    ]


def unneeded(results: Sequence[Result], entries: Sequence[KnownDeviation], today: dt.date) -> list[Unneeded]:
    """Return the entries to delete, in their order; `results` are those of all requirements, `marked` or not."""
    found: list[Unneeded] = []
    for entry in entries:
        problem = _problem(entry, [result for result in results if entry.matches(result.requirement.id)], today)
        if problem is not None:
            found.append(Unneeded(entry, problem))
    return found


def outdated(entry: KnownDeviation, ids: Iterable[str], today: dt.date) -> Problem | None:
    """Return why an entry is to be deleted whatever a target does; `ids` are those of all requirements."""
    if not any(map(entry.matches, ids)):
        return Problem.UNKNOWN
    return Problem.EXPIRED if entry.is_expired(today) else None


def _problem(entry: KnownDeviation, matched: Sequence[Result], today: dt.date) -> Problem | None:
    problem = outdated(entry, (result.requirement.id for result in matched), today)
    statuses = {result.status for result in matched}
    if problem is not None or entry.kind is Kind.FLAKY or statuses & {*_BROKEN, Status.KNOWN, *_UNDECIDED}:
        return problem
    return Problem.PASSES if Status.PASSED in statuses else None


def counted(results: Sequence[Result]) -> list[Status]:
    """Return the statuses that a run is concluded from."""
    return deciding((one.requirement.id, one.status, one.blocked_by) for one in results)
