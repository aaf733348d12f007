"""Operations are found under any of their names, and everything they reach comes along."""

from typing import Any

import pytest

from spec.errors import Refusal
from spec.slicing import choose_operations, prune, slice_document
from upstream import published

ANSWER = {"200": {"description": "x"}}


def document(paths: dict[str, Any], **components: Any) -> dict[str, Any]:
    """Return a document with *paths* and *components*."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": paths,
        "components": components,
    }


def names(tree: dict[str, Any], *wanted: str) -> list[tuple[str, str, str, str | None]]:
    """Return what `choose_operations` finds: name in the pin, method, path, upstream's own id."""
    return [(o.name, o.method, o.path, o.upstream_id) for o in choose_operations(tree, wanted).operations]


def sliced(tree: dict[str, Any], *wanted: str) -> dict[str, Any]:
    """Return the slice of *tree* with the operations *wanted*."""
    return slice_document(tree, choose_operations(tree, wanted).operations)


@pytest.mark.parametrize("identity", ["createEmbeddings", "create-embeddings", "embed", None])
@pytest.mark.parametrize("path", ["/embeddings/models", "/models/embeddings"])
def test_default_operations_are_found_under_any_name(identity: str | None, path: str) -> None:
    """By operationId, or by method and path when ids differ or are missing; the pin's names stay."""
    own = {} if identity is None else {"operationId": identity}
    tree = document({"/embeddings": {"post": {**own, "responses": ANSWER}}, path: {"get": {"responses": ANSWER}}})
    assert names(tree) == [
        ("createEmbeddings", "post", "/embeddings", identity),
        ("listEmbeddingsModels", "get", path, None),
    ]
    assert sliced(tree)["paths"]["/embeddings"]["post"]["operationId"] == "createEmbeddings"


def test_operation_id_goes_before_the_path() -> None:
    """An operation that bears the id is the one, wherever it was moved."""
    tree = document(
        {
            "/embeddings": {"post": {"operationId": "old", "responses": ANSWER}},
            "/v2/embeddings": {"post": {"operationId": "createEmbeddings", "responses": ANSWER}},
        }
    )
    assert names(tree) == [("createEmbeddings", "post", "/v2/embeddings", "createEmbeddings")]


def test_newer_path_goes_before_the_older() -> None:
    """A document that still has the older path of the model list is read by the newer."""
    get = {"get": {"responses": ANSWER}}
    tree = document({"/models/embeddings": get, "/embeddings/models": get})
    assert names(tree, "listEmbeddingsModels") == [("listEmbeddingsModels", "get", "/embeddings/models", None)]


@pytest.mark.parametrize("wanted", ["getTree", "GET /trees/{tree_id}", "get /trees/{tree_id}"])
def test_operation_is_chosen_by_id_or_place(wanted: str) -> None:
    """`--operation` takes an operationId, or a method and a path; only what was asked for is chosen."""
    assert names(published(), wanted) == [("getTree", "get", "/trees/{tree_id}", "getTree")]


def test_known_operation_keeps_its_name_however_it_was_asked_for() -> None:
    """Asked for by upstream's own id or by place, a known operation has our name, and is there once."""
    tree = published()
    tree["paths"]["/embeddings/models"]["get"]["operationId"] = "listThem"
    assert names(tree, "listThem") == [("listEmbeddingsModels", "get", "/embeddings/models", "listThem")]
    assert len(names(tree, "listThem", "listEmbeddingsModels", "GET /embeddings/models")) == 1


def test_star_means_every_operation() -> None:
    """`*` adds every operation; one without an id is named after its place."""
    tree = published()
    del tree["paths"]["/trees/{tree_id}"]["get"]["operationId"]
    assert [name for name, *_ in names(tree, "*")] == [
        "createEmbeddings",
        "listEmbeddingsModels",
        "get_trees_tree_id",
    ]


def test_absent_default_operation_is_named() -> None:
    """Return a document without the model list gives the other operation, and names what it lacks."""
    tree = published()
    del tree["paths"]["/embeddings/models"]
    choice = choose_operations(tree)
    assert choice.absent == ("listEmbeddingsModels",)
    assert [o.name for o in choice.operations] == ["createEmbeddings"]


@pytest.mark.parametrize("wanted", [(), ("*",), ("createEmbeddings",)])
def test_document_without_embeddings_is_refused(wanted: tuple[str, ...]) -> None:
    """`createEmbeddings` is never left out in silence."""
    tree = published()
    del tree["paths"]["/embeddings"]
    with pytest.raises(Refusal, match="createEmbeddings"):
        choose_operations(tree, wanted)


