"""Each requirement catches the faults that the committed table names, and nothing fails on the clean mock."""

from __future__ import annotations

import pytest

from openrouter_conformance import checks, fault_table, requirements
from openrouter_conformance.oracle.relations import RELATIONS
from openrouter_conformance.status import Status
from openrouter_mock.faults import FAULTS

from .conftest import CheckMock

_KNOWN = requirements.load()
_IDS = [one.id for one in _KNOWN]
_TABLE = fault_table.load()
_CAUGHT = [fault for fault in _TABLE.faults if _TABLE.catching(fault)]


def test_every_requirement_has_a_check() -> None:
    """No requirement is listed without a check, and no check is registered for nothing."""
    named = {one.check_id for one in _KNOWN} | {one.id for one in _KNOWN}
    assert all(checks.checks_of(one) for one in _KNOWN)
    assert set(checks.CHECKS) | set(checks.EXCHANGE_CHECKS) | set(RELATIONS) <= named


def test_clean_mock_passes(check_mock: CheckMock) -> None:
    """Every requirement, of whatever level, applies to the clean mock and passes."""
    results = check_mock(profile="default")
    assert [(one.requirement.id, one.reason) for one in results if one.status is not Status.PASSED] == []


@pytest.mark.parametrize("seed", [1, 20_261_120])
def test_clean_mock_passes_under_other_seeds(check_mock: CheckMock, seed: int) -> None:
    """What is generated under other seeds finds nothing wrong with the clean mock either."""
    results = check_mock(seed=seed)
    assert [(one.requirement.id, one.reason) for one in results if one.status is not Status.PASSED] == []


def test_table_is_about_the_faults_and_requirements_there_are() -> None:
    """Each fault of the mock has a row, and each requirement in it exists."""
    assert _TABLE.faults == list(FAULTS)
    assert {one for fault in _TABLE.faults for one in _TABLE.catching(fault)} <= set(_IDS)


def test_every_fault_is_caught_or_excused() -> None:
    """What nothing catches is listed with the reason, and nothing else is."""
    uncaught = {fault for fault in _TABLE.faults if not _TABLE.catching(fault) and fault not in _TABLE.stopped}
    assert set(_TABLE.not_caught) == uncaught


def test_every_requirement_catches_a_fault_alone_or_is_excused() -> None:
    """A requirement without a fault that only it catches has a reason to be there, and no other has."""
    assert sorted(_TABLE.not_alone) == sorted(one for one in _IDS if not _TABLE.alone(one))


def test_every_requirement_catches_a_fault() -> None:
    """A check that has never failed proves nothing."""
    assert [one for one in _IDS if not _TABLE.caught_by(one)] == []


def _catches(check_mock: CheckMock, requirement: str, fault: str) -> bool:
    """Return whether `requirement`, checked alone, is not met by a mock with `fault`, and shows the requests."""
    result = next(one for one in check_mock(requirement, faults=(fault,)) if one.requirement.id == requirement)
    if result.status not in (Status.FAILED, Status.WARNING):
        return False
    assert result.failure is not None
    return bool(result.failure.exchanges)


@pytest.mark.parametrize("fault", _CAUGHT)
def test_fault_is_caught_by_a_requirement_alone(check_mock: CheckMock, fault: str) -> None:
    """One of the requirements that catch a fault in a whole run does so when it is checked alone."""
    assert any(_catches(check_mock, requirement, fault) for requirement in _TABLE.catching(fault))


@pytest.mark.parametrize("requirement", _IDS)
def test_requirement_catches_a_fault_alone(check_mock: CheckMock, requirement: str) -> None:
    """A requirement, checked alone, catches one of the faults that it catches in a whole run."""
    assert any(_catches(check_mock, requirement, fault) for fault in _TABLE.caught_by(requirement))
