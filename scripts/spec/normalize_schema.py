"""Schemas of OpenAPI 3.0, 3.1 or a rendering → JSON Schema 2020-12, with the meaning their author had in mind."""

from collections.abc import Callable
from typing import Any

import jsonschema_rs

from spec.canonical import json_text
from spec.errors import InputError, shorten
from spec.json_schema import (
    KEYWORDS,
    NULL,
    TYPES,
    distinct_schemas,
    distinct_values,
    flat_union,
    is_union,
    plain_values,
    unwrap_only_branch,
    write_bounds_as_numbers,
    write_types,
)
from spec.nullable import collect_nullable, with_null
from spec.openapi_objects import CHILD_FIELDS, Position, expect_mapping, objects, root_of, walk
from spec.tree import copy_tree, escape

_UNSUPPORTED = ("$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor")
_WITHOUT_EFFECT: dict[str, Any] = {
    "deprecated": False, "readOnly": False, "writeOnly": False, "uniqueItems": False, "required": [],
    "properties": {}, "minItems": 0, "minLength": 0, "minProperties": 0,
}  # fmt: skip
_EXACT = 2**53  # below it every whole double is one integer

Resolve = Callable[[str], Any]
"""Gives the schema, not yet normalized, that a `$ref` points to."""


def normalize_schema(schema: Any, where: str, *, rendered: Resolve | None = None) -> Any:
    """Return a schema in plain JSON Schema 2020-12, without prose; the schema given stays as it is.

    Keywords that JSON Schema does not know are dropped: they have no meaning there.

    Args:
        schema: the schema as its document has it.
        where: its JSON Pointer, for messages.
        rendered: given for documents of the documentation site's rendering, which writes every `anyOf` as `oneOf` and
            makes a component of every enumeration.

    Raises:
        InputError: something is no schema, or a keyword would change what references mean.

    """
    normalized = _normalized(schema, where, rendered)
    _check_meaning(normalized, where)
    return normalized


def _normalized(schema: Any, where: str, rendered: Resolve | None) -> Any:
    start = root_of(copy_tree(schema), "schema", where)
    for position in walk(start):
        if isinstance(position.node, dict):
            position.replace(_known_keywords(position.node, position.where))
    for position in walk(start, children_first=True):
        position.replace(_simplified(position, rendered))
    return start.node


def _known_keywords(schema: dict[str, Any], where: str) -> dict[str, Any]:
    """Return a schema with the keywords of JSON Schema, and with `nullable` on the schema that it applies to."""
    for key in _UNSUPPORTED:
        if key in schema:
            raise InputError(f"{where}/{escape(key)} changes what references mean and is not supported.")
    children = CHILD_FIELDS["schema"]
    kept = {
        key: held if key in children else _whole_numbers(held)
        for key, held in schema.items()
        if key in KEYWORDS | {"nullable"}
    }
    collect_nullable(kept, where)
    return kept


def _simplified(position: Position, rendered: Resolve | None) -> Any:
    """Return a schema, whose subschemas are simple already, in the one way we write it."""
    schema, where = position.node, position.where
    if isinstance(schema, bool):
        return {} if schema else False
    nullable = schema.pop("nullable", False)
    _check_lists(schema, where)
    write_bounds_as_numbers(schema)
    _write_values_as_enum(schema, where)
    _simplify_type(schema, where)
    if rendered and "oneOf" in schema and "anyOf" not in schema:
        schema["anyOf"] = schema.pop("oneOf")
    for key, value in _WITHOUT_EFFECT.items():
        if key in schema and schema[key] == value:
            del schema[key]
    _simplify_branches(schema, rendered)
    if nullable:
        schema = with_null(schema)
        _simplify_branches(schema, rendered)
    return schema


def _simplify_branches(schema: dict[str, Any], rendered: Resolve | None) -> None:
    before: dict[str, Any] = {}
    while before != schema:  # what was unwrapped may leave room for the next, and holds fewer branches
        before = dict(schema)
        if "anyOf" in schema:
            schema["anyOf"] = _join_enums(_without_named_enums(flat_union(schema["anyOf"]), rendered))
        elif "oneOf" in schema and _have_distinct_values(schema["oneOf"]):
            schema["oneOf"] = _join_enums(_without_named_enums(schema["oneOf"], rendered))
        if "allOf" in schema:
            schema["allOf"] = _absorbed(_widened([branch for branch in schema["allOf"] if branch != {}]))
            if not schema["allOf"]:
                del schema["allOf"]
        for key in ("allOf", "anyOf", "oneOf"):
            if key in schema:
                schema[key] = distinct_schemas(schema[key])
                unwrap_only_branch(schema, key)


def _without_named_enums(branches: list[Any], rendered: Resolve | None) -> list[Any]:
    """Return branches with the enumerations themselves, where a rendering refers to nothing but enumerations."""
    others = [branch for branch in branches if branch != NULL]
    if not rendered or len(others) < 2:
        return branches
    named = [
        _normalized(rendered(branch["$ref"]), branch["$ref"], rendered) if _is_reference(branch) else branch
        for branch in others
    ]
    if not all(_is_enum(branch) for branch in named):
        return branches
    return [*named, *(branch for branch in branches if branch == NULL)]


