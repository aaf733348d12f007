"""The client: where the API is, the key, and the connections to it."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import httpx

from ._types import UNSET, Unset, is_instance
from ._version import VERSION
from .errors import TransportError

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from .retries import Retries

BASE_URL: Final = "https://openrouter.ai/api/v1"
"""Where the API is: the part of each address before `/embeddings`."""

TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
"""Seconds to wait for the next bytes, and to connect, unless a client says otherwise."""

USER_AGENT: Final = f"openrouter-embeddings-python/{VERSION}"
"""The `User-Agent` of requests, unless an `http_client` or a header says otherwise."""

_LONGEST_TIMEOUT: Final = 1_000_000
"""Seconds; operating systems refuse much longer ones."""

_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""What the name of a header may be (RFC 9110, section 5.1)."""

_FAILURES: Final = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError)
"""What sending raises: mostly errors of httpx; a redirect to a host that is no host name ends in the others."""


class _RequestSettings(NamedTuple):
    """What every request of a client carries; the headers are a copy."""

    base_url: str
    headers: httpx.Headers
    timeout: httpx.Timeout


class _Connections:
    """The httpx clients that a client and its copies share; opened on first use, closed once.

    Async connections die with the event loop that opened them, so that each loop has its own.
    """

    def __init__(self, sync: httpx.Client | None, asynchronous: httpx.AsyncClient | None) -> None:
        self._lock = threading.Lock()
        self._sync = sync
        self._owns_sync = sync is None
        self._asynchronous = asynchronous
        self._by_loop: dict[AbstractEventLoop | None, httpx.AsyncClient] = {}

    def sync(self) -> httpx.Client:
        with self._lock:
            if self._sync is None:
                self._sync = httpx.Client()
            return self._sync

    def asynchronous(self) -> httpx.AsyncClient:
        if self._asynchronous is not None:
            return self._asynchronous
        loop = _running_loop()
        with self._lock:
            if loop not in self._by_loop:
                alive = {known: own for known, own in self._by_loop.items() if not known or not known.is_closed()}
                self._by_loop = {**alive, loop: httpx.AsyncClient()}
            return self._by_loop[loop]

    def close(self) -> None:
        if self._owns_sync and self._sync is not None:
            self._sync.close()

    async def aclose(self) -> None:
        own = self._by_loop.get(_running_loop())
        if own is not None:
            await own.aclose()


