"""Changes on which the name of the edited keyword misleads: what it does to whom, a witness decides."""

import json
from typing import Any

import pytest

from spec.diff.compare import Change, compare
from spec.diff.decide import Evidence
from spec.operations import ALL
from spec.pin import build_pin
from spec.source import Source

Schema = dict[str, Any]
STRING: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
LIST: Schema = {"type": "array", "items": STRING}


def document(request: Schema | None = None, responses: Schema | None = None, **operation: Any) -> Schema:
    """Return a document with one operation."""
    node: Schema = {"operationId": "try", "responses": responses or {"200": {"description": "done"}}, **operation}
    if request is not None:
        node["requestBody"] = {"required": True, "content": {"application/json": {"schema": request}}}
    path = "/tries" + "".join(
        f"/{{{held['name']}}}" for held in operation.get("parameters", ()) if held["in"] == "path"
    )
    return {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {path: {"post": node}}}


def answering(schema: Schema, status: str = "200", media_type: str = "application/json") -> Schema:
    """Return the responses of an operation that answers with one schema."""
    return {status: {"description": "it", "content": {media_type: {"schema": schema}}}}


def holding(schema: Schema) -> Schema:
    """Return the schema of an object with one property."""
    return {"type": "object", "properties": {"it": schema}}


def changes(old: Schema, new: Schema) -> list[Change]:
    """Return what changed between two documents."""
    pins = [
        build_pin(Source(json.dumps(each).encode(), "a document"), [ALL], tolerate_absent=True) for each in (old, new)
    ]
    return compare(pins[0].tree, pins[1].tree)


def said(old: Schema, new: Schema) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the kind, the place and the witnesses of each change, by party; all is decided."""
    found = changes(old, new)
    assert not any(change.undecided for change in found)
    return [
        (
            change.kind.name,
            change.place,
            {effect.party: effect.witness for effect in change.effects if effect.evidence is Evidence.WITNESS},
        )
        for change in found
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            {"anyOf": [{"enum": ["a", "b"]}, STRING]}, {"anyOf": [{"enum": ["a"]}, STRING]}, [],
            id="enum value removed beside a plain string",
        ),
        pytest.param(
            {"anyOf": [STRING, LIST]}, {"anyOf": [STRING, {**LIST, "minItems": 1}]},
            [("request-min-items-added", {"callers": []})],
            id="minItems on one branch",
        ),
        pytest.param(LIST, {**LIST, "minItems": 1}, [("request-min-items-added", {"callers": []})], id="minItems"),
        pytest.param(
            {"anyOf": [NUMBER, {"type": "integer"}]}, NUMBER, [], id="branch removed that another branch covers"
        ),
        pytest.param(
            {"enum": ["float", "base64"]}, {"enum": ["float", "base64"], "maxLength": 6}, [],
            id="maxLength that no value reaches",
        ),
        pytest.param(STRING, {**STRING, "default": "a"}, [("request-default-value-added", {})], id="default set"),
    ],
)  # fmt: skip
def test_what_a_request_may_hold(old: Schema, new: Schema, expected: list[tuple[str, dict[str, Any]]]) -> None:
    """An edit counts by what is refused after it, not by its keyword."""
    found = said(document(holding(old)), document(holding(new)))
    assert found == [(kind, "request body $.it", witnesses) for kind, witnesses in expected]


def test_removed_request_property_breaks_callers_that_send_it() -> None:
    """The witness is the smallest request with it; the new document does not declare it."""
    old = {"type": "object", "properties": {"it": STRING, "dimensions": {"type": "integer"}}}
    ((kind, place, witnesses),) = said(document(old), document(holding(STRING)))
    assert (kind, place, witnesses) == (
        "request-property-removed", "request body $.dimensions", {"callers": {"dimensions": 0}},
    )  # fmt: skip


def test_required_property_that_is_not_declared_breaks_callers() -> None:
    """That nothing describes the property does not make it any less required."""
    old = {"type": "object", "properties": {"it": STRING}}
    found = changes(document(old), document({**old, "required": ["other"]}))
    assert [change.kind.name for change in found] == ["request-property-became-required"]
    assert found[0].effects[0].party == "callers"
    assert found[0].effects[0].witness == {}


def test_default_of_a_parameter_refuses_nothing() -> None:
    """Set, it changes what a server assumes of a request without it; each request is accepted as before."""

    def paged(schema: Schema) -> Schema:
        return document(parameters=[{"name": "limit", "in": "query", "schema": schema}])

    found = said(paged({"type": "integer"}), paged({"type": "integer", "default": 500}))
    assert found == [("parameter-default-value-added", "request query limit", {})]


def test_number_that_became_an_integer_in_an_answer_harms_servers_alone() -> None:
    """What is answered now could be answered before: no reader notices, a server that answers halves does."""
    found = said(
        document(responses=answering(holding(NUMBER))), document(responses=answering(holding({"type": "integer"})))
    )
    assert found == [("response-type-narrowed", "response 200 body $.it", {"servers": 0.5})]


def test_status_that_is_filed_under_a_range_is_not_removed() -> None:
    """404 is among 4XX: nothing is lost, the other statuses of the range are new."""
    error = holding(STRING)
    found = said(document(responses=answering(error, "404")), document(responses=answering(error, "4XX")))
    assert found == [("response-non-success-status-added", "response status 4XX", {"readers": 400})]


def test_name_of_a_parameter_in_the_path_is_not_on_the_wire() -> None:
    """Renamed in the path and among the parameters it is no change; with another schema it is one of the schema."""

    def named(name: str, schema: Schema) -> Schema:
        return document(parameters=[{"name": name, "in": "path", "required": True, "schema": schema}])

    assert said(named("id", STRING), named("model", STRING)) == []
    ((kind, place, _),) = said(named("id", STRING), named("model", {"type": "integer"}))
    assert (kind, place) == ("parameter-type-changed", "request path id")


def test_media_type_is_the_same_in_capitals_and_without_spaces() -> None:
    """Its parameters may be written with a space before them, and all of it in capitals."""
    plain, spaced = "application/json;charset=utf-8", "Application/JSON; charset=UTF-8"
    assert said(*(document(responses=answering(STRING, media_type=name)) for name in (plain, spaced))) == []
    other = document(responses=answering(STRING, media_type="application/json; charset=utf-16"))
    kinds = {kind for kind, _, _ in said(document(responses=answering(STRING, media_type=plain)), other)}
    assert kinds == {"response-media-type-added", "response-media-type-removed"}


def test_pattern_of_property_names_has_a_witness() -> None:
    """Its name matches the pattern, its value is none that the pattern allows."""
    old = holding({"type": "object", "additionalProperties": True})
    new = holding({"type": "object", "additionalProperties": True, "patternProperties": {"^x-": {"type": "integer"}}})
    assert said(document(old), document(new)) == [
        ("request-constraint-changed", "request body $.it", {"callers": {"x-": ""}})
    ]


def test_property_beside_a_schema_that_refers_to_itself_is_seen() -> None:
    """What a member of an `allOf` that refers to itself does not declare, another member may."""

    def tree(properties: Schema) -> Schema:
        node = {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/Node"}}}
        made = document(holding({"allOf": [{"$ref": "#/components/schemas/Node"}, {"properties": properties}]}))
        return {**made, "components": {"schemas": {"Node": node}}}

    ((kind, _, witnesses),) = said(tree({"a": STRING}), tree({"a": STRING, "b": STRING}))
    assert kind.startswith("request-type-")
    assert witnesses == {"servers": {"b": ""}}
