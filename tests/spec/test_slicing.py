"""A slice holds its operations and everything they reach, and nothing else."""

from typing import Any

from spec.operations import choose_operations
from spec.slicing import prune, slice_document
from upstream import ANSWER, minimal_document, published


def sliced(tree: dict[str, Any], *wanted: str) -> dict[str, Any]:
    """Return the slice of a document with the operations wanted."""
    return slice_document(tree, choose_operations(tree, wanted).operations)


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
    tree = minimal_document(
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
    tree = minimal_document({"/embeddings": {"post": {"responses": {"200": {"description": "", "content": content}}}}})
    assert "components" not in sliced(tree)


def test_parameters_of_the_path_are_folded_in() -> None:
    """A path's parameters and servers become the operation's own, which go before them."""
    shared = [{"name": "a", "in": "query", "schema": {}}, {"name": "b", "in": "query", "schema": {}}]
    own = [{"$ref": "#/components/parameters/B"}]
    item = {
        "parameters": shared,
        "servers": [{"url": "/x"}],
        "post": {"parameters": own, "responses": ANSWER},
    }
    tree = minimal_document({"/embeddings": item}, parameters={"B": {"name": "b", "in": "query", "schema": {}}})
    operation = sliced(tree)["paths"]["/embeddings"]["post"]
    assert operation["parameters"] == [shared[0], own[0]]
    assert operation["servers"] == [{"url": "/x"}]


def test_links_lead_inside_the_slice_only() -> None:
    """A link to an operation outside the slice is dropped; one inside follows the operation's new name."""
    links = {"in": {"operationId": "old"}, "out": {"operationId": "getTree"}}
    tree = minimal_document(
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