class Client:
    """Sends requests to OpenRouter, or to any server that keeps its contract, sync and async.

    Safe to share between threads. Use it as a context manager (`with` or `async with`), or call `close` or
    `aclose`; an `http_client` of your own stays open.

    Args:
        api_key: the OpenRouter key. None reads `OPENROUTER_API_KEY`; an empty string sends no key.
        base_url: the part of each address before `/embeddings`.
        http_referer: address of your app, for attribution on openrouter.ai.
        title: name of your app, for the same.
        categories: categories of your app, comma-separated, for the same.
        timeout: seconds, or an `httpx.Timeout`; each request has one, always finite unless you say otherwise.
        retries: how often to try again, as a number or as `Retries` (needs the extra `retries`); None does not.
        http_client: an `httpx.Client` of your own for sync calls: own transport, proxies, event hooks.
        async_http_client: the same for async calls.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `base_url` is no http address, or the key or a header cannot be sent in a header.

    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str = BASE_URL,
        *,
        http_referer: str | None = None,
        title: str | None = None,
        categories: str | None = None,
        timeout: float | httpx.Timeout = TIMEOUT,
        retries: int | Retries | None = None,
        http_client: httpx.Client | None = None,
        async_http_client: httpx.AsyncClient | None = None,
    ) -> None:
        self._base_url = _checked_base_url(base_url)
        self._timeout = _checked_timeout(timeout)
        self._retries = _checked_retries(retries)
        self._key = _checked_key(os.environ.get("OPENROUTER_API_KEY") or None if api_key is None else api_key)
        self._headers = _checked_headers(
            {
                "Accept": "application/json",
                "HTTP-Referer": http_referer,
                "X-OpenRouter-Title": title,
                "X-OpenRouter-Categories": categories,
            }
        )
        _check_type("http_client", http_client, httpx.Client)
        _check_type("async_http_client", async_http_client, httpx.AsyncClient)
        self._connections = _Connections(http_client, async_http_client)

    @property
    def base_url(self) -> str:
        """The part of each address before `/embeddings`, without a slash at the end."""
        return self._base_url

    def with_headers(self, headers: Mapping[str, str | Unset]) -> Client:
        """Return a copy that sends these headers too, or in place of its own; the connections are shared."""
        merged = self._headers.copy()
        merged.update(_checked_headers(headers))
        return self._copy(_headers=merged)

    def with_timeout(self, timeout: float | httpx.Timeout) -> Client:
        """Return a copy with another timeout, in seconds; the connections are shared."""
        return self._copy(_timeout=_checked_timeout(timeout))

    def with_retries(self, retries: int | Retries | None) -> Client:
        """Return a copy that tries again so often; the connections are shared."""
        return self._copy(_retries=_checked_retries(retries))

    def send(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the response with its body, whatever its status.

        Raises:
            TransportError: no response arrived.

        """
        http = self._connections.sync()
        _complete(request, http.headers)
        try:
            if self._retries is None:
                return _released(http.send(request))
            from ._retrying import send_with_retries  # noqa: PLC0415 - needs an extra

            return _released(send_with_retries(self._retries, request, http.send))
        except _FAILURES as error:
            raise TransportError(_transport_message(request, error)) from error

    async def send_async(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the response with its body, whatever its status.

        Raises:
            TransportError: no response arrived.

        """
        http = self._connections.asynchronous()
        _complete(request, http.headers)
        try:
            if self._retries is None:
                return _released(await http.send(request))
            from ._retrying import send_with_retries_async  # noqa: PLC0415 - needs an extra

            return _released(await send_with_retries_async(self._retries, request, http.send))
        except _FAILURES as error:
            raise TransportError(_transport_message(request, error)) from error

    def close(self) -> None:
        """Close the connections of sync calls; an `http_client` of your own stays open."""
        self._connections.close()

    async def aclose(self) -> None:
        """Close all connections, of async calls those of this event loop; clients of your own stay open."""
        self._connections.close()
        await self._connections.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        key = "'***'" if self._key else "None"
        return f"Client(api_key={key}, base_url={self._base_url!r})"

    def __getstate__(self) -> None:
        raise TypeError("a Client holds a key and open connections and is not pickled; make one where it is needed")

    def _request_settings(self, *, secured: bool) -> _RequestSettings:
        """Return what a request of an operation carries, the key included if it needs one."""
        headers = self._headers.copy()
        if secured and "Authorization" not in headers:
            headers.update(self._authorization())
        return _RequestSettings(self._base_url, headers, self._timeout)

    def _copy(self, **changes: Any) -> Client:
        copy = object.__new__(Client)
        vars(copy).update(vars(self) | changes)
        return copy

    def _authorization(self) -> dict[str, str]:
        if self._key is None:
            raise ValueError("api_key: none given; pass one to Client, or set OPENROUTER_API_KEY")
        return {"Authorization": f"Bearer {self._key}"} if self._key else {}


def _complete(request: httpx.Request, defaults: httpx.Headers) -> None:
    """Add the headers that an httpx client sends by default, its author's among them, where the request has none."""
    for name, value in defaults.items():
        request.headers.setdefault(name, value)
    if request.headers.get("User-Agent", "").startswith("python-httpx/"):
        request.headers["User-Agent"] = USER_AGENT


def _released(response: httpx.Response) -> httpx.Response:
    """Let the memory of a body that has been read go with its response.

    httpx's response and its stream hold each other, so that bodies of megabytes wait for the garbage collector.
    """
    response.stream = httpx.ByteStream(b"")
    return response


def _running_loop() -> AbstractEventLoop | None:
    """Return the event loop that runs here; None under another library than asyncio."""
    import asyncio  # noqa: PLC0415 - it takes as long to import as half of httpx, and blocking calls need none of it

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _checked_base_url(base_url: Any) -> str:
    if not isinstance(base_url, str):
        raise TypeError(f"base_url: expected a string, received a {type(base_url).__name__}")
    try:
        url = httpx.URL(base_url)
        is_address = url.scheme in {"http", "https"} and bool(url.host.encode("idna"))
    except (httpx.InvalidURL, ValueError):
        url, is_address = httpx.URL(), False
    if is_address and url.userinfo:
        raise ValueError("base_url: holds a user name or password; give the key as api_key")
    if not is_address or url.query or url.fragment:
        raise ValueError(f"base_url: expected an http or https address such as {BASE_URL}, received {base_url!r}")
    return base_url.rstrip("/")


def _checked_timeout(timeout: Any) -> httpx.Timeout:
    if isinstance(timeout, httpx.Timeout):
        return timeout
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)):
        raise TypeError(f"timeout: expected seconds or an httpx.Timeout, received a {type(timeout).__name__}")
    if not 0 < timeout <= _LONGEST_TIMEOUT:
        raise ValueError(f"timeout: expected seconds above 0 and up to {_LONGEST_TIMEOUT:,}, received {timeout}")
    return httpx.Timeout(timeout)


def _checked_retries(retries: Any) -> Retries | None:
    if retries is None or retries == 0:
        return None
    from .retries import Retries  # noqa: PLC0415 - imported only when retries are asked for

    if isinstance(retries, Retries):
        return retries
    if isinstance(retries, bool) or not isinstance(retries, int):
        raise TypeError(f"retries: expected a number of tries or Retries, received a {type(retries).__name__}")
    return Retries(attempts=retries)


def _checked_key(key: Any) -> str | None:
    """Return the key without surrounding white space; the message of an error never shows it."""
    if key is None:
        return None
    if not isinstance(key, str):
        raise TypeError(f"api_key: expected a string, received a {type(key).__name__}")
    stripped: str = key.strip()
    if not stripped.isascii() or not stripped.isprintable() or " " in stripped:
        raise ValueError("api_key: holds a character that no key has (white space, control or non-ASCII)")
    return stripped


def _checked_headers(headers: Any) -> httpx.Headers:
    if not is_instance(headers, Mapping):
        raise TypeError(f"headers: expected names with values, received a {type(headers).__name__}")
    given: Mapping[Any, Any] = headers
    sent: dict[str, str] = {}
    for name, value in given.items():
        if value is None or value is UNSET:
            continue
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(f"header {name}: expected a string, received a {type(value).__name__}")
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"header {name!r}: no header may have this name")
        if not value.isascii() or not value.isprintable():
            raise ValueError(f"header {name}: holds a character that no header may have (control or non-ASCII)")
        sent[name] = value.strip()
    return httpx.Headers(sent)


def _check_type(name: str, value: object, expected: type) -> None:
    if value is not None and not isinstance(value, expected):
        raise TypeError(f"{name}: expected an httpx.{expected.__name__}, received a {type(value).__name__}")


def _transport_message(request: httpx.Request, error: Exception) -> str:
    reason = str(error) or type(error).__name__
    return f"no response to {request.method} {request.url.copy_with(query=None)}: {type(error).__name__}: {reason}"
