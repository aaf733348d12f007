"""When to make a call again after errors that pass, and doing so, by tenacity (the extra `retries`)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Coroutine
from importlib import import_module
from typing import TYPE_CHECKING, Any

import httpx
from attrs import Attribute, field, frozen

from ._decoding import literal_decoder
from ._response import parse_response
from ._types import UNSET, checked_type
from .errors import ApiError, ContractError, TransportError

if TYPE_CHECKING:
    from tenacity import RetryCallState

STATUSES = frozenset({408, 409, 429, *range(500, 600)})
"""Statuses worth another attempt; 524 and 529 are among them."""

FAILURES = (httpx.ConnectTimeout, httpx.PoolTimeout, httpx.NetworkError, httpx.RemoteProtocolError)
"""Failures of the connection worth another attempt. A read timeout is none: the server may still work, and charge."""


def _at_least_zero(_: Any, attribute: Attribute[Any], value: Any) -> None:
    if attribute.name == "attempts":
        checked_type(attribute.name, value, "a whole number", int)
    else:
        checked_type(attribute.name, value, "a number of seconds", int, float)
    if not 0 <= value < float("inf"):
        raise ValueError(f"{attribute.name}: expected 0 or more, received {value}")


@frozen(kw_only=True)
class Retries:
    """How often and how long to try again.

    An error that came with status 200 counts by its `code`. Where the server says how long to wait
    (`ApiError.retry_after`), that is how long; when it is longer than allowed, the error is raised at once.

    Attributes:
        attempts: attempts after the first one.
        first_wait: seconds before the second attempt, doubled before each further one; each wait is shortened at random
            to between half and all of that, so that many clients do not come back at once.
        longest_wait: ceiling of one wait in seconds.
        total_time: seconds from the first attempt within which the last one begins; the deadline of a call counts too.

    `ImportError` says that the extra `retries` is missing, `TypeError` or `ValueError` which setting is wrong."""

    attempts: int = field(default=3, validator=_at_least_zero)
    first_wait: float = field(default=0.5, validator=_at_least_zero)
    longest_wait: float = field(default=60.0, validator=_at_least_zero)
    total_time: float = field(default=120.0, validator=_at_least_zero)

    def __attrs_post_init__(self) -> None:
        _tenacity()  # so that a missing extra is an error here, not at the first call


def send_with_retries(retries: Retries, ends: float, send: Callable[[], httpx.Response]) -> httpx.Response:
    """Send until there is a success, no use in trying again, or no time before `ends`; return or raise what came last.

    The deadline of the call is on the monotonic clock."""
    response: httpx.Response = _tenacity().Retrying(sleep=time.sleep, **_Policy(retries, ends).as_arguments())(send)
    return response


async def send_with_retries_async(
    retries: Retries, ends: float, send: Callable[[], Coroutine[Any, Any, httpx.Response]]
) -> httpx.Response:
    """Send as `send_with_retries` does, without blocking."""
    import anyio  # noqa: PLC0415 - blocking calls need none of it

    retrying = _tenacity().AsyncRetrying(sleep=anyio.sleep, **_Policy(retries, ends).as_arguments())
    response: httpx.Response = await retrying(send)
    return response


class _Policy:
    """When to try again: decided by what an error says, whatever the status of its response."""

    def __init__(self, retries: Retries, ends: float) -> None:
        self._retries = retries
        self._time = min(retries.total_time, ends - time.monotonic())
        self._backoff = _tenacity().wait_exponential(multiplier=retries.first_wait, max=retries.longest_wait)
        self._error: ApiError | None = None

    def as_arguments(self) -> dict[str, Callable[[Any], Any]]:
        settings: dict[str, Callable[[Any], Any]] = {"retry_error_callback": lambda state: state.outcome.result()}
        return settings | {"retry": self._passes, "wait": self._wait, "stop": self._stop}

    def _passes(self, state: RetryCallState) -> bool:
        assert state.outcome is not None
        failure = state.outcome.exception()
        self._error = None if failure else _error_in(state.outcome.result())
        if self._error is None:
            return isinstance(failure, TransportError) and isinstance(failure.__cause__, FAILURES)
        return (self._error.code if self._error.response.is_success else self._error.status) in STATUSES

    def _wait(self, state: RetryCallState) -> float:
        """Return the wait that the server asks for, or else one at random, longer after each try."""
        asked = self._error.retry_after if self._error else None
        return self._backoff(state) * random.uniform(0.5, 1) if asked is None else asked  # noqa: S311 - no secret

    def _stop(self, state: RetryCallState) -> bool:
        wait, passed = state.upcoming_sleep, state.seconds_since_start or 0.0
        is_late = wait > self._retries.longest_wait or passed + wait >= self._time
        return is_late or state.attempt_number > self._retries.attempts


def _error_in(response: httpx.Response) -> ApiError | None:
    """Return the error that a response is or carries."""
    if response.is_success and b'"error"' not in response.content:
        return None
    try:
        parse_response(response, {response.status_code: literal_decoder(UNSET)})  # no answer is this
    except ApiError as error:
        return error
    except ContractError:
        pass
    return None


def _tenacity() -> Any:
    try:
        return import_module("tenacity")
    except ImportError as missing:
        raise ImportError(
            "retries need the package tenacity: pip install 'openrouter-embeddings[retries]'"
        ) from missing
