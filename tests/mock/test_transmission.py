"""Scenarios that break the connection, and empty answers."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from openrouter_mock import transmission
from openrouter_mock.app import MockApp, create_app
from openrouter_mock.call import Call
from openrouter_mock.scenarios import SCENARIOS
from openrouter_mock.server import MockServer
from openrouter_mock.settings import MockSettings

from .probes import KEY, body, client_of, raw

BROKEN = sorted(name for name, each in SCENARIOS.items() if each.transmission in {"reset", "hang", "truncated"})


@pytest.fixture
def server() -> Iterator[MockServer]:
    """A running mock."""
    with MockServer() as running:
        yield running


def embed(server: MockServer, **how: Any) -> httpx.Response:
    """Embed a text."""
    headers = {"authorization": f"Bearer {server.key}", "content-type": "application/json"}
    return httpx.post(f"{server.url}/embeddings", content=body("cat"), headers=headers, **how)


@pytest.mark.parametrize("path", ["/embeddings", "/embeddings/models"])
def test_a_connection_may_be_reset(server: MockServer, path: str) -> None:
    """The caller of either operation gets a reset and no byte of a response, and the next call is answered."""
    server.scenarios.queue("connection-reset")
    method = "GET" if path.endswith("models") else "POST"
    headers = {"authorization": f"Bearer {server.key}"}
    content = None if method == "GET" else body("cat")
    with pytest.raises(httpx.ReadError, match="reset"):
        httpx.request(method, server.url + path, content=content, headers=headers)
    assert httpx.request(method, server.url + path, content=content, headers=headers).status_code == 200
    assert [call.scenario for call in server.calls] == ["connection-reset", None]


def test_a_call_may_hang(server: MockServer) -> None:
    """The caller waits until its own timeout; the call is seen, and others are answered meanwhile."""
    server.scenarios.queue("hang")
    with pytest.raises(httpx.ReadTimeout):
        embed(server, timeout=0.2)
    assert embed(server).status_code == 200
    assert [call.scenario for call in server.calls] == ["hang", None]


def test_a_stop_ends_calls_that_hang() -> None:
    """A mock that stops closes the connection of a call that hangs."""
    server = MockServer()
    server.start()
    try:
        server.scenarios.queue("hang")
        host, port = httpx.URL(server.url).host, httpx.URL(server.url).port
        with socket.create_connection((host, port or 0)) as connection:
            connection.sendall(b"GET /api/v1/embeddings/models HTTP/1.1\r\nHost: mock\r\n\r\n")
            while not server.calls.total:
                embed_nothing(server)
            server.stop()
            assert connection.recv(1) == b""
    finally:
        server.stop()


def embed_nothing(server: MockServer) -> None:
    """Make a call that takes no scenario, to give the server time."""
    httpx.get(server.url.removesuffix("/api/v1") + "/health")


def test_a_body_may_be_truncated(server: MockServer) -> None:
    """Half of the announced body arrives, then the connection is closed."""
    server.scenarios.queue("truncated")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        embed(server)
    assert embed(server).status_code == 200


def test_a_body_may_drip(monkeypatch: pytest.MonkeyPatch) -> None:
    """The body is sent a byte at a time, whole in the end."""
    monkeypatch.setattr(transmission, "DRIP_SECONDS", 0.0)
    app = create_app()
    app.service.scenarios.queue("drip")
    sent = asyncio.run(_messages(app, raw("", body("cat"))))
    pieces = [message["body"] for message in sent if message["type"] == "http.response.body"]
    assert {len(piece) for piece in pieces[:-1]} == {1}
    assert dict(sent[0]["headers"])[b"content-length"] == str(len(b"".join(pieces))).encode()
    assert b"".join(pieces).endswith(b"}")


def test_a_drip_takes_longer_than_a_read_timeout_notices(server: MockServer) -> None:
    """Between two bytes passes less than a timeout for reading, and the whole takes longer than it."""
    server.scenarios.queue("drip")
    headers = {"authorization": f"Bearer {server.key}"}
    received = 0
    with httpx.stream(
        "POST", f"{server.url}/embeddings", content=body("cat"), headers=headers, timeout=5 * transmission.DRIP_SECONDS
    ) as response:
        for piece in response.iter_raw():
            received += len(piece)
            if received >= 8:
                break
        assert received < int(response.headers["content-length"])


@pytest.mark.parametrize("name", BROKEN)
def test_broken_connections_are_finite(name: str) -> None:
    """A caller that tries again succeeds at the fourth call; in one process a broken connection is an exception."""
    app = create_app()
    broken = SCENARIOS[name]
    assert broken.failures == 3
    chosen = [app.service.scenarios.select(call_of(f"mock/{name}")) for _ in range(4)]
    assert chosen == [broken, broken, broken, None]


def call_of(model: str) -> Any:
    """Return a call that asks for *model*."""
    return Call("POST", "/api/v1/embeddings", {}, fields={"model": model, "input": "cat"})


def test_without_a_network_a_broken_connection_is_an_exception() -> None:
    """In an application that is called directly, the caller gets the exception that a network would bring."""
    app = create_app()
    app.service.scenarios.queue("connection-reset")
    with pytest.raises(ConnectionResetError, match="as the scenario says"):
        asyncio.run(_messages(app, raw("", body("cat"))))


@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_data_may_be_empty(encoding: str) -> None:
    """Servers have answered 200 with no vectors, or with empty ones."""
    app = create_app()
    client = client_of(app)
    headers = {"authorization": f"Bearer {KEY}"}
    app.service.scenarios.queue("empty-data")
    app.service.scenarios.queue("empty-vectors")
    content = body(["cat", "dog"], encoding_format=encoding)
    first, second, third = (client.post("/embeddings", content=content, headers=headers).json() for _ in range(3))
    assert first["data"] == []
    assert [each["embedding"] for each in second["data"]] == [[] if encoding == "float" else ""] * 2
    vector = third["data"][0]["embedding"]
    assert len(vector if encoding == "float" else base64.b64decode(vector)) == (3 if encoding == "float" else 12)
    assert first["usage"] == third["usage"]


def test_the_model_list_may_be_empty() -> None:
    """The scenario `empty-data` empties the model list as well, and `empty-vectors` leaves it alone."""
    app = create_app(MockSettings(faults=("empty-data",)))
    assert client_of(app).get("/embeddings/models").json()["data"] == []
    app = create_app(MockSettings(faults=("empty-vectors",)))
    assert client_of(app).get("/embeddings/models").json() == client_of(create_app()).get("/embeddings/models").json()


async def _messages(app: MockApp, probe: Any) -> list[dict[str, Any]]:
    """Return what *app* sends for *probe*, message by message."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/embeddings",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in probe.headers.items()],
    }
    sent: list[dict[str, Any]] = []

    body = iter([{"type": "http.request", "body": probe.body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        for message in body:
            return message
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(dict(message))

    await app(scope, receive, send)
    return sent
