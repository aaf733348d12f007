"""The pin, corrected and documented by overlays → the contract, as it ships inside the client."""

from pathlib import Path
from typing import Any

from spec.canonical import canonical
from spec.correction_rules import CORRECTION_RULES
from spec.inline_refs import inline_refs
from spec.overlay_files import read_overlays
from spec.overlays import Miss, apply
from spec.slicing import prune

OVERLAYS = Path(__file__).parents[1] / "overlays"
"""The folder of overlays, with one folder per kind."""


def build_contract(pin: dict[str, Any], overlays: Path = OVERLAYS) -> tuple[dict[str, Any], list[Miss]]:
    """Return the contract of a pin, and the overlay actions that had no effect on it.

    Args:
        pin: a normalized document, as `update_spec.py` writes it; it stays as it is.
        overlays: where the folders `corrections` and `documentation` are.

    Raises:
        InputError: an overlay file is malformed, or the pin refers to what it does not have.

    """
    document = inline_refs(pin)
    document.setdefault("components", {}).setdefault("schemas", {})
    corrections = read_overlays(overlays / "corrections", rules=CORRECTION_RULES, evidence_required=True)
    documentation = read_overlays(overlays / "documentation", documentation_only=True)
    contract, misses = apply(document, [*corrections, *documentation])
    return canonical(prune(contract)), misses
