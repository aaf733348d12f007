"""Texts that servers stumble over.

That each part of a text counts, and that its spelling does not, is held against all answers of the run (see
`oracle.relations`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openrouter_conformance import answers, excerpts, vectors
from openrouter_conformance.checks.registry import check
from openrouter_conformance.contexts.texts import long, numbers, signs, white_space, words
from openrouter_conformance.errors import CheckFailure, NotApplicable
from openrouter_conformance.oracle import spelling
from openrouter_conformance.properties import check_property
from openrouter_conformance.strategies import UNUSUAL_TEXTS, anything_printable_or_not

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.session import Session

_LONGEST_CONTEXT = 40_000
_ESCAPED = "über 東京 🚀"
_SURROGATE = "half a pair \ud800"


@check("create-embeddings/texts/any-text-survived")
def any_text_survived(session: Session) -> None:
    """An answer or a refusal for any text there is; no crash."""
    # What stands beside an unusual text is not spoiled by it.
    ordinary = [words(0), long(0, 180), numbers(0), white_space(0), signs(0)]
    for texts in ([*ordinary, *(text for text in UNUSUAL_TEXTS if text != _SURROGATE)], [_SURROGATE]):
        _survived(session, texts)
    if session.profile.examples:
        check_property(session, anything_printable_or_not(), lambda text: _survived(session, [text]))


@check("create-embeddings/texts/long-text-survived")
def long_text_survived(session: Session) -> None:
    """An answer or a refusal for a text longer than models read; no crash."""
    for count in session.choose((600, 40_000), "lengths"):
        _answered_or_refused(session.ask("harbour " * count))


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
    pairs = (("東京", "音楽"), ("журнал", "облако"), ("مدينة", "كوكب"), ("a cat", "a 猫"))
    exchange = session.ask([text for pair in pairs for text in pair])
    if answers.is_refusal(exchange):
        raise NotApplicable(f"the target takes no {2 * len(pairs)} texts at once: {exchange.outline()}")
    found = session.usable(exchange, lambda: answers.embedded(exchange, 2 * len(pairs))).vectors
    if found[0].size < vectors.FEWEST:
        raise NotApplicable(f"vectors of {found[0].size} numbers have few directions")
    for place, (one, other) in enumerate(pairs):
        if vectors.same(found[2 * place], found[2 * place + 1]):
            raise CheckFailure(
                f"the same vector for {excerpts.of_value(one)} and {excerpts.of_value(other)}",
                "two different vectors",
                exchange,
            )


@check("create-embeddings/texts/escapes-equal-characters")
def escapes_equal_characters(session: Session) -> None:
    """One request in every spelling that JSON allows."""
    session.require_plain()
    body = session.request(_ESCAPED)
    for style in session.choose(list(spelling.SPELLINGS)[1:], "spellings"):
        if session.was_answered("spelling", style):
            continue
        exchange = session.post(raw=spelling.write(body, style))
        if answers.is_refusal(exchange):
            raise CheckFailure(exchange.outline(), f"200 for JSON that is spelled otherwise ({style})", exchange)


def _survived(session: Session, texts: Sequence[str]) -> None:
    """Send texts at once; where that crashes, find one that does it alone."""
    exchange = session.ask([*texts, "A harbour at dawn"])
    try:
        _answered_or_refused(exchange)
    except CheckFailure:
        for text in texts[:-1] if len(texts) > 1 else ():
            _answered_or_refused(session.ask([text]))
        raise


def _answered_or_refused(exchange: Exchange) -> None:
    if exchange.status != 200 and not answers.is_refusal(exchange):
        raise CheckFailure(exchange.outline(), "200, or 400, 413 or 422 for what the target cannot read", exchange)


def _context(session: Session) -> int:
    """Return how many tokens the model is listed to read; 0 where the list does not say."""
    context = (session.listed_model or {}).get("context_length")
    return context if isinstance(context, int) else 0
