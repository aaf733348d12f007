"""Each rule does what its name says, and leaves the rest alone."""

import json
from typing import Any

import pytest

from spec import rules
from spec.references import reachable_schemas, rename_references, schemas_below

REF = "#/components/schemas/"


def ref(name: str) -> dict[str, Any]:
    """Return a reference to a component."""
    return {"$ref": REF + name}


def document(schemas: dict[str, Any], answer: Any = None, request: Any = None) -> dict[str, Any]:
    """Return a document of one operation with these components and bodies."""
    content = {"application/json": {"schema": answer if answer is not None else {}}}
    operation: dict[str, Any] = {"operationId": "o", "responses": {"200": {"description": "", "content": content}}}
    if request is not None:
        operation["requestBody"] = {"content": {"application/json": {"schema": request}}}
    tree = {"openapi": "3.1.0", "paths": {"/o": {"post": operation}}, "components": {"schemas": schemas}}
    copied: dict[str, Any] = json.loads(json.dumps(tree))  # nothing in it stands in two places
    return copied


def components(tree: dict[str, Any]) -> Any:
    """Return the components under `schemas`."""
    return tree["components"]["schemas"]


def answer(tree: dict[str, Any]) -> Any:
    """Return the schema of the one answer."""
    return tree["paths"]["/o"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]


RESPONSES = [("paths", "/o", "post", "responses")]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (
            {"type": "string", "enum": ["a", "b"]},
            {"anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "string"}]},
        ),
        (
            {"type": ["string", "null"], "enum": ["a", "b", None], "description": "d"},
            {"description": "d", "anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "string"}, {"type": "null"}]},
        ),
        (
            {"enum": ["a", "b"]},
            {"anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "string"}]},
        ),
        (
            {"type": "integer", "enum": [1, 2]},
            {"anyOf": [{"type": "integer", "enum": [1, 2]}, {"type": "integer"}]},
        ),
        ({"type": "string", "enum": ["list"]}, {"type": "string", "enum": ["list"]}),
        ({"type": ["string", "null"], "enum": ["list", None]}, {"type": ["string", "null"], "enum": ["list", None]}),
        ({"type": "object", "additionalProperties": False}, {"type": "object"}),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"type": "object", "additionalProperties": {"type": "string"}}),
        ({"type": "object", "properties": {"enum": {"type": "string"}}}, {"type": "object", "properties": {"enum": {"type": "string"}}}),
    ],
)  # fmt: skip
def test_what_a_server_sends_may_grow(schema: Any, expected: Any) -> None:
    """Enumerations take other values of their types, closed objects other fields; a single value is a name."""
    tree = document({}, answer=schema)
    rules.open_responses(tree, RESPONSES)
    assert answer(tree) == expected


def test_only_what_answers_reach_is_opened() -> None:
    """A component of requests stays closed; one behind references of an answer does not, even in a circle."""
    closed = {"type": "object", "additionalProperties": False, "properties": {"next": ref("Circle")}}
    tree = document(
        {"Circle": closed, "Sent": closed}, answer={"type": "array", "items": ref("Circle")}, request=ref("Sent")
    )
    rules.open_responses(tree, RESPONSES)
    assert "additionalProperties" not in components(tree)["Circle"]
    assert components(tree)["Sent"]["additionalProperties"] is False


def test_every_failure_carries_one_body() -> None:
    """Own bodies go, in place or under a name, for exact statuses, ranges and the default; successes keep theirs."""
    tree = document({"ErrorResponse": {"type": "object", "required": ["oops"]}}, answer={"type": "string"})
    statuses = tree["paths"]["/o"]["post"]["responses"]
    statuses["400"] = {"description": "bad", "content": {"text/plain": {"schema": {"type": "string"}}}}
    statuses["5XX"] = {"description": ""}
    rules.share_error_body(tree, RESPONSES)
    shared = {"application/json": {"schema": ref("ErrorResponse")}}
    assert {status: statuses[status].get("content") for status in ("400", "5XX", "default")} == dict.fromkeys(
        ("400", "5XX", "default"), shared
    )
    assert statuses["400"]["description"] == "bad"
    assert answer(tree) == {"type": "string"}
    assert "ErrorResponse" not in components(tree)


def test_openness_moves_from_a_component_to_the_references_to_it() -> None:
    """The component is one enumeration; references say that null or any string will do, and keep their words."""
    opened = {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "string"}, {"type": "null"}]}
    tree = document({"E": opened}, answer={"type": "object", "properties": {"e": {**ref("E"), "description": "d"}}})
    rules.move_openness_to_references(tree, [("components", "schemas", "E")])
    assert components(tree)["E"] == {"type": "string", "enum": ["a"]}
    assert answer(tree)["properties"]["e"] == {
        "description": "d",
        "anyOf": [ref("E"), {"type": "string"}, {"type": "null"}],
    }


def titled(tree: dict[str, Any]) -> list[str]:
    """Apply the rule of titles to all that has one; return what it reports."""
    return rules.titles_as_names(
        tree, [("paths", "/o", "post", "responses", "200", "content", "application/json", "schema")]
    )


def test_an_inline_schema_with_a_title_becomes_a_component() -> None:
    """Its place refers to it, and it needs no title any more."""
    tree = document({}, answer={"type": "object", "title": "Answer", "properties": {"x": {"type": "string"}}})
    assert titled(tree) == []
    assert answer(tree) == ref("Answer")
    assert components(tree) == {"Answer": {"type": "object", "properties": {"x": {"type": "string"}}}}


