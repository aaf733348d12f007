"""Schemas as upstream has published them over time become plain JSON Schema, with the meaning their author had in mind."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.canonical import canonical_schema, dump
from spec.errors import InputError
from spec.normalize_schema import normalize_schema

REF = {"$ref": "#/components/schemas/X"}


NULL = {"type": "null"}


def normalized(schema: Any) -> Any:
    """Return a schema, normalized and in canonical order."""
    return canonical_schema(normalize_schema(schema, ""))


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
    assert normalized(given) == expected


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
    assert normalized(given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"allOf": [REF, {"description": "x"}]}, REF),
        ({"type": "object", "properties": {}, "required": [], "deprecated": False}, {"type": "object"}),
        ({"allOf": [{"description": "x"}, {}]}, {}),
        ({"allOf": [REF, {"anyOf": [REF, {"type": "array"}]}]}, {"anyOf": [{"type": "array"}, REF]}),
        ({"allOf": [REF, {"oneOf": [REF, {}]}]}, {"allOf": [REF, {"oneOf": [{}, REF]}]}),
        ({"allOf": [REF], "type": "object"}, {"allOf": [REF], "type": "object"}),
        ({"allOf": [{"type": "string"}, {"anyOf": [{"type": "string"}, NULL]}]}, {"type": "string"}),
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
    assert normalized(given) == expected


def test_prose_is_dropped_by_place() -> None:
    """Descriptions of a schema go; properties of the same names, and values that hold them, stay."""
    schema = {
        "title": "T", "description": "D", "example": 1, "examples": [1], "externalDocs": {}, "x-y": 1,
        "$comment": "c", "type": "object",
        "properties": {
            "title": {"type": "string", "title": "T"}, "description": {"type": "string"},
            "example": {}, "x-y": {}, "nullable": {"type": "boolean"}, "enum": {"enum": [{"b": 1, "a": 2}]},
        },
        "default": {"description": "kept", "x-y": 1},
    }  # fmt: skip
    assert normalized(schema) == {
        "type": "object",
        "properties": {
            "title": {"type": "string"}, "description": {"type": "string"}, "example": {}, "x-y": {},
            "nullable": {"type": "boolean"}, "enum": {"enum": [{"b": 1, "a": 2}]},
        },
        "default": {"description": "kept", "x-y": 1},
    }  # fmt: skip


def test_whole_numbers_are_integers() -> None:
    """1.0 and 1 are the same number to JSON Schema, and the same text in the pin."""
    assert normalized({"type": "number", "minimum": 1.0, "default": 2.0, "enum": [3.0, 3.5]}) == {
        "type": "number",
        "minimum": 1,
        "default": 2,
        "enum": [3, 3.5],
    }
    assert repr(normalized({"minimum": 1.0})["minimum"]) == "1"


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
    with pytest.raises(InputError, match=r"/properties/a"):
        normalize_schema({"properties": {"a": schema}}, "")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 2.0, "", "a", "no", "1e3"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


TYPES = ["array", "boolean", "integer", "null", "number", "object", "string"]


@st.composite
def schemas(draw: st.DrawFn, depth: int = 2) -> Any:
    """Draw a schema of JSON Schema 2020-12 over a few values and names."""
    keys = ["type", "enum", "const", "minimum", "minLength", "required", "description", "default"]
    deeper = ["properties", "additionalProperties", "items", "anyOf", "oneOf", "allOf", "not"] if depth else []
    inner = schemas(depth - 1) if depth else st.nothing()
    branches = st.lists(inner, min_size=1, max_size=3)
    values: dict[str, st.SearchStrategy[Any]] = {
        "type": st.sampled_from(TYPES) | st.lists(st.sampled_from(TYPES), min_size=1, max_size=3, unique=True),
        "enum": st.lists(JSON, min_size=1, max_size=3),
        "const": JSON,
        "minimum": st.integers(-2, 2),
        "minLength": st.integers(0, 2),
        "required": st.lists(st.sampled_from("abc"), max_size=2, unique=True),
        "description": st.just("words"),
        "default": JSON,
        "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
        "additionalProperties": inner | st.booleans(),
        "items": inner,
        "anyOf": branches,
        "oneOf": branches.map(_distinct_branches),
        "allOf": branches,
        "not": inner,
    }
    chosen = draw(st.lists(st.sampled_from(keys + deeper), max_size=4, unique=True))
    if "enum" in chosen and "const" in chosen:
        chosen.remove("const")
    return {key: draw(values[key]) for key in chosen}


def _distinct_branches(branches: list[Any]) -> list[Any]:
    """Return branches without repetitions: a published `oneOf` that repeats one is one of its types."""
    return list({dump(normalize_schema(branch, "")): branch for branch in branches}.values())


@settings(max_examples=150, deadline=None)
@given(schema=schemas(), value=JSON)
def test_normalizing_a_schema_accepts_the_same_values(schema: Any, value: Any) -> None:
    """For a schema that is 2020-12 already, simplifying changes nothing in what is valid."""
    assert jsonschema_rs.is_valid(schema, value) == jsonschema_rs.is_valid(normalize_schema(schema, ""), value)


@settings(max_examples=100, deadline=None)
@given(schema=schemas())
def test_normalizing_a_schema_is_a_fixed_point(schema: Any) -> None:
    """Simplifying twice changes nothing more."""
    once = normalize_schema(schema, "")
    assert once == normalize_schema(once, "")


@pytest.mark.parametrize("pattern", ["(", "(a){1,100000}", "\\p{Foo}", "a{100000}{1000}", "(?=a)*"])
@pytest.mark.parametrize("place", ["pattern", "patternProperties"])
def test_pattern_that_no_validator_compiles_is_refused(place: str, pattern: str) -> None:
    """A pattern is refused by place, whether its syntax is wrong or the validator cannot use it."""
    schema: dict[str, Any] = {"pattern": pattern} if place == "pattern" else {"patternProperties": {pattern: {}}}
    with pytest.raises(InputError, match=r"no regular expression|no JSON Schema"):
        normalize_schema(schema, "/x")
