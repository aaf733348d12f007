"""Connections: shared by copies, closed once, safe under threads; and what happens when they fail."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest
import trio

from client.calls import KEY, Call, client_with_handler, client_with_response, fixture
from client.loopback import Loopback, reply
from openrouter_embeddings import (
    Client,
    EmbeddingsRequest,
    Retries,
    TransportError,
    create_embeddings,
    list_embeddings_models,
)

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


def test_each_call_leaves_the_line_of_httpx_in_the_log(
    call: Call, loopback: Loopback, one_text: EmbeddingsRequest, caplog: pytest.LogCaptureFixture
) -> None:
    """Method, address and status at level INFO, as if httpx itself had sent the request."""
    loopback.handle = lambda handler: reply(handler, 503, b"{}")
    caplog.set_level(logging.INFO, "httpx")
    call(Client(KEY, loopback.url), one_text)
    expected = f'HTTP Request: POST {loopback.url}/embeddings "HTTP/1.1 503 Service Unavailable"'
    assert [message for name, _, message in caplog.record_tuples if name == "httpx"] == [expected]


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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_process_opens_connections_of_its_own(loopback: Loopback, one_text: EmbeddingsRequest) -> None:
    """Six children of a process with an open connection get the responses to their own requests."""
    loopback.handle = _echo
    with Client(KEY, loopback.url) as client:
        create_embeddings.sync(client=client, body=one_text)
        children = []
        for child in range(6):
            read_end, write_end = os.pipe()
            process = os.fork()
            if process == 0:
                os.write(write_end, _models_of_calls(client, [f"m{child}{number}" for number in range(3)]).encode())
                os._exit(0)
            os.close(write_end)
            children.append((process, read_end))
        answers = []
        for process, read_end in children:
            with os.fdopen(read_end, encoding="utf-8") as pipe:
                answers.append(pipe.read())
            os.waitpid(process, 0)
        create_embeddings.sync(client=client, body=one_text)
    assert answers == [f"m{child}0 m{child}1 m{child}2 closed" for child in range(6)]
    assert loopback.connections == 1 + 6


def _models_of_calls(client: Client, models: list[str]) -> str:
    """Call for each model, then close; return what was answered, or the error."""
    try:
        with client:
            answers = [
                create_embeddings.sync(client=client, body=EmbeddingsRequest(model=m, input="x")) for m in models
            ]
        try:
            create_embeddings.sync(client=client, body=EmbeddingsRequest(model="m", input="x"))
        except RuntimeError:
            return " ".join([*(answer.model or "" for answer in answers), "closed"])
    except Exception as error:  # noqa: BLE001 - the parent process is to see it
        return repr(error)
    return "not closed"


class Gate:
    """Responds when so many requests wait at once, and notes how many there were at most."""

    def __init__(self, loopback: Loopback, *, together: int) -> None:
        self._barrier = threading.Barrier(together)
        self._lock = threading.Lock()
        self._waiting = 0
        self.most = 0
        loopback.handle = self

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        """Wait for the others, then echo."""
        with self._lock:
            self._waiting += 1
            self.most = max(self.most, self._waiting)
        self._barrier.wait(timeout=30)
        with self._lock:
            self._waiting -= 1
        _echo(handler)


@pytest.mark.parametrize("run", [asyncio.run, trio.run], ids=["asyncio", "trio"])
def test_async_calls_beyond_the_bound_wait_without_a_timeout(loopback: Loopback, run: Any) -> None:
    """Each gets its response, although the calls take many times the timeout; the timeout bounds the network only."""
    gate = Gate(loopback, together=10)
    models: dict[int, str] = {}

    async def call(client: Client, number: int) -> None:
        body = EmbeddingsRequest(model=f"m{number}", input="x")
        models[number] = (await create_embeddings.asyncio(client=client, body=body)).model or ""

    async def calls() -> None:
        timeout = httpx.Timeout(30, pool=1e-3)
        async with (
            Client(KEY, loopback.url, timeout=timeout, max_connections=10) as client,
            anyio.create_task_group() as group,
        ):
            for number in range(200):
                group.start_soon(call, client, number)

    run(calls) if run is trio.run else run(calls())
    assert models == {number: f"m{number}" for number in range(200)}
    assert gate.most <= 10
    assert loopback.connections == 10


def test_threads_beyond_the_bound_wait_without_a_timeout(loopback: Loopback) -> None:
    """The same holds for threads."""
    gate = Gate(loopback, together=4)
    timeout = httpx.Timeout(30, pool=1e-3)
    with Client(KEY, loopback.url, timeout=timeout, max_connections=4) as client, ThreadPoolExecutor(16) as threads:

        def call(number: int) -> str:
            body = EmbeddingsRequest(model=f"m{number}", input="x")
            return create_embeddings.sync(client=client, body=body).model or ""

        assert list(threads.map(call, range(64))) == [f"m{number}" for number in range(64)]
    assert (gate.most, loopback.connections) == (4, 4)


def test_idle_connections_are_closed_after_a_while(
    loopback: Loopback, one_text: EmbeddingsRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a burst of calls, one call is enough to close what has been idle for five seconds."""
    Gate(loopback, together=4)
    closed: list[httpx.Client] = []
    close = httpx.Client.close

    def note(http: httpx.Client) -> None:
        closed.append(http)
        close(http)

    monkeypatch.setattr(httpx.Client, "close", note)
    with Client(KEY, loopback.url) as client, ThreadPoolExecutor(4) as threads:
        closed.clear()  # of the one that checked the settings
        list(threads.map(lambda _: create_embeddings.sync(client=client, body=one_text), range(4)))
        assert closed == []
        loopback.handle = _echo
        began = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: began() + 6)
        create_embeddings.sync(client=client, body=one_text)
        assert len(closed) == 3


