"""Choosing operations of a document, and cutting out what they reach by `$ref`."""

import re
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple
from urllib.parse import unquote

from spec.errors import Refusal, shorten
from spec.openapi_objects import METHODS, SECTIONS, escape, expect_mapping, map_children

ALL = "*"
"""Asks for every operation of the document."""

KNOWN = {
    "createEmbeddings": (("post", "/embeddings"),),
    "listEmbeddingsModels": (("get", "/embeddings/models"), ("get", "/models/embeddings")),
}
"""The operations chosen by default: their name in the pin, and where they were published, newest first."""

REQUIRED = "createEmbeddings"
"""The operation that no document may lack."""

_REF = re.compile(r"#/components/([A-Za-z]+)/([^/]+)")
_IN_PLACE = {"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"}


class Operation(NamedTuple):
    """One operation of a document, under the name it has in the pin.

    *method* is in lower case; *upstream_id* is the document's own operationId, if it has one; *item* is the
    path item that holds it.
    """

    name: str
    method: str
    path: str
    upstream_id: str | None
    item: dict[str, Any]

    @property
    def where(self) -> str:
        """The operation's JSON Pointer in the document."""
        return f"/paths/{escape(self.path)}/{self.method}"


class Choice(NamedTuple):
    """The operations found, and the names of default operations which the document lacks."""

    operations: tuple[Operation, ...]
    absent: tuple[str, ...]


def choose_operations(document: dict[str, Any], wanted: Sequence[str] = ()) -> Choice:
    """Return the operations *wanted* of *document*: operationIds, `METHOD /path`, or `*` for all.

    With none wanted the two of `KNOWN` are meant. Each is found by its operationId, those of `KNOWN` also
    by method and path, whatever upstream calls them. Raises Refusal when an operation that was asked for,
    or `createEmbeddings`, is not there, or when two could be meant.
    """
    published = list(_published(document))
    asked = [name for name in dict.fromkeys(wanted) if name != ALL]
    everything = ALL in wanted
    names = list(dict.fromkeys([*asked, *(KNOWN if everything or not asked else ())]))
    chosen: dict[tuple[str, str], Operation] = {}
    absent: list[str] = []
    for name in names:
        found = _find(published, name)
        if found is not None:
            chosen.setdefault((found.path, found.method), found)
        elif name in asked or name == REQUIRED:
            raise Refusal(_absence(name, published))
        else:
            absent.append(name)
    if everything:
        for operation in published:
            chosen.setdefault((operation.path, operation.method), operation)
    _check_distinct(chosen.values())
    return Choice(tuple(chosen.values()), tuple(absent))


def slice_document(document: dict[str, Any], operations: Sequence[Operation]) -> dict[str, Any]:
    """Return a document with *operations* only, under their names in the pin, and what they reach.

    Parameters and servers of path items are folded into the operations. References are written in one form.
    Raises Refusal for references that leave the document, lead nowhere, or lead only to themselves.
    """
    return _Slice(document).cut(operations)


def check_guarded(document: dict[str, Any], plain: dict[str, Any]) -> None:
    """Refuse *document* when it declares keys and its slice *plain* asks for none to create embeddings.

    Documents say last which key they ask for: one cut short between two lines is told by nothing else.
    """
    schemes = document.get("components", {}).get("securitySchemes")
    for path, item in plain["paths"].items():
        for method, operation in item.items():
            if operation["operationId"] == REQUIRED and schemes and not {"security"} & {*plain, *operation}:
                raise Refusal(
                    f"{method.upper()} {path} asks for none of the keys that the document declares: it "
                    "was cut short (write `security: []` if none is meant)."
                )


def prune(document: dict[str, Any]) -> dict[str, Any]:
    """Return *document* with all its operations, and without the components that they do not reach."""
    pruned = slice_document(document, tuple(_published(document)))
    return {key: value for key, value in pruned.items() if value != {}}


def _published(document: dict[str, Any]) -> Iterator[Operation]:
    paths = expect_mapping(document.get("paths"), "paths", "/paths")
    for path, held in paths.items():
        if path.startswith("x-"):
            continue
        item = _path_item(document, held, f"/paths/{escape(path)}")
        for method in METHODS:
            if method not in item:
                continue
            where = f"/paths/{escape(path)}/{method}"
            identity = expect_mapping(item[method], "operation", where).get("operationId")
            if identity is not None and not isinstance(identity, str):
                raise Refusal(f"{where}/operationId is {shorten(identity, 40)} where text is expected.")
            yield Operation(identity or _derived_name(method, path), method, path, identity, item)


