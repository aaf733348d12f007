"""A small embeddings server as people write one for themselves: FastAPI, one model, no list of models.

Vectors are counts of character trigrams, of unit length. `python small_server.py PORT` serves on that port of the
loopback address; the environment variable SERVER_KEY is the key that callers must give.
"""

# mypy: disable-error-code="import-not-found, untyped-decorator"

import base64
import math
import os
import struct
import sys
import zlib
from typing import Annotated, Any, Literal

import uvicorn
from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel, Field

MODEL = "small/trigrams"
LENGTH = 64

app = FastAPI()


class EmbeddingRequest(BaseModel):
    """What a caller sends."""

    model: str
    input: str | list[str]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Annotated[int | None, Field(ge=1, le=LENGTH)] = None


@app.post("/v1/embeddings")
def create_embeddings(request: EmbeddingRequest, authorization: Annotated[str, Header()] = "") -> dict[str, Any]:
    """Return a vector for each text."""
    if authorization != f"Bearer {os.environ['SERVER_KEY']}":
        raise HTTPException(401, "Incorrect API key provided")
    if request.model != MODEL:
        raise HTTPException(404, f"The model {request.model} does not exist")
    texts = [request.input] if isinstance(request.input, str) else request.input
    vectors = [embed(text, request.dimensions or LENGTH) for text in texts]
    tokens = sum(len(text.split()) for text in texts)
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": written(vector, request.encoding_format)}
            for index, vector in enumerate(vectors)
        ],
        "model": request.model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def embed(text: str, length: int) -> list[float]:
    """Return the counts of the trigrams of a text, by hash, of unit length."""
    counts = [0.0] * length
    padded = f"  {text} "
    for start in range(len(padded) - 2):
        counts[zlib.crc32(padded[start : start + 3].encode()) % length] += 1
    norm = math.sqrt(sum(count * count for count in counts))
    return [count / norm for count in counts]


def written(vector: list[float], encoding: str) -> list[float] | str:
    """Return a vector in the encoding that was asked for."""
    return vector if encoding == "float" else base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
