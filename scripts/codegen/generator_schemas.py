"""Schemas as the generator reads them: one way to write each thing, meaning kept.

Every rewriting here leaves the set of accepted values as it is. What the generator has no idiom for is written as a
double negation, which says the same to a validator and nothing to the generator: its type is then the one beside it,
or any.
"""

from __future__ import annotations

import copy
import re
from typing import Any

from spec.canonical import json_text
from spec.openapi_objects import map_children
from spec.references import COMPONENT

ANNOTATIONS = frozenset({"title", "description", "default"})
"""Keywords that say nothing about which values are accepted."""

NULL: dict[str, Any] = {"type": "null"}
STRING: dict[str, Any] = {"type": "string"}

_IN_PLACE = {"$ref", "allOf", "anyOf", "const", "else", "if", "not", "oneOf", "then"}
_KINDS = {"bool": "boolean", "dict": "object", "float": "number", "int": "integer", "list": "array", "str": "string"}
_COMPONENT_PLACE = re.compile(r"/components/schemas/[^/]+")


def plain(node: Any, kind: str, where: str) -> Any:
    """Return an object of a document, of a kind of `spec.openapi_objects`, with its schemas in the generator's idiom.

    Null at the root of a component stays where it is: whether a component may be null is said by references to it.
    """
    if isinstance(node, bool):
        return node
    result = map_children(node, kind, where, plain)
    return _plain_schema(result, component=bool(_COMPONENT_PLACE.fullmatch(where))) if kind == "schema" else result


