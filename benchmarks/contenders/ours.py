"""The client of this project: typed, checked, and with vectors as float32 buffers for base64."""

from typing import Any

from measuring import KEY, MODEL, Call, measure

from openrouter_embeddings import Client, EmbeddingsRequest, create_embeddings


def prepare(base_url: str) -> Call:
    """Return the call."""
    client = Client(KEY, base_url)

    def call(texts: list[str], encoding: str) -> list[Any]:
        body = EmbeddingsRequest(model=MODEL, input=texts, encoding_format=encoding)
        response = create_embeddings.sync(client=client, body=body)
        return response.vectors()

    return call


measure(prepare)
