"""What a check may find, and what a run makes of it.

- A check returns: the requirement is kept (`conforms`).
- `Violation`: the target breaks it (`violated`).
- `NotApplicable`: it says nothing about this target, and why (`not-applicable`); never counted as kept.
- Anything else that a check raises is a fault of this suite (`harness-error`), never the target's.
- `TargetError`: the target cannot be judged at all: unreachable, refusing the key, over a ceiling. In the middle
  of a run it is a `StoppedError` with the verdicts so far; the other requirements are `not-judged`.
- `UsageError`: the command line asks for something that does not exist.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.requirements import Requirement


class Verdict(enum.StrEnum):
    """How one requirement came out."""

    CONFORMS = "conforms"
    VIOLATED = "violated"
    NOT_APPLICABLE = "not-applicable"
    HARNESS_ERROR = "harness-error"
    NOT_JUDGED = "not-judged"
    DESELECTED = "deselected"


class Violation(Exception):  # noqa: N818 - it names what the target did, not an error of the suite
    """The target breaks a requirement.

    `received` and `expected` are one phrase each; `exchanges` are the requests that show it.
    """

    def __init__(self, received: str, expected: str, *exchanges: Exchange) -> None:
        super().__init__(f"received {received}; expected {expected}")
        self.received = received
        self.expected = expected
        self.exchanges = exchanges


class NotApplicable(Exception):  # noqa: N818 - not an error
    """The requirement says nothing about this target; the message is the reason."""


class HarnessError(Exception):
    """The suite itself failed; the target is not to blame."""


class TargetError(Exception):
    """The target cannot be judged: the message is one sentence for the user."""


class StoppedError(TargetError):
    """The target cannot be judged any further; `outcomes` holds one for each requirement, as far as it went."""

    def __init__(self, reason: str, outcomes: Sequence[Outcome]) -> None:
        super().__init__(reason)
        self.outcomes = outcomes


class UsageError(Exception):
    """The command line cannot be followed: the message is one sentence for the user."""


@attrs.frozen
class Outcome:
    """The verdict on one requirement, with what led to it.

    `reason` is None for `conforms`; `exchanges` counts the requests that were made for it.
    """

    requirement: Requirement
    verdict: Verdict
    reason: str | None = None
    violation: Violation | None = None
    exchanges: int = 0
    seconds: float = 0.0
