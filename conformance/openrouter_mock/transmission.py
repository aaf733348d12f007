"""How a response is sent: whole, or as a broken connection would send it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import math
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

import attrs

from .asgi import TRANSPORT

if TYPE_CHECKING:
    from .asgi import Message, Receive, Scope, Send
    from .call import Response

DRIP_SECONDS = 0.1
"""The time between two bytes of a response that drips."""

_LINGER_ZERO = struct.pack("ii", 1, 0)
"""The socket option that makes closing a connection reset it."""

Wait = Callable[[float], Awaitable[None]]
"""Waits for so many seconds, or until the server stops."""


@attrs.frozen
class Exchange:
    """A response and what it is sent through."""

    response: Response
    scope: Scope = attrs.field(repr=False)
    receive: Receive
    send: Send
    wait: Wait

    async def start(self) -> None:
        """Send the head."""
        headers = {**self.response.headers}
        if self.response.status != 204:
            headers.setdefault("Content-Length", str(len(self.response.content)))
        raw = [(_header_name(name), value.encode("latin-1")) for name, value in headers.items()]
        await self.send({"type": "http.response.start", "status": self.response.status, "headers": raw})

    async def body(self, content: bytes, *, more: bool = False) -> None:
        """Send *content*, which is nothing for HEAD; *more* follows."""
        if self.scope["method"] == "HEAD":
            content = b""
        await self.send({"type": "http.response.body", "body": content, "more_body": more})

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[asyncio.Future[Message]]:
        """Give a future that is done when the caller has closed the connection."""
        gone = asyncio.ensure_future(self.receive())
        try:
            yield gone
        finally:
            gone.cancel()

    async def close(self, *, reset: bool = False) -> None:
        """Close the connection; in a process without a network there is none, and the caller gets an exception."""
        transport: asyncio.Transport | None = self.scope.get("extensions", {}).get(TRANSPORT)
        if transport is None:
            raise ConnectionResetError("the mock closed the connection, as the scenario says")
        if reset and (connection := transport.get_extra_info("socket")) is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
            transport.abort()
        else:
            transport.close()
        await self.receive()  # the disconnection, which the server waits for


async def _send_whole(exchange: Exchange) -> None:
    await exchange.start()
    await exchange.body(exchange.response.content)


async def _reset(exchange: Exchange) -> None:
    await exchange.close(reset=True)


async def _hang(exchange: Exchange) -> None:
    """Send nothing until the caller gives up, or the server stops."""
    async with exchange.watching() as gone:
        stopped = asyncio.ensure_future(exchange.wait(math.inf))
        await asyncio.wait((gone, stopped), return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        left = gone.done()
    if not left:
        await exchange.close()


async def _truncate(exchange: Exchange) -> None:
    content = exchange.response.content
    await exchange.start()
    await exchange.body(content[: len(content) // 2], more=True)
    await exchange.close()


async def _drip(exchange: Exchange) -> None:
    """Send a byte at a time; the rest at once when the server stops."""
    await exchange.start()
    async with exchange.watching() as gone:
        for byte in exchange.response.content:
            if gone.done():
                return
            await exchange.body(bytes([byte]), more=True)
            await exchange.wait(DRIP_SECONDS)
    await exchange.body(b"")


TRANSMISSIONS: dict[str, Callable[[Exchange], Awaitable[None]]] = {
    "whole": _send_whole,
    "reset": _reset,
    "hang": _hang,
    "truncated": _truncate,
    "drip": _drip,
}
"""The ways to send a response."""


async def transmit(exchange: Exchange, how: str) -> None:
    """Send the response as *how* says, one of `TRANSMISSIONS`."""
    await TRANSMISSIONS[how](exchange)


@functools.lru_cache(maxsize=256)
def _header_name(name: str) -> bytes:
    return name.lower().encode("latin-1")
