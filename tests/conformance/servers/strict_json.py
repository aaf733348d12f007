"""A server that takes nothing ambiguous: a name or a parameter given twice is refused, and so is an unknown one."""

from __future__ import annotations

import contextlib
import hashlib
import json
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from . import hosts
from .by_contract import Refusal, check_key, dimensions, providers, texts
from .gateway import Gateway, listed
from .hosts import Call, Reply

SPECIAL = "names given twice, bodies without a length and unknown query parameters are 400; batch limit 24 (413); int8 made floats; cost of 8 decimals"
KEY = "strict-key"
BASE = "/v1"
_LENGTH, _MOST_INPUTS = 256, 24


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise Refusal(400, "A name stands twice in an object of the body.")
    return dict(pairs)


def _vector(text: str, length: int) -> list[float]:
    """Return whole numbers from -127 to 127, each times a scale of the text's own."""
    total = [0.0] * _LENGTH
    octets = text.encode()
    for start in range(max(1, len(octets) - 2)):
        piece = hashlib.blake2b(octets[start : start + 3], digest_size=64).digest() * (_LENGTH // 64)
        turned = piece[start % 64 :] + piece[: start % 64] if start < 3 else piece
        total = [number + octet - 127.5 for number, octet in zip(total, turned, strict=True)]
    shortened = total[:length]
    scale = max(map(abs, shortened)) / 127
    return [round(number / scale) * scale / len(octets) for number in shortened]


class Server(Gateway):
    """A strict server; each answer ends its connection."""

    base = BASE
    keys = (KEY,)
    models: ClassVar = [
        listed("strict/bytes-256", "0.00000013", context_length=16_384),
        listed("strict/words-256", "0.00000017", context_length=4_096, created=1_767_312_000),
    ]

    def create(self, call: Call) -> dict[str, Any]:
        """Refuse a body in which a name stands twice, or that comes without its length."""
        check_key(call.headers, self.keys)
        if "transfer-encoding" in call.headers:
            raise Refusal(411, "Say how long the body is.")
        with contextlib.suppress(ValueError, RecursionError):
            json.loads(call.body, object_pairs_hook=_unambiguous)
        return super().create(call)

    def list_models(self, call: Call) -> dict[str, Any]:
        """Refuse queries with other parameters."""
        unknown = {name for name, _ in parse_qsl(call.query, keep_blank_values=True)} - {"offset", "limit"}
        if unknown:
            raise Refusal(400, f"There is no parameter {min(unknown)!r}.")
        return super().list_models(call)

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed texts; each model has a vocabulary of its own."""
        length = dimensions(body, _LENGTH)
        price = model["pricing"]["prompt"]
        named = providers(body.get("provider"), ("Strict",), price, "int8")
        given = texts(body)
        if len(given) > _MOST_INPUTS:
            raise Refusal(413, f"input has {len(given)} texts; {_MOST_INPUTS} are taken at once.")
        is_of_bytes = model["id"].endswith("bytes-256")
        counts = [len(text.encode()) if is_of_bytes else len(text.split()) + 2 for text in given]
        if max(counts) > model["context_length"]:
            raise Refusal(400, "input is longer than the model reads.")
        found = [_vector(text if is_of_bytes else f"word {text}", length) for text in given]
        answer = self.answer(body, found, sum(counts), provider=named[0])
        answer["usage"]["cost"] = round(float(price) * sum(counts), 8)
        return answer

    def error(self, refusal: Refusal) -> dict[str, Any]:
        """Say more than the message."""
        metadata = {"raw": refusal.words, "retryable": False, "provider_name": None}
        return {"error": {"code": refusal.status, "message": refusal.words, "metadata": metadata}}

    def reply(self, call: Call, status: int, document: dict[str, Any], headers: dict[str, str]) -> Reply:
        """Close the connection."""
        return super().reply(call, status, document, {"Connection": "close", **headers})


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.werkzeug(hosts.as_wsgi(Server()))
