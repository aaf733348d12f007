"""Several models, all of them free, with identifiers of other forms; a page names the next by a relative address."""

from __future__ import annotations

import contextlib
import hashlib
import random
from typing import Any, ClassVar

import attrs

from . import hosts
from .by_contract import Refusal, dimensions, providers, texts
from .gateway import Gateway, listed, no_base64
from .hosts import Call

SPECIAL = "four free models, ids without author, next relative with a parameter of its own; two known keys; Content-Type not looked at"
KEY = "second-key"
BASE = "/v1"
_LENGTH = 320


def _vector(text: str) -> list[float]:
    """Return the sum of random signs of words and of letters in pairs, and of the text."""
    total = [0] * _LENGTH
    for piece in [*text.lower().split(), *(text[start : start + 2] for start in range(len(text))), text]:
        signs = int.from_bytes(hashlib.sha512(piece.encode()).digest() * (_LENGTH // 512 + 1))
        total = [number + (1 if signs >> place & 1 else -1) for place, number in enumerate(total)]
    return [float(number) for number in total]


class Server(Gateway):
    """A server that charges nothing."""

    base = BASE
    keys = ("first-key", KEY)
    names: ClassVar[tuple[str, ...]] = ("nomic-embed-text", "bge-m3:latest", "all-minilm", "org/team/e5")
    models: ClassVar = [listed(name, "0", created=0, context_length=2048, hugging_face_id="") for name in names]

    def create(self, call: Call) -> dict[str, Any]:
        """Take the body for JSON, whatever it is said to be."""
        return super().create(attrs.evolve(call, headers={**call.headers, "content-type": "application/json"}))

    def next_page(self, call: Call, offset: int, limit: int) -> str:
        """Return a relative address that also names the state of the list."""
        return f"{call.path}?snapshot=2026-01-01&limit={limit}&offset={offset}"

    def error(self, refusal: Refusal) -> dict[str, Any]:
        """Say no more than the contract requires."""
        return {"error": {"message": refusal.words}}

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed texts."""
        no_base64(body)
        length = dimensions(body, _LENGTH)
        providers(body.get("provider"), ("Local",), "0")
        given = texts(body)
        counts = [len(text.split()) + len(text) // 3 + 1 for text in given]
        if max(counts) > 2048:
            raise Refusal(400, "input is longer than 2048 tokens.")
        letters = f"{random.SystemRandom().getrandbits(80):020x}"
        return self.answer(body, [_vector(text)[:length] for text in given], sum(counts), id=letters)


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.http_server(hosts.as_http_handler(Server()))
