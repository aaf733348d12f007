"""What an answer says it consumed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from openrouter_conformance import answers, excerpts
from openrouter_conformance.checks.registry import exchange_check
from openrouter_conformance.errors import CheckFailure

if TYPE_CHECKING:
    from openrouter_conformance.contract import Contract
    from openrouter_conformance.exchange import Exchange


@exchange_check("create-embeddings/usage/present")
def present(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """A `usage` object in every answer."""
    found = answers.answered(exchange)
    if found is None:
        return False
    if found.answer.usage is None:
        raise CheckFailure("an answer without usage", "a usage object", exchange)
    return True


@exchange_check("create-embeddings/usage/tokens-positive")
def tokens_positive(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """At least one token in every answer."""
    usage = _usage(exchange)
    if usage is None:
        return False
    tokens = _count(usage, "prompt_tokens", exchange)
    if tokens < 1:
        raise CheckFailure(f"usage.prompt_tokens {tokens}", "at least 1", exchange)
    return True


@exchange_check("create-embeddings/usage/total-equals-prompt")
def total_equals_prompt(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """No tokens but those of the input, in every answer."""
    usage = _usage(exchange)
    if usage is None:
        return False
    prompt, total = _count(usage, "prompt_tokens", exchange), _count(usage, "total_tokens", exchange)
    if prompt != total:
        raise CheckFailure(f"total_tokens {total} with prompt_tokens {prompt}", "the same number", exchange)
    return True


@exchange_check("create-embeddings/usage/token-ids-counted")
def token_ids_counted(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """At least as many tokens as token ids were sent, in every answer to token ids."""
    found, usage = answers.answered(exchange), _usage(exchange)
    if found is None or usage is None or not all(isinstance(one, list) for one in found.inputs):
        return False
    sent, counted = sum(len(one) for one in found.inputs), _count(usage, "prompt_tokens", exchange)
    if counted < sent:
        raise CheckFailure(f"usage.prompt_tokens {counted}", f"{sent}, one per token id, or more", exchange)
    return True


@exchange_check("create-embeddings/usage/parts-add-up")
def parts_add_up(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """The tokens by kind of input, where an answer gives them, are all of its tokens."""
    usage = _usage(exchange) or {}
    parts = usage.get("prompt_tokens_details")
    if not isinstance(parts, dict):
        return False
    counts = [parts[name] for name in _KINDS if type(parts.get(name)) is int]
    if len(counts) == len(parts) and counts and sum(counts) != usage.get("prompt_tokens"):
        raise CheckFailure(
            f"{sum(counts)} tokens in prompt_tokens_details with prompt_tokens {usage.get('prompt_tokens')}",
            "the same number",
            exchange,
        )
    return bool(counts)


_KINDS = ("text_tokens", "image_tokens", "audio_tokens", "video_tokens", "file_tokens")


@exchange_check("create-embeddings/usage/cost-not-negative")
def cost_not_negative(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """A cost that is an amount of money, in every answer that has one."""
    cost = (_usage(exchange) or {}).get("cost")
    if cost is None:
        return False
    if isinstance(cost, bool) or not isinstance(cost, int | float) or not math.isfinite(cost) or cost < 0:
        raise CheckFailure(f"usage.cost {excerpts.of_value(cost)}", "a number of at least 0", exchange)
    return True


def _usage(exchange: Exchange) -> dict[str, Any] | None:
    found = answers.answered(exchange)
    return None if found is None else found.answer.usage


def _count(usage: dict[str, Any], field: str, exchange: Exchange) -> int:
    number = usage.get(field)
    if isinstance(number, bool) or not isinstance(number, int):
        raise CheckFailure(f"usage.{field} {excerpts.of_value(number)}", "an integer", exchange)
    return number
