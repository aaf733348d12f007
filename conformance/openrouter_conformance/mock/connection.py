"""HTTP on one connection: what uvicorn leaves without limits, or without an answer that clients can read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httptools
import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

    from .settings import MockSettings

TRANSPORT = "openrouter_conformance.transport"
"""The ASGI extension under which faults on the wire find the connection that they are to break."""
_LINGER = 1.0
"""Seconds that a connection stays open after a refusal."""
_MOST_TRAILERS = 10_000
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
    - A client that sends no more, but still listens, gets its answer.
    - A client that would rather speak another protocol, and says so, gets its answer in this one.
    """

    def __init__(self, settings: MockSettings, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._settings = settings
        self._in_head = False
        self._in_request = False
        self._head_bytes = 0
        self._refused = False
        self._deadline: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Read what has come; refuse a head that has become too long."""
        if self._refused:
            return
        self._unset_keepalive_if_required()
        self._feed(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > self._settings.max_head:
                self._refuse(431, f"head: it is longer than the {self._settings.max_head} bytes that are taken")
        elif self._in_request and len(self.headers) > _MOST_TRAILERS:
            self._refuse(431, f"trailers: there are more than the {_MOST_TRAILERS} that are taken")
        if self._in_request and self._deadline is None:
            self._deadline = self.loop.call_later(self._settings.request_timeout, self._give_up)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait: who connects and says nothing is not waited for either."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(self._settings.request_timeout, self._give_up)

    def on_message_begin(self) -> None:
        """Count from here on."""
        super().on_message_begin()
        self._request_ends()  # the wait for it, if it is the first one
        self._in_request = self._in_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        """Hand the request on; its body may still come."""
        if not self.parser.should_upgrade():
            super().on_headers_complete()
            self.scope["extensions"] = {TRANSPORT: self.transport}  # type: ignore[dict-item]
            self._in_head = False

    def on_message_complete(self) -> None:
        """Tell the application that the body is whole."""
        if not self.parser.should_upgrade():
            super().on_message_complete()
            self._request_ends()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Return whether an answer is still to be sent to a client that will send no more."""
        if self._in_request:
            self._refuse(400, "request: it ends in the middle")
        elif self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False
        else:
            return False
        return True

    def shutdown(self) -> None:
        """End the connection, but for an answer that is on its way; a request is not waited for."""
        if self._in_request and not self.pipeline:
            self.transport.close()
        super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what was on its way."""
        self._request_ends()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP."""
        self._refuse(400, f"request: {msg}")

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._read_without_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            self.logger.info("Invalid HTTP: %s", error)
            self.send_400_response("it is not valid HTTP/1.1")

    def _read_without_upgrade(self, rest: bytes) -> None:
        """Read the request again as if it asked for no other protocol, as a server without others does.

        The parser takes what follows such a head for the other protocol, though it is the body: Java's client and
        `curl --http2` ask for HTTP/2 with every request.
        """
        method = self.parser.get_method()
        if method == b"CONNECT":
            self.send_400_response("it asks for a tunnel, and this is no proxy")
            return
        version = self.parser.get_http_version().encode()
        fields = (
            b"%s: %s\r\n" % (name, _without(_OF_UPGRADES, value) if name == b"connection" else value)
            for name, value in self.headers
            if name not in _OF_UPGRADES
        )
        self.parser = httptools.HttpRequestParser(self)
        self._feed(b"%s %s HTTP/%s\r\n%s\r\n%s" % (method, self.url, version, b"".join(fields), rest))

    def _request_ends(self) -> None:
        self._in_request = self._in_head = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if not self._in_request:
            self.transport.close()
            return
        self._refuse(408, f"request: it did not arrive within {self._settings.request_timeout:g} seconds")

    def _refuse(self, status: int, message: str) -> None:
        """Send a refusal, and end the connection: nobody can tell where the next request would begin."""
        if self._refused or self.transport.is_closing():
            return
        of_this_request = self._in_request and not self._in_head and not self.pipeline
        self._request_ends()
        self._refused = True
        if self.cycle is not None and not self.cycle.response_complete:
            if self.cycle.response_started or not of_this_request:
                self.cycle.keep_alive = False  # what came before is answered, and then the connection ends
                return
            self.cycle.disconnected = True  # the application need not answer any more
            self.cycle.message_event.set()
        content = orjson.dumps({"error": {"message": message, "code": status}})
        self.transport.write(STATUS_LINE[status] + _HEAD % len(content) + content)
        # What the client still sends is read for a moment, else its system would drop the refusal unread.
        self.transport.write_eof()
        self.loop.call_later(_LINGER, self.transport.close)


def _without(names: set[bytes], value: bytes) -> bytes:
    """Return the list of names in a header without *names*."""
    return b",".join(each for each in value.split(b",") if each.strip().lower() not in names)
