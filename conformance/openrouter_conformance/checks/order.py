"""Relations between a batch and its parts: the right vector in the right place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openrouter_conformance import vectors
from openrouter_conformance.checks.registry import check
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.properties import check_property
from openrouter_conformance.samples import PAIR, TEXT
from openrouter_conformance.strategies import batches, distinct_batches, texts

if TYPE_CHECKING:
    from openrouter_conformance.session import Session

_MARGIN = 1 - vectors.SAME  # what may lie between two vectors of one text
_SAME = f"cosine of at least {vectors.SAME}"


@check("create-embeddings/order/vectors-follow-inputs")
def vectors_follow_inputs(session: Session) -> None:
    """No vector of a batch belongs to another input more than to its own."""

    def each_in_its_place(batch: list[str]) -> None:
        together = session.embed(batch, len(batch))
        alone = [session.embed(text, 1) for text in batch]
        for place, vector in enumerate(together.vectors):
            likeness = [vectors.cosine(vector, one.vectors[0]) for one in alone]
            nearest = max(range(len(batch)), key=likeness.__getitem__)
            if likeness[nearest] > likeness[place] + _MARGIN:
                raise CheckFailure(
                    f"at position {place}, of {batch[place]!r}, a vector that is nearer to {batch[nearest]!r} "
                    f"(cosine {likeness[nearest]:.4f}) than to its own text (cosine {likeness[place]:.4f})",
                    "the vector of its own text",
                    together.exchange,
                    alone[nearest].exchange,
                )

    most = min(5, session.profile.batch)
    check_property(session, distinct_batches(most), each_in_its_place, examples=[["river", "violin", "debt"]])


@check("create-embeddings/order/batch-equals-singles")
def batch_equals_singles(session: Session) -> None:
    """A text has the same vector in a batch as alone."""

    def same_as_alone(batch: list[str]) -> None:
        together = session.embed(batch, len(batch))
        for place, text in enumerate(batch):
            alone = session.embed(text, 1)
            if not vectors.same(together.vectors[place], alone.vectors[0]):
                raise CheckFailure(
                    f"position {place} of the batch differs from {text!r} alone "
                    f"({vectors.compare(together.vectors[place], alone.vectors[0])})",
                    _SAME,
                    together.exchange,
                    alone.exchange,
                )

    check_property(session, batches(min(4, session.profile.batch), least=2), same_as_alone, examples=[PAIR])


@check("create-embeddings/order/duplicates-equal")
def duplicates_equal(session: Session) -> None:
    """A text that occurs twice in a batch has the same vector twice."""

    def twice_the_same(text: str) -> None:
        answer = session.embed([text, PAIR[0], text], 3)
        first, other, last = answer.vectors
        if not vectors.same(first, last):
            raise CheckFailure(f"{text!r} twice, with {vectors.compare(first, last)}", _SAME, answer.exchange)
        if vectors.same(first, other) and text.split() != PAIR[0].split():
            raise CheckFailure(f"the vector of {PAIR[0]!r} for {text!r}", "another vector", answer.exchange)

    check_property(session, texts(), twice_the_same, examples=[TEXT])


@check("create-embeddings/order/one-element-list-equals-string")
def one_element_list_equals_string(session: Session) -> None:
    """A list of one text is that text."""

    def listed_or_not(text: str) -> None:
        bare, listed = session.embed(text, 1), session.embed([text], 1)
        if not vectors.same(bare.vectors[0], listed.vectors[0]):
            raise CheckFailure(
                f"{text!r} in a list with {vectors.compare(bare.vectors[0], listed.vectors[0])}",
                _SAME,
                bare.exchange,
                listed.exchange,
            )

    check_property(session, texts(), listed_or_not, examples=[TEXT])
