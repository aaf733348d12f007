"""Provider preferences: who answers, and what must not depend on it."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from openrouter_conformance import answers, excerpts
from openrouter_conformance.checks.registry import check
from openrouter_conformance.contexts import plan
from openrouter_conformance.errors import CheckFailure, NotApplicable
from openrouter_conformance.prices import price_per_token
from openrouter_conformance.samples import PREFERENCES, TEXT, UNKNOWN_PROVIDER

if TYPE_CHECKING:
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.session import Session

_MILLION = 1_000_000
_MEETABLE = {"data_collection": "allow", "sort": "price", "max_price": {"prompt": 1000}}
_JUST_BELOW = 0.9
_ROUNDING = 0.02


@check("create-embeddings/routing/preferences-accepted")
def preferences_accepted(session: Session) -> None:
    """Preferences that every set of providers can meet."""
    answer = session.embed(TEXT, 1)
    wishes = [*list(PREFERENCES.items())[1:], *_met_by(answer.body.get("provider"))]
    for name, fields in session.choose(wishes, "preferences"):
        if session.was_answered("provider", name):
            continue
        exchange = session.ask(TEXT, **fields)
        if exchange.status is not None and exchange.status != 200:
            raise CheckFailure(exchange.outline(), f"200 with provider {json.dumps(fields['provider'])}", exchange)
    session.ask(TEXT, provider={"max_price": {"prompt": "cheap"}})  # may be refused, but must not crash


def _met_by(provider: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return preferences that the provider meets which an answer names."""
    if not isinstance(provider, str):
        return []
    return [("only among others", {"provider": {"only": [UNKNOWN_PROVIDER, provider], "order": [provider]}})]


@check("create-embeddings/routing/unmeetable-preferences-refused")
def unmeetable_preferences_refused(session: Session) -> None:
    """Preferences that no provider can meet: refused, not overruled."""
    name, _ = _provider_of(session)
    unmeetable: tuple[dict[str, Any], ...] = (
        {"only": [UNKNOWN_PROVIDER]},
        {"only": [name], "ignore": [name]},
        {"order": [UNKNOWN_PROVIDER], "allow_fallbacks": False},
    )
    around = plan.surroundings(session, "provider")
    for place, wanted in enumerate(session.choose(unmeetable, "unmeetable preferences")):
        preferences = {**(_MEETABLE if place % 2 else {}), **wanted}
        exchange = session.ask(TEXT, **{**next(around), "provider": preferences})
        if exchange.status not in (400, 404):
            raise CheckFailure(exchange.outline(), f"404 or 400 with provider {json.dumps(preferences)}", exchange)


@check("create-embeddings/routing/max-price-kept")
def max_price_kept(session: Session) -> None:
    """A highest price of nothing, and one just below the listed price: refused, or kept; the listed one: met."""
    _provider_of(session)
    price = price_per_token(session.listed_model)
    if not price:
        raise NotApplicable("the model has no listed price above zero")
    below = _JUST_BELOW * price * _MILLION
    spellings: tuple[float | str, ...] = (below, f"{below:.9f}")
    near = session.one_of(spellings, "spellings of a price")
    highest_prices: tuple[float | str, ...] = (0, near, _exact(session))
    for place, highest in enumerate(session.choose(highest_prices, "prices")):
        others = {} if place % 2 else {"completion": 1000, "request": 1000}
        exchange = session.ask(TEXT, provider={"max_price": {"prompt": highest, **others}})
        if highest == _exact(session):
            _expect_met(session, exchange, float(highest))
            continue
        if exchange.status in (400, 404):
            continue
        paid = _price_paid(exchange)
        if not highest or paid is None or paid > float(highest) * (1 + _ROUNDING):
            expected = f"404 or 400 with a highest price of {highest}, or a provider that is as cheap"
            raise CheckFailure(exchange.outline(), expected, exchange)


def _expect_met(session: Session, exchange: Exchange, listed: float) -> None:
    """Fail where the listed price as the highest is refused, though it is what is paid without it."""
    plain = session.ask(TEXT)
    if exchange.status in (400, 404) and math.isclose(_price_paid(plain) or 0, listed, rel_tol=_ROUNDING):
        expected = f"200 with a highest price of {listed:g}, which is the price without it"
        raise CheckFailure(exchange.outline(), expected, exchange, plain)


def _exact(session: Session) -> str:
    """Return the listed price of a million tokens, US dollars, with all its digits."""
    pricing = (session.listed_model or {}).get("pricing")
    return f"{Decimal(str(pricing['prompt'] if pricing else 0)) * _MILLION:f}"


