"""How a requirement came out, and what the results of all requirements make of the run.

What fails a run, and with which exit code, is decided here and nowhere else.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from openrouter_conformance.errors import CheckFailure
    from openrouter_conformance.requirements import Requirement


class Status(enum.StrEnum):
    """How one requirement came out.

    `failed` and `warning` say that the target breaks it: a requirement of the level `observed` is a warning and fails
    no run. `not-applicable` says nothing about the target and is never counted as passed. `error` is a fault of this
    suite. `not-run` had no result yet when the run stopped; `deselected` was left out by the user.
    """

    PASSED = "passed"
    FAILED = "failed"
    WARNING = "warning"
    NOT_APPLICABLE = "not-applicable"
    ERROR = "error"
    NOT_RUN = "not-run"
    DESELECTED = "deselected"


class Conclusion(enum.StrEnum):
    """How a whole run came out."""

    CONFORMS = "conforms"
    DOES_NOT_CONFORM = "does-not-conform"
    ERROR = "error"
    STOPPED = "stopped"

    @property
    def exit_code(self) -> int:
        """The exit code of a command that ends so."""
        return {Conclusion.CONFORMS: 0, Conclusion.DOES_NOT_CONFORM: 1}.get(self, 3)


def conclude(statuses: Iterable[Status]) -> Conclusion:
    """Return what the statuses of all requirements make of the run.

    A run that stopped early concludes nothing else; a failed requirement outweighs an error of the suite.
    """
    found = set(statuses)
    if Status.NOT_RUN in found:
        return Conclusion.STOPPED
    if Status.FAILED in found:
        return Conclusion.DOES_NOT_CONFORM
    return Conclusion.ERROR if Status.ERROR in found else Conclusion.CONFORMS


@attrs.frozen
class Result:
    """The status of one requirement, with what led to it.

    `reason` is None for `passed`; `exchanges` counts the requests that were made for it.
    """

    requirement: Requirement
    status: Status
    reason: str | None = None
    failure: CheckFailure | None = None
    exchanges: int = 0
    seconds: float = 0.0
