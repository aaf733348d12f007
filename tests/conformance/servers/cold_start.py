"""The first two requests find the model asleep: 503 with `Retry-After: 1`."""

from __future__ import annotations

import contextlib
import itertools
import random
from typing import Any, ClassVar

from . import hosts
from .by_contract import Refusal, providers, texts
from .gateway import Gateway, listed, no_base64, no_dimensions

SPECIAL = (
    "503 with Retry-After: 1 on the first two requests; at most 300 tokens in a whole request; numbers of a millionth"
)
KEY = "cold-start-key"
BASE = "/serverless"
_LENGTH, _MOST_TOKENS = 128, 300


def _vector(text: str) -> list[float]:
    """Return the sum of one direction per word and one for the text."""
    total = [0.0] * _LENGTH
    for word in [*text.split(), "whole text: " + text]:
        source = random.Random(word)
        total = [number + source.uniform(-1e-6, 1e-6) for number in total]
    return total


class Server(Gateway):
    """A model that is loaded when it is first asked for."""

    base = BASE
    keys = (KEY,)
    models: ClassVar = [listed("asleep/words-128", "0.0000003")]

    def __init__(self) -> None:
        self._calls = itertools.count()

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed texts once the model is awake."""
        if next(self._calls) < 2:
            raise Refusal(503, "The model is being loaded.", {"Retry-After": "1"})
        no_base64(body)
        no_dimensions(body)
        providers(body.get("provider"), ("Serverless",), model["pricing"]["prompt"])
        given = texts(body)
        if any("\0" in text for text in given):
            raise Refusal(400, "input holds the character U+0000.")
        count = sum(len(text.split()) + 1 for text in given)
        if count > _MOST_TOKENS or max(map(len, given)) > 20_000:
            raise Refusal(413, f"input has {count} tokens; a request may have {_MOST_TOKENS} in 20,000 characters.")
        return self.answer(body, [_vector(text) for text in given], count)


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.http_server(hosts.as_http_handler(Server()))
