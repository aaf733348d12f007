"""HTTP below the recorder: each exchange has one deadline and one ceiling of bytes, from connecting to its last byte.

Time and bytes are measured where they arrive, on the connection itself. So heads, interim answers such as 103, the
frames of chunks and trailers count like the body, however slowly or endlessly a server sends them.
"""

from __future__ import annotations

import threading
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import attrs
import httpcore
import httpx

from openrouter_conformance import content_coding

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

MAX_BYTES = 64 * 2**20
"""Bytes of one answer, at most: as sent, with heads and all, and once more as decompressed."""

_CONNECT_SECONDS = 10.0
_KEEPALIVE_SECONDS = 5.0
_WRITTEN_AT_ONCE = 2**16
_CHUNKS = 3
_UNREACHABLE = (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.ProxyError, httpcore.UnsupportedProtocol)
_BROKEN = (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError)


class UnreachableError(Exception):
    """No connection can be opened."""


class NoAnswerError(Exception):
    """The time is over; the message is a phrase."""


class BrokenAnswerError(Exception):
    """The connection ended, or what came over it is not HTTP; the message is a phrase."""


class UnusableAnswerError(Exception):
    """There is an answer that cannot be read; the message is a phrase."""


@attrs.define
class Bounds:
    """What one exchange may use up, and what it has used.

    Attributes:
        began: when it began, on the monotonic clock like all moments here.
        begin_by: when the first byte of the answer is there at the latest.
        end_by: when the last one is.
        max_bytes: of the answer.
        received: bytes that have arrived.
        fresh_connection: whether a connection was opened for it.
        compressed: whether the answer has a Content-Encoding.

    """

    began: float
    begin_by: float
    end_by: float
    max_bytes: int
    received: int = 0
    fresh_connection: bool = False
    compressed: bool = False

    def remaining(self) -> float:
        """Return the seconds that are left; NoAnswerError when none are."""
        left = (self.end_by if self.received else min(self.begin_by, self.end_by)) - time.monotonic()
        if left <= 0:
            raise self.out_of_time()
        return left

    def out_of_time(self) -> NoAnswerError:
        """Return the error that says which of the two times is over."""
        if self.received:
            return NoAnswerError(f"an answer that took over {self.end_by - self.began:g} seconds")
        return NoAnswerError(f"no answer within {min(self.begin_by, self.end_by) - self.began:g} seconds")

    def count(self, received: int) -> None:
        """Count bytes that have arrived; UnusableAnswerError when they are too many."""
        self.received += received
        if self.received > self.max_bytes:
            raise self.too_long()

    def too_long(self) -> UnusableAnswerError:
        """Return the error for an answer that is too long."""
        return UnusableAnswerError(f"an answer over {self.max_bytes} bytes")


