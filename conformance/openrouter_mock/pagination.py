"""Pagination of the model list: `offset`, `limit` and `links.next`."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs

import attrs

from .call import HTTPError

DEFAULT_LIMIT = 500
"""The `limit` when only `offset` is given."""
MAX_LIMIT = 1000
_DIGITS = re.compile(r"[0-9]+")
_PAST_THE_END = 10**18
"""An offset beyond every list."""


@attrs.frozen
class Window:
    """The requested part of the list; all of it when `limit` is None."""

    offset: int = 0
    limit: int | None = None


def parse_window(query: str) -> Window:
    """Return the window that a query string requests.

    Raises:
        HTTPError: 400; names the parameter that is not a whole number, out of bounds, or given twice.

    """
    given = parse_qs(query, keep_blank_values=True, errors="replace")
    offset = _number(given, "offset", minimum=0, maximum=None)
    limit = _number(given, "limit", minimum=1, maximum=MAX_LIMIT)
    if offset is None and limit is None:
        return Window()
    return Window(offset or 0, DEFAULT_LIMIT if limit is None else limit)


def _number(given: dict[str, list[str]], name: str, *, minimum: int, maximum: int | None) -> int | None:
    if name not in given:
        return None
    texts = given[name]
    if len(texts) > 1:
        raise HTTPError(400, f"{name}: given {len(texts)} times; expected once")
    bounds = f"from {minimum}" if maximum is None else f"from {minimum} to {maximum}"
    number = _integer(texts[0])
    if number is None or number < minimum or (maximum is not None and number > maximum):
        raise HTTPError(400, f"{name}: {texts[0][:50]!r} is not a whole number {bounds}")
    return number


def _integer(text: str) -> int | None:
    """Return the integer in the ASCII digits *text*, at most `_PAST_THE_END`; None when there is none."""
    if not _DIGITS.fullmatch(text):
        return None
    digits = text.lstrip("0")
    return int(digits or "0") if len(digits) < len(str(_PAST_THE_END)) else _PAST_THE_END


def paginate(models: list[dict[str, Any]], window: Window, *, path: str) -> dict[str, Any]:
    """Return the page of *models* in *window* as the response body; *path* is that of the link to the next page."""
    if window.limit is None:
        return {"data": models, "total_count": len(models), "links": {"next": None}}
    end = window.offset + window.limit
    following = f"{path}?offset={end}&limit={window.limit}" if end < len(models) else None
    return {"data": models[window.offset : end], "total_count": len(models), "links": {"next": following}}
