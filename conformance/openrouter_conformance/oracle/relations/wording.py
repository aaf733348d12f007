"""How inputs, factors and places are called in findings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from openrouter_conformance.oracle.factors import Factor
from openrouter_conformance.oracle.table import Sighting

if TYPE_CHECKING:
    from openrouter_conformance.oracle.context import Argument

_MAX_SHOWN = 60


def shown_input(argument: Argument) -> str:
    """Return an input as JSON, shortened."""
    text = argument.input
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}… ({len(text)} characters of JSON)"


def differing_in(factors: Sequence[Factor]) -> str:
    """Return what two requests differ in."""
    if not factors:
        return "in nothing but the time"
    return "only in " + " and ".join(factor.name for factor in factors)


def places(one: Sighting[Any], other: Sighting[Any]) -> str:
    """Return where in their batches two inputs stood; nothing when both were alone."""
    if one.context.size == other.context.size == 1:
        return ""
    size = one.context.size
    place = f", one at position {one.context.place} of {size}" if size > 1 else ", one alone"
    size = other.context.size
    return place + (f", the other at position {other.context.place} of {size}" if size > 1 else ", the other alone")


def more(count: int) -> str:
    """Return how many others there are beside the one that is shown."""
    return "" if count < 2 else f" (and {count - 1} more)"


def shown_words(words: frozenset[str]) -> str:
    """Return the first few words, as JSON."""
    shown = sorted(words)[:4]
    return ", ".join(json.dumps(one[:_MAX_SHOWN]) for one in shown)
