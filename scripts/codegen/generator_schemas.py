"""Schemas in the form that the generator reads: one way to write each construct, with the meaning kept.

Every rewriting here leaves the set of accepted values as it is. What the generator has no form for is written as a
double negation, which says the same to a validator and nothing to the generator: its type is then the one beside it,
or any.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from spec.canonical import json_text
from spec.json_schema import (
    ANNOTATIONS,
    NULL,
    STRING,
    distinct_schemas,
    flat_union,
    types_of,
    types_of_values,
    write_types,
)
from spec.openapi_objects import root_of, walk
from spec.references import resolve

_IN_PLACE = {"$ref", "allOf", "anyOf", "const", "else", "if", "not", "oneOf", "then"}
_COMPONENT_PLACE = re.compile(r"/components/schemas/[^/]+")


def write_generator_form(document: dict[str, Any]) -> None:
    """Write every schema of a document in the generator's form, in place.

    Null at the root of a component stays where it is: whether a component may be null is said by references to it.
    """
    for position in walk(root_of(document), children_first=True):
        if position.kind == "schema" and isinstance(position.node, dict):
            component = bool(_COMPONENT_PLACE.fullmatch(position.where))
            position.replace(_generator_form(position.node, component=component))


def take_open_alternatives(schema: dict[str, Any]) -> list[dict[str, Any]]:
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
    return [dict(alternative) for alternative in taken]


def opaque(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that accepts the same and tells the generator nothing."""
    annotations = {key: schema[key] for key in ANNOTATIONS & schema.keys()}
    return {**annotations, "not": {"not": {key: schema[key] for key in schema.keys() - ANNOTATIONS}}}


def merge_intersection(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Return an intersection of objects as one object with the fields of all of them.

    Where two members say something of one field, its type is what the last of them says; the double negation keeps the
    rest. An intersection of anything but objects says nothing to the generator.

    Args:
        schema: a schema with `allOf`.
        document: where the references of its members are looked up.

    """
    members = [_member(member, document) for member in schema["allOf"]]
    exact = {key: value for key, value in schema.items() if key not in ANNOTATIONS}
    beside = {key: value for key, value in exact.items() if key != "allOf"}
    parts = [*members, beside] if beside else members
    if not all(isinstance(part, dict) and "properties" in part for part in parts):
        return opaque(schema)
    required = sorted({name for part in parts for name in part.get("required", ())})
    return {
        **{key: schema[key] for key in ANNOTATIONS & schema.keys()},
        **({"type": "object"} if any(part.get("type") == "object" for part in parts) else {}),
        "properties": {name: field for part in parts for name, field in part["properties"].items()},
        **({"required": required} if required else {}),
        "not": {"not": exact},
    }


def _member(schema: Any, document: dict[str, Any]) -> Any:
    """Return what a member of an intersection says: behind references, and merged if it is an intersection itself."""
    found = resolve(document, schema, "schema", "")
    return merge_intersection(found, document) if isinstance(found, dict) and "allOf" in found else found


def _generator_form(schema: dict[str, Any], *, component: bool) -> dict[str, Any]:
    """Return a schema, whose subschemas have the generator's form already, in that form."""
    schema.pop(
        "default", None
    )  # what a server does without a field is said in its description; the client fills nothing in
    _write_booleans(schema)
    if "array" in types_of(schema) and not schema.keys() & {"items", "prefixItems"}:
        schema["items"] = {}
    if "anyOf" in schema:
        schema["anyOf"] = distinct_schemas(flat_union(schema["anyOf"]))
    if "enum" in schema or "const" in schema:
        _write_values(schema)
    if component or not schema.keys() & {"enum", "properties"} or not _take_null(schema):
        return _with_constant(schema)
    description = {"description": schema.pop("description")} if "description" in schema else {}
    return {**description, "anyOf": [_with_constant(schema), dict(NULL)]}


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


def _write_values(schema: dict[str, Any]) -> None:
    """Keep an enumeration of strings, perhaps with null; write every other list of values as a double negation."""
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
        _drop_impossible_types(schema)
    if all(isinstance(value, str) for value in values if value is not None) and values != [None]:
        if names := _names_where_they_clash(values):
            schema["x-enum-varnames"] = names
        return
    schema.setdefault("type", write_types(types_of_values(values)))
    only = {"not": {"enum": values}}
    schema["not"] = {"anyOf": [schema["not"], only]} if "not" in schema else only
    del schema["enum"]


def _drop_impossible_types(schema: dict[str, Any]) -> None:
    """Drop the types that no listed value has: they are ruled out already."""
    possible = types_of_values(schema["enum"])
    possible += ["number"] if "integer" in possible else []
    schema["type"] = write_types([name for name in schema["type"] if name in possible] or schema["type"])


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
    seen: Counter[str] = Counter()
    result = []
    for index, name in enumerate(names):
        seen[name] += 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name]}_{index}")
    return result


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
    schema["type"] = write_types([name for name in types if name != "null"])
    if "enum" in schema:
        schema["enum"] = [value for value in schema["enum"] if value is not None]
    return True


def _drop_branch(schema: dict[str, Any], keyword: str, branch: dict[str, Any]) -> None:
    """Remove a branch of a union; a union of one is written without the union."""
    rest = [other for other in schema.pop(keyword) if other != branch]
    alone = len(rest) == 1 and not schema.keys() & rest[0].keys()
    schema.update(rest[0] if alone else {keyword: rest})
