"""Validation errors have the path of the violation, however long the body is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openrouter_mock import validation

from .probes import MODEL

BAD_ITEMS = {"empty text": ("a", ""), "no text": ("a", {}), "empty list": ([1], []), "negative": ([1], [1, -1])}


def errors(given: Any, **fields: Any) -> list[str]:
    """Return what is wrong with a body that embeds *given*."""
    return list(map(str, validation.validation_errors({"model": MODEL, "input": given, **fields})))


@pytest.mark.parametrize(("good", "bad"), BAD_ITEMS.values(), ids=BAD_ITEMS)
@given(before=st.integers(0, 3000), after=st.integers(0, 3000))
@settings(deadline=None, max_examples=30)
def test_a_bad_item_is_found_in_a_long_list(good: Any, bad: Any, before: int, after: int) -> None:
    """The one invalid item is named, wherever it is."""
    (error,) = errors([good] * (before + 1) + [bad] + [good] * after)
    assert error.startswith(f"input.{before + 1}") or (before, after) == (0, 0)


@given(position=st.integers(0, 999), within=st.integers(0, 999))
@settings(deadline=None, max_examples=30)
def test_a_bad_token_is_found_in_a_long_list_of_long_lists(position: int, within: int) -> None:
    """The path goes through several long lists."""
    lists = [[1]] * 1000
    lists[position] = [7] * within + [-1] + [7] * (999 - within)
    assert errors(lists) == [f"input.{position}.{within}: -1 is less than the minimum of 0"]


def test_a_million_bad_items_are_reported_as_a_few() -> None:
    """Of very many errors the first few are reported."""
    found = errors([""] * 1_000_000)
    assert found[0] == 'input.0: "" is shorter than 1 character'
    assert len(found) <= validation._MAX_ITEMS
    (provider, *others) = errors("cat", provider={"order": list(range(100_000))})
    assert provider.startswith("provider.order.0: ")
    assert len(others) < validation._MAX_ITEMS


def test_very_many_unknown_preferences_are_reported_as_a_few() -> None:
    """Of very many unknown names some are reported."""
    found = errors("cat", provider={f"name {number}": 1 for number in range(100_000)})
    assert found[0] == "provider.name 0: unknown field"
    assert len(found) <= validation._MAX_PREFERENCES


def test_a_list_of_two_types_is_reported_where_they_meet() -> None:
    """Neither half is wrong, but the two together are."""
    (error,) = errors([1] * 5000 + ["a"] * 5000)
    assert error.startswith("input.5000: ")


def test_errors_elsewhere_are_reported_beside_a_long_list() -> None:
    """A good long list does not hide what is wrong beside it."""
    found = errors(["a"] * 5000, user=5, dimensions=0)
    assert sorted(error.partition(":")[0] for error in found) == ["dimensions", "user"]


LONG = st.sampled_from(
    [["a"] * 50, ["a"] * 40 + [""] + ["a"] * 40, [[7] * 90 + [-1]] * 3, [[7]] * 50 + [[]], ["a"] * 30 + [5]]
)
NAMES = st.sampled_from([["OpenAI"] * 50, ["OpenAI"] * 50 + [5], [5] * 50, []])
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "input": LONG,
        "model": st.sampled_from([MODEL, 5, ["x"] * 50]),
        "provider": st.fixed_dictionaries({}, optional={"order": NAMES, "only": NAMES, "nothing": NAMES, "zdr": NAMES}),
        "user": st.sampled_from(["x", ["x"] * 50]),
        "unknown": NAMES,
    },
)


@given(BODIES)
@settings(deadline=None)
def test_every_invalid_field_is_reported(body: dict[str, Any]) -> None:
    """The same fields are named as when nothing is cut, and none only when nothing is wrong."""
    whole = {
        each.path[0]
        for error in validation._validator().iter_errors(body)
        for each in validation._validation_errors_of(error)
    }
    assert {each.path[0] for each in validation.validation_errors(body)} == whole
    assert bool(whole) != validation._validator().is_valid(body)


def test_very_many_unknown_fields_are_passed_over() -> None:
    """Unknown fields are valid, however many and long they are."""
    fields = {f"field {number}": list(range(17)) for number in range(20_000)}
    assert errors("cat", **fields, user=5) == ['user: 5 is not of type "string"']
