"""Values of options, read and refused in one sentence each."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

_MOST_AT_ONCE = 256
_MOST_DIGITS = 18


def concurrency(text: str) -> int:
    """Read the number of requests that may be under way at once."""
    number = int(text) if text.isascii() and text.isdecimal() else 0
    if not 1 <= number <= _MOST_AT_ONCE:
        raise argparse.ArgumentTypeError(f"{text[:50]!r} is not a number from 1 to {_MOST_AT_ONCE}")
    return number


def count(text: str) -> int:
    """Read how many requests or tokens a run may use up."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text[:50]!r} is not a whole number from 1")
    return number


def dollars(text: str) -> float:
    """Read an amount of US dollars, 0 or more."""
    number = _number(text)
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{text[:50]!r} is not an amount of US dollars, such as 0.05")
    return number


def rate(text: str) -> float:
    """Read a number of requests a second above 0."""
    return _above_zero(text, "requests a second")


def seconds(text: str) -> float:
    """Read a number of seconds above 0."""
    return _above_zero(text, "seconds")


def _above_zero(text: str, what: str) -> float:
    number = _number(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text[:50]!r} is not a number of {what} above 0")
    return number


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def results_file(path: Path) -> Path:
    """Return the file of records at a path: in a folder, the one that `run --report` writes there."""
    return path / "results.jsonl" if path.is_dir() else path
