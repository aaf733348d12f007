"""One order and one spelling for every document."""

from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from spec.canonical import canonical, digest, dump
from spec.load import parse_tree

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