def test_equal_schemas_share_a_component_whatever_their_words() -> None:
    """Two places with one title and one structure refer to one component."""
    part = {"type": "object", "title": "Part", "properties": {"description": {"type": "string"}}}
    tree = document({}, answer={"anyOf": [part, {"type": "array", "items": {**part, "description": "d"}}]})
    assert titled(tree) == []
    assert answer(tree) == {"anyOf": [ref("Part"), {"type": "array", "items": ref("Part")}]}


def test_of_different_schemas_with_one_title_the_second_bears_its_owners_name_too() -> None:
    """A third one keeps its place; that is reported, and nothing is lost."""
    one, two, three = ({"type": "object", "title": "Part", "properties": {name: {}}} for name in "abc")
    tree = document({"Owner": {"type": "object", "properties": {"x": one, "y": two, "z": three}}}, answer=ref("Owner"))
    assert titled(tree) == ["finds two different schemas titled 'Part'"]
    fields = components(tree)["Owner"]["properties"]
    assert (fields["x"], fields["y"]) == (ref("Part"), ref("OwnerPart"))
    assert fields["z"] == {"type": "object", "properties": {"c": {}}}


def test_a_component_is_renamed_to_its_title_with_all_references() -> None:
    """References follow, those of discriminators too; a title beside a reference renames what it refers to."""
    union = {
        "oneOf": [ref("Old"), ref("Kept")],
        "discriminator": {"propertyName": "k", "mapping": {"o": REF + "Old", "k": REF + "Kept"}},
    }
    tree = document(
        {"Old": {"type": "object", "title": "New"}, "Kept": {"type": "object"}, "Union": union},
        answer={**ref("Union"), "title": "Choice"},
    )
    assert titled(tree) == []
    assert answer(tree) == ref("Choice")
    assert components(tree)["Choice"] == {
        "oneOf": [ref("New"), ref("Kept")],
        "discriminator": {"propertyName": "k", "mapping": {"o": REF + "New", "k": REF + "Kept"}},
    }
    assert sorted(components(tree)) == ["Choice", "Kept", "New"]


def test_alternatives_without_a_title_are_called_after_the_property() -> None:
    """One gets the name of component and property, several get numbers; a name that is taken is left to its owner."""
    choice = {"type": "object", "properties": {"x": {"type": "string"}}}
    values = {"type": "string", "enum": ["a", "b"]}
    properties = {
        "data_kind": {"anyOf": [values, {"type": "null"}]},
        "choice": {"oneOf": [choice, values, {"type": "string"}]},
        "taken": {"anyOf": [values, {"type": "null"}]},
    }
    tree = document({"Thing": {"type": "object", "properties": properties}, "ThingTaken": choice}, answer=ref("Thing"))
    assert titled(tree) == []
    assert components(tree)["Thing"]["properties"] == {
        "data_kind": {"anyOf": [ref("ThingDataKind"), {"type": "null"}]},
        "choice": {"oneOf": [ref("ThingChoice1"), ref("ThingChoice2"), {"type": "string"}]},
        "taken": {"anyOf": [values, {"type": "null"}]},
    }
    assert components(tree)["ThingDataKind"] == values


def test_the_security_of_the_document_is_that_of_operations_without_their_own() -> None:
    """An operation that needs no key keeps saying so."""
    tree = document({})
    tree["security"] = [{"key": []}]
    tree["paths"]["/public"] = {"get": {"security": []}}
    rules.security_per_operation(tree, [("paths", "/o", "post"), ("paths", "/public", "get")])
    assert tree["paths"]["/o"]["post"]["security"] == [{"key": []}]
    assert tree["paths"]["/public"]["get"]["security"] == []


def test_the_words_of_a_parameter_are_those_of_its_schema() -> None:
    """A schema with words of its own keeps them; a parameter without a schema is left alone."""
    tree = document({})
    tree["paths"]["/o"]["post"]["parameters"] = [
        {"name": "a", "description": "A", "schema": {"type": "string"}},
        {"name": "b", "description": "B", "schema": {"type": "string", "description": "own"}},
        {"name": "c", "description": "C", "content": {}},
    ]
    rules.words_of_parameters(tree, [("paths", "/o", "post", "parameters", n) for n in range(3)])
    a, b, c = tree["paths"]["/o"]["post"]["parameters"]
    assert (a["schema"]["description"], b["schema"]["description"], "schema" in c) == ("A", "own", False)


def test_reached_are_components_behind_references_of_any_kind() -> None:
    """Steps through other sections, circles and discriminators count; what nothing leads to does not."""
    tree = document(
        {
            "A": {"properties": {"b": ref("B")}},
            "B": {"items": ref("A")},
            "C": {"discriminator": {"propertyName": "k", "mapping": {"d": REF + "D"}}},
            "D": {},
            "Lost": ref("A"),
        },
        answer=ref("A"),
    )
    tree["components"]["responses"] = {"Bad": {"content": {"application/json": {"schema": ref("C")}}}}
    tree["paths"]["/o"]["post"]["responses"]["400"] = {"$ref": "#/components/responses/Bad"}
    assert reachable_schemas(tree) == {"A", "B", "C", "D"}
    assert schemas_below(tree, ref("B")) == {"A", "B"}


def test_a_property_called_mapping_is_not_a_discriminator() -> None:
    """Only the references of a real discriminator are followed and renamed."""
    tree = document({"A": {}}, answer={"properties": {"discriminator": {"mapping": {"x": 1}}, "a": ref("A")}})
    assert reachable_schemas(tree) == {"A"}
    rename_references(tree, {"A": "B"})
    assert answer(tree)["properties"] == {"discriminator": {"mapping": {"x": 1}}, "a": ref("B")}
