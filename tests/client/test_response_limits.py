"""The longest body of a response: counted as it arrives, and while it is decompressed."""

from __future__ import annotations

import asyncio
import gzip
import json
import tracemalloc
import zlib
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx
import pytest

from client.calls import KEY, Call, fixture
from client.loopback import Loopback, reply
from openrouter_embeddings import (
    ApiError,
    Client,
    ContractError,
    EmbeddingsRequest,
    EmbeddingsResponse,
    Response,
    TransportError,
    create_embeddings,
)

GOOD = json.dumps(fixture("embeddings_float")).encode()
LIMIT = 100_000


def limited(loopback: Loopback) -> Client:
    """A client that accepts bodies of up to `LIMIT` bytes."""
    return Client(KEY, loopback.url, max_response_bytes=LIMIT)


def endless_body(handler: BaseHTTPRequestHandler) -> None:
    """Send white space until the client is gone."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    try:
        while True:
            handler.wfile.write(b"2000\r\n" + b" " * 0x2000 + b"\r\n")
    except OSError:
        handler.close_connection = True


def endless_empty_blocks(handler: BaseHTTPRequestHandler) -> None:
    """Send a gzip stream that never yields a byte."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
    block = b"\0\0\0\xff\xff" * 1000
    try:
        handler.wfile.write(b"a\r\n\x1f\x8b\x08\0\0\0\0\0\0\x03\r\n")
        while True:
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(block), block))
    except OSError:
        handler.close_connection = True


def announced(handler: BaseHTTPRequestHandler) -> None:
    """Announce a long body, and send nothing of it."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n")
    handler.close_connection = True


def compressed_zeros(handler: BaseHTTPRequestHandler) -> None:
    """Send 64 MiB in 65 kB."""
    reply(handler, 200, gzip.compress(bytes(64 * 2**20)), Content_Encoding="gzip")


def compressed_error(handler: BaseHTTPRequestHandler) -> None:
    """Do the same with an error."""
    reply(handler, 500, zlib.compress(bytes(64 * 2**20)), Content_Encoding="deflate")


@pytest.mark.parametrize(
    "respond",
    [endless_body, endless_empty_blocks, announced, compressed_zeros, compressed_error],
    ids=lambda f: f.__name__,
)
def test_a_body_beyond_the_limit_is_a_contract_error(
    call: Call, loopback: Loopback, one_text: EmbeddingsRequest, respond: Any
) -> None:
    """It is refused as soon as it is too long, with a sentence that names the setting; the status can be read."""
    loopback.handle = respond
    error = call(limited(loopback), one_text)
    assert isinstance(error, ContractError)
    assert str(error) == "$: expected a body of at most 100,000 bytes (max_response_bytes), received a longer one"
    assert error.response is not None
    assert error.response.status_code == (500 if respond is compressed_error else 200)


@pytest.mark.parametrize("respond", [endless_body, compressed_error], ids=lambda f: f.__name__)
def test_a_detailed_call_returns_that_error(loopback: Loopback, one_text: EmbeddingsRequest, respond: Any) -> None:
    """It stands in `.error` beside status and headers, as every other `ContractError`, sync and async."""
    loopback.handle = respond

    async def call_async() -> Response[EmbeddingsResponse]:
        async with limited(loopback) as client:
            return await create_embeddings.asyncio_detailed(client=client, body=one_text)

    with limited(loopback) as client:
        responses = [create_embeddings.sync_detailed(client=client, body=one_text), asyncio.run(call_async())]
    for response in responses:
        assert isinstance(response.error, ContractError)
        assert response.result is None
        assert (response.status, response.content) == (500 if respond is compressed_error else 200, b"")


def test_a_long_body_takes_no_more_memory_than_the_limit(loopback: Loopback, one_text: EmbeddingsRequest) -> None:
    """Not even for a moment: decompression stops where the limit is."""
    packed = gzip.compress(bytes(256 * 2**20), 1)
    loopback.handle = lambda handler: reply(handler, 200, packed, Content_Encoding="gzip")
    with limited(loopback) as client:
        tracemalloc.start()
        try:
            with pytest.raises(ContractError):
                create_embeddings.sync(client=client, body=one_text)
            assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
        finally:
            tracemalloc.stop()


def test_a_body_as_long_as_the_limit_is_accepted(call: Call, loopback: Loopback, one_text: EmbeddingsRequest) -> None:
    """The limit is the longest body, compressed or not."""
    body = GOOD + b" " * (LIMIT - len(GOOD))
    for content, headers in ((body, {}), (gzip.compress(body), {"Content_Encoding": "gzip"})):
        loopback.handle = lambda handler, content=content, headers=headers: reply(handler, 200, content, **headers)  # type: ignore[misc]
        assert isinstance(call(limited(loopback), one_text), EmbeddingsResponse)


def test_2048_vectors_of_4096_numbers_fit_by_default(one_text: EmbeddingsRequest) -> None:
    """As JSON text of doubles, 24 characters and a comma each."""
    default = Client("")._max_response_bytes
    assert default > 2048 * (4096 * 25 + 100)


@pytest.mark.parametrize("coding", ["gzip, gzip", "br", "gzip, deflate", "x-unknown"])
def test_a_body_that_is_encoded_otherwise_is_a_contract_error(
    call: Call, loopback: Loopback, one_text: EmbeddingsRequest, coding: str
) -> None:
    """One of the encodings that were asked for, once, is what is undone."""
    loopback.handle = lambda handler: reply(handler, 200, gzip.compress(gzip.compress(GOOD)), Content_Encoding=coding)
    error = call(Client(KEY, loopback.url), one_text)
    assert isinstance(error, ContractError)
    assert str(error) == f"$: expected a body encoded as gzip or deflate, or not at all, received '{coding}'"


def test_an_error_that_is_encoded_otherwise_is_an_api_error(
    call: Call, loopback: Loopback, one_text: EmbeddingsRequest
) -> None:
    """Its status and headers say enough."""
    loopback.handle = lambda handler: reply(handler, 503, b"\x0b\x02", Content_Encoding="br", Retry_After="7")
    error = call(Client(KEY, loopback.url), one_text)
    assert isinstance(error, ApiError)
    assert (error.status, error.retry_after) == (503, 7)


def raw_deflate(content: bytes) -> bytes:
    """Compress without zlib's header, as some servers do."""
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(content) + compressor.flush()


