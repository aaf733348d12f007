"""What holds for a target beyond the contract, learned from most of a run and held against the rest of it.

A contract leaves open whether a shortened vector is the start of the whole one, whether a model makes anything of
`input_type`, and whether two providers give the same numbers. But each model does one or the other: what is so for most
inputs is so for all. Where it is so, vectors that were asked for in more ways are sightings of one and the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from openrouter_conformance import vectors
from openrouter_conformance.oracle.contradictions import order
from openrouter_conformance.oracle.table import Sighting, same_vector

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from openrouter_conformance.oracle.context import Argument

Group = list[Sighting[Any]]

CLOSE = 1 - vectors.SAME
"""1 - cosine up to which vectors of different lengths agree."""

_EXACT = 5e-6
"""1 - cosine that no number format explains which has over three digits."""
_USUAL, _TIMES_USUAL = 0.9, 100.0
"""The share of repeated vectors whose distance is the usual one, and how much farther apart others may be."""

_FEWEST = 3
"""Inputs that must agree before it is a law that they do."""
_MOST_UNDECIDED = 0.1
"""How many of the inputs may agree so badly that arithmetic may be the reason, before nothing is concluded."""
_CLEARLY = 10.0
_MANY = 64
"""Numbers from which on the start of a vector is as exact as the whole."""
_FAINT = 0.1
"""A start of a vector that is this much shorter than others of so many numbers has no direction to rely on."""


@attrs.frozen
class _Key:
    """What the sightings of a group share: `part` is a length that is no start of others, else None."""

    argument: Argument
    provider: str | None
    part: int | None


class Laws:
    """The vectors of a run, in groups of which each is of one vector.

    Args:
        found: sightings by argument, length and provider.

    """

    def __init__(self, found: Mapping[tuple[Argument, int, str | None], Sequence[Sighting[Any]]]) -> None:
        starts = _starts(found)
        groups: dict[_Key, Group] = defaultdict(list)
        for (argument, length, provider), group in found.items():
            part = None if (argument.model, provider, length) in starts else length
            groups[_Key(argument, provider, part)] += group
        self._ignored = _ignored_types(groups)
        groups = _merged(groups, lambda key: attrs.evolve(key, argument=self.plain(key.argument, key.provider)))
        alike = _alike_providers(groups)

        def served_alike(key: _Key) -> _Key:
            return attrs.evolve(key, provider=alike.get((key.argument.model, key.provider), key.provider))

        self.groups = list(_merged(groups, served_alike).values())

    def precision(self) -> float:
        """Return 1 - cosine up to which vectors of one input agree: more than nearly all of this run are apart."""
        apart = []
        for group in self.groups:
            first, *others = sorted(group, key=order)
            length = first.value.size
            apart += [1 - vectors.cosine(first.value, one.value) for one in others if one.value.size == length]
        usual = float(np.quantile(apart, _USUAL)) if apart else 0.0
        return max(_EXACT, _TIMES_USUAL * usual)

    def plain(self, argument: Argument, provider: str | None) -> Argument:
        """Return an argument without an `input_type` of which its model makes nothing."""
        if (argument.model, argument.input_type, provider) in self._ignored:
            return attrs.evolve(argument, input_type=None)
        return argument


def deviation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float | None:
    """Return 1 - cosine of the shorter of two vectors and the start of the other; None where that has no direction."""
    length = min(one.size, other.size)
    for vector in (one, other):
        start, whole = (float(np.linalg.norm(part.astype(np.float64))) for part in (vector[:length], vector))
        if not start > _FAINT * whole * (length / vector.size) ** 0.5:
            return None
    return 1 - vectors.cosine(one[:length], other[:length])


def same(one: NDArray[np.float32], other: NDArray[np.float32], tolerance: float) -> bool:
    """Return whether two vectors of a group, of one length or two, agree."""
    if one.size == other.size:
        return same_vector(one, other, tolerance)
    apart = deviation(one, other)
    return apart is None or apart <= (tolerance if min(one.size, other.size) >= _MANY else max(tolerance, CLOSE))


def _starts(found: Mapping[tuple[Argument, int, str | None], Sequence[Sighting[Any]]]) -> set[Any]:
    """Return the model, provider and length of the vectors that are whole, or starts of whole ones."""
    lengths: dict[Any, dict[int, Sighting[Any]]] = defaultdict(dict)
    for (argument, length, provider), group in found.items():
        lengths[argument, provider][length] = min(group, key=order)
    native: dict[Any, int] = {}
    for (argument, provider), by_length in lengths.items():
        asked = [length for length, one in by_length.items() if not one.context.dimensions]
        native[argument.model, provider] = max([native.get((argument.model, provider), 0), *asked])
    seen: dict[Any, list[float | None]] = defaultdict(list)
    for (argument, provider), by_length in lengths.items():
        whole = by_length.get(native[argument.model, provider])
        for length, one in by_length.items():
            if whole is not None and length < whole.value.size:
                seen[argument.model, provider, length].append(deviation(one.value, whole.value))
    laws = {key for key, apart in seen.items() if _is_law(apart)}
    broken = {key for key, apart in seen.items() if _is_broken(apart)}
    for model, provider in native:
        of_lengths = [{key for key in some if key[:2] == (model, provider)} for some in (laws, broken)]
        if len(of_lengths[0]) > max(1, len(of_lengths[1])):  # what holds for most lengths holds for all
            laws |= of_lengths[1]
    return laws | {(*key, length) for key, length in native.items() if length}


def _ignored_types(groups: Mapping[_Key, Group]) -> set[Any]:
    """Return the model, `input_type` and provider of requests in which the type changes no vector."""
    seen: dict[Any, list[float | None]] = defaultdict(list)
    for key, group in groups.items():
        if key.argument.input_type is not None:
            plain = groups.get(attrs.evolve(key, argument=attrs.evolve(key.argument, input_type=None)))
            if plain is not None:
                seen[key.argument.model, key.argument.input_type, key.provider].append(_apart(group, plain))
    return {key for key, apart in seen.items() if _is_law(apart)}


def _alike_providers(groups: Mapping[_Key, Group]) -> dict[Any, str | None]:
    """Return for the model and name of a provider another one that gives the same vectors."""
    seen: dict[Any, list[float | None]] = defaultdict(list)
    by_argument: dict[Any, dict[str, Group]] = defaultdict(dict)
    for key, group in groups.items():
        if key.provider is not None:
            by_argument[key.argument, key.part][key.provider] = group
    for (argument, _), by_provider in by_argument.items():
        names = sorted(by_provider)
        for place, name in enumerate(names):
            for other in names[:place]:
                seen[argument.model, name, other].append(_apart(by_provider[name], by_provider[other]))
    found: dict[Any, str | None] = {}
    for (model, name, other), apart in sorted(seen.items(), key=lambda pair: pair[0]):
        if _is_law(apart):
            found.setdefault((model, name), found.get((model, other), other))
    return found


def _merged(groups: Mapping[_Key, Group], renamed: Callable[[_Key], _Key]) -> dict[_Key, Group]:
    made: dict[_Key, Group] = defaultdict(list)
    for key, group in groups.items():
        new = renamed(key)
        made[new] += group if new.argument == key.argument else retyped(group, new.argument)
    return made


def retyped(group: Iterable[Sighting[Any]], argument: Argument) -> Iterator[Sighting[Any]]:
    """Yield sightings of which the `input_type` is a side of the context."""
    for one in group:
        context = attrs.evolve(one.context, input_type=one.argument.input_type or "")
        yield attrs.evolve(one, argument=argument, context=context)


def _apart(one: Group, other: Group) -> float | None:
    return deviation(min(one, key=order).value, min(other, key=order).value)


def _is_broken(apart: Sequence[float | None]) -> bool:
    """Return whether most of some vectors clearly differ."""
    known = [one for one in apart if one is not None]
    return len(known) >= _FEWEST and 2 * sum(one > CLOSE * _CLEARLY for one in known) > len(known)


def _is_law(apart: Sequence[float | None]) -> bool:
    """Return whether most of some vectors clearly agree, and few just about."""
    known = [one for one in apart if one is not None]
    agreeing = sum(one <= CLOSE / _CLEARLY for one in known)
    undecided = sum(CLOSE / _CLEARLY < one <= CLOSE * _CLEARLY for one in known)
    return agreeing >= _FEWEST and 2 * agreeing > len(known) and undecided <= _MOST_UNDECIDED * len(known)
