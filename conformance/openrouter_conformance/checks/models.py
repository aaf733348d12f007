"""The model list, as a catalogue."""

from __future__ import annotations

import time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from openrouter_conformance import answers, contract
from openrouter_conformance.checks.auth import UNKNOWN_KEY
from openrouter_conformance.checks.registry import proves
from openrouter_conformance.checks.response import TEXT
from openrouter_conformance.session import OMIT, modalities
from openrouter_conformance.verdicts import NotApplicable, Violation

if TYPE_CHECKING:
    from openrouter_conformance.session import Session

_DAY = 86_400


@proves("list-embeddings-models/catalogue/public")
def public_list(session: Session) -> None:
    """The list without a key, and with the good one."""
    for key in (None, True):
        answers.page(session.get_models(key=key))


@proves("list-embeddings-models/catalogue/public-with-any-key")
def list_with_unknown_key(session: Session) -> None:
    """The list under a key that nobody was given: what is public needs no key to be good."""
    answers.page(session.get_models(key=f"Bearer {UNKNOWN_KEY}"))


@proves("list-embeddings-models/catalogue/not-empty")
def list_presence(session: Session) -> None:
    """At least one model."""
    page = session.page()
    if not page.models:
        raise Violation("a list of no models", "at least one", page.exchange)


@proves("list-embeddings-models/catalogue/ids-unique")
def id_uniqueness(session: Session) -> None:
    """Each identifier once."""
    page = session.page()
    doubled = sorted({str(name) for name in page.ids if page.ids.count(name) > 1})
    if doubled:
        raise Violation(f"{', '.join(doubled)} more than once", "each id once", page.exchange)


@proves("list-embeddings-models/catalogue/ids-name-author-and-model")
def id_form(session: Session) -> None:
    """Identifiers of the form `author/model`."""
    page = session.page()
    odd = [name for name in page.ids if not isinstance(name, str) or name.count("/") != 1 or not all(name.split("/"))]
    if odd:
        raise Violation(f"the id {odd[0]!r}", "author/model", page.exchange)


@proves("list-embeddings-models/catalogue/all-embed")
def output_kind(session: Session) -> None:
    """`embeddings` among the output modalities of every model."""
    page = session.page()
    for model in page.models:
        found = modalities(model, "output_modalities")
        if "embeddings" not in found:
            raise Violation(
                f"output_modalities {found} of {model.get('id')!r}", "`embeddings` among them", page.exchange
            )


@proves("list-embeddings-models/catalogue/inputs-named")
def input_kinds(session: Session) -> None:
    """At least one input modality of every model."""
    page = session.page()
    for model in page.models:
        if not modalities(model, "input_modalities"):
            raise Violation(f"no input_modalities of {model.get('id')!r}", "at least one", page.exchange)


@proves("list-embeddings-models/catalogue/prices-are-decimals")
def price_form(session: Session) -> None:
    """Prices that can be reckoned with."""
    page = session.page()
    documented = contract.resolve("#/components/schemas/PublicPricing/properties")
    prices = {field for field, schema in documented.items() if schema.get("type") == "string"}
    if not any(prices & model["pricing"].keys() for model in page.models if isinstance(model.get("pricing"), dict)):
        raise NotApplicable("no listed model has a price")
    for model in page.models:
        pricing = model.get("pricing")
        for field, price in (pricing if isinstance(pricing, dict) else {}).items():
            if field not in prices:
                continue
            if not isinstance(price, str) or not _is_price(price):
                raise Violation(
                    f"{field} price {price!r} of {model.get('id')!r}", "a decimal string from 0", page.exchange
                )


@proves("list-embeddings-models/catalogue/created-in-the-past")
def creation_time(session: Session) -> None:
    """Unix seconds, none of them to come."""
    page = session.page()
    for model in page.models:
        created = model.get("created")
        if isinstance(created, bool) or not isinstance(created, int) or not 0 <= created < time.time() + _DAY:
            raise Violation(f"created {created!r} of {model.get('id')!r}", "Unix seconds, in the past", page.exchange)


@proves("list-embeddings-models/catalogue/context-positive")
def context_size(session: Session) -> None:
    """Room for at least one token, where a context length is given."""
    page = session.page()
    if all(model.get("context_length") is None for model in page.models):
        raise NotApplicable("no listed model has a context length")
    for model in page.models:
        context = model.get("context_length")
        if context is not None and (isinstance(context, bool) or not isinstance(context, int) or context < 1):
            raise Violation(f"context_length {context!r} of {model.get('id')!r}", "at least 1, or null", page.exchange)


@proves("list-embeddings-models/catalogue/repeats-agree")
def list_stability(session: Session) -> None:
    """The same models in the same order, asked twice."""
    first, second = session.page(), session.page()
    if first.ids != second.ids:
        raise Violation(
            "another order or other models the second time", "the same list", first.exchange, second.exchange
        )


@proves("list-embeddings-models/catalogue/listed-model-embeds")
def listed_model(session: Session) -> None:
    """A vector from the cheapest model of the list."""
    model = session.cheapest()
    if model is None:
        raise NotApplicable("the list has no model that reads text and has a price")
    exchange = session.ask(TEXT, model=model["id"], dimensions=OMIT)
    answer = answers.embedded(exchange, 1)
    if not answer.vectors[0].size:
        raise Violation("an empty vector", f"a vector from {model['id']!r}, which is listed", exchange)


@proves("list-embeddings-models/catalogue/judged-model-listed")
def model_listing(session: Session) -> None:
    """The model that the other requirements are judged with stands in the list."""
    page = session.page()
    if session.model not in page.ids and session.model not in [model.get("canonical_slug") for model in page.models]:
        raise Violation(f"a list without {session.model!r}, which embeds", "the model in the list", page.exchange)


def _is_price(text: str) -> bool:
    try:
        price = Decimal(text)
    except InvalidOperation:
        return False
    return price.is_finite() and price >= 0
