"""Changes as a person or a program reads them: text, Markdown for a pull request, JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import attrs

from spec.diff.accepted import Review
from spec.diff.compare import Change, Effect
from spec.diff.decide import Evidence
from spec.diff.kinds import SEVERITIES
from spec.diff.sentences import Line, group_lines


@attrs.frozen
class Diff:
    """What is shown of a comparison.

    Attributes:
        old: the name of the old document.
        new: the name of the new one.
        changes: every change, worst first.
        review: the changes held against what was accepted.
        version: the package's version now.
        suggested: the version that the changes ask for.

    """

    old: str
    new: str
    changes: Sequence[Change]
    review: Review
    version: str
    suggested: str


def as_text(diff: Diff) -> list[str]:
    """Return one line for each edit, worst first, then what was accepted and expired, and a summary."""
    return [
        *(text_line(line, diff.review.reason(line.change)) for line in group_lines(diff.changes)),
        *_expired(diff),
        summary(diff),
    ]


def as_markdown(diff: Diff) -> list[str]:
    """Return the body of a pull request: a table for each severity, and the summary first."""
    lines = [f"**{summary(diff)}**", ""]
    grouped = group_lines(diff.changes)
    for severity in SEVERITIES:
        held = [line for line in grouped if line.change.severity == severity]
        if not held:
            continue
        lines += [f"### {severity.capitalize()}", "", "| affected | operation | place | change | evidence |"]
        lines += ["| --- | --- | --- | --- | --- |", *(_markdown_row(line, diff.review) for line in held), ""]
    return [*lines, *(f"- {line}" for line in _expired(diff))]


def as_json(diff: Diff) -> list[str]:
    """Return one JSON object: every change with its witnesses, nothing grouped and nothing cut."""
    tree = {
        "old": diff.old,
        "new": diff.new,
        "changes": [_change_tree(change, diff.review) for change in diff.changes],
        "expired": [attrs.asdict(entry) for entry in diff.review.expired],
        "breaking": len(diff.review.breaking),
        "version": diff.version,
        "suggested_version": diff.suggested,
    }
    return json.dumps(tree, indent=2, ensure_ascii=True).splitlines()


def summary(diff: Diff) -> str:
    """Return the sentence that says how much changed, and what it makes of the version."""
    if not diff.changes:
        return f"{diff.new} changes nothing on the wire."
    accepted = f", {len(diff.review.accepted)} accepted" if diff.review.accepted else ""
    return f"{count_changes(diff.changes)}{accepted}; next version {diff.suggested} (now {diff.version})"


def count_changes(changes: Sequence[Change]) -> str:
    """Return how many changes there are, and of which severity: `3 changes: 2 breaking, 1 info`."""
    counts = Counter(change.severity for change in changes)
    parts = [f"{counts[severity]} {severity}" for severity in SEVERITIES if counts[severity]]
    if undecided := sum(change.undecided for change in changes):
        parts.append(f"{undecided} undecided")
    return f"{len(changes)} {'change' if len(changes) == 1 else 'changes'}: {', '.join(parts)}"


def text_line(line: Line, reason: str | None = None) -> str:
    """Return an edit on one line: how bad, for whom, where, what, and what shows it.

    Args:
        line: the edit.
        reason: why it was accepted, if it was.

    """
    change = line.change
    accepted = f" [accepted: {reason}]" if reason else ""
    text = f"{change.severity}  {line.parties}  {change.operation}  {line.place}  {change.kind.name}"
    return printable(f"{text}{_detail(line)}: {line.evidence}{accepted}")


def _detail(line: Line) -> str:
    _, _, shown = line.what.partition(" (")
    return f" ({shown}" if shown else ""


def _markdown_row(line: Line, review: Review) -> str:
    reason = review.reason(line.change)
    accepted = f" (accepted: {reason})" if reason else ""
    what = f"{line.change.kind.name}{_detail(line)}{accepted}"
    cells = (line.change.operation, line.place, what, line.evidence)
    return f"| {line.parties} | {' | '.join(cell(text) for text in cells)} |"


def cell(text: str) -> str:
    """Return text for a cell of a table: nothing in it is markup, mentions anyone or ends the cell."""
    safe = printable(text).replace("`", "'").replace("|", "\\|")
    return f"`` {safe} ``" if safe else ""


def printable(text: str) -> str:
    """Return text in which nothing can command a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _expired(diff: Diff) -> list[str]:
    return [
        printable(
            f"expired: the accepted {entry.kind} of {entry.operation} at {entry.place} no longer occurs: "
            "delete its entry"
        )
        for entry in diff.review.expired
    ]


def _change_tree(change: Change, review: Review) -> dict[str, Any]:
    return {
        "severity": change.severity,
        "kind": change.kind.name,
        "oasdiff": change.kind.oasdiff,
        "bump": change.kind.bump,
        "operation": change.operation,
        "side": change.part.side,
        "status": change.part.status or None,
        "part": change.part.what,
        "media_type": change.part.media_type or None,
        "path": change.path or None,
        "place": change.place,
        "detail": change.detail,
        "affected": list(change.affected),
        "accepted": review.reason(change),
        "effects": [_effect_tree(effect) for effect in change.effects],
    }


def _effect_tree(effect: Effect) -> dict[str, Any]:
    tree: dict[str, Any] = {"party": effect.party, "evidence": effect.evidence.value}
    if effect.evidence is Evidence.WITNESS:
        tree |= {
            "accepted_by": effect.accepted_by,
            "witness": effect.witness,
            "message": effect.message,
            "refused_as": "undeclared" if effect.undeclared else "written",
        }
    return tree
