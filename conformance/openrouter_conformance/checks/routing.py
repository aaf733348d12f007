"""Provider preferences: who answers, and what must not depend on it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from openrouter_conformance import answers, excerpts
from openrouter_conformance.checks.registry import check
from openrouter_conformance.contexts import plan
from openrouter_conformance.errors import CheckFailure, NotApplicable
from openrouter_conformance.prices import price_per_token
from openrouter_conformance.samples import PREFERENCES, TEXT

if TYPE_CHECKING:
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.session import Session

_MILLION = 1_000_000
_JUST_BELOW = 0.9
_ROUNDING = 0.02


@check("create-embeddings/routing/preferences-accepted")
def preferences_accepted(session: Session) -> None:
    """Preferences that every set of providers can meet."""
    session.require_plain()
    for name, fields in session.choose(list(PREFERENCES.items())[1:], "preferences"):
        if session.was_answered("provider", name):
            continue
        exchange = session.ask(TEXT, **fields)
        if exchange.status is not None and exchange.status != 200:
            raise CheckFailure(exchange.outline(), f"200 with provider {json.dumps(fields['provider'])}", exchange)
    session.ask(TEXT, provider={"max_price": {"prompt": "cheap"}})  # may be refused, but must not crash


@check("create-embeddings/routing/unmeetable-preferences-refused")
def unmeetable_preferences_refused(session: Session) -> None:
    """Preferences that no provider can meet: refused, not overruled."""
    name, _ = _provider_of(session)
    unmeetable: tuple[dict[str, Any], ...] = (
        {"only": ["A provider of no name"]},
        {"only": [name], "ignore": [name]},
        {"order": ["A provider of no name"], "allow_fallbacks": False},
    )
    around = plan.surroundings(session, "provider")
    for preferences in session.choose(unmeetable, "unmeetable preferences"):
        exchange = session.ask(TEXT, **{**next(around), "provider": preferences})
        if exchange.status not in (400, 404):
            raise CheckFailure(exchange.outline(), f"404 or 400 with provider {json.dumps(preferences)}", exchange)


@check("create-embeddings/routing/max-price-kept")
def max_price_kept(session: Session) -> None:
    """A highest price of nothing, and one just below the listed price: refused, or kept."""
    _provider_of(session)
    price = price_per_token(session.listed_model)
    if not price:
        raise NotApplicable("the model has no listed price above zero")
    below = _JUST_BELOW * price * _MILLION
    highest_prices: tuple[float | str, ...] = (0, below, f"{below:.9f}")
    for highest in session.choose(highest_prices, "prices"):
        exchange = session.ask(TEXT, provider={"max_price": {"prompt": highest}})
        if exchange.status in (400, 404):
            continue
        paid = _price_paid(exchange)
        if not highest or paid is None or paid > float(highest) * (1 + _ROUNDING):
            expected = f"404 or 400 with a highest price of {highest}, or a provider that is as cheap"
            raise CheckFailure(exchange.outline(), expected, exchange)


def _price_paid(exchange: Exchange) -> float | None:
    """Return what a million tokens of an answer cost, US dollars; None where it does not say."""
    found = answers.answered(exchange)
    usage = (found.answer.usage if found is not None else None) or {}
    tokens, cost = usage.get("prompt_tokens"), usage.get("cost")
    if type(tokens) is not int or tokens < 1 or not isinstance(cost, int | float):
        return None
    return _MILLION * cost / tokens


@check("create-embeddings/routing/ignored-provider-left-out")
def ignored_provider_left_out(session: Session) -> None:
    """The provider that answers by itself, asked not to."""
    name, _ = _provider_of(session)
    exchange = session.ask(TEXT, provider={"ignore": [name]})
    if exchange.status in (400, 404):
        return  # there is no other
    if session.usable(exchange, lambda: answers.embedded(exchange, 1)).body.get("provider") == name:
        raise CheckFailure(
            f"an answer of {excerpts.of_value(name)}, which was to be ignored", "another provider, or 404", exchange
        )


def _provider_of(session: Session) -> tuple[str, answers.Embedded]:
    """Return who answers a text when nothing is preferred, and the answer; a server with one provider names none."""
    answer = session.embed(TEXT, 1)
    name = answer.body.get("provider")
    if not isinstance(name, str):
        raise NotApplicable("answers do not name their provider, so there is none to choose")
    return name, answer
