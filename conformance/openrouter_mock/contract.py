"""The contract that the mock serves: read as data from where it ships, in the package of the client."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path
from typing import Any

import yaml


@functools.cache
def path() -> Path:
    """Return the path of the contract: the file `openapi.yaml` in the package `openrouter_embeddings`.

    The package is located, not imported: the mock does not run the client.

    Raises:
        FileNotFoundError: The package is not installed.

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
