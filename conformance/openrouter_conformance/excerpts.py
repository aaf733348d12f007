"""What a server sent, short enough to read: long values are shortened where they stand, so that the rest stays visible.

A vector is shown as its first numbers and its length, and with whatever in it is no number; a base64 text as its two
ends; a run of array items that are alike as the first of them. All is safe to print, on one line, and spelled as JSON.
"""

from __future__ import annotations

import base64
import json
import math
import re
from typing import TYPE_CHECKING, Any

from openrouter_conformance.foreign_text import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_SHOWN_BODY = 400
_SHOWN_VALUE = 200
_LONGEST_STRING = 240
_SHORTEST_VECTOR = 8
_SHORTEST_RUN = 3
_SHOWN_ODD = 3
_LONGEST_PARSED = 2**20
_LEGIBLE = 0.8
"""The share of bytes that must be text for a body to be shown as text."""

_LONG = re.compile(
    r"""
    (?P<string>"(?:[^"\\]|\\.)*+(?:"|\Z))
    | (?P<array>\[(?:[^\[\]{}"]|"[^"\\\[\]{}]{0,80}")*+(?:\]|\Z))
    """,
    re.VERBOSE | re.DOTALL,
)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=_-]")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\Z)|[\[\]{},]|[^"\[\]{},]+', re.DOTALL)
_VALUES = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|-?[0-9][0-9.eE+-]*|\[[^\[\]{}]*\]')

_LENGTH = re.compile(r"… [0-9]+ (?:numbers|characters of base64)[^…\]]*")


