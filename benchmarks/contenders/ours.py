"""The client of this project: typed, checked, and with vectors as float32 buffers for base64."""

from typing import Any

from measuring import KEY, MODEL, Call, measure

from openrouter_embeddings import Client
from openrouter_embeddings.api.embeddings import create_embeddings
from openrouter_embeddings.models import EmbeddingsRequest


def prepare(base_url: str) -> Call:
    """Return the call."""
    client = Client(KEY, base_url)

    def call(texts: list[str], encoding: str) -> list[Any]:
        body = EmbeddingsRequest(model=MODEL, input=texts, encoding_format=encoding)
        answer = create_embeddings.sync(client=client, body=body)
        return answer.vectors(len(texts)) if encoding == "base64" else [item.embedding for item in answer.data]

    return call


measure(prepare)
