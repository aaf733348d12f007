"""Cutting a document down to some operations and the components that they reach."""

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from spec.errors import InputError, shorten
from spec.openapi_objects import Position, expect_mapping, root_of, walk
from spec.operations import Operation
from spec.references import Component, discriminator_targets, outside_components, parse_reference, reachable, resolve
from spec.tree import copy_tree, escape

_TOP = ("openapi", "info", "servers", "security")
_SAME_VALUE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas")
"""Keywords whose schemas apply to the very value that the schema around them describes."""


def slice_document(document: dict[str, Any], operations: Sequence[Operation]) -> dict[str, Any]:
    """Return a document with some operations only, under their names in the pin, and the components they reach.

    Parameters and servers of path items are folded into the operations, references are written in one form, and links
    that lead out of the slice are dropped. The document itself stays as it is.

    Raises:
        InputError: a reference leaves the document, leads nowhere, or leads only to itself.

    """
    paths: dict[str, Any] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method] = _folded(document, operation)
    top = {key: document[key] for key in _TOP if key in document}
    result = prune({**top, "paths": paths, "components": document.get("components", {})})
    names = {operation.upstream_id: operation.name for operation in operations if operation.upstream_id}
    for position in walk(root_of(result)):
        _write_references_in_full(position)
        if position.kind == "response" and isinstance(position.node.get("links"), dict):
            position.node["links"] = _links(position.node["links"], names, f"{position.where}/links")
    check_circles(result)
    return result


def prune(document: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of a document without the components that its operations do not reach, and without empty sections.

    Raises:
        InputError: a reference leaves the document or leads nowhere.

    """
    components: dict[str, Any] = {}
    for component, position in sorted(reachable(document, [outside_components(document)]).items()):
        components.setdefault(component.section, {})[component.name] = copy_tree(position.node)
    rest = {key: copy_tree(value) for key, value in document.items() if key != "components"}
    return {**rest, "components": components} if components else rest


def _folded(document: dict[str, Any], operation: Operation) -> dict[str, Any]:
    """Return the operation with its path item's parameters and servers, where it has none of its own."""
    item = operation.item
    own = {**operation.node, "operationId": operation.name}
    if item.get("parameters"):
        parameters, shared = own.get("parameters", []), item["parameters"]
        if not isinstance(parameters, list) or not isinstance(shared, list):
            raise InputError(f"{operation.where}/parameters, or those of its path, are something else than a list.")
        taken = {_parameter_identity(document, parameter, operation.where) for parameter in parameters}
        added = [p for p in shared if _parameter_identity(document, p, operation.where) not in taken]
        own["parameters"] = [*added, *parameters]
    if "servers" in item:
        own.setdefault("servers", item["servers"])
    return own


def _parameter_identity(document: dict[str, Any], parameter: Any, where: str) -> str:
    """Return what tells a parameter from the others: where it is sent, and its name."""
    found = resolve(document, parameter, "parameter", where)
    return repr((found.get("in"), found.get("name")) if isinstance(found, dict) else found)


def _write_references_in_full(position: Position) -> None:
    """Write the references of an object as `#/components/<section>/<name>`, without percent signs or bare names."""
    node, kind, where = position.node, position.kind, position.where
    if not isinstance(node, dict):
        return
    if "$ref" in node:
        node["$ref"] = parse_reference(node["$ref"], kind, where).reference
    if kind == "schema":
        for value, component in discriminator_targets(node, where).items():
            node["discriminator"]["mapping"][value] = component.reference


def _links(links: dict[str, Any], names: Mapping[str, str], where: str) -> dict[str, Any]:
    """Return the links that lead to an operation of the slice, under its name there.

    Args:
        links: the links of a response.
        names: the name in the slice of each operation, by upstream's operationId.
        where: where the links stand.

    """
    kept = {}
    for name, held in links.items():
        link = expect_mapping(held, "link", f"{where}/{escape(name)}")
        if "operationRef" in link:
            raise InputError(f"{where}/{escape(name)}/operationRef is not followed: name an operationId.")
        if "$ref" in link:
            kept[name] = link
        elif (target := str(link.get("operationId"))) in names:
            kept[name] = {**link, "operationId": names[target]}
    return kept


def check_circles(document: dict[str, Any]) -> None:
    """Refuse references that lead back to themselves without ever entering a value."""
    graph = {
        Component(section, name).reference: set(_references_for_same_value(held))
        for section, components in document.get("components", {}).items()
        for name, held in components.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = list(dict.fromkeys(error.args[1]))
        raise InputError(
            f"{shorten(min(circle))} is defined by nothing but itself: its references run in a circle."
        ) from None


def _references_for_same_value(node: Any) -> Iterator[str]:
    """Yield the references that apply to the very value that a schema describes."""
    if not isinstance(node, dict):
        return
    if isinstance(node.get("$ref"), str):
        yield node["$ref"]
    for key in node.keys() & set(_SAME_VALUE):
        held = node[key]
        below = held if isinstance(held, list) else held.values() if key == "dependentSchemas" else [held]
        for child in below:
            yield from _references_for_same_value(child)
