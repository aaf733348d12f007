"""One exchange: a request is sent over a connection, and its response read within bounds of time and size."""

import io
import logging
import socket
import threading
import time
import zlib
from contextlib import aclosing, closing, suppress
from typing import Any, Final, TypeVar

import httpx

from ._connections import Connection
from ._redaction import redacted_text, without_key
from .errors import ContractError, TransportError

FAILURES: Final = (httpx.HTTPError, httpx.InvalidURL, RuntimeError, OSError, UnicodeError)
"""What sending raises: mostly errors of httpx; a redirect to a host that is no host name ends in the others."""

CODINGS: Final = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
"""The compressions that are asked for and undone, with what zlib calls each."""

_HTTPX_LOG: Final = logging.getLogger("httpx")

H = TypeVar("H", httpx.Client, httpx.AsyncClient)


def exchange(
    connection: Connection[httpx.Client], request: httpx.Request, *, auth: Any, ends: float, ceiling: int
) -> httpx.Response:
    """Send a request and return the response with its body, decompressed; `auth` is that of `httpx.Client.send`.

    There is a `TransportError` where no response arrived before `ends` on the monotonic clock, and a `ContractError`
    for a body of more than `ceiling` bytes, as sent or decompressed, or one compressed in a way not asked for."""
    watch = _Watch(connection, request, ends) if ends < float("inf") else None
    try:
        if connection.transport is None:
            arrived = connection.http.send(request, auth=auth, stream=True)
        else:
            arrived = _arrived(connection.transport.handle_request(request), request)
        with closing(arrived) as response:
            connection.stream = response.extensions.get("network_stream")
            if response.is_stream_consumed:  # by an event hook, or made by a transport that needs no network
                return _whole(response)
            body = _Body(response, ceiling)
            assert isinstance(response.stream, httpx.SyncByteStream)
            for piece in response.stream:
                body.add(piece)
                if time.monotonic() >= ends:
                    raise TimeoutError
            return _whole(response, body.decoded())
    except httpx.HTTPStatusError as error:  # raised by an event hook of the caller
        return _whole(error.response)
    except FAILURES as error:
        failure = transport_error(request, TimeoutError() if time.monotonic() >= ends else error)
    finally:
        if watch is not None:
            watch.end()
    raise failure


async def exchange_async(
    connection: Connection[httpx.AsyncClient], request: httpx.Request, *, auth: Any, ceiling: int
) -> httpx.Response:
    """Send a request as `exchange` does, without blocking, until it is cancelled."""
    try:
        if connection.transport is None:
            arrived = await connection.http.send(request, auth=auth, stream=True)
        else:
            arrived = _arrived(await connection.transport.handle_async_request(request), request)
        async with aclosing(arrived) as response:
            if response.is_stream_consumed:
                return _whole(response)
            body = _Body(response, ceiling)
            assert isinstance(response.stream, httpx.AsyncByteStream)
            async for piece in response.stream:
                body.add(piece)
            return _whole(response, body.decoded())
    except httpx.HTTPStatusError as error:
        return _whole(error.response)
    except FAILURES as error:
        failure = transport_error(request, error)
    raise failure


def _arrived(response: httpx.Response, request: httpx.Request) -> httpx.Response:
    """Do what httpx does with the response of a transport: give it its request, and log the call."""
    response.request = request
    phrase = httpx.codes.get_reason_phrase(response.status_code)  # what the server calls it may hold a key
    sent = (request.method, request.url, response.http_version, response.status_code, phrase)
    _HTTPX_LOG.info('HTTP Request: %s %s "%s %d %s"', *sent)
    return response


def transport_error(request: httpx.Request, error: Exception) -> TransportError:
    """Return the error to raise where no response arrived, without the key; a `TimeoutError` is the deadline's end."""
    if isinstance(error, httpx.RequestError):
        error.request = request
    reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if type(error) is TimeoutError:
        reason = "the deadline of the call has passed"
    about = f"no response to {request.method} {request.url.copy_with(userinfo=b'', query=None)}: "
    failure = TransportError(about + redacted_text(reason, request))
    link: BaseException | None = error
    while link is not None and redacted_text(repr(link), request) == repr(link):
        link = link.__cause__ or link.__context__
    failure.__cause__ = error if link is None else httpx.TransportError(redacted_text(reason, request))
    return failure


