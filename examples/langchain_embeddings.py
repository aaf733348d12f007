"""A LangChain `Embeddings` class on top of the client, sync and async."""

from langchain_core.embeddings import Embeddings

from openrouter_embeddings import Client, EmbeddingsRequest, create_embeddings


class OpenRouterEmbeddings(Embeddings):
    """Embeds documents and queries with one model.

    Args:
        client: the client to send requests with.
        model: identifier of the model.
        query_type: `input_type` for queries, on models that embed them differently.
        document_type: `input_type` for documents.

    """

    def __init__(
        self, client: Client, model: str, *, query_type: str | None = None, document_type: str | None = None
    ) -> None:
        self._client = client
        self._model = model
        self._query_type = query_type
        self._document_type = document_type

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector per text."""
        return self._embed(texts, self._document_type) if texts else []

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a query."""
        return self._embed([text], self._query_type)[0]

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return one vector per text, without blocking."""
        return await self._embed_async(texts, self._document_type) if texts else []

    async def aembed_query(self, text: str) -> list[float]:
        """Return the vector of a query, without blocking."""
        return (await self._embed_async([text], self._query_type))[0]

    def _embed(self, texts: list[str], input_type: str | None) -> list[list[float]]:
        response = create_embeddings.sync(client=self._client, body=self._body(texts, input_type))
        return [list(vector) for vector in response.vectors()]

    async def _embed_async(self, texts: list[str], input_type: str | None) -> list[list[float]]:
        response = await create_embeddings.asyncio(client=self._client, body=self._body(texts, input_type))
        return [list(vector) for vector in response.vectors()]

    def _body(self, texts: list[str], input_type: str | None) -> EmbeddingsRequest:
        return EmbeddingsRequest(model=self._model, input=texts, encoding_format="base64", input_type=input_type)
