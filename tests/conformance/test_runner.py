"""The runner: four kinds of finding, never mixed up."""

from __future__ import annotations

from typing import Any

import pytest

from openrouter_conformance import checks
from openrouter_conformance.errors import CheckFailure, NotApplicable, TargetError
from openrouter_conformance.results import Result
from openrouter_conformance.session import Session
from openrouter_conformance.status import Status, conclude

from .conftest import CheckMock

_ONE = "create-embeddings/routing/unmeetable-preferences-refused"
_SHARED = "each-operation/schema/answers-match"
_OF_EXCHANGES = "create-embeddings/schema/answers-match"


@pytest.fixture
def replaced(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a function that replaces the checks of a requirement."""

    def replace(requirement: str, *others: Any) -> None:
        monkeypatch.setitem(checks.CHECKS, requirement, list(others))

    return replace


def _passing(session: Session) -> None:
    session.ask("a")


def _failing(session: Session) -> None:
    raise CheckFailure("that", "this", session.ask("a"))


def _not_applicable(session: Session) -> None:
    raise NotApplicable("there is no such thing")


def _crashing(session: Session) -> None:
    raise ZeroDivisionError("of our own")


def _stopping(session: Session) -> None:
    raise TargetError("gone")


def _exit_code(results: list[Result]) -> int:
    return conclude(result.status for result in results).exit_code


@pytest.mark.parametrize(
    ("functions", "status", "code"),
    [
        ((_passing,), Status.PASSED, 0),
        ((_passing, _failing), Status.FAILED, 1),
        ((_not_applicable,), Status.NOT_APPLICABLE, 0),
        ((_not_applicable, _passing), Status.PASSED, 0),
        ((_crashing,), Status.ERROR, 3),
        ((), Status.ERROR, 3),
    ],
)
def test_each_finding_has_its_status(
    check_mock: CheckMock, replaced: Any, functions: tuple[Any, ...], status: Status, code: int
) -> None:
    """A failure, a reason not to apply and a crash of ours are distinguished, in status and exit code."""
    replaced(_ONE, *functions)
    results = check_mock(_ONE)
    checked = [result for result in results if result.status is not Status.DESELECTED]
    assert [result.status for result in checked] == [status]
    assert (checked[0].reason is None) == (status is Status.PASSED)
    assert _exit_code(results) == code


def test_failure_outweighs_a_crash(check_mock: CheckMock, replaced: Any) -> None:
    """A run that found a failure and also failed somewhere says that the target does not conform."""
    replaced(_ONE, _crashing)
    results = check_mock(_ONE, "create-embeddings/response/one-vector-per-input", faults=("drops_last_vector",))
    assert _exit_code(results) == 1


def test_observed_requirements_fail_no_run(check_mock: CheckMock) -> None:
    """A requirement of the level `observed` that is not met is a warning, and the exit code stays 0."""
    results = check_mock("create-embeddings/response/id-form", faults=("id_of_chat_form",))
    assert [one.status for one in results if one.status is not Status.DESELECTED] == [Status.WARNING]
    assert _exit_code(results) == 0


def test_target_that_is_gone_ends_the_run(check_mock: CheckMock, replaced: Any) -> None:
    """When the target cannot be checked any more the run stops, and blames nobody."""
    replaced(_ONE, _stopping)
    results = check_mock(_ONE)
    assert [(one.status, one.reason) for one in results if one.status is not Status.DESELECTED] == [
        (Status.NOT_RUN, "the run stopped: gone")
    ]
    assert _exit_code(results) == 3


def test_crash_on_an_exchange_is_ours(check_mock: CheckMock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash while looking at an exchange is an error of that requirement, and of no other."""

    def crashing(exchange: Any, contract: Any, operation: Any) -> bool:
        raise KeyError(exchange.method, contract, operation)

    monkeypatch.setitem(checks.EXCHANGE_CHECKS, _SHARED, crashing)
    found = {one.requirement.id: one.status for one in check_mock(_OF_EXCHANGES, _ONE)}
    assert found[_OF_EXCHANGES] is Status.ERROR
    assert found[_ONE] is Status.PASSED


def test_deselected_requirements_are_reported_as_such(check_mock: CheckMock) -> None:
    """What was not selected stands in the results, and never as passed."""
    others = [one for one in check_mock(_ONE) if one.requirement.id != _ONE]
    assert others
    assert {one.status for one in others} == {Status.DESELECTED}
