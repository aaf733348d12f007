"""References replaced by what they name, so that overlays find in every document what they aim at.

Upstream writes some schemas and responses now in place, now as a component. Overlays aim by place; so what stands in
place in the pin they were written for is put in place in every document. The meaning stays; a schema that contains
itself is left.
"""

from collections import Counter
from collections.abc import Set as AbstractSet
from typing import Any

from spec.errors import InputError
from spec.openapi_objects import Position, root_of, walk
from spec.operations import REQUIRED, list_operations
from spec.references import (
    Component,
    discriminator_targets,
    locate,
    outside_components,
    parse_reference,
    reachable_objects,
    recursive_schemas,
    references_of,
)
from spec.slicing import prune
from spec.tree import copy_tree

MAX_INLINED = 10_000
"""References replaced at most; no published document has needed more than 28."""

_DERIVED_NAME_LENGTH = 40  # characters; no person names a schema at such length


def inline_refs(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document with some of its references replaced by what they name; the document given stays as it is.

    These are references to responses, parameters, request bodies and headers; to the schemas of the bodies of
    `createEmbeddings`; and to schemas that are unions of objects without names, or that are used once and have the name
    of the place they were taken from.

    Raises:
        InputError: a reference leads nowhere, or replacing them would not end.

    """
    components = document.get("components", {})
    others = {Component(section, name) for section, held in components.items() if section != "schemas" for name in held}
    result = prune(_replaced(document, others))
    return _replaced(result, _schemas_to_inline(result))


def _replaced(document: dict[str, Any], chosen: AbstractSet[Component]) -> dict[str, Any]:
    """Return a copy of a document with the references to some components replaced by the components."""
    result: dict[str, Any] = copy_tree(document)
    budget = iter(range(MAX_INLINED))
    for position in walk(root_of(result)):
        while (component := _referred_to(position)) and component in chosen:
            if next(budget, None) is None:
                raise InputError(
                    f"more than {MAX_INLINED} references would have to be replaced by what they name, those to "
                    f"{component.reference} among them: a published document needs far fewer."
                )
            beside = {key: value for key, value in position.node.items() if key != "$ref"}
            position.replace({**copy_tree(locate(document, component, position.where).node), **beside})
    return result


def _referred_to(position: Position) -> Component | None:
    """Return the component that a reference in an object's place names, if there is one."""
    node = position.node
    if not isinstance(node, dict) or "$ref" not in node:
        return None
    return parse_reference(node["$ref"], position.kind, position.where)


def _schemas_to_inline(document: dict[str, Any]) -> set[Component]:
    """Return the schemas that overlays expect in place, without those that contain themselves or have to have a name.

    A schema has to have a name if a discriminator chooses it.
    """
    used = list(reachable_objects(document, [outside_components(document)]))
    uses = Counter(reference.target for position in used for reference in references_of(position))
    bodies = _body_schemas(document)
    named = {
        component
        for position in used
        if position.kind == "schema" and isinstance(position.node, dict)
        for component in discriminator_targets(position.node, position.where).values()
    }
    schemas = {
        Component("schemas", name): held for name, held in document.get("components", {}).get("schemas", {}).items()
    }
    recursive = {Component("schemas", name) for name in recursive_schemas(document)}
    return {
        component
        for component, schema in schemas.items()
        if component not in recursive | named
        and isinstance(schema, dict)
        and (
            _is_union_of_nameless(schema)
            or (uses[component] == 1 and (len(component.name) >= _DERIVED_NAME_LENGTH or component in bodies))
        )
    }


def _body_schemas(document: dict[str, Any]) -> set[Component]:
    """Return the components that are the bodies of `createEmbeddings`, sent and received."""
    parts = [
        part
        for operation in list_operations(document)
        if operation.name == REQUIRED
        for part in (operation.node.get("requestBody", {}), operation.node.get("responses", {}).get("200", {}))
    ]
    schemas = [media.get("schema", {}) for part in parts for media in part.get("content", {}).values()]
    return {
        parse_reference(schema["$ref"], "schema", "")
        for schema in schemas
        if isinstance(schema, dict) and "$ref" in schema
    }


def _is_union_of_nameless(schema: dict[str, Any]) -> bool:
    """Tell whether a schema is a union with an object, or a list of objects, written in place."""
    branches = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    items = [branch.get("items", {}) for branch in branches if isinstance(branch, dict)]
    return any("properties" in part for part in [*branches, *items] if isinstance(part, dict))
