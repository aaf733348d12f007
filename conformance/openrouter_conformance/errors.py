"""What a check may raise, and who is to blame for it.

- `CheckFailure`: the target breaks the requirement.
- `NotApplicable`: the requirement says nothing about this target.
- `Blocked`: the requirement could not be tried, for another one failed that it rests on.
- `TargetError`: the target cannot be checked at all: unreachable, refusing the key, over a ceiling.
- `UsageError`: the command line asks for something that does not exist.
- `HarnessError`, and anything else that a check raises: a fault of this suite, never the target's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openrouter_conformance.exchange import Exchange


class CheckFailure(Exception):  # noqa: N818 - it names what the target did, not an error of the suite
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


class Blocked(Exception):  # noqa: N818 - not an error
    """The requirement could not be tried: what it rests on failed.

    `requirement` is the id of what failed; `failure` shows it.
    """

    def __init__(self, requirement: str, failure: CheckFailure) -> None:
        super().__init__(f"rests on {requirement}: {failure.received}")
        self.requirement = requirement
        self.failure = failure


class HarnessError(Exception):
    """The suite itself failed; the target is not to blame."""


class TargetError(Exception):
    """The target cannot be checked: the message is one sentence for the user."""


class UsageError(Exception):
    """The command line cannot be followed: the message is one sentence for the user."""
