"""Three models: one reads text alone, one pictures alone, one both."""

from __future__ import annotations

import contextlib
import functools
import json
import re
import zlib
from typing import Any, ClassVar

import numpy as np

from . import hosts
from .by_contract import Refusal, providers, texts
from .gateway import Gateway, listed, no_dimensions

SPECIAL = "three models: of text, of pictures (the cheapest), of both; none reads sound, films or files; lengths 128 and 512; input_type ignored"
KEY = "multimodal-key"
BASE = "/api/v1"
_PICTURE_TOKENS = 258


@functools.lru_cache(4096)
def _direction(piece: str, length: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.random.default_rng(zlib.crc32(piece.encode("utf-8", "replace"))).standard_normal(length)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]", text) or [text]


def _vector(pieces: list[str], length: int) -> list[float]:
    total = sum((_direction(piece, length) for piece in pieces), np.zeros(length))
    total = total + 0.1 * _direction("|".join(pieces), length)
    found: list[float] = (total / np.linalg.norm(total)).tolist()
    return found


def _reads(*kinds: str) -> dict[str, Any]:
    return {
        "input_modalities": list(kinds),
        "modality": f"{'+'.join(kinds)}->embeddings",
        "output_modalities": ["embeddings"],
        "tokenizer": "Own",
        "instruct_type": None,
    }


def _pieces_of_parts(content: list[dict[str, Any]], reads: list[str]) -> tuple[list[str], int]:
    """Return what stands in the parts of one input, and how many tokens that takes."""
    pieces: list[str] = []
    count = 0
    for part in content:
        if part["type"] == "text" and "text" in reads:
            pieces += _words(part["text"])
            count += len(_words(part["text"]))
        elif part["type"] == "image_url":
            url = part["image_url"]["url"]
            if not url.startswith("data:image/"):
                raise Refusal(400, "input holds a picture that is no data: address; none is fetched.")
            pieces.append(url)
            count += _PICTURE_TOKENS
        else:
            raise Refusal(400, f"input holds a part of the type {part['type']}, which the model does not read.")
    return pieces, count


class Server(Gateway):
    """Three models."""

    base = BASE
    keys = (KEY,)
    models: ClassVar = [
        listed("three/text-128", "0.00000001", context_length=2048, architecture=_reads("text")),
        listed("three/pictures-512", "0.0000002", context_length=2048, architecture=_reads("text", "image")),
        listed("three/pictures-only", "0.000000001", context_length=2048, architecture=_reads("image")),
    ]

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed texts, or parts by the model that reads pictures."""
        no_dimensions(body)
        reads = model["architecture"]["input_modalities"]
        if "image" in reads and isinstance(body["input"], list) and isinstance(body["input"][0], dict):
            made = [_pieces_of_parts(one["content"], reads) for one in body["input"]]
        elif "text" not in reads:
            raise Refusal(400, "input is no picture, and the model reads nothing else.")
        else:
            made = [(_words(text), len(_words(text))) for text in texts(body)]
        if max(count for _, count in made) > 2048:
            raise Refusal(400, "input is longer than 2048 tokens.")
        served = providers(body.get("provider"), ("Three",), model["pricing"]["prompt"])
        length = 512 if "image" in reads else 128
        found = [_vector(pieces, length) for pieces, _ in made]
        return self.answer(body, found, sum(count for _, count in made), provider=served[0])

    def write(self, document: dict[str, Any]) -> bytes:
        """Return `document` as JSON with its fields in the order of the alphabet."""
        return json.dumps(document, sort_keys=True, ensure_ascii=False).encode()


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.uvicorn_server(hosts.as_asgi(Server()))
