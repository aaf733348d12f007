"""Token ids as input: one list is one input, a list of lists is a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openrouter_conformance import answers, vectors
from openrouter_conformance.checks.registry import check
from openrouter_conformance.errors import CheckFailure, NotApplicable
from openrouter_conformance.properties import check_property
from openrouter_conformance.samples import OTHER_TOKENS, TOKENS
from openrouter_conformance.session import Unsupported
from openrouter_conformance.strategies import token_lists

if TYPE_CHECKING:
    from openrouter_conformance.session import Session


def token_refusal(session: Session) -> Unsupported | None:
    """Probe for the feature `token-ids`: any 200 counts as an attempt, and is checked as one."""
    exchange = session.ask(TOKENS)
    if answers.is_refusal(exchange):
        return Unsupported(exchange.outline(), exchange)
    answers.embedded(exchange)
    return None


@check("create-embeddings/token-ids/one-list-is-one-input")
def one_list_is_one_input(session: Session) -> None:
    """One vector for one list of token ids."""
    session.require("token-ids", token_refusal)

    def one_vector(tokens: list[int]) -> None:
        session.embed(tokens, 1)

    check_property(session, token_lists(), one_vector, examples=[TOKENS, [9906]])


@check("create-embeddings/token-ids/batches-keep-order")
def batches_keep_order(session: Session) -> None:
    """One vector per list of token ids, each that of its list alone."""
    session.require("token-ids", token_refusal)
    together = session.embed([TOKENS, OTHER_TOKENS], 2)
    for place, tokens in enumerate((TOKENS, OTHER_TOKENS)):
        alone = session.embed(tokens, 1)
        if not vectors.same(together.vectors[place], alone.vectors[0]):
            found = vectors.compare(together.vectors[place], alone.vectors[0])
            raise CheckFailure(
                f"{found} between list {place} of the batch and it alone",
                f"cosine of at least {vectors.SAME}",
                together.exchange,
                alone.exchange,
            )
    if vectors.same(*together.vectors):
        raise CheckFailure(
            f"the same vector for {TOKENS} and {OTHER_TOKENS}", "two different vectors", together.exchange
        )


@check("create-embeddings/token-ids/whole-floats-are-integers")
def whole_floats_are_integers(session: Session) -> None:
    """`9906.0` means `9906`, as some SDKs write it."""
    session.require("token-ids", token_refusal)
    integers = session.embed(TOKENS, 1)
    floats = session.embed([float(token) for token in TOKENS], 1)
    if not vectors.same(integers.vectors[0], floats.vectors[0]):
        raise CheckFailure(
            f"{vectors.compare(integers.vectors[0], floats.vectors[0])} between 9906 and 9906.0",
            f"cosine of at least {vectors.SAME}",
            floats.exchange,
            integers.exchange,
        )


@check("create-embeddings/token-ids/base64-has-items")
def base64_has_items(session: Session) -> None:
    """One item per list of token ids in base64 as well."""
    session.require("token-ids", token_refusal)
    exchange = session.ask([TOKENS, OTHER_TOKENS], encoding_format="base64")
    if answers.is_refusal(exchange) and "base64" not in session.target.declared:
        raise NotApplicable(f"the target does not offer base64: {exchange.outline()}")
    answers.embedded(exchange, 2)
