"""JSON Schema 2020-12: what keywords say of types, and rewritings that leave the set of accepted values as it is."""

from collections.abc import Sequence
from typing import Any

from spec.canonical import canonical_schema, json_text

TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
KEYWORDS = frozenset({
    "$defs", "$ref", "additionalProperties", "allOf", "anyOf", "const", "contains", "contentEncoding",
    "contentMediaType", "contentSchema", "default", "dependentRequired", "dependentSchemas", "deprecated",
    "discriminator", "else", "enum", "exclusiveMaximum", "exclusiveMinimum", "format", "if", "items",
    "maxContains", "maxItems", "maxLength", "maxProperties", "maximum", "minContains", "minItems", "minLength",
    "minProperties", "minimum", "multipleOf", "not", "oneOf", "pattern", "patternProperties", "prefixItems",
    "properties", "propertyNames", "readOnly", "required", "then", "type", "unevaluatedItems",
    "unevaluatedProperties", "uniqueItems", "writeOnly",
})  # fmt: skip
"""The keywords that a normalized schema may have."""

ANNOTATIONS = frozenset({"default", "deprecated", "description", "readOnly", "title", "writeOnly"})
"""Keywords that say nothing about which values are accepted."""

NULL: dict[str, Any] = {"type": "null"}
STRING: dict[str, Any] = {"type": "string"}

_TYPE_NAMES = {
    "bool": "boolean", "dict": "object", "float": "number", "int": "integer", "list": "array", "str": "string",
}  # fmt: skip

# Keywords that read each other: a schema may not be merged with one that has another of the same group.
_COUPLED = (
    frozenset({"properties", "patternProperties", "additionalProperties", "unevaluatedProperties"}),
    frozenset({"items", "prefixItems", "contains", "minContains", "maxContains", "unevaluatedItems"}),
    frozenset({"if", "then", "else"}),
)


def types_of(schema: dict[str, Any]) -> list[str]:
    """Return the types that a schema names, in a list even when it is one."""
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def write_types(types: Sequence[str]) -> str | list[str]:
    """Return types as the value of `type`: one alone, or a list."""
    return types[0] if len(types) == 1 else list(types)


def types_of_values(values: Sequence[Any]) -> list[str]:
    """Return the JSON types of some values, each once, null last; 2.0 is an integer."""
    whole = [int(value) if isinstance(value, float) and value.is_integer() else value for value in values]
    types = {_TYPE_NAMES[type(value).__name__] for value in whole if value is not None}
    return [*sorted(types), *(["null"] if None in values else [])]


def distinct_values(values: Sequence[Any]) -> list[Any]:
    """Return JSON values without those that equal an earlier one."""
    first: dict[str, Any] = {}
    for value in values:
        first.setdefault(json_text(value), value)
    return list(first.values())


def plain_values(values: Sequence[Any]) -> list[Any]:
    """Return the values of an enumeration, also where the documentation site's rendering writes `{value: x}` for x."""
    wrapped = bool(values) and all(isinstance(value, dict) and "value" in value for value in values)
    return [value["value"] for value in values] if wrapped else list(values)


def write_bounds_as_numbers(schema: dict[str, Any]) -> None:
    """Replace the booleans of older drafts: `exclusiveMinimum: true` says how `minimum` is meant."""
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(exclusive), bool):
            strict = schema.pop(exclusive)
            if strict and bound in schema:
                schema[exclusive] = schema.pop(bound)


def distinct_schemas(schemas: Sequence[Any]) -> list[Any]:
    """Return schemas without those that say the same as an earlier one in another order."""
    first: dict[str, Any] = {}
    for schema in schemas:
        first.setdefault(json_text(canonical_schema(schema)), schema)
    return list(first.values())


def flat_union(branches: Sequence[Any]) -> list[Any]:
    """Return the branches of an `anyOf`, with those of unions that stand among them in place of these."""
    return [inner for branch in branches for inner in (branch["anyOf"] if is_union(branch) else [branch])]


def is_union(schema: Any) -> bool:
    """Tell whether a schema says `anyOf` and nothing else."""
    return isinstance(schema, dict) and schema.keys() == {"anyOf"}


def unwrap_only_branch(schema: dict[str, Any], key: str) -> None:
    """Put the only branch under `key` in the schema itself, where that cannot change the meaning.

    A reference stays wrapped when anything stands beside it: readers differ about a `$ref` with siblings.
    """
    branches = schema[key]
    if len(branches) != 1 or not isinstance(branches[0], dict):
        return
    only = branches[0]
    beside = schema.keys() - {key}
    if "$ref" in only and beside:
        return
    if only.keys() & beside or any(only.keys() & group and beside & group for group in _COUPLED):
        return
    del schema[key]
    schema.update(only)
