"""langchain-openai as it is by default: it tokenises by itself and sends token ids.

tiktoken fetches its vocabularies from the network. In their place stands one that knows the texts of the plan.
"""

# mypy: disable-error-code="import-not-found"

import tiktoken
from langchain_openai import OpenAIEmbeddings
from protocol import Call, answer


class Vocabulary:
    """The token ids of known texts, where langchain-openai expects an encoding of tiktoken's."""

    def __init__(self, tokens: dict[str, list[int]]) -> None:
        """Know the *tokens* of each text."""
        self._tokens = tokens

    def encode(self, text: str, **_: object) -> list[int]:
        """Return the token ids of *text*; raise `KeyError` when it is not known."""
        return self._tokens[text]

    encode_ordinary = encode


def embed(call: Call) -> list[list[float]]:
    """Embed one text as a query, several as documents."""
    tiktoken.encoding_for_model = lambda _: Vocabulary(call.tokens)
    embeddings = OpenAIEmbeddings(model=call.model, api_key=call.key, base_url=call.url)
    if len(call.texts) == 1:
        return [embeddings.embed_query(call.texts[0])]
    return list(embeddings.embed_documents(call.texts))


if __name__ == "__main__":
    answer(embed)
