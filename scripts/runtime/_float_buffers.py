"""Long arrays of numbers become vectors without a Python object for each number, when the extra `fast` is installed.

The arrays are taken out of the body of a response before it is parsed, and given to its items afterwards. Where
anything in them is unexpected, nothing is taken out, so that results and errors are those of the ordinary parser."""

import re
from typing import Any, TypeAlias

from ._accelerators import accelerated
from .vectors import Vector, vector_of_bytes

SHORTEST_BODY = 2**18
"""Bytes from which on it is worth the memory of numpy to take arrays out of a body."""

_WORD = b'"embedding"'
_AFTER_KEY = re.compile(rb"[ \t\r\n]*:[ \t\r\n]*")
_ESCAPED_LETTER = b"\\u00"

Numbers: TypeAlias = tuple[memoryview, Vector]
"""An array of numbers: as the text in the body, and as a vector."""


def take_numbers(content: bytes) -> tuple[bytes, list[Numbers]]:
    """Return a body with `[0]`, `[1]` and so on in place of the arrays under the keys `embedding`, and the arrays.

    The body is as it was, and no array is taken, when the body is short, when a package is missing, and when not all
    of the values are arrays of finite float32 numbers."""
    spans = _spans(content) if len(content) >= SHORTEST_BODY else []
    if not spans or None in (accelerated("simdjson", "Parser"), accelerated("numpy", "frombuffer")):
        return content, []
    parser, frombuffer = accelerated("simdjson", "Parser"), accelerated("numpy", "frombuffer")
    pieces: list[bytes] = []
    taken: list[Numbers] = []
    copied = 0
    with accelerated("numpy", "errstate")(over="ignore"):  # what is too great becomes infinite, and is refused as such
        for start, stop in spans:
            try:
                numbers = parser().parse(content[start:stop]).as_buffer(of_type="d")
            except (ValueError, TypeError, RuntimeError):
                return content, []
            vector = vector_of_bytes(frombuffer(numbers, "d").astype("f").tobytes())
            if not vector:
                return content, []
            pieces += content[copied:start], b"[%d]" % len(taken)
            taken.append((memoryview(content)[start:stop], vector))
            copied = stop
    remaining = b"".join([*pieces, content[copied:]])
    return (content, []) if _ESCAPED_LETTER in remaining else (remaining, taken)  # a key may be written with escapes


def put_numbers(result: Any, taken: list[Numbers]) -> bool:
    """Give the arrays to the items of a decoded response; return whether each is there, in its place."""
    try:
        for position, (item, (text, vector)) in enumerate(zip(result.data, taken, strict=True)):
            if item.embedding != [position]:
                return False
            item.leave_as_text("embedding", text)
            item.vector = vector
    except (AttributeError, TypeError, ValueError):  # an answer of another form
        return False
    return not result.deviations


def _spans(content: bytes) -> list[tuple[int, int]]:
    """Return where the array under each key `embedding` begins and ends; nothing when one of the values is no array."""
    spans: list[tuple[int, int]] = []
    stop = 0
    while (word := content.find(_WORD, stop)) >= 0:
        stop = word + len(_WORD)
        if key := _AFTER_KEY.match(content, stop):
            start = key.end()
            stop = content.find(b"]", start) + 1 if content.startswith(b"[", start) else 0
            if not stop:
                return []
            spans.append((start, stop))
    return spans
