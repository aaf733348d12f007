"""Where objects stand in an OpenAPI 3.1 document, and the one way to walk over them.

A mapping key means something only by the place it stands in: `description` is prose in a schema and a name among
`properties`. Every walk over a document therefore goes through the table below, so that names are never taken for
keywords, and values (`default`, `enum`, examples) are never taken for schemas.

Source: OpenAPI Specification 3.1, section 4.8; JSON Schema 2020-12, core section 10.
"""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from spec.errors import InputError, shorten
from spec.tree import escape

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""The methods a path item may hold, in the order of the specification."""


class Field(NamedTuple):
    """A key whose value is an object, or a list or mapping of objects, of one kind."""

    kind: str
    held: Literal["one", "list", "map"]


def _one(kind: str) -> Field:
    return Field(kind, "one")


def _list(kind: str) -> Field:
    return Field(kind, "list")


def _map(kind: str) -> Field:
    return Field(kind, "map")


_PARAMETER = {"schema": _one("schema"), "content": _map("mediaType")}

CHILD_FIELDS: dict[str, dict[str, Field]] = {
    "document": {
        "info": _one("info"),
        "servers": _list("server"),
        "paths": _map("pathItem"),
        "components": _one("components"),
    },
    "info": {},
    "server": {},
    "components": {
        "schemas": _map("schema"),
        "responses": _map("response"),
        "parameters": _map("parameter"),
        "requestBodies": _map("requestBody"),
        "headers": _map("header"),
        "securitySchemes": _map("securityScheme"),
        "links": _map("link"),
        "callbacks": _map("callback"),
        "pathItems": _map("pathItem"),
    },
    "pathItem": {
        **{method: _one("operation") for method in METHODS},
        "parameters": _list("parameter"),
        "servers": _list("server"),
    },
    "operation": {
        "parameters": _list("parameter"),
        "requestBody": _one("requestBody"),
        "responses": _map("response"),
        "callbacks": _map("callback"),
        "servers": _list("server"),
    },
    "parameter": _PARAMETER,
    "header": _PARAMETER,
    "requestBody": {"content": _map("mediaType")},
    "response": {"headers": _map("header"), "content": _map("mediaType"), "links": _map("link")},
    "mediaType": {"schema": _one("schema"), "encoding": _map("encoding")},
    "encoding": {"headers": _map("header")},
    "link": {},
    "callback": {},  # every key is an expression, every value a path item: see fields_of
    "securityScheme": {},
    "schema": {
        **dict.fromkeys(("properties", "patternProperties", "$defs", "dependentSchemas"), _map("schema")),
        **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), _list("schema")),
        **dict.fromkeys(
            (
                "items",
                "additionalProperties",
                "not",
                "if",
                "then",
                "else",
                "contains",
                "propertyNames",
                "unevaluatedItems",
                "unevaluatedProperties",
                "contentSchema",
            ),
            _one("schema"),
        ),
    },
}
"""For each kind of object, the keys under which other objects stand."""

SECTIONS = {field.kind: section for section, field in CHILD_FIELDS["components"].items()}
"""The section of `components` in which each kind of object is kept."""

KINDS = {section: kind for kind, section in SECTIONS.items()}
"""The kind of object that each section of `components` keeps."""


class Position(NamedTuple):
    """Where an object stands in a document.

    Attributes:
        holder: the mapping or list that holds the object.
        key: the object's key or index there.
        kind: the kind of the object, a key of `CHILD_FIELDS`.
        where: the object's JSON Pointer, for messages.

    """

    holder: Any
    key: str | int
    kind: str
    where: str

    @property
    def node(self) -> Any:
        """The object that stands here now: a mapping, or a boolean in the place of a schema."""
        return self.holder[self.key]

    def replace(self, node: Any) -> None:
        """Put another object here."""
        self.holder[self.key] = node


def root_of(tree: Any, kind: str = "document", where: str = "") -> Position:
    """Return the position of an object that nothing holds; `node` gives it back after a walk has replaced it."""
    return Position([tree], 0, kind, where)


def objects(tree: Any, kind: str = "document", where: str = "") -> Iterator[tuple[dict[str, Any], str, str]]:
    """Yield every object of a tree as (mapping, kind, JSON Pointer), parents first, boolean schemas left out.

    Raises:
        InputError: something else stands in an object's place.

    """
    for position in walk(root_of(tree, kind, where)):
        if isinstance(position.node, dict):
            yield position.node, position.kind, position.where


def walk(start: Position, *, children_first: bool = False, stop_at: str | None = None) -> Iterator[Position]:
    """Yield the position of every object at and below a position, parents first unless `children_first`.

    A loop over it may change or replace the object that it is given. Parents first, the walk then goes on below
    what stands there now.

    Args:
        start: where to begin.
        children_first: whether to yield an object after all that is below it.
        stop_at: a kind of object below which the walk does not go.

    Raises:
        InputError: something else stands in an object's place.

    """
    _expect_object(start)
    if not children_first:
        yield start
    if start.kind != stop_at:
        for child in children(start):
            yield from walk(child, children_first=children_first, stop_at=stop_at)
    if children_first:
        yield start


def children(position: Position) -> list[Position]:
    """Return the positions of the objects directly below an object, in the order in which they stand.

    Raises:
        InputError: something else than a mapping or a list stands where objects are held.

    """
    node = _expect_object(position)
    if isinstance(node, bool):
        return []
    fields = fields_of(node, position.kind)
    return [
        child
        for key, held in node.items()
        if key in fields
        for child in _held(node, key, held, fields[key], f"{position.where}/{escape(key)}")
    ]


def fields_of(node: dict[str, Any], kind: str) -> dict[str, Field]:
    """Return the keys of an object under which other objects stand."""
    if kind == "callback":
        return {key: _one("pathItem") for key in node if not key.startswith("x-") and key != "$ref"}
    return CHILD_FIELDS[kind]


def expect_mapping(node: object, kind: str, where: str) -> dict[str, Any]:
    """Return a node that is to be a mapping; raises InputError, naming the place, for anything else."""
    if isinstance(node, dict):
        return node
    raise InputError(
        f"{where or '/'} holds {shorten(node, 40)} where a mapping ({kind}) is expected: the document "
        "is damaged or cut short."
    )


def _expect_object(position: Position) -> dict[str, Any] | bool:
    node = position.node
    if position.kind == "schema" and isinstance(node, bool):
        return node
    return expect_mapping(node, position.kind, position.where)


def _held(node: dict[str, Any], key: str, held: Any, field: Field, where: str) -> list[Position]:
    """Return the positions of the objects that stand under one key of an object."""
    if field.held == "one":
        return [Position(node, key, field.kind, where)]
    if field.held == "map":
        return [
            Position(held, name, field.kind, f"{where}/{escape(name)}")
            for name in expect_mapping(held, key, where)
            if not (field.kind == "pathItem" and name.startswith("x-"))
        ]
    if not isinstance(held, list):
        raise InputError(f"{where} holds {shorten(held, 40)} where a list is expected: the document is damaged.")
    return [Position(held, index, field.kind, f"{where}/{index}") for index in range(len(held))]
