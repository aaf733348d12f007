"""The command `run`, from a plan to an exit code."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import attrs

from openrouter_conformance import requirements
from openrouter_conformance.judge import judge
from openrouter_conformance.profiles import PROFILES
from openrouter_conformance.recorder import Recorder, price_per_token
from openrouter_conformance.report import junit, records, terminal
from openrouter_conformance.session import Session
from openrouter_conformance.targets import open_target
from openrouter_conformance.verdicts import TargetError, UsageError, Verdict, Violation

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from openrouter_conformance.verdicts import Outcome

_UNAUTHORIZED = 401


@attrs.frozen
class Plan:
    """What one run is to do; `chosen` are the ids of the requirements to judge."""

    target: str
    chosen: Collection[str]
    profile: str = "default"
    seed: int = 0
    report: Path | None = None
    model: str | None = None
    key_variable: str | None = None
    faults: tuple[str, ...] = ()


def run(plan: Plan, environment: Mapping[str, str], screen: Console | None = None) -> int:
    """Judge the plan's target, print and write what was found, and return the exit code.

    0: it conforms; 1: a required or expected requirement is violated; 3: the suite failed at some and no
    requirement is violated. UsageError and TargetError are for the caller to tell.
    """
    screen = screen or terminal.console()
    if plan.report is not None:
        _check_writable(plan.report)
    started = _now()
    with (
        open_target(
            plan.target,
            environment=environment,
            key_variable=plan.key_variable,
            model=plan.model,
            faults=plan.faults,
        ) as target,
        Recorder(target) as recorder,
    ):
        session = Session(target, recorder, PROFILES[plan.profile], plan.seed)
        _prepare(session)
        screen.print(terminal.opening(session), markup=False, soft_wrap=True)
        with terminal.ProgressReport(screen, len(plan.chosen)) as progress:
            outcomes = judge(session, requirements.load(), plan.chosen, progress.begin, progress.end)
    terminal.show(screen, session, outcomes)
    if plan.report is not None:
        lines = [
            records.header(session, started),
            *(records.requirement(outcome) for outcome in outcomes),
            records.footer(session, outcomes, _now()),
        ]
        written = records.write(plan.report, lines), junit.write(plan.report, lines)
        screen.print(f"Report: {', '.join(path.as_posix() for path in written)}", markup=False, soft_wrap=True)
    return exit_code(outcomes)


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """Return 1 when a requirement of weight is violated, else 3 when the suite failed at one, else 0."""
    if any(terminal.fails(outcome) for outcome in outcomes):
        return 1
    return 3 if any(outcome.verdict is Verdict.HARNESS_ERROR for outcome in outcomes) else 0


def _prepare(session: Session) -> None:
    """Learn the prices, and fail early where nothing can be judged; TargetError says why."""
    try:
        listed = session.catalogue
    except Violation:
        listed = []  # that the list is broken is for the requirements on it to find
    prices = {str(model.get("id")): price_per_token(model) for model in listed}
    session.recorder.prices = {name: price for name, price in prices.items() if price is not None}
    if session.target.trusted_key:
        return
    exchange = session.ask("Is anybody there?")
    if exchange.status == _UNAUTHORIZED:
        problem = "refuses the key in" if session.target.key else "asks for a key, which goes into"
        raise TargetError(f"{session.target.name} {problem} {session.target.key_variable} (401): set it and try again.")
    if exchange.status in (402, 403):
        raise TargetError(f"{session.target.name} lets the key embed nothing: {exchange.outline()}")


def _check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--report {folder}: cannot make the folder: {error.strerror or error}.") from None


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
