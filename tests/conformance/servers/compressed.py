"""Answers are compressed for clients that take gzip, and carry fields that no document names."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
from typing import Any, ClassVar

from . import hosts
from .by_contract import Refusal, providers, texts
from .gateway import Gateway, listed, no_dimensions
from .hosts import Call, Reply

SPECIAL = "gzip where accepted; undocumented fields everywhere; errors with user_id and metadata; base64; 200 numbers"
KEY = "compressed-key"
BASE = "/api/v1"
_LENGTH = 200


def _vector(text: str) -> list[float]:
    """Return a sum of directions of the letters in fours, with a weight that falls along the text."""
    total = [0.0] * _LENGTH
    for start in range(len(text)):
        octets = hashlib.shake_128(text[start : start + 4].casefold().encode()).digest(_LENGTH)
        weight = 1 + 1 / (start + 1)
        total = [number + weight * (octet / 127.5 - 1) for number, octet in zip(total, octets, strict=True)]
    return [number / (len(text) ** 0.5) for number in total]


class Server(Gateway):
    """A talkative server."""

    base = BASE
    keys = (KEY,)
    models: ClassVar = [
        listed("packed/fours-200", "0.00000015", context_length=4096, region="eu", tags=[]),
        listed("packed/fours-200:free", "0", context_length=4096, region="eu", tags=["free"]),
    ]

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed texts; the name of the provider is not told."""
        no_dimensions(body)
        providers(body.get("provider"), ("Packed",), model["pricing"]["prompt"])
        given = texts(body)
        counts = [len(text) // 4 + 1 for text in given]
        if max(counts) > 4096:
            raise Refusal(400, "input is longer than 4096 tokens.")
        more: dict[str, Any] = {"created": 1_767_225_600, "system_fingerprint": None, "warnings": []}
        return self.answer(body, [_vector(text) for text in given], sum(counts), **more)

    def error(self, refusal: Refusal) -> dict[str, Any]:
        """Add the account and what was tried."""
        error = {
            "message": refusal.words,
            "code": refusal.status,
            "type": "invalid_request_error",
            "param": None,
            "metadata": {"provider_name": "Packed", "previous_errors": []},
        }
        return {"error": error, "user_id": "user_1234", "openrouter_metadata": {}, "request_id": "r-1"}

    def reply(self, call: Call, status: int, document: dict[str, Any], headers: dict[str, str]) -> Reply:
        """Compress the answer where the client takes that."""
        body = self.write(document)
        headers = {"Content-Type": "application/json; charset=utf-8", "Vary": "Accept-Encoding", **headers}
        accepted = call.headers.get("accept-encoding", "").split(",")
        if any(one.strip() in ("gzip", "*") for one in accepted):  # and not with a quality of 0
            return Reply(status, gzip.compress(body, 1), {**headers, "Content-Encoding": "gzip"})
        return Reply(status, body, headers)


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.uvicorn_server(hosts.as_asgi(Server()))
