"""Each requirement catches the faults that the committed table names, and nothing fails on the clean mock."""

from __future__ import annotations

import statistics

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
    silent = (Status.PASSED, Status.NOT_APPLICABLE)
    assert [(one.requirement.id, one.reason) for one in results if one.status not in silent] == []
    assert sum(one.status is Status.PASSED for one in results) > 0.95 * len(results)


def test_table_is_about_the_faults_and_requirements_there_are() -> None:
    """Each fault of the mock has a row, and each requirement in it exists."""
    assert _TABLE.faults == list(FAULTS)
    assert {one for fault in _TABLE.faults for one in _TABLE.catching(fault)} <= set(_IDS)


def test_every_fault_is_caught_or_excused() -> None:
    """What nothing catches is listed with the reason, and nothing else is."""
    uncaught = {fault for fault in _TABLE.faults if not _TABLE.catching(fault) and fault not in _TABLE.stopped}
    assert set(_TABLE.not_caught) == uncaught


def test_every_requirement_names_a_fault_or_is_excused() -> None:
    """A requirement that is the finding of no fault has a reason to be there, and no other has."""
    assert sorted(_TABLE.never_named) == sorted(one for one in _IDS if not _TABLE.named(one))


def test_most_faults_are_one_finding() -> None:
    """One cause is one finding: the median number of failed requirements is one, and few faults have more."""
    counts = [len(_TABLE.failed[fault]) for fault in _TABLE.faults if _TABLE.failed[fault]]
    assert statistics.median(counts) == 1
    assert sum(count > 1 for count in counts) < len(counts) / 20


@pytest.mark.parametrize("fault", _CAUGHT)
def test_fault_is_caught_by_its_finding(check_mock: CheckMock, fault: str) -> None:
    """The requirement that names a fault does so alone, or in a whole run if it is about what others ask."""
    requirement, profile = _TABLE.catching(fault)[0], _TABLE.profiles[fault]
    for only in ((requirement,), ()):
        results = check_mock(*only, faults=(fault,), profile=profile)
        found = {one.requirement.id: one for one in results if one.status in (Status.FAILED, Status.WARNING)}
        if requirement in found:
            break
    assert requirement in found
    failure = found[requirement].failure
    assert failure is not None
    assert failure.exchanges
