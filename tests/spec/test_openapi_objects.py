"""One walk over a document: every object, by the place it stands in, and nothing else."""

import copy
from typing import Any

import pytest

from spec.errors import InputError
from spec.openapi_objects import METHODS, objects, root_of, walk

SCHEMA: dict[str, Any] = {
    "properties": {"properties": {"type": "object"}, "items": {"anyOf": [{"type": "null"}, True]}},
    "default": {"properties": {"a": {}}},
    "enum": [{"items": {}}],
}
DOCUMENT: dict[str, Any] = {
    "info": {},
    "paths": {
        "/a~b": {
            "get": {"parameters": [{"schema": {}}], "callbacks": {"on": {"{$url}": {"post": {}}}}},
            "x-note": {"get": {}},
        },
        "x-extension": {"get": {}},
    },
    "components": {"schemas": {"S": SCHEMA}},
}


def places(tree: Any, kind: str = "document", **options: Any) -> list[str]:
    """Return where a walk leads, in its order."""
    return [position.where for position in walk(root_of(tree, kind), **options)]


def test_objects_are_found_by_the_place_they_stand_in() -> None:
    """Names among properties, values and extensions are not objects, whatever they are called."""
    assert places(SCHEMA, "schema") == [
        "",
        "/properties/properties",
        "/properties/items",
        "/properties/items/anyOf/0",
        "/properties/items/anyOf/1",
    ]
    assert [(kind, where) for _, kind, where in objects(DOCUMENT) if kind != "schema"] == [
        ("document", ""),
        ("info", "/info"),
        ("pathItem", "/paths/~1a~0b"),
        ("operation", "/paths/~1a~0b/get"),
        ("parameter", "/paths/~1a~0b/get/parameters/0"),
        ("callback", "/paths/~1a~0b/get/callbacks/on"),
        ("pathItem", "/paths/~1a~0b/get/callbacks/on/{$url}"),
        ("operation", "/paths/~1a~0b/get/callbacks/on/{$url}/post"),
        ("components", "/components"),
    ]


def test_booleans_are_schemas_and_not_mappings() -> None:
    """A walk comes by a boolean schema; `objects` gives mappings only."""
    assert len(list(objects(SCHEMA, "schema"))) == len(places(SCHEMA, "schema")) - 1


def test_children_come_before_or_after_what_holds_them() -> None:
    """Both orders lead to the same objects."""
    first, last = places(DOCUMENT), places(DOCUMENT, children_first=True)
    assert sorted(first) == sorted(last)
    for order, after in ((first, True), (last, False)):
        for where in order:
            above = where.rpartition("/")[0]
            assert above not in order or (order.index(where) > order.index(above)) is after or where == above


def test_a_walk_goes_on_below_what_was_put_in_place() -> None:
    """Parents first, what replaces an object is walked, and what was replaced is not."""
    start = root_of({"properties": {"a": {"items": {"title": "old"}}}}, "schema")
    met = []
    for position in walk(start):
        met.append(position.where)
        if position.where == "/properties/a":
            position.replace({"not": {"title": "new"}})
    assert met == ["", "/properties/a", "/properties/a/not"]
    assert start.node == {"properties": {"a": {"not": {"title": "new"}}}}


def test_children_first_every_object_sees_its_children_replaced() -> None:
    """Replacing upwards, the root comes last, and holds what its children became."""
    start = root_of({"anyOf": [{"not": {}}, {}]}, "schema")
    for position in walk(start, children_first=True):
        position.replace({**position.node, "title": str(len(position.node))})
    assert start.node == {"anyOf": [{"not": {"title": "0"}, "title": "1"}, {"title": "0"}], "title": "1"}


def test_a_walk_can_stop_at_a_kind() -> None:
    """Objects of that kind are given, and nothing below them."""
    assert places(DOCUMENT, stop_at="pathItem") == [
        "", "/info", "/paths/~1a~0b", "/components", "/components/schemas/S",
        *places({"components": {"schemas": {"S": SCHEMA}}})[3:],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"paths": {"/a": {"get": None}}}, "/paths/~1a/get holds None where a mapping (operation) is expected"),
        ({"paths": []}, "/paths holds [] where a mapping (paths) is expected"),
        ({"paths": {"/a": {"parameters": {}}}}, "/paths/~1a/parameters holds {} where a list is expected"),
        ({"components": {"schemas": {"S": {"items": 5}}}}, "/components/schemas/S/items holds 5"),
        ({"components": {"responses": {"R": True}}}, "/components/responses/R holds True"),
    ],
)
def test_something_else_in_an_objects_place_is_refused(change: Any, sentence: str) -> None:
    """The sentence names the place, what stands there and what is expected."""
    with pytest.raises(InputError) as refused:
        places({**copy.deepcopy(DOCUMENT), **change})
    assert sentence in str(refused.value)


def test_methods_are_the_eight_of_the_specification() -> None:
    """OpenAPI 3.1, section 4.8.9, in its order."""
    assert METHODS == ("get", "put", "post", "delete", "options", "head", "patch", "trace")
