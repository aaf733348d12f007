"""The cache of vectors is bounded, and returns what was stored."""

from __future__ import annotations

import functools

import orjson
from hypothesis import given
from hypothesis import strategies as st

from openrouter_mock.call import Embedded
from openrouter_mock.vector_cache import VectorCache


def embedded(name: int) -> Embedded:
    """Return a vector that can be told by its *name*."""
    return Embedded(orjson.Fragment(b"[]"), {"text": name})


def made(name: int) -> tuple[Embedded, int]:
    """Return a vector that can be told by its *name*, and its size."""
    return embedded(name), 10


@given(st.lists(st.integers(0, 9), max_size=60), st.integers(0, 6))
def test_each_key_has_its_vector(names: list[int], room: int) -> None:
    """Each key has the vector computed for it, and never more are stored than the limit allows."""
    cache = VectorCache(room * 10)
    for name in names:
        assert cache.get(name, functools.partial(made, name)).tokens == {"text": name}
        assert len(cache) <= room


def test_the_least_recently_used_goes_first() -> None:
    """When space is needed, the vectors used last stay."""
    made: list[str] = []

    def make(name: str) -> tuple[Embedded, int]:
        made.append(name)
        return embedded(1), 10

    cache = VectorCache(20)
    for name in ("first", "second", "first", "third", "first", "second"):
        cache.get(name, functools.partial(make, name))
    assert made == ["first", "second", "third", "second"]


def test_a_vector_larger_than_the_cache_is_not_stored() -> None:
    """A vector too large for the cache is returned and not stored."""
    cache = VectorCache(5)
    assert cache.get("large", lambda: (embedded(7), 10)).tokens == {"text": 7}
    assert len(cache) == 0
