"""Hypothesis as this suite runs it: quiet, without a database, repeatable, and out of the working directory."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.configuration import set_hypothesis_home_dir


def settings(max_examples: int, phases: Sequence[Phase]) -> hypothesis.settings:
    """Return settings for `max_examples` examples; examples follow from `hypothesis.seed` alone."""
    keep_out_of_the_working_directory()
    return hypothesis.settings(
        max_examples=max_examples,
        phases=phases,
        database=None,
        deadline=None,
        derandomize=False,
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),  # pyright: ignore[reportArgumentType] - its metaclass has no types
    )


def keep_out_of_the_working_directory() -> None:
    """Have Hypothesis keep its caches in the system's folder for temporary files, not beside the user's."""
    set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "openrouter-conformance-hypothesis")
