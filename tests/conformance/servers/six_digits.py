"""Vectors of 3,072 numbers in float32, written with six significant digits."""

from __future__ import annotations

import contextlib
import functools
import json
import re
import zlib
from typing import Any, ClassVar

import numpy as np

from . import hosts
from .by_contract import Refusal, dimensions, providers, texts
from .gateway import Gateway, listed

SPECIAL = "3,072 numbers printed with 6 significant digits, exact in base64; batch limit 100; cost and details"
KEY = "six-digits-key"
BASE = "/api/v1"
_LENGTH, _BATCH, _CONTEXT = 3072, 100, 8192


@functools.lru_cache(2048)
def _direction(piece: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(zlib.crc32(piece.encode())).standard_normal(_LENGTH, np.float32)


def _pieces(text: str) -> list[str]:
    return re.findall(r"\w{1,6}|[^\w\s]|\s{2,}", text) or [text]


def _vector(text: str, length: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    total = 0.1 * _direction("place of all texts")
    for place, piece in enumerate(_pieces(text)):
        total = total + _direction(piece) + np.float32(0.2) * np.roll(_direction(piece), place % 50)
    shortened = np.asarray(total[:length], np.float32)
    return np.asarray(shortened / np.linalg.norm(shortened), np.float32)


class Server(Gateway):
    """A large model."""

    base = BASE
    keys = (KEY,)
    models: ClassVar = [listed("large/pieces-3072", "0.00000013", context_length=_CONTEXT)]

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed up to 100 texts."""
        length = dimensions(body, _LENGTH)
        given = texts(body)
        if len(given) > _BATCH:
            raise Refusal(400, f"input may hold {_BATCH} texts.")
        counts = [len(_pieces(text)) for text in given]
        if max(counts) > _CONTEXT:
            raise Refusal(400, f"input is longer than {_CONTEXT} tokens.")
        served = providers(body.get("provider"), ("Large",), model["pricing"]["prompt"], "fp16")
        cost = sum(counts) * float(model["pricing"]["prompt"])
        found: list[list[float]] = [_vector(text, length).tolist() for text in given]
        if body.get("encoding_format") != "base64":
            found = [[float(f"{number:.6g}") for number in vector] for vector in found]
        answer = self.answer(body, found, sum(counts), provider=served[0])
        answer["usage"] |= {
            "cost": cost,
            "is_byok": False,
            "cost_details": {
                "upstream_inference_cost": None,
                "upstream_inference_prompt_cost": cost,
                "upstream_inference_completions_cost": 0,
            },
            "prompt_tokens_details": {"text_tokens": sum(counts)},
        }
        return answer

    def write(self, document: dict[str, Any]) -> bytes:
        """Return `document` as indented JSON."""
        return json.dumps(document, indent=0).encode()


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.uvicorn_server(hosts.as_asgi(Server()))
