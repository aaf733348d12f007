"""Clients that get their responses without a network, and the four ways to call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import httpx

from openrouter_embeddings import (
    Client,
    EmbeddingsRequest,
    EmbeddingsResponse,
    OpenRouterError,
    Response,
    create_embeddings,
)

KEY = "sk-or-v1-" + "0123456789abcdef" * 4
"""A key of the form that OpenRouter gives out."""

Outcome: TypeAlias = EmbeddingsResponse | OpenRouterError
Call: TypeAlias = Callable[[Client, EmbeddingsRequest], Outcome]

_FIXTURES = Path(__file__).parent / "fixtures"


def fixture(name: str) -> Any:
    """Return `fixtures/NAME.json`, parsed afresh."""
    return json.loads((_FIXTURES / f"{name}.json").read_text(encoding="utf-8"))


def client_with_handler(handler: Callable[[httpx.Request], httpx.Response], **settings: Any) -> Client:
    """Return a client that sends everything to a function."""
    transport = httpx.MockTransport(handler)
    return Client(
        http_client=httpx.Client(transport=transport),
        async_http_client=httpx.AsyncClient(transport=transport),
        **{"api_key": KEY, **settings},
    )


def client_with_response(
    status: int = 200, content: object = b"", headers: Mapping[str, str | bytes] | None = None, **settings: Any
) -> Client:
    """Return a client whose every call gets one response; content that is not bytes is sent as JSON."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return client_with_handler(lambda _: httpx.Response(status, content=body, headers=_encoded(headers)), **settings)


def _encoded(headers: Mapping[str, str | bytes] | None) -> list[tuple[bytes, bytes]]:
    return [
        (name.encode(), value.encode() if isinstance(value, str) else value) for name, value in (headers or {}).items()
    ]


def _sync(client: Client, body: EmbeddingsRequest) -> EmbeddingsResponse:
    with client:
        return create_embeddings.sync(client=client, body=body)


async def _asyncio(client: Client, body: EmbeddingsRequest) -> EmbeddingsResponse:
    async with client:
        return await create_embeddings.asyncio(client=client, body=body)


def _sync_detailed(client: Client, body: EmbeddingsRequest) -> Outcome:
    with client:
        return _either(create_embeddings.sync_detailed(client=client, body=body))


async def _asyncio_detailed(client: Client, body: EmbeddingsRequest) -> Outcome:
    async with client:
        return _either(await create_embeddings.asyncio_detailed(client=client, body=body))


def _either(response: Response[EmbeddingsResponse]) -> Outcome:
    assert (response.result is None) != (response.error is None)
    either = response.result or response.error
    assert either is not None
    return either


def _caught(call: Callable[[], Outcome]) -> Outcome:
    try:
        return call()
    except OpenRouterError as error:
        return error


CALLS: dict[str, Call] = {
    "sync": lambda client, body: _caught(lambda: _sync(client, body)),
    "asyncio": lambda client, body: _caught(lambda: asyncio.run(_asyncio(client, body))),
    "sync_detailed": lambda client, body: _caught(lambda: _sync_detailed(client, body)),
    "asyncio_detailed": lambda client, body: _caught(lambda: asyncio.run(_asyncio_detailed(client, body))),
}
"""One call, whichever of the four ways it is made: the result, or the error that it raised or carries."""
