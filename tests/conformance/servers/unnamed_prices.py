"""Calls alternate between two providers with prices of their own, and no answer names the provider."""

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

SPECIAL = "two providers take turns, one at two and a half times the price of the other; none is named; 80 numbers"
KEY = "unnamed-prices-key"
BASE = "/v1"
_LENGTH = 80
_PRICES = {"Slow Compute": 2e-8, "Quick Compute": 5e-8}


@functools.lru_cache(4096)
def _direction(letters: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    source = random.Random(letters)
    return np.array([source.gauss(0, 1) for _ in range(_LENGTH)])


def _vector(text: str, length: int) -> list[float]:
    pieces = [text[start : start + 4] for start in range(0, len(text), 3)]
    weighed = (_direction(piece) / (1 + 0.001 * place) for place, piece in enumerate(pieces))
    shortened = sum(weighed, np.zeros(_LENGTH))[:length]
    normed: list[float] = (shortened / np.linalg.norm(shortened)).tolist()
    return normed


class Server(Gateway):
    """A router that tells what a call cost, and not who served it."""

    base = BASE
    keys = (KEY,)
    models: ClassVar = [listed("routed/fours-80", "0.00000002", context_length=4096)]

    def __init__(self) -> None:
        self._turns = itertools.count()

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed texts at the provider whose turn it is, or that the preferences choose."""
        length = dimensions(body, _LENGTH)
        wishes = body.get("provider") or {}
        able = providers(wishes, tuple(_PRICES), model["pricing"]["prompt"])
        chosen = [name for name in wishes.get("order") or () if name in able]
        provider = chosen[0] if chosen else able[next(self._turns) % len(able)]
        given = texts(body)
        counts = [-(-len(text) // 3) for text in given]
        if max(counts) > model["context_length"]:
            raise Refusal(400, "input is longer than the model reads.")
        letters = "".join(random.SystemRandom().choices("abcdefghijklmnopqrstuvwxyz0123456789", k=20))
        answer = self.answer(body, [_vector(text, length) for text in given], sum(counts), id=generation_id(letters))
        answer["usage"]["cost"] = sum(counts) * _PRICES[provider]
        return answer


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.uvicorn_server(hosts.as_asgi(Server()))
