"""openai-python, the synchronous client."""

# mypy: disable-error-code="import-not-found"

from openai import OpenAI
from protocol import Call, answer


def embed(call: Call) -> list[list[float]]:
    """Embed with the settings that the client has by itself."""
    with OpenAI(api_key=call.key, base_url=call.url) as client:
        given = call.texts[0] if len(call.texts) == 1 else call.texts
        return [item.embedding for item in client.embeddings.create(model=call.model, input=given).data]


if __name__ == "__main__":
    answer(embed)
