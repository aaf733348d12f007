"""One HTTP connection: uvicorn's protocol with limits on heads, trailers and time, and with JSON error responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httptools
import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from .asgi import TRANSPORT

if TYPE_CHECKING:
    import asyncio

    from .settings import MockSettings

_LINGER = 1.0
"""Seconds that a connection stays open after an error response that ends it."""
_MAX_TRAILERS = 1000
_ERROR_HEAD = (
    b"content-type: application/json\r\n"
    b"content-length: %d\r\n"
    b"access-control-allow-origin: *\r\n"
    b"connection: close\r\n\r\n"
)
_UPGRADE_HEADERS = {b"upgrade", b"http2-settings"}
"""The headers of an upgrade to another protocol, which the header Connection lists too."""


class Connection(HttpToolsProtocol):
    """A connection to the mock.

    - A head may have `max_head` bytes, and a request may take `request_timeout` seconds to arrive.
    - Malformed HTTP gets an error response with the usual error body.
    - A client that has closed its side of the connection still gets its responses.
    - A request to upgrade to another protocol is answered in HTTP/1.1, as if it did not ask for that.

    Requests may be pipelined, so the request that is arriving may not be the one that is being answered (`_current`).
    Between them, in `pipeline`, requests wait for their turn; only the newest of them may be incomplete.
    """

    def __init__(self, settings: MockSettings, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._settings = settings
        self._current: RequestResponseCycle | None = None
        self._head_incomplete = self._body_incomplete = False
        self._bytes_read = 0
        """The bytes read of the arriving request, without its body."""
        self._bytes_read_at_start = 0
        """The bytes of the read in which a request began."""
        self._header_count = 0
        """The number of headers in the head: all later ones are trailers."""
        self._read_exceeds_limit = False
        """Whether a single read is so long that it may contain a head that is too long."""
        self._final_error: bytes | None = None
        """The error response that ends the connection, once the responses before it are sent."""
        self._final_error_sent = False
        self._timeout: asyncio.TimerHandle | None = None

    # Events of the transport.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timeout: a client that connects and sends nothing is disconnected."""
        super().connection_made(transport)
        self._timeout = self.loop.call_later(self._settings.request_timeout, self._time_out)

    def data_received(self, data: bytes) -> None:
        """Parse what has arrived; reject what is too long, and start the timeout of an incomplete request."""
        if self._final_error is not None:
            return
        if self._head_incomplete or self._body_incomplete:
            self._bytes_read += len(data)
        else:
            self._bytes_read_at_start = len(data)
        self._read_exceeds_limit = len(data) > self._settings.max_head
        self._feed(data)
        if self._head_incomplete and max(self._bytes_read, self._head_size()) > self._settings.max_head:
            self._reject_head()
        elif self._body_incomplete and (
            self._bytes_read > self._settings.max_body or len(self.headers) - self._header_count > _MAX_TRAILERS
        ):
            self._reject(431, "trailers: there are too many")
        if (self._head_incomplete or self._body_incomplete) and self._timeout is None:
            self._timeout = self.loop.call_later(self._settings.request_timeout, self._time_out)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Return whether there is still something to send to a client that has closed its side."""
        if self._head_incomplete or self._body_incomplete:
            self._reject(400, "request: it ends in the middle")
        elif self._final_error is None:
            if (newest := self._newest_complete()) is None:
                return False
            newest.keep_alive = False
        return not self._final_error_sent

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timeout."""
        self._stop_waiting()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Close the connection after the responses to complete requests; drop an incomplete one."""
        self._drop_incomplete()
        if (newest := self._newest_complete()) is None:
            self.transport.close()
        else:
            newest.keep_alive = False

    # Events of the parser.

    def on_message_begin(self) -> None:
        """Start counting the bytes of a request."""
        super().on_message_begin()
        self._stop_waiting()
        self._unset_keepalive_if_required()
        self._head_incomplete = True
        # A read in which several requests begin counts for the first of them alone: a single read is short.
        self._bytes_read, self._bytes_read_at_start = self._bytes_read_at_start, 0

    def on_headers_complete(self) -> None:
        """Start answering the request; its body may still arrive."""
        if (
            self._read_exceeds_limit or self._bytes_read > self._settings.max_head
        ) and self._head_size() > self._settings.max_head:
            raise _HeadTooLongError
        if not self.parser.should_upgrade():
            super().on_headers_complete()
            self.scope["extensions"] = {TRANSPORT: self.transport}  # type: ignore[dict-item]
            if not self.pipeline:
                self._current = self.cycle
            self._head_incomplete, self._body_incomplete = False, True
            self._header_count = len(self.headers)

    def on_body(self, body: bytes) -> None:
        """Pass a piece of the body to the application."""
        self._bytes_read -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Tell the application that the body is complete."""
        if not self.parser.should_upgrade():
            super().on_message_complete()
            self._stop_waiting()

    # Events of a response.

    def on_response_complete(self) -> None:
        """Go on to the next request, or to the final error after the last response."""
        following = self.pipeline[-1][0] if self.pipeline else None
        super().on_response_complete()
        if following is not None:
            self._current = following
        elif self._final_error is not None:
            self._send_final_error(self._final_error)

    def _feed(self, data: bytes) -> None:
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = self._without_upgrade(data[upgrade.args[0] :])
            except httptools.HttpParserError as error:
                if isinstance(error.__context__, _HeadTooLongError):
                    self._reject_head()
                else:
                    self.logger.info("Invalid HTTP: %s", error)
                    self._reject(400, "request: it is not valid HTTP/1.1")
                return
            else:
                return

    def _without_upgrade(self, rest: bytes) -> bytes:
        """Return the head of a request without its upgrade, followed by the *rest*; nothing if it is rejected.

        The parser stops at a head with an upgrade, because the bytes that follow may be of the other protocol. They are
        the body: Java's client and `curl --http2` ask for HTTP/2 with every request, and a server may ignore that.
        """
        method = self.parser.get_method()
        if method == b"CONNECT":
            self._reject(400, "request: it asks for a tunnel, and this is not a proxy")
            return b""
        version = self.parser.get_http_version().encode()
        fields = (
            b"%s: %s\r\n" % (name, _remove_names(_UPGRADE_HEADERS, value) if name == b"connection" else value)
            for name, value in self.headers
            if name not in _UPGRADE_HEADERS
        )
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does with the first
        return b"%s %s HTTP/%s\r\n%s\r\n%s" % (method, self.url, version, b"".join(fields), rest)

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _stop_waiting(self) -> None:
        """Stop the timeout: the request is complete, or nothing more will be read."""
        self._head_incomplete = self._body_incomplete = False
        if self._timeout is not None:
            self._timeout.cancel()
            self._timeout = None

    def _drop_incomplete(self) -> None:
        """Drop the request that is arriving."""
        if self._body_incomplete and self.cycle is self._current:
            self.cycle.disconnected = True  # stops the application from waiting for the body
            self.cycle.message_event.set()
            self._current = None
        elif self._body_incomplete:
            self.pipeline.popleft()  # it is the newest
        self._stop_waiting()

    def _newest_complete(self) -> RequestResponseCycle | None:
        """Return the newest complete request that is not answered yet."""
        newest = self.pipeline[0][0] if self.pipeline else self._current
        return newest if newest is not None and not newest.response_complete else None

    def _time_out(self) -> None:
        self._timeout = None
        if self._head_incomplete or self._body_incomplete:
            self._reject(408, f"request: it did not arrive within {self._settings.request_timeout:g} seconds")
        else:
            self.transport.close()

    def _reject_head(self) -> None:
        self._reject(431, f"head: it is longer than the limit of {self._settings.max_head} bytes")

    def _reject(self, status: int, message: str) -> None:
        """Send an error response after the responses to earlier requests, and close the connection.

        It cannot go on, because nothing tells where the next request would begin.
        """
        if self._final_error is not None or self.transport.is_closing():
            return
        content = orjson.dumps({"error": {"message": message, "code": status}})
        self._final_error = STATUS_LINE[status] + _ERROR_HEAD % len(content) + content
        self._drop_incomplete()
        if self._newest_complete() is None:
            self._send_final_error(self._final_error)

    def _send_final_error(self, response: bytes) -> None:
        """Send *response*, and close after a moment: with unread data, closing resets the connection and loses it."""
        if self._final_error_sent or self.transport.is_closing():
            return
        self._final_error_sent = True
        self.transport.write(response)
        self.transport.write_eof()
        self.loop.call_later(_LINGER, self.transport.close)


class _HeadTooLongError(Exception):
    """Stops the parser within a head that is too long."""


def _remove_names(names: set[bytes], value: bytes) -> bytes:
    """Return the comma-separated names in a header *value* without *names*."""
    return b",".join(each for each in value.split(b",") if each.strip().lower() not in names)
