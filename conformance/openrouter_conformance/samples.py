"""The fixed inputs that checks send: plain ones that every server answers, and names that no server knows."""

from __future__ import annotations

from typing import Any

TEXT = "The quick brown fox jumps over the lazy dog."
PAIR = ["A harbour at dawn", "Seven copper lanterns"]
"""Two texts that have nothing in common."""

TOKENS = [9906, 1917]

UNKNOWN_MODEL = "conformance/no-such-model"
UNKNOWN_KEY = "conformance-unknown-key-7f3a9c51"
UNKNOWN_PROVIDER = "A provider of no name"

TEXT_PART = {"type": "text", "text": PAIR[0]}
OTHER_TEXT_PART = {"type": "text", "text": PAIR[1]}
IMAGE_PART: dict[str, Any] = {
    "type": "image_url",
    "image_url": {
        "url": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
        "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    },
}
"""A picture of one pixel."""

OTHER_IMAGE_PART = {
    "type": "image_url",
    "image_url": {
        "url": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAD0lEQVR4nGM4IScnYnMHAAdVAjFTE9sM"
        "AAAAAElFTkSuQmCC"
    },
}
"""A picture of a red pixel and a blue one."""

BROKEN_IMAGE_PART = {"type": "image_url", "image_url": {"url": "data:image/png;base64,@@@"}}
"""A picture whose bytes cannot be read."""

SAMPLING: dict[str, Any] = {
    "seed": 7,
    "max_tokens": 16,
    "temperature": 0.2,
    "top_p": 0.9,
    "stop": ["\n"],
    "frequency_penalty": 0.5,
    "presence_penalty": -0.5,
    "logit_bias": {"50256": -100},
    "logprobs": True,
    "top_logprobs": 3,
    "response_format": {"type": "text"},
}
"""The sampling parameters of chat models, which model pages list as accepted."""

PREFERENCES: dict[str, dict[str, Any]] = {
    "none": {},
    "fallbacks": {"provider": {"allow_fallbacks": True}},
    "nulls": {"provider": {"allow_fallbacks": None, "order": None, "sort": None, "only": None}},
    "sort": {"provider": {"sort": "price"}},
    "data": {"provider": {"data_collection": "allow", "require_parameters": False, "zdr": False}},
    "price": {"provider": {"max_price": {"prompt": 1000, "completion": "1000.5"}}},
    "unknown": {"provider": {"order": [UNKNOWN_PROVIDER], "allow_fallbacks": True}},
    "ignore": {"provider": {"ignore": [UNKNOWN_PROVIDER]}},
    "sort by": {"provider": {"sort": {"by": "latency", "partition": "model"}}},
    "sort by nothing": {"provider": {"sort": {"by": None, "partition": None}, "ignore": None, "max_price": {}}},
    "prices": {"provider": {"max_price": {"prompt": 1000, "request": 1000, "image": 1000, "audio": 1000}}},
    "speed": {"provider": {"preferred_max_latency": 0.001, "preferred_min_throughput": {"p50": 1e6, "p99": None}}},
    "defaults": {
        "provider": {
            "zdr": False,
            "enforce_distillable_text": False,
            "require_parameters": False,
            "data_collection": "allow",
            "allow_fallbacks": True,
        }
    },
    "empty lists": {"provider": {"order": [], "ignore": []}},
    "percentiles": {
        "provider": {
            "preferred_max_latency": {"p50": None, "p99": 100},
            "preferred_min_throughput": {"p75": None, "p90": None},
            "zdr": None,
            "data_collection": None,
        }
    },
    "empty": {"provider": {}},
    "null": {"provider": None},
}
"""Preferences that every set of providers can meet."""

EXAMPLES: tuple[dict[str, Any], ...] = (
    {"input": TEXT},
    {"input": [*PAIR, TEXT]},
    {"input": [*TOKENS, 7]},
    {"input": [TOKENS, [7, 8], [*TOKENS, 7]]},
    {"input": [{"content": [TEXT_PART, OTHER_TEXT_PART]}, {"content": [OTHER_TEXT_PART, TEXT_PART]}]},
    {"input": [{"content": [TEXT_PART, IMAGE_PART]}]},
    {"input": TEXT, "dimensions": 8},
    {"input": TEXT, "encoding_format": "base64", "input_type": "search_query", "user": "a-reader"},
    {
        "input": TEXT,
        "provider": {
            "allow_fallbacks": True,
            "require_parameters": False,
            "data_collection": "allow",
            "ignore": [UNKNOWN_PROVIDER, "Another one", "A third one"],
            "sort": "price",
            "max_price": {"prompt": 1000, "completion": "1000.5", "request": 1000},
            "preferred_max_latency": {"p50": 100},
            "preferred_min_throughput": 0.1,
        },
    },
)
"""Requests of all forms, beside `model`, that servers answer which support what they ask for."""
