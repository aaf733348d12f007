"""What commands write: results to standard output, one sentence about a problem to standard error."""

from __future__ import annotations

import sys

from openrouter_conformance.foreign_text import printable


def write(text: str) -> None:
    """Write `text` and a line end to standard output."""
    sys.stdout.write(text + "\n")


def say(code: int, sentence: str) -> int:
    """Write one sentence to standard error and return the exit `code`."""
    sys.stderr.write(f"openrouter-conformance: {printable(' '.join(sentence.split()))}\n")
    return code
