"""The fixed inputs that checks send: plain ones that every server answers, and names that no server knows."""

from __future__ import annotations

from typing import Any

TEXT = "The quick brown fox jumps over the lazy dog."
PAIR = ["A harbour at dawn", "Seven copper lanterns"]
"""Two texts that have nothing in common."""

TOKENS = [9906, 1917]

UNKNOWN_MODEL = "conformance/no-such-model"
UNKNOWN_KEY = "conformance-unknown-key-7f3a9c51"

TEXT_PART = {"type": "text", "text": PAIR[0]}
OTHER_TEXT_PART = {"type": "text", "text": PAIR[1]}
IMAGE_PART = {
    "type": "image_url",
    "image_url": {
        "url": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
        "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    },
}
"""A picture of one pixel."""

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
