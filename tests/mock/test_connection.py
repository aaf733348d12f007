"""HTTP on a connection: every client that can still read gets a response, and none can block the mock."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from uvicorn.server import ServerState

from openrouter_mock import server as mock_server
from openrouter_mock.app import create_app
from openrouter_mock.server import MockServer
from openrouter_mock.settings import MockSettings

from .probes import KEY, body

if TYPE_CHECKING:
    from collections.abc import Iterator

_APP = create_app()
LIST = b"GET /api/v1/embeddings/models?limit=1 HTTP/1.1\r\nHost: x\r\n\r\n"
_BODY = body("cat")
EMBED = (
    b"POST /api/v1/embeddings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
) % (KEY.encode(), len(_BODY), _BODY)


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    """A running mock that takes short heads only."""
    with MockServer(MockSettings(max_head=2000, log_level="error")) as running:
        yield running


@pytest.fixture(scope="module")
def impatient() -> Iterator[MockServer]:
    """A running mock that waits for requests for a moment only."""
    with MockServer(MockSettings(request_timeout=0.2, log_level="error")) as running:
        yield running


@contextmanager
def connected(server: MockServer) -> Iterator[socket.socket]:
    """A connection to the mock."""
    parts = urlsplit(server.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        yield connection


def everything(connection: socket.socket) -> bytes:
    """Return what comes until the mock ends the connection."""
    received = b""
    while some := connection.recv(2**16):
        received += some
    return received


def received_for(server: MockServer, sent: bytes) -> bytes:
    """Return what the mock sends in response to *sent* before it closes the connection."""
    with connected(server) as connection:
        connection.sendall(sent)
        return everything(connection)


def final_errors(received: bytes) -> list[tuple[bytes, str]]:
    """Return the status and message of each error response in *received* that ends its connection."""
    lines = []
    for answer in received.split(b"HTTP/1.1 ")[1:]:
        head, _, content = answer.partition(b"\r\n\r\n")
        if b"connection: close" in head:
            lines.append((head.partition(b" ")[0], json.loads(content)["error"]["message"]))
    return lines


def statuses(received: bytes) -> list[bytes]:
    """Return the statuses of the answers in *received*."""
    return [answer[:3] for answer in received.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize("requests", [[EMBED], [LIST], [LIST, EMBED, LIST]], ids=["one", "without body", "pipelined"])
def test_a_client_that_sends_no_more_is_answered(server: MockServer, requests: list[bytes]) -> None:
    """A client that has closed its side after complete requests gets all responses, and then the connection ends."""
    with connected(server) as connection:
        connection.sendall(b"".join(requests))
        connection.shutdown(socket.SHUT_WR)
        received = everything(connection)
    assert statuses(received) == [b"200"] * len(requests)


def test_a_client_that_sends_no_more_is_answered_late_too() -> None:
    """A client that has closed its side waits for a slow answer."""
    with MockServer(MockSettings(latency=0.1)) as slow, connected(slow) as connection:
        connection.sendall(EMBED)
        connection.shutdown(socket.SHUT_WR)
        assert statuses(everything(connection)) == [b"200"]


def test_a_request_that_ends_in_the_middle_is_400(server: MockServer) -> None:
    """Half a request, and then the end of the sender's side, is 400."""
    with connected(server) as connection:
        connection.sendall(EMBED[:-1])
        connection.shutdown(socket.SHUT_WR)
        assert final_errors(everything(connection)) == [(b"400", "request: it ends in the middle")]


def test_a_silent_connection_is_closed(impatient: MockServer) -> None:
    """A connection on which nothing is sent is closed."""
    with connected(impatient) as connection:
        assert everything(connection) == b""


def test_trailers_without_end_are_rejected(server: MockServer) -> None:
    """Headers behind a chunked body are limited too."""
    head = EMBED.partition(b"\r\n\r\n")[0].replace(b"Content-Length: ", b"Transfer-Encoding: chunked\r\nX: ")
    sent = head + b"\r\n\r\n2\r\n{}\r\n0\r\n" + b"a: b\r\n" * 50_000
    assert final_errors(received_for(server, sent)) == [(b"431", "trailers: there are too many")]


