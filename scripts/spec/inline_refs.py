"""References replaced by what they name, so that overlays find in every document what they aim at.

Upstream writes some things now in place, now as a component. Overlays aim by place; so what stands in place in the
pin they were written for is put in place in every document. The meaning stays; a schema that holds itself is left.
"""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

from spec.openapi_objects import map_children
from spec.references import COMPONENT, node_at, reached, references_of, schemas_below

_MACHINE_MADE = 40  # characters; no person names a schema at such length
_BODIES = "createEmbeddings"


def unfolded(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with these references replaced by what they name.

    Those to responses, parameters, request bodies and headers; those to the schemas of the bodies of
    `createEmbeddings`; and those to schemas that are unions of objects without names, or that are used once and bear
    the name of the place they were taken from.
    """
    flat: dict[str, Any] = _Unfolding(document, set()).put(document, "document", "")
    for section in ("headers", "parameters", "requestBodies", "responses"):
        flat["components"].pop(section, None)
    result: dict[str, Any] = _Unfolding(flat, _schemas_to_unfold(flat)).put(flat, "document", "")
    return result


class _Unfolding:
    def __init__(self, document: dict[str, Any], names: set[str]) -> None:
        self._document = document
        self._names = names

    def put(self, node: Any, kind: str, where: str) -> Any:
        target = node.get("$ref") if isinstance(node, dict) else None
        if target is not None and (kind != "schema" or target.removeprefix(COMPONENT) in self._names):
            beside = {key: value for key, value in node.items() if key != "$ref"}
            named = node_at(self._document, target.removeprefix("#/").split("/"))
            return self.put({**copy.deepcopy(named), **beside}, kind, where)
        return node if isinstance(node, bool) else map_children(node, kind, where, self.put)


def _schemas_to_unfold(document: dict[str, Any]) -> set[str]:
    schemas = document["components"].get("schemas", {})
    uses = Counter(target for node in reached(document, [document["paths"]]) for target in references_of(node))
    bodies = set(_body_references(document))
    choices = {
        target for node in reached(document, [document["paths"]]) for target in references_of({**node, "$ref": None})
    }
    return {
        name
        for name, schema in schemas.items()
        if isinstance(schema, dict)
        and name not in schemas_below(document, schema)
        and COMPONENT + name not in choices
        and (
            _is_union_of_nameless(schema)
            or (uses[COMPONENT + name] == 1 and (len(name) >= _MACHINE_MADE or COMPONENT + name in bodies))
        )
    }


def _body_references(document: dict[str, Any]) -> list[str]:
    """Return what the schemas of the bodies of `createEmbeddings`, sent and received, refer to."""
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    parts = [
        part
        for operation in operations
        if isinstance(operation, dict) and operation.get("operationId") == _BODIES
        for part in (operation.get("requestBody", {}), operation.get("responses", {}).get("200", {}))
    ]
    schemas = [media.get("schema", {}) for part in parts for media in part.get("content", {}).values()]
    return [schema["$ref"] for schema in schemas if isinstance(schema, dict) and "$ref" in schema]


def _is_union_of_nameless(schema: dict[str, Any]) -> bool:
    """Tell whether a schema is a union with an object, or a list of objects, written in place."""
    branches = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    items = [branch.get("items", {}) for branch in branches if isinstance(branch, dict)]
    return any("properties" in part for part in [*branches, *items] if isinstance(part, dict))