@pytest.mark.parametrize("is_open", [True, False])
def test_a_closed_client_says_so(loopback: Loopback, one_text: EmbeddingsRequest, *, is_open: bool) -> None:
    """Whether it was used before or not, `close` ends sync and async calls, those of copies too."""
    loopback.handle = lambda handler: reply(handler, 200, GOOD)
    client = Client(KEY, loopback.url)
    if is_open:
        create_embeddings.sync(client=client, body=one_text)
    client.close()
    for copy in (client, client.with_timeout(1)):
        with pytest.raises(RuntimeError, match=r"^this client is closed; make a new one$"):
            create_embeddings.sync(client=copy, body=one_text)
        with pytest.raises(RuntimeError, match=r"^this client is closed; make a new one$"):
            asyncio.run(create_embeddings.asyncio(client=copy, body=one_text))


def test_sync_calls_after_the_async_context_open_nothing(loopback: Loopback, one_text: EmbeddingsRequest) -> None:
    """`aclose` ends sync calls also where none was made before."""

    async def leave() -> Client:
        async with Client(KEY, loopback.url) as client:
            return client

    client = asyncio.run(leave())
    with pytest.raises(RuntimeError, match="this client is closed"):
        create_embeddings.sync(client=client, body=one_text)
    assert loopback.connections == 0


def test_a_closed_http_client_of_the_author_is_named(one_text: EmbeddingsRequest) -> None:
    """The error is documented, and says what is closed."""
    own, own_async = httpx.Client(), httpx.AsyncClient()
    own.close()
    asyncio.run(own_async.aclose())
    client = Client(KEY, http_client=own, async_http_client=own_async)
    with pytest.raises(RuntimeError, match="the http client that was given to this client is closed"):
        create_embeddings.sync(client=client, body=one_text)
    with pytest.raises(RuntimeError, match="the http client that was given to this client is closed"):
        asyncio.run(create_embeddings.asyncio(client=client, body=one_text))


