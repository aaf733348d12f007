"""The rules that corrections name by `x-rule`: what holds for documents of every date, and JSONPath cannot say."""

from collections.abc import Mapping, Sequence
from typing import Any

from spec.json_schema import ANNOTATIONS, types_of, types_of_values, write_types
from spec.openapi_objects import Position
from spec.overlays import Rule
from spec.references import reachable_objects, schema_reference
from spec.tree import Place, node_at

ERROR_BODY = "ErrorResponse"
"""The component that is the body of every failure."""


def open_responses(document: Any, places: Sequence[Place]) -> None:
    """Let what a server sends grow: enumerations take any value of their types, objects take any field.

    An enumeration of one value names the kind of an object and stays as it is. Each place is the `responses` of an
    operation.
    """
    responses = [
        Position(node_at(document, place), status, "response", f"/{'/'.join(map(str, place))}/{status}")
        for place in places
        for status in node_at(document, place)
    ]
    # All are found first: the enumeration that is written into an open one is not to be opened again.
    found = [position.node for position in reachable_objects(document, responses) if position.kind == "schema"]
    for schema in found:
        if isinstance(schema, dict):
            _open_schema(schema)


def share_error_body(document: Any, places: Sequence[Place]) -> None:
    """Give every documented answer but a success the body `ErrorResponse`, and undocumented ones too.

    Schemas of that name, and of the name `ErrorDetail`, that the document has itself are replaced. Each place is the
    `responses` of an operation.
    """
    for name in (ERROR_BODY, "ErrorDetail"):
        document["components"]["schemas"].pop(name, None)
    for place in places:
        responses: dict[str, dict[str, Any]] = node_at(document, place)
        responses.setdefault("default", {"description": ""})
        for status, response in responses.items():
            if status[0] not in "123":
                response["content"] = {"application/json": {"schema": schema_reference(ERROR_BODY)}}


CORRECTION_RULES: Mapping[str, Rule] = {
    "open-responses": open_responses,
    "share-error-body": share_error_body,
}


def _open_schema(schema: dict[str, Any]) -> None:
    if schema.get("additionalProperties") is False:
        del schema["additionalProperties"]
    values = [value for value in schema.get("enum", ()) if value is not None]
    if len(values) > 1:
        _open_enumeration(schema, values)


def _open_enumeration(schema: dict[str, Any], values: list[Any]) -> None:
    """Let an enumeration take any value of the types that its values have; null only if it took null before."""
    types = types_of(schema)
    null = None in schema["enum"] and (not types or "null" in types)
    kind = write_types([name for name in types if name != "null"] or types_of_values(values))
    annotations = {key: schema[key] for key in ANNOTATIONS & schema.keys()}
    schema.clear()
    branches: list[dict[str, Any]] = [{"type": kind, "enum": values}, {"type": kind}]
    schema.update(annotations, anyOf=[*branches, {"type": "null"}] if null else branches)
