"""The schemas of a document as a sender keeps to them: references replaced, and nothing sent that is not declared.

A schema that does not mention `additionalProperties` accepts every property, and nobody who keeps to a contract sends
one that it does not declare. Read openly, a removed property would widen a request, and a new one narrow it: the
opposite of what callers meet. So both sides are read closed. What a document says itself (`additionalProperties: {}`)
stays.
"""

from __future__ import annotations

import copy
from typing import Any

from spec.errors import InputError, shorten
from spec.json_schema import ANNOTATIONS
from spec.openapi_objects import children, root_of
from spec.references import parse_reference, recursive_schemas

DEFINITIONS = "$defs"
CLOSED = "x-closed"
"""Marks a schema that refuses undeclared properties because it is read closed, not because the document says so."""

MAX_NODES = 100_000
"""Objects that a schema may have once its references are replaced; beyond, the rest stays references."""

MAX_DEPTH = 120
"""Levels that are compared; a published document has 24."""

ASSERTED_FORMATS = frozenset({
    "date", "date-time", "duration", "email", "hostname", "idn-email", "idn-hostname", "ipv4", "ipv6", "iri",
    "iri-reference", "json-pointer", "regex", "relative-json-pointer", "time", "uri", "uri-reference",
    "uri-template", "uuid",
})  # fmt: skip
"""The formats that a validator checks; others, such as `double`, say nothing about which JSON is accepted."""

NOTES = (ANNOTATIONS - {"default"}) | {
    "contentEncoding", "contentMediaType", "contentSchema", "discriminator", "externalDocs", "xml", "example",
    "examples",
}  # fmt: skip
_BRANCHES = ("allOf", "anyOf", "oneOf")
_CONDITIONS = ("if", "then", "else")
_COMPOSITION = frozenset({*_BRANCHES, *_CONDITIONS, "dependentSchemas"})
_DECLARES = frozenset({"properties", "patternProperties"})
_OPENED = ".open"
"""What ends the name of a definition that is read open, because others apply to the same value."""
_OPEN = frozenset({"additionalProperties", "unevaluatedProperties"})


