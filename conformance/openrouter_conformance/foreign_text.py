"""Text that came from a server, made safe for a terminal and for a sentence.

Every character that moves the cursor, breaks the line or reorders what is read stands there as an escape.
"""

from __future__ import annotations

_SHOWN = 200


def printable(text: str) -> str:
    r"""Return `text` on one line: what is not printable, such as a newline or an escape, is written `\n` or `\x1b`."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def shortened(text: str, limit: int = _SHOWN) -> str:
    """Return `text` as `printable` does, cut to `limit` characters of it."""
    line = printable(text[:limit])
    return line if len(text) <= limit and len(line) <= limit else f"{line[:limit]}…"
