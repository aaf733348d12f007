"""What `examples/embeddings_sdk.py` does, on openai-python: to compare results, and the code that they take."""

import json
from array import array
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import openai


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
        cache: vectors, by the request that they answer.

    """

    client: openai.OpenAI
    models: Sequence[str]
    provider: dict[str, Any] | None = None
    budget: int = 8000
    count_tokens: Callable[[str], int] = lambda text: len(text) // 3 + 1
    deadline: float = 30
    cache: MutableMapping[str, list["array[float]"]] = field(default_factory=dict[str, list["array[float]"]])

    def embed(self, texts: Sequence[str]) -> tuple[str, list["array[float]"]]:
        """Return the model that answered, and its vector of each text in order; vectors of two models do not mix."""
        for model in self.models:
            try:
                return model, [vector for batch in self._batches(texts) for vector in self._ask(model, batch)]
            except openai.APIStatusError as error:
                if error.status_code != 529 or model == self.models[-1]:
                    raise
        raise ValueError("models: expected one or more, received none")

    def _ask(self, model: str, texts: list[str]) -> list["array[float]"]:
        key = json.dumps([model, texts, self.provider], sort_keys=True)
        if key not in self.cache:
            self.cache[key] = self._send(model, texts)
        return self.cache[key]

    def _send(self, model: str, texts: list[str]) -> list["array[float]"]:
        client = self.client.with_options(timeout=self.deadline, max_retries=0)
        body = {} if self.provider is None else {"provider": self.provider}
        pool = ThreadPoolExecutor(1)  # the timeout of a client bounds each wait for bytes, not the request
        try:
            request = pool.submit(client.embeddings.create, model=model, input=texts, extra_body=body)
            items = request.result(self.deadline).data
        finally:
            pool.shutdown(wait=False)
        if [item.index for item in items] != list(range(len(texts))):
            raise ValueError(f"expected {len(texts)} vectors in order, received {len(items)}")
        return [array("f", item.embedding) for item in items]

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
