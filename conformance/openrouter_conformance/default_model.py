"""The model that a run asks for when the user names none.

Of the mock and the live API it is known; of any other target it is the cheapest that is listed, or the first where no
prices are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from openrouter_conformance.prices import price_per_token

REFERENCE_MODEL = "openai/text-embedding-3-small"
"""Of the mock and the live API: cheap, and able to do all that the contract knows."""


def cheapest(models: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the cheapest listed model that reads text, or None.

    One that costs something is preferred: where others do, the free ones are often rationed.
    """
    priced = [
        (price == 0, price, str(model.get("id")), model)
        for model in models
        if (price := price_per_token(model)) is not None
        and "text" in modalities(model, "input_modalities")
        and model.get("id")
    ]
    return min(priced, key=lambda entry: entry[:3])[3] if priced else None


def first(models: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the first listed model that reads text, whatever it costs, or None."""
    return next((one for one in models if one.get("id") and "text" in modalities(one, "input_modalities")), None)


def modalities(model: dict[str, Any], side: str) -> list[str]:
    """Return the `input_modalities` or `output_modalities` (`side`) of a listed model."""
    architecture = model.get("architecture")
    kinds = architecture.get(side) if isinstance(architecture, dict) else None
    return [kind for kind in kinds if isinstance(kind, str)] if isinstance(kinds, list) else []
