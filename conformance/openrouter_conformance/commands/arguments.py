"""Values of options, read and refused in one sentence each."""

from __future__ import annotations

import argparse
import math

_MOST_AT_ONCE = 256


def concurrency(text: str) -> int:
    """Read the number of requests that may be under way at once."""
    number = int(text) if text.isascii() and text.isdecimal() else 0
    if not 1 <= number <= _MOST_AT_ONCE:
        raise argparse.ArgumentTypeError(f"{text[:50]!r} is not a number from 1 to {_MOST_AT_ONCE}")
    return number


def seconds(text: str) -> float:
    """Read a number of seconds above 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text[:50]!r} is not a number of seconds above 0")
    return number
