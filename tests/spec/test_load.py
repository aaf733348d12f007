"""Bytes become a plain tree as YAML 1.2 and JSON read them, or one sentence."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.errors import InputError
from spec.load import parse_document, parse_tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("2024-01-01", "2024-01-01"), ("12:30:45", "12:30:45"),
        ("1_000", "1_000"), ("'1'", "1"), ('"true"', "true"), ("!!str 1", "1"), ("! 1", "1"), ("=", "="),
        ("true", True), ("False", False), ("null", None), ("~", None), ("", None),
        ("010", 10), ("0o10", 8), ("0x10", 16), ("+1", 1), ("-0", 0), ("1e3", 1000.0), (".5", 0.5), ("1.", 1.0),
        ("3.1.0", "3.1.0"), ("1e", "1e"), ("+", "+"), ("-.inf.", "-.inf."),
    ],
)  # fmt: skip
def test_scalars_are_read_as_yaml_1_2(text: str, value: Any) -> None:
    """Words and dates stay text; numbers, booleans and null are those of YAML's core schema."""
    assert parse_tree(f"a: {text}\n".encode(), "x") == {"a": value}
    assert type(parse_tree(f"a: {text}\n".encode(), "x")["a"]) is type(value)


def test_keys_are_text() -> None:
    """A status code written as a number is text; so are words that older YAML takes for booleans."""
    assert parse_tree(b"200: a\nno: b\n'404': c\n0200: d\n", "x") == {"200": "a", "no": "b", "404": "c", "0200": "d"}


def test_status_given_twice_is_refused() -> None:
    """200 and '200' are one status."""
    with pytest.raises(InputError, match="line 2, column 1: the key '200' stands twice"):
        parse_tree(b"200: a\n'200': b\n", "x")


@pytest.mark.parametrize(
    "text", ['{"a": [1, null]}', "{a: [1, null]}", "\ufeff{'a': [1, ~]}", "a:\n- 1\n-\n...", " {a: [1,]} "]
)
def test_flow_and_block_are_the_same(text: str) -> None:
    """A document may be JSON, YAML in JSON's look with or without a byte order mark, or block YAML."""
    expected = {"a": [1] if "1,]" in text else [1, None]}
    assert parse_tree(text.encode(), "x") == expected


@given(raw=st.binary(max_size=60) | st.text("{}[]:-,&*!|>'\"#%@`?~ \nabc01.", max_size=40).map(str.encode))
def test_any_bytes_are_a_tree_or_one_sentence(raw: bytes) -> None:
    """Nothing but a InputError comes of bytes that are no document."""
    with contextlib.suppress(InputError):
        parse_tree(raw, "x")


def test_versions_of_openapi() -> None:
    """3.0 and 3.1 are read, whether the version is quoted or not."""
    for version in ("3.1.0", "3.0.3", "3.1", "'3.1'", "3.1.1"):
        assert "openapi" in parse_document(f"openapi: {version}\n".encode(), "x")
    with pytest.raises(InputError, match=r"OpenAPI '3\.2\.0': version 3\.0 or 3\.1 is expected"):
        parse_document(b"openapi: 3.2.0\n", "x")


def test_values_are_counted_while_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document of too many values is refused before it is read to the end, where it is not even YAML."""
    monkeypatch.setattr("spec.yaml_reader.MAX_NODES", 100)
    assert parse_tree(b"- a\n" * 99, "x") == ["a"] * 99
    with pytest.raises(InputError, match="expands to more than 100 values"):
        parse_tree(b"- a\n" * 100 + b"}", "x")


def test_a_key_doubled_in_json_is_named() -> None:
    """Wherever the second one stands."""
    with pytest.raises(InputError, match="x has the key 'k9' twice in one mapping: keep one"):
        parse_tree(b"{" + b",".join(b'"k%d": 1' % n for n in range(10)) + b', "k9": 2}', "x")
