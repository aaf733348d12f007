"""An embeddings SDK in 60 lines: batches within a token budget, routing, fallback models, a cache, a deadline."""

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field

import openrouter_embeddings as openrouter


@dataclass(frozen=True)
class Embeddings:
    """Turns texts into vectors.

    Attributes:
        client: sends the requests.
        models: the model to ask, then those to ask instead while its providers are overloaded.
        provider: which providers may serve requests.
        budget: tokens that one request may hold.
        count_tokens: gives the tokens of a text; by default a cautious estimate.
        deadline: seconds for one request.
        cache: vectors, by the bytes of the request that they answer.

    """

    client: openrouter.Client
    models: Sequence[str]
    provider: openrouter.ProviderPreferences | None = None
    budget: int = 8000
    count_tokens: Callable[[str], int] = lambda text: len(text) // 3 + 1
    deadline: float = 30
    cache: MutableMapping[bytes, list[openrouter.Vector]] = field(default_factory=dict[bytes, list[openrouter.Vector]])

    def embed(self, texts: Sequence[str]) -> tuple[str, list[openrouter.Vector]]:
        """Return the model that answered, and its vector of each text in order; vectors of two models do not mix."""
        for model in self.models:
            try:
                return model, [vector for batch in self._batches(texts) for vector in self._ask(model, batch)]
            except openrouter.ProviderOverloadedError:
                if model == self.models[-1]:
                    raise
        raise ValueError("models: expected one or more, received none")

    def _ask(self, model: str, texts: list[str]) -> list[openrouter.Vector]:
        client = self.client.with_deadline(self.deadline)
        body = openrouter.EmbeddingsRequest(model=model, input=texts, encoding_format="base64", provider=self.provider)
        key = openrouter.create_embeddings.build(client=client, body=body).content
        if key not in self.cache:
            self.cache[key] = openrouter.create_embeddings.sync(client=client, body=body).vectors()
        return self.cache[key]

    def _batches(self, texts: Sequence[str]) -> Iterator[list[str]]:
        batch, used = list[str](), 0
        for text in texts:
            tokens = self.count_tokens(text)
            if batch and used + tokens > self.budget:
                yield batch
                batch, used = [], 0
            batch.append(text)
            used += tokens
        if batch:
            yield batch
