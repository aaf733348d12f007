"""Texts that servers stumble over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from openrouter_conformance import answers, vectors
from openrouter_conformance.checks.registry import check
from openrouter_conformance.errors import CheckFailure, NotApplicable
from openrouter_conformance.properties import check_property
from openrouter_conformance.strategies import UNUSUAL_TEXTS, anything_printable_or_not

if TYPE_CHECKING:
    from openrouter_conformance.session import Session

_LONGEST_CONTEXT = 40_000
_IDENTICAL = 1 - 1e-7
_TOKENS_OF_TAIL_TEXT = 256


@check("create-embeddings/texts/any-text-survived")
def any_text_survived(session: Session) -> None:
    """An answer or a refusal for any text there is; no crash."""

    def answered_or_refused(text: str) -> None:
        exchange = session.ask([text, "A harbour at dawn"])
        if not answers.is_refusal(exchange):
            answers.embedded(exchange)

    check_property(session, anything_printable_or_not(), answered_or_refused, examples=UNUSUAL_TEXTS)


@check("create-embeddings/texts/long-text-survived")
def long_text_survived(session: Session) -> None:
    """An answer or a refusal for a text longer than models read; no crash."""
    for words in (600, 40_000):
        exchange = session.ask("harbour " * words)
        if not answers.is_refusal(exchange):
            answers.embedded(exchange, 1)


@check("create-embeddings/texts/beyond-context-refused")
def beyond_context_refused(session: Session) -> None:
    """A text of more words than the model reads tokens: refused, not truncated."""
    context = _context(session)
    if not 0 < context <= _LONGEST_CONTEXT:
        raise NotApplicable(f"the list gives {session.model} no context length, or one too long to try")
    exchange = session.ask("harbour " * (context + 10))
    if not answers.is_refusal(exchange):
        raise CheckFailure(
            exchange.outline(), f"4xx for {context + 10} words where {context} tokens are read", exchange
        )


@check("create-embeddings/texts/scripts-distinguished")
def scripts_distinguished(session: Session) -> None:
    """Texts of scripts other than Latin are read, not thrown away.

    No emoji stand alone here: to the tokenizers of many models all of them are one unknown sign.
    """
    for one, other in (("東京", "音楽"), ("журнал", "облако"), ("مدينة", "كوكب"), ("a cat", "a 猫")):
        exchange = session.ask([one, other])
        if answers.is_refusal(exchange):
            raise CheckFailure(exchange.outline(), f"200 for {one!r} and {other!r}", exchange)
        answer = answers.embedded(exchange, 2)
        if vectors.same(*answer.vectors):
            raise CheckFailure(f"the same vector for {one!r} and {other!r}", "two different vectors", exchange)


@check("create-embeddings/texts/end-of-text-read")
def end_of_text_read(session: Session) -> None:
    """The end of a text of some hundred words counts."""
    start = "The harbour master wrote down each ship that came in. " * 20
    if 0 < _context(session) < _TOKENS_OF_TAIL_TEXT:
        raise NotApplicable(f"{session.model} is listed to read {_context(session)} tokens, less than the text has")
    answer = session.embed([start + "Violins.", start + "Volcanoes erupted everywhere."], 2)
    if vectors.cosine(*answer.vectors) > _IDENTICAL:
        raise CheckFailure(
            "identical vectors for texts that differ at the end", "two different vectors", answer.exchange
        )


@check("create-embeddings/texts/escapes-equal-characters")
def escapes_equal_characters(session: Session) -> None:
    """JSON escapes and plain UTF-8 are the same text."""
    body = session.request("über 東京 🚀")
    escaped = answers.embedded(session.post(body), 1)
    plain = answers.embedded(session.post(raw=_plain(body)), 1)
    if not vectors.same(escaped.vectors[0], plain.vectors[0]):
        raise CheckFailure(
            f"{vectors.compare(escaped.vectors[0], plain.vectors[0])} between \\u escapes and UTF-8",
            f"cosine of at least {vectors.SAME}",
            escaped.exchange,
            plain.exchange,
        )


def _context(session: Session) -> int:
    """Return how many tokens the model is listed to read; 0 where the list does not say."""
    context = (session.listed_model or {}).get("context_length")
    return context if isinstance(context, int) else 0


def _plain(body: dict[str, object]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()
