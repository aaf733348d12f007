"""Servers that keep HTTP only as far as a test wants: they write bytes to a socket."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator

import attrs

Reply = Iterable[bytes]
"""Pieces that are written one after the other; afterwards the connection is closed."""


@attrs.define
class RawServer:
    """A listening socket; `connections` counts those that were accepted, `heads` are the requests' heads."""

    url: str
    connections: int = 0
    heads: list[bytes] = attrs.field(factory=list)
    closing: threading.Event = attrs.field(factory=threading.Event)

    def slowly(self, piece: bytes, *, seconds: float = 0.02) -> Iterator[bytes]:
        """Yield `piece` for ever, one in so many seconds."""
        while not self.closing.wait(seconds):
            yield piece


@contextlib.contextmanager
def serve_raw(
    reply: Callable[[RawServer], Reply], *, keep: bool = False, tls: ssl.SSLContext | None = None
) -> Iterator[RawServer]:
    """Answer every request with the pieces of `reply`; `keep` reads the next request from the same connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        scheme = "http" if tls is None else "https"
        server = RawServer(f"{scheme}://127.0.0.1:{listening.getsockname()[1]}")
        threads: list[threading.Thread] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                server.connections += 1
                threads.append(
                    threading.Thread(target=_serve, args=(server, connection, reply, tls), kwargs={"keep": keep})
                )
                threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield server
        finally:
            server.closing.set()
            listening.shutdown(socket.SHUT_RDWR)
            accepting.join(10)
            for thread in threads:
                thread.join(10)


def _serve(
    server: RawServer,
    connection: socket.socket,
    reply: Callable[[RawServer], Reply],
    tls: ssl.SSLContext | None,
    *,
    keep: bool,
) -> None:
    with contextlib.suppress(OSError):  # the caller has left
        connection.settimeout(10)
        if tls is not None:
            connection = tls.wrap_socket(connection, server_side=True)
        with connection:
            reading = connection.makefile("rb")
            while True:
                head = b"".join(iter(lambda: reading.readline().strip(b"\r\n"), b""))
                if not head:
                    return
                server.heads.append(head)
                _, _, length = head.lower().partition(b"content-length: ")
                reading.read(int(length or b"0"))
                for piece in reply(server):
                    connection.sendall(piece)
                if not keep:
                    return
