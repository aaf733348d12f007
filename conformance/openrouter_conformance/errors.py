"""What a check may raise, and who is to blame for it.

- `CheckFailure`: the target breaks the requirement.
- `NotApplicable`: the requirement says nothing about this target.
- `Blocked`: the requirement could not be tried, for another one failed that it rests on.
- `TargetError`: the target cannot be checked at all: unreachable, refusing the key, over a ceiling.
- `UsageError`: the command line asks for something that does not exist.
- `HarnessError`, and anything else that a check raises: a fault of this suite, never the target's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from openrouter_conformance.foreign_text import printable

if TYPE_CHECKING:
    from openrouter_conformance.exchange import Exchange


_PLACE = re.compile(r"(?:\bdata\[|/data/|\bposition )([0-9]+)")
"""How a finding names an item of `data`: that one is shown whatever else is left out."""


class CheckFailure(Exception):  # noqa: N818 - it names what the target did, not an error of the suite
    """The target breaks a requirement.

    `received` and `expected` are one phrase each, safe to print; `exchanges` are the requests that show it, each with
    an excerpt of the answer.
    """

    def __init__(self, received: str, expected: str, *exchanges: Exchange) -> None:
        self.received = printable(received)
        self.expected = printable(expected)
        named = tuple(int(place) for place in _PLACE.findall(self.received))
        self.exchanges = tuple(exchange.as_shown(named) for exchange in exchanges)
        super().__init__(f"received {self.received}; expected {self.expected}")

    def without_traceback(self) -> CheckFailure:
        """Return the failure to be kept: a traceback would keep alive every answer that the check has seen."""
        return CheckFailure(self.received, self.expected, *self.exchanges)


class _SentenceError(Exception):
    """Its message is printed as it is, and may quote a server."""

    def __init__(self, sentence: str) -> None:
        super().__init__(printable(sentence))


class NotApplicable(_SentenceError):  # noqa: N818 - not an error
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


class TargetError(_SentenceError):
    """The target cannot be checked: the message is one sentence for the user."""


class UsageError(_SentenceError):
    """The command line cannot be followed: the message is one sentence for the user."""
