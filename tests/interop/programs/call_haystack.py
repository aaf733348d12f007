"""Haystack with its embedders for OpenAI's API."""

# mypy: disable-error-code="import-not-found"

from haystack import Document
from haystack.components.embedders import OpenAIDocumentEmbedder, OpenAITextEmbedder
from haystack.utils import Secret
from protocol import Call, answer


def embed(call: Call) -> list[list[float]]:
    """Embed one text with the embedder for texts, several with the one for documents."""
    settings = {"api_key": Secret.from_token(call.key), "api_base_url": call.url, "model": call.model}
    if len(call.texts) == 1:
        return [OpenAITextEmbedder(**settings).run(call.texts[0])["embedding"]]
    embedder = OpenAIDocumentEmbedder(**settings, progress_bar=False, raise_on_failure=True)
    documents = embedder.run([Document(content=text) for text in call.texts])["documents"]
    return [document.embedding for document in documents]


if __name__ == "__main__":
    answer(embed)
