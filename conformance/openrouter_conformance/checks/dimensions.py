"""`dimensions`: honored, or refused; never ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from openrouter_conformance import answers, vectors
from openrouter_conformance.checks.registry import check, exchange_check
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.features import half_of_native, refusal_to_shorten
from openrouter_conformance.samples import TEXT
from openrouter_conformance.session import OMIT

if TYPE_CHECKING:
    from openrouter_conformance.contract import Contract
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.session import Session

_UNIT = 1e-3


@exchange_check("create-embeddings/dimensions/honored")
def honored(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """Vectors of the length that was asked for, in every answer and both encodings."""
    found = answers.answered(exchange)
    asked = None if found is None else found.sent.get("dimensions")
    if found is None or isinstance(asked, bool) or not isinstance(asked, int | float):
        return False
    try:
        lengths = [vector.size for vector in found.answer.vectors]
    except CheckFailure:
        return False
    for place, length in enumerate(lengths):
        if length != asked:
            raise CheckFailure(f"{length} numbers at position {place}", f"{asked}, as asked for, or 400", exchange)
    return True


@check("create-embeddings/dimensions/honored")
def lengths_asked_for(session: Session) -> None:
    """Lengths of all sorts, also those of which base64 needs padding."""
    session.require("dimensions", refusal_to_shorten)
    native = session.native_dimensions
    for asked in session.choose([max(1, native // 5) + extra for extra in range(3)], "dimensions"):
        session.ask([TEXT], dimensions=min(native, asked), encoding_format="base64")


@check("create-embeddings/dimensions/native-dimensions-accepted")
def native_dimensions_accepted(session: Session) -> None:
    """The native length, asked for by number."""
    session.require("dimensions", refusal_to_shorten)
    if session.was_answered("dimensions", "native"):
        return
    exchange = session.ask(TEXT, dimensions=session.native_dimensions)
    if answers.is_refusal(exchange):
        raise CheckFailure(exchange.outline(), "200 with `dimensions` of the native length", exchange)


@check("create-embeddings/dimensions/prefix-of-native")
def prefix_of_native(session: Session) -> None:
    """A shortened vector points as the start of the native one does."""
    session.require("dimensions", refusal_to_shorten)
    native, asked = session.embed(TEXT, 1, dimensions=OMIT), half_of_native(session)
    short = session.embed(TEXT, 1, dimensions=asked)
    if vectors.cosine(short.vectors[0], native.vectors[0][:asked]) < vectors.ALIKE:
        raise CheckFailure(
            f"{vectors.compare(short.vectors[0], native.vectors[0][:asked])} to the first {asked} native numbers",
            f"cosine of at least {vectors.ALIKE}",
            short.exchange,
            native.exchange,
        )


@check("create-embeddings/dimensions/shortened-keep-unit-length")
def shortened_keep_unit_length(session: Session) -> None:
    """Shortened vectors are as long, in the geometric sense, as native ones."""
    session.require("dimensions", refusal_to_shorten)
    native = session.embed(TEXT, 1, dimensions=OMIT)
    short = session.embed(TEXT, 1, dimensions=half_of_native(session))
    norms = [float(np.linalg.norm(answer.vectors[0])) for answer in (native, short)]
    if abs(norms[0] - norms[1]) > _UNIT:
        raise CheckFailure(
            f"norm {norms[1]:.4f} shortened, {norms[0]:.4f} native", "the same norm", short.exchange, native.exchange
        )


@check("create-embeddings/dimensions/above-native-refused")
def above_native_refused(session: Session) -> None:
    """More dimensions than the model has."""
    asked = session.native_dimensions + 1
    exchange = session.ask(TEXT, dimensions=asked)
    if exchange.status == 200:
        found = session.usable(exchange, lambda: answers.embedded(exchange, 1)).vectors[0].size
        if found == asked:
            return  # the native length is not the greatest for models that can also lengthen
    if not answers.is_refusal(exchange):
        raise CheckFailure(exchange.outline(), f"400 for dimensions={asked}, or {asked} numbers", exchange)
