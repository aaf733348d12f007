"""How statuses and conclusions are called and in which order they stand: one table for every report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from openrouter_conformance.foreign_text import printable
from openrouter_conformance.status import Conclusion, Level, Status, fails_run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openrouter_conformance.report.records import Record, RunRecords


@attrs.frozen
class Label:
    """How a status is shown.

    Attributes:
        word: its name, as after a number.
        plural: its name after any other number than 1.
        mark: one character that stands for it where there is no room.
        meaning: what it says of the target, in a sentence.

    """

    word: str
    plural: str
    mark: str
    meaning: str


_WORDS: Mapping[str, tuple[str, str, str]] = {
    "failed": ("failed", "✕", "The target breaks the requirement."),
    "error": ("errors", "?", "The suite failed; the target is not to blame."),
    "warning": ("warnings", "!", "The target breaks what the live API does; this fails strict runs only."),
    "known": ("known", "≈", "The target breaks the requirement, and this is accepted as a known deviation."),
    "blocked": ("blocked", "⊘", "It could not be tried, since a requirement that it rests on failed."),
    "not-run": ("not run", "…", "The run stopped before this was checked."),
    "not-applicable": ("not applicable", "∅", "It says nothing about this target."),
    "passed": ("passed", "✓", "Nothing that was seen contradicts it."),
    "not-seen": ("not seen", "◌", "No answer of the recordings, or under load, decides it."),
    "deselected": ("deselected", "·", "It was left out of this run."),
}

STATUSES: Mapping[str, Label] = {
    status: Label(status.replace("-", " "), plural, mark, meaning) for status, (plural, mark, meaning) in _WORDS.items()
}
"""The label of each status, the worst first."""

ABSENT = Label("not in this report", "not in this report", "", "The report has no such requirement.")

CONCLUSIONS: Mapping[Conclusion, str] = {
    Conclusion.CONFORMS: "conforms",
    Conclusion.DOES_NOT_CONFORM: "does not conform",
    Conclusion.ERROR: "error",
    Conclusion.STOPPED: "stopped, unfinished",
}

LEVELS: Mapping[str, str] = {
    Level.REQUIRED: "The contract's word; what fails it fails the run.",
    Level.EXPECTED: "What clients rely on; what fails it fails the run.",
    Level.OBSERVED: "A habit of the live API; what fails it is a warning.",
}
"""What each level means, the heaviest first."""

PROBLEMS: Mapping[str, str] = {
    "passes": "all that it names passes now: delete the entry",
    "expired": "its last day is over: delete the entry, or give it another day",
    "unknown": "it names no requirement: delete the entry, or mend its id",
}
"""What is wrong with an entry of the known deviations, by the name that a footer has for it, and what to do."""

ALWAYS_COUNTED = (Status.PASSED, Status.FAILED, Status.WARNING)


def counted(status: str, number: int) -> str:
    """Return a number of results with the word for them."""
    label = STATUSES[status]
    return f"{number} {label.word if number == 1 else label.plural}"


def totals(run: RunRecords) -> str:
    """Return how many results have which status: passed, failed and warnings always, others where there are any."""
    found = run.footer["totals"]
    rest = (status for status in found if status not in ALWAYS_COUNTED and found[status])
    counts = ", ".join(counted(status, found[status]) for status in (*ALWAYS_COUNTED, *rest))
    if unneeded := len(run.unneeded):
        counts += f", {unneeded} {'entry' if unneeded == 1 else 'entries'} to delete"
    decides = run.header["strict"] and any(fails_run(status, strict=True) and found[status] for status in Status)
    return f"{counts} (strict)" if decides else counts


def target(header: Mapping[str, Any]) -> str:
    """Return the name of what was checked, and its address where it has another; safe to print."""
    name, url = header["target"]["name"], header["target"]["url"]
    return printable(name if url in (None, name) else f"{name} at {url}")


def settings(header: Mapping[str, Any]) -> str:
    """Return with which settings a run was made; safe to print."""
    return f"profile {header['profile']}, seed {header['seed']}{', strict' if header['strict'] else ''}"


def effort(run: RunRecords) -> str:
    """Return what a run took: requests, seconds, dollars where they are counted."""
    foot = run.footer
    if run.is_cut:
        return "the file ends before the run did, so that what it took is unknown"
    spent = bill(foot)
    if not spent and foot["dollars"] is not None:
        spent = f", about ${foot['dollars']:.6f}"
    waited = f"; waited out: {waited_out(foot)}" if "waited_out" in foot else ""
    return f"{foot['requests']} requests in {foot['seconds']:.1f} seconds{spent}{waited}"


def waited_out(foot: Record) -> str:
    """Return how many answers of which status were not held against the target, in words."""
    counts = foot["waited_out"].items()
    return ", ".join(f"{count} answer{'' if count == 1 else 's'} of status {status}" for status, count in counts)


def bill(foot: Record) -> str:
    """Return what the bill of a run says, in words; nothing for the mock, which costs nothing."""
    found: Record | None = foot.get("bill")
    if found is None or found["dollars"] is None:
        return ""
    return f", at most {found['tokens']:,} tokens and ${found['dollars']:.6f}"