def test_a_sender_who_asks_first_hears_that_the_body_is_too_large(server: MockServer) -> None:
    """With `Expect: 100-continue` a body beyond the limit is rejected before it is sent, and a good one asked for."""
    head = EMBED.partition(b"\r\n\r\n")[0].replace(b"Host", b"Expect: 100-continue\r\nHost") + b"\r\n\r\n"
    with connected(server) as connection:
        connection.sendall(head.replace(b"Content-Length: ", b"Content-Length: 99999999"))
        assert statuses(everything(connection)) == [b"413"]
    with connected(server) as connection:
        connection.sendall(head)
        assert connection.recv(2**16) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(_BODY)
        assert connection.recv(2**16).startswith(b"HTTP/1.1 200 ")


def test_pipelined_requests_are_answered_in_order(server: MockServer) -> None:
    """Many requests get as many answers, though together they are longer than a head may be, and cut anywhere."""
    last = LIST.replace(b"Host", b"Connection: close\r\nHost")
    sent = LIST * 199 + last
    with connected(server) as connection:
        for start in range(0, len(sent), 3333):
            connection.sendall(sent[start : start + 3333])
        assert statuses(everything(connection)) == [b"200"] * 200


def test_a_body_is_no_part_of_the_next_head(server: MockServer) -> None:
    """A long body with the beginning of the next request behind it is read as what it is."""
    long = body(["cat " * 1000] * 20)
    request = EMBED.replace(b"Length: %d" % len(_BODY), b"Length: %d" % len(long)).replace(_BODY, long)
    with connected(server) as connection:
        connection.sendall(request + LIST[:20])
        connection.sendall(LIST[20:])
        connection.shutdown(socket.SHUT_WR)
        assert statuses(everything(connection)) == [b"200", b"200"]


def test_a_long_head_that_comes_at_once_is_rejected(server: MockServer) -> None:
    """The limit holds for a head in one piece, also behind another request."""
    long = LIST.replace(b"Host", b"X: " + b"y" * 3000 + b"\r\nHost")
    message = "head: it is longer than the limit of 2000 bytes"
    assert final_errors(received_for(server, long)) == [(b"431", message)]
    assert statuses(received_for(server, LIST + long)) == [b"200", b"431"]


BROKEN = {"half": EMBED[:-1], "chunk": EMBED.replace(b"Content-Length: ", b"Transfer-Encoding: chunked\r\nX: ")}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_an_error_waits_for_the_responses_before_it(broken: bytes) -> None:
    """A truncated or malformed request after a slow one is rejected after the response to that one."""
    with MockServer(MockSettings(latency=0.1, log_level="error")) as slow, connected(slow) as connection:
        connection.sendall(LIST + broken)
        connection.shutdown(socket.SHUT_WR)
        assert statuses(everything(connection)) == [b"200", b"400"]


def test_bytes_that_begin_no_request_keep_no_connection(impatient: MockServer) -> None:
    """Blank lines behind a request do not end the wait for the next one."""
    config = impatient._server.config if impatient._server else None
    assert config
    config.timeout_keep_alive = 0
    try:
        with connected(impatient) as connection:
            connection.sendall(LIST + b"\r\n")
            assert statuses(everything(connection)) == [b"200"]
    finally:
        config.timeout_keep_alive = 75


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nX: " + b"y" * 100_000,
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 100_000,
        b"GET /" + b"x" * 600_000,
    ],
    ids=["header", "headers", "request line"],
)
def test_a_head_without_end_is_rejected(server: MockServer, sent: bytes) -> None:
    """A head beyond the limit is 431, sent while the client may still be sending."""
    assert final_errors(received_for(server, sent)) == [(b"431", "head: it is longer than the limit of 2000 bytes")]


