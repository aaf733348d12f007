"""Bytes are tokens, and the model reads 128 of them; vectors are quantized to eight bits."""

from __future__ import annotations

import contextlib
import functools
from typing import Any, ClassVar

import numpy as np

from . import hosts
from .by_contract import Refusal, parsed, providers, texts, token_lists
from .gateway import Gateway, listed, no_dimensions
from .hosts import Call

SPECIAL = "128 bytes of context, longer texts 400; whole numbers from -127 to 127; batch limit 16; token ids below 256; body before key"
KEY = "short-context-key"
BASE = "/edge"
_LENGTH, _CONTEXT, _BATCH = 256, 128, 16


@functools.lru_cache(4096)
def _direction(piece: bytes) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.random.default_rng(list(piece)).standard_normal(_LENGTH)


def _vector(octets: bytes) -> list[int]:
    """Return a sum of directions of bytes in fours, in steps of a 127th of its greatest number."""
    pieces = [octets[start : start + size] for size in (1, 4) for start in range(len(octets))]
    total = sum((_direction(piece) for piece in pieces), np.zeros(_LENGTH))
    steps: list[int] = np.rint(127 * total / np.abs(total).max()).astype(int).tolist()
    return steps


class Server(Gateway):
    """A model for small devices."""

    base = BASE
    keys = (KEY,)
    models: ClassVar = [listed("edge/int8-256", "0.000000005", context_length=_CONTEXT, per_request_limits=None)]

    def create(self, call: Call) -> dict[str, Any]:
        """Look at the body before the key, which no document forbids."""
        parsed(call.headers, call.body)
        return super().create(call)

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed texts, or token ids, which are bytes."""
        no_dimensions(body)
        lists = token_lists(body)
        if lists is not None and any(token > 255 for tokens in lists for token in tokens):
            raise Refusal(400, "input holds a token id above 255.")
        given = [text.encode() for text in texts(body)] if lists is None else [bytes(tokens) for tokens in lists]
        if len(given) > _BATCH:
            raise Refusal(413, f"input may hold {_BATCH} texts.")
        if max(map(len, given)) > _CONTEXT:
            raise Refusal(400, f"input holds a text of more than {_CONTEXT} tokens.")
        served = providers(body.get("provider"), ("Edge",), model["pricing"]["prompt"], "int8")
        return self.answer(body, [_vector(octets) for octets in given], sum(map(len, given)), provider=served[0])


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.wsgiref(hosts.as_wsgi(Server()))
