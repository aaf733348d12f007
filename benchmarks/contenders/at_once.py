"""1,000 calls at once under asyncio, with a timeout of 5 s: `at_once.py CONTENDER BASE_URL`."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from measuring import KEY, MODEL

CALLS = 1000
TIMEOUT = 5.0
LONGEST = 60.0
"""Seconds after which calls that are still being tried again are given up."""

Prepare = Callable[[str, AsyncExitStack], Awaitable[Callable[[], Awaitable[Any]]]]
"""Takes the base URL, and the stack that closes the client; returns the call."""


async def ours(base_url: str, stack: AsyncExitStack) -> Callable[[], Awaitable[Any]]:
    """Return the call of the client of this project."""
    from openrouter_embeddings import Client, EmbeddingsRequest, create_embeddings  # noqa: PLC0415

    client = await stack.enter_async_context(Client(KEY, base_url, timeout=TIMEOUT))
    return lambda: create_embeddings.asyncio(client=client, body=EmbeddingsRequest(model=MODEL, input="a text"))


async def openai_python(base_url: str, stack: AsyncExitStack) -> Callable[[], Awaitable[Any]]:
    """Return the call of openai-python, which tries again twice by default."""
    from openai import AsyncOpenAI  # noqa: PLC0415

    client = await stack.enter_async_context(AsyncOpenAI(api_key=KEY, base_url=base_url, timeout=TIMEOUT))
    return lambda: client.embeddings.create(model=MODEL, input="a text")


async def openrouter_sdk(base_url: str, stack: AsyncExitStack) -> Callable[[], Awaitable[Any]]:
    """Return the call of OpenRouter's own SDK."""
    from openrouter import OpenRouter  # noqa: PLC0415

    client = await stack.enter_async_context(
        OpenRouter(api_key=KEY, server_url=base_url, timeout_ms=int(TIMEOUT * 1000))
    )
    return lambda: client.embeddings.generate_async(model=MODEL, input="a text")


PREPARE: dict[str, Prepare] = {"ours": ours, "openai_python": openai_python, "openrouter_sdk": openrouter_sdk}


async def main() -> None:
    """Make the calls, and print how many were answered, and the seconds of wall time and CPU."""
    _, contender, base_url = sys.argv
    async with AsyncExitStack() as stack:
        call = await PREPARE[contender](base_url, stack)
        began, cpu = time.perf_counter(), time.process_time()
        tasks = [asyncio.ensure_future(call()) for _ in range(CALLS)]
        done, late = await asyncio.wait(tasks, timeout=LONGEST)
        wall, cpu = time.perf_counter() - began, time.process_time() - cpu
        for task in late:
            task.cancel()
        await asyncio.wait(tasks)
    answered = sum(task.exception() is None for task in done)
    print(json.dumps({"answered": answered, "wall": wall, "cpu": cpu}))


asyncio.run(main())
