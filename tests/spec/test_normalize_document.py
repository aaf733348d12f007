"""Each dialect's idioms become plain JSON Schema, with the meaning their author had in mind."""

from typing import Any

import jsonschema_rs
import pytest

from spec.canonical import canonical_schema
from spec.errors import Refusal
from spec.normalize_document import is_docs_rendering, normalise
from spec.normalize_schema import plain_schema

REF = {"$ref": "#/components/schemas/X"}
NULL = {"type": "null"}


def plain(schema: Any) -> Any:
    """Return *schema* in plain and canonical form."""
    return canonical_schema(plain_schema(schema, ""))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "nullable": False}, {"type": "string"}),
        ({"type": ["string"], "nullable": True}, {"type": ["string", "null"]}),
        ({"type": ["string", "null"], "nullable": True}, {"type": ["string", "null"]}),
        (
            {"type": "string", "enum": ["b", "a"], "nullable": True},
            {"enum": ["a", "b", None], "type": ["string", "null"]},
        ),
        ({"type": ["string", "null"], "enum": ["a"]}, {"type": ["string", "null"], "enum": ["a"]}),
        ({**REF, "nullable": True}, {"anyOf": [REF, NULL]}),
        ({"allOf": [REF], "nullable": True}, {"anyOf": [REF, NULL]}),
        ({"allOf": [REF, {"nullable": True}]}, {"anyOf": [REF, NULL]}),
        ({"allOf": [REF, {"nullable": True, "description": "x"}], "default": None},
         {"anyOf": [REF, NULL], "default": None}),
        ({"allOf": [REF], "default": "a", "nullable": True}, {"anyOf": [REF, NULL], "default": "a"}),
        (
            {"allOf": [REF, {"type": "object", "nullable": True, "properties": {"a": {}}}]},
            {"anyOf": [{"allOf": [REF, {"type": "object", "properties": {"a": {}}}]}, NULL]},
        ),
        ({"anyOf": [REF, {"type": "string"}], "nullable": True}, {"anyOf": [{"type": "string"}, REF, NULL]}),
        ({"oneOf": [REF, {"type": "string"}], "nullable": True},
         {"anyOf": [{"oneOf": [{"type": "string"}, REF]}, NULL]}),
        ({"anyOf": [REF, {"nullable": True}]}, {"anyOf": [REF, NULL]}),
        ({"oneOf": [REF, {"nullable": True, "description": "none"}]}, {"oneOf": [REF, NULL]}),
        ({"nullable": True}, {}),
        ({"type": "object", "additionalProperties": {"nullable": True}},
         {"type": "object", "additionalProperties": {}}),
    ],
)  # fmt: skip
def test_nullable_becomes_a_null_type(given: Any, expected: Any) -> None:
    """3.0's `nullable` is written as 2020-12 writes it, wherever it stands and whatever stands beside it."""
    assert plain(given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"minimum": 0, "exclusiveMinimum": True}, {"exclusiveMinimum": 0}),
        ({"minimum": 0, "exclusiveMinimum": False}, {"minimum": 0}),
        ({"maximum": 9.0, "exclusiveMaximum": True}, {"exclusiveMaximum": 9}),
        ({"exclusiveMinimum": True}, {}),
        ({"exclusiveMinimum": 3}, {"exclusiveMinimum": 3}),
    ],
)
def test_boolean_bounds_become_numbers(given: Any, expected: Any) -> None:
    """The boolean `exclusiveMinimum` of older drafts makes the bound beside it exclusive."""
    assert plain(given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"allOf": [REF, {"description": "x"}]}, REF),
        ({"type": "object", "properties": {}, "required": [], "deprecated": False}, {"type": "object"}),
        ({"allOf": [{"description": "x"}, {}]}, {}),
        ({"allOf": [REF, {"anyOf": [REF, {"type": "array"}]}]}, {"anyOf": [{"type": "array"}, REF]}),
        ({"allOf": [REF, {"oneOf": [REF, {}]}]}, {"allOf": [REF, {"oneOf": [{}, REF]}]}),
        ({"allOf": [REF], "type": "object"}, {"allOf": [REF], "type": "object"}),
        ({"allOf": [{"minLength": 1}], "type": "string"}, {"minLength": 1, "type": "string"}),
        (
            {"allOf": [{"additionalProperties": False}], "properties": {"a": {}}},
            {"allOf": [{"additionalProperties": False}], "properties": {"a": {}}},
        ),
        ({"anyOf": [{"type": "string"}, {"type": "string", "description": "x"}]}, {"type": "string"}),
        (
            {"oneOf": [{"type": "number"}, {"type": "string"}, {"type": "number"}]},
            {"oneOf": [{"type": "number"}, {"type": "string"}]},
        ),
        (
            {"anyOf": [{"type": "string", "enum": ["b"]}, NULL, {"type": "string", "enum": ["a"]}]},
            {"anyOf": [{"enum": ["a", "b"], "type": "string"}, NULL]},
        ),
        (
            {"oneOf": [{"type": "string", "const": "b"}, {"type": "string", "const": "a"}]},
            {"enum": ["a", "b"], "type": "string"},
        ),
        (
            {"oneOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "string", "enum": ["b"]}]},
            {"oneOf": [{"type": "string", "enum": ["b"]}, {"type": "string", "enum": ["a", "b"]}]},
        ),
        ({"anyOf": [{"anyOf": [REF, NULL]}, {"type": "string"}]}, {"anyOf": [{"type": "string"}, REF, NULL]}),
    ],
)
def test_branches_that_say_nothing_new_are_gone(given: Any, expected: Any) -> None:
    """Empty, single and repeated branches disappear; those that could change the meaning stay."""
    assert plain(given) == expected


