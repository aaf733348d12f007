"""At most eighty requests a second; more get 429 with `Retry-After`."""

from __future__ import annotations

import contextlib
import hashlib
import math
import threading
import time
from typing import Any, ClassVar

from . import hosts
from .by_contract import Refusal, providers, texts
from .gateway import Gateway, listed, no_base64, no_dimensions
from .hosts import Call

SPECIAL = "80 requests per second, then 429 with Retry-After: 1; characters as tokens; Werkzeug; usage without cost"
KEY = "rate-limited-key"
BASE = "/v1"
_LENGTH, _PER_SECOND = 48, 80


def _vector(text: str) -> list[float]:
    """Return counts of characters and of pairs of them, spread over the vector by their hashes."""
    total = [0.0] * _LENGTH
    for piece in [*text, *(text[start : start + 2] for start in range(len(text) - 1)), f"{len(text)} {text[-9:]}"]:
        digest = hashlib.md5(piece.encode(), usedforsecurity=False).digest()
        for octet in digest[:6]:
            total[octet % _LENGTH] += 1 if octet & 128 else -0.5
        total[digest[7] % _LENGTH] += digest[8] / 255
    norm = math.sqrt(sum(number * number for number in total))
    return [number / norm for number in total]


class Server(Gateway):
    """A server that guards itself."""

    base = BASE
    keys = (KEY,)
    models: ClassVar = [
        listed("slow/characters-48", "0.0000001", context_length=8192),
        listed("slow/other", "0.000001"),
    ]

    def __init__(self) -> None:
        self._second, self._count = 0, 0
        self._lock = threading.Lock()

    def create(self, call: Call) -> dict[str, Any]:
        """Count the call, and refuse it when this second has had enough."""
        with self._lock:
            now = int(time.monotonic())
            self._second, self._count = now, self._count + 1 if now == self._second else 1
            if self._count > _PER_SECOND:
                raise Refusal(429, f"More than {_PER_SECOND} requests in a second.", {"Retry-After": "1"})
        return super().create(call)

    def error(self, refusal: Refusal) -> dict[str, Any]:
        """Say in `metadata` how long to wait."""
        body = super().error(refusal)
        if refusal.status == 429:
            body["error"]["metadata"] = {"retry_after_seconds": 1}
        return body

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed texts."""
        no_base64(body)
        no_dimensions(body)
        providers(body.get("provider"), ("Slow",), model["pricing"]["prompt"])
        given = texts(body)
        if max(map(len, given)) > 8192:
            raise Refusal(400, "input is longer than 8192 characters.")
        return self.answer(body, [_vector(text) for text in given], sum(map(len, given)))


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.werkzeug(hosts.as_wsgi(Server()))
