# Copied by `python scripts/generate.py` from scripts/runtime: do not edit here.
"""Trying again after failures that pass, by httpx-retries (the extra `retries`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
from attrs import Attribute, field, frozen

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


def _at_least_zero(_: Any, attribute: Attribute[Any], value: Any) -> None:
    whole = attribute.name == "attempts"
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        expected = "a whole number" if whole else "a number of seconds"
        raise TypeError(f"{attribute.name}: expected {expected}, received a {type(value).__name__}")
    if not 0 <= value < float("inf"):
        raise ValueError(f"{attribute.name}: expected 0 or more, received {value}")


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
        total_time: seconds from the first try within which the last one begins.

    """

    attempts: int = field(default=3, validator=_at_least_zero)
    first_wait: float = field(default=0.5, validator=_at_least_zero)
    longest_wait: float = field(default=30.0, validator=_at_least_zero)
    total_time: float = field(default=120.0, validator=_at_least_zero)

    def send(self, request: httpx.Request, send: Callable[[httpx.Request], httpx.Response]) -> httpx.Response:
        """Send a request until it succeeds or there is no use in trying again; return the last answer."""
        request.extensions["retry"] = self._policy()
        # A MockTransport is a function as a transport: so the client's pool, proxies and hooks serve every try.
        transport = httpx_retries.RetryTransport(transport=httpx.MockTransport(send))
        return transport.handle_request(request)

    async def send_async(
        self, request: httpx.Request, send: Callable[[httpx.Request], Coroutine[Any, Any, httpx.Response]]
    ) -> httpx.Response:
        """Send a request as `send` does, without blocking."""
        request.extensions["retry"] = self._policy()
        transport = httpx_retries.RetryTransport(transport=httpx.MockTransport(send))
        return await transport.handle_async_request(request)

    def _policy(self) -> _Policy:
        policy = _Policy(
            total=self.attempts,
            allowed_methods=["GET", "POST"],
            status_forcelist=STATUSES,
            retry_on_exceptions=FAILURES,
            backoff_factor=self.first_wait / 2,
            backoff_jitter=0.5,
            max_backoff_wait=self.longest_wait or 1e-6,  # the library takes no wait of 0
            total_timeout=self.total_time or 1e-6,
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
