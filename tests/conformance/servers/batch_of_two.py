"""wsgiref, HTTP/1.0. One text per request, tokens are bytes, vectors have norms other than 1."""

from __future__ import annotations

import contextlib
import functools
import hashlib
from typing import Any, ClassVar

from . import hosts
from .by_contract import Refusal, dimensions, providers, texts
from .gateway import Gateway, listed, no_base64

_MOST_TEXTS = 2
SPECIAL = "batch limit 2; wsgiref, HTTP/1.0; tokens are bytes; norm not 1; length 64, dimensions by prefix"
KEY = "batch-of-two-key"
_LENGTH = 64


@functools.lru_cache(4096)
def _direction(piece: bytes) -> list[int]:
    return [octet - 127 for octet in hashlib.blake2b(piece, digest_size=_LENGTH).digest()]


def _vector(text: str) -> list[float]:
    octets = b"^" + text.encode() + b"$"
    total = [0.0] * _LENGTH
    for start in range(len(octets) - 1):
        for place, number in enumerate(_direction(octets[start : start + 5])):
            total[place] += number
    return [number / 64 for number in total]


class Server(Gateway):
    """Two texts at a time."""

    keys = (KEY,)
    models: ClassVar = [listed("one/bytes-64", "0.00000002", context_length=8192)]

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed one text."""
        no_base64(body)
        length = dimensions(body, _LENGTH)
        if len(texts(body)) > _MOST_TEXTS:
            raise Refusal(400, f"input may hold {_MOST_TEXTS} texts.")
        providers(body.get("provider"), ("One",), model["pricing"]["prompt"])
        counts = [len(text.encode()) for text in texts(body)]
        if max(counts) > model["context_length"]:
            raise Refusal(400, f"input has {max(counts)} tokens, the model reads {model['context_length']}.")
        return self.answer(body, [_vector(text)[:length] for text in texts(body)], sum(counts))


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.wsgiref(hosts.as_wsgi(Server()))


BASE = Server.base