def test_a_long_head_within_the_limit_is_taken(server: MockServer) -> None:
    """A head of some size, in pieces, is read to its end."""
    with connected(server) as connection:
        for piece in (LIST[:-2], b"X-Long: " + b"y" * 1800, b"\r\nConnection: close\r\n\r\n"):
            connection.sendall(piece)
        assert statuses(everything(connection)) == [b"200"]


@pytest.mark.parametrize(
    "sent",
    [LIST[:-2], LIST[:20], EMBED[:-1], EMBED.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"],
    ids=["head", "request line", "body", "no body"],
)
def test_a_request_that_does_not_arrive_is_given_up(impatient: MockServer, sent: bytes) -> None:
    """A request that stops half-way is 408, whichever half."""
    assert final_errors(received_for(impatient, sent)) == [(b"408", "request: it did not arrive within 0.2 seconds")]


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03",
        EMBED.replace(b"Content-Length: ", b"Content-Length: -"),
        EMBED.replace(b"Content-Length", b"Content-Length: 3\r\nContent-Length"),
        EMBED.replace(b"Content-Length: ", b"Transfer-Encoding: chunked\r\nX: ").replace(_BODY, b"zz\r\n"),
        "GET /ü HTTP/1.1\r\n\r\n".encode(),
    ],
    ids=["words", "version", "tls", "negative length", "two lengths", "chunk", "path"],
)
def test_what_is_not_http_is_400(server: MockServer, sent: bytes) -> None:
    """Malformed HTTP is 400 with the usual error body, and the connection ends."""
    assert final_errors(received_for(server, sent)) == [(b"400", "request: it is not valid HTTP/1.1")]


def test_malformed_http_after_a_response_is_400(server: MockServer) -> None:
    """On a connection that has served, malformed HTTP is 400 all the same."""
    with connected(server) as connection:
        connection.sendall(LIST)
        assert connection.recv(2**16).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"nonsense\r\n\r\n")
        assert final_errors(everything(connection)) == [(b"400", "request: it is not valid HTTP/1.1")]


UPGRADES = {
    "h2c": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAA\r\n",
    "tls": b"Connection: Upgrade\r\nUpgrade: TLS/1.2\r\n",
    "websocket": b"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
}


@pytest.mark.parametrize("asked", UPGRADES.values(), ids=UPGRADES)
@pytest.mark.parametrize("pieces", [1, 2], ids=["at once", "head before body"])
def test_a_request_that_would_rather_be_another_protocol_is_answered(
    server: MockServer, asked: bytes, pieces: int
) -> None:
    """An Upgrade is passed over, its body is read, and the connection goes on, as for Java and `curl --http2`."""
    head, _, content = EMBED.replace(b"Host", asked + b"Host").partition(b"\r\n\r\n")
    with connected(server) as connection:
        if pieces == 1:
            connection.sendall(head + b"\r\n\r\n" + content + LIST)
        else:
            connection.sendall(head + b"\r\n\r\n")
            assert httpx.get(f"{server.url}/embeddings/models").status_code == 200
            connection.sendall(content + LIST)
        connection.shutdown(socket.SHUT_WR)
        assert statuses(everything(connection)) == [b"200", b"200"]


def test_many_upgrades_at_once_are_answered(server: MockServer) -> None:
    """Requests that each ask for another protocol may follow one another."""
    asking = LIST.replace(b"Host", UPGRADES["h2c"] + b"Host")
    with connected(server) as connection:
        connection.sendall(asking * 1500)
        connection.shutdown(socket.SHUT_WR)
        assert statuses(everything(connection)) == [b"200"] * 1500


def test_a_chunked_body_behind_an_upgrade_is_read(server: MockServer) -> None:
    """The length of the body may come in any way."""
    chunked = EMBED.replace(b"Content-Length: ", UPGRADES["h2c"] + b"Transfer-Encoding: chunked\r\nX: ")
    sent = chunked.replace(_BODY, b"%x\r\n%s\r\n0\r\n\r\n" % (len(_BODY), _BODY))
    with connected(server) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        assert statuses(everything(connection)) == [b"200"]


