"""One run: every selected requirement checked on one target, a record for each."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from openrouter_conformance import contract as contracts
from openrouter_conformance import requirements as known
from openrouter_conformance.checks import checks_of
from openrouter_conformance.errors import CheckFailure, HarnessError, NotApplicable, TargetError, UsageError
from openrouter_conformance.exchange_monitor import ExchangeMonitor
from openrouter_conformance.foreign_text import shortened
from openrouter_conformance.operations import CREATE_EMBEDDINGS, LIST_EMBEDDINGS_MODELS
from openrouter_conformance.prices import price_per_token
from openrouter_conformance.profiles import PROFILES
from openrouter_conformance.recorder import TIMEOUT, Recorder
from openrouter_conformance.report import records
from openrouter_conformance.requirements import Requirement
from openrouter_conformance.results import Result
from openrouter_conformance.session import Session
from openrouter_conformance.status import Status, status_of_failure
from openrouter_conformance.targets import open_target

if TYPE_CHECKING:
    from openrouter_conformance.contract import Contract
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.operations import Operation
    from openrouter_conformance.report.records import RunRecords

_UNAUTHORIZED = 401
_UNKNOWN_MODEL = (400, 404, 422)


@attrs.frozen
class Plan:
    """What one run is to do.

    Attributes:
        target: `mock`, `live` or a base URL.
        selected: the ids of the requirements to check.
        profile: the name of the effort.
        seed: chooses the generated requests.
        model: the model to ask for; None leaves it to the target.
        key_variable: the environment variable that holds the key.
        faults: those of the embedded mock.
        timeout: seconds that the target may take until it begins to answer.
        requirements: all that there are; a report names each.
        contract: what answers are held to.

    """

    target: str
    selected: Collection[str]
    profile: str = "default"
    seed: int = 0
    model: str | None = None
    key_variable: str | None = None
    faults: tuple[str, ...] = ()
    timeout: float = TIMEOUT
    requirements: Sequence[Requirement] = attrs.field(factory=known.load)
    contract: Contract = attrs.field(factory=contracts.shipped)


class Progress(Protocol):
    """Is told how far a run is, in records."""

    def run_started(self, header: Mapping[str, Any], selected: int) -> None:
        """A run of `selected` requirements begins."""

    def check_started(self, requirement: str) -> None:
        """The requirement of this id is being checked."""

    def check_finished(self, record: Mapping[str, Any]) -> None:
        """A requirement has been checked, with this record."""


class NoProgress:
    """Progress that nobody looks at."""

    def run_started(self, header: Mapping[str, Any], selected: int) -> None:
        """Do nothing."""

    def check_started(self, requirement: str) -> None:
        """Do nothing."""

    def check_finished(self, record: Mapping[str, Any]) -> None:
        """Do nothing."""


def run(plan: Plan, environment: Mapping[str, str], progress: Progress | None = None) -> RunRecords:
    """Check the plan's target and return the records of the run.

    When the target cannot be checked any more in the middle of the run, the records say so: what had no result yet
    is `not-run`.

    Raises:
        UsageError: the plan cannot be followed.
        TargetError: the target cannot be checked from the start: unreachable, refusing the key.

    """
    progress = progress or NoProgress()
    started = _now()
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
        session = Session(target, recorder, plan.contract, PROFILES[plan.profile], plan.seed)
        _prepare(session, plan)
        header = records.header(session, started)
        progress.run_started(header, len(plan.selected))
        checked = check_all(session, plan.requirements, plan.selected, progress)
    return records.RunRecords(
        header,
        tuple(records.result(result) for result in checked.results),
        records.footer(session, checked.results, _now(), checked.stopped),
    )


@attrs.frozen
class Checked:
    """The results of a run, in the order of the requirements; `stopped` says in a sentence why it ended early."""

    results: list[Result]
    stopped: str | None = None


def check_all(
    session: Session,
    requirements: Sequence[Requirement],
    selected: Collection[str],
    progress: Progress | None = None,
) -> Checked:
    """Check the `selected` of `requirements`; requirements on every exchange come last, when they have seen all."""
    progress = progress or NoProgress()
    monitor = ExchangeMonitor(session.contract, [one for one in requirements if one.id in selected])
    session.recorder.observers.append(monitor)
    results: dict[str, Result] = {}
    stopped: str | None = None
    for requirement in sorted(requirements, key=lambda one: checks_of(one).of_exchanges is not None):
        if requirement.id not in selected:
            continue
        progress.check_started(requirement.id)
        try:
            result = _check(session, requirement, monitor)
        except TargetError as error:
            stopped = str(error)
            break
        results[requirement.id] = result
        progress.check_finished(records.result(result))
    session.recorder.observers.remove(monitor)
    if stopped is not None:
        _drop_unanswered(session, results, monitor)
    return Checked(
        [results.get(one.id) or _unchecked(one, selected, monitor, stopped) for one in requirements], stopped
    )


def _drop_unanswered(session: Session, results: dict[str, Result], monitor: ExchangeMonitor) -> None:
    """Drop what shows nothing but that the target had stopped answering."""

    def shows_no_answer(failure: CheckFailure | None) -> bool:
        return failure is not None and any(one in session.recorder.unanswered for one in failure.exchanges)

    for name in [name for name, failure in monitor.failures.items() if shows_no_answer(failure)]:
        del monitor.failures[name]
    for name in [name for name, result in results.items() if shows_no_answer(result.failure)]:
        del results[name]


def _unchecked(
    requirement: Requirement, selected: Collection[str], monitor: ExchangeMonitor, stopped: str | None
) -> Result:
    """Return the result of a requirement that the run did not come to; what was seen to fail has failed."""
    if requirement.id not in selected:
        return Result(requirement, Status.DESELECTED, "not selected for this run")
    seen = monitor.failures.get(requirement.id)
    if seen is not None:
        return _failed(requirement, seen, monitor.counts[requirement.id])
    return Result(requirement, Status.NOT_RUN, f"the run stopped: {stopped}")


def _check(session: Session, requirement: Requirement, monitor: ExchangeMonitor) -> Result:
    started, before = time.monotonic(), session.recorder.requests
    result = _result(session, requirement, monitor)
    exchanges = session.recorder.requests - before
    if checks_of(requirement).of_exchanges is not None:
        exchanges = monitor.counts.get(requirement.id, 0)
    return attrs.evolve(result, exchanges=exchanges, seconds=time.monotonic() - started)


def _result(session: Session, requirement: Requirement, monitor: ExchangeMonitor) -> Result:
    reasons: list[str] = []
    checks = checks_of(requirement)
    for check in checks.of_session:
        try:
            check(session)
        except NotApplicable as reason:
            reasons.append(str(reason))
        except CheckFailure as failure:
            return _failed(requirement, monitor.failures.get(requirement.id, failure))
        except TargetError:
            raise
        except HarnessError as error:
            return Result(requirement, Status.ERROR, str(error))
        except Exception as error:  # noqa: BLE001 - a crash of ours is told apart from the target's faults
            return Result(requirement, Status.ERROR, _crash(check, error))
    if checks.of_exchanges is not None:
        return _result_of_exchanges(requirement, checks.of_exchanges, monitor)
    if not checks.of_session:
        return Result(requirement, Status.ERROR, "the requirement has no check")
    if len(reasons) == len(checks.of_session):
        return Result(requirement, Status.NOT_APPLICABLE, reasons[0])
    return Result(requirement, Status.PASSED)


def _result_of_exchanges(requirement: Requirement, check: Callable[..., bool], monitor: ExchangeMonitor) -> Result:
    name = requirement.id
    if name in monitor.crashes:
        return Result(requirement, Status.ERROR, _crash(check, monitor.crashes[name]))
    if name in monitor.failures:
        return _failed(requirement, monitor.failures[name])
    if not monitor.counts.get(name):
        return Result(requirement, Status.NOT_APPLICABLE, "the run made no exchange of the kind that it is about")
    return Result(requirement, Status.PASSED)


def _failed(requirement: Requirement, failure: CheckFailure, exchanges: int = 0) -> Result:
    return Result(
        requirement, status_of_failure(requirement.level), failure.received, failure.without_traceback(), exchanges
    )


def _crash(check: Callable[..., Any], error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"
    return f"the check {getattr(check, '__name__', check)} crashed{where}: {type(error).__name__}: {error}"


def _prepare(session: Session, plan: Plan) -> None:
    """Read the prices, and fail early where nothing can be checked; TargetError and UsageError say why."""
    target, named = session.target, plan.model
    try:
        listed = session.catalog
    except CheckFailure as failure:
        if session.recorder.unanswered and target.model is None:
            raise TargetError(_no_answer(session, LIST_EMBEDDINGS_MODELS, failure.received)) from None
        listed = []  # that the list is broken is for the requirements on it to find
    prices = {str(model.get("id")): price_per_token(model) for model in listed}
    session.recorder.prices = {name: price for name, price in prices.items() if price is not None}
    embeds = any(requirement.operation.asks_model for requirement in plan.requirements)
    if not embeds or (target.trusted_key and named is None):
        return
    exchange = session.ask("Is anybody there?")
    if session.recorder.unanswered:
        raise TargetError(_no_answer(session, CREATE_EMBEDDINGS, exchange.outline()))
    if not target.trusted_key:
        _check_admission(session, exchange)
    if named is not None and exchange.status in _UNKNOWN_MODEL:
        shown = shortened(str(listed[0].get("id"))) if listed else None
        hint = f"name one that it lists, such as {shown}" if listed else "it lists none: is the URL right?"
        raise UsageError(f"--model {named}: {target.name} refuses that model ({exchange.outline()}); {hint}.")


def _check_admission(session: Session, exchange: Exchange) -> None:
    """Raise TargetError when the target rejects the run's requests because of the key."""
    target = session.target
    if exchange.status == _UNAUTHORIZED and target.key:
        raise TargetError(
            f"{target.name} refuses the key in {target.key_variable} (401): put one there that this server knows."
        )
    if exchange.status == _UNAUTHORIZED:
        raise TargetError(f"{target.name} asks for a key (401): set {target.key_variable} to one.")
    if exchange.status in (402, 403):
        raise TargetError(f"{target.name} rejects embedding requests with this key: {exchange.outline()}")


def _no_answer(session: Session, operation: Operation, received: str) -> str:
    asked = f"{operation.method} {operation.path}"
    return f"{session.target.name} does not answer {asked} ({received}): is the server healthy, and the URL right?"


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
