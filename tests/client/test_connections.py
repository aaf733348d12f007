"""Connections: shared by copies, closed once, safe under threads; and what happens when they fail."""

from __future__ import annotations

import asyncio
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler

import httpx
import pytest

from client.calls import KEY, Call, client_with_handler, client_with_response, fixture
from client.loopback import Loopback, reply
from openrouter_embeddings import Client, EmbeddingsRequest, TransportError, create_embeddings, list_embeddings_models

GOOD = json.dumps(fixture("embeddings_float")).encode()


@pytest.fixture
def refused() -> str:
    """A base URL at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/api/v1"


def test_a_refused_connection_is_a_transport_error(call: Call, refused: str, one_text: EmbeddingsRequest) -> None:
    """The message names the request and the reason; the cause is what httpx raised."""
    error = call(Client(KEY, refused), one_text)
    assert isinstance(error, TransportError)
    assert isinstance(error.__cause__, httpx.ConnectError)
    assert str(error).startswith(f"no response to POST {refused}/embeddings: ConnectError: ")


def test_a_server_that_never_responds_is_a_transport_error(
    call: Call, loopback: Loopback, one_text: EmbeddingsRequest
) -> None:
    """The timeout of the client ends the wait."""

    def wait(handler: BaseHTTPRequestHandler) -> None:
        loopback.released.wait()
        handler.close_connection = True

    loopback.handle = wait
    error = call(Client(KEY, loopback.url, timeout=httpx.Timeout(30, read=0.05)), one_text)
    loopback.released.set()
    assert isinstance(error, TransportError)
    assert isinstance(error.__cause__, httpx.ReadTimeout)
    assert "ReadTimeout" in str(error)


def cut_in_the_body(handler: BaseHTTPRequestHandler) -> None:
    """Send half of the body that was announced."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(GOOD)))
    handler.end_headers()
    handler.wfile.write(GOOD[: len(GOOD) // 2])
    handler.close_connection = True


def cut_in_a_chunk(handler: BaseHTTPRequestHandler) -> None:
    """Send the beginning of a chunk."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"%x\r\n" % len(GOOD) + GOOD[:50])
    handler.close_connection = True


def cut_in_the_headers(handler: BaseHTTPRequestHandler) -> None:
    """Send no whole header."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Ty")
    handler.close_connection = True


def no_http_at_all(handler: BaseHTTPRequestHandler) -> None:
    """Speak another protocol."""
    handler.wfile.write(b"220 mail.acme.example ESMTP\r\n\r\n")
    handler.close_connection = True


def silent_close(handler: BaseHTTPRequestHandler) -> None:
    """Send nothing at all."""
    handler.close_connection = True


@pytest.mark.parametrize(
    "response",
    [cut_in_the_body, cut_in_a_chunk, cut_in_the_headers, no_http_at_all, silent_close],
    ids=lambda f: f.__name__,
)
def test_a_broken_stream_is_a_transport_error(
    call: Call, loopback: Loopback, one_text: EmbeddingsRequest, response: object
) -> None:
    """A server that stops in the middle, or speaks another protocol, gave no response."""
    loopback.handle = response  # type: ignore[assignment]
    error = call(Client(KEY, loopback.url), one_text)
    assert isinstance(error, TransportError)
    assert isinstance(error.__cause__, httpx.RemoteProtocolError)


@pytest.mark.parametrize(
    "failure", [OSError("disk"), UnicodeError("host"), httpx.InvalidURL("url"), httpx.StreamClosed()]
)
def test_whatever_a_transport_raises_in_sending_is_a_transport_error(
    call: Call, one_text: EmbeddingsRequest, failure: Exception
) -> None:
    """Errors of the system and of httpx arrive as one kind."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise failure

    error = call(client_with_handler(fail), one_text)
    assert isinstance(error, TransportError)
    assert error.__cause__ is failure


def test_copies_share_the_connections(loopback: Loopback, one_text: EmbeddingsRequest) -> None:
    """A copy with other settings uses the open connection of its original; calls in a row need one connection."""
    loopback.handle = lambda handler: reply(handler, 200, GOOD)
    with Client(KEY, loopback.url) as client:
        for copy in (client, client.with_timeout(5), client.with_headers({"X-A": "1"}), client.with_retries(None)):
            create_embeddings.sync(client=copy, body=one_text)
    assert (loopback.connections, len(loopback.requests)) == (1, 4)
    assert [headers.get("x-a") for _, headers, _ in loopback.requests] == [None, None, "1", None]


def test_async_copies_share_the_connections(loopback: Loopback, one_text: EmbeddingsRequest) -> None:
    """The same holds without blocking."""
    loopback.handle = lambda handler: reply(handler, 200, GOOD)

    async def calls() -> None:
        async with Client(KEY, loopback.url) as client:
            for copy in (client, client.with_timeout(5), client.with_headers({"X-A": "1"})):
                await create_embeddings.asyncio(client=copy, body=one_text)

    asyncio.run(calls())
    assert loopback.connections == 1


def test_many_async_calls_run_at_once(loopback: Loopback) -> None:
    """Twenty calls gathered on one client each get their own response."""
    loopback.handle = _echo

    async def calls() -> list[str | None]:
        async with Client(KEY, loopback.url) as client:
            bodies = [EmbeddingsRequest(model=f"m{number}", input="x") for number in range(20)]
            responses = await asyncio.gather(*(create_embeddings.asyncio(client=client, body=body) for body in bodies))
            return [response.model for response in responses]

    assert asyncio.run(calls()) == [f"m{number}" for number in range(20)]


def test_a_client_is_shared_by_threads(loopback: Loopback) -> None:
    """Eight threads call through one client, and each gets the responses to its own requests."""
    loopback.handle = _echo
    with Client(KEY, loopback.url) as client, ThreadPoolExecutor(8) as threads:

        def call(number: int) -> str | None:
            body = EmbeddingsRequest(model=f"m{number}", input="x")
            return create_embeddings.sync(client=client.with_headers({"X-A": str(number)}), body=body).model

        assert list(threads.map(call, range(80))) == [f"m{number}" for number in range(80)]
    assert sorted(int(headers["x-a"]) for _, headers, _ in loopback.requests) == list(range(80))
    assert loopback.connections <= 8


def _echo(handler: BaseHTTPRequestHandler) -> None:
    """Respond with the name of the model that was asked for; the loopback server keeps requests in order."""
    reply(handler, 200, json.dumps({**fixture("embeddings_float"), "model": handler.asked["model"]}).encode())  # type: ignore[attr-defined]


def test_leaving_the_context_closes_own_connections(loopback: Loopback, one_text: EmbeddingsRequest) -> None:
    """After `with`, the client and its copies send no more."""
    loopback.handle = lambda handler: reply(handler, 200, GOOD)
    with Client(KEY, loopback.url) as client:
        create_embeddings.sync(client=client, body=one_text)
    with pytest.raises(RuntimeError, match="closed"):
        create_embeddings.sync(client=client.with_timeout(1), body=one_text)


def test_a_client_that_was_never_used_closes_quietly() -> None:
    """No connection is opened only to be closed."""
    client = Client("")
    client.close()
    asyncio.run(client.aclose())
    with Client(""):
        pass


def test_clients_of_the_author_stay_open(one_text: EmbeddingsRequest) -> None:
    """Who brings an httpx client closes it."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=GOOD))
    own, own_async = httpx.Client(transport=transport), httpx.AsyncClient(transport=transport)

    async def call() -> None:
        async with Client(KEY, http_client=own, async_http_client=own_async) as client:
            await create_embeddings.asyncio(client=client, body=one_text)
            create_embeddings.sync(client=client, body=one_text)

    asyncio.run(call())
    with Client(KEY, http_client=own) as client:
        create_embeddings.sync(client=client, body=one_text)
    assert not own.is_closed
    assert not own_async.is_closed


def test_the_async_context_closes_both_kinds(loopback: Loopback, one_text: EmbeddingsRequest) -> None:
    """`async with` also closes connections that blocking calls opened meanwhile."""
    loopback.handle = lambda handler: reply(handler, 200, GOOD)

    async def calls() -> Client:
        async with Client(KEY, loopback.url) as client:
            await create_embeddings.asyncio(client=client, body=one_text)
            create_embeddings.sync(client=client, body=one_text)
        return client

    client = asyncio.run(calls())
    with pytest.raises(RuntimeError, match="closed"):
        create_embeddings.sync(client=client, body=one_text)


def test_settings_of_the_author_s_client_hold(one_text: EmbeddingsRequest) -> None:
    """Event hooks of an own httpx client see each request."""
    seen: list[str] = []
    own = httpx.Client(
        transport=httpx.MockTransport(lambda _: httpx.Response(200, content=GOOD)),
        event_hooks={"request": [lambda request: seen.append(request.url.path)]},
    )
    create_embeddings.sync(client=Client(KEY, http_client=own), body=one_text)
    assert seen == ["/api/v1/embeddings"]


def test_both_operations_share_one_client() -> None:
    """One client serves the list and the vectors."""
    assert list_embeddings_models.sync(client=client_with_response(200, fixture("models_page"))).total_count == 7


def test_one_client_serves_one_event_loop_after_another(loopback: Loopback, one_text: EmbeddingsRequest) -> None:
    """Scripts that call `asyncio.run` several times need no client for each."""
    loopback.handle = lambda handler: reply(handler, 200, GOOD)
    client = Client(KEY, loopback.url)

    async def call() -> str | None:
        async with client:
            return (await create_embeddings.asyncio(client=client, body=one_text)).model

    assert [asyncio.run(call()) for _ in range(3)] == ["text-embedding-3-small"] * 3
