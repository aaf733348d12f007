"""The operations of a document: listing them, and finding those to keep under any name upstream gave them."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from spec.errors import InputError, shorten
from spec.openapi_objects import METHODS, expect_mapping
from spec.references import resolve
from spec.tree import escape

ALL = "*"
"""Asks for every operation of the document."""

KNOWN = {
    "createEmbeddings": (("post", "/embeddings"),),
    "listEmbeddingsModels": (("get", "/embeddings/models"), ("get", "/models/embeddings")),
}
"""The operations chosen by default: their name in the pin, and where they were published, newest first."""

Known: TypeAlias = Mapping[str, tuple[tuple[str, str], ...]]
"""Names of operations, and the methods and paths where each was published, newest first."""

REQUIRED = "createEmbeddings"
"""The operation that no document may lack."""


class Operation(NamedTuple):
    """One operation of a document.

    Attributes:
        name: its name in the pin.
        method: in lower case.
        path: the template of its path.
        upstream_id: the document's own operationId, if it has one.
        item: the path item that holds it.

    """

    name: str
    method: str
    path: str
    upstream_id: str | None
    item: dict[str, Any]

    @property
    def node(self) -> dict[str, Any]:
        """The object that describes the operation."""
        found: dict[str, Any] = self.item[self.method]
        return found

    @property
    def place(self) -> str:
        """Method and path, as messages name them."""
        return f"{self.method.upper()} {self.path}"

    @property
    def where(self) -> str:
        """The operation's JSON Pointer in the document."""
        return f"/paths/{escape(self.path)}/{self.method}"


class Choice(NamedTuple):
    """The operations found, and the names of default operations which the document lacks."""

    operations: tuple[Operation, ...]
    absent: tuple[str, ...]


def list_operations(document: dict[str, Any]) -> list[Operation]:
    """Return every operation of a document; one without an operationId is named after its method and path."""
    return list(_published(document))


def choose_operations(
    document: dict[str, Any],
    wanted: Sequence[str] = (),
    *,
    known: Known = KNOWN,
    tolerate_absent: bool = False,
) -> Choice:
    """Return the wanted operations of a document.

    Args:
        document: the published document.
        wanted: operationIds, `METHOD /path`, or `*` for all; when empty, the known operations. Each is found by its
            operationId, known ones also by method and path, whatever upstream calls them.
        known: the names of operations and where they were published, newest first.
        tolerate_absent: whether an operation may be absent although it was asked for, or is `createEmbeddings`.

    Raises:
        InputError: an operation that was asked for, or `createEmbeddings`, or a known one that is not among `KNOWN`, is
            not there, or two could be meant.

    """
    published = list_operations(document)
    asked = [name for name in dict.fromkeys(wanted) if name != ALL]
    everything = ALL in wanted
    names = list(dict.fromkeys([*asked, *(known if everything or not asked else ())]))
    chosen: dict[tuple[str, str], Operation] = {}
    absent: list[str] = []
    for name in names:
        found = _find(published, name, known)
        if found is not None:
            chosen.setdefault((found.path, found.method), found)
        elif not tolerate_absent and (name in asked or name == REQUIRED or name not in KNOWN):
            raise InputError(_absence(name, published, known, asked=name in asked))
        else:
            absent.append(name)
    if everything:
        for operation in published:
            chosen.setdefault((operation.path, operation.method), operation)
    _check_distinct(chosen.values())
    return Choice(tuple(chosen.values()), tuple(absent))


def _published(document: dict[str, Any]) -> Iterator[Operation]:
    paths = expect_mapping(document.get("paths"), "paths", "/paths")
    for path, held in paths.items():
        if path.startswith("x-"):
            continue
        where = f"/paths/{escape(path)}"
        item = expect_mapping(resolve(document, held, "pathItem", where), "path item", where)
        for method in METHODS:
            if method in item:
                yield _operation(item, method, path)


def _operation(item: dict[str, Any], method: str, path: str) -> Operation:
    where = f"/paths/{escape(path)}/{method}"
    identity = expect_mapping(item[method], "operation", where).get("operationId")
    if identity is not None and not isinstance(identity, str):
        raise InputError(f"{where}/operationId is {shorten(identity, 40)} where text is expected.")
    return Operation(identity or _derived_name(method, path), method, path, identity, item)


def _derived_name(method: str, path: str) -> str:
    return "_".join([method, *re.findall(r"[A-Za-z0-9]+", path)])


def remembered_operations(lock: Mapping[str, Any]) -> Known:
    """Return the operations that a lock says its pin holds or lacks, as `choose_operations` takes them.

    Where a lock says nothing, they are those of `KNOWN`.
    """
    pin = lock.get("pin", {})
    held, absent = pin.get("operations", {}), pin.get("absent", [])
    names = [*held, *absent]
    return {name: _places(name, held.get(name, {})) for name in names} or KNOWN


def _places(name: str, held: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return where an operation was published, the place that the lock has last."""
    locked = [(held["method"].lower(), held["path"])] if {"method", "path"} <= held.keys() else []
    return tuple(dict.fromkeys([*KNOWN.get(name, ()), *locked]))


def _find(published: Sequence[Operation], wanted: str, known: Known) -> Operation | None:
    matches = [operation for operation in published if operation.upstream_id == wanted]
    if not matches:
        matches = [
            operation for operation in published if (operation.method, operation.path) == _method_and_path(wanted)
        ]
    for place in known.get(wanted, KNOWN.get(wanted, ())):
        matches = matches or [operation for operation in published if (operation.method, operation.path) == place]
    if len(matches) > 1:
        both = " and ".join(operation.place for operation in matches)
        raise InputError(f"the operationId {shorten(wanted)} is given to {both}: name one by method and path.")
    return _named(matches[0], wanted, known) if matches else None


def _method_and_path(wanted: str) -> tuple[str, str]:
    method, _, path = wanted.partition(" ")
    return method.lower(), path.strip()


def _named(operation: Operation, wanted: str, known: Known) -> Operation:
    """Return the operation under its name in the pin: a known one keeps ours, whatever name it was asked for by."""
    names = {**KNOWN, **known}
    if wanted in names:
        return operation._replace(name=wanted)
    for name, places in names.items():
        if (operation.method, operation.path) in places:
            return operation._replace(name=name)
    return operation


def _absence(name: str, published: Sequence[Operation], known: Known, *, asked: bool) -> str:
    places = " or ".join(f"{method.upper()} {path}" for method, path in known.get(name, KNOWN.get(name, ())))
    sought = f"operation {shorten(name)}" + (f" ({places})" if places else "")
    found = f"the document has no {sought} among its {len(published)} operations"
    if near := nearest_name(name, published):
        return f"{found}: {near} is the nearest name."
    if asked or name == REQUIRED:
        return f"{found}: is it whole, and the right one?"
    return f"{found}, which the pin holds so far: name the operations to keep by --operation to go on without it."


def nearest_name(name: str, published: Sequence[Operation]) -> str | None:
    """Return the name, or method and path, in a document that is spelled most like a name; None where none is."""
    spellings = {each.lower(): each for held in published for each in (held.place, held.upstream_id) if each}
    close = difflib.get_close_matches(name.lower(), spellings, n=1, cutoff=0.75)
    return spellings[close[0]] if close else None


def _check_distinct(operations: Iterable[Operation]) -> None:
    seen: dict[str, Operation] = {}
    for operation in operations:
        other = seen.setdefault(operation.name, operation)
        if other is not operation:
            raise InputError(
                f"the operationId {shorten(operation.name)} is given to {other.place} and {operation.place}: "
                "each operation needs a name of its own."
            )
