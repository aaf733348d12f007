"""The cache of ready-written vectors is bounded, and gives back what was kept."""

from __future__ import annotations

import functools

import orjson
from hypothesis import given
from hypothesis import strategies as st

from openrouter_mock.call import Embedded
from openrouter_mock.fragments import FragmentCache


def embedded(name: int) -> Embedded:
    """Return a vector that tells its *name*."""
    return Embedded(orjson.Fragment(b"[]"), {"text": name})


def made(name: int) -> tuple[Embedded, int]:
    """Return a vector that tells its *name*, and its size."""
    return embedded(name), 10


@given(st.lists(st.integers(0, 9), max_size=60), st.integers(0, 6))
def test_whatever_is_asked_for_is_what_was_made(names: list[int], room: int) -> None:
    """Each key has the vector made for it, and never more are kept than there is room for."""
    cache = FragmentCache(room * 10)
    for name in names:
        assert cache.get(name, functools.partial(made, name)).tokens == {"text": name}
        assert len(cache) <= room


def test_the_least_recently_used_goes_first() -> None:
    """When room is needed, what was used last stays."""
    made: list[str] = []

    def make(name: str) -> tuple[Embedded, int]:
        made.append(name)
        return embedded(1), 10

    cache = FragmentCache(20)
    for name in ("first", "second", "first", "third", "first", "second"):
        cache.get(name, functools.partial(make, name))
    assert made == ["first", "second", "third", "second"]


def test_what_is_larger_than_the_room_is_not_kept() -> None:
    """A vector too large for the cache is given and let go."""
    cache = FragmentCache(5)
    assert cache.get("large", lambda: (embedded(7), 10)).tokens == {"text": 7}
    assert len(cache) == 0
