"""The documents OpenRouter published, of several dates: `pytest --documents DIR`."""

import itertools
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from spec.errors import InputError
from spec.load import parse_tree
from spec.openapi_objects import METHODS
from spec.pin import Pin, build_pin
from spec.source import Source, read_source

pytestmark = pytest.mark.documents

INPUTS = ["a", ["a", "b"], [1, 2], [9906.0], [[1, 2], [3]]]


@pytest.fixture(scope="module")
def pins(documents: Path) -> dict[str, Pin]:
    """Every document's pin, by file name."""
    result = {path.name: build_pin(read_source(str(path))) for path in _documents(documents)}
    assert result
    return result


def _documents(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.openapi.yaml"))


def body_schema(pin: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of the request body of `createEmbeddings`, with the components it refers to."""
    content = pin["paths"]["/embeddings"]["post"]["requestBody"]["content"]
    schema: dict[str, Any] = content["application/json"]["schema"]
    return {**schema, "components": pin.get("components", {})}


def test_every_document_gives_a_pin(pins: dict[str, Pin]) -> None:
    """Each has both operations under their own names, unless it never had the model list."""
    for pin in pins.values():
        names = {op["operationId"] for item in pin.tree["paths"].values() for op in item.values()}
        assert names | set(pin.choice.absent) == {"createEmbeddings", "listEmbeddingsModels"}
        assert "createEmbeddings" in names


def test_no_pin_shows_how_its_document_was_written(pins: dict[str, Pin]) -> None:
    """No pin holds `nullable`, a boolean bound, a word, an extension, or an example."""
    for name, pin in pins.items():
        text = pin.text.decode()
        for trace in (
            "nullable:",
            "exclusiveMinimum: true",
            "summary:",
            "x-",
            "example:",
            "allOf:\n",
            "value:",
        ):
            assert trace not in text.replace("max-", ""), f"{trace} in {name}"


def test_every_pin_accepts_what_the_api_accepts(pins: dict[str, Pin]) -> None:
    """The input forms, a known and an unknown provider, and prices as the API's guide gives them are valid."""
    for name, pin in pins.items():
        validator = jsonschema_rs.Draft202012Validator(body_schema(pin.tree))
        for given in INPUTS:
            assert validator.is_valid({"model": "m", "input": given}), (name, given)
        for order in (["OpenAI"], ["brand-new"], None):
            assert validator.is_valid({"model": "m", "input": "a", "provider": {"order": order}}), (
                name,
                order,
            )
        assert validator.is_valid({"model": "m", "input": "a", "provider": {"max_price": {"prompt": "1"}}}), name
        assert not validator.is_valid({"model": "m"}), name
        assert not validator.is_valid({"model": "m", "input": {}}), name
        assert not validator.is_valid({"model": "m", "input": "a", "encoding_format": "float64"}), name


def test_pin_of_a_pin_is_the_pin(pins: dict[str, Pin]) -> None:
    """Each pin is its own pin."""
    for name, pin in pins.items():
        again = build_pin(Source(pin.text, name), ["*"])
        assert pin.text == again.text, name


def test_whole_document_keeps_every_operation(documents: Path) -> None:
    """The newest document passes with all its operations, and the pin is the same each time."""
    newest = _documents(documents)[-1]
    raw = newest.read_bytes()
    pin = build_pin(Source(raw, newest.name), ["*"])
    counted = [(path, m) for path, item in parse_tree(raw, "x")["paths"].items() for m in METHODS if m in item]
    kept = [(path, m) for path, item in pin.tree["paths"].items() for m in item]
    assert sorted(counted) == sorted(kept)
    assert pin.text == build_pin(Source(raw, newest.name), ["*"]).text


def test_document_cut_short_is_never_taken_for_whole(documents: Path, pins: dict[str, Pin]) -> None:
    """Cut anywhere, between lines or inside one, a document is refused, or what was cut was not needed."""
    for path in _documents(documents):
        lines = path.read_bytes().splitlines(keepends=True)
        for part, inside in itertools.product(range(10), (b"", b"  x")):
            raw = b"".join(lines[: len(lines) * part // 10]) + inside
            try:
                cut = build_pin(Source(raw, path.name))
            except InputError:
                continue
            assert cut.tree == pins[path.name].tree, f"{path.name} cut at {part}/10"
