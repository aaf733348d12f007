"""Schemas of any published dialect → JSON Schema 2020-12, meaning kept as their author meant it."""

from collections.abc import Callable
from typing import Any

import jsonschema_rs

from spec.canonical import canonical_schema, json_text
from spec.errors import Refusal, shorten
from spec.openapi_objects import ANATOMY, escape, expect_mapping, map_children, objects

TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})

_ANNOTATIONS = frozenset({"default", "deprecated", "readOnly", "writeOnly"})
_KEPT = _ANNOTATIONS | {
    "$defs", "$ref", "additionalProperties", "allOf", "anyOf", "const", "contains", "contentEncoding",
    "contentMediaType", "contentSchema", "dependentRequired", "dependentSchemas", "discriminator", "else",
    "enum", "exclusiveMaximum", "exclusiveMinimum", "format", "if", "items", "maxContains", "maxItems",
    "maxLength", "maxProperties", "maximum", "minContains", "minItems", "minLength", "minProperties",
    "minimum", "multipleOf", "not", "nullable", "oneOf", "pattern", "patternProperties", "prefixItems",
    "properties", "propertyNames", "required", "then", "type", "unevaluatedItems", "unevaluatedProperties",
    "uniqueItems",
}  # fmt: skip
_UNSUPPORTED = ("$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor")
_SAY_NOTHING: dict[str, Any] = {
    "deprecated": False, "readOnly": False, "writeOnly": False, "uniqueItems": False, "required": [],
    "properties": {}, "minItems": 0, "minLength": 0, "minProperties": 0,
}  # fmt: skip
_NULL = {"type": "null"}
_CHILDREN = ANATOMY["schema"].keys()
_EXACT = 2**53  # below it every whole double is one integer

# Keywords that read each other: a schema may not be merged with one that has another of the same group.
_COUPLED = (
    frozenset({"properties", "patternProperties", "additionalProperties", "unevaluatedProperties"}),
    frozenset({"items", "prefixItems", "contains", "minContains", "maxContains", "unevaluatedItems"}),
    frozenset({"if", "then", "else"}),
)

Resolve = Callable[[str], Any]
"""Gives the raw schema that a `$ref` points to."""


def plain_schema(schema: Any, where: str, *, rendered: Resolve | None = None) -> Any:
    """Return *schema*, standing at the JSON Pointer *where*, in plain JSON Schema 2020-12 without prose.

    *rendered* is given for the docs-site rendering, which wrote every `anyOf` as `oneOf` and made a component
    of every enum. Keywords that JSON Schema does not know are dropped: they have no meaning there. Raises
    Refusal for what is no schema, and for keywords that would change what references mean.
    """
    plain = _Plain(rendered).put(schema, "schema", where)
    _check_meaning(plain, where)
    return plain


