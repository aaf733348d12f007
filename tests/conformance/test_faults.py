"""Each requirement catches the faults that it names, and the clean mock breaks none."""

from __future__ import annotations

import pytest

from openrouter_conformance import checks, requirements
from openrouter_conformance.verdicts import Verdict
from openrouter_mock.faults import FAULTS

from .conftest import Judge

_KNOWN = requirements.load()
_PAIRS = [(requirement.id, fault) for requirement in _KNOWN for fault in requirement.faults]


def test_every_requirement_has_a_check() -> None:
    """No requirement stands in the list without something that proves it."""
    assert {one.id for one in _KNOWN} == set(checks.CHECKS) | set(checks.STANDING)


def test_every_listed_fault_exists() -> None:
    """The faults that requirements name are the mock's."""
    assert {fault for _, fault in _PAIRS} <= set(FAULTS)


def test_clean_mock_breaks_nothing(judge_mock: Judge) -> None:
    """Every requirement, of whatever level, is kept by the clean mock, and each one applies to it."""
    outcomes = judge_mock(profile="default")
    assert [(one.requirement.id, one.reason) for one in outcomes if one.verdict is not Verdict.CONFORMS] == []


@pytest.mark.parametrize("seed", [1, 20_261_120])
def test_clean_mock_breaks_nothing_under_other_seeds(judge_mock: Judge, seed: int) -> None:
    """What is generated under other seeds finds nothing wrong with the clean mock either."""
    outcomes = judge_mock(seed=seed)
    assert [(one.requirement.id, one.reason) for one in outcomes if one.verdict is not Verdict.CONFORMS] == []


@pytest.mark.parametrize(("requirement", "fault"), _PAIRS)
def test_requirement_catches_its_fault(judge_mock: Judge, requirement: str, fault: str) -> None:
    """The requirement, judged alone, is violated by a mock that has the fault, and shows how."""
    outcome = next(one for one in judge_mock(requirement, faults=(fault,)) if one.requirement.id == requirement)
    assert outcome.verdict is Verdict.VIOLATED, outcome
    assert outcome.violation is not None
    assert outcome.violation.exchanges
