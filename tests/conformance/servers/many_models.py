"""A list of 2,500 models and 1.5 MB, whole in one page unless a page is asked for, which holds 30 at most."""

from __future__ import annotations

import contextlib
import functools
import zlib
from typing import Any, ClassVar

import numpy as np
import orjson

from . import hosts
from .by_contract import Refusal, dimensions, providers, texts
from .gateway import Gateway, listed

SPECIAL = "2,500 models, 1.5 MB in one page, pages of 30 at most; no context lengths; orjson; batch limit 2048"
KEY = "many-models-key"
BASE = "/api/v1"
_LENGTH = 192


@functools.lru_cache(4096)
def _direction(seed: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.random.default_rng(seed).uniform(-1, 1, _LENGTH)


def _vector(text: str, seed: int, length: int) -> list[float]:
    words = text.split() or [text]
    # The second half of each word counts by itself: "windows" and "windowsill" are near.
    pieces = [piece for word in words for piece in (word, word[: len(word) // 2 + 1])]
    total = sum((_direction(zlib.crc32(piece.encode(), seed)) for piece in pieces), np.zeros(_LENGTH))
    total += 0.05 * _direction(zlib.crc32(text.encode(), seed))
    found: list[float] = total[:length].tolist()
    return found


class Server(Gateway):
    """A large catalog."""

    base = BASE
    keys = (KEY,)
    models: ClassVar = [
        listed(f"house-{number % 40}/model-{number}", f"{1e-8 * (1 + number % 90):.8f}", description="Words. " * 25)
        for number in range(2500)
    ]
    most_per_page = 30

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed texts in the space of the model."""
        length = dimensions(body, _LENGTH)
        providers(body.get("provider"), ("Catalog",), model["pricing"]["prompt"])
        given = texts(body)
        if len(given) > 2048 or sum(map(len, given)) > 100_000:
            raise Refusal(413, "input may hold 2048 texts of 100,000 characters together.")
        seed = zlib.crc32(model["id"].encode())
        found = [_vector(text, seed, length) for text in given]
        return self.answer(body, found, sum(len(text.split()) + 2 for text in given))

    def write(self, document: dict[str, Any]) -> bytes:
        """Return `document` as JSON in UTF-8, not escaped."""
        return orjson.dumps(document)


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.uvicorn_server(hosts.as_asgi(Server()))
