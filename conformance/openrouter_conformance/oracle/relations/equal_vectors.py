"""Vectors that must be the same, wherever an input was seen."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from openrouter_conformance import answers, vectors
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.oracle import laws
from openrouter_conformance.oracle.contradictions import Contradiction, compare, order
from openrouter_conformance.oracle.factors import Factor, differing
from openrouter_conformance.oracle.minimal_pairs import narrow
from openrouter_conformance.oracle.relations.findings import EMBED, Findings
from openrouter_conformance.oracle.relations.wording import differing_in, more, places, shown_input
from openrouter_conformance.oracle.table import Sighting, same_vector

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.oracle.context import Argument
    from openrouter_conformance.oracle.laws import Laws
    from openrouter_conformance.oracle.minimal_pairs import Ask
    from openrouter_conformance.oracle.table import Table

_LOOSE = 1 - vectors.ALIKE
_STRICT = 1 - vectors.SAME


def vectors_agree(table: Table, known: Laws, findings: Findings, ask: Ask | None) -> None:
    """A vector depends on model, input, `dimensions` and `input_type` alone."""
    named = [group for group in known.groups if group[0].provider is not None]
    unnamed = [group for group in known.groups if group[0].provider is None]
    once = [group for (_, _, provider), group in table.vectors.items() if provider is None]
    tolerance = max(_STRICT, _noise(once))
    exact = min(_STRICT, known.precision())
    for part, allowed in ((named, exact), (unnamed, tolerance if tolerance > _STRICT else exact)):
        _equal_vectors(table, part, allowed, findings, ask)
    strict, closely = f"{EMBED}/determinism/repeats-agree", f"{EMBED}/determinism/repeats-agree-closely"
    findings.compared[closely] = findings.compared[strict]
    if tolerance > _STRICT:
        pair = next(_time_pairs(once, _STRICT))
        findings.fail(
            closely,
            f"{vectors.compare(*(one.value for one in pair))} between two answers to one request",
            f"cosine of at least {vectors.SAME}",
            *(one.exchange for one in pair),
        )


def _noise(groups: Iterable[Sequence[Sighting[NDArray[np.float32]]]]) -> float:
    """Return how much the vectors of one request differ from one time to the next, as 1 - cosine, up to `_LOOSE`."""
    spread = [1 - vectors.cosine(one.value, other.value) for one, other in _time_pairs(groups, _STRICT)]
    return max((4 * one for one in spread if one <= _LOOSE / 4), default=0.0)


def _time_pairs(groups: Iterable[Sequence[Sighting[Any]]], tolerance: float) -> Any:
    """Yield pairs of sightings of one request that differ by more than the tolerance."""
    for group in groups:
        by_context: dict[Any, Sighting[Any]] = {}
        for one in group:
            first = by_context.setdefault(one.context, one)
            if first is not one and not same_vector(first.value, one.value, tolerance):
                yield first, one


def _equal_vectors(
    table: Table,
    groups: Sequence[Sequence[Sighting[NDArray[np.float32]]]],
    tolerance: float,
    findings: Findings,
    ask: Ask | None,
) -> None:
    def same(one: NDArray[Any], other: NDArray[Any]) -> bool:
        return laws.same(one, other, tolerance)

    result = compare(groups, same)
    _count(findings, result.repeated, groups)
    for found in result.contradictions:
        shown = found if ask is None else narrow(found, ask, _read_vector, same)
        requirement = _requirement_of(table, shown, same)
        one, other = shown.outlier, shown.reference
        length = min(one.value.size, other.value.size)
        how = vectors.compare(one.value[:length], other.value[:length])
        if one.value.size != other.value.size:
            how += f" of {length} numbers"
        elif how.startswith("cosine 1.0"):
            norms = [float(np.linalg.norm(each.value)) for each in (one, other)]
            how = f"norms {norms[0]:.4g} and {norms[1]:.4g}"
        findings.fail(
            f"{EMBED}/{requirement}",
            f"{how} between two vectors of {shown_input(one.argument)}{places(one, other)}{more(found.count)}",
            f"the same vector: the requests differ {differing_in(shown.factors)}",
            one.exchange,
            *([other.exchange] if other.exchange is not one.exchange else []),
        )


def _requirement_of(table: Table, found: Contradiction[Any], same: Callable[[Any, Any], bool]) -> str:
    one, other = found.outlier, found.reference
    if one.exchange is other.exchange:
        are_both = all(_belongs_to_another(table, each, same) for each in (one, other))
        return "order/vectors-follow-inputs" if are_both else "order/duplicates-equal"
    if not found.factors:
        return "determinism/repeats-agree"
    requirement = _requirement(found.factors[0], one, other)
    if requirement != "order/batch-equals-singles":
        return requirement
    if _belongs_to_another(table, one, same):
        return "order/vectors-follow-inputs"
    return "order/duplicates-equal" if _differs_from_its_double(table, one, other, same) else requirement


def _requirement(factor: Factor, one: Sighting[Any], other: Sighting[Any]) -> str:
    """Return what says that a factor must not show in two vectors."""
    if factor.fields == ("dimensions",) and one.value.size != other.value.size:
        return "dimensions/prefix-of-native"
    return factor.requirement(one.argument, one.context, other.context)


def _differs_from_its_double(
    table: Table, one: Sighting[Any], right: Sighting[Any], same: Callable[[Any, Any], bool]
) -> bool:
    """Return whether the same input stands in the same batch with the vector that it gets elsewhere."""
    return any(
        each.exchange.number == one.exchange.number and each.context != one.context and same(each.value, right.value)
        for (argument, length, _), group in table.vectors.items()
        if argument == one.argument and length == one.value.size
        for each in group
    )


def _belongs_to_another(table: Table, one: Sighting[Any], same: Callable[[Any, Any], bool]) -> bool:
    """Return whether the vector is what another input of the same batch gets elsewhere."""
    others = set(one.context.others) - {one.argument.input}
    return any(
        same(other.value, one.value)
        for (argument, length, _), group in table.vectors.items()
        if length == one.value.size and argument.input in others and argument.model == one.argument.model
        for other in group
        if other.exchange is not one.exchange
    )


def _count(findings: Findings, repeated: int, groups: Sequence[Sequence[Sighting[Any]]]) -> None:
    """Count the comparisons of each requirement on a factor."""
    findings.compared[f"{EMBED}/determinism/repeats-agree"] += repeated
    for group in groups:
        if len(group) < 2:
            continue
        first, *others = sorted(group, key=order)
        for one in others:
            if one.exchange is first.exchange:
                findings.compared[f"{EMBED}/order/duplicates-equal"] += 1
            for factor in differing(one.context, first.context):
                requirement = _requirement(factor, one, first)
                findings.compared[f"{EMBED}/{requirement}"] += 1
                if requirement == "order/batch-equals-singles":
                    findings.compared[f"{EMBED}/order/vectors-follow-inputs"] += 1


def _read_vector(exchange: Exchange, place: int) -> NDArray[np.float32] | None:
    try:
        found = answers.embedded(exchange).vectors
    except CheckFailure:
        return None
    return found[place].astype(np.float32) if place < len(found) and found[place].size else None


def encodings_agree(table: Table, findings: Findings) -> None:
    """Numbers in base64 are those in floats: a loss that vectors of one encoding do not show is one of the encoding."""
    requirement = f"{EMBED}/encoding/base64-equals-float"
    apart: dict[Any, tuple[list[float], list[tuple[float, Sighting[Any], Sighting[Any]]]]] = {}
    for (argument, _, provider), group in sorted(table.vectors.items(), key=lambda pair: len(pair[0][0].input)):
        by_encoding: dict[bool, list[Sighting[Any]]] = {}
        for one in sorted(group, key=order):
            by_encoding.setdefault("base64" in one.context.encoding, []).append(one)
        within, across = apart.setdefault((argument.model, provider), ([], []))
        firsts = [sightings[0] for sightings in by_encoding.values()]
        for first, *others in by_encoding.values():
            within += [_farthest_apart(first, other) for other in others]
        if len(firsts) > 1:
            across.append((_farthest_apart(*firsts), firsts[0], firsts[1]))
    for within, across in apart.values():
        findings.compared[requirement] += len(across)
        lossy = [found for found in across if found[0] > max(_LOSS, _CLEARLY * max(within, default=0.0))]
        if len(within) >= _FEWEST and len(lossy) >= _FEWEST:
            loss, one, other = lossy[0]
            findings.fail(
                requirement,
                f"numbers that differ by {loss:.1e} of the largest one in two vectors of {shown_input(one.argument)}",
                f"the same numbers, to {_LOSS:.1e} at least: those of one encoding agree to {max(within):.1e}",
                one.exchange,
                other.exchange,
            )


_LOSS, _CLEARLY, _FEWEST = 2**-12.5, 8.0, 3
"""How far numbers may be apart, as a share of the largest one, in two encodings: float16 rounds that coarsely, and four
decimals of usual vectors; how much farther than in one encoding; in how many vectors."""


def _farthest_apart(one: Sighting[Any], other: Sighting[Any]) -> float:
    """Return how far the numbers at one place of two vectors are apart at most, as a share of the largest number."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        largest = float(np.abs(one.value.astype(np.float64)).max())
        found = float(np.abs(one.value.astype(np.float64) - other.value.astype(np.float64)).max()) / largest
    return found if np.isfinite(found) else 0.0


