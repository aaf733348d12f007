"""Every fortieth request meets an outage of a documented kind, without a word on how long to wait; errors in Japanese."""

from __future__ import annotations

import contextlib
import itertools
import re
import zlib
from typing import Any, ClassVar

import numpy as np

from . import hosts
from .by_contract import Refusal, providers, texts
from .gateway import Gateway, listed, no_base64, no_dimensions

SPECIAL = "every 40th request gets 502, 429, 529, 408 or 524 without Retry-After; errors in Japanese; 333 numbers"
KEY = "outages-key"
BASE = "/api/v1"
_LENGTH, _CONTEXT, _EVERY = 333, 1024, 40
_OUTAGES = (502, 429, 529, 408, 524)


def _pieces(text: str) -> list[str]:
    """Return pieces of words, the first of a word with a mark before it, and each sign beyond Latin alone."""
    marked = re.sub(r"(^|\s+)(?=\S)", "▁", text)
    return re.findall(r"▁?[A-Za-z]{1,4}|▁?[0-9]|▁?[^A-Za-z0-9▁]|▁", marked)


def _vector(pieces: list[str]) -> list[float]:
    """Return the mean over the pieces of what each says, and of what each says to the one before it."""
    seeds = [zlib.crc32(piece.encode()) for piece in pieces]
    pairs = [one * 31 + other for one, other in itertools.pairwise([0, *seeds])]
    rows = [np.random.default_rng(seed).laplace(size=_LENGTH) for seed in [*seeds, *pairs]]
    mean: list[float] = np.mean(rows, axis=0).tolist()
    return mean


class Server(Gateway):
    """A server whose provider fails now and then."""

    base = BASE
    keys = (KEY,)
    models: ClassVar = [listed("outage/pieces-333", "0.00000002", context_length=_CONTEXT)]

    def __init__(self) -> None:
        self._calls = itertools.count(1)

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed texts, unless the provider is away."""
        turn, rest = divmod(next(self._calls), _EVERY)
        if not rest:
            raise Refusal(_OUTAGES[turn % len(_OUTAGES)], "プロバイダーは一時的に応答できません。")
        no_base64(body)
        no_dimensions(body)
        served = providers(body.get("provider"), ("Outage",), model["pricing"]["prompt"])
        read = [_pieces(text) for text in texts(body)]
        if max(map(len, read)) > _CONTEXT:
            raise Refusal(400, "input が長すぎます。")
        count = sum(map(len, read))
        answer = self.answer(body, [_vector(pieces) for pieces in read], count, provider=served[0])
        answer["usage"]["cost"] = count * float(model["pricing"]["prompt"])
        return answer


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.werkzeug(hosts.as_wsgi(Server()))