class _Plain:
    def __init__(self, rendered: Resolve | None) -> None:
        self._rendered = rendered

    def put(self, node: Any, kind: str, where: str) -> Any:  # noqa: ARG002 - it is a Visit
        if isinstance(node, bool):
            return {} if node else False
        raw = expect_mapping(node, "schema", where)
        for key in _UNSUPPORTED:
            if key in raw:
                raise Refusal(f"{where}/{escape(key)} changes what references mean and is not supported.")
        kept = {key: value if key in _CHILDREN else _plain_numbers(value) for key, value in raw.items() if key in _KEPT}
        nullable = _take_nullable(kept, where)
        schema = map_children(kept, "schema", where, self.put)
        _plain_lists(schema, where)
        _plain_bounds(schema)
        _plain_enum(schema, where)
        _plain_type(schema, where)
        if self._rendered and "oneOf" in schema and "anyOf" not in schema:
            schema["anyOf"] = schema.pop("oneOf")
        for key, value in _SAY_NOTHING.items():
            if key in schema and schema[key] == value:
                del schema[key]
        self._simplify(schema)
        if nullable:
            schema = _with_null(schema)
            self._simplify(schema)
        return schema

    def _simplify(self, schema: dict[str, Any]) -> None:
        before: dict[str, Any] = {}
        while before != schema:  # what was unwrapped may leave room for the next, and holds fewer branches
            before = dict(schema)
            self._simplify_branches(schema)

    def _simplify_branches(self, schema: dict[str, Any]) -> None:
        if "anyOf" in schema:
            flat = [inner for branch in schema["anyOf"] for inner in _flattened(branch)]
            schema["anyOf"] = self._folded_enums(flat)
        elif "oneOf" in schema and _disjoint_enums(schema["oneOf"]):
            schema["oneOf"] = self._folded_enums(schema["oneOf"])
        if "allOf" in schema:
            schema["allOf"] = _widened([branch for branch in schema["allOf"] if branch != {}])
            if not schema["allOf"]:
                del schema["allOf"]
        for key in ("allOf", "anyOf", "oneOf"):
            if key in schema:
                schema[key] = _distinct(schema[key])
                _unwrap(schema, key)

    def _folded_enums(self, branches: list[Any]) -> list[Any]:
        """Return *branches* with enums of one type made one, in the rendering also those behind refs."""
        others = [branch for branch in branches if branch != _NULL]
        if self._rendered and len(others) > 1:
            behind = [self._behind(branch, self._rendered) for branch in others]
            if all(_is_enum(branch) for branch in behind):
                branches = [*behind, *(branch for branch in branches if branch == _NULL)]
        folded: dict[str, dict[str, Any]] = {}
        result = []
        for branch in branches:
            if not _is_enum(branch):
                result.append(branch)
                continue
            first = folded.get(json_text(branch["type"]))
            if first is None:
                first = folded[json_text(branch["type"])] = {**branch, "enum": []}
                result.append(first)
            first["enum"] = _distinct([*first["enum"], *branch["enum"]])
        return result

    def _behind(self, branch: Any, resolve: Resolve) -> Any:
        if _is_reference(branch):
            return self.put(resolve(branch["$ref"]), "schema", branch["$ref"])
        return branch


def _plain_numbers(value: Any) -> Any:
    """Return *value* with whole numbers as integers: to JSON Schema 1.0 and 1 are the same."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    if isinstance(value, list):
        return [_plain_numbers(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain_numbers(item) for key, item in value.items()}
    return value


def _take_nullable(schema: dict[str, Any], where: str) -> bool:
    """Remove `nullable` from *schema* and from where it speaks for it; say whether null is allowed.

    A member of an `allOf` that says `nullable` speaks for the whole: so did upstream translate its own.
    A branch of `anyOf` or `oneOf` that says nothing else is the null branch.
    """
    nullable = schema.pop("nullable", False)
    if not isinstance(nullable, bool):
        raise Refusal(f"{where}/nullable is {shorten(nullable, 40)} where true or false is expected.")
    if isinstance(schema.get("allOf"), list):
        members = schema["allOf"]
        nullable = nullable or any(isinstance(m, dict) and m.get("nullable") is True for m in members)
        schema["allOf"] = [
            {k: v for k, v in m.items() if k != "nullable"} if isinstance(m, dict) else m for m in members
        ]
    for key in ("anyOf", "oneOf"):
        if isinstance(schema.get(key), list):
            schema[key] = [_NULL if _says_only_nullable(branch) else branch for branch in schema[key]]
    return nullable


def _says_only_nullable(branch: Any) -> bool:
    return (
        isinstance(branch, dict)
        and branch.get("nullable") is True
        and not (branch.keys() & _KEPT) - {"nullable"} - _ANNOTATIONS
    )


def _with_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return *schema*, accepting null as well."""
    assertions = {key: value for key, value in schema.items() if key not in _ANNOTATIONS}
    notes = {key: value for key, value in schema.items() if key in _ANNOTATIONS}
    if not assertions:
        return schema
    if assertions.keys() == {"allOf"}:
        _unwrap(assertions, "allOf")
    compound = assertions.keys() & {"$ref", "allOf", "anyOf", "oneOf", "not", "if"}
    if not compound and assertions.keys() & {"type", "enum"}:
        result = dict(schema)
        if "type" in result:
            types = result["type"] if isinstance(result["type"], list) else [result["type"]]
            result["type"] = types if "null" in types else [*types, "null"]
        if "enum" in result and None not in result["enum"]:
            result["enum"] = [*result["enum"], None]
        return result
    branches = assertions["anyOf"] if assertions.keys() == {"anyOf"} else [assertions]
    return {"anyOf": [*branches, _NULL], **notes}


