"""langchain-openai when it is told not to tokenise: it sends texts."""

# mypy: disable-error-code="import-not-found"

from langchain_openai import OpenAIEmbeddings
from protocol import Call, answer


def embed(call: Call) -> list[list[float]]:
    """Embed one text as a query, several as documents."""
    embeddings = OpenAIEmbeddings(
        model=call.model, api_key=call.key, base_url=call.url, check_embedding_ctx_length=False
    )
    if len(call.texts) == 1:
        return [embeddings.embed_query(call.texts[0])]
    return list(embeddings.embed_documents(call.texts))


if __name__ == "__main__":
    answer(embed)
