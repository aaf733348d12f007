"""A table of words, averaged: a text without any word has no direction, and gets the zero vector."""

from __future__ import annotations

import contextlib
import functools
import re
import zlib
from typing import Any, ClassVar

import numpy as np

from . import hosts
from .by_contract import Refusal, dimensions, providers, texts
from .gateway import Gateway, listed

SPECIAL = "average of words from a table of float16; zeros for texts without words; a router with a price that varies"
KEY = "static-words-key"
BASE = "/openai/v1"
_LENGTH = 256


@functools.lru_cache(4096)
def _row(word: str) -> np.ndarray[Any, np.dtype[np.float16]]:
    return np.random.default_rng(zlib.crc32(word.encode())).standard_normal(_LENGTH).astype(np.float16)


def _vector(words: list[str], length: int) -> list[float]:
    total = sum((_row(word).astype(np.float32) for word in words), np.zeros(_LENGTH, np.float32))
    found: list[float] = (total / np.float32(max(1, len(words))))[:length].tolist()
    return found


class Server(Gateway):
    """A static model."""

    base = BASE
    keys = (KEY,)
    models: ClassVar = [
        listed("static/words-256", "0.000000004", context_length=16384),
        listed("static/auto", "-1", context_length=16384),
    ]

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed texts; the router leaves them to the one model that there is."""
        length = dimensions(body, _LENGTH)
        served = providers(body.get("provider"), ("Static",), self.models[0]["pricing"]["prompt"])
        given = [re.findall(r"[a-z0-9]+|[^\x00-\x7f]+", text.lower()) for text in texts(body)]
        counts = [max(1, len(words)) for words in given]
        if max(counts) > model["context_length"]:
            raise Refusal(400, "input is longer than the model reads.")
        answer = self.answer(body, [_vector(words, length) for words in given], sum(counts), provider=served[0])
        answer["usage"]["cost"] = sum(counts) * 4e-9
        return answer


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.werkzeug(hosts.as_wsgi(Server()))
