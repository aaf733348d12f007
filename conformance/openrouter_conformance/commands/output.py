"""What commands write: results to standard output or a file, one sentence about a problem to standard error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from openrouter_conformance.errors import UsageError
from openrouter_conformance.foreign_text import printable

if TYPE_CHECKING:
    from pathlib import Path


def write(text: str) -> None:
    """Write `text` and a line end to standard output."""
    sys.stdout.write(text + "\n")


def write_to(path: Path | None, text: str) -> None:
    """Write `text`, which ends with a line end, to a file or to standard output; UsageError when it cannot be."""
    if path is None:
        sys.stdout.write(text)
        return
    from openrouter_conformance.report.records import replace  # noqa: PLC0415 - only reports need it

    try:
        replace(path, text)
    except OSError as error:
        raise UsageError(f"--output {path}: cannot be written ({error.strerror or error}).") from None


def say(code: int, sentence: str) -> int:
    """Write one sentence to standard error and return the exit `code`."""
    sys.stderr.write(f"openrouter-conformance: {printable(' '.join(sentence.split()))}\n")
    return code
