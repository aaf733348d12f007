"""The client: where the API is, the key, and the connections to it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from functools import partial
from types import NoneType
from typing import TYPE_CHECKING, Any, Final

import httpx

from ._connections import Connection, Connections
from ._exchange import CODINGS, exchange, exchange_async, transport_error
from ._types import UNSET, Unset, checked_type
from ._version import VERSION

if TYPE_CHECKING:
    from .retries import Retries

BASE_URL: Final = "https://openrouter.ai/api/v1"
"""Where the API is: the part of each address before `/embeddings`."""

TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
"""Seconds to wait for the next bytes, and to connect, unless a client or an `http_client` says otherwise."""

USER_AGENT: Final = f"openrouter-embeddings-python/{VERSION}"
"""The `User-Agent` of requests, unless an `http_client` or a header says otherwise."""

_HEADERS: Final = httpx.Headers(
    {"Accept": "*/*", "Accept-Encoding": ", ".join(CODINGS), "Connection": "keep-alive", "User-Agent": USER_AGENT}
).raw
"""The headers that a request is sent with which does not have them, where no `http_client` says otherwise."""

_LONGEST_TIMEOUT: Final = 1_000_000  # seconds; operating systems refuse much longer ones
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, section 5.1
_HTTPX_TIMEOUT: Final = httpx.Timeout(5.0)  # of an httpx client whose author sets none


class Client(AbstractContextManager["Client"], AbstractAsyncContextManager["Client"]):
    """Sends requests to OpenRouter, or to any server that keeps its contract, sync and async.

    Safe to share between threads and event loops (asyncio and trio); a forked process opens connections of its own.
    Use it as a context manager (`with` or `async with`), or call `close` or `aclose`.

    Args:
        api_key: the OpenRouter key, or a function that returns it, called for each request. None reads
            `OPENROUTER_API_KEY`, which is sent to https://openrouter.ai only; an empty string sends no key.
        base_url: the part of each address before `/embeddings`.
        http_referer: address of your app, for attribution on openrouter.ai.
        title: name of your app, for the same.
        categories: categories of your app, comma-separated, for the same.
        timeout: seconds to wait for the server's next bytes, or an `httpx.Timeout`; by default that
            of the `http_client` if it has one, or else 60 seconds, and 10 to connect.
        deadline: seconds for a whole call: waiting for its turn, all tries, the last byte of the body.
        retries: how often to try again, as a number or as `Retries` (needs the extra `retries`); None does not.
        max_connections: calls under way at once, of threads and of each event loop; others wait for their turn.
        max_response_bytes: the longest body, as sent and decompressed; a longer one is a `ContractError`.
        http_client: an `httpx.Client` of your own for sync calls. Its transport, proxies, event hooks, params, cookies
            and auth apply, it stays open, and no forked process may share it.
        async_http_client: the same for async calls, in one event loop.

    Raises:
        TypeError: an argument is of the wrong type.
        ValueError: `base_url` is no http address, the key or a header cannot be sent in a header, a number is out of
            bounds, or certificates or a proxy that the environment names cannot be used."""

    def __init__(
        self,
        api_key: str | Callable[[], str] | None = None,
        base_url: str = BASE_URL,
        *,
        http_referer: str | None = None,
        title: str | None = None,
        categories: str | None = None,
        timeout: float | httpx.Timeout = TIMEOUT,
        deadline: float | None = None,
        retries: int | Retries | None = None,
        max_connections: int = 256,
        max_response_bytes: int = 256 * 2**20,
        http_client: httpx.Client | None = None,
        async_http_client: httpx.AsyncClient | None = None,
    ) -> None:
        self._base_url = _checked_base_url(base_url)
        self._timeout = _checked_timeout(timeout)
        self._deadline = _checked_seconds("deadline", deadline, "seconds") if deadline is not None else None
        self._retries = _checked_retries(retries)
        self._max_response_bytes = _checked_count("max_response_bytes", max_response_bytes)
        self._has_own_key = api_key is not None
        if api_key is None and _is_openrouter(self._base_url):
            api_key = os.environ.get("OPENROUTER_API_KEY") or None
        self._key = api_key if callable(api_key) else _checked_key(api_key)
        app = {"HTTP-Referer": http_referer, "X-OpenRouter-Title": title, "X-OpenRouter-Categories": categories}
        self._headers = _checked_headers({"Accept": "application/json", **app})
        checked_type("http_client", http_client, "an httpx.Client", httpx.Client, NoneType)
        checked_type("async_http_client", async_http_client, "an httpx.AsyncClient", httpx.AsyncClient, NoneType)
        self._has_own_auth = any(http is not None and http.auth for http in (http_client, async_http_client))
        limit, tls = _checked_count("max_connections", max_connections), self._base_url.lower().startswith("https:")
        self._connections = Connections(http_client, async_http_client, limit=limit, tls=tls)

    @property
    def base_url(self) -> str:
        """The part of each address before `/embeddings`, without a slash at the end."""
        return self._base_url

    def with_headers(self, headers: Mapping[str, str | Unset]) -> Client:
        """Return a copy that sends these headers too, or in place of its own; no error shows those that hold a key."""
        merged = self._headers.copy()
        merged.update(_checked_headers(headers))
        return self._copy(_headers=merged)

    def with_timeout(self, timeout: float | httpx.Timeout) -> Client:
        """Return a copy with another timeout, in seconds; the connections are shared."""
        return self._copy(_timeout=_checked_timeout(timeout))

    def with_retries(self, retries: int | Retries | None) -> Client:
        """Return a copy that tries again so often; the connections are shared."""
        return self._copy(_retries=_checked_retries(retries))

    def with_deadline(self, deadline: float | None) -> Client:
        """Return a copy with so many seconds for each call, or without a deadline; the connections are shared."""
        return self._copy(_deadline=_checked_seconds("deadline", deadline, "seconds") if deadline is not None else None)

    def send(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the response with its body, whatever its status.

        Raises:
            TransportError: no response arrived.
            ContractError: the body is longer than `max_response_bytes`, or compressed in an unknown way.
            RuntimeError: the client is closed.
            ValueError: the address of the request holds a password, which only an `http_client` of your own sends."""
        ends = self._ends()
        if self._retries is None:
            return self._send_once(request, ends)
        from .retries import send_with_retries  # noqa: PLC0415 - needs an extra

        return send_with_retries(self._retries, ends, lambda: self._send_once(request, ends))

    async def send_async(self, request: httpx.Request) -> httpx.Response:
        """Send a request as `send` does, without blocking."""
        import anyio  # noqa: PLC0415 - blocking calls need none of it

        try:
            with anyio.fail_after(self._deadline):
                if self._retries is None:
                    return await self._send_once_async(request)
                from .retries import send_with_retries_async  # noqa: PLC0415 - needs an extra

                once = partial(self._send_once_async, request)
                return await send_with_retries_async(self._retries, self._ends(), once)
        except TimeoutError as error:
            raise transport_error(request, error) from error

    def close(self) -> None:
        """Close the client and its copies: nothing more is sent. An `http_client` of your own stays open."""
        self._connections.close()

    async def aclose(self) -> None:
        """Close the client for blocking calls and this event loop; clients of your own stay open."""
        await self._connections.aclose()

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        key = "'***'" if self._key else "None"
        return f"Client(api_key={key}, base_url={self._base_url!r})"

    def __getstate__(self) -> None:
        raise TypeError("a Client holds a key and open connections and is not pickled; make one where it is needed")

    def _request_settings(self, *, secured: bool) -> tuple[str, list[tuple[bytes, bytes]], httpx.Timeout]:
        """Return the base address, the headers, with the key if it is needed, and the timeout of a new request."""
        headers = self._headers.raw
        if secured and not any(name.lower() == b"authorization" for name, _ in headers):
            key = _checked_key(self._key()) if callable(self._key) else self._key
            if key is None and not self._has_own_auth:
                here = "pass one to Client, or set OPENROUTER_API_KEY"
                elsewhere = "pass one to Client; OPENROUTER_API_KEY is sent to https://openrouter.ai only"
                raise ValueError(f"api_key: none given; {here if _is_openrouter(self._base_url) else elsewhere}")
            headers += [(b"Authorization", f"Bearer {key}".encode())] if key else []
        return self._base_url, headers, self._timeout

    def _ends(self) -> float:
        """Return when a call that begins now has to end, on the monotonic clock."""
        return float("inf") if self._deadline is None else time.monotonic() + self._deadline

    def _send_once(self, request: httpx.Request, ends: float) -> httpx.Response:
        try:
            with self._connections.sync(ends) as connection:
                complete, auth = self._completed(request, connection, ends), self._auth(connection)
                return exchange(connection, complete, auth=auth, ends=ends, ceiling=self._max_response_bytes)
        except TimeoutError as error:
            raise transport_error(request, error) from error

    async def _send_once_async(self, request: httpx.Request) -> httpx.Response:
        async with self._connections.asynchronous() as connection:
            complete, auth = self._completed(request, connection, float("inf")), self._auth(connection)
            return await exchange_async(connection, complete, auth=auth, ceiling=self._max_response_bytes)

    def _completed(self, request: httpx.Request, connection: Connection[Any], ends: float) -> httpx.Request:
        """Return a copy of a request with what the httpx client that sends it adds: its author's settings, too."""
        http: httpx.Client | httpx.AsyncClient = connection.http
        if request.url.userinfo and not connection.own:
            raise ValueError("request: its address holds a user name or password; send them in a header")
        sent = request.headers.raw
        names = {name.lower() for name, _ in sent}
        defaults = http.headers.raw if connection.own else _HEADERS
        headers = httpx.Headers([*sent, *(header for header in defaults if header[0].lower() not in names)])
        if connection.own or not names.isdisjoint({b"user-agent", b"accept-encoding"}):
            if headers.get("User-Agent", "").startswith("python-httpx/"):
                headers["User-Agent"] = USER_AGENT
            accepted = [coding.strip() for coding in headers.get("Accept-Encoding", "").split(",")]
            headers["Accept-Encoding"] = ", ".join(coding for coding in accepted if coding in CODINGS) or "identity"
        url, timeouts = request.url, request.extensions.get("timeout") or TIMEOUT.as_dict()
        if connection.own:
            url = url.copy_with(params=http.params.merge(url.params)) if http.params else url
            if self._timeout is TIMEOUT and http.timeout != _HTTPX_TIMEOUT:
                timeouts = http.timeout.as_dict()
        if ends < float("inf"):
            left = max(1e-3, ends - time.monotonic())
            timeouts = {name: left if limit is None else min(limit, left) for name, limit in timeouts.items()}
        extensions = {**request.extensions, "timeout": timeouts}
        copy = httpx.Request(request.method, url, headers=headers, stream=request.stream, extensions=extensions)
        copy.read()
        if connection.own:
            http.cookies.set_cookie_header(copy)
        return copy

    def _auth(self, connection: Connection[Any]) -> Any:
        """Return the `auth` to send with: that of the httpx client, unless it would replace a key that was given."""
        replaces_key = isinstance(connection.http.auth, (httpx.BasicAuth, httpx.DigestAuth, httpx.NetRCAuth))
        return None if replaces_key and self._has_own_key else httpx.USE_CLIENT_DEFAULT

    def _copy(self, **changes: Any) -> Client:
        copy = object.__new__(Client)
        vars(copy).update(vars(self) | changes)
        return copy


