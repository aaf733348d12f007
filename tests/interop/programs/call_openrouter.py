"""The official Python SDK of OpenRouter."""

# mypy: disable-error-code="import-not-found"

from openrouter import OpenRouter
from protocol import Call, answer


def embed(call: Call) -> list[list[float]]:
    """Embed with the settings that the SDK has by itself."""
    with OpenRouter(api_key=call.key, server_url=call.url) as client:
        given = call.texts[0] if len(call.texts) == 1 else call.texts
        return [item.embedding for item in client.embeddings.generate(model=call.model, input=given).data]


def list_models(call: Call, page: int) -> list[str]:
    """Return the ids of all models, page after page until the SDK says that there is none."""
    with OpenRouter(api_key=call.key, server_url=call.url) as client:
        found = []
        answered = client.embeddings.list_models(limit=page)
        while answered is not None:
            found += [model.id for model in answered.result.data]
            answered = answered.next()
        return found


if __name__ == "__main__":
    answer(embed, list_models)
