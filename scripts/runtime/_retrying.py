"""Making a call again after errors that pass, by tenacity; imported only when retries are asked for."""

import random
import time
from collections.abc import Callable, Coroutine
from typing import Any

import httpx

from ._decoding import DecodingError
from ._response import parse_response
from .errors import ApiError, ContractError, TransportError
from .retries import FAILURES, STATUSES, Retries

try:
    import tenacity
except ImportError as missing:
    raise ImportError("retries need the package tenacity: pip install 'openrouter-embeddings[retries]'") from missing


def send_with_retries(retries: Retries, ends: float, send: Callable[[], httpx.Response]) -> httpx.Response:
    """Send until there is a success, no use in trying again, or no time before `ends`; return or raise what came last.

    The deadline of the call is on the monotonic clock.
    """
    return tenacity.Retrying(sleep=time.sleep, **_Policy(retries, ends).as_arguments())(send)


async def send_with_retries_async(
    retries: Retries, ends: float, send: Callable[[], Coroutine[Any, Any, httpx.Response]]
) -> httpx.Response:
    """Send as `send_with_retries` does, without blocking."""
    import anyio  # noqa: PLC0415 - blocking calls need none of it

    async def one_try() -> httpx.Response:  # tenacity awaits what is a coroutine function, and no other callable
        return await send()

    return await tenacity.AsyncRetrying(sleep=anyio.sleep, **_Policy(retries, ends).as_arguments())(one_try)


class _Policy:
    """When to try again: decided by what an error says, whatever the status of its response."""

    def __init__(self, retries: Retries, ends: float) -> None:
        self._longest_wait = retries.longest_wait
        self._backoff = tenacity.wait_exponential(multiplier=retries.first_wait, max=retries.longest_wait)
        self._limits = tenacity.stop_any(
            tenacity.stop_after_attempt(retries.attempts + 1),
            tenacity.stop_before_delay(min(retries.total_time, ends - time.monotonic())),
        )
        self._error: ApiError | None = None

    def as_arguments(self) -> dict[str, Any]:
        return {"retry": self._passes, "wait": self._wait, "stop": self._stop, "retry_error_callback": _last_outcome}

    def _passes(self, state: tenacity.RetryCallState) -> bool:
        assert state.outcome is not None
        failure = state.outcome.exception()
        self._error = None
        if failure is not None:
            return isinstance(failure, TransportError) and isinstance(failure.__cause__, FAILURES)
        self._error = _error_in(state.outcome.result())
        if self._error is None:
            return False
        return (self._error.code if self._error.response.is_success else self._error.status) in STATUSES

    def _wait(self, state: tenacity.RetryCallState) -> float:
        """Return the wait that the server asks for, or else one at random, longer after each try."""
        asked = self._error.retry_after if self._error else None
        return self._backoff(state) * random.uniform(0.5, 1) if asked is None else asked  # noqa: S311 - no secret

    def _stop(self, state: tenacity.RetryCallState) -> bool:
        return state.upcoming_sleep > self._longest_wait or self._limits(state)


def _error_in(response: httpx.Response) -> ApiError | None:
    """Return the error that a response is or carries."""
    if response.is_success and b'"error"' not in response.content:
        return None
    try:
        parse_response(response, {response.status_code: _no_result})
    except ApiError as error:
        return error
    except ContractError:
        pass
    return None


def _no_result(_: Any, __: Any) -> None:
    raise DecodingError("an error", "a result")


def _last_outcome(state: tenacity.RetryCallState) -> Any:
    assert state.outcome is not None
    return state.outcome.result()
