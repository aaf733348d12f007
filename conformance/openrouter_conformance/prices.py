"""What the model list says that a model costs."""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation
from typing import Any


def price_per_token(model: Any) -> float | None:
    """Return the listed price of one input token of a `Model`, US dollars, or None when it is no decimal."""
    try:
        price = float(Decimal(model["pricing"]["prompt"]))
    except (KeyError, TypeError, ValueError, InvalidOperation):
        return None
    return price if math.isfinite(price) and price >= 0 else None


def is_price(text: str) -> bool:
    """Return whether `text` is an amount that can be reckoned with: a finite decimal from 0."""
    try:
        price = Decimal(text)
    except InvalidOperation:
        return False
    return price.is_finite() and price >= 0
