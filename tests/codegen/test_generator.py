"""Which schemas become classes."""

from typing import Any

from codegen.generator import schemas_without_class


def reference(name: str) -> dict[str, Any]:
    """Return a JSON body of a component."""
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}


def holding(*names: str, **others: Any) -> dict[str, Any]:
    """Return an object whose fields are components."""
    fields = {name.lower(): {"$ref": f"#/components/schemas/{name}"} for name in names}
    return {"type": "object", "properties": fields, **others}


def test_what_is_left_open_and_what_only_that_or_an_error_holds_has_no_class() -> None:
    """A schema that a request has, too, has its class all the same."""
    operation = {
        "requestBody": reference("Request"),
        "responses": {"200": reference("Answer"), "400": reference("Error")},
    }
    schemas = {
        "Request": holding("Sent"),
        "Answer": holding("Sent", "Open", "Shared"),
        "Sent": holding(**{"x-left-open": True}),
        "Open": holding("Below", "Shared", **{"x-left-open": True}),
        "Below": holding(),
        "Shared": holding(),
        "Error": holding("Shared"),
    }
    document = {"paths": {"/a": {"post": operation}}, "components": {"schemas": schemas}}
    assert schemas_without_class(document, {"Request", "Sent"}) == {"Open", "Below", "Error"}
