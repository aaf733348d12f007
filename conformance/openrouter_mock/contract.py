"""The contract that the mock serves: read as data from the place where it ships, beside the client."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path
from typing import Any

import yaml


@functools.cache
def path() -> Path:
    """Return where the contract lies: in the client's package, in the wheel as in the repository.

    The package is located, not imported: neither the mock nor the suite runs the client. FileNotFoundError when the
    package is not installed.
    """
    spec = importlib.util.find_spec("openrouter_embeddings")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the package openrouter_embeddings is not installed")
    return Path(spec.submodule_search_locations[0]) / "openapi.yaml"


@functools.cache
def document() -> dict[str, Any]:
    """Return the contract as an OpenAPI 3.1 document; treat it as read-only."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: dict[str, Any] = yaml.load(path().read_bytes(), Loader=loader)  # noqa: S506 - a safe loader
    return loaded