def test_a_tunnel_is_rejected(server: MockServer) -> None:
    """The mock is not a proxy."""
    rejected = final_errors(received_for(server, b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"))
    assert rejected == [(b"400", "request: it asks for a tunnel, and this is not a proxy")]


def test_requests_before_malformed_http_are_answered(server: MockServer) -> None:
    """What came whole before the malformed bytes is answered first."""
    received = received_for(server, LIST + EMBED + b"nonsense\r\n\r\n")
    assert statuses(received) == [b"200", b"200", b"400"]


def test_a_reset_in_the_middle_does_no_harm(server: MockServer) -> None:
    """Clients that vanish, before or while they are answered, leave nothing behind."""
    for sent in (EMBED[:60], EMBED, LIST * 50):
        with connected(server) as connection:
            connection.sendall(sent)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert httpx.get(f"{server.url}/embeddings/models").status_code == 200


_CHUNKED = EMBED.replace(b"Content-Length: ", b"Transfer-Encoding: chunked\r\nX: ").replace(
    _BODY, b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (_BODY[:1], _BODY[1:7], _BODY[7:])) + b"0\r\n\r\n"
)
WHOLE = (
    LIST,
    EMBED,
    _CHUNKED,
    *(request.replace(b"Host", UPGRADES["h2c"] + b"Host") for request in (LIST, EMBED, _CHUNKED)),
)
TAILS = {b"": [], LIST[:15]: [b"400"], EMBED[:-3]: [b"400"], _CHUNKED[:-4]: [b"400"], b"nonsense\r\n\r\n": [b"400"]}


@given(
    requests=st.lists(st.sampled_from(WHOLE), max_size=6),
    tail=st.sampled_from(sorted(TAILS)),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 9)), max_size=8),
)
@settings(deadline=None)
def test_every_whole_request_is_answered_however_it_comes(
    requests: list[bytes], tail: bytes, cuts: list[tuple[float, int]]
) -> None:
    """Requests of all kinds, cut anywhere, get their answers in order, and what is incomplete or not HTTP an error."""
    sent = b"".join(requests) + tail
    ends = [*sorted((int(cut * len(sent)), turns) for cut, turns in cuts), (len(sent), 0)]
    starts = [0, *(end for end, _ in ends)]
    pieces = [(sent[start:end], turns) for start, (end, turns) in zip(starts, ends, strict=False)]
    assert statuses(asyncio.run(_heard(pieces))) == [b"200"] * len(requests) + TAILS[tail]


async def _heard(pieces: list[tuple[bytes, int]]) -> bytes:
    """Return what a connection without a network says to *pieces*, each read by itself, some turns of the loop apart."""
    config = mock_server._config(_APP, MockSettings())
    config.load()
    connection: Any = config.http_protocol_class(config=config, server_state=ServerState(), app_state={})  # type: ignore[call-arg]
    line = _Line(connection)
    connection.connection_made(line)
    for piece, turns in pieces:
        if piece:
            connection.data_received(piece)
        for _ in range(turns):
            await asyncio.sleep(0)
    if not connection.eof_received():
        line.close()
    await line.ended.wait()
    return line.written


class _Line(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self, connection: asyncio.Protocol) -> None:
        super().__init__()
        self.written = b""
        self.ended = asyncio.Event()
        self._connection = connection

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep *data*, as long as the line is open."""
        if not self.is_closing():
            self.written += data

    def write_eof(self) -> None:
        """Nothing is written any more."""
        self.close()

    def is_closing(self) -> bool:
        """Return whether the line has ended."""
        return self.ended.is_set()

    def close(self) -> None:
        """End the line."""
        if not self.is_closing():
            self.ended.set()
            asyncio.get_running_loop().call_soon(self._connection.connection_lost, None)

    def pause_reading(self) -> None:
        """Everything has been sent already."""

    def resume_reading(self) -> None:
        """Everything has been sent already."""
