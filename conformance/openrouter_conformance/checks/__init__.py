"""The checks, one module per facet; importing this package registers them all."""

from __future__ import annotations

from openrouter_conformance.checks import (
    auth,
    catalog,
    determinism,
    dimensions,
    encoding,
    errors,
    multimodal,
    order,
    pagination,
    parameters,
    protocol,
    response,
    routing,
    schema,
    texts,
    token_ids,
    usage,
    validation,
    vectors,
)
from openrouter_conformance.checks.registry import CHECKS, EXCHANGE_CHECKS, Checks, checks_of

__all__ = [
    "CHECKS",
    "EXCHANGE_CHECKS",
    "Checks",
    "auth",
    "catalog",
    "checks_of",
    "determinism",
    "dimensions",
    "encoding",
    "errors",
    "multimodal",
    "order",
    "pagination",
    "parameters",
    "protocol",
    "response",
    "routing",
    "schema",
    "texts",
    "token_ids",
    "usage",
    "validation",
    "vectors",
]