@pytest.mark.parametrize(
    ("coding", "compress"),
    [("gzip", gzip.compress), ("GZip", gzip.compress), ("deflate", zlib.compress), ("deflate", raw_deflate)],
)
def test_what_was_asked_for_is_decompressed(
    call: Call, loopback: Loopback, one_text: EmbeddingsRequest, coding: str, compress: Any
) -> None:
    """Both gzip and deflate, with or without a header, are asked for and undone."""
    loopback.handle = lambda handler: reply(handler, 200, compress(GOOD), Content_Encoding=coding)
    assert isinstance(call(Client(KEY, loopback.url), one_text), EmbeddingsResponse)
    assert loopback.requests[0][1]["accept-encoding"] == "gzip, deflate"


def test_a_compressed_body_that_is_cut_short_is_a_transport_error(
    call: Call, loopback: Loopback, one_text: EmbeddingsRequest
) -> None:
    """Also where what arrived is whole JSON."""
    compressor = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    cut = compressor.compress(GOOD) + compressor.flush(zlib.Z_FULL_FLUSH)
    loopback.handle = lambda handler: reply(handler, 200, cut, Content_Encoding="gzip")
    error = call(Client(KEY, loopback.url), one_text)
    assert isinstance(error, TransportError)
    assert isinstance(error.__cause__, httpx.DecodingError)


@pytest.mark.parametrize("name", ["max_response_bytes", "max_connections"])
@pytest.mark.parametrize(("value", "kind"), [(0, ValueError), (-1, ValueError), ("5", TypeError), (True, TypeError)])
def test_a_limit_that_is_none_is_refused(name: str, value: Any, kind: type[Exception]) -> None:
    """Limits are whole numbers from 1 on; the message names the setting."""
    with pytest.raises(kind, match=f"^{name}: expected "):
        Client(**{"api_key": "", name: value})
