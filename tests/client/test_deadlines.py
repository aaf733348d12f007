"""The deadline of a call: it bounds everything, whatever the server sends meanwhile."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx
import pytest
import trio

from client.calls import KEY, Call, client_with_handler, fixture
from client.loopback import Loopback, reply
from openrouter_embeddings import Client, EmbeddingsRequest, EmbeddingsResponse, TransportError, create_embeddings

GOOD = json.dumps(fixture("embeddings_float")).encode()
DEADLINE = 0.3
LATE = 5.0
"""Seconds after which a call has missed its deadline, on however slow a machine."""

Respond = Callable[[BaseHTTPRequestHandler, threading.Event], None]


def drip(handler: BaseHTTPRequestHandler, stop: threading.Event, piece: bytes) -> None:
    """Send a piece every few milliseconds until the client is gone."""
    try:
        while not stop.wait(0.02):
            handler.wfile.write(piece)
    except OSError:
        handler.close_connection = True


def white_space(handler: BaseHTTPRequestHandler, stop: threading.Event) -> None:
    """Begin a body, as the live API does, by white space without end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    drip(handler, stop, b"1\r\n \r\n")


def header_bytes(handler: BaseHTTPRequestHandler, stop: threading.Event) -> None:
    """Send a header that has no end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-A: ")
    drip(handler, stop, b"a")


def interim_responses(handler: BaseHTTPRequestHandler, stop: threading.Event) -> None:
    """Announce a response again and again."""
    drip(handler, stop, b"HTTP/1.1 103 Early Hints\r\n\r\n")


def silence(_: BaseHTTPRequestHandler, stop: threading.Event) -> None:
    """Send nothing."""
    stop.wait(30)


@pytest.mark.parametrize("respond", [white_space, header_bytes, interim_responses, silence], ids=lambda f: f.__name__)
@pytest.mark.parametrize("is_reused", [False, True], ids=["new connection", "open connection"])
def test_a_deadline_ends_a_call_whatever_the_server_sends(
    loopback: Loopback, one_text: EmbeddingsRequest, respond: Respond, *, is_reused: bool
) -> None:
    """In blocking calls, where no timeout of a single read would; the next call is none the worse."""
    with Client(KEY, loopback.url, deadline=DEADLINE) as client:
        if is_reused:
            loopback.handle = lambda handler: reply(handler, 200, GOOD)
            create_embeddings.sync(client=client.with_deadline(None), body=one_text)
        loopback.handle = lambda handler: respond(handler, loopback.released)
        began = time.monotonic()
        with pytest.raises(TransportError, match="the deadline of the call has passed"):
            create_embeddings.sync(client=client, body=one_text)
        assert DEADLINE <= time.monotonic() - began < LATE
        loopback.handle = lambda handler: reply(handler, 200, GOOD)
        assert create_embeddings.sync(client=client.with_deadline(LATE), body=one_text).data


@pytest.mark.parametrize("respond", [white_space, header_bytes, interim_responses, silence], ids=lambda f: f.__name__)
@pytest.mark.parametrize("run", [asyncio.run, trio.run], ids=["asyncio", "trio"])
def test_a_deadline_ends_an_async_call_whatever_the_server_sends(
    loopback: Loopback, one_text: EmbeddingsRequest, respond: Respond, run: Any
) -> None:
    """The same holds without blocking, under asyncio and trio."""

    async def calls() -> None:
        async with Client(KEY, loopback.url, deadline=DEADLINE) as client:
            loopback.handle = lambda handler: respond(handler, loopback.released)
            with pytest.raises(TransportError, match="the deadline of the call has passed"):
                await create_embeddings.asyncio(client=client, body=one_text)
            loopback.handle = lambda handler: reply(handler, 200, GOOD)
            assert (await create_embeddings.asyncio(client=client.with_deadline(LATE), body=one_text)).data

    began = time.monotonic()
    run(calls) if run is trio.run else run(calls())
    assert DEADLINE <= time.monotonic() - began < LATE


def test_a_deadline_counts_the_wait_for_a_turn(loopback: Loopback, one_text: EmbeddingsRequest) -> None:
    """A call that finds all connections taken gives up in time, and nothing of it is sent."""
    arrived = threading.Event()

    def hold(handler: BaseHTTPRequestHandler) -> None:
        arrived.set()
        loopback.released.wait(30)
        reply(handler, 200, GOOD)

    loopback.handle = hold
    with Client(KEY, loopback.url, max_connections=1) as client:
        first = threading.Thread(target=lambda: create_embeddings.sync(client=client, body=one_text))
        first.start()
        arrived.wait(30)
        with pytest.raises(TransportError, match="the deadline of the call has passed"):
            create_embeddings.sync(client=client.with_deadline(0.05), body=one_text)
        loopback.released.set()
        first.join()
    assert len(loopback.requests) == 1


def test_a_deadline_bounds_all_tries(call: Call, loopback: Loopback, one_text: EmbeddingsRequest) -> None:
    """The second try has what the first one left over."""

    def respond(handler: BaseHTTPRequestHandler) -> None:
        if len(loopback.requests) == 1:
            reply(handler, 503, b"", Retry_After="0.1")
        else:
            silence(handler, loopback.released)

    loopback.handle = respond
    began = time.monotonic()
    error = call(Client(KEY, loopback.url, deadline=0.5, retries=3), one_text)
    assert isinstance(error, TransportError)
    assert 0.5 <= time.monotonic() - began < LATE
    assert len(loopback.requests) == 2


def test_a_call_in_time_has_its_result(call: Call, loopback: Loopback, one_text: EmbeddingsRequest) -> None:
    """A deadline that is not reached changes nothing."""
    loopback.handle = lambda handler: reply(handler, 200, GOOD)
    assert isinstance(call(Client(KEY, loopback.url, deadline=60), one_text), EmbeddingsResponse)


def test_a_deadline_is_chosen_per_copy(one_text: EmbeddingsRequest) -> None:
    """`with_deadline` changes the copy only, and shortens its timeouts."""
    seen: list[dict[str, float]] = []

    def remember(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(200, content=GOOD)

    client = client_with_handler(remember, timeout=httpx.Timeout(None))
    for copy in (client, client.with_deadline(5), client.with_deadline(5).with_deadline(None)):
        create_embeddings.sync(client=copy, body=one_text)
    assert [limits["read"] is None for limits in seen] == [True, False, True]
    assert 0 < seen[1]["read"] <= 5


@pytest.mark.parametrize("deadline", [0, -1, float("nan"), float("inf"), 10**400])
def test_a_deadline_that_is_no_time_is_refused(deadline: float) -> None:
    """Seconds are above 0, and not more than a system's clock can count."""
    with pytest.raises(ValueError, match=r"^deadline: expected seconds above 0"):
        Client("", deadline=deadline)
    with pytest.raises(ValueError, match=r"^deadline: expected seconds above 0"):
        Client("").with_deadline(deadline)


@pytest.mark.parametrize("deadline", ["5", True])
def test_a_deadline_of_the_wrong_type_is_a_type_error(deadline: Any) -> None:
    """The message says which setting, and what was received."""
    with pytest.raises(TypeError, match=r"^deadline: expected seconds, received a "):
        Client("", deadline=deadline)
