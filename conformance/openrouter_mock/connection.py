"""HTTP on one connection: what uvicorn leaves without limits, or without an answer that clients can read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httptools
import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from .asgi_extensions import TRANSPORT

if TYPE_CHECKING:
    import asyncio

    from .settings import MockSettings

_LINGER = 1.0
"""Seconds that a connection stays open after a refusal."""
_MOST_TRAILERS = 1000
_HEAD = (
    b"content-type: application/json\r\n"
    b"content-length: %d\r\n"
    b"access-control-allow-origin: *\r\n"
    b"connection: close\r\n\r\n"
)
_OF_UPGRADES = {b"upgrade", b"http2-settings"}
"""Headers of a request for another protocol, which the header Connection names too."""


class Connection(HttpToolsProtocol):
    """A connection to the mock.

    - A head may have `max_head` bytes, and a request may take `request_timeout` seconds to arrive.
    - What is not HTTP is refused with an error body, like everything else that is refused.
    - A client that sends no more, but still listens, gets its answers.
    - A client that would rather speak another protocol, and says so, gets its answer in this one.

    Requests may come before earlier ones are answered. So the one that arrives and the one that is being answered are
    told apart; between them, in `pipeline`, wait those that have come whole, and perhaps one that has not.
    """

    def __init__(self, settings: MockSettings, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._settings = settings
        self._answering: RequestResponseCycle | None = None
        self._head_arrives = self._body_arrives = False
        self._read = 0
        """How many bytes have been read for the request that arrives, but for its body."""
        self._read_for_next = 0
        """How many have been read at once when a request began."""
        self._headers_of_head = 0
        """How many headers the head had: what comes later are trailers."""
        self._too_long = False
        """Whether what is being read at once could hold a head that is too long."""
        self._refusal: bytes | None = None
        """What ends the connection, as soon as the answers before it are sent."""
        self._ended = False
        """Whether it has been sent."""
        self._deadline: asyncio.TimerHandle | None = None

    # What the transport tells.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait: who connects and says nothing is not waited for either."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(self._settings.request_timeout, self._give_up)

    def data_received(self, data: bytes) -> None:
        """Read what has come; refuse what is too long, and give what is not whole a time to arrive."""
        if self._refusal is not None:
            return
        if self._head_arrives or self._body_arrives:
            self._read += len(data)
        else:
            self._read_for_next = len(data)
        self._too_long = len(data) > self._settings.max_head
        self._feed(data)
        if self._head_arrives and max(self._read, self._head_size()) > self._settings.max_head:
            self._refuse_head()
        elif self._body_arrives and (
            self._read > self._settings.max_body or len(self.headers) - self._headers_of_head > _MOST_TRAILERS
        ):
            self._refuse(431, "trailers: there are too many")
        if (self._head_arrives or self._body_arrives) and self._deadline is None:
            self._deadline = self.loop.call_later(self._settings.request_timeout, self._give_up)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Return whether something is still to be sent to a client that will send no more."""
        if self._head_arrives or self._body_arrives:
            self._refuse(400, "request: it ends in the middle")
        elif self._refusal is None:
            if (last := self._last()) is None:
                return False
            last.keep_alive = False
        return not self._ended

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what was on its way."""
        self._arrived()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """End the connection behind the answers to what has come whole; what has not is not waited for."""
        self._forget_arriving()
        if (last := self._last()) is None:
            self.transport.close()
        else:
            last.keep_alive = False

    # What the parser tells.

    def on_message_begin(self) -> None:
        """Wait no more for a request to begin."""
        super().on_message_begin()
        self._arrived()
        self._unset_keepalive_if_required()
        self._head_arrives = True
        # Of a read in which several begin, all counts for the first and nothing for the others: a read is not long.
        self._read, self._read_for_next = self._read_for_next, 0

    def on_headers_complete(self) -> None:
        """Hand the request on; its body may still come."""
        if (self._too_long or self._read > self._settings.max_head) and self._head_size() > self._settings.max_head:
            raise _HeadTooLongError
        if not self.parser.should_upgrade():
            super().on_headers_complete()
            self.scope["extensions"] = {TRANSPORT: self.transport}  # type: ignore[dict-item]
            if not self.pipeline:
                self._answering = self.cycle
            self._head_arrives, self._body_arrives = False, True
            self._headers_of_head = len(self.headers)

    def on_body(self, body: bytes) -> None:
        """Hand a piece of the body on."""
        self._read -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Tell the application that the body is whole."""
        if not self.parser.should_upgrade():
            super().on_message_complete()
            self._arrived()

    # What a request and its answer tell.

    def on_response_complete(self) -> None:
        """Go on to the next request, or to the refusal behind the last."""
        following = self.pipeline[-1][0] if self.pipeline else None
        super().on_response_complete()
        if following is not None:
            self._answering = following
        elif self._refusal is not None:
            self._end(self._refusal)

    def _feed(self, data: bytes) -> None:
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = self._without_upgrade(data[upgrade.args[0] :])
            except httptools.HttpParserError as error:
                if isinstance(error.__context__, _HeadTooLongError):
                    self._refuse_head()
                else:
                    self.logger.info("Invalid HTTP: %s", error)
                    self._refuse(400, "request: it is not valid HTTP/1.1")
                return
            else:
                return

    def _without_upgrade(self, rest: bytes) -> bytes:
        """Return the request as if it asked for no other protocol, and the *rest*; nothing when it is refused.

        The parser takes what follows such a head for the other protocol, though it is the body: Java's client and
        `curl --http2` ask for HTTP/2 with every request. A server without others reads on.
        """
        method = self.parser.get_method()
        if method == b"CONNECT":
            self._refuse(400, "request: it asks for a tunnel, and this is no proxy")
            return b""
        version = self.parser.get_http_version().encode()
        fields = (
            b"%s: %s\r\n" % (name, _without(_OF_UPGRADES, value) if name == b"connection" else value)
            for name, value in self.headers
            if name not in _OF_UPGRADES
        )
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does with the first
        return b"%s %s HTTP/%s\r\n%s\r\n%s" % (method, self.url, version, b"".join(fields), rest)

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _arrived(self) -> None:
        """Stop waiting."""
        self._head_arrives = self._body_arrives = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _forget_arriving(self) -> None:
        """Forget the request that arrives."""
        if self._body_arrives and self.cycle is self._answering:
            self.cycle.disconnected = True  # the application need not wait for the body any more
            self.cycle.message_event.set()
            self._answering = None
        elif self._body_arrives:
            self.pipeline.popleft()  # it is the newest
        self._arrived()

    def _last(self) -> RequestResponseCycle | None:
        """Return the newest request that has come whole and is not answered yet."""
        newest = self.pipeline[0][0] if self.pipeline else self._answering
        return newest if newest is not None and not newest.response_complete else None

    def _give_up(self) -> None:
        self._deadline = None
        if self._head_arrives or self._body_arrives:
            self._refuse(408, f"request: it did not arrive within {self._settings.request_timeout:g} seconds")
        else:
            self.transport.close()

    def _refuse_head(self) -> None:
        self._refuse(431, f"head: it is longer than the {self._settings.max_head} bytes that are taken")

    def _refuse(self, status: int, message: str) -> None:
        """Send a refusal behind the answers to what came before, and end the connection.

        Nobody could tell where the next request would begin.
        """
        if self._refusal is not None or self.transport.is_closing():
            return
        content = orjson.dumps({"error": {"message": message, "code": status}})
        self._refusal = STATUS_LINE[status] + _HEAD % len(content) + content
        self._forget_arriving()
        if self._last() is None:
            self._end(self._refusal)

    def _end(self, refusal: bytes) -> None:
        """Send the *refusal*; read on for a moment, else the client's system would drop it unread."""
        if self._ended or self.transport.is_closing():
            return
        self._ended = True
        self.transport.write(refusal)
        self.transport.write_eof()
        self.loop.call_later(_LINGER, self.transport.close)


class _HeadTooLongError(Exception):
    """Stops the parser."""


def _without(names: set[bytes], value: bytes) -> bytes:
    """Return the list of names in a header without *names*."""
    return b",".join(each for each in value.split(b",") if each.strip().lower() not in names)
