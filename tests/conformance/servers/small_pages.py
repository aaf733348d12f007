"""Pages hold ten models at most, whatever `limit` says; `links.next`, an absolute address, leads on."""

from __future__ import annotations

import contextlib
from typing import Any, ClassVar

import numpy as np

from . import hosts
from .by_contract import Refusal, providers, texts
from .gateway import Gateway, listed, no_base64
from .hosts import Call

SPECIAL = "31 models, pages of 10 at most, next as an absolute address; sparse vectors of 512; native dimensions only"
KEY = "small-pages-key"
BASE = "/gateway/v1"
_LENGTH = 512


def _vector(text: str) -> list[float]:
    """Return how often each of 512 buckets of letters in threes occurs: mostly zeros, all integers."""
    counts = np.zeros(_LENGTH, int)
    padded = f"\x02{text}\x03"
    for start in range(len(padded) - 1):
        code = 0
        for char in padded[start : start + 3]:
            code = (code * 1_000_003 + ord(char)) % (2**31 - 1)
        counts[code % _LENGTH] += 1
    found: list[float] = counts.tolist()
    return found


class Server(Gateway):
    """A server with a page size of its own."""

    base = BASE
    keys = (KEY,)
    models: ClassVar = [
        listed(f"paged/model-{number:02}", f"0.00000{number + 10}", context_length=8192) for number in range(31)
    ]
    most_per_page = 10

    def next_page(self, call: Call, offset: int, limit: int) -> str:
        """Return an absolute address on the host that was asked."""
        return f"http://{call.headers['host']}{call.path}?limit={limit}&offset={offset}"

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed texts."""
        no_base64(body)
        if body.get("dimensions", _LENGTH) != _LENGTH:
            raise Refusal(400, f"dimensions must be {_LENGTH}.")
        served = providers(body.get("provider"), ("Paged",), model["pricing"]["prompt"])
        given = texts(body)
        if max(map(len, given)) > 8192:
            raise Refusal(400, "input is longer than the model reads.")
        return self.answer(body, [_vector(text) for text in given], sum(map(len, given)), provider=served[0])


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.werkzeug(hosts.as_wsgi(Server()))
