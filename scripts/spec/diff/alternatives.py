"""The types and branches of a schema, one by one, and which of two schemas' correspond."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

from spec.canonical import json_text
from spec.diff.readings import CLOSED, DEFINITIONS
from spec.json_schema import types_of, types_of_values

Schema: TypeAlias = Any

NOT_COMPARED = {"default", CLOSED, DEFINITIONS}
"""What a schema read closed may hold beside assertions."""

COMPOUND = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "$ref", "const"})
"""Keywords that combine schemas: they are compared as a whole, unions of nothing but branches apart."""

_OF_TYPE = {
    "string": {"minLength", "maxLength", "pattern", "format"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
    "array": {
        "items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains", "minContains", "maxContains",
        "unevaluatedItems",
    },
    "object": {
        "properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties",
        "maxProperties", "dependentRequired", "unevaluatedProperties",
    },
}  # fmt: skip
_OF_TYPE["integer"] = _OF_TYPE["number"]


def with_definitions(schema: Schema, definitions: dict[str, Any]) -> Schema:
    """Return a schema with what its references lead to, if it has any."""
    if not definitions or not isinstance(schema, dict) or not mentions_reference(schema):
        return schema
    return {**schema, DEFINITIONS: definitions}


def mentions_reference(*schemas: Schema) -> bool:
    """Tell whether any of some schemas holds a reference."""
    return any('"$ref":' in json_text(schema) for schema in schemas)


def is_reference(schema: Schema) -> bool:
    """Tell whether a schema is a reference."""
    return isinstance(schema, dict) and "$ref" in schema


def follow(schema: Schema, definitions: dict[str, Any]) -> Schema:
    """Return a schema, or what the reference in its place leads to."""
    while is_reference(schema):
        schema = definitions[schema["$ref"].rsplit("/", 1)[-1]]
    return schema


def alternatives_of(schema: Schema, definitions: dict[str, Any]) -> list[Schema]:
    """Return the types and branches of a schema, each a schema of its own; a schema without either is its only one."""
    schema = follow(schema, definitions)
    if not isinstance(schema, dict):
        return [schema]
    assertions = schema.keys() - NOT_COMPARED
    if assertions in ({"anyOf"}, {"oneOf"}):
        (key,) = assertions
        return [each for branch in schema[key] for each in alternatives_of(branch, definitions)]
    if assertions & COMPOUND:
        return [schema]
    types = types_of(schema) or (types_of_values(schema["enum"]) if "enum" in schema else [])
    if len(types) < 2:
        return [schema]
    return [_of_type(schema, name) for name in types]


def _of_type(schema: dict[str, Any], name: str) -> dict[str, Any]:
    """Return what a schema of several types says of one of them."""
    others = set().union(*(words for kind, words in _OF_TYPE.items() if kind != name)) - _OF_TYPE.get(name, set())
    result = {key: value for key, value in schema.items() if key not in others | NOT_COMPARED}
    result["type"] = name
    if "enum" in result:
        result["enum"] = [value for value in result["enum"] if _is_of(value, name)]
    return {"type": "null"} if name == "null" else result


def _is_of(value: Any, name: str) -> bool:
    (own,) = types_of_values([value])
    return own == name or (own == "integer" and name == "number")


def match(olds: list[Schema], news: list[Schema]) -> tuple[list[tuple[Schema, Schema]], list[Schema], list[Schema]]:
    """Return the alternatives that correspond, those that are only old, and those that are only new."""
    scores = sorted(
        ((_likeness(old, new), -i, -j) for i, old in enumerate(olds) for j, new in enumerate(news)), reverse=True
    )
    taken_old: set[int] = set()
    taken_new: set[int] = set()
    pairs = []
    for score, i, j in scores:
        if score > 0 and -i not in taken_old and -j not in taken_new:
            taken_old.add(-i)
            taken_new.add(-j)
            pairs.append((olds[-i], news[-j]))
    pairs += _only_ones(olds, news, taken_old, taken_new)
    return (
        pairs,
        [old for index, old in enumerate(olds) if index not in taken_old],
        [new for index, new in enumerate(news) if index not in taken_new],
    )


def _only_ones(
    olds: list[Schema], news: list[Schema], taken_old: set[int], taken_new: set[int]
) -> Iterator[tuple[Schema, Schema]]:
    """Yield pairs of alternatives that are the only ones of their type on both sides, and take them."""
    for i, old in enumerate(olds):
        same_old, same_new = (
            [index for index, each in enumerate(schemas) if _family(each) == _family(old)] for schemas in (olds, news)
        )
        if i not in taken_old and same_old == [i] and len(same_new) == 1 and not taken_new.intersection(same_new):
            taken_old.add(i)
            taken_new.update(same_new)
            yield old, news[same_new[0]]


def _likeness(old: Schema, new: Schema) -> float:
    """Return how much two alternatives have in common; 0 when they are of other kinds."""
    if json_text(old) == json_text(new):
        return 1000
    if not isinstance(old, dict) or not isinstance(new, dict) or _family(old) != _family(new):
        return 0
    family = _family(old)
    if family == "object":
        return _likeness_of_objects(old, new)
    if family == "array":
        pairs = itertools.product(_item_alternatives(old), _item_alternatives(new))
        inner = max((_likeness(before, after) for before, after in pairs), default=0)
        return 1 + inner / 2
    return 5 if old.get("type") == new.get("type") else 4


def _likeness_of_objects(old: dict[str, Any], new: dict[str, Any]) -> float:
    before, after = old.get("properties", {}), new.get("properties", {})
    shared = [(_constant(before[name]), _constant(after[name])) for name in before.keys() & after.keys()]
    constants = [pair for pair in shared if None not in pair]
    if any(one != other for one, other in constants):
        return 0
    told = 50 if constants else 0
    return 1 + told + 10 * len(before.keys() & after.keys()) / max(1, len(before.keys() | after.keys()))


def _constant(schema: Schema) -> str | None:
    values = schema.get("enum", ()) if isinstance(schema, dict) else ()
    return json_text(next(iter(values))) if len(values) == 1 else None


def _item_alternatives(schema: dict[str, Any]) -> list[Schema]:
    items = schema.get("items", True)
    return items["anyOf"] if isinstance(items, dict) and items.keys() == {"anyOf"} else [items]


def _family(schema: Schema) -> str:
    """Return the type of an alternative, numbers and integers as one."""
    if not isinstance(schema, dict):
        return str(schema)
    if schema.keys() & COMPOUND:
        return "compound"
    types = types_of(schema) or (types_of_values(schema["enum"]) if "enum" in schema else [])
    if not types:
        return "object" if "properties" in schema else "any" if not schema.keys() - NOT_COMPARED else "untyped"
    return "number" if types[0] == "integer" else types[0]


def leftover_name(alternative: Schema, others: list[Schema], verb: Literal["added", "removed"]) -> str:
    """Return the name of the edit that adds or removes an alternative without a counterpart."""
    if alternative == {"type": "null"}:
        return "became-nullable" if verb == "added" else "became-not-nullable"
    if _family(alternative) in {_family(other) for other in others}:
        return f"branch-{verb}"
    return "type-widened" if verb == "added" else "type-narrowed"


def summarize(schema: Schema) -> str:
    """Return a schema in a few words."""
    if not isinstance(schema, dict):
        return "anything" if schema else "nothing"
    if "enum" in schema:
        return json_text(schema["enum"] if len(schema["enum"]) != 1 else schema["enum"][0])
    known = schema.get("properties", {})
    constants = [f"{name}={text}" for name, held in known.items() if (text := _constant(held))]
    if known:
        return f"object {' '.join(constants[:1])}".strip() if constants else f"object ({', '.join(sorted(known)[:4])})"
    if "items" in schema:
        return f"array of {summarize(schema['items'])}"
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " or ".join(summarize(branch) for branch in schema[key][:4])
    return " or ".join(types_of(schema)) or ("anything" if not schema.keys() - NOT_COMPARED else "constrained")