def of_body(body: bytes, limit: int = _SHOWN_BODY, keep: Collection[int] = ()) -> str:
    """Return a body as one line of about `limit` characters; array items at the positions `keep` are not left out."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        return _of_binary(body, limit, error.start)
    if (line := _fitting(text, limit)) is not None:
        return line
    fault = _first_fault(text)
    short = _shorten(text)
    line = _fitting(short, limit)
    if line is None and not fault:
        short = _without_alike(short, keep)
        line = _fitting(short, limit)
    if line is not None:
        return line
    shown = _around(text, fault, limit) if fault else _ends(short, limit * 3 // 4, limit // 5)
    return f"{shown} ({len(body)} bytes)"


def of_value(value: Any, limit: int = _SHOWN_VALUE) -> str:
    """Return a value as JSON spells it (`null`, `true`, `"text"`), on one line of about `limit` characters."""
    return of_text(json.dumps(value, ensure_ascii=False, default=str), limit)


def of_text(text: str, limit: int = _SHOWN_VALUE) -> str:
    """Return a text with JSON in it on one line of about `limit` characters."""
    if (line := _fitting(text, limit)) is not None:
        return line
    short = _without_alike(_shorten(text), ())
    line = _fitting(short, limit)
    return line if line is not None else _ends(short, limit * 2 // 3, limit // 3)


def _fitting(text: str, limit: int) -> str | None:
    """Return the text on one line; None when that is longer than the limit, which escapes only make it more."""
    joined = " ".join(text.split())
    if len(joined) > limit:
        return None
    line = printable(joined)
    return line if len(line) <= limit else None


def _ends(text: str, first: int, last: int) -> str:
    """Return so many of the first and of the last characters of the text on one line."""
    joined = " ".join(text.split())
    return f"{printable(joined[:first])[:first]}… …{printable(joined[-last:])[-last:]}"


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()))


def _of_binary(body: bytes, limit: int, first: int) -> str:
    """Return a body that is no UTF-8: as text when most of it is, else as base64."""
    text = body.decode("utf-8", errors="replace")
    if text.count("\N{REPLACEMENT CHARACTER}") <= (1 - _LEGIBLE) * len(text):
        fault = f" (no UTF-8: byte 0x{body[first]:02x} at {first} of {len(body)})"
        around = max(0, min(first - limit // 2, len(body) - limit))
        shown = body[around : around + limit - len(fault)].decode("utf-8", errors="backslashreplace")
        line = _one_line(shown)[: limit - len(fault)]
        return ("…" if around else "") + line + ("…" if around + limit < len(body) else "") + fault
    encoded = base64.b64encode(body[: limit * 3 // 4 - 60]).decode()
    more = "…" if len(body) > limit * 3 // 4 - 60 else ""
    return f"base64 {encoded}{more} ({len(body)} bytes that are no UTF-8)"


def _shorten(text: str) -> str:
    """Return JSON with its vectors and its long strings shortened."""

    def shorter(found: re.Match[str]) -> str:
        return _shorter_string(found[0]) if found["string"] is not None else _shorter_array(found[0])

    return _LONG.sub(shorter, text)


def _shorter_string(text: str) -> str:
    if len(text) <= _LONGEST_STRING:
        return text
    content = text[1:-1].replace("\\/", "/")
    odd = [(found[0], found.start()) for found in _NOT_BASE64.finditer(content[: 2 * _LONGEST_STRING])]
    if len(odd) > _SHOWN_ODD:
        return f"{text[:160]}… {len(text) - 2} characters …{text[-40:]}"
    odd = [(found[0], found.start()) for found in _NOT_BASE64.finditer(content)]
    return f'"{content[:10]}… {len(content)} characters of base64{_but(odd)} …{text[-7:]}'


def _shorter_array(text: str) -> str:
    closed = text.endswith("]")
    items = [item.strip() for item in text.strip("[]").split(",")]
    odd = [(item, place) for place, item in enumerate(items) if not _is_number(item)]
    if len(items) < _SHORTEST_VECTOR or 2 * len(odd) > len(items):
        return text
    start = ", ".join(items[:2])
    return f"[{start}, … {len(items)} numbers{_but(odd)}{']' if closed else ', and no end'}"


def _but(odd: list[tuple[str, int]]) -> str:
    """Return what does not belong into a row of numbers or letters, and where it stands."""
    if not odd:
        return ""
    shown = " and ".join(f"{json.dumps(one) if len(one) == 1 else one[:40]} at {at}" for one, at in odd[:_SHOWN_ODD])
    more = f" and {len(odd) - _SHOWN_ODD} more" if len(odd) > _SHOWN_ODD else ""
    return f", but {shown}{more}"


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None and not (("e" in text or "E" in text) and math.isinf(float(text)))


def _without_alike(text: str, keep: Collection[int]) -> str:
    """Return JSON in which a run of items of one array that are alike is the first of them and a number."""
    return "".join(_Reader(text, keep).value())


class _Reader:
    """Reads JSON, or the start of it, token by token."""

    def __init__(self, text: str, keep: Collection[int]) -> None:
        self._tokens: Iterator[str] = iter(_TOKEN.findall(text))
        self._keep = keep

    def value(self) -> Iterator[str]:
        """Yield the text, arrays without what is alike."""
        levels: list[list[str]] = [[]]
        for token in self._tokens:
            if token in ("[", "{"):
                levels.append([token])
            elif token in ("]", "}") and len(levels) > 1:
                whole = levels.pop()
                opening = whole[0]
                levels[-1].append((self._array(whole[1:]) if opening == "[" else "".join(whole)) + token)
            else:
                levels[-1].append(token)
        for level in levels:
            yield self._array(level[1:]) if level[:1] == ["["] else "".join(level)

    def _array(self, parts: list[str]) -> str:
        items = [""]
        for part in parts:
            if part == ",":
                items.append("")
            else:
                items[-1] += part
        shown: list[str] = []
        place = 0
        while place < len(items):
            shape = _shape(items[place].strip())
            end = place + 1
            while end < len(items) and _shape(items[end].strip()) == shape and end not in self._keep:
                end += 1
            shown.append(items[place])
            if end - place >= _SHORTEST_RUN and items[place].lstrip().startswith("{"):
                shown.append(f" … {end - place - 1} more like it")
            else:
                shown += items[place + 1 : end]
            place = end
        return "[" + ",".join(shown)


def _shape(item: str) -> str:
    """Return what an item has in common with others of its form: the names and kinds of its fields, and lengths."""

    def kind(found: re.Match[str]) -> str:
        length = _LENGTH.search(found[0])
        if length is not None:
            return length[0]
        return found[0] if found[2] else '""' if found[1] else "0"

    return _VALUES.sub(kind, item)


def _around(text: str, place: int, limit: int) -> str:
    """Return as much of a text as fits, from both sides of a place in it."""
    before, after = _one_line(_shorten(text[:place])), _one_line(_shorten(text[place:]))
    start = before if len(before) <= limit // 2 else f"…{before[-limit // 2 :]}"
    left = limit - len(start)
    return start + (after if len(after) <= left else f"{after[:left]}…")


def _first_fault(text: str) -> int:
    """Return where a text that begins as JSON does stops being so; 0 where it does not, or is too long to tell."""
    if text.lstrip()[:1] not in ("{", "[") or len(text) > _LONGEST_PARSED:
        return 0
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.pos
    except (ValueError, RecursionError):
        return 0
    return 0
