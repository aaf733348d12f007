"""The run as a person sees it: progress, a table of results, failing examples, one line at the end."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from openrouter_conformance.foreign_text import printable, shortened
from openrouter_conformance.report.records import source
from openrouter_conformance.status import Conclusion, Level, Status

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self, TextIO

    from openrouter_conformance.report.records import Record, RunRecords

_STATUSES = {
    Status.PASSED: ("passed", "green"),
    Status.FAILED: ("FAILED", "bold red"),
    Status.WARNING: ("warning", "yellow"),
    Status.NOT_APPLICABLE: ("not applicable", "yellow"),
    Status.BLOCKED: ("blocked", "yellow"),
    Status.ERROR: ("ERROR", "bold magenta"),
    Status.NOT_RUN: ("not run", "magenta"),
    Status.DESELECTED: ("deselected", "dim"),
}
_CONCLUSIONS = {
    Conclusion.CONFORMS: ("CONFORMS", "bold green"),
    Conclusion.DOES_NOT_CONFORM: ("DOES NOT CONFORM", "bold red"),
    Conclusion.ERROR: ("ERROR", "bold magenta"),
    Conclusion.STOPPED: ("STOPPED", "bold magenta"),
}
_WIDTH_WHEN_NO_TERMINAL = 120
_MAX_CURL = 600
_MAX_EXAMPLES = 6
_PROGRESS_LINES = 4


class _Console(Console):
    """A console that says what happened when its reader leaves, where rich would exit with status 1."""

    def on_broken_pipe(self) -> None:
        """Raise what was raised."""
        raise BrokenPipeError


def console(file: TextIO | None = None) -> Console:
    """Return the console of a run: as wide as the terminal, or 120 columns where there is none."""
    made = _Console(file=file, highlight=False, soft_wrap=False)
    if not made.is_terminal:
        made.width = _WIDTH_WHEN_NO_TERMINAL
    return made


class ProgressBar:
    """Shows how far a run is: a bar on a terminal, a few plain lines elsewhere. A context manager."""

    def __init__(self, screen: Console) -> None:
        self._screen = screen
        self._total = self._done = self._failed = 0
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=screen,
            transient=True,
            disable=not screen.is_terminal,
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
        self._screen.print(_opening(header), markup=False, soft_wrap=True)
        self._total = selected
        self._bar.update(self._task, total=selected)
        self._bar.start()

    def check_started(self, requirement: str) -> None:
        """Show that the requirement of this id is being checked."""
        self._bar.update(self._task, description=escape(f"checking {requirement}"))

    def check_finished(self, record: Mapping[str, Any]) -> None:
        """Count the record of a requirement."""
        self._done += 1
        self._failed += record["status"] == Status.FAILED
        self._bar.advance(self._task)
        lines = (self._done * _PROGRESS_LINES // self._total, (self._done - 1) * _PROGRESS_LINES // self._total)
        if not self._screen.is_terminal and lines[0] != lines[1]:
            self._screen.print(f"checked {self._done} of {self._total} requirements, {self._failed} failed")


def _opening(header: Mapping[str, Any]) -> str:
    target = header["target"]
    where = target["name"] if target["url"] in (None, target["name"]) else f"{target['name']} at {target['url']}"
    model = shortened(header["model"])
    return f"Checking {printable(where)} with {model} (profile {header['profile']}, seed {header['seed']})"


def show(screen: Console, records: RunRecords) -> None:
    """Print the results, the failing examples, what did not apply, and the conclusion."""
    screen.print(_table(records))
    failed = records.with_status(Status.FAILED)
    for record in failed[:_MAX_EXAMPLES]:
        _show_example(screen, record)
    start = records.header["target"]["start"]
    if failed and start is not None:
        screen.print()
        _line(screen, "These lines ask a mock that runs on its own. Start it first:")
        _line(screen, f"  {start}")
    _show_list(screen, "Failed as well:", _findings(failed[_MAX_EXAMPLES:]))
    _show_list(screen, "Warnings, which fail no run:", _findings(records.with_status(Status.WARNING)))
    _show_list(screen, "Errors of the suite; the target is not to blame:", _reasons(records, Status.ERROR))
    _show_list(screen, "Not applicable to this target:", _reasons(records, Status.NOT_APPLICABLE))
    _show_list(screen, "Not run:", [(reason, "") for reason, _ in _reasons(records, Status.NOT_RUN)])
    screen.print()
    foot = records.footer
    if foot["features"]:
        _line(screen, f"Features: {', '.join(f'{name} {found}' for name, found in foot['features'].items())}")
    spent = "" if foot["dollars"] is None else f", about ${foot['dollars']:.6f}"
    _line(screen, f"Requests: {foot['requests']}{spent}")
    screen.print(conclusion(records), soft_wrap=True)


def conclusion(records: RunRecords) -> Text:
    """Return the conclusion of the run and its totals in one line."""
    totals = records.footer["totals"]
    always = (Status.PASSED, Status.FAILED, Status.WARNING)
    counts = [f"{totals[status]} {_counted(status, totals[status])}" for status in always]
    counts += [
        f"{totals[status]} {_counted(status, totals[status])}"
        for status in Status
        if status not in always and totals[status]
    ]
    word, style = _CONCLUSIONS[records.conclusion]
    return Text.assemble((word, style), ": ", ", ".join(counts))


def _counted(status: Status, count: int) -> str:
    """Return the word for a number of results: those that can be counted take a plural."""
    word = status.value.replace("-", " ")
    return f"{word}s" if status in (Status.WARNING, Status.ERROR) and count != 1 else word


def _table(records: RunRecords) -> Group:
    parts: list[Any] = []
    selected = [record for record in records.results if record["status"] != Status.DESELECTED]
    for operation, of_operation in itertools.groupby(selected, key=lambda record: record["operation"]):
        table = Table(box=None, padding=(0, 1, 0, 0), show_header=False, expand=False)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, style="dim")
        table.add_column(overflow="fold")
        for _, of_facet in itertools.groupby(of_operation, key=lambda record: record["facet"]):
            group = list(of_facet)
            for record in group:
                table.add_row(*_row(record), end_section=record is group[-1])
        parts += [Text(f"\n{operation}", style="bold underline"), table]
    return Group(*parts)


def _row(record: Record) -> tuple[Text, str, Text]:
    word, style = _STATUSES[Status(record["status"])]
    text = Text(printable(record["text"]))
    if record["level"] != Level.REQUIRED:
        text.append(f" ({record['level']})", style="dim")
    return Text(word, style=style), record["id"].partition("/")[2], text


def _show_example(screen: Console, record: Record) -> None:
    failure = record["failure"]
    screen.print()
    screen.print(Text.assemble(("FAILED", "bold red"), " ", (record["id"], "bold"), f" ({record['level']})"))
    _line(screen, f"  {record['text']}")
    rows = [("received", failure["received"]), ("expected", failure["expected"]), ("source", source(record))]
    rows += [("repeat", _shortened(exchange["curl"])) for exchange in failure["exchanges"][:2]]
    for name, value in rows:
        screen.print(Text.assemble((f"  {name:9}", "dim"), printable(value)), soft_wrap=True)


def _findings(records: Sequence[Record]) -> list[tuple[str, str]]:
    return [
        (one["id"], f"received {one['failure']['received']}; expected {one['failure']['expected']}") for one in records
    ]


def _reasons(records: RunRecords, status: Status) -> list[tuple[str, str]]:
    """Return the reasons for `status`, each with the requirements that share it."""
    shared: dict[str, list[str]] = {}
    for record in records.with_status(status):
        shared.setdefault(record["reason"] or "", []).append(record["id"])
    return [(reason, ", ".join(names)) for reason, names in shared.items()]


def _show_list(screen: Console, title: str, entries: Sequence[tuple[str, str]]) -> None:
    if not entries:
        return
    screen.print()
    _line(screen, title)
    for first, second in entries:
        _line(screen, f"  {first}")
        if second:
            _line(screen, f"    {second}")


def _line(screen: Console, text: str) -> None:
    """Print `text` as it is: one line, however wide, so that it can be copied."""
    screen.print(Text(printable(text)), soft_wrap=True)


def _shortened(line: str) -> str:
    if len(line) <= _MAX_CURL:
        return line
    return f"{line[:_MAX_CURL]}… ({len(line)} characters; the whole line stands in results.jsonl under --report)"
