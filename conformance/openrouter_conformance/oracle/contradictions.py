"""Observations that cannot both be right, each blamed on the fewest factors in which the two differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

import attrs
import numpy as np

from openrouter_conformance.oracle.factors import Factor, differing, plainness
from openrouter_conformance.oracle.table import Sighting

V = TypeVar("V")

_MAX_COMPARED = 60
"""Sightings that agree with the reference with which one that does not is compared, to find the nearest."""


@attrs.frozen
class Contradiction(Generic[V]):
    """Two sightings of one argument that differ in value; `factors` are what differs beside the time.

    `count` is how many sightings the same factors explain.
    """

    reference: Sighting[V]
    outlier: Sighting[V]
    factors: tuple[Factor, ...]
    count: int = 1


@attrs.frozen
class Comparison(Generic[V]):
    """What came of comparing all sightings of each argument.

    Attributes:
        contradictions: one for each factor, or set of factors, that explains some.
        repeated: how often a sighting agreed with the reference of its argument.

    """

    contradictions: list[Contradiction[V]]
    repeated: int


@attrs.frozen
class _Outlier(Generic[V]):
    sighting: Sighting[V]
    options: tuple[tuple[tuple[Factor, ...], Sighting[V]], ...]
    """Sets of factors in which it differs from one that agrees with the reference, the smallest sets first."""

    def option(self, factors: tuple[Factor, ...]) -> Sighting[V] | None:
        """Return the sighting from which it differs in these factors alone."""
        return next((one for found, one in self.options if found == factors), None)


def compare(groups: Iterable[Sequence[Sighting[V]]], same: Callable[[V, V], bool]) -> Comparison[V]:
    """Compare the sightings of each group, which are of one argument, with each other."""
    repeated = 0
    outliers: list[_Outlier[V]] = []
    for found in groups:
        group = sorted(found, key=order)
        if len(group) < 2:
            continue
        clusters = _clusters(group, same)
        reference = max(
            clusters, key=lambda one: (len({s.context for s in one}), -min(plainness(s.context) for s in one))
        )
        repeated += len(reference) - 1
        outliers += [
            _Outlier(one, _options(one, reference))
            for cluster in clusters
            if cluster is not reference
            for one in cluster
        ]
    return Comparison(_blame(outliers), repeated)


def order(one: Sighting[Any]) -> tuple[int, bytes, int, bytes]:
    """Return what sorts sightings the same way in every run, whichever answer came first."""
    request, value = one.exchange.request, one.value
    content = (request.body or b"") if request is not None else b""
    seen = value.tobytes() if isinstance(value, np.ndarray) else str(value).encode()
    return plainness(one.context), content, one.context.place, seen


def _clusters(group: Sequence[Sighting[V]], same: Callable[[V, V], bool]) -> list[list[Sighting[V]]]:
    clusters: list[list[Sighting[V]]] = []
    for one in group:
        for cluster in clusters:
            if same(cluster[0].value, one.value):
                cluster.append(one)
                break
        else:
            clusters.append([one])
    return clusters


def _options(one: Sighting[V], reference: Sequence[Sighting[V]]) -> tuple[Any, ...]:
    found = [(differing(one.context, other.context), other) for other in reference[:_MAX_COMPARED]]
    found.sort(key=lambda pair: len(pair[0]))
    fewest = len(found[0][0])
    return tuple(pair for pair in found if len(pair[0]) <= max(1, fewest))


def _blame(outliers: Sequence[_Outlier[V]]) -> list[Contradiction[V]]:
    """Return a contradiction for each of the fewest factors that together explain all outliers."""
    at_once = next((one for one in outliers if one.option(()) is not None), None)
    if at_once is not None:
        # What changes from one time to the next explains every other difference, too.
        reference = at_once.option(())
        assert reference is not None
        return [Contradiction(reference, at_once.sighting, (), len(outliers))]
    found: list[Contradiction[V]] = []
    left = list(outliers)
    while left:
        votes = Counter(factors for one in left for factors in dict.fromkeys(factors for factors, _ in one.options))
        factors = min(votes, key=lambda one: (len(one), -votes[one]))
        explained = [one for one in left if one.option(factors) is not None]
        shown = min(explained, key=lambda one: (plainness(one.sighting.context), len(one.sighting.argument.input)))
        reference = shown.option(factors)
        assert reference is not None
        found.append(Contradiction(reference, shown.sighting, factors, len(explained)))
        settled = {id(one) for one in explained}
        left = [one for one in left if id(one) not in settled and not _covered(one, factors)]
    return found


def _covered(one: _Outlier[Any], factors: tuple[Factor, ...]) -> bool:
    """Return whether the factors are part of every way in which an outlier can be explained."""
    return bool(factors) and all(set(factors) <= set(found) for found, _ in one.options)
