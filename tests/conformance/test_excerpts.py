"""Excerpts of bodies and values: short, and what is wrong with them stays visible."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_conformance import excerpts

_VECTOR = [0.0123, -0.045, *([0.5] * 1534)]


def _batch(*vectors: Any) -> bytes:
    items = [{"object": "embedding", "index": place, "embedding": one} for place, one in enumerate(vectors)]
    return json.dumps({"object": "list", "data": items, "model": "acme/m", "usage": None}).encode()


def test_a_vector_is_shown_by_its_first_numbers_and_its_length() -> None:
    """A vector takes a few characters, so that what stands after it is seen."""
    shown = excerpts.of_body(_batch(_VECTOR))
    assert '"embedding": [0.0123, -0.045, … 1536 numbers]}' in shown
    assert shown.endswith('"model": "acme/m", "usage": null}')


@pytest.mark.parametrize("odd", ["null", "NaN", '"0.5"', "1e999", "01"])
def test_what_is_no_number_in_a_vector_is_shown_with_its_place(odd: str) -> None:
    """The culprit among 1,536 numbers is named, wherever it stands."""
    body = _batch(_VECTOR).replace(b" 0.5,", f" {odd},".encode(), 1)
    assert f"[0.0123, -0.045, … 1536 numbers, but {odd} at 2]" in excerpts.of_body(body)


def test_base64_is_shown_by_its_ends_and_its_length() -> None:
    """The start, the length and the padding of a base64 vector are shown, and what does not belong there."""
    text = base64.b64encode(bytes(6145)).decode()
    shown = excerpts.of_body(_batch(text))
    assert f'"AAAAAAAAAA… {len(text)} characters of base64 …{text[-6:]}"' in shown
    assert ', but "*" at 5000 …' in excerpts.of_body(_batch(text[:5000] + "*" + text[5001:]))


def test_items_that_are_alike_are_counted_and_the_odd_one_is_shown() -> None:
    """In a batch of 300 the item that differs stays visible."""
    vectors = [_VECTOR] * 300
    vectors[200] = _VECTOR[:-1]
    shown = excerpts.of_body(_batch(*vectors))
    assert " … 199 more like it" in shown
    assert '"index": 200, "embedding": [0.0123, -0.045, … 1535 numbers]}' in shown
    assert " … 98 more like it" in shown
    assert '"usage": null' in shown


def test_an_item_that_a_finding_names_is_shown() -> None:
    """Among items of the same form the one at a named position stays visible."""
    shown = excerpts.of_body(_batch(*[_VECTOR] * 300), keep={150})
    assert '"index": 150' in shown
    assert '"index": 149' not in shown


def test_what_is_no_json_is_shown_around_the_fault() -> None:
    """A body that stops being JSON in its middle is shown there, not from its start alone."""
    body = _batch(*[[f"text {one}"] for one in range(200)]).replace(b'"text 100"', b"'text 100'")
    shown = excerpts.of_body(body)
    assert "['text 100']" in shown
    assert len(shown) < 450


def test_a_body_that_was_cut_off_shows_that_it_has_no_end() -> None:
    """A vector without its closing bracket is not shown as a whole one."""
    assert excerpts.of_body(_batch(_VECTOR)[:3000]).count("numbers, and no end") == 1


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"model":"caf\xe9"}', '{"model":"caf\\xe9"} (no UTF-8: byte 0xe9 at 13 of 16)'),
        (bytes(range(128, 160)), "base64 gIGCg4SFhoeIiYqLjI2Oj5CRkpOUlZaXmJmam5ydnp8= (32 bytes that are no UTF-8)"),
    ],
)
def test_what_is_no_utf_8_is_shown_as_text_with_the_byte_or_as_base64(body: bytes, shown: str) -> None:
    """Text with a wrong byte stays legible; anything else is base64, never octal."""
    assert excerpts.of_body(body) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        ({"limit": 0}, '{"limit": 0}'),
        ("it's", '"it\'s"'),
        (float("nan"), "NaN"),
        ("\x1b[31m\u202e", '"\\u001b[31m\\u202e"'),
        (_VECTOR, "[0.0123, -0.045, … 1536 numbers]"),
    ],
)
def test_values_are_spelled_as_json(value: Any, shown: str) -> None:
    """A value of a server is shown in the spelling of JSON, not of Python."""
    assert excerpts.of_value(value) == shown


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(), inner, max_size=8),
    max_leaves=60,
)


@given(st.one_of(st.binary(max_size=5000), _JSON.map(lambda value: json.dumps([value] * 9).encode())))
def test_excerpts_are_one_short_printable_line(body: bytes) -> None:
    """Whatever a server answers, it is shown as one line of bounded length that is safe to print."""
    line = excerpts.of_body(body)
    assert len(line) < 450
    assert line.isprintable()


@pytest.mark.parametrize(
    "text", ["[" * 200_000, '{"a":' * 50_000, '"' + "\\" * 200_001, "[1," * 50_000, "[" + "1," * 300_000]
)
def test_hostile_bodies_take_no_time(text: str) -> None:
    """Deep nesting and endless values are shown like anything else."""
    assert len(excerpts.of_body(text.encode())) < 450
