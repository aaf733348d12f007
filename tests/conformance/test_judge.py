"""The judge: four kinds of finding, never mixed up."""

from __future__ import annotations

from typing import Any

import pytest

from openrouter_conformance import checks
from openrouter_conformance.checks.registry import Standing
from openrouter_conformance.report import terminal
from openrouter_conformance.run import exit_code
from openrouter_conformance.session import Session
from openrouter_conformance.verdicts import NotApplicable, TargetError, Verdict, Violation

from .conftest import Judge

_ONE = "create-embeddings/response/model-named"
_STANDING = "create-embeddings/schema/answers-match"


@pytest.fixture
def replaced(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a function that puts other checks in the place of those of a requirement."""

    def replace(requirement: str, *others: Any) -> None:
        monkeypatch.setitem(checks.CHECKS, requirement, list(others))

    return replace


def _passing(session: Session) -> None:
    session.ask("a")


def _violating(session: Session) -> None:
    raise Violation("that", "this", session.ask("a"))


def _excusing(session: Session) -> None:
    raise NotApplicable("there is no such thing")


def _crashing(session: Session) -> None:
    raise ZeroDivisionError("of our own")


def _stopping(session: Session) -> None:
    raise TargetError("gone")


@pytest.mark.parametrize(
    ("proofs", "verdict", "code"),
    [
        ((_passing,), Verdict.CONFORMS, 0),
        ((_passing, _violating), Verdict.VIOLATED, 1),
        ((_excusing,), Verdict.NOT_APPLICABLE, 0),
        ((_excusing, _passing), Verdict.CONFORMS, 0),
        ((_crashing,), Verdict.HARNESS_ERROR, 3),
        ((), Verdict.HARNESS_ERROR, 3),
    ],
)
def test_each_finding_has_its_verdict(
    judge_mock: Judge, replaced: Any, proofs: tuple[Any, ...], verdict: Verdict, code: int
) -> None:
    """A violation, an excuse and a crash of ours are told apart, in the verdict and in the exit code."""
    replaced(_ONE, *proofs)
    outcomes = judge_mock(_ONE)
    judged = [outcome for outcome in outcomes if outcome.verdict is not Verdict.DESELECTED]
    assert [outcome.verdict for outcome in judged] == [verdict]
    assert (judged[0].reason is None) == (verdict is Verdict.CONFORMS)
    assert exit_code(outcomes) == code


def test_violation_outweighs_a_crash(judge_mock: Judge, replaced: Any) -> None:
    """A run that found a violation and also failed somewhere says that the target does not conform."""
    replaced(_ONE, _crashing)
    outcomes = judge_mock(_ONE, "create-embeddings/response/one-vector-per-input", faults=("drops_last_vector",))
    assert exit_code(outcomes) == 1


def test_observed_requirements_fail_no_run(judge_mock: Judge) -> None:
    """A violated requirement of the level `observed` is reported, and the exit code stays 0."""
    outcomes = judge_mock("create-embeddings/response/id-form", faults=("id_of_chat_form",))
    judged = [outcome for outcome in outcomes if outcome.verdict is not Verdict.DESELECTED]
    assert [outcome.verdict for outcome in judged] == [Verdict.VIOLATED]
    assert not terminal.fails(judged[0])
    assert exit_code(outcomes) == 0


def test_target_that_is_gone_ends_the_run(judge_mock: Judge, replaced: Any) -> None:
    """When the target cannot be judged any more the run stops and says so, and blames nobody."""
    replaced(_ONE, _stopping)
    with pytest.raises(TargetError, match="gone"):
        judge_mock(_ONE)


def test_crash_on_an_exchange_is_ours(judge_mock: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash while looking at an exchange is a harness error of that requirement, and of no other."""

    def glance(exchange: Any) -> bool:
        raise KeyError(exchange.method)

    monkeypatch.setitem(checks.STANDING, _STANDING, Standing(_STANDING, glance))
    outcomes = judge_mock(_STANDING, _ONE)
    found = {outcome.requirement.id: outcome.verdict for outcome in outcomes}
    assert found[_STANDING] is Verdict.HARNESS_ERROR
    assert found[_ONE] is Verdict.CONFORMS


def test_deselected_requirements_are_reported_as_such(judge_mock: Judge) -> None:
    """What was not chosen stands in the outcomes, and never as kept."""
    outcomes = judge_mock(_ONE)
    others = [outcome for outcome in outcomes if outcome.requirement.id != _ONE]
    assert others
    assert {outcome.verdict for outcome in others} == {Verdict.DESELECTED}
