"""Finding and changing what refers to what in a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

COMPONENT = "#/components/schemas/"
"""What a reference to a schema begins with."""

Place: TypeAlias = Sequence[str | int]
"""Where a node stands: the keys and positions that lead to it from the root."""


def node_at(document: Any, place: Place) -> Any:
    """Return the node that stands at a place."""
    node = document
    for part in place:
        node = node[part]
    return node


def reachable_schemas(document: Any) -> set[str]:
    """Return the names of the components under `schemas` that the paths of a document reach by reference."""
    return schemas_below(document, document["paths"])


def schemas_below(document: Any, node: Any) -> set[str]:
    """Return the names of the components under `schemas` that a node reaches by reference, step by step."""
    seen: set[str] = set()
    for _ in reached(document, [node], seen):
        pass
    return {reference.removeprefix(COMPONENT) for reference in seen if reference.startswith(COMPONENT)}


def reached(document: Any, nodes: Sequence[Any], seen: set[str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield every mapping below some nodes and, through references, below the components they name.

    Args:
        document: where references are looked up.
        nodes: where to begin.
        seen: references that are not followed; those that are followed get added.

    """
    seen = set() if seen is None else seen
    pending = list(nodes)
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending.extend(node)
        if not isinstance(node, dict):
            continue
        pending.extend(node.values())
        for target in references_of(node):
            if target not in seen:
                seen.add(target)
                pending.append(node_at(document, target.removeprefix("#/").split("/")))
        yield node


def references_of(node: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a mapping itself refers to: by `$ref`, or as the `discriminator` of a union."""
    if isinstance(node.get("$ref"), str):
        yield node["$ref"]
    yield from _choices(node).values()


def rename_references(document: Any, renamed: Mapping[str, str]) -> None:
    """Let every reference to a renamed component under `schemas` name it as it is called now."""
    targets = {COMPONENT + old: COMPONENT + new for old, new in renamed.items()}
    for _, _, mapping in holders(document):
        if mapping.get("$ref") in targets:
            mapping["$ref"] = targets[mapping["$ref"]]
        choices = _choices(mapping)
        choices.update({value: targets.get(target, target) for value, target in choices.items()})


def holders(node: Any) -> Iterator[tuple[Any, Any, dict[str, Any]]]:
    """Yield (container, key, mapping) for every mapping below a node, innermost first."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in list(pairs):
        yield from holders(value)
        if isinstance(value, dict):
            yield node, key, value


def _choices(node: Mapping[str, Any]) -> dict[str, str]:
    """Return the references of a discriminator, by the value that chooses each."""
    discriminator = node.get("discriminator")
    choices = discriminator.get("mapping") if isinstance(discriminator, dict) else None
    if not isinstance(choices, dict) or not all(isinstance(target, str) for target in choices.values()):
        return {}  # a property that is called so
    return choices