def _price_paid(exchange: Exchange) -> float | None:
    """Return what a million tokens of an answer cost, US dollars; None where it does not say."""
    found = answers.answered(exchange)
    usage = (found.answer.usage if found is not None else None) or {}
    tokens, cost = usage.get("prompt_tokens"), usage.get("cost")
    if type(tokens) is not int or tokens < 1 or not isinstance(cost, int | float):
        return None
    return _MILLION * cost / tokens


@check("create-embeddings/routing/preferred-provider-serves")
def preferred_provider_serves(session: Session) -> None:
    """Two providers that serve, named in `order` either way, alone in `only`, and sorted by price."""
    prices = _prices_of_two(session)
    names = list(prices)
    wishes: list[tuple[dict[str, Any], str]] = [
        ({"order": names[::-1]}, names[1]),
        ({"order": names, "allow_fallbacks": False}, names[0]),
        ({"only": [UNKNOWN_PROVIDER, names[1]]}, names[1]),
        ({"order": names, "ignore": names[:1]}, names[1]),
        ({"order": names[1:], "allow_fallbacks": False}, names[1]),
    ]
    first, second = (prices[name] or 0.0 for name in names)
    if first and second and not math.isclose(first, second, rel_tol=_ROUNDING):
        wishes.append(({"sort": "price", "only": names}, names[first > second]))
    for preferences, wanted in session.choose(wishes, "preferred providers"):
        exchange = session.ask(TEXT, provider=preferences)
        found = _served_by(session, exchange)
        if found != wanted:
            expected = f"{excerpts.of_value(wanted)} with provider {json.dumps(preferences)}"
            raise CheckFailure(f"an answer of {excerpts.of_value(found)}", expected, exchange)


def _prices_of_two(session: Session) -> dict[str, float | None]:
    """Return the two providers that are found first, each with what it takes for a million tokens, US dollars."""
    prices: dict[str, float | None] = {}
    for preferences in ({}, {"provider": {"ignore": [_provider_of(session)[0]]}}):
        exchange = session.ask(TEXT, **preferences)
        if exchange.status in (400, 404):
            raise NotApplicable("the model has one provider")
        prices[_served_by(session, exchange)] = _price_paid(exchange)
    if len(prices) < 2:
        raise NotApplicable("the provider that is to be ignored serves: there is no other to prefer")
    return prices


@check("create-embeddings/routing/filters-agree")
def filters_agree(session: Session) -> None:
    """What a provider alone takes is taken by all of them; whoever serves under a filter takes it alone, too."""
    if not session.profile.examples:
        raise NotApplicable("a matter of longer profiles")
    names = list(_prices_of_two(session))
    for fields in session.choose(_FILTERS, "filters"):
        together = session.ask(TEXT, provider={"only": names, **fields})
        served = answers.answered(together)
        takes = {name: session.ask(TEXT, provider={"only": [name], **fields}) for name in names}
        able = [name for name, exchange in takes.items() if exchange.status == 200]
        shown = json.dumps(fields)
        if served is None and able and together.status in (400, 404):
            raise CheckFailure(together.outline(), f"200 with {shown}, as of {able[0]} alone", together, takes[able[0]])
        name = None if served is None else served.answer.body.get("provider")
        if name in takes and name not in able:
            raise CheckFailure(
                takes[name].outline(), f"200 of {name} with {shown}, as beside others", takes[name], together
            )


_FILTERS: tuple[dict[str, Any], ...] = (
    {"zdr": True},
    {"data_collection": "deny"},
    {"quantizations": ["unknown", "fp32", "fp16", "bf16"]},
    {"quantizations": ["int8"]},
)
"""Preferences that leave out some providers, or none: nobody but the server knows which."""


@check("create-embeddings/routing/ignored-provider-left-out")
def ignored_provider_left_out(session: Session) -> None:
    """The provider that answers by itself, asked not to."""
    name, _ = _provider_of(session)
    for preferences in session.choose(({"ignore": [name]}, {"order": [name], "ignore": [name]}), "ignored"):
        exchange = session.ask(TEXT, provider=preferences)
        if exchange.status not in (400, 404) and _served_by(session, exchange) == name:
            raise CheckFailure(
                f"an answer of {excerpts.of_value(name)}, which was to be ignored", "another provider, or 404", exchange
            )


def _served_by(session: Session, exchange: Exchange) -> str:
    """Return the provider that an answer names; Blocked when it is no answer."""
    return str(session.usable(exchange, lambda: answers.embedded(exchange, 1)).body.get("provider"))


def _provider_of(session: Session) -> tuple[str, answers.Embedded]:
    """Return who answers a text when nothing is preferred, and the answer; a server with one provider names none."""
    answer = session.embed(TEXT, 1)
    name = answer.body.get("provider")
    if not isinstance(name, str):
        raise NotApplicable("answers do not name their provider, so there is none to choose")
    return name, answer
