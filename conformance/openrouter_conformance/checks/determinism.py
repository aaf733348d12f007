"""The same question, the same answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openrouter_conformance import vectors
from openrouter_conformance.checks.registry import check
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.properties import check_property
from openrouter_conformance.samples import PAIR, TEXT
from openrouter_conformance.strategies import texts

if TYPE_CHECKING:
    from openrouter_conformance.session import Session


@check("create-embeddings/determinism/repeats-agree")
def repeats_agree(session: Session) -> None:
    """One text embedded several times, with another in between."""

    def again_the_same(text: str) -> None:
        first = session.embed(text, 1)
        session.embed(PAIR, len(PAIR))
        for _ in range(2):
            again = session.embed(text, 1)
            if not vectors.same(first.vectors[0], again.vectors[0]):
                raise CheckFailure(
                    f"{vectors.compare(first.vectors[0], again.vectors[0])} between two embeddings of {text!r}",
                    f"cosine of at least {vectors.SAME}",
                    first.exchange,
                    again.exchange,
                )

    check_property(session, texts(), again_the_same, examples=[TEXT])
