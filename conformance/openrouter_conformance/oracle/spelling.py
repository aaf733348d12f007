"""One JSON value, written in different ways that all mean the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

OTHER = "other"
"""A way of writing that is none of `SPELLINGS`."""

FIRST = "model"
"""The field that stands first in a request that is not reordered."""


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _utf8(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _spaced(value: Any) -> str:
    return "\n" + json.dumps(value, indent="\t", separators=(" ,", " : ")) + "\r\n "


def _reordered(value: Any) -> str:
    return _compact(dict(reversed(value.items())) if isinstance(value, dict) else value)


def _slashes(value: Any) -> str:
    """Return JSON in which each slash is an escape, as PHP writes it."""
    return _compact(value).replace("/", "\\/")


def _escaped(value: Any) -> str:
    """Return JSON in which each letter of a string is an escape."""
    if isinstance(value, str):
        units = value.encode("utf-16-be", "surrogatepass")
        return '"' + "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)) + '"'
    if isinstance(value, list):
        return "[" + ",".join(map(_escaped, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{_escaped(name)}:{_escaped(one)}" for name, one in value.items()) + "}"
    return json.dumps(value)


SPELLINGS: dict[str, Callable[[Any], str]] = {
    "compact": _compact,
    "utf-8": _utf8,
    "spaced": _spaced,
    "reordered": _reordered,
    "escaped": _escaped,
    "slashes": _slashes,
}
"""Functions from a JSON value to text, by the name of the way of writing."""


def write(value: Any, style: str) -> bytes:
    """Return a JSON value written in the style of that name; compact when there is none."""
    return SPELLINGS.get(style, _compact)(value).encode("utf-8", "surrogatepass")


def _unambiguous(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; ValueError when a field stands in it twice, for parsers take either of them."""
    found = dict(fields)
    if len(found) < len(fields):
        raise ValueError("a field stands twice")
    return found


def read(content: bytes) -> tuple[str, Any]:
    """Return the style and the value of JSON text; (`OTHER`, None) when it is not JSON, or names a field twice."""
    try:
        value = json.loads(content, object_pairs_hook=_unambiguous)
    except (ValueError, RecursionError):
        return OTHER, None
    for style in SPELLINGS:
        if style != "reordered" and content == write(value, style):
            moved = style == "compact" and isinstance(value, dict) and next(iter(value), FIRST) != FIRST
            return "reordered" if moved else style, value
    return OTHER, value