@attrs.frozen
class Answer:
    """What came back: `headers` in their order with names in lower case, `body` decompressed, `version` of HTTP."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    version: str


class Transport:
    """Sends requests to one server, from any thread; connections are kept for the next request for a few seconds.

    Redirects are not followed and cookies are not kept. `trust_env` has the environment name a proxy.
    """

    def __init__(self, url: str, *, trust_env: bool) -> None:
        self._backend = _Backend()
        self._proxy = _environment_proxy(httpx.URL(url)) if trust_env else None
        self._tls: ssl.SSLContext | None = None
        if url.startswith("https:") or self._proxy is not None:
            self._tls = httpx.create_ssl_context()
        self._pool = self._open_pool()

    def close(self) -> None:
        """Close the connections that are kept."""
        self._pool.close()

    def send(self, request: httpx.Request, bounds: Bounds, *, fresh_connection: bool = False) -> Answer:
        """Send `request` and return the answer.

        Args:
            request: with its whole body.
            bounds: for this exchange alone.
            fresh_connection: use a connection that nothing else uses, before or after.

        Raises:
            UnreachableError: there is no connection.
            NoAnswerError: there was no answer, or not all of it, in time.
            BrokenAnswerError: the connection ended early, or HTTP was not kept.
            UnusableAnswerError: the answer is too long, or cannot be decompressed.

        """
        if not fresh_connection:
            return self._send(self._pool, request, bounds)
        with self._open_pool() as pool:
            return self._send(pool, request, bounds)

    def _send(self, pool: httpcore.ConnectionPool, request: httpx.Request, bounds: Bounds) -> Answer:
        self._backend.bounds = bounds
        try:
            response = pool.handle_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=_pieces(request),
                )
            )
            try:
                headers = httpx.Headers(response.headers)
                body = content_coding.Body(headers.get("Content-Encoding", ""), bounds.max_bytes)
                bounds.compressed = body.is_compressed
                for piece in response.iter_stream():
                    body.add(piece)
                version = bytes(response.extensions.get("http_version", b"")).decode("ascii", "replace")
                return Answer(response.status, tuple(headers.multi_items()), body.whole(), version)
            finally:
                response.close()
        except _UNREACHABLE as error:
            raise UnreachableError(str(error) or type(error).__name__) from None
        except httpcore.TimeoutException:
            raise bounds.out_of_time() from None
        except _BROKEN as error:
            raise BrokenAnswerError(f"no proper answer: {str(error) or type(error).__name__}") from None
        except content_coding.CodingError as error:
            raise UnusableAnswerError(str(error)) from None
        except content_coding.TooLongError:
            raise bounds.too_long() from None

    def _open_pool(self) -> httpcore.ConnectionPool:
        options: dict[str, Any] = {
            "ssl_context": self._tls,
            "max_connections": None,
            "keepalive_expiry": _KEEPALIVE_SECONDS,
            "network_backend": self._backend,
        }
        if self._proxy is None:
            return httpcore.ConnectionPool(**options)
        address, auth = str(self._proxy.url), self._proxy.raw_auth
        if self._proxy.url.scheme.startswith("socks"):
            return httpcore.SOCKSProxy(address, proxy_auth=auth, **options)
        return httpcore.HTTPProxy(address, proxy_auth=auth, **options)


class _Backend(httpcore.NetworkBackend):
    """Opens connections that keep to the bounds of the exchange which their thread is in."""

    def __init__(self) -> None:
        self._sockets = httpcore.SyncBackend()
        self._of_thread = threading.local()

    @property
    def bounds(self) -> Bounds:
        """The bounds of the exchange of this thread."""
        bounds: Bounds = self._of_thread.bounds
        return bounds

    @bounds.setter
    def bounds(self, bounds: Bounds) -> None:
        self._of_thread.bounds = bounds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the bounds say how long
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Open a connection for the exchange of this thread."""
        seconds = min(_CONNECT_SECONDS, self.bounds.remaining())
        stream = self._sockets.connect_tcp(host, port, seconds, local_address, socket_options)
        self.bounds.fresh_connection = True
        return _Stream(stream, self)


class _Stream(httpcore.NetworkStream):
    """A connection whose every read and write has the time that is left to the exchange of the thread."""

    def __init__(self, stream: httpcore.NetworkStream, backend: _Backend) -> None:
        self._stream = stream
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """Return what has arrived, counted."""
        bounds = self._backend.bounds
        received = self._stream.read(max_bytes, bounds.remaining())
        bounds.count(len(received))
        return received

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """Write piece by piece: the time that is given holds for each wait of a write, not for all of them."""
        for start in range(0, len(buffer), _WRITTEN_AT_ONCE):
            self._stream.write(buffer[start : start + _WRITTEN_AT_ONCE], self._backend.bounds.remaining())

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Return the connection encrypted."""
        seconds = min(_CONNECT_SECONDS, self._backend.bounds.remaining())
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, seconds), self._backend)

    def get_extra_info(self, info: str) -> Any:
        """Return what is known of the connection."""
        return self._stream.get_extra_info(info)


def _pieces(request: httpx.Request) -> bytes | list[bytes]:
    """Return the body: whole, or where it is sent in chunks, one piece for each of them."""
    if "Transfer-Encoding" not in request.headers:
        return request.content
    length = max(1, -(-len(request.content) // _CHUNKS))
    return [request.content[start : start + length] for start in range(0, len(request.content), length)]


def _environment_proxy(url: httpx.URL) -> httpx.Proxy | None:
    """Return the proxy that HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY name for `url`, or None."""
    if urllib.request.proxy_bypass(url.netloc.decode()):
        return None
    proxies = urllib.request.getproxies()
    address = proxies.get(url.scheme) or proxies.get("all")
    if not address:
        return None
    return httpx.Proxy(address if "://" in address else f"http://{address}")
