"""The floor: httpx, orjson, and base64 into float32 by hand; no types, no checks, no errors."""

import base64
from array import array
from typing import Any

import httpx
import orjson
from measuring import KEY, MODEL, Call, measure


def prepare(base_url: str) -> Call:
    """Return the call."""
    client = httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {KEY}"}, timeout=60)

    def call(texts: list[str], encoding: str) -> list[Any]:
        content = orjson.dumps({"model": MODEL, "input": texts, "encoding_format": encoding})
        response = client.post("/embeddings", content=content, headers={"Content-Type": "application/json"})
        vectors = [item["embedding"] for item in orjson.loads(response.content)["data"]]
        return [array("f", base64.b64decode(vector)) for vector in vectors] if encoding == "base64" else vectors

    return call


measure(prepare)