def _plain_bounds(schema: dict[str, Any]) -> None:
    """Replace the booleans of older drafts: `exclusiveMinimum: true` says how `minimum` is meant."""
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(exclusive), bool):
            strict = schema.pop(exclusive)
            if strict and bound in schema:
                schema[exclusive] = schema.pop(bound)


def _plain_enum(schema: dict[str, Any], where: str) -> None:
    """Write both as an enum: `const` is an enum of one; the rendering's `{value: x}` is x."""
    if "const" in schema:
        value = schema.pop("const")
        if "enum" not in schema or value in schema["enum"]:
            schema["enum"] = [value]
        else:
            raise Refusal(f"{where}/const is {shorten(value, 40)}, which is not in the enum beside it.")
    if "enum" not in schema:
        return
    values = schema["enum"]
    if values and all(isinstance(value, dict) and "value" in value for value in values):
        values = [value["value"] for value in values]
    schema["enum"] = _distinct(values)


def _plain_type(schema: dict[str, Any], where: str) -> None:
    if "type" not in schema:
        return
    given = schema["type"]
    types = ["null" if item is None else item for item in given] if isinstance(given, list) else [given]
    for item in types:
        if not isinstance(item, str) or item not in TYPES:
            raise Refusal(f"{where}/type is {shorten(item, 40)}: one of {', '.join(sorted(TYPES))} is expected.")
    types = _distinct(types)
    if not types:
        raise Refusal(f"{where}/type is an empty list, which no value can satisfy.")
    schema["type"] = types[0] if len(types) == 1 else types


def _plain_lists(schema: dict[str, Any], where: str) -> None:
    """Make sure of what is read as a list or mapping further on; require names once; drop extensions."""
    if "enum" in schema and not (isinstance(schema["enum"], list) and schema["enum"]):
        raise Refusal(f"{where}/enum is {shorten(schema['enum'], 40)} where a list of values is expected.")
    if isinstance(schema.get("required"), list):
        schema["required"] = _distinct(schema["required"])
    if "discriminator" in schema:
        given = expect_mapping(schema["discriminator"], "discriminator", f"{where}/discriminator")
        schema["discriminator"] = {k: v for k, v in given.items() if k in {"propertyName", "mapping"}}


def _check_meaning(schema: Any, where: str) -> None:
    """Refuse what the metaschema of JSON Schema 2020-12 refuses, and patterns that do not compile."""
    try:
        jsonschema_rs.meta.validate(schema)
    except jsonschema_rs.ValidationError as error:
        place = "".join(f"/{escape(str(key))}" for key in error.instance_path)
        raise Refusal(f"{where}{place} is no JSON Schema: {shorten(error.message, 120)}.") from None
    for node, _, place in objects(schema, "schema", where):
        if not jsonschema_rs.is_valid({"format": "regex"}, node.get("pattern"), validate_formats=True):
            raise Refusal(f"{place}/pattern is {shorten(node['pattern'])}, which is no regular expression.")


def _is_enum(branch: Any) -> bool:
    return isinstance(branch, dict) and branch.keys() == {"type", "enum"}


def _disjoint_enums(branches: list[Any]) -> bool:
    values = [json_text(value) for branch in branches if _is_enum(branch) for value in branch["enum"]]
    return len(values) == len(set(values))


def _widened(members: list[Any]) -> list[Any]:
    """Return *members* of an `allOf` without references that another member takes up among its branches.

    Upstream's tool writes a field that once took X and now takes X or Y as "X, and (X or Y)", which would
    still be X alone; the same field stands elsewhere in the same documents as "X or Y".
    """
    unions = [m["anyOf"] for m in members if isinstance(m, dict) and m.keys() == {"anyOf"}]
    return [m for m in members if not (_is_reference(m) and any(m in union for union in unions))]


def _is_reference(branch: Any) -> bool:
    return isinstance(branch, dict) and branch.keys() == {"$ref"}


def _flattened(branch: Any) -> list[Any]:
    if isinstance(branch, dict) and branch.keys() == {"anyOf"}:
        inner: list[Any] = branch["anyOf"]
        return inner
    return [branch]


def _distinct(values: list[Any]) -> list[Any]:
    """Return *values* without those that say the same as one before them."""
    return list({json_text(canonical_schema(value)): value for value in reversed(values)}.values())[::-1]


def _unwrap(schema: dict[str, Any], key: str) -> None:
    """Put the only branch under *key* in the schema itself, where that cannot change the meaning.

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
