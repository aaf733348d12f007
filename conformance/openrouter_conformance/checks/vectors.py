"""Vectors that are vectors: finite, of one length, different where texts differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from openrouter_conformance import answers, vectors
from openrouter_conformance.checks.registry import check
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.properties import check_property
from openrouter_conformance.samples import PAIR
from openrouter_conformance.session import OMIT
from openrouter_conformance.strategies import batches

if TYPE_CHECKING:
    from openrouter_conformance.session import Session

_UNIT = 1e-3


@check("create-embeddings/vectors/finite-and-not-zero")
def finite_and_not_zero(session: Session) -> None:
    """Vectors with a direction."""

    def has_a_direction(batch: list[str]) -> None:
        answer = session.embed(batch)
        for place, vector in enumerate(answer.vectors):
            if not vector.size or not np.isfinite(vector).all() or not vector.any():
                what = "is empty" if not vector.size else "is zero" if not vector.any() else "holds NaN or infinity"
                raise CheckFailure(
                    f"a vector at position {place} that {what}", "finite numbers, not all zero", answer.exchange
                )

    check_property(session, batches(session.profile.batch), has_a_direction, examples=[PAIR])


@check("create-embeddings/vectors/equal-length")
def equal_length(session: Session) -> None:
    """Vectors of one length, in one answer and from one request to the next."""

    def lengths_agree(batch: list[str]) -> None:
        answer = session.embed(batch, dimensions=OMIT)
        lengths = [vector.size for vector in answer.vectors]
        if any(length != session.native_dimensions for length in lengths):
            raise CheckFailure(
                f"lengths {lengths}", f"{session.native_dimensions} for each, as before", answer.exchange
            )

    check_property(session, batches(min(3, session.profile.batch)), lengths_agree, examples=[PAIR])
    shortened = session.ask(PAIR, dimensions=max(1, session.native_dimensions // 2))
    if shortened.status == 200:
        lengths = [vector.size for vector in answers.embedded(shortened).vectors]
        if len(set(lengths)) > 1:
            raise CheckFailure(f"lengths {lengths}", "one length in one answer", shortened)


@check("create-embeddings/vectors/different-texts-differ")
def different_texts_differ(session: Session) -> None:
    """Different vectors for texts that have nothing in common."""
    for one, other in (tuple(PAIR), ("cat", "airplane"), ("東京の音楽", "журнал облако"), ("1", "2")):
        answer = session.embed([one, other], 2)
        if vectors.same(*answer.vectors):
            raise CheckFailure(f"the same vector for {one!r} and {other!r}", "two different vectors", answer.exchange)


@check("create-embeddings/vectors/related-texts-closer")
def related_texts_closer(session: Session) -> None:
    """A text nearer to a near-copy of itself than to another."""
    texts = [
        "A cat sleeps on the warm windowsill",
        "A cat sleeps on the windowsill",
        "Quarterly tax law for shipping firms",
    ]
    answer = session.embed(texts, len(texts))
    near = vectors.cosine(answer.vectors[0], answer.vectors[1])
    far = vectors.cosine(answer.vectors[0], answer.vectors[2])
    if near <= far:
        raise CheckFailure(
            f"cosine {near:.4f} to a near-copy, {far:.4f} to an unrelated text", "the near-copy nearer", answer.exchange
        )


@check("create-embeddings/vectors/unit-length")
def unit_length(session: Session) -> None:
    """Vectors of length one."""
    answer = session.embed(PAIR)
    norms = [float(np.linalg.norm(vector)) for vector in answer.vectors]
    if any(abs(norm - 1) > _UNIT for norm in norms):
        raise CheckFailure(f"lengths {[round(norm, 4) for norm in norms]}", "1 for each", answer.exchange)
