"""Deviations that a team knows of, as data: the entries of a target file."""

from __future__ import annotations

import datetime as dt
import enum
import fnmatch

import attrs


class Kind(enum.StrEnum):
    """`fails`: each time, so that passing makes the entry unneeded; `flaky`: now and then."""

    FAILS = "fails"
    FLAKY = "flaky"


@attrs.frozen
class KnownDeviation:
    """One entry of a target file.

    Attributes:
        id: glob over the ids of requirements.
        kind: how often it fails.
        reason: why it does, or why that is accepted.
        link: where more about it is written, such as an issue or a source.
        since: the day from which it is known.
        expires: the last day on which it holds; None for as long as it fails.
        place: where the entry stands: file and line.

    """

    id: str
    kind: Kind
    reason: str
    link: str | None = None
    since: dt.date | None = None
    expires: dt.date | None = None
    place: str = ""

    def matches(self, requirement: str) -> bool:
        """Return whether the entry names the requirement of this id."""
        return fnmatch.fnmatchcase(requirement, self.id)

    def is_expired(self, today: dt.date) -> bool:
        """Return whether the last day of the entry is over."""
        return self.expires is not None and self.expires < today
