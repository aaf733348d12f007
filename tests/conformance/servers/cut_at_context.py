"""Texts are cut at the 128 words that the list names; `usage` counts what was read."""

from __future__ import annotations

import contextlib
import functools
import itertools
import random
from typing import Any, ClassVar

from . import hosts
from .by_contract import Refusal, dimensions, providers, texts
from .gateway import Gateway, listed, no_base64

SPECIAL = "texts are cut at the listed 128 words and usage counts the cut text; items have no index; length 160"
KEY = "cut-key"
BASE = "/api/v1"
_LENGTH, _CONTEXT = 160, 128


@functools.lru_cache(4096)
def _direction(word: str) -> tuple[float, ...]:
    source = random.Random(word)
    return tuple(source.gauss(0, 1) for _ in range(_LENGTH))


def _read(text: str) -> list[str]:
    """Return what the model reads of a text: its first words, a text of blanks as one word."""
    return (text.split() or [text])[:_CONTEXT]


def _vector(words: list[str]) -> list[float]:
    """Return the sum of the words, and of each pair of neighbours at half the weight."""
    pairs = [f"{one} {other}" for one, other in itertools.pairwise(words)]
    rows = [*map(_direction, words), *([0.5 * number for number in _direction(pair)] for pair in pairs)]
    return [sum(column) for column in zip(*rows, strict=True)]


class Server(Gateway):
    """A model that reads the start of long texts."""

    base = BASE
    keys = (KEY,)
    models: ClassVar = [
        listed(
            "cut/words-160",
            "0.00000006",
            context_length=_CONTEXT,
            top_provider={"is_moderated": False, "context_length": _CONTEXT},
        )
    ]

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed the start of texts."""
        no_base64(body)
        length = dimensions(body, _LENGTH)
        served = providers(body.get("provider"), ("Cut",), model["pricing"]["prompt"])
        read = [_read(text) for text in texts(body)]
        if any(len(word) > 5000 for words in read for word in words):
            raise Refusal(400, "input holds a word of more than 5,000 characters.")
        count = sum(map(len, read))
        answer = self.answer(body, [_vector(words)[:length] for words in read], count, provider=served[0])
        for item in answer["data"]:
            del item["index"]
        answer["usage"]["cost"] = count * float(model["pricing"]["prompt"])
        return answer


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.werkzeug(hosts.as_wsgi(Server()))
