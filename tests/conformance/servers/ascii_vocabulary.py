"""Words of ASCII letters and digits are known; everything else is one unknown token."""

from __future__ import annotations

import contextlib
import functools
import re
import zlib
from typing import Any, ClassVar

import numpy as np

from . import hosts
from .by_contract import Refusal, providers, texts, token_lists
from .gateway import Gateway, listed, no_dimensions

SPECIAL = "vocabulary of ASCII words, one unknown token for other scripts; token ids up to 30521; uvicorn with h11"
KEY = "ascii-vocabulary-key"
BASE = "/api/v1"
_LENGTH, _VOCABULARY, _CONTEXT = 384, 30_522, 512
_START, _END, _UNKNOWN = 101, 102, 100


def _tokens(text: str) -> list[int]:
    """Return the token ids of a text; a run of characters that is no ASCII word is the unknown token."""
    pieces = re.findall(r"[A-Za-z0-9]+|[!-~]|[^\s!-~]+", text)
    return [
        1000 + zlib.crc32(piece.encode()) % (_VOCABULARY - 1000)
        if piece.isascii() and piece.isprintable()
        else _UNKNOWN
        for piece in pieces
    ]


@functools.lru_cache(4096)
def _direction(token: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(token).standard_normal(_LENGTH).astype(np.float32)


def _vector(tokens: list[int]) -> list[float]:
    whole = [_START, *tokens, _END]
    total = np.zeros(_LENGTH, np.float32)
    for before, token in zip([0, *whole], whole, strict=False):
        total += _direction(token) + np.float32(0.3) * np.roll(_direction(token), before % 7)
    normed: list[float] = (total / np.linalg.norm(total)).tolist()
    return normed


class Server(Gateway):
    """A model of English."""

    base = BASE
    keys = (KEY,)
    models: ClassVar = [listed("latin/english-only", "0.00000001", context_length=_CONTEXT)]

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed texts or token ids."""
        no_dimensions(body)
        lists = token_lists(body)
        if lists is None:
            lists = [_tokens(text) for text in texts(body)]
        elif any(token >= _VOCABULARY for tokens in lists for token in tokens):
            raise Refusal(400, f"input holds a token id that is not below {_VOCABULARY}.")
        if any(len(tokens) + 2 > _CONTEXT for tokens in lists):
            raise Refusal(400, f"input is longer than {_CONTEXT} tokens.")
        served = providers(body.get("provider"), ("Latin Inc.",), model["pricing"]["prompt"])
        count = sum(len(tokens) + 2 for tokens in lists)
        return self.answer(body, [_vector(tokens) for tokens in lists], count, provider=served[0])


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.uvicorn_server(hosts.as_asgi(Server()), http="h11")