def _join_enums(branches: list[Any]) -> list[Any]:
    """Return branches with the enumerations of one type as one enumeration."""
    values: dict[str, list[Any]] = {}
    joined: dict[str, dict[str, Any]] = {}
    result = []
    for branch in branches:
        if not _is_enum(branch):
            result.append(branch)
            continue
        name = json_text(branch["type"])
        if name not in joined:
            joined[name] = {**branch}
            result.append(joined[name])
        values.setdefault(name, []).extend(branch["enum"])
    for name, branch in joined.items():
        branch["enum"] = distinct_values(values[name])
    return result


def _whole_numbers(value: Any) -> Any:
    """Return a value with whole numbers as integers: to JSON Schema 1.0 and 1 are the same."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    if isinstance(value, list):
        return [_whole_numbers(item) for item in value]
    if isinstance(value, dict):
        return {key: _whole_numbers(item) for key, item in value.items()}
    return value


def _write_values_as_enum(schema: dict[str, Any], where: str) -> None:
    """Write `const` as an enumeration of one, and the rendering's `{value: x}` as x."""
    if "const" in schema:
        value = schema.pop("const")
        if "enum" in schema and value not in schema["enum"]:
            raise InputError(f"{where}/const is {shorten(value, 40)}, which is not in the enum beside it.")
        schema["enum"] = [value]
    if "enum" not in schema:
        return
    schema["enum"] = distinct_values(plain_values(schema["enum"]))


def _simplify_type(schema: dict[str, Any], where: str) -> None:
    if "type" not in schema:
        return
    given = schema["type"]
    types = ["null" if item is None else item for item in given] if isinstance(given, list) else [given]
    for item in types:
        if not isinstance(item, str) or item not in TYPES:
            raise InputError(f"{where}/type is {shorten(item, 40)}: one of {', '.join(sorted(TYPES))} is expected.")
    if not types:
        raise InputError(f"{where}/type is an empty list, which no value can satisfy.")
    schema["type"] = write_types(distinct_values(types))


def _check_lists(schema: dict[str, Any], where: str) -> None:
    """Check what is read as a list or mapping further on; name required properties once; drop extensions."""
    if "enum" in schema and not (isinstance(schema["enum"], list) and schema["enum"]):
        raise InputError(f"{where}/enum is {shorten(schema['enum'], 40)} where a list of values is expected.")
    if isinstance(schema.get("required"), list):
        schema["required"] = distinct_values(schema["required"])
    if "discriminator" in schema:
        given = expect_mapping(schema["discriminator"], "discriminator", f"{where}/discriminator")
        schema["discriminator"] = {k: v for k, v in given.items() if k in {"propertyName", "mapping"}}


def _check_meaning(schema: Any, where: str) -> None:
    """Refuse what the metaschema of JSON Schema 2020-12 refuses, and patterns that do not compile."""
    try:
        jsonschema_rs.meta.validate(schema)
    except jsonschema_rs.ValidationError as error:
        place = "".join(f"/{escape(str(key))}" for key in error.instance_path)
        raise InputError(f"{where}{place} is no JSON Schema: {shorten(error.message, 120)}.") from None
    for node, _, place in objects(schema, "schema", where):
        patterns = {"pattern": node["pattern"]} if "pattern" in node else {}
        patterns |= {f"patternProperties/{escape(key)}": key for key in node.get("patternProperties", {})}
        for key, pattern in patterns.items():
            if not _compiles(pattern):
                raise InputError(f"{place}/{key} is {shorten(pattern)}, which is no regular expression.")


def _compiles(pattern: str) -> bool:
    """Tell whether a pattern is a regular expression by ECMA 262, and one that the validator can use."""
    if not jsonschema_rs.is_valid({"format": "regex"}, pattern, validate_formats=True):
        return False
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except ValueError:  # a ValidationError: too large, or a construct that its engine lacks
        return False
    return True


def _is_enum(branch: Any) -> bool:
    return isinstance(branch, dict) and branch.keys() == {"type", "enum"}


def _is_reference(branch: Any) -> bool:
    return isinstance(branch, dict) and branch.keys() == {"$ref"}


def _have_distinct_values(branches: list[Any]) -> bool:
    values = [json_text(value) for branch in branches if _is_enum(branch) for value in branch["enum"]]
    return len(values) == len(set(values))


def _widened(members: list[Any]) -> list[Any]:
    """Return members of an `allOf` without references that another member has among its branches.

    Upstream's tool writes a field that once took X and now takes X or Y as "X, and (X or Y)", which would still be X
    alone; the same field stands elsewhere in the same documents as "X or Y".
    """
    unions = [member["anyOf"] for member in members if is_union(member)]
    return [m for m in members if not (_is_reference(m) and any(m in union for union in unions))]


def _absorbed(members: list[Any]) -> list[Any]:
    """Return members of an `allOf` without unions that add nothing: "A, and (A or B)" is A."""
    texts = [json_text(member) for member in members if not is_union(member)]
    return [m for m in members if not (is_union(m) and any(json_text(branch) in texts for branch in m["anyOf"]))]
