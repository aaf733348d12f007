"""References inside a document: what an object refers to, and what is reached through references."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from spec.errors import InputError, shorten
from spec.openapi_objects import KINDS, SECTIONS, Position, expect_mapping, objects, root_of, walk
from spec.tree import escape, unescape

_REFERENCE = re.compile(r"#/components/([A-Za-z]+)/([^/]+)")
_BARE_NAME = re.compile(r"[A-Za-z0-9._-]+")


class Component(NamedTuple):
    """The address of a component: its section of `components`, and its name there."""

    section: str
    name: str

    @property
    def reference(self) -> str:
        """The text of a reference to the component."""
        return f"#/components/{self.section}/{self.name}"

    @property
    def where(self) -> str:
        """The component's JSON Pointer."""
        return f"/components/{self.section}/{escape(self.name)}"


class Reference(NamedTuple):
    """A reference to a component, and its place, for messages."""

    target: Component
    where: str


def schema_reference(name: str) -> dict[str, Any]:
    """Return a schema that refers to the component of a name."""
    return {"$ref": Component("schemas", name).reference}


def parse_reference(ref: object, kind: str, where: str) -> Component:
    """Return the component that a `$ref` in an object of a kind names; `where` is the place of that object.

    Raises:
        InputError: it is not text, leaves the document, or names something else than a component of that kind.

    """
    if not isinstance(ref, str):
        raise InputError(f"{where}/$ref is {shorten(ref, 40)} where text is expected.")
    if not ref.startswith("#"):
        raise InputError(
            f"{where}/$ref is {shorten(ref)}, which leaves the document: only references inside it are followed."
        )
    section = SECTIONS.get(kind)
    match = _REFERENCE.fullmatch(unquote(ref))
    if not section or not match or match[1] != section:
        expected = f"#/components/{section}/<name>" if section else "no reference"
        raise InputError(f"{where}/$ref is {shorten(ref)}, where {expected} is expected.")
    return Component(section, unescape(match[2]))


def discriminator_targets(schema: Mapping[str, Any], where: str) -> dict[str, Component]:
    """Return the components that the discriminator of a schema chooses from, by the value that chooses each."""
    discriminator = schema.get("discriminator")
    if not isinstance(discriminator, dict) or "mapping" not in discriminator:
        return {}
    place = f"{where}/discriminator/mapping"
    targets = {}
    for value, ref in expect_mapping(discriminator["mapping"], "mapping", place).items():
        bare = isinstance(ref, str) and _BARE_NAME.fullmatch(ref)
        full = Component("schemas", ref).reference if bare else ref
        targets[value] = parse_reference(full, "schema", f"{place}/{escape(value)}")
    return targets


def references_of(position: Position) -> Iterator[Reference]:
    """Yield what an object itself refers to: by `$ref`, as a discriminator's choices, or as security schemes."""
    node, kind, where = position.node, position.kind, position.where
    if not isinstance(node, dict):
        return
    if "$ref" in node:
        yield Reference(parse_reference(node["$ref"], kind, where), where)
    if kind == "schema":
        for value, component in discriminator_targets(node, where).items():
            yield Reference(component, f"{where}/discriminator/mapping/{escape(value)}")
    if kind in {"document", "operation"} and node.get("security") is not None:
        yield from _security_schemes(node["security"], f"{where}/security")


def locate(document: Mapping[str, Any], component: Component, where: str) -> Position:
    """Return the position of a component; `where` is the place that refers to it.

    Raises:
        InputError: the document does not have it.

    """
    components = expect_mapping(document.get("components", {}), "components", "/components")
    held = expect_mapping(components.get(component.section, {}), component.section, f"/components/{component.section}")
    if component.name not in held:
        raise InputError(
            f"{where or '/'} refers to {component.reference}, which the document does not have: "
            "it is damaged or cut short."
        )
    return Position(held, component.name, KINDS[component.section], component.where)


def resolve(document: Mapping[str, Any], node: Any, kind: str, where: str) -> Any:
    """Return an object, or the object that the reference in its place leads to.

    Raises:
        InputError: a reference leads nowhere, or only to itself.

    """
    seen: set[Component] = set()
    while isinstance(node, dict) and "$ref" in node:
        component = parse_reference(node["$ref"], kind, where)
        if component in seen:
            raise InputError(f"{where}/$ref leads only to itself.")
        seen.add(component)
        node = locate(document, component, where).node
    return node


def outside_components(document: Mapping[str, Any]) -> Position:
    """Return the position of a document without its components: where references to them begin."""
    return root_of({key: value for key, value in document.items() if key != "components"})


def reachable(document: Mapping[str, Any], starts: Iterable[Position]) -> dict[Component, Position]:
    """Return the components that some objects, and all that is below them, refer to, step by step.

    Raises:
        InputError: a reference leads out of the document, nowhere, or to a component of another kind.

    """
    found: dict[Component, Position] = {}
    pending = list(starts)
    while pending:
        for position in walk(pending.pop()):
            for component, where in references_of(position):
                if component not in found:
                    found[component] = locate(document, component, where)
                    pending.append(found[component])
    return found


def reachable_objects(document: Mapping[str, Any], starts: Iterable[Position]) -> Iterator[Position]:
    """Yield every object at and below some objects, then of every component that they reach."""
    begun = list(starts)
    for start in [*begun, *reachable(document, begun).values()]:
        yield from walk(start)


def schema_names(components: Iterable[Component]) -> set[str]:
    """Return the names of those components that are schemas."""
    return {component.name for component in components if component.section == "schemas"}


def recursive_schemas(document: Mapping[str, Any]) -> set[str]:
    """Return the names of the components under `schemas` that reach themselves by reference."""
    direct = {
        name: schema_names(
            reference.target
            for position in walk(root_of(schema, "schema", f"/components/schemas/{escape(name)}"))
            for reference in references_of(position)
        )
        for name, schema in document.get("components", {}).get("schemas", {}).items()
    }
    return {name for name in direct if name in _closure(direct, name)}


def rename_references(document: Mapping[str, Any], renamed: Mapping[str, str]) -> None:
    """Let every reference to a renamed component under `schemas` use its new name; edits the document in place.

    Args:
        document: the document.
        renamed: the new name of each component, by its old one.

    """
    texts = {Component("schemas", old).reference: Component("schemas", new).reference for old, new in renamed.items()}
    for node, kind, where in objects(document):
        if kind != "schema":
            continue
        if node.get("$ref") in texts:
            node["$ref"] = texts[node["$ref"]]
        for value, component in discriminator_targets(node, where).items():
            node["discriminator"]["mapping"][value] = texts.get(component.reference, component.reference)


def _security_schemes(requirements: object, where: str) -> Iterator[Reference]:
    if not isinstance(requirements, list):
        raise InputError(f"{where} holds {shorten(requirements, 40)} where a list is expected.")
    for index, requirement in enumerate(requirements):
        for name, scopes in expect_mapping(requirement, "security requirement", f"{where}/{index}").items():
            if not isinstance(scopes, list):
                raise InputError(f"{where}/{index}/{escape(name)} is {shorten(scopes, 40)}: a list is expected.")
            yield Reference(Component("securitySchemes", name), f"{where}/{index}")


def _closure(direct: Mapping[str, set[str]], name: str) -> set[str]:
    """Return all names that can be reached from one."""
    found: set[str] = set()
    pending = [name]
    while pending:
        new = direct.get(pending.pop(), set()) - found
        found |= new
        pending += new
    return found
