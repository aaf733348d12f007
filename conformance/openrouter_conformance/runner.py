"""One run: every selected requirement checked on one target, a record for each."""

from __future__ import annotations

import concurrent.futures
import contextlib
import datetime as dt
import itertools
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from openrouter_conformance import contract as contracts
from openrouter_conformance import expected_failures, replays, survey, verdicts
from openrouter_conformance import requirements as known
from openrouter_conformance.breaches import breaches_of
from openrouter_conformance.checks import checks_of
from openrouter_conformance.errors import (
    Blocked,
    CheckFailure,
    HarnessError,
    NotApplicable,
    TargetError,
    UsageError,
)
from openrouter_conformance.exchange_monitor import ExchangeMonitor
from openrouter_conformance.foreign_text import shortened
from openrouter_conformance.interruption import INTERRUPTED, Interruption
from openrouter_conformance.operations import CREATE_EMBEDDINGS, LIST_EMBEDDINGS_MODELS
from openrouter_conformance.oracle import relations
from openrouter_conformance.oracle.table import Table
from openrouter_conformance.prices import price_list
from openrouter_conformance.profiles import PROFILES
from openrouter_conformance.recorder import TIMEOUT, Recorder
from openrouter_conformance.recordings.archive import Archive
from openrouter_conformance.report import records
from openrouter_conformance.requirements import Requirement
from openrouter_conformance.results import Result
from openrouter_conformance.session import Session
from openrouter_conformance.status import Status
from openrouter_conformance.targets import Ceilings, open_target
from openrouter_conformance.verdicts import Outcome, crash

if TYPE_CHECKING:
    from openrouter_conformance.contract import Contract
    from openrouter_conformance.exchange import Exchange, Request
    from openrouter_conformance.operations import Operation
    from openrouter_conformance.report.records import RunRecords
    from openrouter_conformance.targets import Target

_UNAUTHORIZED = 401
_UNKNOWN_MODEL = (400, 404, 422)
_REFUSED_FACETS = ("auth", "validation")
"""Facets whose requirements are about requests that are refused."""
_MAX_ASKED_AGAIN = 60
"""Requests that may be sent to narrow down in what two contradicting ones differ."""


