"""The way from the pin to the contract, and from the contract to what the generator reads."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import attrs

from spec import overlays
from spec.canonical import canonical
from spec.inline_refs import unfolded
from spec.references import reachable_schemas

OVERLAYS = Path(__file__).parents[1] / "overlays"
"""The folder of overlays, with one folder per kind."""


@attrs.frozen(kw_only=True)
class Built:
    """What one document became, and the overlay actions that had no effect on it."""

    contract: dict[str, Any]
    generator_input: dict[str, Any]
    misses: list[overlays.Miss]


def build(pin: dict[str, Any], folder: Path = OVERLAYS) -> Built:
    """Return the contract made from a pin, and the same contract in the generator's idiom.

    Args:
        pin: the normalised document, as `update_spec.py` writes it.
        folder: where the folders `corrections`, `documentation` and `generator-workarounds` are.

    Raises:
        Refusal: an overlay file is malformed, or two schemas claim one name.

    """
    contract = unfolded(pin)
    misses: list[overlays.Miss] = []
    for kind in ("corrections", "documentation"):
        actions = overlays.read_folder(
            folder / kind, evidence_required=kind == "corrections", words_only=kind == "documentation"
        )
        contract, missed = overlays.apply(contract, actions)
        misses += missed
    contract = canonical(_pruned(contract))
    workarounds = overlays.read_folder(folder / "generator-workarounds")
    generator_input, missed = overlays.apply(contract, workarounds)
    return Built(
        contract=contract,
        generator_input=canonical(_pruned(generator_input)),
        misses=misses + missed,
    )


def _pruned(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document without the schemas that nothing reaches any more."""
    result = copy.deepcopy(document)
    schemas = result.get("components", {}).get("schemas", {})
    for name in set(schemas) - reachable_schemas(result):
        del schemas[name]
    return result
