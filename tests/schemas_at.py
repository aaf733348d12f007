"""The schemas of a document by the place they stand in, ready to be validated or compared."""

from typing import Any

import jsonschema_rs


def positions(document: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of every body and parameter of a document, by a name that says where it stands."""
    found = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            where = f"{method.upper()} {path}"
            for media, content in operation.get("requestBody", {}).get("content", {}).items():
                found[f"{where} request {media}"] = content["schema"]
            for status, response in operation["responses"].items():
                for media, content in response.get("content", {}).items():
                    found[f"{where} {status} {media}"] = content["schema"]
            for parameter in operation.get("parameters", []):
                found[f"{where} {parameter['in']} {parameter['name']}"] = parameter["schema"]
    return found


def with_probes(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document with one more operation, whose body has a property for each of its components."""
    schemas = {name: {"$ref": f"#/components/schemas/{name}"} for name in document["components"]["schemas"]}
    body = {"application/json": {"schema": {"type": "object", "properties": schemas}}}
    operation = {
        "operationId": "probe",
        "requestBody": {"content": body},
        "responses": {"200": {"description": ""}},
    }
    return {**document, "paths": {**document["paths"], "/probe": {"post": operation}}}


def validator(document: dict[str, Any], schema: Any) -> jsonschema_rs.Draft202012Validator:
    """Return the validator of a schema of a document."""
    return jsonschema_rs.Draft202012Validator({"allOf": [schema], "components": document["components"]})


def canonical_form(document: dict[str, Any], schema: Any) -> jsonschema_rs.CanonicalSchema:
    """Return a schema of a document for the algebra, with the references in it replaced; none may be circular."""
    return jsonschema_rs.canonicalize(_inlined(document, schema))


def _inlined(document: dict[str, Any], node: Any) -> Any:
    if isinstance(node, list):
        return [_inlined(document, item) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str):
        named = document["components"]["schemas"][node["$ref"].rsplit("/", 1)[-1]]
        beside = {key: value for key, value in node.items() if key not in {"$ref", "title", "description"}}
        return _inlined(document, {"allOf": [named, beside]} if beside else named)
    return {key: _inlined(document, value) for key, value in node.items()}
