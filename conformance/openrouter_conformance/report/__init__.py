"""What is written of a run: every report is a function of its records.

- `records`: the records, how they are made, written and read
- `terminal`: the screen of a run; `junit`, `ctrf`: test results for CI systems; `markdown`: the summary of a CI job;
  `page`, with `assets/`: a page of HTML; `badge`: the JSON of a badge
- `labels`: what statuses and conclusions are called, and their order; `findings`: one for each cause, with what rests
  on it; `comparison`: several runs beside each other; `changes`: from one run to the next
- `drafts`: a target file of a run, with what failed as known deviations
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from openrouter_conformance.errors import UsageError
from openrouter_conformance.report import junit, records

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from openrouter_conformance.report.records import RunRecords

WRITERS: tuple[Callable[[Path, RunRecords], Path], ...] = (records.write, junit.write)
"""Writes each file of a report into a folder and returns its path."""


def write(folder: Path, run: RunRecords) -> list[Path]:
    """Write every file of the report of `run` into `folder` and return their paths; UsageError when it fails."""
    try:
        return [write_file(folder, run) for write_file in WRITERS]
    except OSError as error:
        raise UsageError(f"--report {folder}: cannot write the report: {error.strerror or error}.") from None


def check_writable(folder: Path) -> None:
    """Raise UsageError when no report can be written to `folder`; make nothing yet, for there may be none."""
    try:
        nearest = next(one for one in (folder, *folder.parents) if one.exists())
        if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
            return
        problem = "may not be written to" if nearest.is_dir() else "is no folder"
    except OSError as error:
        nearest, problem = folder, f"cannot be read ({error.strerror or error})"
    raise UsageError(f"--report {folder}: {nearest} {problem}; name another folder.")
