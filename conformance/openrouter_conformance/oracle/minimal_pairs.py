"""From two requests that differ in several ways to two that differ in one: asked again until one is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import attrs

from openrouter_conformance.exchange import Exchange, Request
from openrouter_conformance.oracle import context as contexts
from openrouter_conformance.oracle.contradictions import Contradiction
from openrouter_conformance.oracle.factors import with_factor
from openrouter_conformance.oracle.table import Sighting

V = TypeVar("V")

Ask = Callable[[Request], Exchange]
Read = Callable[[Exchange, int], V | None]
"""Returns what an answer says of the input at a place, None when it says nothing that can be read."""


def narrow(found: Contradiction[V], ask: Ask, read: Read[V], same: Callable[[V, V], bool]) -> Contradiction[V]:
    """Return a contradiction of two requests that differ in one factor, or in none, where asking again shows one.

    The request that is out of line is sent again first: an answer that now agrees depends on nothing but the time.
    Then the factors are changed one after another, from the reference to the outlier; the step at which the answer
    changes is the pair. At most one request per factor and one more is sent.
    """
    if not found.factors:
        return found
    again = _ask(found.outlier, ask, read)
    if again is not None and same(again.value, found.reference.value):
        return attrs.evolve(found, reference=again, factors=())
    if len(found.factors) == 1:
        return found
    before = found.reference
    for factor in found.factors:
        context = with_factor(before.context, factor, found.outlier.context)
        after = _ask(attrs.evolve(before, context=context), ask, read)
        if after is None:
            return found
        if not same(before.value, after.value):
            return attrs.evolve(found, reference=before, outlier=after, factors=(factor,))
        before = after
    return found


def _ask(wanted: Sighting[V], ask: Ask, read: Read[V]) -> Sighting[V] | None:
    """Ask for an argument in a context."""
    exchange = ask(contexts.write(wanted.argument, wanted.context))
    value = read(exchange, wanted.context.place)
    if value is None:
        return None
    return Sighting(wanted.argument, wanted.context, value, exchange, wanted.context.dimensions or None)