def take_openness(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Take null, and any string beside an enumeration, out of what a schema accepts; return what was taken."""
    taken = [NULL] if _take_null(schema) else []
    alone = schema.keys() - ANNOTATIONS == {"anyOf"}
    if (
        alone
        and STRING in schema["anyOf"]
        and any(isinstance(branch, dict) and "enum" in branch for branch in schema["anyOf"])
    ):
        _drop_branch(schema, "anyOf", STRING)
        taken.insert(0, STRING)
    return copy.deepcopy(taken)


def unspoken(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that accepts the same and tells the generator nothing."""
    words = {key: schema[key] for key in ANNOTATIONS & schema.keys()}
    return {**words, "not": {"not": {key: schema[key] for key in schema.keys() - ANNOTATIONS}}}


def intersected(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """Return an intersection of objects as one object with the fields of all of them.

    Where two members say something of one field, its type is what the last of them says; the double negation keeps the
    rest. An intersection of anything but objects says nothing to the generator.
    """
    members = [_resolved(member, components) for member in schema["allOf"]]
    beside = {key: value for key, value in schema.items() if key != "allOf" and key not in ANNOTATIONS}
    if not all(
        isinstance(member, dict) and "properties" in member for member in [*members, *([beside] if beside else [])]
    ):
        return unspoken(schema)
    parts = [*members, beside] if beside else members
    words = {key: schema[key] for key in ANNOTATIONS & schema.keys()}
    properties = {name: field for part in parts for name, field in part["properties"].items()}
    required = sorted({name for part in parts for name in part.get("required", ())})
    exact = {key: value for key, value in schema.items() if key not in ANNOTATIONS}
    return {
        **words,
        **({"type": "object"} if any(part.get("type") == "object" for part in parts) else {}),
        "properties": properties,
        **({"required": required} if required else {}),
        "not": {"not": exact},
    }


def types_of(schema: dict[str, Any]) -> list[str]:
    """Return the types that a schema names, in a list even when it is one."""
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def kinds_of(values: list[Any]) -> list[str]:
    """Return the JSON types of some values, each once, null last."""
    whole = [int(value) if isinstance(value, float) and value.is_integer() else value for value in values]
    kinds = {_KINDS[type(value).__name__] for value in whole if value is not None}
    return [*sorted(kinds), *(["null"] if None in values else [])]


def _plain_schema(schema: dict[str, Any], *, component: bool) -> dict[str, Any]:
    schema.pop("default", None)  # what a server does when a field is absent is said in words; nothing is filled in
    _write_booleans(schema)
    if "array" in types_of(schema) and not schema.keys() & {"items", "prefixItems"}:
        schema["items"] = {}
    if "allOf" in schema:
        _absorb(schema)
    _flatten(schema)
    if "enum" in schema or "const" in schema:
        _write_values(schema)
    if component or not schema.keys() & {"enum", "properties"} or not _take_null(schema):
        return _with_constant(schema)
    description = {"description": schema.pop("description")} if "description" in schema else {}
    return {**description, "anyOf": [_with_constant(schema), copy.deepcopy(NULL)]}


def _write_booleans(schema: dict[str, Any]) -> None:
    """Write "anything" and "nothing" as objects where the generator takes nothing else."""
    written: dict[bool, dict[str, Any]] = {True: {}, False: {"not": {}}}
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        if key in schema:
            schema[key] = [written[part] if isinstance(part, bool) else part for part in schema[key]]
    for name, part in schema.get("properties", {}).items():
        if isinstance(part, bool):
            schema["properties"][name] = written[part]
    if isinstance(schema.get("items"), bool):
        schema["items"] = written[schema["items"]]


def _absorb(schema: dict[str, Any]) -> None:
    """Write "A, and one of A, B or C" as "A", and "all of A" as "A"."""
    members = schema["allOf"]
    kept = [member for member in members if not any(_is_union_with(other, member) for other in members)]
    schema["allOf"] = kept
    if len(kept) == 1 and schema.keys() - {"allOf"} <= ANNOTATIONS:
        del schema["allOf"]
        schema.update(kept[0] | schema)


def _is_union_with(member: dict[str, Any], union: dict[str, Any]) -> bool:
    """Tell whether a union is nothing but alternatives to a member that must hold anyway."""
    alternatives = union["anyOf"] if list(union) == ["anyOf"] else []
    return member is not union and json_text(member) in map(json_text, alternatives)


def _flatten(schema: dict[str, Any]) -> None:
    """Write a union of unions as one union, each alternative once."""
    branches: list[Any] = []
    for branch in schema.get("anyOf", ()):
        inner = branch["anyOf"] if list(branch) == ["anyOf"] else [branch]
        branches += [one for one in inner if json_text(one) not in map(json_text, branches)]
    if branches:
        schema["anyOf"] = branches


def _write_values(schema: dict[str, Any]) -> None:
    """Keep an enumeration of strings, perhaps with null; say everything else about single values unspoken."""
    if "const" in schema:
        only_value = schema.pop("const")
        schema["enum"] = [
            value for value in schema.get("enum", [only_value]) if json_text(value) == json_text(only_value)
        ]
    values: list[Any] = schema["enum"]
    if not values:
        del schema["enum"]
        schema["not"] = {}
        return
    if isinstance(schema.get("type"), list):
        # A type that no listed value has is ruled out already.
        possible = kinds_of(values) + (["number"] if "integer" in kinds_of(values) else [])
        schema["type"] = [name for name in schema["type"] if name in possible] or schema["type"]
        schema["type"] = schema["type"][0] if len(schema["type"]) == 1 else schema["type"]
    if all(isinstance(value, str) for value in values if value is not None) and values != [None]:
        if names := _names_where_they_clash(values):
            schema["x-enum-varnames"] = names
        return
    schema.setdefault("type", kinds_of(values) if len(kinds_of(values)) > 1 else kinds_of(values)[0])
    only = {"not": {"enum": values}}
    schema["not"] = {"anyOf": [schema["not"], only]} if "not" in schema else only
    del schema["enum"]


def _with_constant(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with an enumeration of one string written as a constant."""
    if isinstance(schema.get("enum"), list) and len(schema["enum"]) == 1:
        schema["const"] = schema.pop("enum")[0]
    return schema


def _names_where_they_clash(values: list[Any]) -> list[str]:
    """Return a name for each value of an enumeration, if the names that the generator makes would not be distinct."""
    texts = [value for value in values if isinstance(value, str)]
    names = [re.sub(r"\W+", "_", text).strip("_").upper() or "EMPTY" for text in texts]
    names = [name if name[0].isalpha() else f"VALUE_{name}" for name in names]
    if len(set(names)) == len(names):
        return []
    return [
        name if names.index(name) == at else f"{name}_{names[:at].count(name) + 1}_{at}"
        for at, name in enumerate(names)
    ]


def _take_null(schema: dict[str, Any]) -> bool:
    """Take null out of what a schema accepts; tell whether it was in, and could be taken."""
    for keyword in ("anyOf", "oneOf"):
        if NULL in schema.get(keyword, ()) and schema.keys() - ANNOTATIONS == {keyword}:
            others = [branch for branch in schema[keyword] if branch != NULL]
            if keyword == "oneOf" and any("type" not in branch or "null" in types_of(branch) for branch in others):
                return False  # null may be what two branches accept, and so be refused
            _drop_branch(schema, keyword, NULL)
            return True
    types = types_of(schema)
    if "null" not in types or len(types) == 1 or schema.keys() & _IN_PLACE:
        return False
    if "enum" in schema and None not in schema["enum"]:
        return False
    rest_types = [name for name in types if name != "null"]
    schema["type"] = rest_types[0] if len(rest_types) == 1 else rest_types
    if "enum" in schema:
        schema["enum"] = [value for value in schema["enum"] if value is not None]
    return True


def _drop_branch(schema: dict[str, Any], keyword: str, branch: dict[str, Any]) -> None:
    """Remove a branch of a union; a union of one is written without the union."""
    rest = [other for other in schema.pop(keyword) if other != branch]
    alone = len(rest) == 1 and not schema.keys() & rest[0].keys()
    schema.update(rest[0] if alone else {keyword: rest})


def _resolved(schema: Any, components: dict[str, Any]) -> Any:
    """Return what a schema says: itself, the component it refers to, or the one object that its intersection is."""
    seen: list[str] = []
    while isinstance(schema, dict) and str(schema.get("$ref", "")).startswith(COMPONENT) and schema["$ref"] not in seen:
        seen.append(schema["$ref"])
        schema = components.get(schema["$ref"].removeprefix(COMPONENT))
    if isinstance(schema, dict) and "allOf" in schema:
        return intersected(schema, components)
    return schema
