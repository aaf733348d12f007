"""Vectors that are vectors: finite, of one length, near where texts are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from openrouter_conformance import answers, vectors
from openrouter_conformance.checks.registry import check, exchange_check
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.oracle import context as contexts
from openrouter_conformance.oracle.relations.reading import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from openrouter_conformance.contract import Contract
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.session import Session

_UNIT = 1e-3


@exchange_check("create-embeddings/vectors/finite-and-not-zero")
def finite_and_not_zero(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """Vectors with a direction, in every answer and both encodings; a text without any word may have none."""
    found = _vectors(exchange)
    for place, vector in enumerate(found):
        if vector.size and not vector.any() and _has_no_words(exchange, place):
            continue
        if not vector.size or not np.isfinite(vector).all() or not vector.any():
            what = "is empty" if not vector.size else "is zero" if not vector.any() else "holds NaN or infinity"
            raise CheckFailure(f"a vector at position {place} that {what}", "finite numbers, not all zero", exchange)
    return bool(found)


@exchange_check("create-embeddings/vectors/equal-length")
def equal_length(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """Vectors of one length, in each answer; and in all answers of a model where no length is asked for."""
    lengths = [vector.size for vector in _vectors(exchange)]
    if len(set(lengths)) > 1:
        place = next(at for at, length in enumerate(lengths) if length != lengths[0])
        raise CheckFailure(
            f"{lengths[place]} numbers at position {place}, {lengths[0]} at position 0", "one length", exchange
        )
    return len(lengths) > 1


@exchange_check("create-embeddings/vectors/unit-length")
def unit_length(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """Vectors of the norm 1, in every answer."""
    found = _vectors(exchange)
    norms = [float(np.linalg.norm(vector)) for vector in found]
    for place, norm in enumerate(norms):
        if norm == 0 and _has_no_words(exchange, place):
            continue
        if not abs(norm - 1) <= _UNIT:
            raise CheckFailure(f"the norm {norm:.4g} at position {place}", "1", exchange)
    return bool(norms)


@check("create-embeddings/vectors/related-texts-closer")
def related_texts_closer(session: Session) -> None:
    """A text nearer to a near-copy of itself than to another."""
    texts = [
        "A cat sleeps on the warm windowsill",
        "A cat sleeps on the windowsill",
        "Quarterly tax law for shipping firms",
    ]
    found = session.embed(texts, len(texts))
    near = vectors.cosine(found.vectors[0], found.vectors[1])
    far = vectors.cosine(found.vectors[0], found.vectors[2])
    if near <= far:
        raise CheckFailure(
            f"cosine {near:.4f} to a near-copy, {far:.4f} to an unrelated text",
            "the near-copy nearer",
            found.exchange,
        )


def _vectors(exchange: Exchange) -> Sequence[NDArray[np.float64]]:
    """Return the vectors of a readable answer; none where one cannot be read."""
    found = answers.answered(exchange)
    if found is None:
        return []
    try:
        return found.answer.vectors
    except CheckFailure:
        return []


def _has_no_words(exchange: Exchange, place: int) -> bool:
    """Return whether an input of a request is known, and holds nothing that every model must know."""
    arguments = [] if exchange.request is None else [argument for argument, _, _ in contexts.read(exchange.request)]
    return place < len(arguments) and not words_of(arguments[place])
