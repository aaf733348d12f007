"""The contract → the generator's input: the same accepted documents, in a form that the generator reads whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from codegen.workaround_rules import WORKAROUND_RULES
from spec.canonical import canonical
from spec.contract import OVERLAYS
from spec.overlay_files import read_overlays
from spec.overlays import Action, Miss, apply
from spec.slicing import prune


def build_generator_input(contract: dict[str, Any], overlays: Path = OVERLAYS) -> tuple[dict[str, Any], list[Miss]]:
    """Return the contract in the generator's form, and the overlay actions that had no effect on it.

    Args:
        contract: the contract; it stays as it is.
        overlays: where the folder `generator-workarounds` is.

    Raises:
        InputError: an overlay file is malformed.

    """
    document = {**contract, "components": {"schemas": {}, **contract.get("components", {})}}
    result, misses = apply(document, read_workarounds(overlays))
    return canonical(prune(result)), misses


def read_workarounds(overlays: Path = OVERLAYS) -> list[Action]:
    """Return the actions of the generator workarounds."""
    return read_overlays(overlays / "generator-workarounds", rules=WORKAROUND_RULES)
