"""LlamaIndex with its embeddings for servers that are like OpenAI's."""

# mypy: disable-error-code="import-not-found"

from llama_index.embeddings.openai_like import OpenAILikeEmbedding
from protocol import Call, answer


def embed(call: Call) -> list[list[float]]:
    """Embed one text as a query, several as documents, with few tries: openai repeats each of them."""
    embedding = OpenAILikeEmbedding(model_name=call.model, api_base=call.url, api_key=call.key, max_retries=2)
    if len(call.texts) == 1:
        return [embedding.get_query_embedding(call.texts[0])]
    return list(embedding.get_text_embedding_batch(call.texts))


if __name__ == "__main__":
    answer(embed)
