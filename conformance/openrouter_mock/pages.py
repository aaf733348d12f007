"""Pages of the model list."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs

import attrs

from .call import Refusal

DEFAULT_LIMIT = 500
"""Models on a page when only `offset` is given."""
MOST = 1000
"""The greatest `limit`."""
_DIGITS = re.compile(r"[0-9]+")
_FAR = 10**18


@attrs.frozen
class Window:
    """The part of the list that is asked for; without an end it is the whole."""

    offset: int = 0
    limit: int | None = None


def read_window(query: str) -> Window:
    """Return the window that the query string *query* asks for.

    Raise a 400 `Refusal` naming the parameter that is no whole number, out of bounds, or given twice.
    """
    given = parse_qs(query, keep_blank_values=True, errors="replace")
    offset = _number(given, "offset", least=0, most=None)
    limit = _number(given, "limit", least=1, most=MOST)
    if offset is None and limit is None:
        return Window()
    return Window(offset or 0, DEFAULT_LIMIT if limit is None else limit)


def _number(given: dict[str, list[str]], name: str, *, least: int, most: int | None) -> int | None:
    if name not in given:
        return None
    texts = given[name]
    if len(texts) > 1:
        raise Refusal(400, f"{name}: given {len(texts)} times; expected once")
    bounds = f"from {least}" if most is None else f"from {least} to {most}"
    number = _whole(texts[0])
    if number is None or number < least or (most is not None and number > most):
        raise Refusal(400, f"{name}: {texts[0][:50]!r} is not a whole number {bounds}")
    return number


def _whole(text: str) -> int | None:
    """Return the number that the ASCII digits *text* write; one past every list when there are very many."""
    if not _DIGITS.fullmatch(text):
        return None
    digits = text.lstrip("0")
    return int(digits or "0") if len(digits) < len(str(_FAR)) else _FAR


def cut(models: list[dict[str, Any]], window: Window, *, path: str) -> dict[str, Any]:
    """Return the page of *models* that *window* shows; the address of the next page begins with *path*."""
    if window.limit is None:
        return {"data": models, "total_count": len(models), "links": {"next": None}}
    end = window.offset + window.limit
    following = f"{path}?offset={end}&limit={window.limit}" if end < len(models) else None
    return {"data": models[window.offset : end], "total_count": len(models), "links": {"next": following}}