def _is_openrouter(base_url: str) -> bool:
    """Return whether the key of the environment is meant for this address."""
    url = httpx.URL(base_url)
    return (url.scheme, url.host) == ("https", "openrouter.ai")


def _checked_base_url(base_url: Any) -> str:
    address: str = checked_type("base_url", base_url, "a string", str)
    try:
        url = httpx.URL(address)
        is_address = url.scheme in {"http", "https"} and bool(url.host.encode("idna"))
    except (httpx.InvalidURL, ValueError):
        url, is_address = httpx.URL(), False
    if is_address and url.userinfo:
        raise ValueError("base_url: holds a user name or password; give the key as api_key")
    if not is_address or url.query or url.fragment:
        raise ValueError(f"base_url: expected an http or https address such as {BASE_URL}, received {address!r}")
    return address.rstrip("/")


def _checked_timeout(timeout: Any) -> httpx.Timeout:
    if isinstance(timeout, httpx.Timeout):
        return timeout
    return httpx.Timeout(_checked_seconds("timeout", timeout, "seconds or an httpx.Timeout"))


def _checked_seconds(name: str, value: Any, expected: str) -> float:
    seconds: float = checked_type(name, value, expected, int, float)
    if not 0 < seconds <= _LONGEST_TIMEOUT:
        raise ValueError(f"{name}: expected seconds above 0 and up to {_LONGEST_TIMEOUT:,}, received {seconds}")
    return seconds