@attrs.frozen
class Plan:
    """What one run is to do.

    Attributes:
        target: `mock`, `live`, a base URL or the path of a target file.
        selected: the ids of the requirements to check.
        profile: the name of the effort.
        seed: chooses the generated requests.
        model: the model to ask for; None leaves it to the target.
        key_variable: the environment variable that holds the key.
        faults: those of the embedded mock.
        timeout: seconds that the target may take until it begins to answer.
        strict: whether warnings fail the run.
        limits: ceilings that go before those of the target.
        known_deviations: a file whose known deviations take the place of the target's.
        archive: a file that keeps every exchange of the run; None for none.
        today: the day on which known deviations hold or are over; None for that of the run.
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
    strict: bool = False
    limits: Ceilings = attrs.field(factory=Ceilings)
    known_deviations: str | None = None
    archive: Path | None = None
    today: dt.date | None = None
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


def run(
    plan: Plan,
    environment: Mapping[str, str],
    progress: Progress | None = None,
    interruption: Interruption | None = None,
) -> RunRecords:
    """Check the plan's target and return the records of the run.

    When the target cannot be checked any more in the middle of the run, or a ceiling or an interruption ends it at any
    time, the records say so: what had no result yet is `not-run`.

    Raises:
        UsageError: the plan cannot be followed.
        TargetError: the target cannot be checked from the start: unreachable, refusing the key.

    """
    progress = progress or NoProgress()
    interruption = interruption or Interruption()
    started, began = records.now(), time.monotonic()
    with (
        open_target(
            plan.target,
            environment=environment,
            key_variable=plan.key_variable,
            model=plan.model,
            faults=plan.faults,
            limits=plan.limits,
            known_deviations=plan.known_deviations,
        ) as target,
        Recorder(
            target, plan.timeout, concurrency=_concurrency(target, plan), seconds=target.ceilings.seconds
        ) as recorder,
        contextlib.nullcontext() if plan.archive is None else Archive(plan.archive) as archive,
    ):
        if archive is not None:
            recorder.observers.append(archive)
        session = Session(target, recorder, plan.contract, PROFILES[plan.profile], plan.seed)
        with interruption.ends(recorder.stop):
            stopped = _prepare(session, plan, interruption)
            header = records.header(
                session, started, strict=plan.strict, model_is_known=stopped is None and not session.lacks_model
            )
            progress.run_started(header, len(plan.selected))
            checked = check_all(session, plan.requirements, plan.selected, progress, interruption, stopped=stopped)
    today = plan.today or dt.datetime.now(dt.UTC).date()
    results = expected_failures.marked(checked.results, target.known, today)
    return records.RunRecords(
        header,
        tuple(records.result(result) for result in results),
        records.footer(
            session,
            results,
            records.now(),
            stopped=checked.stopped,
            seconds=time.monotonic() - began,
            strict=plan.strict,
            unneeded=expected_failures.unneeded(results, target.known, today),
        ),
    )


def _prepare(session: Session, plan: Plan, interruption: Interruption) -> str | None:
    """Prepare a run; return why it ends before it has begun: a ceiling, or a signal; None when it does not."""
    try:
        with interruption.raised():
            prepare(session, plan)
    except KeyboardInterrupt:
        return INTERRUPTED
    except TargetError as error:
        if interruption.signal is None and not session.recorder.ceiling_reached:
            raise
        return str(error)
    return None


def _concurrency(target: Target, plan: Plan) -> int:
    """Return how many requests may be under way at once: as many as were named, else as many as a burst has."""
    return target.ceilings.concurrency or max(target.concurrency, PROFILES[plan.profile].burst)


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
    interruption: Interruption | None = None,
    *,
    stopped: str | None = None,
) -> Checked:
    """Check the `selected` of `requirements`; only what was seen already when the run has `stopped` before.

    First the service is seen in many contexts, then each requirement's own checks run, several at a time; at the end
    all that was observed is held against each other.
    """
    progress = progress or NoProgress()
    monitor, table = ExchangeMonitor(session.contract, requirements), Table(session.contract)
    session.recorder.observers += [monitor, table.add]
    for exchange in session.answered:
        monitor(exchange)
        table.add(exchange)
    run = _Run(session, monitor, table, progress, interruption or Interruption())
    try:
        chosen = [one for one in requirements if one.id in selected]
        stopped = run.check(chosen, stopped)
    finally:
        session.recorder.observers.remove(monitor)
        session.recorder.observers.remove(table.add)
    results = verdicts.results(requirements, selected, run.evidence(), stopped)
    if stopped is None and session.target.shrink:
        results = replays.replayed(session, results)
    return Checked(results, stopped)


class _Run:
    """What one run collects until the results are made of it."""

    def __init__(
        self,
        session: Session,
        monitor: ExchangeMonitor,
        table: Table,
        progress: Progress,
        interruption: Interruption,
    ) -> None:
        self._session, self._monitor, self._table, self._progress = session, monitor, table, progress
        self._interruption = interruption
        self._outcomes: dict[str, Outcome] = {}
        self._findings: relations.Findings | None = None
        self._lock = threading.Lock()

    def check(self, chosen: Sequence[Requirement], stopped: str | None = None) -> str | None:
        """Do all that the chosen requirements need, unless `stopped`; return why it ended early, None if it did not."""
        if stopped is None:
            stopped = self._check(self._askable(chosen))
        self._findings = self._relate(asking=stopped is None)
        for one in chosen:
            if one.id not in self._outcomes and stopped is None:
                self._outcomes[one.id] = Outcome(Status.NOT_APPLICABLE)
        return stopped

    def _askable(self, chosen: Sequence[Requirement]) -> Sequence[Requirement]:
        """Return what can be tried; without a model to ask for, what asks for one is blocked by the list's failure."""
        if not any(one.operation.asks_model for one in chosen) or (lack := self._session.lacks_model) is None:
            return chosen
        self._outcomes |= {one.id: _blocked(lack) for one in chosen if one.operation.asks_model}
        return [one for one in chosen if not one.operation.asks_model]

    def _check(self, chosen: Sequence[Requirement]) -> str | None:
        try:
            with self._interruption.raised():
                first = _costing_least(chosen) if self._session.target.is_live else []
                self._check_each(first, [])
                later = survey.open_run(self._session, chosen)
                self._check_each([one for one in chosen if one not in first], later)
                survey.close_run(self._session, chosen)
        except TargetError as error:
            return str(error)
        except KeyboardInterrupt:
            return INTERRUPTED
        return None

    def evidence(self) -> verdicts.Evidence:
        """Return what the run found out."""
        assert self._findings is not None
        unanswered = self._session.recorder.unanswered
        return verdicts.Evidence(self._outcomes, self._monitor, self._findings, unanswered)

    def _check_each(self, chosen: Sequence[Requirement], between: Sequence[Request]) -> None:
        """Run the checks of each requirement; TargetError when the target cannot be checked any more.

        The requests *between* are sent after checks whose requests are refused, so that what a refusal leaves behind
        shows in them.
        """
        stopping: list[TargetError] = []
        left = list(between)
        refusing = [one for one in chosen if one.facet in survey.REFUSING]
        each = -(-len(left) // max(1, len(refusing)))
        with concurrent.futures.ThreadPoolExecutor(self._session.target.concurrency) as pool:
            running = []
            for one in chosen:
                running.append(pool.submit(self._check_one, one, stopping))
                sent, left = (left[:each], left[each:]) if one in refusing else ([], left)
                running += [pool.submit(self._send_one, request, stopping) for request in sent]
            running += [pool.submit(self._send_one, request, stopping) for request in left]
            for future in running:
                future.result()
        if stopping:
            raise stopping[0]

    def _send_one(self, request: Request, stopping: list[TargetError]) -> None:
        """Send a request for those who look at every exchange."""
        if not stopping:
            try:
                self._session.recorder.send(request)
            except TargetError as error:
                stopping.append(error)

    def _check_one(self, requirement: Requirement, stopping: list[TargetError]) -> None:
        if stopping:
            return
        self._told(self._progress.check_started, requirement.id)
        started = time.monotonic()
        try:
            outcome = _outcome(self._session, requirement)
        except TargetError as error:
            stopping.append(error)
            return
        outcome = attrs.evolve(outcome, seconds=time.monotonic() - started)
        self._outcomes[requirement.id] = outcome
        self._told(self._progress.check_finished, {"status": outcome.status, "id": requirement.id})

    def _told(self, tell: Callable[[Any], None], what: Any) -> None:
        with self._lock:
            tell(what)

    def _relate(self, *, asking: bool) -> relations.Findings:
        """Hold all observations against each other; where it costs nothing, ask again to narrow differences down."""
        left = itertools.count(_MAX_ASKED_AGAIN, -1)

        def ask(request: Request) -> Exchange:
            if next(left) <= 0:
                raise TargetError("enough was asked again")
            return self._session.recorder.send(request)

        if asking and self._session.target.shrink:
            with contextlib.suppress(TargetError):
                return relations.judge(self._table, ask)
        return relations.judge(self._table)


def _costing_least(chosen: Sequence[Requirement]) -> list[Requirement]:
    """Return those that are looked at by reading the model list, then those about requests that are refused."""
    listed = [one for one in chosen if one.operation == LIST_EMBEDDINGS_MODELS]
    return listed + [one for one in chosen if one not in listed and one.facet in _REFUSED_FACETS]


def _base_of(requirement: Requirement, failure: CheckFailure) -> Blocked | None:
    """Return what an exchange that shows the failure breaks more plainly: a foundation, or what this one rests on."""
    for exchange in failure.exchanges:
        for other, breach in breaches_of(exchange).items():
            if other != requirement and requirement.is_void_after(other):
                return Blocked(other.id, breach)
    return None


def _outcome(session: Session, requirement: Requirement) -> Outcome:
    """Return what the requirement's own checks say of the target; TargetError when it cannot be checked any more."""
    checks = checks_of(requirement)
    if not checks:
        return Outcome(Status.ERROR, "the requirement has no check")
    found = [_outcome_of(check, session, requirement) for check in checks.of_session]
    for status in (Status.FAILED, Status.ERROR, Status.BLOCKED, Status.PASSED):
        for outcome in found:
            if outcome.status is status:
                return outcome
    return found[0] if found else Outcome(Status.NOT_APPLICABLE)


def _outcome_of(check: Callable[[Session], None], session: Session, requirement: Requirement) -> Outcome:
    try:
        check(session)
    except NotApplicable as reason:
        return Outcome(Status.NOT_APPLICABLE, str(reason))
    except Blocked as blocked:
        return _blocked(blocked)
    except CheckFailure as failure:
        base = _base_of(requirement, failure)
        return Outcome(Status.FAILED, failure.received, failure.without_traceback()) if base is None else _blocked(base)
    except TargetError:
        raise
    except HarnessError as error:
        return Outcome(Status.ERROR, str(error))
    except Exception as error:  # noqa: BLE001 - a crash of ours is told apart from the target's faults
        return Outcome(Status.ERROR, crash(check, error))
    return Outcome(Status.PASSED)


def _blocked(by: Blocked) -> Outcome:
    return Outcome(Status.BLOCKED, by.failure.received, by.failure.without_traceback(), blocked_by=by.requirement)


def prepare(session: Session, plan: Plan) -> None:
    """Read the prices, and fail early where nothing can be checked; TargetError and UsageError say why."""
    target, named = session.target, plan.model
    try:
        listed = session.catalog
    except Blocked as blocked:
        if session.recorder.unanswered and target.model is None:
            raise TargetError(_no_answer(session, LIST_EMBEDDINGS_MODELS, blocked.failure.received)) from None
        listed = []  # that the list is broken is for the requirements on it to find
    if not target.is_free:
        session.recorder.spending.prices = price_list(listed)
    embeds = any(requirement.operation.asks_model for requirement in plan.requirements)
    if not embeds or (target.trusted_key and named is None):
        return
    if session.lacks_model:
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
