"""What changed from one run to the next, requirement by requirement: as text, Markdown or JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import attrs

from openrouter_conformance.foreign_text import printable, shortened
from openrouter_conformance.report import labels
from openrouter_conformance.report.markdown import code
from openrouter_conformance.report.records import received
from openrouter_conformance.status import Status, fails_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openrouter_conformance.report.records import Record, RunRecords

_LONGEST_PHRASE = 300
_FAILING = ("failed", "warning", "known")
KINDS = ("newly failing", "newly passing", "gone", "new", "otherwise changed")
"""How a requirement may have changed, in the order in which changes are told."""


@attrs.frozen
class Change:
    """One requirement before and after; None where a run did not look at it."""

    id: str
    kind: str
    old: Record | None
    new: Record | None

    @property
    def statuses(self) -> tuple[str, str]:
        """Its statuses, as words."""
        return _word(self.old), _word(self.new)

    @property
    def received(self) -> str | None:
        """What shows the failure, where there is one now."""
        if self.new is None or "failure" not in self.new:
            return None
        return shortened(received(self.new), _LONGEST_PHRASE)


@attrs.frozen
class Changes:
    """What changed; `is_finished` says whether the newer run came to its end."""

    found: Sequence[Change]
    old: str
    new: str
    is_finished: bool

    def of_kind(self, kind: str) -> list[Change]:
        """Return the changes of one of `KINDS`."""
        return [one for one in self.found if one.kind == kind]

    @property
    def has_new_failures(self) -> bool:
        """Whether something fails the newer run that did not fail the older one."""
        return bool(self.of_kind("newly failing"))


def changes(old: RunRecords, new: RunRecords) -> Changes:
    """Return what changed from the run `old` to the run `new`, in the order of the requirements."""
    before, after = _looked_at(old), _looked_at(new)
    strict = bool(new.header["strict"])
    found = []
    for name in dict.fromkeys((*before, *after)):
        kind = _kind(before.get(name), after.get(name), strict=strict)
        if kind is not None:
            found.append(Change(name, kind, before.get(name), after.get(name)))
    return Changes(found, _title(old), _title(new), new.footer["stopped"] is None)


def as_text(changed: Changes) -> str:
    """Return the changes for a terminal, each kind under its number."""
    lines = [f"{changed.old} -> {changed.new}"]
    for kind in KINDS:
        found = changed.of_kind(kind)
        if found:
            lines += ["", f"{len(found)} {kind}:"]
        for one in found:
            lines.append(f"  {one.id} ({' -> '.join(one.statuses)})")
            if one.received is not None:
                lines.append(f"    {one.received}")
    return "\n".join([*lines, *_closing(changed)]) + "\n"


def as_markdown(changed: Changes) -> str:
    """Return the changes for the summary of a CI job."""
    lines = [f"## From {code(changed.old)} to {code(changed.new)}"]
    for kind in KINDS:
        found = changed.of_kind(kind)
        if found:
            lines += ["", f"### {len(found)} {kind}", ""]
        for one in found:
            why = "" if one.received is None else f": {code(one.received)}"
            lines.append(f"- {code(one.id)} {' → '.join(one.statuses)}{why}")
    return "\n".join([*lines, *_closing(changed)]) + "\n"


def as_json(changed: Changes) -> str:
    """Return the changes for programs: a list of each kind."""
    found = {
        kind.replace(" ", "_"): [
            {"id": one.id, "old": _status(one.old), "new": _status(one.new), "received": one.received}
            for one in changed.of_kind(kind)
        ]
        for kind in KINDS
    }
    return (
        json.dumps({"old": changed.old, "new": changed.new, "finished": changed.is_finished, **found}, indent=2) + "\n"
    )


def _closing(changed: Changes) -> Iterator[str]:
    if not changed.found:
        yield from ("", "Nothing changed.")
    if not changed.is_finished:
        yield from ("", "The newer run is unfinished: what it did not come to may fail.")


def _looked_at(run: RunRecords) -> dict[str, Record]:
    return {one["id"]: one for one in run.results if one["status"] != Status.DESELECTED}


def _kind(old: Record | None, new: Record | None, *, strict: bool) -> str | None:
    if _fails(new, strict=strict) and not _fails(old, strict=strict):
        return "newly failing"
    if new is None:
        return "gone"
    if old is None:
        return "new"
    if old["status"] in _FAILING and new["status"] == Status.PASSED:
        return "newly passing"
    return None if old["status"] == new["status"] else "otherwise changed"


def _fails(record: Record | None, *, strict: bool) -> bool:
    if record is None or record["status"] not in list(Status):
        return False
    return fails_run(Status(record["status"]), strict=strict)


def _status(record: Record | None) -> str | None:
    return None if record is None else record["status"]


def _word(record: Record | None) -> str:
    return "not there" if record is None else labels.STATUSES[record["status"]].word


def _title(run: RunRecords) -> str:
    return printable(f"{labels.target(run.header)} {run.header['started']}")