def test_slice_holds_what_is_reached_and_nothing_else() -> None:
    """Schemas, parameters, answers, bodies, headers and keys come along by reference; the rest stays."""
    components = sliced(published())["components"]
    assert {section: sorted(held) for section, held in components.items()} == {
        "headers": ["RetryAfter"],
        "parameters": ["Limit"],
        "requestBodies": ["Embeddings"],
        "responses": ["TooMany"],
        "schemas": ["EmbeddingsRequest", "Error", "List", "Model", "Preferences", "ProviderName"],
        "securitySchemes": ["apiKey"],
    }


def test_recursive_schema_is_legal() -> None:
    """A tree whose children are trees is sliced as it is."""
    assert sliced(published(), "getTree")["components"]["schemas"]["Tree"] == {
        "type": "object",
        "properties": {"children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}},
    }


def test_references_stand_in_one_form() -> None:
    """Percent-encoded references and bare names in a discriminator are followed and written in full."""
    body = {
        "oneOf": [{"$ref": "#/components/schemas/A%2Eb"}],
        "discriminator": {"propertyName": "t", "mapping": {"c": "C", "b": "#%2Fcomponents/schemas/A.b"}},
    }
    content = {"application/json": {"schema": body}}
    tree = document(
        {"/embeddings": {"post": {"responses": {"200": {"description": "", "content": content}}}}},
        schemas={"A.b": {}, "C": {"$ref": "#/components/schemas/D"}, "D": {}, "E": {}},
    )
    result = sliced(tree)
    schema = result["paths"]["/embeddings"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {
        "oneOf": [{"$ref": "#/components/schemas/A.b"}],
        "discriminator": {
            "propertyName": "t",
            "mapping": {"c": "#/components/schemas/C", "b": "#/components/schemas/A.b"},
        },
    }
    assert sorted(result["components"]["schemas"]) == ["A.b", "C", "D"]


def test_properties_are_not_taken_for_references() -> None:
    """A property named `$ref`, and a value that looks like a reference, are left alone."""
    schema = {
        "properties": {"$ref": {"type": "string"}},
        "default": {"$ref": "#/nowhere"},
        "example": {"$ref": 1},
    }
    content = {"application/json": {"schema": schema, "examples": {"a": {"$ref": "#/components/examples/a"}}}}
    tree = document({"/embeddings": {"post": {"responses": {"200": {"description": "", "content": content}}}}})
    assert sliced(tree)["components"] == {}


def test_parameters_of_the_path_are_folded_in() -> None:
    """A path's parameters and servers become the operation's own, which go before them."""
    shared = [{"name": "a", "in": "query", "schema": {}}, {"name": "b", "in": "query", "schema": {}}]
    own = [{"$ref": "#/components/parameters/B"}]
    item = {
        "parameters": shared,
        "servers": [{"url": "/x"}],
        "post": {"parameters": own, "responses": ANSWER},
    }
    tree = document({"/embeddings": item}, parameters={"B": {"name": "b", "in": "query", "schema": {}}})
    operation = sliced(tree)["paths"]["/embeddings"]["post"]
    assert operation["parameters"] == [shared[0], own[0]]
    assert operation["servers"] == [{"url": "/x"}]


def test_path_item_is_followed() -> None:
    """A path that is a reference to a shared path item holds its operations."""
    tree = document(
        {"/embeddings": {"$ref": "#/components/pathItems/E"}},
        pathItems={"E": {"post": {"responses": ANSWER}}},
    )
    assert names(tree) == [("createEmbeddings", "post", "/embeddings", None)]


def test_links_lead_inside_the_slice_only() -> None:
    """A link to an operation outside the slice is dropped; one inside follows the operation's new name."""
    links = {"in": {"operationId": "old"}, "out": {"operationId": "getTree"}}
    tree = document(
        {"/embeddings": {"post": {"operationId": "old", "responses": {"200": {"description": "", "links": links}}}}}
    )
    answer = sliced(tree)["paths"]["/embeddings"]["post"]["responses"]["200"]
    assert answer["links"] == {"in": {"operationId": "createEmbeddings"}}


def test_pruning_keeps_operations_and_drops_what_they_left() -> None:
    """Components that no operation reaches any more are gone, empty sections with them."""
    tree = sliced(published() | {"security": []}, "getTree")
    tree["components"]["schemas"]["Left"] = {}
    assert sorted(prune(tree)["components"]["schemas"]) == ["Tree"]
    del tree["paths"]["/trees/{tree_id}"]["get"]["responses"]["200"]["content"]
    assert "components" not in prune(tree)
