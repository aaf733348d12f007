"""Calls alternate between two providers whose vectors are far from each other; the key may not use one of the models."""

from __future__ import annotations

import contextlib
import functools
import itertools
import random
from typing import Any, ClassVar

import numpy as np

from . import hosts
from .by_contract import Refusal, dimensions, providers, texts
from .gateway import Gateway, listed

SPECIAL = "two providers take turns, with cosine about 0.97 between them; 403 for the model that the key may not use"
KEY = "unlike-providers-key"
BASE = "/api/v1"
_LENGTH = 160
_PLAIN, _INSTRUCTED = "Plain Hosting", "Instructed Hosting"
_GUARDED = "guarded/words-160"


@functools.lru_cache(4096)
def _direction(word: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    source = random.Random(word)
    return np.array([source.gauss(0, 1) for _ in range(_LENGTH)])


def _vector(text: str, provider: str, length: int) -> list[float]:
    pieces = text.split() + [text[start : start + 3] for start in range(0, len(text), 2)]
    found = sum((_direction(piece) for piece in pieces), np.zeros(_LENGTH))
    found /= np.linalg.norm(found)
    if provider == _INSTRUCTED:  # one puts an instruction before each text
        found += 0.25 * _direction("Represent this text: ") / np.linalg.norm(_direction("Represent this text: "))
    shortened = found[:length]
    normed: list[float] = (shortened / np.linalg.norm(shortened)).tolist()
    return normed


class Server(Gateway):
    """A router before two providers that serve a model in their own ways."""

    base = BASE
    keys = (KEY,)
    models: ClassVar = [
        listed("routed/words-160", "0.00000004", context_length=8192),
        listed(_GUARDED, "0.00000006", context_length=8192),
    ]

    def __init__(self) -> None:
        self._turns = itertools.count()

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed texts at the provider whose turn it is, or that the preferences choose."""
        if model["id"] == _GUARDED:
            raise Refusal(403, f"This key may not use {_GUARDED}.")
        length = dimensions(body, _LENGTH)
        wishes = body.get("provider") or {}
        able = providers(wishes, (_PLAIN, _INSTRUCTED), model["pricing"]["prompt"])
        chosen = [name for name in wishes.get("order") or () if name in able]
        provider = chosen[0] if chosen else able[next(self._turns) % len(able)]
        given = texts(body)
        counts = [len(text.split()) + len(text) // 4 + 1 for text in given]
        if max(counts) > model["context_length"]:
            raise Refusal(400, "input is longer than the model reads.")
        vectors = [_vector(text, provider, length) for text in given]
        count = sum(counts) + (3 * len(given) if provider == _INSTRUCTED else 0)
        return self.answer(body, vectors, count, provider=provider)


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.uvicorn_server(hosts.as_asgi(Server()))
