"""A small SDK on top of the client: `Embedder.embed(texts)` gives a numpy array, in batches, with a cache."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from openrouter_embeddings import Client, EmbeddingsRequest, create_embeddings

BYTES_PER_TOKEN = 3
"""A cautious guess for any language and tokenizer: real ones read three to four bytes of English per token."""


class Embedder:
    """Turns texts into unit vectors with one model.

    Args:
        client: the client to send requests with.
        model: identifier of the model.
        dimensions: length of the vectors; None keeps the native length.
        tokens_per_request: how many tokens, by estimate, one request may hold.

    """

    def __init__(
        self, client: Client, model: str, *, dimensions: int | None = None, tokens_per_request: int = 8000
    ) -> None:
        self._client = client
        self._model = model
        self._dimensions = dimensions
        self._budget = tokens_per_request
        self._cache: dict[str, NDArray[np.float32]] = {}

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one row per text, in their order; each distinct text is asked for once."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._cache]
        for batch in self._batches(missing):
            body = EmbeddingsRequest(
                model=self._model, input=batch, encoding_format="base64", dimensions=self._dimensions
            )
            response = create_embeddings.sync(client=self._client, body=body)
            for text, vector in zip(batch, response.vectors(), strict=True):
                row = np.asarray(vector)
                self._cache[text] = (row / np.linalg.norm(row)).astype(np.float32)
        return np.stack([self._cache[text] for text in texts]) if texts else np.empty((0, 0), np.float32)

    def _batches(self, texts: list[str]) -> Iterator[list[str]]:
        """Yield the texts in order, each batch within the budget; a text beyond it goes alone."""
        batch: list[str] = []
        used = 0
        for text in texts:
            cost = len(text.encode()) // BYTES_PER_TOKEN + 1
            if batch and used + cost > self._budget:
                yield batch
                batch, used = [], 0
            batch.append(text)
            used += cost
        if batch:
            yield batch
