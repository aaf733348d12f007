"""Sending a request again after errors that pass, by httpx-retries; imported only when retries are asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import Any

import httpx

from .retries import FAILURES, STATUSES, Retries

try:
    import httpx_retries
except ImportError as missing:
    raise ImportError(
        "retries need the package httpx-retries: pip install 'openrouter-embeddings[retries]'"
    ) from missing


def send_with_retries(
    retries: Retries, request: httpx.Request, send: Callable[[httpx.Request], httpx.Response]
) -> httpx.Response:
    """Send a request until it succeeds or there is no use in trying again; return the last response."""
    request.extensions["retry"] = _policy(retries)
    # A MockTransport is a function as a transport: so the client's pool, proxies and hooks serve every attempt.
    transport = httpx_retries.RetryTransport(transport=httpx.MockTransport(send))
    return transport.handle_request(request)


async def send_with_retries_async(
    retries: Retries, request: httpx.Request, send: Callable[[httpx.Request], Coroutine[Any, Any, httpx.Response]]
) -> httpx.Response:
    """Send a request as `send_with_retries` does, without blocking."""
    request.extensions["retry"] = _policy(retries)
    transport = httpx_retries.RetryTransport(transport=httpx.MockTransport(send))
    return await transport.handle_async_request(request)


def _policy(retries: Retries) -> _Policy:
    policy = _Policy(
        total=retries.attempts,
        allowed_methods=["GET", "POST"],
        status_forcelist=STATUSES,
        retry_on_exceptions=FAILURES,
        backoff_factor=retries.first_wait / 2,
        backoff_jitter=0.5,
        max_backoff_wait=retries.longest_wait or 1e-6,  # the library takes no wait of 0
        total_timeout=retries.total_time or 1e-6,
    )
    policy.began = time.monotonic()
    return policy


class _Policy(httpx_retries.Retry):
    """Adds to the library: milliseconds in `retry-after-ms`, and a bound on all the time that passes."""

    began = 0.0

    def is_exhausted(self) -> bool:
        return self._left() <= 0 or super().is_exhausted()

    def increment(self) -> _Policy:
        following = super().increment()
        assert isinstance(following, _Policy)
        following.began = self.began
        return following

    def _calculate_sleep(self, headers: Any) -> float:
        milliseconds = str(headers.get("retry-after-ms", "")).strip()
        if milliseconds.isascii() and milliseconds.replace(".", "", 1).isdigit():
            wait = min(float(milliseconds) / 1000, self.max_backoff_wait)
        else:
            wait = super()._calculate_sleep(headers)
        return min(wait, max(0.0, self._left()))

    def _left(self) -> float:
        return self.began + (self.total_timeout or 0.0) - time.monotonic()
