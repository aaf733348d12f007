"""What is wrong with a body is told at its place, however long the body is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openrouter_conformance.mock import validation

from .probes import MODEL

BAD_ITEMS = {"empty text": ("a", ""), "no text": ("a", {}), "empty list": ([1], []), "negative": ([1], [1, -1])}


def problems(given: Any, **fields: Any) -> list[str]:
    """Return what is wrong with a body that embeds *given*."""
    return list(map(str, validation.problems({"model": MODEL, "input": given, **fields})))


@pytest.mark.parametrize(("good", "bad"), BAD_ITEMS.values(), ids=BAD_ITEMS)
@given(before=st.integers(0, 3000), after=st.integers(0, 3000))
@settings(deadline=None, max_examples=30)
def test_a_bad_item_is_found_in_a_long_list(good: Any, bad: Any, before: int, after: int) -> None:
    """The one item that is at fault is named, wherever it stands."""
    (problem,) = problems([good] * (before + 1) + [bad] + [good] * after)
    assert problem.startswith(f"input.{before + 1}") or (before, after) == (0, 0)


@given(position=st.integers(0, 999), within=st.integers(0, 999))
@settings(deadline=None, max_examples=30)
def test_a_bad_token_is_found_in_a_long_list_of_long_lists(position: int, within: int) -> None:
    """The path goes through several long lists."""
    lists = [[1]] * 1000
    lists[position] = [7] * within + [-1] + [7] * (999 - within)
    assert problems(lists) == [f"input.{position}.{within}: -1 is less than the minimum of 0"]


def test_a_million_bad_items_are_told_like_a_few() -> None:
    """Of very many problems some are told, those at the beginning."""
    found = problems([""] * 1_000_000)
    assert found[0] == 'input.0: "" is shorter than 1 character'
    assert len(found) <= validation._FEW_ITEMS
    (provider, *others) = problems("cat", provider={"order": list(range(100_000))})
    assert provider.startswith("provider.order.0: ")
    assert len(others) < validation._FEW_ITEMS


def test_a_list_of_two_kinds_is_told_where_the_kinds_meet() -> None:
    """Neither half is wrong, but the two together are."""
    (problem,) = problems([1] * 5000 + ["a"] * 5000)
    assert problem.startswith("input.5000: ")


def test_problems_elsewhere_are_told_beside_a_long_list() -> None:
    """A good long list does not hide what is wrong beside it."""
    found = problems(["a"] * 5000, user=5, dimensions=0)
    assert sorted(problem.partition(":")[0] for problem in found) == ["dimensions", "user"]
