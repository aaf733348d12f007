"""The run as a person reads it: progress, then failures, then a short summary whose last line is the conclusion.

What a server sent reaches the screen through `printable` alone. Lines are wrapped at the width of the terminal, or at
80 columns; those that are to be pasted stand whole on one line.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from openrouter_conformance.foreign_text import printable, shortened
from openrouter_conformance.report import labels
from openrouter_conformance.report.findings import reasons, resting, resting_line
from openrouter_conformance.report.records import RECORDINGS, received, source
from openrouter_conformance.status import Conclusion, Level, Status

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self, TextIO

    from openrouter_conformance.report.records import Record, RunRecords

_STYLES = {
    Conclusion.CONFORMS: "bold green",
    Conclusion.DOES_NOT_CONFORM: "bold red",
    Conclusion.ERROR: "bold magenta",
    Conclusion.STOPPED: "bold magenta",
}
_WORD = re.compile(r"[^ /,]*[ /,]|[^ /,]+")
_WIDTH_WHEN_NO_TERMINAL = 80
_NARROWEST = 40
_MAX_REPEATED = 2
_PROGRESS_LINES = 4


class _Console(Console):
    """A console that says what happened when its reader leaves, where rich would exit with status 1."""

    def on_broken_pipe(self) -> None:
        """Raise what was raised."""
        raise BrokenPipeError


def console(file: TextIO | None = None, environment: Mapping[str, str] | None = None) -> Console:
    """Return the console of a run on `file`, by default the standard output.

    A terminal has its own width, anything else that of COLUMNS or 80. NO_COLOR switches colors off; else FORCE_COLOR
    switches them on, also where there is no terminal; else they are for terminals that are not dumb. The cursor is
    moved on such terminals alone.
    """
    environment = os.environ if environment is None else environment
    stream = sys.stdout if file is None else file
    is_interactive = stream.isatty() and environment.get("TERM", "").lower() not in ("dumb", "unknown")
    forced = environment.get("FORCE_COLOR", "") != ""
    has_color = environment.get("NO_COLOR", "") == "" and (forced or is_interactive)
    made = _Console(
        file=file,
        highlight=False,
        force_terminal=has_color or is_interactive,
        force_interactive=is_interactive,
        color_system=("auto" if is_interactive else "standard") if has_color else None,
        no_color=False,
        legacy_windows=None if is_interactive else False,
    )
    if not is_interactive:
        columns = environment.get("COLUMNS", "")
        made.width = max(_NARROWEST, int(columns)) if columns.isdecimal() else _WIDTH_WHEN_NO_TERMINAL
    return made


class ProgressBar:
    """Shows how far a run is: a bar on a terminal, a few plain lines elsewhere. A context manager."""

    def __init__(self, screen: Console) -> None:
        self._screen = screen
        self._total = self._done = 0
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=screen,
            transient=True,
            disable=not screen.is_interactive,
        )
        self._task = self._bar.add_task("")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def run_started(self, header: Mapping[str, Any], selected: int) -> None:
        """Print what is checked, with what, and show an empty bar of `selected` requirements."""
        show_opening(self._screen, header)
        self._total = selected
        self._bar.update(self._task, total=selected)
        self._bar.start()

    def check_started(self, requirement: str) -> None:
        """Show that the requirement of this id is being checked."""
        self._bar.update(self._task, description=escape(f"checking {requirement}"))

    def check_finished(self, record: Mapping[str, Any]) -> None:  # noqa: ARG002 - what it says may still change
        """Count the record of a requirement."""
        self._done += 1
        self._bar.advance(self._task)
        lines = (self._done * _PROGRESS_LINES // self._total, (self._done - 1) * _PROGRESS_LINES // self._total)
        if not self._screen.is_interactive and lines[0] != lines[1]:
            _print(self._screen, f"checked {self._done} of {self._total} requirements")


def show(screen: Console, records: RunRecords, *, verbose: bool = False, written: Sequence[Path] = ()) -> None:
    """Print the findings of a run, worst first, and a summary of at most ten lines.

    Args:
        screen: where to print.
        records: of the run.
        verbose: also print what passed, what did not apply and why, and what rests on each failure.
        written: the files of the report.

    """
    _Screen(screen, records, verbose=verbose).show()
    screen.print()
    for name, value in _summary(records):
        _print(screen, value, (f"{name:10}", "dim"))
    if written:
        _print(screen, ", ".join(path.as_posix() for path in written), ("Report:   ", "dim"), wrap=False)
    _print(screen, *_conclusion(records), wrap=False)


def show_opening(screen: Console, header: Mapping[str, Any]) -> None:
    """Print what is checked, with what."""
    _print(screen, _opening(header))


def show_conclusion(screen: Console, records: RunRecords) -> None:
    """Print the conclusion of a run on one line, and nothing else."""
    _print(screen, *_conclusion(records), wrap=False)


def _opening(header: Mapping[str, Any]) -> str:
    if header["profile"] == RECORDINGS:
        return f"Checking recordings of {header['target']['url']} with {shortened(header['model'], 400)}"
    return f"Checking {labels.target(header)} with {shortened(header['model'])} ({labels.settings(header)})"


class _Screen:
    """Prints the records of one run."""

    def __init__(self, screen: Console, records: RunRecords, *, verbose: bool) -> None:
        self._screen, self._records, self._verbose = screen, records, verbose
        self._strict: bool = records.header["strict"]
        self._resting = resting(records)

    def show(self) -> None:
        """Print all findings, then what a verbose run tells besides."""
        failed, warned = self._records.with_status(Status.FAILED), self._records.with_status(Status.WARNING)
        for record in failed:
            self._finding(record)
        start = self._records.header["target"]["start"]
        if start is not None and any(record["failure"]["exchanges"] for record in failed):
            self._heading("These lines ask a mock that runs on its own. Start it first:")
            _print(self._screen, start, indent=2, wrap=False)
        self._warnings(warned)
        known = self._records.with_status(Status.KNOWN)
        self._known(known)
        self._unneeded()
        self._reasons(Status.ERROR, "Errors of the suite; the target is not to blame:", named=True)
        self._blocked({record["id"] for record in (*failed, *warned, *known)})
        self._reasons(Status.NOT_RUN, "Not run, so that this result is unfinished:", named=self._verbose)
        if self._verbose:
            self._reasons(Status.NOT_APPLICABLE, "Not applicable to this target:", named=True)
            self._reasons(Status.NOT_SEEN, "Not seen:", named=True)
            self._passed()

    def _heading(self, text: str) -> None:
        self._screen.print()
        _print(self._screen, text)

    def _finding(self, record: Record) -> None:
        failure = record["failure"]
        level = "" if record["level"] == Level.REQUIRED else f" (level: {record['level']})"
        self._screen.print()
        _print(self._screen, f"{record['id']}{level}", ("FAILED ", "bold red"), style="bold")
        _print(self._screen, record["text"], indent=2)
        for name, value in (("received", received(record)), ("expected", failure["expected"])):
            _print(self._screen, value, (f"{name}: ", "dim"), indent=2)
        _print(self._screen, source(record), ("source:   ", "dim"), indent=2)
        if "replay" in failure:
            _print(self._screen, failure["replay"], ("again:    ", "dim"), indent=2, wrap=False)
        self._show_resting(record)
        for exchange in failure["exchanges"][:_MAX_REPEATED]:
            _print(self._screen, exchange["curl"], ("repeat: ", "dim"), indent=2, wrap=False)

    def _show_resting(self, record: Record) -> None:
        names = self._resting.get(record["id"], [])
        if not names:
            return
        _print(self._screen, f"{resting_line(len(names))}{':' if self._verbose else ' (-v names them)'}", indent=2)
        if self._verbose:
            for name in names:
                _print(self._screen, name, indent=4)

    def _warnings(self, warned: Sequence[Record]) -> None:
        if warned:
            self._heading(f"Warnings, which fail {'this strict run' if self._strict else 'no run'}:")
        for record in warned:
            _print(self._screen, record["id"], indent=2, style="yellow")
            _print(self._screen, f"received {received(record)}; expected {record['failure']['expected']}", indent=4)
            self._show_resting(record)

    def _known(self, found: Sequence[Record]) -> None:
        """Print what fails as the known deviations say."""
        if found:
            self._heading("Known deviations, which fail no run:")
        for record in found:
            entry = record["known"]
            _print(self._screen, record["id"], indent=2, style="yellow")
            _print(self._screen, " ".join(_of_entry(entry)), indent=4)
            if self._verbose:
                _print(self._screen, f"received {received(record)}; expected {record['failure']['expected']}", indent=4)
            self._show_resting(record)

    def _unneeded(self) -> None:
        """Print the entries of the known deviations that fail the run."""
        found = self._records.unneeded
        if found:
            self._heading("Known deviations to delete, which fail this run:")
        for one in found:
            _print(self._screen, f"{one['place']}: {one['entry']}", indent=2, style="red")
            _print(self._screen, labels.PROBLEMS[one["problem"]], indent=4)

    def _blocked(self, shown: set[str]) -> None:
        """Print what rests on requirements that are not among the findings."""
        causes = {cause: names for cause, names in self._resting.items() if cause not in shown}
        if causes:
            self._heading("Could not be tried:")
        for cause, names in causes.items():
            _print(self._screen, f"{len(names)} that rest on {cause}", indent=2)
            for name in names if self._verbose else ():
                _print(self._screen, name, indent=4)

    def _reasons(self, status: Status, title: str, *, named: bool) -> None:
        """Print the reasons for a status, each with the number or the names of the requirements that share it."""
        shared = reasons(self._records, status)
        if shared:
            self._heading(title)
        for reason, names in shared.items():
            _print(self._screen, reason if named else f"{len(names)}: {reason}", indent=2)
            for name in names if named else ():
                _print(self._screen, name, indent=4)

    def _passed(self) -> None:
        passed = self._records.with_status(Status.PASSED)
        if passed:
            self._screen.print()
        for record in passed:
            _print(self._screen, record["id"], ("passed ", "green"))


def _of_entry(entry: Mapping[str, Any]) -> Sequence[str]:
    """Return what an entry of the known deviations says, in phrases."""
    days = [f"{name} {entry[name]}" for name in ("since", "expires") if entry[name]]
    flaky = ["flaky"] if entry["kind"] == "flaky" else []
    return [
        entry["reason"],
        *([f"({', '.join([*flaky, *days])})"] if flaky or days else []),
        *filter(None, [entry["link"]]),
    ]


def _summary(records: RunRecords) -> list[tuple[str, str]]:
    foot = records.footer
    if records.header["profile"] == RECORDINGS:
        return _summary_of_recordings(foot)
    lines = [("Requests:", f"{foot['requests']} in {foot['seconds']:.1f} seconds{labels.bill(foot)}")]
    if "waited_out" in foot:
        lines.append(("Waited:", f"{labels.waited_out(foot)}, asked for again"))
    if "load" in foot:
        lines.append(("Load:", _load(foot["load"])))
    if foot["features"]:
        lines.append(("Features:", ", ".join(f"{name} {found}" for name, found in foot["features"].items())))
    return lines


def _load(load: Record) -> str:
    """Return what a soak measured, in words."""
    times = ", ".join(f"{name} {load[name]:,.0f} ms" for name in ("p50", "p95", "p99", "max"))
    return f"{load['answers']:,} answers, {load['per_second']:,.0f} a second; {times}; {load['errors']:,} errors"


def _summary_of_recordings(foot: Mapping[str, Any]) -> list[tuple[str, str]]:
    judged = f"{foot['requests']} recorded calls"
    left_out = "; ".join(f"{count} {why}" for why, count in foot["left_out"].items())
    return [("Checked:", judged), *([("Left out:", left_out)] if left_out else [])]


def _conclusion(records: RunRecords) -> tuple[str, tuple[str, str]]:
    """Return the totals, and the word before them with its style."""
    conclusion = records.conclusion
    return labels.totals(records), (f"{labels.CONCLUSIONS[conclusion].upper()}: ", _STYLES[conclusion])


def _print(
    screen: Console,
    text: str,
    label: tuple[str, str] = ("", ""),
    *,
    indent: int = 0,
    style: str = "",
    wrap: bool = True,
) -> None:
    """Print `text` after `label`, safe for a terminal.

    Args:
        screen: where to print.
        text: what to print, on one line or wrapped.
        label: a word before it, and its style.
        indent: columns before the label; wrapped lines begin below the text, or two columns further.
        style: of the text.
        wrap: whether to wrap; a line that is to be pasted stays whole.

    """
    whole = Text.assemble(" " * indent, label, (printable(text), style))
    if not wrap:
        screen.print(whole, soft_wrap=True)
        return
    start = indent + (cell_len(label[0]) or 2)
    first, *rest = _lines(printable(text), max(1, screen.width - start), screen.width - whole.cell_len)
    screen.print(Text.assemble(" " * indent, label, (first, style)), soft_wrap=True)
    for line in rest:
        screen.print(Text(" " * start + line, style), soft_wrap=True)


def _lines(text: str, room: int, spare: int) -> Sequence[str]:
    """Return a text in lines of at most `room` columns, broken after spaces, slashes and commas; whole if any is spare.

    What is longer than a line and has no such place is broken anywhere.
    """
    if spare >= 0:
        return [text]
    lines = [""]
    for word in _WORD.findall(text):
        if cell_len(lines[-1]) + cell_len(word.rstrip()) <= room:
            lines[-1] += word
            continue
        lines += chop_cells(word, room)
    return [line.rstrip() for line in lines if line]
