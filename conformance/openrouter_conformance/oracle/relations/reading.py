"""What a model must have read of an input, and what it may overlook."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openrouter_conformance.oracle.context import Argument
    from openrouter_conformance.oracle.table import Table

_UNLISTED_CONTEXT = 100
"""Tokens that every model reads, also one that lists no context length."""


def words_of(argument: Argument) -> frozenset[str]:
    """Return what no model may overlook: words of Latin letters, numbers, token ids, or parts of a multimodal input."""
    value = argument.value
    if isinstance(value, str):
        return frozenset(re.findall(r"[a-z]{3,}|[0-9]+", " ".join(_plain_pieces(value)).lower()))
    if isinstance(value, list):
        return frozenset(str(one) for one in value if one != _PADDING)
    return frozenset(json.dumps(part, sort_keys=True) for part in value.get("content", []) if isinstance(part, dict))


_PADDING = 0
"""A token id that many models take for nothing."""


def _plain_pieces(text: str) -> list[str]:
    """Return the pieces between white space that are ASCII."""
    return [piece for piece in text.split() if piece.isascii()]


def beyond_ascii(argument: Argument) -> tuple[str, ...]:
    """Return the pieces of a text that are not ASCII: of what a model makes of them nothing is said."""
    return tuple(piece for piece in (argument.text or "").split() if not piece.isascii())


def must_differ(one: frozenset[str], other: frozenset[str]) -> bool:
    """Return whether what two inputs do not share is more than the same letters in other numbers or another order."""
    return set("".join(one - other)) != set("".join(other - one))


def may_be_forgotten(one: Argument, other: Argument) -> bool:
    """Return whether two long texts differ at the start alone: what came so long before may no longer show."""
    texts = one.text or "", other.text or ""
    if min(map(len, texts)) < _LONG_REMEMBERED:
        return False
    return texts[0][-_LONG_REMEMBERED:] == texts[1][-_LONG_REMEMBERED:]


_LONG_REMEMBERED = 1200
"""Characters after which a model that reads one word after another may have forgotten what came before them."""


def is_read_whole(table: Table, argument: Argument, provider: str | None) -> bool:
    """Return whether the model surely read the whole input: its tokens are fewer than the listed context."""
    counts = table.tokens.get((argument, provider))
    text = argument.text
    guess = len(text) if text is not None else len(argument.input)
    tokens = counts[0].value if counts else guess
    context = table.listed(argument.model).get("context_length")
    return tokens < (context if type(context) is int and context > 0 else _UNLISTED_CONTEXT)
