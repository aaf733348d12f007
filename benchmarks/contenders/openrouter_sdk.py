"""OpenRouter's own SDK; it leaves base64 as text, so that it is decoded here."""

import base64
from array import array
from typing import Any

from measuring import KEY, MODEL, Call, measure
from openrouter import OpenRouter


def prepare(base_url: str) -> Call:
    """Return the call."""
    client = OpenRouter(api_key=KEY, server_url=base_url)

    def call(texts: list[str], encoding: str) -> list[Any]:
        response = client.embeddings.generate(model=MODEL, input=texts, encoding_format=encoding)
        vectors = [item.embedding for item in response.data]
        return [array("f", base64.b64decode(vector)) for vector in vectors] if encoding == "base64" else vectors

    return call


measure(prepare)
