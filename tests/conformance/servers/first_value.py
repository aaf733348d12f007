"""A server whose parsers take the first of two values under one name, and that counts a start token per request."""

from __future__ import annotations

import contextlib
import json
import math
import zlib
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode

import attrs

from . import hosts
from .by_contract import Refusal, dimensions, providers, texts
from .gateway import Gateway, listed
from .hosts import Call

SPECIAL = (
    "the first of two values under one name; one start token per request, not per text; waves by checksums; 48 numbers"
)
KEY = "first-value-key"
BASE = "/openai/api"
_LENGTH = 48


def _first(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(reversed(pairs))


def _vector(text: str, length: int) -> list[float]:
    """Return a sum of waves, one for each word and one for the whole text."""
    total = [0.0] * _LENGTH
    for place, piece in enumerate([text, *text.lower().split()]):
        checksum = zlib.crc32(piece.encode())
        share = 0.3 if place == 0 else 1.0
        for at in range(_LENGTH):
            total[at] += share * math.sin(1 + checksum % 104_729 * (at + 1) + (checksum >> 16) / (at + 1))
    norm = math.sqrt(sum(number * number for number in total[:length])) or 1.0
    return [number / norm for number in total[:length]]


class Server(Gateway):
    """A gateway before a small model."""

    base = BASE
    keys = (KEY,)
    models: ClassVar = [listed(f"waves/waves-{size}", f"0.00000002{size}", context_length=2048) for size in (1, 2, 3)]

    def create(self, call: Call) -> dict[str, Any]:
        """Read the first of two values under one name."""
        with contextlib.suppress(ValueError, RecursionError):
            value = json.loads(call.body, object_pairs_hook=_first)
            if value != json.loads(call.body):
                call = attrs.evolve(call, body=json.dumps(value).encode())
        return super().create(call)

    def list_models(self, call: Call) -> dict[str, Any]:
        """Read the first of two values of a parameter."""
        return super().list_models(
            attrs.evolve(call, query=urlencode(_first(parse_qsl(call.query, keep_blank_values=True))))
        )

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed texts."""
        length = dimensions(body, _LENGTH)
        providers(body.get("provider"), ("Waves",), model["pricing"]["prompt"])
        given = texts(body)
        counts = [max(1, len(text.encode()) // 3) for text in given]
        if max(counts) > model["context_length"]:
            raise Refusal(400, "input is longer than the model reads.")
        found = [_vector(f"{model['id']} {text}", length) for text in given]
        return self.answer(body, found, sum(counts) + 1)


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.uvicorn_server(hosts.as_asgi(Server()), http="h11")
