"""Trying again after failures that pass, by httpx-retries (the extra `retries`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
from attrs import field, frozen, validators

try:
    import httpx_retries
except ImportError as missing:
    raise ImportError(
        "retries need the package httpx-retries: pip install 'openrouter-embeddings[retries]'"
    ) from missing

STATUSES = frozenset({408, 409, 429, *range(500, 600)})
"""Statuses worth another try; 524 and 529 are among them."""

FAILURES = (httpx.ConnectTimeout, httpx.PoolTimeout, httpx.NetworkError, httpx.RemoteProtocolError)
"""Failures of the connection worth another try. A read timeout is none: the server may still work, and charge."""


@frozen(kw_only=True)
class Retries:
    """How often and how patiently to try again.

    A failure that came with status 200 is not tried again: the transport sees a success. Catch the `ApiError`
    (its `status` is 200) and call again if its `code` is worth it.

    Attributes:
        attempts: tries after the first one.
        first_wait: seconds before the second try, doubled before each further one; each wait is shortened by chance
            to between half and all of that, so that many clients do not come back at once.
        longest_wait: ceiling of one wait in seconds, also of what `Retry-After` asks for.
        total_time: seconds after which no further try begins, counted from the first.

    """

    attempts: int = field(default=3, validator=validators.ge(0))
    first_wait: float = field(default=0.5, validator=validators.ge(0))
    longest_wait: float = field(default=30.0, validator=validators.gt(0))
    total_time: float = field(default=120.0, validator=validators.gt(0))

    def send(self, request: httpx.Request, send: Callable[[httpx.Request], httpx.Response]) -> httpx.Response:
        """Send a request until it succeeds or there is no use in trying again; return the last answer."""
        request.extensions["retry"] = self._policy()
        transport = httpx_retries.RetryTransport(transport=_Through(send))
        return transport.handle_request(request)

    async def send_async(
        self, request: httpx.Request, send: Callable[[httpx.Request], Coroutine[Any, Any, httpx.Response]]
    ) -> httpx.Response:
        """Send a request as `send` does, without blocking."""
        request.extensions["retry"] = self._policy()
        transport = httpx_retries.RetryTransport(transport=_ThroughAsync(send))
        return await transport.handle_async_request(request)

    def _policy(self) -> _Policy:
        return _Policy(
            total=self.attempts,
            allowed_methods=["GET", "POST"],
            status_forcelist=STATUSES,
            retry_on_exceptions=FAILURES,
            backoff_factor=self.first_wait / 2,
            backoff_jitter=0.5,
            max_backoff_wait=self.longest_wait,
            total_timeout=self.total_time,
        )


class _Policy(httpx_retries.Retry):
    """Adds to the library: milliseconds in `retry-after-ms`, and a bound on all the time that passes."""

    began: float | None = None

    def is_exhausted(self) -> bool:
        if self.began is None:
            self.began = time.monotonic()
        out_of_time = self.total_timeout is not None and time.monotonic() - self.began >= self.total_timeout
        return out_of_time or super().is_exhausted()

    def increment(self) -> _Policy:
        following = super().increment()
        assert isinstance(following, _Policy)
        following.began = self.began
        return following

    def _calculate_sleep(self, headers: Any) -> float:
        milliseconds = str(headers.get("retry-after-ms", "")).strip()
        if milliseconds.isascii() and milliseconds.replace(".", "", 1).isdigit():
            return min(float(milliseconds) / 1000, self.max_backoff_wait, self.total_timeout or self.max_backoff_wait)
        return super()._calculate_sleep(headers)


class _Through(httpx.BaseTransport):
    """A transport that sends through a client, so that its pool, proxies and hooks serve every try."""

    def __init__(self, send: Callable[[httpx.Request], httpx.Response]) -> None:
        self._send = send

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._send(request)


class _ThroughAsync(httpx.AsyncBaseTransport):
    """The same without blocking."""

    def __init__(self, send: Callable[[httpx.Request], Coroutine[Any, Any, httpx.Response]]) -> None:
        self._send = send

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._send(request)
