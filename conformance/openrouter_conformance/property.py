"""Hypothesis behind the relations: generate, find the smallest example that fails, raise what it showed."""

from __future__ import annotations

import itertools
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import FlakyFailure

from openrouter_conformance.verdicts import Violation

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from openrouter_conformance.session import Session

T = TypeVar("T")

_MOST_TRIES_AT_SHRINKING = 80


class _AbortError(BaseException):
    """Carries what is no violation past Hypothesis, which would try to shrink it."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(cause)
        self.cause = cause


def for_all(session: Session, strategy: SearchStrategy[T], relation: Callable[[T], None], *met: T) -> None:
    """Judge `relation` for the examples `met` and for values of `strategy`; raise the smallest Violation.

    Values follow from the session's seed and the relation's name. Shrinking asks the target again, so it
    happens only where the target allows it, and is bounded.
    """
    for example in met:
        relation(example)
    broken: dict[str, Violation] = {}
    tries_at_shrinking = itertools.count()

    def judge(value: T) -> None:
        name = repr(value)
        if broken and next(tries_at_shrinking) > _MOST_TRIES_AT_SHRINKING:
            if name in broken:
                raise broken[name]
            return  # enough: what has been found stands as the smallest
        try:
            relation(value)
        except Violation as violation:
            broken[name] = violation
            raise
        except Exception as error:
            raise _AbortError(error) from error

    keep_out_of_the_working_directory()
    phases = [Phase.generate, Phase.shrink] if session.target.shrink else [Phase.generate]
    settings = hypothesis.settings(
        max_examples=session.profile.examples,
        phases=phases,
        database=None,
        deadline=None,
        derandomize=False,
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    salt = zlib.crc32(relation.__qualname__.encode())
    try:
        hypothesis.seed(session.seed ^ salt)(settings(hypothesis.given(strategy)(judge)))()
    except _AbortError as abort:
        raise abort.cause from None
    except FlakyFailure:
        last = list(broken.values())[-1]
        raise Violation(f"{last.received} (not every time)", last.expected, *last.exchanges) from None


def keep_out_of_the_working_directory() -> None:
    """Have Hypothesis keep its caches in the system's folder for temporary files, not beside the user's."""
    set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "openrouter-conformance-hypothesis")
