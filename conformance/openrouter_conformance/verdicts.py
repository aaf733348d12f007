"""From all that a run found out to one result for each requirement: one finding for each cause."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from openrouter_conformance.checks import checks_of
from openrouter_conformance.results import Result
from openrouter_conformance.status import Level, Status, status_of_failure

if TYPE_CHECKING:
    from openrouter_conformance.errors import CheckFailure
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.exchange_monitor import ExchangeMonitor
    from openrouter_conformance.oracle.relations import Findings
    from openrouter_conformance.requirements import Requirement


@attrs.frozen
class Outcome:
    """What one source of evidence says of a requirement.

    `is_own` says of a blocked one that it failed by evidence of its own, which may have the same cause.

    `blocked_by` is the id of what a blocked one rests on, `failure` what shows that; `breaches` counts the answers
    that break the requirement, 0 where they were not counted.
    """

    status: Status
    reason: str | None = None
    failure: CheckFailure | None = None
    blocked_by: str | None = None
    exchanges: int = 0
    seconds: float = 0.0
    is_own: bool = False
    breaches: int = 0


@attrs.frozen
class Evidence:
    """All that a run found out: by checks of its own, in every exchange, between exchanges."""

    outcomes: Mapping[str, Outcome]
    monitor: ExchangeMonitor
    findings: Findings
    unanswered: Sequence[Exchange]


def results(
    requirements: Sequence[Requirement], selected: Collection[str], evidence: Evidence, stopped: str | None
) -> list[Result]:
    """Return the result of each requirement.

    A failure that rests on another failed requirement is blocked by it, unless it has exchanges of its own. What
    blocks others is reported, selected or not.
    """
    found = {one.id: _outcome(one, evidence, stopped) for one in requirements}
    for name, failure in _causes(requirements, found, selected).items():
        found[name] = Outcome(Status.FAILED, failure.received, failure)
    shown = {one.id for one in requirements if one.id in selected}
    shown |= {outcome.blocked_by for name, outcome in found.items() if name in selected and outcome.blocked_by}
    last = by_cause(requirements, found)
    return [
        _result(one, last[one.id]) if one.id in shown else Result(one, Status.DESELECTED, "not selected for this run")
        for one in requirements
    ]


def by_cause(requirements: Sequence[Requirement], found: Mapping[str, Outcome]) -> dict[str, Outcome]:
    """Return the outcomes with one failure for each cause; what is blocked names what failed in the end."""
    last = {one.id: _unless_based(one, found[one.id], requirements, found) for one in requirements}
    return {name: _by_root(outcome, last) for name, outcome in last.items()}


def _by_root(outcome: Outcome, found: Mapping[str, Outcome]) -> Outcome:
    """Return a blocked outcome that names what failed in the end, and not what is blocked itself."""
    seen: set[str] = set()
    cause = outcome.blocked_by
    while cause is not None and cause not in seen and found[cause].status is Status.BLOCKED:
        seen.add(cause)
        cause = found[cause].blocked_by
    return attrs.evolve(outcome, blocked_by=cause) if outcome.status is Status.BLOCKED else outcome


def _outcome(requirement: Requirement, evidence: Evidence, stopped: str | None) -> Outcome:
    """Return what all evidence together says: a failure outweighs an error of ours, and anything seen what was not."""
    parts = _parts(requirement, evidence, stopped)
    for status in (Status.FAILED, Status.ERROR):
        for one in parts:
            if one.status is status:
                return one
    checks = checks_of(requirement)
    is_whole = requirement.id in evidence.outcomes and checks.of_exchanges is None and checks.relation is None
    if stopped is not None and not is_whole:
        return Outcome(Status.NOT_RUN, f"the run stopped: {stopped}")
    for status in (Status.PASSED, Status.BLOCKED, Status.NOT_APPLICABLE):
        for one in parts:
            if one.status is status and (one.reason is not None or status is not Status.NOT_APPLICABLE):
                return one
    return Outcome(Status.NOT_APPLICABLE, "the run made no exchange of the kind that it is about")


def _parts(requirement: Requirement, evidence: Evidence, stopped: str | None) -> list[Outcome]:
    """Return what each source of evidence says; a check that only made exchanges for the others says nothing."""
    own = evidence.outcomes.get(requirement.id)
    parts = [] if own is None or _shows_no_answer(own.failure, evidence, stopped) else [own]
    checks = checks_of(requirement)
    if checks.of_exchanges is not None:
        parts = [one for one in parts if one.status is not Status.PASSED]
        parts.insert(0, _of_exchanges(requirement, checks.of_exchanges, evidence, stopped))
    if checks.relation is not None:
        parts = [one for one in parts if one.status is not Status.PASSED or checks.of_session or checks.of_exchanges]
        parts.append(_of_relation(requirement, evidence))
    return parts


def _shows_no_answer(failure: CheckFailure | None, evidence: Evidence, stopped: str | None) -> bool:
    """Return whether a failure shows nothing but that the target had stopped answering."""
    return stopped is not None and failure is not None and any(one in evidence.unanswered for one in failure.exchanges)


def _of_exchanges(
    requirement: Requirement, check: Callable[..., bool], evidence: Evidence, stopped: str | None
) -> Outcome:
    name, monitor = requirement.id, evidence.monitor
    count = monitor.counts.get(name, 0)
    if name in monitor.crashes:
        return Outcome(Status.ERROR, crash(check, monitor.crashes[name]))
    failure = monitor.failures.get(name)
    if failure is not None and not _shows_no_answer(failure, evidence, stopped):
        breaches = monitor.breaches[name]
        return Outcome(Status.FAILED, failure.received, failure, exchanges=count, breaches=breaches)
    if not count and name in monitor.blocked:
        cause = monitor.blocked[name].most_common(1)[0][0]
        return Outcome(Status.BLOCKED, f"rests on {cause}", None, blocked_by=cause)
    if not count:
        return Outcome(Status.NOT_APPLICABLE, "the run made no exchange of the kind that it is about")
    return Outcome(Status.PASSED, exchanges=count)


def _of_relation(requirement: Requirement, evidence: Evidence) -> Outcome:
    name = requirement.id
    failure = evidence.findings.failures.get(name)
    count = evidence.findings.compared[name]
    if failure is not None:
        return Outcome(Status.FAILED, failure.received, failure, exchanges=count)
    if count:
        return Outcome(Status.PASSED, exchanges=count)
    breached = [
        (number, cause)
        for cause, number in evidence.monitor.breaches.items()
        if cause.startswith(f"{requirement.operation.slug}/")
        and cause != name
        and evidence.monitor.level_of(cause) is not Level.OBSERVED
    ]
    if breached:
        cause = max(breached)[1]
        return Outcome(Status.BLOCKED, f"rests on {cause}", None, blocked_by=cause)
    return Outcome(Status.NOT_APPLICABLE, "the run saw no two answers of the kind that it is about")


def _causes(
    requirements: Sequence[Requirement], found: Mapping[str, Outcome], selected: Collection[str]
) -> dict[str, CheckFailure]:
    """Return the requirements that must be reported as failed, since others that were selected are blocked by them."""
    by_name = {one.id: one for one in requirements}
    causes: dict[str, CheckFailure] = {}
    for one in requirements:
        outcome = found[one.id]
        if outcome.status is not Status.BLOCKED or outcome.blocked_by is None or one.id not in selected:
            continue
        cause = by_name.get(outcome.blocked_by)
        if cause is None:
            continue
        failure = found[cause.id].failure or outcome.failure
        if failure is not None and found[cause.id].status not in (Status.BLOCKED, Status.FAILED):
            causes.setdefault(cause.id, failure)
    return causes


def _unless_based(
    one: Requirement, outcome: Outcome, requirements: Sequence[Requirement], found: Mapping[str, Outcome]
) -> Outcome:
    """Return a failure as blocked when what it rests on failed, too, or the same requirement of another operation."""
    if outcome.status is not Status.FAILED:
        return outcome
    failed = [other for other in requirements if other is not one and found[other.id].status is Status.FAILED]
    base = next((other for other in failed if one.is_based_on(other) and other.level is not Level.OBSERVED), None)
    if base is None and one.shared:
        before = requirements[: requirements.index(one)]
        base = next((other for other in failed if other in before and other.check_id == one.check_id), None)
    if base is None:
        return outcome
    return attrs.evolve(outcome, status=Status.BLOCKED, blocked_by=base.id, is_own=True)


def _result(requirement: Requirement, outcome: Outcome) -> Result:
    status = status_of_failure(requirement.level) if outcome.status is Status.FAILED else outcome.status
    failed = outcome.status is Status.FAILED
    return Result(
        requirement,
        status,
        None if status is Status.PASSED else outcome.reason,
        outcome.failure if failed or (outcome.status is Status.BLOCKED and outcome.is_own) else None,
        outcome.exchanges,
        outcome.seconds,
        outcome.blocked_by if outcome.status is Status.BLOCKED else None,
        breaches=outcome.breaches if failed else 0,
    )


def crash(check: Callable[..., Any], error: Exception) -> str:
    """Return in a sentence where a check of ours crashed."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"
    return f"the check {getattr(check, '__name__', check)} crashed{where}: {type(error).__name__}: {error}"