def test_prose_is_dropped_by_place() -> None:
    """Words about a schema go; properties that bear the same names, and values that hold them, stay."""
    schema = {
        "title": "T", "description": "D", "example": 1, "examples": [1], "externalDocs": {}, "x-y": 1,
        "$comment": "c", "type": "object",
        "properties": {
            "title": {"type": "string", "title": "T"}, "description": {"type": "string"},
            "example": {}, "x-y": {}, "nullable": {"type": "boolean"}, "enum": {"enum": [{"b": 1, "a": 2}]},
        },
        "default": {"description": "kept", "x-y": 1},
    }  # fmt: skip
    assert plain(schema) == {
        "type": "object",
        "properties": {
            "title": {"type": "string"}, "description": {"type": "string"}, "example": {}, "x-y": {},
            "nullable": {"type": "boolean"}, "enum": {"enum": [{"b": 1, "a": 2}]},
        },
        "default": {"description": "kept", "x-y": 1},
    }  # fmt: skip


def test_whole_numbers_are_integers() -> None:
    """1.0 and 1 are the same number to JSON Schema, and the same text in the pin."""
    assert plain({"type": "number", "minimum": 1.0, "default": 2.0, "enum": [3.0, 3.5]}) == {
        "type": "number",
        "minimum": 1,
        "default": 2,
        "enum": [3, 3.5],
    }
    assert repr(plain({"minimum": 1.0})["minimum"]) == "1"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "file"},
        {"type": None},
        {"type": []},
        {"minLength": "1"},
        {"required": "a"},
        {"properties": []},
        {"items": [{}]},
        {"enum": []},
        {"enum": "a"},
        {"pattern": "("},
        {"nullable": "yes"},
        {"$id": "https://example.com/"},
        {"$dynamicRef": "#a"},
        {"const": 1, "enum": [2]},
        {"allOf": {}},
        "string",
    ],
)
def test_what_is_no_schema_is_refused(schema: Any) -> None:
    """A value of the wrong shape in a schema's place is refused with its place."""
    with pytest.raises(Refusal, match=r"/properties/a"):
        plain_schema({"properties": {"a": schema}}, "")


def rendering(**schemas: Any) -> dict[str, Any]:
    """Return a document with the marks of the docs-site rendering, and *schemas*."""
    operation = {
        "operationId": "createEmbeddings",
        "tags": [["subpackage_api_keys"]],
        "parameters": [{"name": "Authorization", "in": "header", "required": True, "schema": {"type": "string"}}],
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}}},
        "responses": {"200": {"description": "x", "content": {}}},
    }  # fmt: skip
    return {
        "openapi": "3.1.1",
        "info": {"title": "T", "version": "endpoint_x"},
        "paths": {"/embeddings": {"post": operation}},
        "components": {"schemas": {"Body": {"type": "object", "required": ["input"]}, **schemas}},
    }


def test_rendering_becomes_a_plain_operation() -> None:
    """Nested tags, empty content, a key as a parameter and a missing `required` are put right."""
    document = normalise(rendering())
    assert document["paths"]["/embeddings"]["post"] == {
        "operationId": "createEmbeddings",
        "tags": ["Api Keys"],
        "requestBody": {
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}},
            "required": True,
        },
        "responses": {"200": {"description": ""}},
        "security": [{"apiKey": []}],
    }
    assert document["components"]["securitySchemes"] == {"apiKey": {"type": "http", "scheme": "bearer"}}
    assert document["servers"] == [{"url": "https://openrouter.ai/api/v1"}]


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (5, {"oneOf": [{"type": "number"}, {"type": "string"}, {"type": "number"}]}),
        ("a", {"oneOf": [{"type": "string", "enum": [{"value": "a"}]}, {"type": "string"}]}),
        ([], {"oneOf": [{"type": "array", "items": {"type": t}} for t in ("string", "number")]}),
    ],
)
def test_rendering_accepts_what_its_author_meant(value: Any, schema: Any) -> None:
    """Where the rendering's `oneOf` overlaps, a value that matches twice is accepted."""
    result = normalise(rendering(X=schema))["components"]["schemas"]["X"]
    assert jsonschema_rs.is_valid(result, value)


def test_enums_behind_references_are_one_in_the_rendering_only() -> None:
    """The rendering gave each constant a component; elsewhere a named enum keeps its name."""
    schemas = {
        "A": {"type": "string", "enum": [{"value": "a"}]},
        "B": {"type": "string", "enum": [{"value": "b"}]},
        "X": {"oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}]},
    }
    assert normalise(rendering(**schemas))["components"]["schemas"]["X"] == {
        "type": "string",
        "enum": ["a", "b"],
    }
    assert plain(schemas["X"]) == schemas["X"]


def test_authorization_parameter_gives_way_to_declared_security() -> None:
    """A document that says which key it wants keeps that, and the header parameter goes."""
    document = rendering() | {"security": [{"key": []}], "info": {"title": "T", "version": "1"}}
    document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "description": "x"}}
    operation = normalise(document)["paths"]["/embeddings"]["post"]
    assert "parameters" not in operation
    assert "security" not in operation


def test_marks_of_the_rendering_tell_it_apart() -> None:
    """Version, nested tags or wrapped enum values mark the rendering; a date or a `oneOf` does not."""
    document = rendering()
    assert is_docs_rendering(document)
    document["info"]["version"] = "1.0.0"
    assert is_docs_rendering(document)
    document["paths"]["/embeddings"]["post"]["tags"] = ["Embeddings"]
    assert not is_docs_rendering(document)
    document["components"]["schemas"]["X"] = {"enum": [{"value": "a"}]}
    assert is_docs_rendering(document)
