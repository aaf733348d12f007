"""The checks, one module per facet; importing this package registers them all."""

from __future__ import annotations

from openrouter_conformance.checks import (
    auth,
    determinism,
    dimensions,
    encoding,
    errors,
    models,
    order,
    pagination,
    parameters,
    protocol,
    response,
    schema,
    texts,
    tokens,
    usage,
    validation,
)
from openrouter_conformance.checks.registry import CHECKS, STANDING

__all__ = [
    "CHECKS",
    "STANDING",
    "auth",
    "determinism",
    "dimensions",
    "encoding",
    "errors",
    "models",
    "order",
    "pagination",
    "parameters",
    "protocol",
    "response",
    "schema",
    "texts",
    "tokens",
    "usage",
    "validation",
]
