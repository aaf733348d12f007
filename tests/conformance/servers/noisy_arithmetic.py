"""Every number of a vector differs a little from call to call, as the sums of GPUs do."""

from __future__ import annotations

import contextlib
import functools
import zlib
from typing import Any, ClassVar

import numpy as np

from . import hosts
from .by_contract import Refusal, dimensions, providers, texts, token_lists
from .gateway import Gateway, listed

SPECIAL = "noise of 1e-7 in each number of each call; 10,000 token ids, others 400; 1,024 numbers; batch limit 2048"
KEY = "noisy-key"
BASE = "/api/v1"
_LENGTH, _VOCABULARY, _CONTEXT = 1024, 10_000, 8192


def _tokens(text: str) -> list[int]:
    """Return a token id for each four letters of each word."""
    pieces = [word[start : start + 4] for word in text.split() for start in range(0, len(word), 4)]
    return [zlib.crc32(piece.encode()) % _VOCABULARY for piece in pieces] or [zlib.crc32(text.encode()) % _VOCABULARY]


@functools.lru_cache(4096)
def _direction(token: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.random.default_rng(token).standard_normal(_LENGTH)


def _vector(tokens: list[int], length: int) -> list[float]:
    total = sum((_direction(token) for token in tokens), np.zeros(_LENGTH))[:length]
    total = total / np.linalg.norm(total)
    noisy: list[float] = (total * (1 + 1e-7 * np.random.default_rng().standard_normal(length))).tolist()
    return noisy


class Server(Gateway):
    """A model on several GPUs."""

    base = BASE
    keys = (KEY,)
    models: ClassVar = [listed("gpu/pieces-1024", "0.00000004", context_length=_CONTEXT)]

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed texts or token ids."""
        length = dimensions(body, _LENGTH)
        lists = token_lists(body)
        if lists is None:
            lists = [_tokens(text) for text in texts(body)]
        elif any(token >= _VOCABULARY for tokens in lists for token in tokens):
            raise Refusal(400, f"input holds a token id that is not below {_VOCABULARY}.")
        if len(lists) > 2048 or max(map(len, lists)) > _CONTEXT:
            raise Refusal(400, f"input may hold 2048 texts of {_CONTEXT} tokens.")
        served = providers(body.get("provider"), ("GPU House",), model["pricing"]["prompt"])
        found = [_vector(tokens, length) for tokens in lists]
        return self.answer(body, found, sum(map(len, lists)), provider=served[0])


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.uvicorn_server(hosts.as_asgi(Server()))
