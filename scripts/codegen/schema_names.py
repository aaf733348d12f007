"""The names of generated classes: every schema that is to be a class becomes a component of the class's name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from spec.canonical import json_text
from spec.openapi_objects import Position, objects, root_of, walk
from spec.operations import list_operations
from spec.references import parse_reference, rename_references, schema_reference
from spec.tree import Place, copy_tree, escape


def titles_as_names(document: Any, places: Sequence[Place]) -> list[str]:  # noqa: ARG001 - it is a Rule
    """Make every titled schema a component of that name; return what could not get its name.

    A component whose title differs from its key is renamed; an inline schema becomes a component, and equal ones share
    it; a title beside a reference renames what is referred to. Of two different schemas with one title the second gets
    the name of its owner in front, or keeps the name it has, which is reported. Objects and enumerations without a
    title within the union that a property is are named after the component and the property.
    """
    schemas = document["components"]["schemas"]
    clashes = _rename_components(document, _titles_of_components(document))
    for owner, start in _owners(document):
        for position in list(walk(start, children_first=True)):
            if position.kind == "schema" and position.where != start.where and _title(position.node) is not None:
                clashes += _make_component(schemas, owner, position)
    for schema in schemas.values():
        schema.pop("title", None)
    _name_alternatives(schemas)
    return [f"finds two different schemas titled {title!r}" for title in clashes]


def _title(schema: Any) -> str | None:
    title = schema.get("title") if isinstance(schema, dict) else None
    return title if isinstance(title, str) else None


def _titles_of_components(document: Any) -> dict[str, str]:
    """Return the title of each component that has one, or is given one beside a reference; takes the latter away."""
    schemas = document["components"]["schemas"]
    titles = {name: title for name, schema in schemas.items() if (title := _title(schema)) is not None}
    for node, kind, where in objects(document):
        if kind == "schema" and "$ref" in node and _title(node) is not None:
            titles.setdefault(parse_reference(node["$ref"], kind, where).name, node.pop("title"))
    return titles


def _rename_components(document: Any, titles: Mapping[str, str]) -> list[str]:
    """Rename components and the references to them; return the new names that others already have."""
    schemas = document["components"]["schemas"]
    renamed = {}
    for old, new in titles.items():
        if old != new and _add_component(schemas, new, schemas[old]):
            renamed[old] = new
            del schemas[old]
    rename_references(document, renamed)
    return [new for old, new in titles.items() if old != new and old not in renamed]


def _owners(document: Any) -> list[tuple[str, Position]]:
    """Return every operation and every component, each with the name that it lends to what stands inside."""
    operations = [
        (f"{operation.name[:1].upper()}{operation.name[1:]}", root_of(operation.node, "operation", operation.where))
        for operation in list_operations(document)
    ]
    schemas = document["components"]["schemas"]
    components = [
        (name, Position(schemas, name, "schema", f"/components/schemas/{escape(name)}")) for name in list(schemas)
    ]
    return operations + components


def _make_component(schemas: dict[str, Any], owner: str, position: Position) -> list[str]:
    """Make a titled schema a component, and its place a reference; return its title if no name is free."""
    title = position.node.pop("title")
    for name in (title, owner + title):
        if _add_component(schemas, name, position.node):
            position.replace(schema_reference(name))
            return []
    return [title]


def _name_alternatives(schemas: dict[str, Any]) -> None:
    """Make components of the objects and enumerations that stand in place among the alternatives of properties."""
    pending = sorted(schemas)
    while pending:
        owner = pending.pop(0)
        for key, schema in schemas[owner].get("properties", {}).items():
            branches = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
            nameless = [branch for branch in branches if branch.keys() & {"properties", "enum"}]
            for number, branch in enumerate(nameless, start=1):
                name = owner + "".join(part[:1].upper() + part[1:] for part in re.split(r"[\W_]+", key))
                name += str(number) if len(nameless) > 1 else ""
                if _add_component(schemas, name, branch):
                    branch.clear()
                    branch.update(schema_reference(name))
                    pending.append(name)


def _add_component(schemas: dict[str, Any], name: str, schema: dict[str, Any]) -> bool:
    """Make a schema the component of a name; tell whether the name was free, or held by an equal schema."""
    added = {key: value for key, value in copy_tree(schema).items() if key != "title"}
    present = schemas.get(name)
    if present is not None and _structure(present) != _structure(added):
        return False
    schemas[name] = present or added
    return True


def _structure(schema: dict[str, Any]) -> str:
    """Return a schema as text, without its titles and descriptions."""
    copied = copy_tree(schema)
    for node, _, _ in objects(copied, "schema"):
        node.pop("title", None)
        node.pop("description", None)
    return json_text(copied)
