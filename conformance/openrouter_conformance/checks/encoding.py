"""`encoding_format`: floats unless asked otherwise, and base64 that says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from openrouter_conformance import answers, vectors
from openrouter_conformance.checks.registry import check
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.exchange import excerpt
from openrouter_conformance.properties import check_property
from openrouter_conformance.samples import PAIR, TEXT
from openrouter_conformance.session import OMIT, Unsupported
from openrouter_conformance.strategies import batches

if TYPE_CHECKING:
    from openrouter_conformance.session import Session

_FLOAT32 = 4


def base64_refusal(session: Session) -> Unsupported | None:
    """Probe for the feature `base64`: any 200 counts as an attempt, and is checked as one."""
    exchange = session.ask(TEXT, encoding_format="base64")
    if answers.is_refusal(exchange):
        return Unsupported(exchange.outline(), exchange)
    answers.embedded(exchange)
    return None


@check("create-embeddings/encoding/floats-by-default")
def floats_by_default(session: Session) -> None:
    """JSON numbers when no `encoding_format` is sent."""
    answer = session.embed(PAIR, len(PAIR), encoding_format=OMIT)
    _all_are(answer, list)


@check("create-embeddings/encoding/floats-when-asked")
def floats_when_asked(session: Session) -> None:
    """JSON numbers when `float` is asked for."""
    answer = session.embed(PAIR, len(PAIR), encoding_format="float")
    _all_are(answer, list)
    default = session.embed(PAIR, len(PAIR))
    _same_vectors(answer, default, "`float` asked for and no format asked for")


@check("create-embeddings/encoding/base64-when-asked")
def base64_when_asked(session: Session) -> None:
    """A string per input when `base64` is asked for."""
    session.require("base64", base64_refusal)
    answer = session.embed(PAIR, len(PAIR), encoding_format="base64")
    _all_are(answer, str)


@check("create-embeddings/encoding/base64-is-float32")
def base64_is_float32(session: Session) -> None:
    """Four bytes per number of the same vector in floats."""
    session.require("base64", base64_refusal)
    answer = session.embed(TEXT, 1, encoding_format="base64")
    _all_are(answer, str)
    native = session.embed(TEXT, 1)
    length = native.vectors[0].size
    if answer.vectors[0].size != length:
        raise CheckFailure(
            f"{answer.vectors[0].size * _FLOAT32} bytes for {length} numbers",
            f"{length * _FLOAT32} bytes, float32 each",
            answer.exchange,
            native.exchange,
        )


@check("create-embeddings/encoding/base64-equals-float")
def base64_equals_float(session: Session) -> None:
    """The same vectors in base64 as in floats."""
    session.require("base64", base64_refusal)

    def encodings_agree(batch: list[str]) -> None:
        packed = session.embed(batch, len(batch), encoding_format="base64")
        _all_are(packed, str)
        _same_vectors(packed, session.embed(batch, len(batch)), "base64 and float")

    check_property(session, batches(min(4, session.profile.batch)), encodings_agree, examples=[[TEXT], PAIR])


@check("create-embeddings/encoding/base64-finite")
def base64_finite(session: Session) -> None:
    """Numbers with a direction in base64."""
    session.require("base64", base64_refusal)
    answer = session.embed(PAIR, len(PAIR), encoding_format="base64")
    if not all(np.isfinite(vector).all() and vector.any() for vector in answer.vectors):
        raise CheckFailure(
            "a base64 vector that is zero, empty or not finite", "finite numbers, not all zero", answer.exchange
        )


def _all_are(answer: answers.Embedded, kind: type) -> None:
    expected = "a JSON array of numbers" if kind is list else "a base64 string"
    for place, item in enumerate(answer.items):
        embedding = item.get("embedding")
        if not isinstance(embedding, kind):
            found = (
                "a string" if isinstance(embedding, str) else "an array" if isinstance(embedding, list) else embedding
            )
            shown = excerpt(str(found).encode())
            raise CheckFailure(f"{shown} in data[{place}].embedding", expected, answer.exchange)


def _same_vectors(one: answers.Embedded, other: answers.Embedded, ways: str) -> None:
    for place, (left, right) in enumerate(zip(one.vectors, other.vectors, strict=True)):
        if not vectors.same(left, right):
            raise CheckFailure(
                f"{vectors.compare(left, right)} between {ways} at position {place}",
                f"cosine of at least {vectors.SAME}",
                one.exchange,
                other.exchange,
            )
