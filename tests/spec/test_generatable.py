"""What no whole client can be generated from is refused by name, by both commands."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import generate
from spec.errors import InputError
from spec.generatable import check_generatable
from spec.limits import MAX_BRANCHES, MAX_COMPONENTS, MAX_PROPERTIES, MAX_VALUES
from spec.pin import build_pin
from spec.source import Source
from upstream import minimal_document, run

Tree = dict[str, Any]
REF = "#/components/schemas/"


def document(schema: Tree | None = None, **schemas: Any) -> Tree:
    """Return a document of createEmbeddings with a body and components."""
    content = {"application/json": {"schema": schema or {"type": "object"}}}
    operation = {
        "operationId": "createEmbeddings",
        "requestBody": {"content": content},
        "responses": {"200": {"description": ""}},
    }
    return minimal_document({"/embeddings": {"post": operation}}, schemas=schemas)


def with_parameter(**parameter: Any) -> Tree:
    """Return a document whose operation takes one parameter."""
    tree = document()
    tree["paths"]["/embeddings"]["post"]["parameters"] = [{"name": "odd", **parameter}]
    return tree


COOKIE = with_parameter(**{"in": "cookie", "required": True, "schema": {"type": "string"}})
CONTENT = with_parameter(**{"in": "query", "required": True, "content": {"application/json": {"schema": {}}}})


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        (COOKIE, "requires the cookie 'odd'"),
        (CONTENT, "requires the query parameter 'odd', described by `content`"),
        (document({"type": "object", "x-vector": "'); import os"}), "x-vector is an extension"),
        (document({"$ref": f"{REF}No"}, No=False), "`false`, which no value satisfies"),
        (document({"$ref": "https://example.org/schema.json"}), "leaves the document"),
        (document({"$ref": f"{REF}A"}, A={"$ref": f"{REF}B"}, B={"$ref": f"{REF}A"}), "run in a circle"),
        (document({"type": "object", "properties": {'a"b': {}}}), "property name"),
    ],
)
def test_pin_from_elsewhere_is_refused_by_name(tree: Tree, words: str, tmp_path: Path, capsys: Any) -> None:
    """`generate.py --spec` says in one sentence what it cannot take, and writes nothing."""
    pin = tmp_path / "pin.yaml"
    pin.write_text(yaml.safe_dump(tree), "utf-8")
    assert generate.main(["--spec", str(pin), "--output", str(tmp_path / "out"), "--tolerate-misses"]) == 2
    error = capsys.readouterr().err.splitlines()
    assert len(error) == 1
    assert words in error[0]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("tree", [COOKIE, CONTENT])
def test_required_parameter_that_would_be_lost_is_refused_by_update_too(
    tree: Tree, tmp_path: Path, capsys: Any
) -> None:
    """`update_spec.py` names the parameter and writes nothing."""
    source = tmp_path / "source.json"
    source.write_text(json.dumps(tree), "utf-8")
    outcome = run(capsys, "--from", source, "--output", tmp_path / "openapi.yaml")
    assert outcome.code == 2
    assert "'odd'" in outcome.err[0]
    assert not (tmp_path / "openapi.yaml").exists()


def test_optional_parameter_of_the_kind_is_accepted() -> None:
    """A client that leaves out an optional cookie is whole."""
    check_generatable(with_parameter(**{"in": "cookie", "schema": {"type": "string"}}))


def test_circle_of_responses_is_refused() -> None:
    """Responses that refer to each other and to nothing else lead nowhere."""
    tree = document()
    tree["components"]["responses"] = {name: {"$ref": f"#/components/responses/{to}"} for name, to in ("AB", "BA")}
    tree["paths"]["/embeddings"]["post"]["responses"]["400"] = {"$ref": "#/components/responses/A"}
    with pytest.raises(InputError, match="leads only to itself"):
        check_generatable(tree)


def chain(link: Callable[[Tree], Tree]) -> Tree:
    """Return a document of 20,000 schemas, each linked to the next."""
    schemas = {f"C{n}": link({"$ref": f"{REF}C{n + 1}"}) for n in range(20_000)}
    return document({"$ref": f"{REF}C0"}, **schemas, C20000={"type": "string"})


ABUSE: dict[str, Tree] = {
    "a chain of 20,000 references": chain(lambda to: to),
    "a chain of 20,000 objects": chain(lambda to: {"type": "object", "properties": {"n": to}}),
    "20,000 branches": document({"anyOf": [{"type": "string", "minLength": n} for n in range(20_000)]}),
    "8,000 enumerations of one value": document({"anyOf": [{"enum": [f"v{n}"]} for n in range(8_000)]}),
    "100,000 values": document({"enum": [f"v{n}" for n in range(100_000)]}),
    "20,000 properties": document({"type": "object", "properties": {f"p{n}": {} for n in range(20_000)}}),
}


@pytest.mark.parametrize("name", ABUSE)
def test_oversized_slice_is_refused(name: str) -> None:
    """What no published document comes near is refused by number and place before anything is built from it."""
    raw = json.dumps(ABUSE[name]).encode()
    with pytest.raises(InputError, match="are accepted"):
        build_pin(Source(raw, "abuse"))


def test_ceilings_leave_room_for_what_is_published() -> None:
    """Each is more than twice what all 97 published operations reach: 769 schemas, 250 values, 50 branches."""
    assert MAX_COMPONENTS > 2 * 769
    assert MAX_VALUES > 2 * 250
    assert MAX_BRANCHES > 2 * 50
    assert MAX_PROPERTIES > 2 * 136
