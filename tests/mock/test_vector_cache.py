"""The cache of vectors is bounded, and returns what was stored."""

from __future__ import annotations

import functools
import gc
import tracemalloc

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_mock.app import create_app
from openrouter_mock.call import Call, Embedded
from openrouter_mock.vector_cache import VectorCache

from .probes import KEY


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


@pytest.mark.parametrize(
    "text",
    ["{} a short text", "{} " + "\N{CJK UNIFIED IDEOGRAPH-732B}" * 40, [9906, 1917, 300] * 20],
    ids=["words", "wide characters", "token ids"],
)
@pytest.mark.parametrize("dimensions", [8, 256])
def test_the_cache_takes_no_more_memory_than_it_counts(text: str | list[int], dimensions: int) -> None:
    """What the cache counts for its entries is about what Python allocates for them, for small vectors too."""
    service = create_app().service
    cache = service.cache
    assert cache is not None

    def embed(number: int, dimensions: int) -> None:
        given = text.format(number) if isinstance(text, str) else [*text, number]
        fields = {"model": "openai/text-embedding-3-small", "input": given, "dimensions": dimensions}
        headers = {"authorization": f"Bearer {KEY}"}
        answer = service.respond(Call("POST", "/api/v1/embeddings", headers, body=orjson.dumps(fields)))
        assert answer.status == 200

    for number in range(200):  # so that what is kept elsewhere, such as tokens, is there before
        embed(number, dimensions + 1)
    counted = cache.bytes
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(200):
            embed(number, dimensions)
        gc.collect()
        allocated = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(cache) == 400
    assert 0.5 < allocated / (cache.bytes - counted) < 1.1
