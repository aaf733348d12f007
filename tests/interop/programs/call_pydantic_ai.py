"""Pydantic AI with its provider for OpenRouter."""

# mypy: disable-error-code="import-not-found"

from openai import AsyncOpenAI
from protocol import Call, answer
from pydantic_ai import Embedder
from pydantic_ai.embeddings.openai import OpenAIEmbeddingModel
from pydantic_ai.providers.openrouter import OpenRouterProvider


def embed(call: Call) -> list[list[float]]:
    """Embed one text as a query, several as documents."""
    provider = OpenRouterProvider(openai_client=AsyncOpenAI(api_key=call.key, base_url=call.url))
    embedder = Embedder(OpenAIEmbeddingModel(call.model, provider=provider))
    if len(call.texts) == 1:
        return list(embedder.embed_query_sync(call.texts[0]).embeddings)
    return list(embedder.embed_documents_sync(call.texts).embeddings)


if __name__ == "__main__":
    answer(embed)
