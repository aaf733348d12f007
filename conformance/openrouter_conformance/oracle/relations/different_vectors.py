"""Vectors that must differ: those of other inputs, and of other models."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from openrouter_conformance import vectors
from openrouter_conformance.oracle import laws
from openrouter_conformance.oracle.contradictions import order
from openrouter_conformance.oracle.relations.findings import EMBED, Findings
from openrouter_conformance.oracle.relations.reading import (
    beyond_ascii,
    is_read_whole,
    may_be_forgotten,
    must_differ,
    words_of,
)
from openrouter_conformance.oracle.relations.wording import shown_input, shown_words
from openrouter_conformance.oracle.table import Sighting

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from openrouter_conformance.oracle.context import Argument
    from openrouter_conformance.oracle.table import Table

_IDENTICAL = 1e-9
"""1 - cosine up to which two vectors are one and the same."""


@attrs.frozen
class _Seen:
    argument: Argument
    words: frozenset[str]
    vector: NDArray[np.float64]
    sighting: Sighting[Any]


def inputs_differ(table: Table, findings: Findings) -> None:
    """Inputs that have different words have different vectors."""
    spaces: dict[Any, list[_Seen]] = {}
    for (argument, length, provider), group in table.vectors.items():
        if length < vectors.FEWEST or not is_read_whole(table, argument, provider):
            continue
        words = words_of(argument)
        if words and np.isfinite(group[0].value).all():
            first = group[0]
            vector = first.value.astype(np.float64)
            seen = _Seen(argument, words, vector / np.linalg.norm(vector), first)
            kind = argument.input[0]
            space = argument.model, argument.input_type, kind, length, provider
            spaces.setdefault(space, []).append(seen)
    for space, found in spaces.items():
        texts = found[:_MOST_DIFFERENT]
        requirement = f"{EMBED}/" + (
            "multimodal/parts-make-one-vector" if space[2] == "{" else "vectors/different-texts-differ"
        )
        if len(texts) < 2 or _may_meet(texts):
            continue
        matrix = np.stack([one.vector for one in texts])
        for place, one in enumerate(texts):
            likeness = matrix[place + 1 :] @ one.vector
            findings.compared[requirement] += len(likeness)
            if space[2] != "{" and any(len(each.words) > _LONG for each in texts):
                findings.compared[f"{EMBED}/texts/every-part-read"] += 1
            for offset in np.flatnonzero(likeness > 1 - _IDENTICAL):
                other = texts[place + 1 + int(offset)]
                if _may_be_taken_for(one, other):
                    continue
                shared = len(one.words & other.words)
                is_part = shared > _FEW_SHARED and 2 * shared > min(len(one.words), len(other.words))
                named = f"{EMBED}/texts/every-part-read" if is_part and space[2] != "{" else requirement
                findings.fail(
                    named,
                    f"the same vector for {shown_input(one.argument)} and {shown_input(other.argument)}"
                    f" (they differ in {shown_words(one.words ^ other.words)})",
                    "two different vectors",
                    one.sighting.exchange,
                    *([other.sighting.exchange] if other.sighting.exchange is not one.sighting.exchange else []),
                )


def _may_be_taken_for(one: _Seen, other: _Seen) -> bool:
    """Return whether a right model may give two inputs one vector."""
    if not must_differ(one.words, other.words) or may_be_forgotten(one.argument, other.argument):
        return True
    # What one has more may be what a model makes of the other's letters beyond ASCII.
    has_more = not (one.words - other.words and other.words - one.words)
    return has_more and beyond_ascii(one.argument) != beyond_ascii(other.argument)


_MOST_DIFFERENT = 1500
"""Inputs of one model and length that are compared each with each; more take minutes and show nothing else."""


_LEAST_BITS = 64
"""How much vectors of whole numbers must be able to tell, lest two texts meet in one by chance."""


def _may_meet(texts: list[_Seen]) -> bool:
    """Return whether the vectors are of whole numbers so small that there are few, and most texts have their own."""
    values = np.stack([one.sighting.value for one in texts])
    greatest = np.abs(values).max()
    if (values != np.rint(values)).any() or values.shape[1] * np.log2(2 * greatest + 1) >= _LEAST_BITS:
        return False
    return 2 * len(np.unique(values, axis=0)) > len(texts)


_LONG, _FEW_SHARED = 12, 3
"""Words of a long text, and words that two texts may share and still be others in the whole."""


def models_differ(table: Table, findings: Findings) -> None:
    """Two models that the list describes differently give a text different vectors."""
    requirement = f"{EMBED}/vectors/models-differ"
    by_text: dict[Any, dict[str, Sighting[Any]]] = {}
    for argument, length, provider in sorted(table.vectors, key=lambda key: -key[1]):
        if length >= vectors.FEWEST:
            longest = min(table.vectors[argument, length, provider], key=order)
            by_text.setdefault((argument.input, argument.input_type), {}).setdefault(argument.model, longest)
    for by_model in by_text.values():
        for one, other in itertools.combinations(by_model.values(), 2):
            entries = [table.listed(each.argument.model) for each in (one, other)]
            if not all(entries) or not _described_differently(*entries):
                continue
            findings.compared[requirement] += 1
            apart = laws.deviation(one.value, other.value)
            if apart is not None and apart < _IDENTICAL:
                findings.fail(
                    requirement,
                    f"the same vector of {shown_input(one.argument)} from {one.argument.model} "
                    f"and {other.argument.model}",
                    "two different vectors: the list describes two models",
                    one.exchange,
                    other.exchange,
                )


def _described_differently(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.get("canonical_slug") != other.get("canonical_slug") and any(
        one.get(field) != other.get(field) for field in ("context_length", "architecture", "created")
    )