def test_an_error_of_httpx_in_another_library_is_a_transport_error(one_text: EmbeddingsRequest) -> None:
    """A transport that raises a RuntimeError gave no response."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise RuntimeError("no running event loop")

    with pytest.raises(TransportError, match="no running event loop"):
        create_embeddings.sync(client=client_with_handler(fail), body=one_text)


def test_one_client_serves_runs_of_trio(loopback: Loopback, one_text: EmbeddingsRequest) -> None:
    """One run after another, two at once in threads, and asyncio beside them."""
    loopback.handle = lambda handler: reply(handler, 200, GOOD)
    client = Client(KEY, loopback.url, retries=2)

    async def call() -> str:
        async with client:
            return (await create_embeddings.asyncio(client=client, body=one_text)).model or ""

    both = threading.Barrier(2)

    def in_thread(_: int) -> str:
        both.wait(timeout=30)
        return trio.run(call)

    with ThreadPoolExecutor(2) as threads:
        models = [trio.run(call), trio.run(call), asyncio.run(call()), *threads.map(in_thread, range(2))]
    assert models == ["text-embedding-3-small"] * 5


def test_calls_are_tried_again_under_trio(loopback: Loopback, one_text: EmbeddingsRequest) -> None:
    """Retries wait by the library that runs the call."""
    loopback.handle = lambda handler: reply(handler, *((503, b"") if len(loopback.requests) < 3 else (200, GOOD)))
    client = Client(KEY, loopback.url, retries=Retries(first_wait=1e-3))

    async def call() -> str:
        async with client:
            return (await create_embeddings.asyncio(client=client, body=one_text)).model or ""

    assert trio.run(call) == "text-embedding-3-small"
    assert len(loopback.requests) == 3


@pytest.mark.parametrize("run", [asyncio.run, trio.run], ids=["asyncio", "trio"])
def test_a_cancelled_call_leaves_a_healthy_client(loopback: Loopback, run: Any, one_text: EmbeddingsRequest) -> None:
    """The response to a call that was given up reaches nobody, and its turn is given back."""
    begun = threading.Semaphore(0)

    def wait(handler: BaseHTTPRequestHandler) -> None:
        begun.release()
        loopback.released.wait(30)
        with suppress(OSError):  # the client may be gone
            _echo(handler)

    async def calls() -> list[str]:
        async with Client(KEY, loopback.url, max_connections=2) as client:
            loopback.handle = wait
            async with anyio.create_task_group() as group:
                for _ in range(5):
                    group.start_soon(partial(create_embeddings.asyncio, client=client, body=one_text))
                for _ in range(2):
                    await anyio.to_thread.run_sync(begun.acquire)
                group.cancel_scope.cancel()
            loopback.handle = _echo
            bodies = [EmbeddingsRequest(model=f"m{number}", input="x") for number in range(4)]
            return [(await create_embeddings.asyncio(client=client, body=body)).model or "" for body in bodies]

    assert (run(calls) if run is trio.run else run(calls())) == ["m0", "m1", "m2", "m3"]


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="the system sends no signal to a thread")
def test_a_signal_in_mid_call_leaves_a_healthy_client(loopback: Loopback) -> None:
    """An exception of a signal handler, as for SIGTERM, passes through the call; the next call gets its own response."""

    def stop(*_: object) -> None:
        raise SystemExit(143)

    def interrupt(handler: BaseHTTPRequestHandler) -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
        loopback.released.wait(30)
        with suppress(OSError):  # the client may be gone
            _echo(handler)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        with Client(KEY, loopback.url, max_connections=1) as client:
            loopback.handle = interrupt
            with pytest.raises(SystemExit):
                create_embeddings.sync(client=client, body=EmbeddingsRequest(model="lost", input="x"))
            loopback.handle = _echo
            body = EmbeddingsRequest(model="next", input="x")
            assert create_embeddings.sync(client=client, body=body).model == "next"
    finally:
        signal.signal(signal.SIGTERM, before)
        loopback.released.set()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SSL_CERT_FILE", __file__),
        pytest.param(
            "SSL_CERT_FILE",
            "/nowhere/ca.pem",
            marks=pytest.mark.skipif(
                httpx.__version__ < "0.28", reason="this httpx passes over a file that is missing"
            ),
        ),
        ("HTTPS_PROXY", "gopher://me:hunter2@proxy:1"),
    ],
)
def test_a_broken_environment_is_an_error_of_the_constructor(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Certificates and proxies are looked at when the client is made, not at its first call; no password is shown."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=r"^the environment \(SSL_CERT_FILE, .*\): \w+: ") as caught:
        Client(KEY)
    assert "hunter2" not in str(caught.value)


def test_all_connections_of_a_client_share_one_tls_context(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """Certificates are read once, not once for each event loop."""
    read: list[ssl.SSLContext] = []
    load = ssl.SSLContext.load_verify_locations

    def note(context: ssl.SSLContext, *arguments: Any, **settings: Any) -> None:
        read.append(context)
        load(context, *arguments, **settings)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", note)
    client = Client(KEY, loopback.url.replace("http:", "https:"))

    async def fail() -> None:
        with pytest.raises(TransportError):
            await list_embeddings_models.asyncio(client=client)

    for _ in range(3):
        asyncio.run(fail())
        with pytest.raises(TransportError):
            list_embeddings_models.sync(client=client)
    assert len(read) == 1
