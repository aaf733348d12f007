"""Statuses of requirements, conclusions of runs, exit codes.

What fails a run, and with which exit code, is decided here and nowhere else.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable


class Status(enum.StrEnum):
    """How one requirement came out.

    `failed` and `warning` say that the target breaks it; a warning fails strict runs only. `not-applicable` says
    nothing about the target and is never counted as passed. `known` is broken, too, as a known deviation says, and
    fails no run. `blocked` could not be tried, for a requirement that it rests on failed; the run fails by that
    one, if it does. `error` is a fault of this suite. `not-run` had no result yet when the run stopped;
    `not-seen` is what replayed recordings do not decide; `deselected` was left out by the user.
    """

    PASSED = "passed"
    FAILED = "failed"
    WARNING = "warning"
    KNOWN = "known"
    NOT_APPLICABLE = "not-applicable"
    BLOCKED = "blocked"
    ERROR = "error"
    NOT_RUN = "not-run"
    NOT_SEEN = "not-seen"
    DESELECTED = "deselected"


class Level(enum.StrEnum):
    """How much a requirement weighs."""

    REQUIRED = "required"
    EXPECTED = "expected"
    OBSERVED = "observed"


class ExitCode(enum.IntEnum):
    """The exit codes of the commands."""

    CONFORMS = 0
    DOES_NOT_CONFORM = 1
    USAGE = 2
    NOT_CHECKED = 3
    INTERRUPTED = 130
    TERMINATED = 143


class Conclusion(enum.StrEnum):
    """How a whole run came out."""

    CONFORMS = "conforms"
    DOES_NOT_CONFORM = "does-not-conform"
    ERROR = "error"
    STOPPED = "stopped"

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of a command that ends so."""
        match self:
            case Conclusion.CONFORMS:
                return ExitCode.CONFORMS
            case Conclusion.DOES_NOT_CONFORM:
                return ExitCode.DOES_NOT_CONFORM
            case _:
                return ExitCode.NOT_CHECKED


def status_of_failure(level: Level) -> Status:
    """Return the status of a requirement of `level` that the target breaks: an `observed` one is a warning."""
    return Status.WARNING if level is Level.OBSERVED else Status.FAILED


def fails_run(status: Status, *, strict: bool = False) -> bool:
    """Return whether one requirement of this status fails a run: a warning does in a strict one."""
    return status is Status.FAILED or (strict and status is Status.WARNING)


def deciding(results: Iterable[tuple[str, Status, str | None]]) -> list[Status]:
    """Return the statuses that a run is concluded from.

    What is blocked is left out where it rests on what is known, or on a warning: that one decides about the run.

    Args:
        results: the id of each requirement, its status, and the id of what blocked it.

    """
    found = list(results)
    accepted = {name for name, status, _ in found if status in (Status.KNOWN, Status.WARNING)}
    return [status for _, status, cause in found if status is not Status.BLOCKED or cause not in accepted]


def conclude(statuses: Iterable[Status], *, strict: bool = False, unneeded: bool = False) -> Conclusion:
    """Return what the statuses of all requirements make of the run.

    A run that stopped early concludes nothing else; a failed requirement outweighs an error of the suite, and so does
    what is blocked, which rests on a failure (see `deciding` for what does not). `unneeded` says that an entry of the
    known deviations is to be deleted, which fails a run as well.
    """
    found = set(statuses)
    if Status.NOT_RUN in found:
        return Conclusion.STOPPED
    if unneeded or Status.BLOCKED in found or any(fails_run(status, strict=strict) for status in found):
        return Conclusion.DOES_NOT_CONFORM
    return Conclusion.ERROR if Status.ERROR in found else Conclusion.CONFORMS
