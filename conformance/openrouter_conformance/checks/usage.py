"""What an answer says it consumed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from openrouter_conformance.checks.registry import check
from openrouter_conformance.errors import CheckFailure, NotApplicable
from openrouter_conformance.prices import price_per_token
from openrouter_conformance.properties import check_property
from openrouter_conformance.samples import PAIR, TEXT
from openrouter_conformance.strategies import batches

if TYPE_CHECKING:
    from openrouter_conformance.answers import Embedded
    from openrouter_conformance.session import Session


def _usage(answer: Embedded) -> dict[str, Any]:
    if answer.usage is None:
        raise NotApplicable("answers carry no usage")
    return answer.usage


def _count(answer: Embedded, field: str) -> int:
    number = _usage(answer).get(field)
    if isinstance(number, bool) or not isinstance(number, int):
        raise CheckFailure(f"usage.{field} {number!r}", "an integer", answer.exchange)
    return number


@check("create-embeddings/usage/present")
def present(session: Session) -> None:
    """A `usage` object, in both encodings' common case."""
    answer = session.embed(TEXT, 1)
    if answer.usage is None:
        raise CheckFailure("an answer without usage", "a usage object", answer.exchange)


@check("create-embeddings/usage/tokens-positive")
def tokens_positive(session: Session) -> None:
    """At least one token for a text."""
    for text in (TEXT, "a", PAIR):
        answer = session.embed(text)
        if _count(answer, "prompt_tokens") < 1:
            raise CheckFailure(f"usage.prompt_tokens {_count(answer, 'prompt_tokens')}", "at least 1", answer.exchange)


@check("create-embeddings/usage/total-equals-prompt")
def total_equals_prompt(session: Session) -> None:
    """No tokens but those of the input."""

    def adds_up(batch: list[str]) -> None:
        answer = session.embed(batch)
        prompt, total = _count(answer, "prompt_tokens"), _count(answer, "total_tokens")
        if prompt != total:
            raise CheckFailure(f"total_tokens {total} with prompt_tokens {prompt}", "the same number", answer.exchange)

    check_property(session, batches(min(3, session.profile.batch)), adds_up, examples=[PAIR])


@check("create-embeddings/usage/batch-is-sum-of-singles")
def batch_is_sum_of_singles(session: Session) -> None:
    """A batch counts what its texts count alone."""
    together = session.embed(PAIR, len(PAIR))
    alone = [session.embed(text, 1) for text in PAIR]
    total, parts = _count(together, "prompt_tokens"), [_count(one, "prompt_tokens") for one in alone]
    if total != sum(parts):
        raise CheckFailure(
            f"{total} tokens for the batch, {parts} for its texts",
            f"{sum(parts)} tokens",
            together.exchange,
            *(one.exchange for one in alone),
        )


@check("create-embeddings/usage/longer-text-costs-more")
def longer_text_costs_more(session: Session) -> None:
    """More tokens for more text."""
    short, long = session.embed(TEXT, 1), session.embed(" ".join([TEXT] * 4), 1)
    counts = _count(short, "prompt_tokens"), _count(long, "prompt_tokens")
    if counts[0] >= counts[1]:
        raise CheckFailure(
            f"{counts[0]} tokens for a text, {counts[1]} for four times it", "more", short.exchange, long.exchange
        )


@check("create-embeddings/usage/token-ids-counted")
def token_ids_counted(session: Session) -> None:
    """As many tokens as token ids were sent."""
    exchange = session.ask([9906, 1917, 0])
    if exchange.status != 200:
        raise NotApplicable(f"the target does not offer token-ids: {exchange.outline()}")
    answer = session.embed([9906, 1917, 0], 1)
    if _count(answer, "prompt_tokens") != 3:
        raise CheckFailure(
            f"usage.prompt_tokens {_count(answer, 'prompt_tokens')}", "3, one per token id", answer.exchange
        )


@check("create-embeddings/usage/cost-not-negative")
def cost_not_negative(session: Session) -> None:
    """A cost that is an amount of money."""
    answer = session.embed(TEXT, 1)
    cost = _usage(answer).get("cost")
    if cost is None:
        raise NotApplicable("usage carries no cost")
    if isinstance(cost, bool) or not isinstance(cost, int | float) or not math.isfinite(cost) or cost < 0:
        raise CheckFailure(f"usage.cost {cost!r}", "a number of at least 0", answer.exchange)


@check("create-embeddings/usage/cost-follows-price")
def cost_follows_price(session: Session) -> None:
    """Tokens times the listed price."""
    answer = session.embed([TEXT] * 4, 4)
    cost = _usage(answer).get("cost")
    price = price_per_token(session.listed_model)
    if not isinstance(cost, int | float) or price is None:
        raise NotApplicable("there is no cost, or no listed price to compare it with")
    expected = price * _count(answer, "prompt_tokens")
    if not math.isclose(cost, expected, rel_tol=0.01, abs_tol=1e-12):
        raise CheckFailure(f"usage.cost {cost!r}", f"{expected!r}, tokens times the listed price", answer.exchange)
