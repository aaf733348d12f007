"""Documents of several dates → a page of what changed on the wire, newest first."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import attrs

from spec.canonical import json_text
from spec.diff.compare import compare
from spec.diff.decide import Evidence
from spec.diff.render import cell
from spec.diff.sentences import Line, group_lines

_LONGEST = 120


@attrs.frozen
class Dated:
    """A pin, and the day of the document that it was made from."""

    date: str
    pin: dict[str, Any]


def history_page(pins: Sequence[Dated], command: str) -> str:
    """Return a page in Markdown of the changes between documents of neighbouring dates.

    Args:
        pins: at least two, in the order of their dates.
        command: what made the page, for its first lines.

    """
    lines = [
        "# History of the contract",
        "",
        f"What changed on the wire between the documents that OpenRouter published, made by `{command}`.",
        "A change stands under the first document that has it; it was made some time after the one before.",
        "*Callers* may have a request refused that was accepted; *readers* may get what a strict reader refuses;",
        "*servers* that kept the older document do not keep the newer one. A witness is accepted, or answered, by one",
        "of the two documents and not by the other.",
    ]
    for old, new in reversed(list(itertools.pairwise(pins))):
        lines += ["", f"## {new.date}", "", f"Compared with {old.date}.", ""]
        changes = group_lines(compare(old.pin, new.pin))
        if not changes:
            lines.append("Nothing changed on the wire.")
            continue
        lines += ["| affected | operation | place | change | witness |", "| --- | --- | --- | --- | --- |"]
        lines += [_row(line) for line in changes]
    return "\n".join(lines) + "\n"


def _row(line: Line) -> str:
    cells = (line.change.operation, line.place, line.what, _witness(line))
    return f"| {line.parties} | {' | '.join(cell(text) for text in cells)} |"


def _witness(line: Line) -> str:
    """Return the first witness of a change on one line: of a long object only the property in question."""
    effect = line.change.effects[0]
    if effect.evidence is not Evidence.WITNESS:
        return str(effect.evidence.value)
    text: str = json_text(effect.witness)
    name = line.change.path.rpartition(".")[2]
    if len(text) <= _LONGEST or not isinstance(effect.witness, dict):
        return text
    return json_text({name: effect.witness[name]}) if name in effect.witness else f"an object without {name}"