def as_written(schema: Any) -> Any:
    """Return a schema that was read closed as the document has it: what is not mentioned is accepted."""
    if isinstance(schema, list):
        return [as_written(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    added = {CLOSED, *_OPEN} if CLOSED in schema else set()
    return {key: as_written(value) for key, value in schema.items() if key not in added}


class ClosedReading:
    """Reads the schemas of one document closed."""

    def __init__(self, document: dict[str, Any]) -> None:
        """Prepare for a document: a pin."""
        self._schemas: dict[str, Any] = document.get("components", {}).get("schemas", {})
        self._recursive = recursive_schemas(document)

    def read(self, schema: Any) -> Any:
        """Return a schema closed, without notes; what refers to itself stands under `$defs`.

        Raises:
            InputError: it nests too deep to be compared.

        """
        return _Unfolding(self._schemas, self._recursive).unfold(schema)


class _Unfolding:
    """One schema being read: what it has cost so far, and which references were left."""

    def __init__(self, schemas: dict[str, Any], recursive: set[str]) -> None:
        self._schemas = schemas
        self._recursive = recursive
        self._nodes = 0
        self._left: dict[str, Any] = {}

    def unfold(self, schema: Any) -> Any:
        result = self._read(schema, 0, top=True)
        pending = list(self._left)
        while pending:
            key = pending.pop()
            before = set(self._left)
            self._left[key] = self._read(self._schemas[key.removesuffix(_OPENED)], 0, top=not key.endswith(_OPENED))
            pending += self._left.keys() - before
        if self._left:
            result = {**(result if isinstance(result, dict) else {"allOf": [result]}), DEFINITIONS: self._left}
        return result

    def _read(self, schema: Any, depth: int, *, top: bool) -> Any:
        """Return a schema closed.

        Args:
            schema: the schema.
            depth: how many levels stand above it.
            top: whether nothing else applies to the same value, so that undeclared properties may be refused here.

        """
        if depth > MAX_DEPTH:
            raise InputError(f"the schema {shorten(schema, 60)} nests deeper than {MAX_DEPTH} levels: not compared.")
        if not isinstance(schema, dict):
            return schema
        self._nodes += 1
        if "$ref" in schema:
            return self._followed(schema, depth, top=top)
        own = {key: copy.copy(value) for key, value in schema.items() if key not in NOTES}
        if own.get("format") not in ASSERTED_FORMATS:
            own.pop("format", None)
        own = self._joined(own)
        composed = bool(own.keys() & _COMPOSITION)
        closes_here = top and composed and _applies_together(own)
        for child in children(root_of(own, "schema")):
            key = child.where.split("/")[1]
            below_top = top and not closes_here if key in _COMPOSITION else key != "not"
            child.holder[child.key] = self._read(child.node, depth + 1, top=below_top)
        if top and not own.keys() & _OPEN:
            if closes_here and self._declares(own):
                own |= {"unevaluatedProperties": False, CLOSED: True}
            elif not composed and own.keys() & _DECLARES:
                own |= {"additionalProperties": False, CLOSED: True}
        return own

    def _joined(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return a schema with the members of its `allOf` in it, where all of them only name properties."""
        members = [self._named(member) for member in schema.get("allOf", ())]
        rest = {key: value for key, value in schema.items() if key != "allOf"}
        if not members or not all(_names_properties(part) for part in [*members, rest]):
            return schema
        result: dict[str, Any] = {**rest, "type": "object"}
        for member in members:
            for name, held in member.get("properties", {}).items():
                known = result.setdefault("properties", {})
                known[name] = {"allOf": [known[name], held]} if known.get(name, held) != held else held
            result["required"] = list(dict.fromkeys([*result.get("required", ()), *member.get("required", ())]))
        return result

    def _named(self, member: Any) -> Any:
        """Return a member of an `allOf`, or what it refers to."""
        for _ in range(MAX_DEPTH):
            if not isinstance(member, dict) or member.keys() - NOTES != {"$ref"}:
                break
            name = parse_reference(member["$ref"], "schema", "").name
            if name in self._recursive or name not in self._schemas:
                break
            member = self._schemas[name]
        return member

    def _followed(self, schema: dict[str, Any], depth: int, *, top: bool) -> Any:
        """Return what a reference names, or the reference where following it would not end."""
        name = parse_reference(schema["$ref"], "schema", "").name
        beside = {key: value for key, value in schema.items() if key != "$ref" and key not in NOTES}
        if name not in self._schemas:
            raise InputError(f"{shorten(schema['$ref'])} names a component that the document does not have.")
        if beside:
            return self._read({"allOf": [{"$ref": schema["$ref"]}, beside]}, depth + 1, top=top)
        if name in self._recursive or self._nodes > MAX_NODES:
            key = name if top else f"{name}{_OPENED}"
            self._left.setdefault(key, True)
            return {"$ref": f"#/{DEFINITIONS}/{key}"}
        return self._read(self._schemas[name], depth + 1, top=top)

    def _declares(self, schema: Any, depth: int = 0) -> bool:
        """Tell whether a schema, or a member of it, declares properties."""
        if not isinstance(schema, dict) or depth > MAX_DEPTH:
            return False
        if schema.keys() & _DECLARES:
            return True
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[-1].removesuffix(_OPENED)
            return self._declares(self._schemas.get(name), depth + 1)
        members = [member for key in _BRANCHES for member in schema.get(key, ())]
        return any(self._declares(member, depth + 1) for member in members)


def _names_properties(schema: Any) -> bool:
    """Tell whether a schema says of objects which properties they have, and nothing else."""
    if not isinstance(schema, dict) or schema.get("type", "object") != "object":
        return False
    return not schema.keys() - NOTES - {"type", "properties", "required"}


def _applies_together(schema: dict[str, Any]) -> bool:
    """Tell whether several parts of a schema describe one value together, rather than one of them alone."""
    return bool("allOf" in schema or schema.keys() & {*_CONDITIONS, "dependentSchemas", *_DECLARES})
