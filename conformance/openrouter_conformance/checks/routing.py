"""Provider preferences: who answers, and what must not depend on it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from openrouter_conformance import answers, excerpts
from openrouter_conformance.checks.registry import check
from openrouter_conformance.errors import CheckFailure, NotApplicable
from openrouter_conformance.prices import price_per_token
from openrouter_conformance.samples import TEXT

if TYPE_CHECKING:
    from openrouter_conformance.session import Session

_ALIKE = 0.99
"""Cosine from which two vectors are of one model, though computed in other number formats."""

_PREFERENCES: tuple[dict[str, Any] | None, ...] = (
    {"allow_fallbacks": True},
    {"allow_fallbacks": None, "order": None, "sort": None},
    {"order": ["A provider of no name"], "allow_fallbacks": True},
    {"ignore": ["A provider of no name"]},
    {"sort": "price"},
    {"sort": {"by": "latency", "partition": "model"}},
    {"data_collection": "allow", "require_parameters": False},
    {"max_price": {"prompt": 1000, "completion": "1000.5"}},
    {"max_price": {"prompt": 1000, "request": 1000, "image": 1000, "audio": 1000}},
    {"preferred_max_latency": 100, "preferred_min_throughput": {"p50": 0.1}},
    {},
    None,
)


@check("create-embeddings/routing/preferences-accepted")
def preferences_accepted(session: Session) -> None:
    """Preferences that every set of providers can meet."""
    session.require_plain()
    for preferences in session.choose(_PREFERENCES, "preferences"):
        exchange = session.ask(TEXT, provider=preferences)
        if exchange.status is not None and exchange.status != 200:
            raise CheckFailure(exchange.outline(), f"200 with provider {json.dumps(preferences)}", exchange)
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
    for preferences in session.choose(unmeetable, "unmeetable preferences"):
        exchange = session.ask(TEXT, provider=preferences)
        if exchange.status not in (400, 404):
            raise CheckFailure(exchange.outline(), f"404 or 400 with provider {json.dumps(preferences)}", exchange)


@check("create-embeddings/routing/max-price-kept")
def max_price_kept(session: Session) -> None:
    """A highest price of nothing, for a model that costs something: refused, not overruled."""
    _provider_of(session)
    if not price_per_token(session.listed_model):
        raise NotApplicable("the model has no listed price above zero")
    exchange = session.ask(TEXT, provider={"max_price": {"prompt": 0}})
    if exchange.status not in (400, 404):
        raise CheckFailure(exchange.outline(), "404 or 400 with a highest price of 0", exchange)


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
