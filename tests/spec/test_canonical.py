"""One spelling for every document: rewording and reordering never move the pin."""

import random
from typing import Any

import jsonschema_rs
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.canonical import canonical, digest, dump
from spec.load import parse_tree
from spec.normalize_schema import plain_schema
from spec.openapi_objects import map_children
from spec.source import Source
from update_spec import make_pin
from upstream import DOCUMENTS

UPSTREAM = {path.stem: parse_tree(path.read_bytes(), path.name) for path in sorted(DOCUMENTS.glob("*.yaml"))}


def pin_of(tree: Any) -> bytes:
    """Return the pin of *tree*, with all its operations."""
    return make_pin(Source(dump(tree).encode(), "upstream.yaml"), ["*"]).text


def shuffled(node: Any, rng: random.Random) -> Any:
    """*node* with its keys in another order."""
    if isinstance(node, dict):
        keys = list(node)
        rng.shuffle(keys)
        return {key: shuffled(node[key], rng) for key in keys}
    return [shuffled(item, rng) for item in node] if isinstance(node, list) else node


def reworded(node: Any, kind: str, rng: random.Random) -> Any:
    """*node*, an object of *kind*, with other words, and its unordered lists in another order."""
    if not isinstance(node, dict):
        return node
    result = map_children(node, kind, "", lambda child, child_kind, _: reworded(child, child_kind, rng))
    words = {
        "schema",
        "operation",
        "parameter",
        "response",
        "requestBody",
        "info",
        "server",
        "securityScheme",
    }
    if kind in words and "$ref" not in node:
        result["description"] = f"words {rng.random()}"
        result["x-extension"] = {"$ref": "nowhere"}
    for key in ("enum", "required", "type", "anyOf", "oneOf", "allOf", "parameters"):
        if isinstance(result.get(key), list):
            result[key] = rng.sample(result[key], len(result[key]))
    return result


@pytest.mark.parametrize("name", UPSTREAM)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_rewording_and_reordering_never_move_the_pin(name: str, seed: int) -> None:
    """Other words, other extensions, and another order of keys, values, branches and parameters: the same pin."""
    rng = random.Random(seed)
    tree = UPSTREAM[name]
    assert pin_of(tree) == pin_of(shuffled(reworded(tree, "document", rng), rng))


@pytest.mark.parametrize("name", UPSTREAM)
def test_pin_of_a_pin_is_the_pin(name: str) -> None:
    """A pin is in canonical form already: the command changes nothing in it."""
    pin = pin_of(UPSTREAM[name])
    assert pin == pin_of(parse_tree(pin, "pin"))


@pytest.mark.parametrize("name", UPSTREAM)
def test_pin_moves_with_the_contract(name: str) -> None:
    """A bound, a name or a status more is another pin."""
    tree = UPSTREAM[name]
    operation = tree["paths"]["/embeddings"]["post"]
    more = {**operation, "responses": {**operation["responses"], "418": {"description": ""}}}
    assert pin_of(tree) != pin_of({**tree, "paths": {**tree["paths"], "/embeddings": {"post": more}}})


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
    """*branches* without repetitions: a published `oneOf` that repeats one is one of its types."""
    return list({dump(plain_schema(branch, "")): branch for branch in branches}.values())


@settings(max_examples=150, deadline=None)
@given(schema=schemas(), value=JSON)
def test_plain_schema_accepts_the_same_values(schema: Any, value: Any) -> None:
    """For a schema that is 2020-12 already, simplifying keeps every verdict."""
    assert jsonschema_rs.is_valid(schema, value) == jsonschema_rs.is_valid(plain_schema(schema, ""), value)


@settings(max_examples=100, deadline=None)
@given(schema=schemas())
def test_plain_schema_is_a_fixed_point(schema: Any) -> None:
    """Simplifying twice changes nothing more."""
    once = plain_schema(schema, "")
    assert once == plain_schema(once, "")


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12) | st.sampled_from(
    ["yes", "No", "on", "y", "~", "null", "1e3", "0o7", "0x1F", "1_000", "12:30:45", "2024-01-01", "<<", "=", ".5", "+.5", "-", "?", "a: b", "# a", "a #b", " a", "a ", "", "\u2028", "\x85"]
)  # fmt: skip


@given(tree=st.dictionaries(TEXT, st.lists(TEXT | st.integers() | st.floats(allow_nan=False, allow_infinity=False))))
def test_dumped_text_reads_back_in_both_versions_of_yaml(tree: Any) -> None:
    """What is written comes back equal from a YAML 1.1 reader and from our 1.2 reader."""
    text = dump(tree, "a comment")
    assert tree == yaml.safe_load(text)
    assert tree == parse_tree(text.encode(), "text")
    assert text.startswith("# a comment\n")
    assert text.endswith("\n")


def test_shared_parts_are_written_out() -> None:
    """An object that is used twice is written twice: the pin has no anchors."""
    shared = {"type": "string"}
    assert dump({"a": shared, "b": shared}) == "a:\n  type: string\nb:\n  type: string\n"


def test_order_people_expect() -> None:
    """Documents begin with what they are; methods, enums, branches and parameters have one order."""
    tree = {
        "paths": {"/b": {"post": {}, "get": {}}, "/a": {}},
        "components": {
            "parameters": {"Z": {"in": "header", "name": "z"}},
            "schemas": {
                "S": {
                    "type": ["null", "string"],
                    "enum": [None, "b", 10, 9, "a"],
                    "anyOf": [{"type": "null"}, {"type": "string", "minLength": 1}, {"type": "array"}],
                    "prefixItems": [{"type": "string"}, {}],
                }
            },
        },
        "openapi": "3.1.0",
    }
    result = canonical(tree)
    assert list(result) == ["openapi", "paths", "components"]
    assert list(result["paths"]) == ["/a", "/b"]
    assert list(result["paths"]["/b"]) == ["get", "post"]
    schema = result["components"]["schemas"]["S"]
    assert schema["type"] == ["string", "null"]
    assert schema["enum"] == [9, 10, "a", "b", None]
    assert [branch["type"] for branch in schema["anyOf"]] == ["array", "string", "null"]
    assert schema["prefixItems"] == [{"type": "string"}, {}]


def test_digest_is_of_bytes_or_of_meaning() -> None:
    """Bytes have the digest of themselves; trees have one that the order of keys does not change."""
    assert digest(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 1, "b": 3})
