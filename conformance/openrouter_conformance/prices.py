"""What the model list says that models cost, read so that no request costs more."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import attrs


def price_per_token(model: Any) -> float | None:
    """Return the listed price of one input token of a `Model`, US dollars, or None when it is no decimal."""
    try:
        price = float(Decimal(model["pricing"]["prompt"]))
    except (KeyError, TypeError, ValueError, InvalidOperation):
        return None
    return price if math.isfinite(price) and price >= 0 else None


def cost_of_text(model: Any, tokens: int) -> float | None:
    """Return what a request for so many tokens of text costs by the list, US dollars; None where it does not say."""
    price = price_per_token(model)
    if price is None or varies(model):
        return None
    pricing = model["pricing"]
    discount = pricing.get("discount")
    share = 1 - discount if isinstance(discount, int | float) and 0 <= discount <= 1 else 1
    return float(share * (_amount(pricing.get("request")) + price * tokens))


def varies(model: Any) -> bool:
    """Return whether a model has other prices at some hours or sizes."""
    pricing = model.get("pricing") if isinstance(model, dict) else None
    return bool(pricing.get("overrides")) if isinstance(pricing, dict) else False


def is_price(text: str) -> bool:
    """Return whether `text` is an amount that can be reckoned with: a finite decimal from 0."""
    try:
        price = Decimal(text)
    except InvalidOperation:
        return False
    return price.is_finite() and price >= 0


@attrs.frozen
class Price:
    """What requests to a model cost at most, US dollars: per input token, per request, per picture or other medium."""

    token: float
    request: float = 0.0
    medium: float = 0.0

    def of(self, tokens: float, media: int = 0) -> float:
        """Return what a request of so many input tokens and media costs at most."""
        return self.request + self.token * tokens + self.medium * media


_FREE = Price(0.0)
UNKNOWN = Price(2e-7, 0.0, 1e-3)
"""What is reckoned with where nothing is listed: as much as the dearest embedding models cost."""
_TOKENS_PER_MEDIUM = 4096
"""Tokens that a picture or another medium is counted as where a price per token is listed for it."""
_PER_TOKEN = ("prompt", "input_cache_write", "input_cache_write_1h")
_PER_MEDIUM_TOKEN = ("prompt", "image_token", "audio")


@attrs.frozen
class PriceList:
    """The prices of a target by model; `default` is that of any other model."""

    by_model: Mapping[str, Price]
    default: Price

    def of(self, model: str | None) -> Price:
        """Return what requests to a model cost; those to one that is not listed cost as much as the dearest."""
        return self.default if model is None else self.by_model.get(model, self.default)

    @property
    def is_free(self) -> bool:
        """Whether nothing costs anything."""
        return all(price == _FREE for price in (self.default, *self.by_model.values()))


UNKNOWN_LIST = PriceList({}, UNKNOWN)


def price_list(models: Iterable[Any]) -> PriceList:
    """Return the prices of a model list; `UNKNOWN_LIST` where it shows none."""
    found = {
        str(model.get("id")): price
        for model in models
        if isinstance(model, dict) and (price := _listed(model)) is not None
    }
    if not found:
        return UNKNOWN_LIST
    dearest = Price(*(max(getattr(price, name) for price in found.values()) for name in ("token", "request", "medium")))
    return PriceList(found, dearest)


def _listed(model: dict[str, Any]) -> Price | None:
    """Return the highest price that a model is listed with, under any condition; None where it has none."""
    if price_per_token(model) is None:
        return None
    pricing = model["pricing"]
    overrides = pricing.get("overrides")
    listed = [pricing, *(one for one in (overrides if isinstance(overrides, list) else ()) if isinstance(one, dict))]

    def highest(names: Iterable[str]) -> float:
        return max(price for one in listed for name in names for price in (_amount(one.get(name)),))

    medium = highest(("image",)) + _TOKENS_PER_MEDIUM * highest(_PER_MEDIUM_TOKEN)
    return Price(highest(_PER_TOKEN), highest(("request",)), medium)


def _amount(text: Any) -> float:
    """Return a listed price; 0 where there is none that can be reckoned with."""
    return float(text) if isinstance(text, str | int | float) and is_price(str(text)) else 0.0
