"""Bytes become a plain tree as YAML 1.2 and JSON read them, or one sentence."""

import contextlib
import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.canonical import json_text
from spec.errors import Refusal, shorten
from spec.load import parse_document, parse_tree
from spec.source import Limits, Source, read_source
from update_spec import make_pin
from upstream import PUBLISHED, published


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
    with pytest.raises(Refusal, match="line 2, column 1: the key '200' stands twice"):
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
    """Nothing but a Refusal comes of bytes that are no document."""
    with contextlib.suppress(Refusal):
        parse_tree(raw, "x")


JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 0.5, "", "x", "\0", '"""', "../../x", [], {}, [None], [[]], [{}], {"a": None}, {"$ref": 5},
     {"$ref": "#/components/schemas/Model"}, {"$ref": "#/components/responses/TooMany"}, {"allOf": []}, {"enum": [{}]},
     {"value": 1}, {"properties": []}, {"items": True}, {"in": "path"}, {"mapping": {}}, ["a", "a"], [["a"]]]
)  # fmt: skip
KEYWORDS = st.sampled_from(
    ["$ref", "allOf", "oneOf", "anyOf", "not", "nullable", "enum", "const", "type", "required", "discriminator",
     "parameters", "security", "content", "headers", "links", "callbacks", "tags", "servers", "schema", "flows",
     "default", "pattern", "properties", "items", "exclusiveMinimum", "operationId", "x-y"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_damage_gives_a_pin_or_one_sentence(data: st.DataObject) -> None:
    """A document damaged in any place is refused in one sentence, or has a pin that is its own pin."""
    tree = copy.deepcopy(published())
    for _ in range(data.draw(st.integers(1, 3))):
        holder: Any = tree
        while isinstance(holder, dict | list) and holder:
            below: list[Any] = sorted(holder) if isinstance(holder, dict) else list(range(len(holder)))
            place: Any = data.draw(st.sampled_from(below))
            inner: Any = holder[place]
            if not isinstance(inner, dict | list) or data.draw(st.integers(0, 3)) == 0:
                if isinstance(holder, dict) and data.draw(st.booleans()):
                    place = data.draw(KEYWORDS)
                holder[place] = copy.deepcopy(data.draw(JUNK))
                break
            holder = inner
    pin = None
    with contextlib.suppress(Refusal):  # one sentence by construction: see the last test here
        pin = make_pin(Source(json_text(tree).encode(), "x"), ["*"])
    assert pin is None or make_pin(Source(pin.text, "x"), ["*"]).text == pin.text


def test_versions_of_openapi() -> None:
    """3.0 and 3.1 are read, whether the version is quoted or not."""
    for version in ("3.1.0", "3.0.3", "3.1", "'3.1'", "3.1.1"):
        assert "openapi" in parse_document(f"openapi: {version}\n".encode(), "x")
    with pytest.raises(Refusal, match=r"OpenAPI '3\.2\.0': version 3\.0 or 3\.1 is expected"):
        parse_document(b"openapi: 3.2.0\n", "x")


def test_oversized_file_is_refused_unread(tmp_path: Path) -> None:
    """A file is read up to the ceiling and no further."""
    with pytest.raises(Refusal, match="larger than 10 bytes"):
        read_source(str(PUBLISHED), Limits(size=10))
    large = tmp_path / "large.yaml"
    with large.open("wb") as file:
        file.truncate(2**25 + 1)
    with pytest.raises(Refusal, match="larger than"):
        read_source(str(large))


def test_sentences_are_short_and_printable() -> None:
    """Whatever a sentence quotes, it stays on one line, short, and cannot command a terminal."""
    sentence = str(Refusal(f"a\nb\x1b[31m{'x' * 5000}\u202e"))
    assert sentence.startswith("a b [31mxxx")
    assert sentence.isprintable()
    assert len(sentence) == 600
    assert shorten("x" * 99, 10) == "'xxxxxxxx…"
