"""The run as a person sees it: progress, a table of verdicts, failing examples, one line at the end."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from openrouter_conformance.requirements import Level
from openrouter_conformance.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self, TextIO

    from openrouter_conformance.requirements import Requirement
    from openrouter_conformance.session import Session
    from openrouter_conformance.verdicts import Outcome

_WORDS = {
    Verdict.CONFORMS: ("kept", "green"),
    Verdict.VIOLATED: ("VIOLATED", "bold red"),
    Verdict.NOT_APPLICABLE: ("not applicable", "yellow"),
    Verdict.HARNESS_ERROR: ("HARNESS ERROR", "bold magenta"),
    Verdict.NOT_JUDGED: ("not judged", "magenta"),
    Verdict.DESELECTED: ("deselected", "dim"),
}
_WIDTH_WHEN_NO_TERMINAL = 120
_LONGEST_CURL = 600
_MOST_EXAMPLES = 6
_TICKS = 4


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


class ProgressReport:
    """Shows how far the run is: a bar on a terminal, a few plain lines elsewhere. A context manager."""

    def __init__(self, screen: Console, total: int) -> None:
        self._screen = screen
        self._total = total
        self._done = 0
        self._broken = 0
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=screen,
            transient=True,
            disable=not screen.is_terminal,
        )
        self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def begin(self, requirement: Requirement) -> None:
        """Tell that `requirement` is being judged."""
        self._bar.update(self._task, description=escape(f"judging {requirement.id}"))

    def end(self, outcome: Outcome) -> None:
        """Tell that `outcome` stands."""
        self._done += 1
        self._broken += fails(outcome)
        self._bar.advance(self._task)
        ticks = (self._done * _TICKS // self._total, (self._done - 1) * _TICKS // self._total)
        if not self._screen.is_terminal and ticks[0] != ticks[1]:
            self._screen.print(f"judged {self._done} of {self._total} requirements, {self._broken} violated")


def opening(session: Session) -> str:
    """Return the line that says what is judged, with what."""
    target = session.target
    is_told = target.start is not None or target.name == target.shown_url
    where = target.name if is_told else f"{target.name} at {target.shown_url}"
    return f"Judging {where} with {session.model} (profile {session.profile.name}, seed {session.seed})"


def show(screen: Console, session: Session, outcomes: Sequence[Outcome]) -> None:
    """Print the verdicts, the failing examples, what did not apply, and the verdict of the whole."""
    screen.print(_table(outcomes))
    broken = [outcome for outcome in outcomes if fails(outcome)]
    for outcome in broken[:_MOST_EXAMPLES]:
        _show_example(screen, outcome)
    if broken and session.target.start is not None:
        screen.print()
        _line(screen, "These lines ask a mock that runs on its own. Start it first:")
        _line(screen, f"  {session.target.start}")
    _show_list(screen, "Violated as well:", _findings(broken[_MOST_EXAMPLES:]))
    _show_list(
        screen,
        "Observed otherwise, which fails no run:",
        _findings([one for one in outcomes if one.verdict is Verdict.VIOLATED and not fails(one)]),
    )
    _show_list(
        screen, "The suite failed at these; the target is not to blame:", _reasons(outcomes, Verdict.HARNESS_ERROR)
    )
    _show_list(screen, "Not applicable to this target:", _reasons(outcomes, Verdict.NOT_APPLICABLE))
    _show_list(screen, "Not judged:", [(reason, "") for reason, _ in _reasons(outcomes, Verdict.NOT_JUDGED)])
    screen.print()
    if session.probed:
        features = ", ".join(f"{name} {found}" for name, found in sorted(session.probed.items()))
        _line(screen, f"Features: {features}")
    _line(screen, f"Requests: {session.recorder.requests}{_spent(session)}")
    screen.print(closing(outcomes), soft_wrap=True)


def fails(outcome: Outcome) -> bool:
    """Say whether `outcome` fails the run: a violated requirement that is not merely observed."""
    return outcome.verdict is Verdict.VIOLATED and outcome.requirement.level is not Level.OBSERVED


def closing(outcomes: Sequence[Outcome]) -> Text:
    """Return the verdict of the whole in one line."""
    judged = [one for one in outcomes if one.verdict is not Verdict.DESELECTED]
    counts = {verdict: sum(one.verdict is verdict for one in judged) for verdict in Verdict}
    broken = sum(fails(one) for one in judged)
    noted = counts[Verdict.VIOLATED] - broken
    parts = [f"{counts[Verdict.CONFORMS]} of {len(judged)} requirements kept", f"{broken} violated"]
    if noted:
        parts.append(f"{noted} observed otherwise")
    if counts[Verdict.NOT_APPLICABLE]:
        parts.append(f"{counts[Verdict.NOT_APPLICABLE]} not applicable")
    if counts[Verdict.HARNESS_ERROR]:
        parts.append(f"{counts[Verdict.HARNESS_ERROR]} not judged because the suite failed")
    if counts[Verdict.NOT_JUDGED]:
        parts.append(f"{counts[Verdict.NOT_JUDGED]} not judged because the run stopped")
    if len(judged) < len(outcomes):
        parts.append(f"{len(outcomes) - len(judged)} deselected")
    if counts[Verdict.NOT_JUDGED]:
        word, style = "STOPPED", "bold magenta"
    elif broken:
        word, style = "DOES NOT CONFORM", "bold red"
    elif counts[Verdict.HARNESS_ERROR]:
        word, style = "NOT JUDGED", "bold magenta"
    else:
        word, style = "CONFORMS", "bold green"
    return Text.assemble((word, style), ": ", "; ".join(parts) + ".")


def _table(outcomes: Sequence[Outcome]) -> Group:
    parts: list[Any] = []
    chosen = [one for one in outcomes if one.verdict is not Verdict.DESELECTED]
    for operation, of_operation in itertools.groupby(chosen, key=lambda one: one.requirement.operation):
        table = Table(box=None, padding=(0, 1, 0, 0), show_header=False, expand=False)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, style="dim")
        table.add_column(overflow="fold")
        for _, of_facet in itertools.groupby(of_operation, key=lambda one: one.requirement.facet):
            group = list(of_facet)
            for outcome in group:
                table.add_row(*_row(outcome), end_section=outcome is group[-1])
        parts += [Text(f"\n{operation}", style="bold underline"), table]
    return Group(*parts)


def _row(outcome: Outcome) -> tuple[Text, str, Text]:
    requirement = outcome.requirement
    word, style = _WORDS[outcome.verdict]
    if outcome.verdict is Verdict.VIOLATED and not fails(outcome):
        word, style = "otherwise", "yellow"
    text = Text(requirement.text)
    if requirement.level is not Level.REQUIRED:
        text.append(f" ({requirement.level})", style="dim")
    return Text(word, style=style), f"{requirement.facet}/{requirement.id.split('/')[2]}", text


def _show_example(screen: Console, outcome: Outcome) -> None:
    violation = outcome.violation
    if violation is None:
        raise ValueError("only a violated requirement has an example")
    requirement = outcome.requirement
    screen.print()
    screen.print(Text.assemble(("VIOLATED", "bold red"), " ", (requirement.id, "bold"), f" ({requirement.level})"))
    _line(screen, f"  {requirement.text}")
    rows = [("received", violation.received), ("expected", violation.expected), ("source", _source(outcome))]
    rows += [("repeat", _shortened(exchange.curl())) for exchange in violation.exchanges[:2]]
    for name, value in rows:
        screen.print(Text.assemble((f"  {name:9}", "dim"), _visible(value)), soft_wrap=True)


def _source(outcome: Outcome) -> str:
    source = outcome.requirement.source
    return f"the contract at {source}" if source.startswith("#") else source


def _findings(outcomes: Sequence[Outcome]) -> list[tuple[str, str]]:
    return [
        (one.requirement.id, f"received {_visible(one.violation.received)}; expected {one.violation.expected}")
        for one in outcomes
        if one.violation is not None
    ]


def _reasons(outcomes: Sequence[Outcome], verdict: Verdict) -> list[tuple[str, str]]:
    """Return the reasons for `verdict`, each with the requirements that share it."""
    shared: dict[str, list[str]] = {}
    for one in outcomes:
        if one.verdict is verdict:
            shared.setdefault(one.reason or "", []).append(one.requirement.id)
    return [(reason, ", ".join(names)) for reason, names in shared.items()]


def _show_list(screen: Console, title: str, entries: Sequence[tuple[str, str]]) -> None:
    if not entries:
        return
    screen.print()
    _line(screen, title)
    for first, second in entries:
        _line(screen, f"  {_visible(first)}")
        if second:
            _line(screen, f"    {second}")


def _line(screen: Console, text: str) -> None:
    """Print `text` as it is: one line, however wide, so that it can be copied."""
    screen.print(Text(text), soft_wrap=True)


def _shortened(line: str) -> str:
    if len(line) <= _LONGEST_CURL:
        return line
    return f"{line[:_LONGEST_CURL]}… ({len(line)} characters; the whole line stands in results.jsonl under --report)"


def _visible(text: str) -> str:
    """Return `text` with characters that would move the cursor or reorder the line written as escapes."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _spent(session: Session) -> str:
    return f", about ${session.recorder.dollars:.6f}" if session.target.ceilings.dollars is not None else ""
