"""One run: every chosen requirement judged, each verdict told as soon as it stands."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from openrouter_conformance import checks
from openrouter_conformance.verdicts import (
    HarnessError,
    NotApplicable,
    Outcome,
    StoppedError,
    TargetError,
    Verdict,
    Violation,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from openrouter_conformance.checks.registry import Check
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.requirements import Requirement
    from openrouter_conformance.session import Session


class Watch:
    """Shows every exchange to the standing checks, and keeps the first violation of each."""

    def __init__(self, chosen: Collection[str]) -> None:
        self._standing = [standing for name, standing in checks.STANDING.items() if name in chosen]
        self.violations: dict[str, Violation] = {}
        self.counts: dict[str, int] = {}
        self.crashes: dict[str, Exception] = {}

    def __call__(self, exchange: Exchange) -> None:
        """Judge one exchange."""
        for standing in self._standing:
            name = standing.requirement
            try:
                spoken_of = standing.glance(exchange)
            except Violation as violation:
                self.violations[name] = _plainer(self.violations.get(name), violation)
                spoken_of = True
            except Exception as error:  # noqa: BLE001 - a crash of ours is told apart from the target's faults
                self.crashes.setdefault(name, error)
                spoken_of = True
            self.counts[name] = self.counts.get(name, 0) + spoken_of


def judge(
    session: Session,
    requirements: Sequence[Requirement],
    chosen: Collection[str],
    begin: Callable[[Requirement], None] = lambda _: None,
    end: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Judge the `chosen` of `requirements` and return an outcome for all, in the order of `requirements`.

    `begin` and `end` are told of each as it starts and stands. Requirements on every exchange are judged
    last, when they have seen all. StoppedError when the target cannot be judged further.
    """
    watch = Watch(chosen)
    session.recorder.observers.append(watch)
    outcomes: dict[str, Outcome] = {}
    ordered = sorted(requirements, key=lambda requirement: requirement.id in checks.STANDING)
    for requirement in ordered:
        if requirement.id not in chosen:
            outcomes[requirement.id] = _deselected(requirement)
            continue
        begin(requirement)
        try:
            outcome = _judge(session, requirement, watch)
        except TargetError as error:
            silences = session.recorder.silences
            watch.violations = {name: one for name, one in watch.violations.items() if not _rests_on(one, silences)}
            judged = {name: one for name, one in outcomes.items() if not _rests_on(one.violation, silences)}
            rest = {one.id: _unjudged(one, one.id in chosen, watch, str(error)) for one in requirements}
            raise StoppedError(str(error), list((rest | judged).values())) from None
        outcomes[requirement.id] = outcome
        end(outcome)
    session.recorder.observers.remove(watch)
    return [outcomes[requirement.id] for requirement in requirements]


def _unjudged(requirement: Requirement, chosen: bool, watch: Watch, reason: str) -> Outcome:  # noqa: FBT001 - private
    """Return the outcome of a requirement that the run did not come to; what was seen to be broken is."""
    if not chosen:
        return _deselected(requirement)
    seen = watch.violations.get(requirement.id)
    if seen is not None:
        return Outcome(requirement, Verdict.VIOLATED, seen.received, seen, watch.counts[requirement.id])
    return Outcome(requirement, Verdict.NOT_JUDGED, f"the run stopped: {reason}")


def _rests_on(violation: Violation | None, silences: list[Exchange]) -> bool:
    """Say whether `violation` shows nothing but that the target had begun to fall silent."""
    return violation is not None and any(one in silences for one in violation.exchanges)


def _deselected(requirement: Requirement) -> Outcome:
    return Outcome(requirement, Verdict.DESELECTED, "not chosen for this run")


def _judge(session: Session, requirement: Requirement, watch: Watch) -> Outcome:
    started, before = time.monotonic(), session.recorder.requests
    verdict, reason, violation = _decide(session, requirement, watch)
    exchanges = session.recorder.requests - before
    if requirement.id in checks.STANDING:
        exchanges = watch.counts.get(requirement.id, 0)
    return Outcome(requirement, verdict, reason, violation, exchanges, time.monotonic() - started)


def _decide(session: Session, requirement: Requirement, watch: Watch) -> tuple[Verdict, str | None, Violation | None]:
    excuses: list[str] = []
    for check in checks.CHECKS.get(requirement.id, []):
        try:
            check(session)
        except NotApplicable as excuse:
            excuses.append(str(excuse))
        except Violation as violation:
            shown = watch.violations.get(requirement.id, violation)
            return Verdict.VIOLATED, shown.received, shown
        except TargetError:
            raise
        except HarnessError as error:
            return Verdict.HARNESS_ERROR, str(error), None
        except Exception as error:  # noqa: BLE001 - a crash of ours is told apart from the target's faults
            return Verdict.HARNESS_ERROR, _crash(check, error), None
    return _conclude(requirement, watch, excuses)


def _conclude(
    requirement: Requirement, watch: Watch, excuses: list[str]
) -> tuple[Verdict, str | None, Violation | None]:
    name = requirement.id
    if name in watch.crashes:
        return Verdict.HARNESS_ERROR, _crash(checks.STANDING[name].glance, watch.crashes[name]), None
    if name in watch.violations:
        return Verdict.VIOLATED, watch.violations[name].received, watch.violations[name]
    proofs = len(checks.CHECKS.get(name, []))
    if name in checks.STANDING and not watch.counts.get(name):
        return Verdict.NOT_APPLICABLE, "no exchange of this run was of the kind that it speaks of", None
    if proofs and len(excuses) == proofs and name not in checks.STANDING:
        return Verdict.NOT_APPLICABLE, excuses[0], None
    if not proofs and name not in checks.STANDING:
        return Verdict.HARNESS_ERROR, "no check proves this requirement", None
    return Verdict.CONFORMS, None, None


def _crash(check: Check | Callable[[Exchange], bool], error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"
    return f"the check {check.__name__} crashed{where}: {type(error).__name__}: {error}"


def _plainer(known: Violation | None, found: Violation) -> Violation:
    """Return the violation to show to a person: rather one with an answer, rather one with a short request."""
    return found if known is None or _plainness(found) < _plainness(known) else known


def _plainness(violation: Violation) -> tuple[bool, int]:
    if not violation.exchanges:
        return False, 0
    first = violation.exchanges[0]
    return first.status is None, len(first.request_body or b"")
