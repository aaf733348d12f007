"""litellm with its provider for OpenRouter."""

# mypy: disable-error-code="import-not-found"

import litellm
from protocol import Call, answer


def embed(call: Call) -> list[list[float]]:
    """Embed with the settings that the client has by itself."""
    result = litellm.embedding(model=f"openrouter/{call.model}", input=call.texts, api_base=call.url, api_key=call.key)
    return [item["embedding"] for item in result.data]


if __name__ == "__main__":
    answer(embed)
