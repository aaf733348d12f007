"""Values of options, read and refused in one sentence each."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

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


def results_file(path: Path) -> Path:
    """Return the file of records at a path: in a folder, the one that `run --report` writes there."""
    return path / "results.jsonl" if path.is_dir() else path