def providers_agree(table: Table, findings: Findings) -> None:
    """Two providers of a model give an input nearly the same vector."""
    requirement = f"{EMBED}/routing/providers-agree"
    firsts: dict[tuple[Argument, int], dict[str | None, Sighting[Any]]] = {}
    for (argument, length, provider), group in table.vectors.items():
        firsts.setdefault((argument, length), {}).setdefault(provider, group[0])
    for by_provider in firsts.values():
        for one, other in itertools.combinations([s for name, s in by_provider.items() if name is not None], 2):
            findings.compared[requirement] += 1
            if vectors.cosine(one.value, other.value) < vectors.ALIKE:
                how = vectors.compare(one.value, other.value)
                findings.fail(
                    requirement,
                    f"{how} between the vectors of two providers for {shown_input(one.argument)}",
                    f"cosine of at least {vectors.ALIKE}",
                    one.exchange,
                    other.exchange,
                )


def lengths_agree(table: Table, findings: Findings) -> None:
    """The vectors of a model have one length where none is asked for."""
    requirement = f"{EMBED}/vectors/equal-length"
    seen: dict[Any, dict[int, Sighting[Any]]] = {}
    for (argument, length, provider), group in table.vectors.items():
        for one in group:
            if one.dimensions is None:
                seen.setdefault((argument.model, argument.input_type, provider), {}).setdefault(length, one)
    for by_length in seen.values():
        findings.compared[requirement] += 1
        if len(by_length) > 1:
            one, other = itertools.islice(by_length.values(), 2)
            findings.fail(
                requirement,
                f"{other.value.size} numbers for {shown_input(other.argument)}, {one.value.size} for another input",
                "one length where none is asked for",
                other.exchange,
                one.exchange,
            )
