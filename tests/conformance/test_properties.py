"""The search for failing examples: small, bounded, repeatable, and honest about what is no failure."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import strategies as st

from openrouter_conformance.errors import CheckFailure, NotApplicable
from openrouter_conformance.profiles import PROFILES
from openrouter_conformance.properties import check_property
from openrouter_conformance.targets import Target

_TARGET = Target("test", "http://127.0.0.1", "http://127.0.0.1")
_LISTS = st.lists(st.integers(0, 1000), max_size=8)


@attrs.frozen
class _Session:
    """As much of a session as the search looks at."""

    seed: int = 0
    target: Target = _TARGET
    profile: Any = PROFILES["default"]


def _search(relation: Any, strategy: Any = None, **fields: Any) -> None:
    check_property(_Session(**fields), _LISTS if strategy is None else strategy, relation)  # type: ignore[arg-type]


def test_smallest_failing_example_is_shown() -> None:
    """What is raised is the failure of the smallest example."""

    def long_lists_break(value: list[int]) -> None:
        if len(value) >= 2:
            raise CheckFailure(repr(value), "a short list")

    with pytest.raises(CheckFailure) as found:
        _search(long_lists_break)
    assert found.value.received == "[0, 0]"


def test_shrinking_is_left_out_where_asking_costs() -> None:
    """A target that is not to be asked again is shown with the first failing example."""
    tried = []

    def breaks_from_some_size(value: list[int]) -> None:
        tried.append(value)
        if len(value) >= 2:
            raise CheckFailure(repr(value), "a short list")

    with pytest.raises(CheckFailure):
        _search(breaks_from_some_size, target=Target("test", "http://h", "http://h", shrink=False))
    assert len([value for value in tried if len(value) >= 2]) <= 2


def test_shrinking_is_bounded() -> None:
    """However stubborn the example, the target is asked a bounded number of times."""
    asked = []

    def breaks_often(value: list[int]) -> None:
        asked.append(value)
        if sum(value) > 5:
            raise CheckFailure(repr(value), "a small sum")

    with pytest.raises(CheckFailure):
        _search(breaks_often, st.lists(st.integers(0, 10**9), min_size=5, max_size=40))
    assert len(asked) < 120


def test_unstable_failure_says_so() -> None:
    """A failure that does not come again is a failure, marked as such."""
    seen: list[bool] = []

    def breaks_once(value: list[int]) -> None:
        seen.append(True)
        if len(seen) == 3:
            raise CheckFailure("that", "this")

    with pytest.raises(CheckFailure, match="not every time"):
        _search(breaks_once)


@pytest.mark.parametrize("error", [NotApplicable("no such thing"), ZeroDivisionError("ours"), KeyError("x")])
def test_other_exceptions_come_out_at_once(error: Exception) -> None:
    """An excuse or a crash of ours is not shrunk but raised as it is, the first time."""
    asked = []

    def raises(value: list[int]) -> None:
        asked.append(value)
        raise error

    with pytest.raises(type(error)) as found:
        _search(raises)
    assert found.value is error
    assert len(asked) == 1


def test_examples_follow_from_the_seed() -> None:
    """The same seed asks the same, another seed something else."""

    def asked(seed: int) -> list[list[int]]:
        values: list[list[int]] = []
        _search(values.append, seed=seed)
        return values

    assert asked(7) == asked(7)
    assert asked(7) != asked(8)


def test_fixed_examples_come_first() -> None:
    """Fixed examples are asked as they are, before any generated one."""
    asked: list[list[int]] = []
    check_property(_Session(), st.lists(st.integers()), asked.append, examples=[[3, 1, 4], [1, 5]])  # type: ignore[arg-type]
    assert asked[:2] == [[3, 1, 4], [1, 5]]
