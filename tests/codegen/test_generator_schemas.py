"""Schemas in the generator's form: what it gets for each thing that can be written in several ways."""

import copy
from typing import Any

import pytest

from codegen.workaround_rules import generator_form
from schemas_at import validator


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "default": "a"}, {"type": "string"}),
        ({"type": "string", "enum": ["a"]}, {"type": "string", "const": "a"}),
        ({"enum": [1, 2]}, {"type": "integer", "not": {"not": {"enum": [1, 2]}}}),
        ({"const": 1.5}, {"type": "number", "not": {"not": {"enum": [1.5]}}}),
        ({"enum": ["a", 1, None]}, {"type": ["integer", "string", "null"], "not": {"not": {"enum": ["a", 1, None]}}}),
        ({"type": ["string", "null"], "enum": ["a", "b"]}, {"type": "string", "enum": ["a", "b"]}),
        (
            {"type": ["string", "null"], "enum": ["a", "b", None], "description": "d"},
            {"description": "d", "anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "null"}]},
        ),
        (
            {"type": ["object", "null"], "title": "T", "properties": {"a": True}},
            {"anyOf": [{"type": "object", "title": "T", "properties": {"a": {}}}, {"type": "null"}]},
        ),
        (
            {"anyOf": [{"type": "number"}, {"anyOf": [{"type": "string"}, {"type": "number"}]}]},
            {"anyOf": [{"type": "number"}, {"type": "string"}]},
        ),
        ({"type": "array"}, {"type": "array", "items": {}}),
        ({"anyOf": [True, False]}, {"anyOf": [{}, {"not": {}}]}),
        (
            {"enum": ["a-b", "a_b", ""]},
            {"enum": ["a-b", "a_b", ""], "x-enum-varnames": ["A_B", "A_B_2_1", "EMPTY"]},
        ),
    ],
)
def test_each_thing_is_written_one_way(schema: Any, expected: Any) -> None:
    """What the generator gets for each thing that can be written in several ways."""
    document: dict[str, Any] = {"components": {"schemas": {"X": {"type": "object", "properties": {"a": schema}}}}}
    generator_form(document, [()])
    assert document["components"]["schemas"]["X"]["properties"]["a"] == expected


def test_a_union_that_contains_itself_is_anything_to_the_generator() -> None:
    """It stays a union to a validator, behind a double negation."""
    union = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"$ref": "#/components/schemas/Json"}}]}
    document: dict[str, Any] = {"components": {"schemas": {"Json": copy.deepcopy(union)}}}
    generator_form(document, [()])
    assert document["components"]["schemas"]["Json"] == {"not": {"not": union}}
    check = validator(document, {"$ref": "#/components/schemas/Json"})
    assert check.is_valid([["a"], "b"])
    assert not check.is_valid([[1]])
