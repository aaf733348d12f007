"""The rules that generator workarounds name by `x-rule`: what JSONPath cannot say, with the meaning kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from codegen.generator_schemas import merge_intersection, opaque, take_open_alternatives, write_generator_form
from codegen.schema_names import titles_as_names
from spec.openapi_objects import root_of, walk
from spec.overlays import Rule
from spec.references import Component, recursive_schemas
from spec.tree import Place, copy_tree, node_at


def move_open_alternatives(document: Any, places: Sequence[Place]) -> None:
    """Let references say "or null" and "or any string", so that a component is one object or one enumeration."""
    schemas = document["components"]["schemas"]
    moved = {
        Component("schemas", str(place[-1])).reference: take_open_alternatives(schemas[place[-1]])
        for place in places
        if isinstance(schemas[place[-1]], dict)
    }
    for position in walk(root_of(document), children_first=True):
        schema = position.node
        if position.kind != "schema" or not isinstance(schema, dict):
            continue
        if taken := moved.get(str(schema.get("$ref"))):
            named = {key: schema.pop(key) for key in ("$ref", "title") if key in schema}
            union = {"anyOf": [named, *copy_tree(taken)]}
            position.replace({"allOf": [union, schema]} if "anyOf" in schema else {**schema, **union})


def generator_form(document: Any, places: Sequence[Place]) -> None:  # noqa: ARG001 - it is a Rule
    """Write every schema in the one way that the generator reads; see `codegen.generator_schemas`.

    A union that contains itself is one that it does not read: it becomes anything. An intersection becomes one object.
    """
    write_generator_form(document)
    schemas = document["components"]["schemas"]
    for name in recursive_schemas(document):
        if not schemas[name].keys() & {"properties", "allOf"}:
            schemas[name] = opaque(schemas[name])
    for position in walk(root_of(document), children_first=True):
        if isinstance(position.node, dict) and isinstance(position.node.get("allOf"), list):
            position.replace(merge_intersection(position.node, document))


def security_per_operation(document: Any, places: Sequence[Place]) -> None:
    """Write the security of the document into each operation that has none of its own."""
    for place in places:
        node_at(document, place).setdefault("security", copy_tree(document.get("security", [])))


def describe_parameter_schemas(document: Any, places: Sequence[Place]) -> None:
    """Repeat the description of a parameter in its schema."""
    for place in places:
        parameter = node_at(document, place)
        if "description" in parameter and "schema" in parameter:
            parameter["schema"].setdefault("description", parameter["description"])


WORKAROUND_RULES: Mapping[str, Rule] = {
    "describe-parameter-schemas": describe_parameter_schemas,
    "generator-form": generator_form,
    "move-open-alternatives": move_open_alternatives,
    "security-per-operation": security_per_operation,
    "titles-as-names": titles_as_names,
}
