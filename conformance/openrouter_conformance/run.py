"""The command `run`, from a plan to an exit code."""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING, Any

import attrs

from openrouter_conformance import requirements
from openrouter_conformance.judge import judge
from openrouter_conformance.profiles import PROFILES
from openrouter_conformance.recorder import TIMEOUT, Recorder, price_per_token
from openrouter_conformance.report import junit, records, terminal
from openrouter_conformance.session import Session
from openrouter_conformance.targets import open_target
from openrouter_conformance.verdicts import StoppedError, TargetError, UsageError, Verdict, Violation

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.verdicts import Outcome

_UNAUTHORIZED = 401
_UNKNOWN_MODEL = (400, 404, 422)


@attrs.frozen
class Plan:
    """What one run is to do; `chosen` are the ids of the requirements to judge, `timeout` is in seconds."""

    target: str
    chosen: Collection[str]
    profile: str = "default"
    seed: int = 0
    report: Path | None = None
    model: str | None = None
    key_variable: str | None = None
    faults: tuple[str, ...] = ()
    timeout: float = TIMEOUT


def run(plan: Plan, environment: Mapping[str, str], screen: Console | None = None) -> int:
    """Judge the plan's target, print and write what was found, and return the exit code.

    0: it conforms; 1: a required or expected requirement is violated; 3: the suite failed at some and no
    requirement is violated. UsageError and TargetError are for the caller to tell; when the target falls away
    in the middle, the verdicts so far are printed and written before the TargetError is raised.
    """
    screen = screen or terminal.console()
    if plan.report is not None:
        _check_writable(plan.report)
    started = _now()
    stopped: StoppedError | None = None
    with (
        open_target(
            plan.target,
            environment=environment,
            key_variable=plan.key_variable,
            model=plan.model,
            faults=plan.faults,
        ) as target,
        Recorder(target, plan.timeout) as recorder,
    ):
        session = Session(target, recorder, PROFILES[plan.profile], plan.seed)
        _prepare(session, plan.model)
        screen.print(terminal.opening(session), markup=False, soft_wrap=True)
        with terminal.ProgressReport(screen, len(plan.chosen)) as progress:
            outcomes: Sequence[Outcome]
            try:
                outcomes = judge(session, requirements.load(), plan.chosen, progress.begin, progress.end)
            except StoppedError as error:
                outcomes, stopped = error.outcomes, error
    terminal.show(screen, session, outcomes)
    if plan.report is not None:
        lines = [
            records.header(session, started),
            *(records.requirement(outcome) for outcome in outcomes),
            records.footer(session, outcomes, _now(), None if stopped is None else str(stopped)),
        ]
        written = _write(plan.report, lines)
        screen.print(f"Report: {', '.join(path.as_posix() for path in written)}", markup=False, soft_wrap=True)
    if stopped is not None:
        raise stopped
    return exit_code(outcomes)


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """Return 3 when the run stopped early, else 1 for a violation of weight, 3 for a failure of the suite, or 0."""
    if any(outcome.verdict is Verdict.NOT_JUDGED for outcome in outcomes):
        return 3
    if any(terminal.fails(outcome) for outcome in outcomes):
        return 1
    return 3 if any(outcome.verdict is Verdict.HARNESS_ERROR for outcome in outcomes) else 0


def _prepare(session: Session, named: str | None) -> None:
    """Learn the prices, and fail early where nothing can be judged.

    `named` is the model that the user named, or None. TargetError and UsageError say why.
    """
    target = session.target
    try:
        listed = session.catalogue
    except Violation as violation:
        if session.recorder.silences and target.model is None:
            raise TargetError(_silence(session, "GET /embeddings/models", violation.received)) from None
        listed = []  # that the list is broken is for the requirements on it to find
    prices = {str(model.get("id")): price_per_token(model) for model in listed}
    session.recorder.prices = {name: price for name, price in prices.items() if price is not None}
    if target.trusted_key and named is None:
        return
    exchange = session.ask("Is anybody there?")
    if session.recorder.silences:
        raise TargetError(_silence(session, "POST /embeddings", exchange.outline()))
    if not target.trusted_key:
        _check_admission(session, exchange)
    if named is not None and exchange.status in _UNKNOWN_MODEL:
        hint = (
            f"name one that it lists, such as {listed[0].get('id')}" if listed else "it lists none: is the URL right?"
        )
        raise UsageError(f"--model {named}: {target.name} refuses that model ({exchange.outline()}); {hint}.")


def _check_admission(session: Session, exchange: Exchange) -> None:
    """Raise TargetError when the target does not let the run in."""
    target = session.target
    if exchange.status == _UNAUTHORIZED and target.key:
        raise TargetError(
            f"{target.name} refuses the key in {target.key_variable} (401): put one there that this server knows."
        )
    if exchange.status == _UNAUTHORIZED:
        raise TargetError(f"{target.name} asks for a key (401): set {target.key_variable} to one.")
    if exchange.status in (402, 403):
        raise TargetError(f"{target.name} lets the key embed nothing: {exchange.outline()}")


def _silence(session: Session, asked: str, received: str) -> str:
    return f"{session.target.name} does not answer {asked} ({received}): is the server well, and the URL right?"


def _check_writable(folder: Path) -> None:
    """Raise UsageError when no report can be written to `folder`; make nothing yet, for there may be none."""
    try:
        nearest = next(one for one in (folder, *folder.parents) if one.exists())
        if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
            return
        problem = "may not be written to" if nearest.is_dir() else "is no folder"
    except OSError as error:
        nearest, problem = folder, f"cannot be looked at ({error.strerror or error})"
    raise UsageError(f"--report {folder}: {nearest} {problem}; name another folder.")


def _write(folder: Path, lines: Sequence[dict[str, Any]]) -> list[Path]:
    try:
        return [records.write(folder, lines), junit.write(folder, lines)]
    except OSError as error:
        raise UsageError(f"--report {folder}: cannot write the report: {error.strerror or error}.") from None


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
