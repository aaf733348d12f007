"""openai-python, the asynchronous client."""

# mypy: disable-error-code="import-not-found"

import asyncio

from openai import AsyncOpenAI
from protocol import Call, answer


async def embed(call: Call) -> list[list[float]]:
    """Embed with the settings that the client has by itself."""
    async with AsyncOpenAI(api_key=call.key, base_url=call.url) as client:
        given = call.texts[0] if len(call.texts) == 1 else call.texts
        result = await client.embeddings.create(model=call.model, input=given)
        return [item.embedding for item in result.data]


if __name__ == "__main__":
    answer(lambda call: asyncio.run(embed(call)))