def _checked_count(name: str, value: Any) -> int:
    count: int = checked_type(name, value, "a whole number", int)
    if count < 1:
        raise ValueError(f"{name}: expected 1 or more, received {count}")
    return count


def _checked_retries(retries: Any) -> Retries | None:
    if retries is None or retries == 0:
        return None
    from .retries import Retries  # noqa: PLC0415 - imported only when retries are asked for

    if isinstance(retries, Retries):
        return retries
    return Retries(attempts=checked_type("retries", retries, "a number of tries or Retries", int))


def _checked_key(key: Any) -> str | None:
    """Return the key without surrounding white space; the message of an error never shows it."""
    if key is None:
        return None
    stripped: str = checked_type("api_key", key, "a string, or a function that returns one", str).strip()
    if not stripped.isascii() or not stripped.isprintable() or " " in stripped:
        raise ValueError("api_key: holds a character that no key has (white space, control or non-ASCII)")
    return stripped


def _checked_headers(headers: Any) -> httpx.Headers:
    given: Mapping[Any, Any] = checked_type("headers", headers, "names with values", Mapping)
    sent: dict[str, str] = {}
    for name, value in given.items():
        if value is None or value is UNSET:
            continue
        text: str = checked_type(f"header {name}", value, "a string", str)
        if not _HEADER_NAME.fullmatch(checked_type(f"header {name}", name, "a name", str)):
            raise ValueError(f"header {name!r}: no header may have this name")
        if not text.isascii() or not text.isprintable():
            raise ValueError(f"header {name}: holds a character that no header may have (control or non-ASCII)")
        sent[name] = text.strip()
    return httpx.Headers(sent)
