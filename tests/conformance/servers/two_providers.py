"""Calls alternate between two providers of one model, whose number formats and token counts differ."""

from __future__ import annotations

import contextlib
import functools
import itertools
import random
from typing import Any, ClassVar

import numpy as np

from . import hosts
from .by_contract import Refusal, dimensions, providers, texts
from .gateway import Gateway, generation_id, listed

SPECIAL = "two providers take turns: cosine about 0.9995 between them, one counts a start token more; 768 numbers"
KEY = "two-providers-key"
BASE = "/api/v1"
_LENGTH = 768
_EXACT, _COARSE = "Exact Compute", "Coarse Cloud"


@functools.lru_cache(4096)
def _direction(word: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    source = random.Random(word)
    return np.array([source.gauss(0, 1) for _ in range(_LENGTH)])


def _vector(text: str, provider: str, length: int) -> list[float]:
    pieces = text.split() + [text[start : start + 3] for start in range(0, len(text), 2)]
    exact = sum((_direction(piece) for piece in pieces), np.zeros(_LENGTH))
    exact /= np.linalg.norm(exact)
    if provider == _COARSE:  # what weights of 4 bits do to a vector: an error of its own for each text
        exact += 0.0316 * _direction("error of " + text) / np.linalg.norm(_direction("error of " + text))
    shortened = exact[:length]
    normed: list[float] = (shortened / np.linalg.norm(shortened)).tolist()
    return normed


class Server(Gateway):
    """A router before two providers."""

    base = BASE
    keys = (KEY,)
    models: ClassVar = [listed("routed/words-768", "0.00000005", context_length=8192)]

    def __init__(self) -> None:
        self._turns = itertools.count()

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed texts at the provider whose turn it is, or that the preferences choose."""
        length = dimensions(body, _LENGTH)
        wishes = body.get("provider") or {}
        able = providers(wishes, (_EXACT, _COARSE), model["pricing"]["prompt"])
        ordered = [name for name in wishes.get("order") or () if name in able]
        provider = ordered[0] if ordered else able[next(self._turns) % len(able)]
        given = texts(body)
        counts = [len(text.split()) + len(text) // 5 + 1 for text in given]
        if max(counts) > model["context_length"]:
            raise Refusal(400, "input is longer than the model reads.")
        count = sum(counts) + (len(given) if provider == _COARSE else 0)
        letters = "".join(random.SystemRandom().choices("abcdefghijklmnopqrstuvwxyz0123456789", k=20))
        found = [_vector(text, provider, length) for text in given]
        return self.answer(body, found, count, provider=provider, id=generation_id(letters))


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.uvicorn_server(hosts.as_asgi(Server()))
