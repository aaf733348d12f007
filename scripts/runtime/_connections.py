"""The connections of a client: opened on first use, each for one call at a time, and never those of a parent process.

Each connection is an httpx client of its own: finding one costs the same however many calls are under way, and it is
known which socket a call uses."""

import os
import re
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator, Hashable
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any, Final, Generic, TypeVar
from urllib.request import getproxies
from weakref import WeakKeyDictionary, WeakSet

import httpx
from attrs import define, field

_KEEPALIVE: Final = 5.0  # seconds after which a connection that no call uses is closed, as in httpx
_LIMITS: Final = httpx.Limits(max_connections=1, keepalive_expiry=_KEEPALIVE)

H = TypeVar("H", httpx.Client, httpx.AsyncClient)


@define(eq=False)
class Connection(Generic[H]):
    """What one call is sent over.

    Attributes:
        http: an httpx client that only this call uses, or that of the caller.
        own: whether it is the caller's.
        transport: what the client sends with, when it would add nothing to requests and send through no proxy.
        stream: the network stream of the open connection, where it is known.
        idle_since: when its last call ended, on the monotonic clock."""

    http: H
    own: bool
    transport: Any = None
    stream: Any = None
    idle_since: float = 0.0


@define(eq=False)
class _Pool(Generic[H]):
    """The idle connections of one event loop, or of all blocking calls; the last one used is the first one taken."""

    _own: H | None
    _make: Callable[[], Connection[H]]
    turns: Any
    closed: bool
    _idle: deque[Connection[H]] = field(factory=deque, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def take(self) -> Connection[H]:
        if self.closed:
            raise RuntimeError("this client is closed; make a new one")
        if self._own is not None:
            if self._own.is_closed:
                raise RuntimeError("the http client that was given to this client is closed")
            return Connection(self._own, own=True)
        with self._lock:
            return self._idle.pop() if self._idle else self._make()

    def give_back(self, connection: Connection[H]) -> list[H]:
        """Keep a connection for the next call; return the httpx clients that are to be closed."""
        if connection.own:
            return []
        connection.idle_since = time.monotonic()
        with self._lock:
            self._idle.append(connection)
        return self.remove(before=float("inf") if self.closed else connection.idle_since - _KEEPALIVE)

    def remove(self, *, before: float = float("inf")) -> list[H]:
        """Remove what has been idle since before this moment, and return it to be closed."""
        removed: list[H] = []
        with self._lock:
            while self._idle and self._idle[0].idle_since < before:
                removed.append(self._idle.popleft().http)
        return removed


class Connections:
    """The connections that a client and its copies share; those of an event loop die with it, so that each has its own.

    `ValueError` when certificates or a proxy that the environment names cannot be used."""

    def __init__(self, own: httpx.Client | None, own_async: httpx.AsyncClient | None, *, limit: int, tls: bool) -> None:
        self._own, self._own_async = own, own_async
        self._limit = limit
        self._closed = False
        self._forget()
        if own is None or own_async is None:
            try:
                self._tls = httpx.create_ssl_context(verify=tls)
                self._make(httpx.Client, httpx.HTTPTransport).http.close()
            except (OSError, ValueError, ImportError, httpx.InvalidURL) as error:
                reason = re.sub(r"//[^/@\s]*@", "//***@", f"{type(error).__name__}: {error}")
                names = "SSL_CERT_FILE, SSL_CERT_DIR, HTTPS_PROXY and the like"
                raise ValueError(f"the environment ({names}): {reason}") from None
        _IN_USE.add(self)

    def after_fork(self) -> None:
        """Leave all connections to the parent process; they are kept, since to close them would disturb it."""
        _INHERITED.append((self._sync, self._by_loop))
        self._forget()

    @contextmanager
    def sync(self, ends: float) -> Generator[Connection[httpx.Client], None, None]:
        """Lend a connection to a blocking call, as soon as less than `limit` others are under way.

        `TimeoutError` when that takes until `ends` on the monotonic clock, `RuntimeError` when the client is closed."""
        pool = self._sync
        if not pool.turns.acquire(timeout=min(max(0.0, ends - time.monotonic()), threading.TIMEOUT_MAX)):
            raise TimeoutError
        try:
            connection = pool.take()
            try:
                yield connection
            finally:
                for http in pool.give_back(connection):
                    http.close()
        finally:
            pool.turns.release()

    @asynccontextmanager
    async def asynchronous(self) -> AsyncGenerator[Connection[httpx.AsyncClient], None]:
        """Lend a connection to a call of this event loop, as `sync` does."""
        pool = self._pool_of_loop()
        async with pool.turns:
            connection = pool.take()
            try:
                yield connection
            finally:
                for http in pool.give_back(connection):
                    await http.aclose()

    def close(self, *, every_loop: bool = True) -> None:
        """Close what blocking calls have opened; what is under way ends first."""
        self._closed = self._closed or every_loop
        self._sync.closed = True
        with self._lock:
            for pool in self._by_loop.values() if every_loop else ():
                pool.closed = True
        for http in self._sync.remove():
            http.close()

    async def aclose(self) -> None:
        """Close what blocking calls and those of this event loop have opened."""
        self.close(every_loop=False)
        pool = self._pool_of_loop()
        pool.closed = True
        for http in pool.remove():
            await http.aclose()

    def _forget(self) -> None:
        self._lock = threading.Lock()
        make, turns = partial(self._make, httpx.Client, httpx.HTTPTransport), threading.Semaphore(self._limit)
        self._sync = _Pool(self._own, make, turns, self._closed)
        self._by_loop: WeakKeyDictionary[Hashable, _Pool[httpx.AsyncClient]] = WeakKeyDictionary()

    def _make(self, kind: type[H], transport_kind: Callable[..., Any]) -> Connection[H]:
        transport = None if getproxies() else transport_kind(verify=self._tls, limits=_LIMITS)
        http = kind(verify=self._tls, limits=_LIMITS, transport=transport)
        return Connection(http, own=False, transport=transport)

    def _pool_of_loop(self) -> _Pool[httpx.AsyncClient]:
        import anyio.lowlevel  # noqa: PLC0415 - it takes as long to import as half of httpx; blocking calls need none

        token: Any = anyio.lowlevel.current_token()
        loop = getattr(token, "native_token", token)  # anyio wraps it since 4.11
        with self._lock:
            pool = self._by_loop.get(loop)
            if pool is None:
                for known in [known for known in self._by_loop if getattr(known, "is_closed", bool)()]:
                    del self._by_loop[known]  # its connections would keep it from being collected
                make = partial(self._make, httpx.AsyncClient, httpx.AsyncHTTPTransport)
                pool = _Pool(self._own_async, make, anyio.Semaphore(self._limit), self._closed)
                self._by_loop[loop] = pool
            return pool


_IN_USE: Final[WeakSet[Connections]] = WeakSet()
_INHERITED: Final[list[object]] = []  # the parent's connections in a child process


def _leave_to_parent() -> None:
    for connections in list(_IN_USE):
        connections.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)