def _path_item(document: dict[str, Any], held: object, where: str) -> dict[str, Any]:
    seen: set[str] = set()
    item = expect_mapping(held, "path item", where)
    while "$ref" in item:
        name = _target(item["$ref"], "pathItem", where)
        if name in seen:
            raise Refusal(f"{where}/$ref leads only to itself.")
        seen.add(name)
        item = expect_mapping(_component(document, "pathItems", name, where), "path item", where)
    return item


def _derived_name(method: str, path: str) -> str:
    return "_".join([method, *re.findall(r"[A-Za-z0-9]+", path)])


def _find(published: Sequence[Operation], wanted: str) -> Operation | None:
    matches = [operation for operation in published if operation.upstream_id == wanted]
    if not matches:
        matches = [operation for operation in published if f"{operation.method} {operation.path}" == _place(wanted)]
    if not matches:
        for place in KNOWN.get(wanted, ()):
            matches = matches or [o for o in published if (o.method, o.path) == place]
    if len(matches) > 1:
        both = " and ".join(f"{o.method.upper()} {o.path}" for o in matches)
        raise Refusal(f"the operationId {shorten(wanted)} is given to {both}: name one by method and path.")
    return _named(matches[0], wanted) if matches else None


def _place(wanted: str) -> str:
    method, _, path = wanted.partition(" ")
    return f"{method.lower()} {path.strip()}"


def _named(operation: Operation, wanted: str) -> Operation:
    """Return *operation* under its name in the pin: a known one keeps ours, whatever it was asked for as."""
    if wanted in KNOWN:
        return operation._replace(name=wanted)
    for name, places in KNOWN.items():
        if (operation.method, operation.path) in places:
            return operation._replace(name=name)
    return operation


def _absence(name: str, published: Sequence[Operation]) -> str:
    places = " or ".join(f"{method.upper()} {path}" for method, path in KNOWN.get(name, ()))
    sought = f"operation {shorten(name)}" + (f" ({places})" if places else "")
    return f"the document has no {sought} among its {len(published)} operations: is it whole, and the right one?"


def _check_distinct(operations: Any) -> None:
    seen: dict[str, Operation] = {}
    for operation in operations:
        other = seen.setdefault(operation.name, operation)
        if other is not operation:
            raise Refusal(
                f"the operationId {shorten(operation.name)} is given to {other.method.upper()} {other.path} "
                f"and {operation.method.upper()} {operation.path}: each operation needs a name of its own."
            )


def _target(ref: object, kind: str, where: str) -> str:
    """Return the name of the component that *ref*, standing at *where* in an object of *kind*, points to."""
    if not isinstance(ref, str):
        raise Refusal(f"{where}/$ref is {shorten(ref, 40)} where text is expected.")
    if not ref.startswith("#"):
        raise Refusal(
            f"{where}/$ref is {shorten(ref)}, which leaves the document: only references inside it are followed."
        )
    section = SECTIONS.get(kind)
    match = _REF.fullmatch(unquote(ref))
    if not match or match[1] != section:
        place = f"#/components/{section}/<name>" if section else "no reference"
        raise Refusal(f"{where}/$ref is {shorten(ref)}, where {place} is expected.")
    return match[2].replace("~1", "/").replace("~0", "~")


def _component(document: dict[str, Any], section: str, name: str, where: str) -> Any:
    components = expect_mapping(document.get("components", {}), "components", "/components")
    held = expect_mapping(components.get(section, {}), section, f"/components/{section}")
    if name not in held:
        raise Refusal(
            f"{where or '/'} refers to #/components/{section}/{name}, which the document does not have: "
            "it is damaged or cut short."
        )
    return held[name]


