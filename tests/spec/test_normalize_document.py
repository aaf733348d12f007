"""Documents as upstream has published them over time become plain OpenAPI 3.1, with the meaning their author had in mind."""

from typing import Any

import jsonschema_rs
import pytest

from spec.canonical import canonical_schema
from spec.normalize_document import is_docs_rendering, normalize_document
from spec.normalize_schema import normalize_schema


def rendering(**schemas: Any) -> dict[str, Any]:
    """Return a document with the marks of the docs-site rendering, and some schemas."""
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
    document = normalize_document(rendering())
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
    result = normalize_document(rendering(X=schema))["components"]["schemas"]["X"]
    assert jsonschema_rs.is_valid(result, value)


def test_enums_behind_references_are_one_in_the_rendering_only() -> None:
    """The rendering gave each constant a component; elsewhere a named enum keeps its name."""
    schemas = {
        "A": {"type": "string", "enum": [{"value": "a"}]},
        "B": {"type": "string", "enum": [{"value": "b"}]},
        "X": {"oneOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}]},
    }
    assert normalize_document(rendering(**schemas))["components"]["schemas"]["X"] == {
        "type": "string",
        "enum": ["a", "b"],
    }
    assert canonical_schema(normalize_schema(schemas["X"], "")) == schemas["X"]


def test_authorization_parameter_gives_way_to_declared_security() -> None:
    """A document that says which key it wants keeps that, and the header parameter goes."""
    document = rendering() | {"security": [{"key": []}], "info": {"title": "T", "version": "1"}}
    document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "description": "x"}}
    operation = normalize_document(document)["paths"]["/embeddings"]["post"]
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
