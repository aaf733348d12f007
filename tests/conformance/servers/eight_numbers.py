"""Vectors of eight numbers, and a gateway that takes bodies of 16 kB."""

from __future__ import annotations

import contextlib
import hashlib
import struct
from typing import Any, ClassVar

from . import hosts
from .by_contract import Refusal, check_key, providers, texts
from .gateway import Gateway, listed, no_dimensions
from .hosts import Call

SPECIAL = "vectors of 8 numbers; bodies above 16 kB are 413; three known keys; tokens are words and signs"
KEY = "key-of-the-third"
BASE = "/api/v1"
_LENGTH, _MOST_BYTES = 8, 16_384


def _direction(piece: str) -> list[float]:
    return [number / 2**31 for number in struct.unpack("<8i", hashlib.sha256(piece.encode()).digest())]


def _vector(text: str) -> list[float]:
    """Return a sum over words, in which the text as a whole has a small part."""
    total = [0.05 * number for number in _direction("text " + text)]
    for word in text.split():
        total = [one + other for one, other in zip(total, _direction(word), strict=True)]
    return total


class Server(Gateway):
    """A very small model."""

    base = BASE
    keys = ("key-of-the-first", "key-of-the-second", KEY)
    models: ClassVar = [listed("tiny/words-8", "0.000000001")]

    def create(self, call: Call) -> dict[str, Any]:
        """Refuse large bodies of callers that are known."""
        check_key(call.headers, self.keys)
        if len(call.body) > _MOST_BYTES:
            raise Refusal(413, f"The body has {len(call.body)} bytes, of {_MOST_BYTES} that are taken.")
        return super().create(call)

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed texts."""
        no_dimensions(body)
        providers(body.get("provider"), ("Tiny",), model["pricing"]["prompt"])
        given = texts(body)
        return self.answer(body, [_vector(text) for text in given], sum(len(text.split()) + 1 for text in given))


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.http_server(hosts.as_http_handler(Server()))
