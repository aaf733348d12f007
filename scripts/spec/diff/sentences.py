"""Changes → what is said of them, without markup: one line for each edit, however many statuses have it."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from spec.canonical import json_text
from spec.diff.compare import CALLERS, PARTIES, READERS, Change, Effect
from spec.diff.decide import Evidence
from spec.diff.parts import REQUEST

_HYPHENLESS = str.maketrans("-", " ")


@attrs.frozen
class Line:
    """One edit, as it is shown.

    Attributes:
        change: the first of the changes that say the same of several statuses.
        statuses: these statuses; empty for what belongs to no response.

    """

    change: Change
    statuses: tuple[str, ...]

    @property
    def place(self) -> str:
        """Where: `response 400, 401 body $.error`."""
        one = self.change.place
        return (
            one.replace(f"response {self.statuses[0]} ", f"response {', '.join(self.statuses)} ", 1)
            if self.statuses
            else one
        )

    @property
    def what(self) -> str:
        """What was done, in words: `request property removed (dimensions)`."""
        kind = self.change.kind.name.translate(_HYPHENLESS)
        detail = self.change.detail
        shown = detail if isinstance(detail, str) else json_text(detail)
        return f"{kind} ({shown})" if shown not in {"", "null"} and not self.change.path.endswith(shown) else kind

    @property
    def parties(self) -> str:
        """Who is affected, joined; `nobody` when nobody is."""
        return ", ".join(party for party in PARTIES if party in self.change.affected) or "nobody"

    @property
    def evidence(self) -> str:
        """What shows it: the witness for each party, or that there is none."""
        return "; ".join(_evidence(self.change, effect) for effect in self.change.effects)


def group_lines(changes: Sequence[Change]) -> list[Line]:
    """Return changes in their order, those that differ in nothing but the status as one."""
    groups: dict[str, list[Change]] = {}
    for change in changes:
        same = attrs.evolve(change, part=attrs.evolve(change.part, status=""))
        groups.setdefault(repr(same), []).append(change)
    return [
        Line(held[0], tuple(change.part.status for change in held) if held[0].part.status else ())
        for held in groups.values()
    ]


def describe_evidence(change: Change, effect: Effect) -> str:
    """Return what is known of what a change does to a party, without naming the party."""
    if effect.evidence is Evidence.PROVEN:
        return "proven unaffected"
    if effect.evidence is Evidence.UNDECIDED:
        return "undecided: algebra proves nothing, and no witness was found"
    return f"{json_text(effect.witness)} {_verb(change, effect)}{_note(effect)}"


def _evidence(change: Change, effect: Effect) -> str:
    return f"{effect.party}: {describe_evidence(change, effect)}"


def _verb(change: Change, effect: Effect) -> str:
    if change.part.side == REQUEST:
        return "was accepted, is now refused" if effect.party == CALLERS else "was refused, is now accepted"
    return "may now be answered" if effect.party == READERS else "may no longer be answered"


def _note(effect: Effect) -> str:
    other = "new" if effect.accepted_by == "old" else "old"
    return f" ({other} does not declare it)" if effect.undeclared else ""