class _Body:
    """Collects the body of a response."""

    def __init__(self, response: httpx.Response, ceiling: int) -> None:
        self._response = response
        self._ceiling = ceiling
        self._content = io.BytesIO()  # grows in place: pieces to be joined at the end would take twice the memory
        self._received = 0
        coding = response.headers.get("Content-Encoding", "").strip()
        self._coding = "" if coding.lower() == "identity" else coding.lower()
        if self._coding not in {*CODINGS, ""}:
            if response.is_success:
                received = redacted_text(coding, response.request)
                raise self._error(f"a body encoded as {' or '.join(CODINGS)}, or not at all", repr(received[:100]))
            self._coding = ""  # an error needs no body
        self._decompressor = zlib.decompressobj(CODINGS[self._coding]) if self._coding else None
        announced = response.headers.get("Content-Length", "")
        if announced.isascii() and announced.isdigit():
            self._check_length(int(announced[:20]))

    def add(self, piece: bytes) -> None:
        """Add what arrived; at no time more than the ceiling is held."""
        self._received += len(piece)
        if self._decompressor is not None:
            piece = self._decompressed(piece)
        self._check_length(max(self._received, self._content.tell() + len(piece)))
        self._content.write(piece)

    def decoded(self) -> bytes:
        """Return the body."""
        if self._decompressor is not None and self._received and not self._decompressor.eof:
            raise httpx.DecodingError(f"the {self._coding} stream is cut short")
        return self._content.getvalue()

    def _decompressed(self, piece: bytes) -> bytes:
        assert self._decompressor is not None
        longest = self._ceiling - self._content.tell() + 1
        try:
            try:
                return self._decompressor.decompress(piece, longest)
            except zlib.error:
                if self._coding != "deflate" or self._received != len(piece):
                    raise
                self._decompressor = zlib.decompressobj(-zlib.MAX_WBITS)  # some servers leave out zlib's header
                return self._decompressor.decompress(piece, longest)
        except zlib.error as error:
            raise httpx.DecodingError(str(error)) from error

    def _check_length(self, length: int) -> None:
        if length > self._ceiling:
            raise self._error(f"a body of at most {self._ceiling:,} bytes (max_response_bytes)", "a longer one")

    def _error(self, expected: str, received: str) -> ContractError:
        error = ContractError("$", expected, received)
        error.response = without_key(_whole(self._response, b""))
        return error


def _whole(response: httpx.Response, content: bytes = b"") -> httpx.Response:
    """Return a response with its body, decompressed, and without what refers to the connection."""
    phrase = response.reason_phrase
    if phrase != httpx.codes.get_reason_phrase(response.status_code):
        phrase = redacted_text(phrase, response.request)
    extensions = {"http_version": response.http_version.encode(), "reason_phrase": phrase.encode("ascii", "replace")}
    return httpx.Response(
        response.status_code,
        headers=[(name, value) for name, value in response.headers.raw if name.lower() != b"content-encoding"],
        content=response.content if response.is_stream_consumed else content,
        request=response.request,
        extensions=extensions,
        history=response.history,
    )


class _Watch:
    """Cuts the connection of a blocking call when its time is over, in whatever it waits for."""

    def __init__(self, connection: Connection[httpx.Client], request: httpx.Request, ends: float) -> None:
        self._lock = threading.Lock()
        self._ended = self._over = False
        self._stream = connection.stream
        request.extensions.setdefault("trace", self._note_stream)
        self._timer = threading.Timer(max(0.0, ends - time.monotonic()), self._cut)
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        """Leave the connection alone from now on."""
        self._timer.cancel()
        with self._lock:
            self._ended = True

    def _note_stream(self, event: str, info: dict[str, Any]) -> None:
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            self._stream = info["return_value"]
            if self._over:
                self._cut()

    def _cut(self) -> None:
        with self._lock:
            self._over = True
            connected = None if self._ended or self._stream is None else self._stream.get_extra_info("socket")
            if connected is not None:
                with suppress(OSError):  # the server was faster
                    socket.socket.shutdown(connected, socket.SHUT_RDWR)  # ends a wait that `close` would not
