"""One answer in eight takes 0.3 seconds."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import zlib
from typing import Any, ClassVar

from . import hosts
from .by_contract import Refusal, dimensions, providers, texts
from .gateway import Gateway, listed

SPECIAL = "every eighth answer takes 0.3 s; three calls of the free model, then 429; length 100, dimensions by prefix; no usage"
KEY = "slow-eighth-key"
BASE = ""
_LENGTH, _FREE_CALLS = 100, 3


def _vector(text: str) -> list[float]:
    """Return a sum of sines whose frequencies come from the three letters at each place, in any order."""
    total = [0.0] * _LENGTH
    padded = f" {text} "
    for start in range(len(padded) - 2):
        seed = zlib.adler32(padded[start : start + 3].encode()) * 2654435761 % 2**32
        for place in range(_LENGTH):
            total[place] += math.sin(seed % 99_991 * (place + 1) * 0.7 + place)
    norm = math.sqrt(sum(number * number for number in total)) * 2
    return [number / norm for number in total]


class Server(Gateway):
    """A server under load."""

    base = BASE
    keys = (KEY,)
    models: ClassVar = [listed("loaded/sines-100", "0.0000002", context_length=2048), listed("loaded/free", "0")]

    def __init__(self) -> None:
        self._free_calls = itertools.count()

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed texts."""
        if model["pricing"]["prompt"] == "0" and next(self._free_calls) >= _FREE_CALLS:
            raise Refusal(429, "That is enough of the free model for an hour.", {"Retry-After": "3600"})
        length = dimensions(body, _LENGTH)
        served = providers(body.get("provider"), ("Loaded",), model["pricing"]["prompt"])
        given = texts(body)
        if max(map(len, given)) > 2048:
            raise Refusal(400, "input is longer than 2048 characters.")
        found = [_vector(text)[:length] for text in given]
        answer = self.answer(body, found, 0, provider=served[0])
        del answer["usage"]
        return answer


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    calls = itertools.count(1)

    async def wait() -> None:
        if next(calls) % 8 == 0:
            await asyncio.sleep(0.3)

    return hosts.uvicorn_server(hosts.as_asgi(Server(), before=wait))
