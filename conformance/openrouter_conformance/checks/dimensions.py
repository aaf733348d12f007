"""`dimensions`: honoured, or refused; never ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from openrouter_conformance import answers, vectors
from openrouter_conformance.checks.encoding import base64_refusal
from openrouter_conformance.checks.registry import check
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.properties import check_property
from openrouter_conformance.samples import PAIR, TEXT
from openrouter_conformance.session import OMIT, Unsupported
from openrouter_conformance.strategies import lengths

if TYPE_CHECKING:
    from openrouter_conformance.session import Session

_UNIT = 1e-3


def refusal_to_shorten(session: Session) -> Unsupported | None:
    """Probe for the feature `dimensions`: 200 with another length than asked for is no support but a fault."""
    asked = _half(session)
    exchange = session.ask(TEXT, dimensions=asked)
    if answers.is_refusal(exchange):
        return Unsupported(exchange.outline(), exchange)
    answer = answers.embedded(exchange, 1)
    if answer.vectors[0].size != asked:
        raise CheckFailure(f"200 with {answer.vectors[0].size} dimensions", f"{asked}, as asked for, or 400", exchange)
    return None


@check("create-embeddings/dimensions/honored")
def honored(session: Session) -> None:
    """Vectors of the length that was asked for."""
    session.require("dimensions", refusal_to_shorten)

    def as_long_as_asked(asked: int) -> None:
        exchange = session.ask(PAIR, dimensions=asked)
        if answers.is_refusal(exchange):
            return  # a model may shorten to a few lengths only
        answer = answers.embedded(exchange, len(PAIR))
        found = [vector.size for vector in answer.vectors]
        if found != [asked] * len(PAIR):
            raise CheckFailure(f"lengths {found} for dimensions={asked}", f"{asked} for each", answer.exchange)

    examples = max(1, session.native_dimensions // 3), _half(session)
    check_property(session, lengths(session.native_dimensions), as_long_as_asked, examples=examples)


@check("create-embeddings/dimensions/native-dimensions-accepted")
def native_dimensions_accepted(session: Session) -> None:
    """The native length, asked for by number, changes nothing."""
    session.require("dimensions", refusal_to_shorten)
    asked = session.embed(TEXT, 1, dimensions=session.native_dimensions)
    default = session.embed(TEXT, 1, dimensions=OMIT)
    if not vectors.same(asked.vectors[0], default.vectors[0]):
        raise CheckFailure(
            f"{vectors.compare(asked.vectors[0], default.vectors[0])} with dimensions={session.native_dimensions}",
            "the vector that comes without `dimensions`",
            asked.exchange,
            default.exchange,
        )


@check("create-embeddings/dimensions/prefix-of-native")
def prefix_of_native(session: Session) -> None:
    """A shortened vector points as the start of the native one does."""
    session.require("dimensions", refusal_to_shorten)
    native = session.embed(TEXT, 1, dimensions=OMIT)

    def is_the_start(asked: int) -> None:
        exchange = session.ask(TEXT, dimensions=asked)
        if answers.is_refusal(exchange):
            return  # a model may shorten to a few lengths only
        answer = answers.embedded(exchange, 1)
        if not vectors.same(answer.vectors[0], native.vectors[0][:asked]):
            raise CheckFailure(
                f"{vectors.compare(answer.vectors[0], native.vectors[0][:asked])} to the first {asked} native numbers",
                f"cosine of at least {vectors.SAME}",
                answer.exchange,
                native.exchange,
            )

    check_property(session, lengths(session.native_dimensions), is_the_start, examples=[_half(session)])


@check("create-embeddings/dimensions/shortened-keep-unit-length")
def shortened_keep_unit_length(session: Session) -> None:
    """Shortened vectors are as long, in the geometric sense, as native ones."""
    session.require("dimensions", refusal_to_shorten)
    native = session.embed(TEXT, 1, dimensions=OMIT)
    short = session.embed(TEXT, 1, dimensions=_half(session))
    norms = [float(np.linalg.norm(answer.vectors[0])) for answer in (native, short)]
    if abs(norms[0] - norms[1]) > _UNIT:
        raise CheckFailure(
            f"norm {norms[1]:.4f} shortened, {norms[0]:.4f} native", "the same norm", short.exchange, native.exchange
        )


@check("create-embeddings/dimensions/honored-in-base64")
def honored_in_base64(session: Session) -> None:
    """`dimensions` and `base64` together."""
    session.require("dimensions", refusal_to_shorten)
    session.require("base64", base64_refusal)
    start = max(1, session.native_dimensions // 4)
    tried = range(start, min(start + 3, session.native_dimensions + 1))  # with 0, 1 and 2 characters of padding
    for asked in (*tried, _half(session)):
        exchange = session.ask(PAIR, dimensions=asked, encoding_format="base64")
        if answers.is_refusal(exchange) and asked != _half(session):
            continue  # a model may shorten to a few lengths only
        answer = answers.embedded(exchange, len(PAIR))
        found = [vector.size for vector in answer.vectors]
        if found != [asked] * len(PAIR):
            raise CheckFailure(
                f"lengths {found} in base64 for dimensions={asked}", f"{asked} for each", answer.exchange
            )


@check("create-embeddings/dimensions/above-native-refused")
def above_native_refused(session: Session) -> None:
    """More dimensions than the model has."""
    asked = session.native_dimensions + 1
    exchange = session.ask(TEXT, dimensions=asked)
    if exchange.status == 200 and answers.embedded(exchange, 1).vectors[0].size == asked:
        return  # the native length is not the greatest for models that can also lengthen
    if not answers.is_refusal(exchange):
        raise CheckFailure(exchange.outline(), f"400 for dimensions={asked}, or {asked} numbers", exchange)


def _half(session: Session) -> int:
    """Return the length that the target is probed with: half of the native one, which most models give."""
    return max(1, session.native_dimensions // 2)
