"""Schemas of any dialect → JSON Schema that means the same, with everything else as it is."""

from __future__ import annotations

from typing import Any

from spec.json_schema import plain_values, write_bounds_as_numbers
from spec.nullable import collect_nullable, with_null
from spec.openapi_objects import root_of, walk
from spec.tree import copy_tree


def decode_schemas(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document with its schemas decoded: null among the types, bounds as numbers, enumerations as values."""
    start = root_of(copy_tree(document))
    schemas = [position for position in walk(start) if position.kind == "schema" and isinstance(position.node, dict)]
    for position in schemas:
        collect_nullable(position.node, position.where)
    for position in reversed(schemas):
        schema = position.node
        write_bounds_as_numbers(schema)
        if isinstance(schema.get("enum"), list):
            schema["enum"] = plain_values(schema["enum"])
        if schema.pop("nullable", False):
            position.replace(with_null(schema))
    result: dict[str, Any] = start.node
    return result