class _Slice:
    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._reached: dict[tuple[str, str], Any] = {}
        self._waiting: list[tuple[str, str]] = []
        self._names: dict[str, str] = {}

    def cut(self, operations: Sequence[Operation]) -> dict[str, Any]:
        self._names = {o.upstream_id: o.name for o in operations if o.upstream_id}
        paths: dict[str, Any] = {}
        for operation in operations:
            folded = self._copy(_folded(self._document, operation), "operation", operation.where)
            paths.setdefault(operation.path, {})[operation.method] = folded
        self._note_security(self._document.get("security"), "/security")
        while self._waiting:
            section, name = self._waiting.pop()
            where = f"/components/{section}/{escape(name)}"
            kind = next(k for k, s in SECTIONS.items() if s == section)
            held = _component(self._document, section, name, where)
            self._reached[section, name] = self._copy(held, kind, where)
        self._check_cycles()
        kept = {k: v for k, v in self._document.items() if k in {"openapi", "info", "servers", "security"}}
        components: dict[str, Any] = {}
        for (section, name), held in sorted(self._reached.items()):
            components.setdefault(section, {})[name] = held
        return {**kept, "paths": paths, "components": components}

    def _copy(self, node: Any, kind: str, where: str) -> Any:
        if kind == "schema" and isinstance(node, bool):
            return node
        result = map_children(expect_mapping(node, kind, where), kind, where, self._copy)
        if "$ref" in result:
            result["$ref"] = self._follow(result["$ref"], kind, where)
        if kind == "schema" and isinstance(result.get("discriminator"), dict):
            result["discriminator"] = self._discriminator(result["discriminator"], f"{where}/discriminator")
        if kind == "operation":
            self._note_security(result.get("security"), f"{where}/security")
        if isinstance(result.get("links"), dict) and kind == "response":
            result["links"] = self._links(result["links"], f"{where}/links")
        return result

    def _follow(self, ref: object, kind: str, where: str) -> str:
        name = _target(ref, kind, where)
        section = SECTIONS[kind]
        _component(self._document, section, name, where)
        self._reach(section, name)
        return f"#/components/{section}/{name}"

    def _reach(self, section: str, name: str) -> None:
        if (section, name) not in self._reached:
            self._reached[section, name] = None
            self._waiting.append((section, name))

    def _discriminator(self, node: dict[str, Any], where: str) -> dict[str, Any]:
        if "mapping" not in node:
            return node
        mapping = expect_mapping(node["mapping"], "mapping", f"{where}/mapping")
        followed = {}
        for key, ref in mapping.items():
            bare = isinstance(ref, str) and re.fullmatch(r"[A-Za-z0-9._-]+", ref)
            full = f"#/components/schemas/{ref}" if bare else ref
            followed[key] = self._follow(full, "schema", f"{where}/mapping/{escape(key)}")
        return {**node, "mapping": followed}

    def _note_security(self, requirements: object, where: str) -> None:
        if requirements is None:
            return
        if not isinstance(requirements, list):
            raise Refusal(f"{where} holds {shorten(requirements, 40)} where a list is expected.")
        for index, requirement in enumerate(requirements):
            for name, scopes in expect_mapping(requirement, "security requirement", f"{where}/{index}").items():
                if not isinstance(scopes, list):
                    raise Refusal(f"{where}/{index}/{escape(name)} is {shorten(scopes, 40)}: a list is expected.")
                _component(self._document, "securitySchemes", name, f"{where}/{index}")
                self._reach("securitySchemes", name)

    def _links(self, links: dict[str, Any], where: str) -> dict[str, Any]:
        """Return the links that lead to an operation of the slice, under its name there."""
        kept = {}
        for name, link in links.items():
            if "operationRef" in link:
                raise Refusal(f"{where}/{escape(name)}/operationRef is not followed: name an operationId.")
            if "$ref" in link:
                kept[name] = link
            elif (target := str(link.get("operationId"))) in self._names:
                kept[name] = {**link, "operationId": self._names[target]}
        return kept

    def _check_cycles(self) -> None:
        """Refuse references that lead back to themselves without ever entering a value."""
        graph = {
            f"#/components/{section}/{name}": set(_refs_in_place(held))
            for (section, name), held in self._reached.items()
        }
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle = list(dict.fromkeys(error.args[1]))
            raise Refusal(
                f"{shorten(min(circle))} is defined by nothing but itself: its references run in a circle."
            ) from None


def _folded(document: dict[str, Any], operation: Operation) -> dict[str, Any]:
    """Return the operation with its path item's parameters and servers, where it has none of its own."""
    item = operation.item
    own = {**item[operation.method], "operationId": operation.name}
    if item.get("parameters"):
        parameters, shared = own.get("parameters", []), item["parameters"]
        if not isinstance(parameters, list) or not isinstance(shared, list):
            raise Refusal(f"{operation.where}/parameters, or those of its path, are something else than a list.")
        taken = {_parameter_identity(document, parameter, operation.where) for parameter in parameters}
        added = [p for p in shared if _parameter_identity(document, p, operation.where) not in taken]
        own["parameters"] = [*added, *parameters]
    if "servers" in item:
        own.setdefault("servers", item["servers"])
    return own


def _parameter_identity(document: dict[str, Any], parameter: Any, where: str) -> str:
    """Return place and name of *parameter*, behind one reference: what tells it from the others."""
    if isinstance(parameter, dict) and "$ref" in parameter:
        name = _target(parameter["$ref"], "parameter", where)
        parameter = _component(document, "parameters", name, where)
    if not isinstance(parameter, dict):
        return repr(parameter)
    return repr((parameter.get("in"), parameter.get("name")))


def _refs_in_place(node: Any) -> Iterator[str]:
    """Yield the references which apply to the very value that *node* describes."""
    if not isinstance(node, dict):
        return
    if isinstance(node.get("$ref"), str):
        yield node["$ref"]
    for key in _IN_PLACE & node.keys():
        held = node[key]
        below = held if isinstance(held, list) else held.values() if key == "dependentSchemas" else [held]
        for child in below:
            yield from _refs_in_place(child)
