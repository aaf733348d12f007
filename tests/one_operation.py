"""Documents of one operation, for the tests of rules and references."""

import json
from typing import Any

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
