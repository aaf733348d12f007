"""Random faults are drawn from their seed alone, put in place of the mock's source, and sorted by what they change."""

from __future__ import annotations

import ast
import random

import pytest

from .random_faults import __main__ as command
from .random_faults import differential
from .random_faults.ast_faults import MODULES, OPERATORS
from .random_faults.fault import Fault, normalized, source_of
from .random_faults.worker import perform

_FAMILIES = list(command.FAMILIES)
_FEW = 60
_REACH = {"inputs": 129, "characters": 5000, "models": [differential.REFERENCE]}

WRONG_INDEX = ("service", '"index": index}', '"index": index + 1}')
OTHER_VECTORS = ("vectors", "_OFFSETS = 2**16", "_OFFSETS = 2**15")
OTHER_LAYOUT = ("inputs", "MAX_INPUTS = 2048", "MAX_INPUTS = 1024 * 2")


def _changed(change: tuple[str, str, str]) -> Fault:
    module, old, new = change
    assert source_of(module).count(old) == 1
    return Fault("test", "by hand", module, ast.unparse(ast.parse(source_of(module).replace(old, new))) + "\n")


@pytest.fixture(scope="module")
def known() -> command.Baseline:
    """What the mock answers without a fault to the first of the requests."""
    answers = perform("differences", None, 60, seed=0, count=_FEW).result
    return command.Baseline(answers, _REACH)


@pytest.mark.parametrize("family", _FAMILIES)
def test_same_seed_draws_the_same_faults(family: str) -> None:
    """A fault depends on nothing but its family and the state of the generator."""
    first, second = ([command.FAMILIES[family](random.Random(seed), "x") for seed in range(9)] for _ in range(2))
    assert first == second
    assert len({one.source for one in first}) > 5


@pytest.mark.parametrize("family", _FAMILIES)
def test_each_drawn_source_is_another_than_the_mocks(family: str) -> None:
    """The source of a fault compiles and is not that of the module."""
    for seed in range(20):
        fault = command.FAMILIES[family](random.Random(seed), "x")
        compile(fault.source, fault.module, "exec")
        assert fault.source != normalized(fault.module)
        assert fault.shown()


def test_every_module_with_a_weight_exists() -> None:
    """What is changed is a module of the mock, and there is an operator to change it with."""
    assert all(source_of(module) for module in MODULES)
    assert len(OPERATORS) > 15


@pytest.mark.parametrize("family", _FAMILIES)
def test_drawn_fault_lets_the_mock_start(family: str) -> None:
    """A fault with which the mock crashes at the plainest request is drawn again, always to the same end."""
    fault, redrawn = command.draw(family, 1, 0)
    assert command.draw(family, 1, 0) == (fault, redrawn)
    assert perform("start", fault, 60).result is not None


def test_fault_that_breaks_the_start_is_told() -> None:
    """A module that cannot be imported gives a reason in place of a result."""
    broken = Fault("test", "by hand", "service", "import no_such_module\n")
    assert "no_such_module" in perform("start", broken, 60).reason


def test_task_that_takes_too_long_is_ended() -> None:
    """A mock that does not come to an end gives a reason in place of a result."""
    endless = Fault("test", "by hand", "service", "while True:\n    pass\n")
    assert "not finished" in perform("start", endless, 3).reason


def test_bad_fault_is_caught_by_a_quick_run(known: command.Baseline) -> None:
    """Indices that count from one fail the quick profile."""
    outcome = command.check(_changed(WRONG_INDEX), known, 0, 0)
    assert outcome.caught_by == "quick"
    assert outcome.category is None


def test_same_answers_are_called_equivalent(known: command.Baseline) -> None:
    """Another way to write the same number changes no answer."""
    assert command.compare(_changed(OTHER_LAYOUT), known, 0) == ("equivalent", f"of {_FEW} answers are the same")


def test_another_function_is_called_equivalent(known: command.Baseline) -> None:
    """Vectors that are others, but the same ones wherever an input stands, are as right."""
    category, example = command.compare(_changed(OTHER_VECTORS), known, 0)
    assert category == "equivalent"
    assert "leaves free" in example


def test_differing_answers_are_called_missed_with_the_request(known: command.Baseline) -> None:
    """A survivor with a wrong answer is missed, and its report has the request and both answers."""
    category, example = command.compare(_changed(WRONG_INDEX), known, 0)
    assert category == "missed"
    assert "POST /embeddings" in example
    assert '"index":1' in example


def test_other_models_are_out_of_reach(known: command.Baseline) -> None:
    """A fault of answers for a model that no default run asks for is not missed."""
    elsewhere = command.Baseline(known.answers, {**_REACH, "models": ["another/model"]})
    assert command.compare(_changed(WRONG_INDEX), elsewhere, 0)[0] == "out of reach"


def test_table_counts_each_outcome_once() -> None:
    """Rates are of the faults that can be caught: those caught and those missed."""
    fault = Fault("ast-1-0", "by hand", "service", "")
    outcomes = [
        command.Outcome(fault, "quick"),
        command.Outcome(fault, "default"),
        *(command.Outcome(fault, category=one) for one in ("equivalent", "out of reach", "missed", "missed")),
    ]
    line = list(command.summary(outcomes))[2]
    assert line == "| ast | 6 | 1 | 2 | 1 | 1 | 2 | 2 of 4 = 50% (quick 25%) |"
