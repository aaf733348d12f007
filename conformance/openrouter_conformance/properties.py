"""Hypothesis behind the relations: generate examples, find the smallest one that fails, raise what it showed."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

import hypothesis
from hypothesis import Phase
from hypothesis.errors import FlakyFailure

from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.hypothesis_settings import settings

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from openrouter_conformance.session import Session

T = TypeVar("T")

_MAX_SHRINK_ATTEMPTS = 80


class _AbortError(BaseException):
    """Carries what is no failure of the target past Hypothesis, which would try to shrink it."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(cause)
        self.cause = cause


def check_property(
    session: Session, strategy: SearchStrategy[T], relation: Callable[[T], None], *, examples: Iterable[T] = ()
) -> None:
    """Check `relation` for `examples` and for values of `strategy`; raise the smallest CheckFailure.

    Values follow from the session's seed and the relation's name. Shrinking asks the target again, so it
    happens only where the target allows it, and is bounded.
    """
    for example in examples:
        relation(example)
    failures: dict[str, CheckFailure] = {}
    shrink_attempts = itertools.count()

    def check_value(value: T) -> None:
        name = repr(value)
        if failures and next(shrink_attempts) > _MAX_SHRINK_ATTEMPTS:
            if name in failures:
                raise failures[name]
            return  # enough: what has been found stands as the smallest
        try:
            relation(value)
        except CheckFailure as failure:
            failures[name] = failure.without_traceback()
            raise
        except Exception as error:
            raise _AbortError(error) from error

    phases = [Phase.generate, Phase.shrink] if session.target.shrink else [Phase.generate]
    salt = zlib.crc32(relation.__qualname__.encode())
    run = settings(session.profile.examples, phases)(hypothesis.given(strategy)(check_value))
    try:
        hypothesis.seed(session.seed ^ salt)(run)()
    except _AbortError as abort:
        raise abort.cause from None
    except FlakyFailure:
        last = list(failures.values())[-1]
        raise CheckFailure(f"{last.received} (not every time)", last.expected, *last.exchanges) from None
