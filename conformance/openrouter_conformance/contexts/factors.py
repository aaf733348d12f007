"""The sides of a request and the levels of each, as data; a covering array combines them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import covertable

from openrouter_conformance.exchange import CHUNKED, IDENTITY, JSON_HEADERS, NOT_COMPRESSED, OWN_KEYS
from openrouter_conformance.oracle.spelling import SPELLINGS
from openrouter_conformance.samples import PREFERENCES, SAMPLING

if TYPE_CHECKING:
    from openrouter_conformance.profiles import Profile

Row = dict[str, Any]

ALONE = "alone"
"""The size of a request for one input that stands in no list."""

ENCODINGS: tuple[str | None, ...] = (None, "float", "base64")
DIMENSIONS = (None, "native", "half", "odd", "few", "fewest", "third")
INPUT_TYPES = (None, "search_query", "search_document")
MODELS = ("first", "first", "first", "second", "another")
"""The first one often: what is seen of it is compared with more. Another one is a model that was not asked before."""

FIELDS: dict[str, dict[str, Any]] = {
    "none": {},
    "user": {"user": "Zoë 🚀 1234"},
    "unknown": {"a_field_of_next_year": {"deep": [1, None]}, "": 0},
    "sampling": SAMPLING,
    "long user": {"user": "x" * 256},
    "stream": {"stream": True, "n": 1},
}
"""Fields that must change nothing."""

HEADERS: dict[str, tuple[tuple[str, str], ...]] = {
    "plain": JSON_HEADERS,
    "attribution": (
        *JSON_HEADERS,
        ("HTTP-Referer", "https://example.org/app?x=1"),
        ("X-OpenRouter-Title", "Example"),
        ("X-Title", "Example"),
        ("X-OpenRouter-Categories", "cli-agent,programming"),
        ("Cookie", ""),
    ),
    "name beyond ASCII": (*JSON_HEADERS, ("X-OpenRouter-Title", "Zoë 東京"), ("X-Title", "Zoë 東京")),
    "accept": (*JSON_HEADERS, ("Accept", "application/json;q=1, text/event-stream;q=0")),
    "plain bytes": (*JSON_HEADERS, IDENTITY),
    "charset": (("Content-Type", "application/json; charset=utf-8"),),
    "json accepted": (*JSON_HEADERS, ("Accept", "application/json"), ("Accept-Language", "de-CH, en;q=0.5, *;q=0")),
    "browser": (
        *JSON_HEADERS,
        ("Referer", "https://example.org/app"),
        ("Sec-Fetch-Mode", "cors"),
        ("Cache-Control", "no-cache"),
        ("Pragma", "no-cache"),
    ),
    "proxied": (
        *JSON_HEADERS,
        ("X-Forwarded-For", "203.0.113.7, 10.0.0.1"),
        ("X-Forwarded-Proto", "https"),
        ("Forwarded", "for=203.0.113.7;proto=https"),
        ("Via", "1.1 example"),
        ("X-Request-Id", "5f0c1c7e-6c7b-4d8e-9a55-0e6d1f3a2b10"),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ),
    "lower case": (("content-type", "application/json"), ("accept", "*/*")),
    "upper case": (("CONTENT-TYPE", "APPLICATION/JSON"), ("ACCEPT", "*/*")),
    "chunked": (*JSON_HEADERS, CHUNKED, NOT_COMPRESSED),
    "many": (*JSON_HEADERS, *((f"X-Example-{place}", "x" * 60) for place in range(30))),
}


def levels(profile: Profile, kinds: tuple[str, ...], without: frozenset[str]) -> dict[str, tuple[Any, ...]]:
    """Return the levels of each factor, the plainest first.

    Args:
        profile: how much effort to make.
        kinds: the kinds of input that the target reads.
        without: what it does not have: `dimensions`, `base64`, `second`, `another` (models), `key`, `chunked`.

    """
    return {
        "kind": (*kinds, *(kind for kind in kinds if kind == "tokens" and profile.levels is None)),
        "size": (ALONE, *([ALONE] if profile.levels is None else []), *profile.sizes),
        "encoding": tuple(one for one in ENCODINGS if one not in without),
        "dimensions": DIMENSIONS if "dimensions" not in without else (None,),
        "input_type": INPUT_TYPES,
        "model": tuple(one for one in MODELS if one not in without) if "second" not in without else MODELS[:1],
        "spelling": tuple(SPELLINGS),
        "fields": tuple(FIELDS),
        "headers": tuple(name for name in HEADERS if name not in without),
        "provider": tuple(PREFERENCES),
        "key": OWN_KEYS if "key" not in without else OWN_KEYS[:1],
        "fresh": (False, True),
    }


def rows(profile: Profile, of: dict[str, tuple[Any, ...]], seed: int) -> list[Row]:
    """Return the rows of a covering array: all combinations of `profile.strength` levels, the plainest row first.

    Args:
        profile: how much effort to make; no more rows than its `contexts` are returned.
        of: the levels of each factor.
        seed: chooses among the arrays there are.

    """
    chooser = random.Random(seed)  # noqa: S311
    places = {name: _chosen(len(found), profile.levels, chooser) for name, found in of.items()}
    made = covertable.make(places, strength=min(profile.strength, len(places)), salt=str(seed))
    plain = dict.fromkeys(places, 0)
    chosen = [plain, *(row for row in made if row != plain)][: profile.contexts]
    return [{name: of[name][row[name]] for name in of} for row in chosen]


def _chosen(count: int, most: int | None, chooser: random.Random) -> list[int]:
    """Return the levels of a factor that are combined: the plainest, and as many others as there may be."""
    if most is None or count <= most:
        return list(range(count))
    return [0, *sorted(chooser.sample(range(1, count), most - 1))]
