"""Operations are found under any of their names, and one that is needed is never left out in silence."""

from typing import Any

import pytest

from spec.errors import InputError
from spec.operations import choose_operations, list_operations
from spec.slicing import slice_document
from upstream import ANSWER, minimal_document, published


def names(tree: dict[str, Any], *wanted: str) -> list[tuple[str, str, str, str | None]]:
    """Return what `choose_operations` finds: name in the pin, method, path, upstream's own id."""
    return [(o.name, o.method, o.path, o.upstream_id) for o in choose_operations(tree, wanted).operations]


@pytest.mark.parametrize("identity", ["createEmbeddings", "create-embeddings", "embed", None])
@pytest.mark.parametrize("path", ["/embeddings/models", "/models/embeddings"])
def test_default_operations_are_found_under_any_name(identity: str | None, path: str) -> None:
    """By operationId, or by method and path when ids differ or are missing; the pin's names stay."""
    own = {} if identity is None else {"operationId": identity}
    tree = minimal_document(
        {"/embeddings": {"post": {**own, "responses": ANSWER}}, path: {"get": {"responses": ANSWER}}}
    )
    assert names(tree) == [
        ("createEmbeddings", "post", "/embeddings", identity),
        ("listEmbeddingsModels", "get", path, None),
    ]
    sliced = slice_document(tree, choose_operations(tree).operations)
    assert sliced["paths"]["/embeddings"]["post"]["operationId"] == "createEmbeddings"


def test_operation_id_goes_before_the_path() -> None:
    """An operation that has the id is the one, wherever it was moved."""
    tree = minimal_document(
        {
            "/embeddings": {"post": {"operationId": "old", "responses": ANSWER}},
            "/v2/embeddings": {"post": {"operationId": "createEmbeddings", "responses": ANSWER}},
        }
    )
    assert names(tree) == [("createEmbeddings", "post", "/v2/embeddings", "createEmbeddings")]


def test_newer_path_goes_before_the_older() -> None:
    """A document that still has the older path of the model list is read by the newer."""
    get = {"get": {"responses": ANSWER}}
    tree = minimal_document({"/models/embeddings": get, "/embeddings/models": get})
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
    with pytest.raises(InputError, match="createEmbeddings"):
        choose_operations(tree, wanted)


def test_path_item_is_followed() -> None:
    """A path that is a reference to a shared path item holds its operations."""
    tree = minimal_document(
        {"/embeddings": {"$ref": "#/components/pathItems/E"}},
        pathItems={"E": {"post": {"responses": ANSWER}}},
    )
    assert names(tree) == [("createEmbeddings", "post", "/embeddings", None)]


def test_operations_are_listed_with_a_name_each() -> None:
    """Extensions among the paths are passed over; an operation without an id is named after its place."""
    tree = minimal_document({"/a/{id}": {"get": {"responses": ANSWER}, "parameters": []}, "x-note": {"get": {}}})
    (operation,) = list_operations(tree)
    assert (operation.name, operation.place, operation.where) == ("get_a_id", "GET /a/{id}", "/paths/~1a~1{id}/get")
    assert operation.node == {"responses": ANSWER}
