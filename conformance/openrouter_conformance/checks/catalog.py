"""The model list, as a catalog."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from openrouter_conformance import answers, excerpts
from openrouter_conformance.checks.registry import check
from openrouter_conformance.default_model import cheapest, modalities
from openrouter_conformance.errors import CheckFailure, NotApplicable
from openrouter_conformance.prices import is_price
from openrouter_conformance.samples import TEXT, UNKNOWN_KEY
from openrouter_conformance.session import OMIT

if TYPE_CHECKING:
    from openrouter_conformance.session import Session

_DAY = 86_400
_VARIES = "-1"
"""The price of a router, which asks models of several prices."""


@check("list-embeddings-models/catalog/public")
def public(session: Session) -> None:
    """The list without a key, and with the good one."""
    for key in (None, True):
        _answered(session, key=key)


@check("list-embeddings-models/catalog/public-with-any-key")
def public_with_any_key(session: Session) -> None:
    """The list under a key that nobody was given: what is public needs no key to be good."""
    _answered(session, key=f"Bearer {UNKNOWN_KEY}")


@check("list-embeddings-models/catalog/not-empty")
def not_empty(session: Session) -> None:
    """At least one model."""
    page = session.whole_list
    if not page.models:
        raise CheckFailure("a list of no models", "at least one", page.exchange)


@check("list-embeddings-models/catalog/ids-unique")
def ids_unique(session: Session) -> None:
    """Each identifier once."""
    page = session.whole_list
    doubled = sorted(str(name) for name, count in Counter(page.ids).items() if count > 1)
    if doubled:
        raise CheckFailure(f"{', '.join(doubled)} more than once", "each id once", page.exchange)


@check("list-embeddings-models/catalog/ids-name-author-and-model")
def ids_name_author_and_model(session: Session) -> None:
    """Identifiers of the form `author/model`."""
    page = session.whole_list
    odd = [name for name in page.ids if not isinstance(name, str) or name.count("/") != 1 or not all(name.split("/"))]
    if odd:
        raise CheckFailure(f"the id {excerpts.of_value(odd[0])}", "author/model", page.exchange)


@check("list-embeddings-models/catalog/all-embed")
def all_embed(session: Session) -> None:
    """`embeddings` among the output modalities of every model."""
    page = session.whole_list
    for model in page.models:
        found = modalities(model, "output_modalities")
        if "embeddings" not in found:
            raise CheckFailure(
                f"output_modalities {excerpts.of_value(found)} of {excerpts.of_value(model.get('id'))}",
                "`embeddings` among them",
                page.exchange,
            )


@check("list-embeddings-models/catalog/inputs-named")
def inputs_named(session: Session) -> None:
    """At least one input modality of every model."""
    page = session.whole_list
    for model in page.models:
        if not modalities(model, "input_modalities"):
            raise CheckFailure(
                f"no input_modalities of {excerpts.of_value(model.get('id'))}", "at least one", page.exchange
            )


@check("list-embeddings-models/catalog/prices-are-decimals")
def prices_are_decimals(session: Session) -> None:
    """Prices that can be reckoned with."""
    page = session.whole_list
    documented = session.contract.resolve("#/components/schemas/PublicPricing/properties")
    prices = {field for field, schema in documented.items() if schema.get("type") == "string"}
    if not any(prices & model["pricing"].keys() for model in page.models if isinstance(model.get("pricing"), dict)):
        raise NotApplicable("no listed model has a price")
    for model in page.models:
        pricing = model.get("pricing")
        for field, price in (pricing if isinstance(pricing, dict) else {}).items():
            if field not in prices:
                continue
            if not isinstance(price, str) or not (is_price(price) or price == _VARIES):
                raise CheckFailure(
                    f"{field} price {excerpts.of_value(price)} of {excerpts.of_value(model.get('id'))}",
                    f"a decimal string from 0, or {_VARIES} for a price that varies",
                    page.exchange,
                )


@check("list-embeddings-models/catalog/created-in-the-past")
def created_in_the_past(session: Session) -> None:
    """Unix seconds, none of them to come."""
    page = session.whole_list
    for model in page.models:
        created = model.get("created")
        if isinstance(created, bool) or not isinstance(created, int) or created >= time.time() + _DAY:
            raise CheckFailure(
                f"created {excerpts.of_value(created)} of {excerpts.of_value(model.get('id'))}",
                "Unix seconds, in the past",
                page.exchange,
            )


@check("list-embeddings-models/catalog/context-positive")
def context_positive(session: Session) -> None:
    """Room for at least one token, where a context length is given."""
    page = session.whole_list
    if all(model.get("context_length") is None for model in page.models):
        raise NotApplicable("no listed model has a context length")
    for model in page.models:
        context = model.get("context_length")
        if context is not None and (isinstance(context, bool) or not isinstance(context, int) or context < 1):
            raise CheckFailure(
                f"context_length {excerpts.of_value(context)} of {excerpts.of_value(model.get('id'))}",
                "at least 1, or null",
                page.exchange,
            )


@check("list-embeddings-models/catalog/listed-model-embeds")
def listed_model_embeds(session: Session) -> None:
    """A vector from the cheapest model of the list that may be asked, one with a price before a free one."""
    model = cheapest(one for one in session.catalog if session.target.may_ask(str(one.get("id"))))
    if model is None:
        named = "" if session.target.others is None else ", of those that the target file names,"
        raise NotApplicable(f"the list has no model{named} that reads text and has a price")
    exchange = session.ask(TEXT, model=model["id"], dimensions=OMIT)
    answer = session.usable(exchange, lambda: answers.embedded(exchange, 1))
    if not answer.vectors[0].size:
        raise CheckFailure(
            "an empty vector", f"a vector from {excerpts.of_value(model['id'])}, which is listed", exchange
        )


@check("list-embeddings-models/catalog/checked-model-listed")
def checked_model_listed(session: Session) -> None:
    """The model that the other requirements are checked with is in the list."""
    page = session.whole_list
    if session.model not in page.ids and session.model not in [model.get("canonical_slug") for model in page.models]:
        raise CheckFailure(
            f"a list without {excerpts.of_value(session.model)}, which embeds", "the model in the list", page.exchange
        )


def _answered(session: Session, *, key: bool | str | None) -> None:
    exchange = session.get_models(key=key)
    if exchange.status is not None and exchange.status != 200:
        raise CheckFailure(exchange.outline(), "200 with the list", exchange)
    session.usable(exchange, lambda: answers.page(exchange))
