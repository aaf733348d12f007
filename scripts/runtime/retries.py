"""When to try again after errors that pass (the extra `retries`)."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import httpx
from attrs import Attribute, field, frozen

from ._types import checked_type

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

    Raises:
        ImportError: the extra `retries` is not installed.
        TypeError, ValueError: a setting is wrong; the message names it.
    """

    attempts: int = field(default=3, validator=_at_least_zero)
    first_wait: float = field(default=0.5, validator=_at_least_zero)
    longest_wait: float = field(default=60.0, validator=_at_least_zero)
    total_time: float = field(default=120.0, validator=_at_least_zero)

    def __attrs_post_init__(self) -> None:
        import_module("._retrying", __package__)  # so that a missing extra is an error here, not at the first call
