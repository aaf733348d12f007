"""The pin says what a document says, and nothing of how it says it; a damaged document has none."""

import contextlib
import copy
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.canonical import dump, json_text
from spec.errors import InputError
from spec.load import parse_tree
from spec.openapi_objects import root_of, walk
from spec.pin import build_pin
from spec.source import Source
from upstream import DOCUMENTS, published

UPSTREAM = {path.stem: parse_tree(path.read_bytes(), path.name) for path in sorted(DOCUMENTS.glob("*.yaml"))}


def pin_of(tree: Any) -> bytes:
    """Return the pin of a document, with all its operations."""
    return build_pin(Source(dump(tree).encode(), "upstream.yaml"), ["*"]).text


def shuffled(node: Any, rng: random.Random) -> Any:
    """Return a tree with its keys in another order."""
    if isinstance(node, dict):
        keys = list(node)
        rng.shuffle(keys)
        return {key: shuffled(node[key], rng) for key in keys}
    return [shuffled(item, rng) for item in node] if isinstance(node, list) else node


DESCRIBED = {"schema", "operation", "parameter", "response", "requestBody", "info", "server", "securityScheme"}
UNORDERED = ("enum", "required", "type", "anyOf", "oneOf", "allOf", "parameters")


def reworded(document: Any, rng: random.Random) -> Any:
    """Return a document with other descriptions and extensions, and its unordered lists in another order."""
    start = root_of(copy.deepcopy(document))
    for position in walk(start, children_first=True):
        node = position.node
        if not isinstance(node, dict):
            continue
        if position.kind in DESCRIBED and "$ref" not in node:
            node["description"] = f"words {rng.random()}"
            node["x-extension"] = {"$ref": "nowhere"}
        for key in UNORDERED:
            if isinstance(node.get(key), list):
                node[key] = rng.sample(node[key], len(node[key]))
    return start.node


@pytest.mark.parametrize("name", UPSTREAM)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_rewording_and_reordering_never_move_the_pin(name: str, seed: int) -> None:
    """Other words, other extensions, and another order of keys, values, branches and parameters: the same pin."""
    rng = random.Random(seed)
    tree = UPSTREAM[name]
    assert pin_of(tree) == pin_of(shuffled(reworded(tree, rng), rng))


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
    with contextlib.suppress(InputError):  # one sentence by construction: see the last test here
        pin = build_pin(Source(json_text(tree).encode(), "x"), ["*"])
    assert pin is None or build_pin(Source(pin.text, "x"), ["*"]).text == pin.text
