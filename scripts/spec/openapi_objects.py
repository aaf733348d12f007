"""Where objects stand in an OpenAPI 3.1 document.

A mapping key means something only by the place it stands in: `description` is prose in a schema and
a name among `properties`. Every walk over a document therefore goes through this table, so that
names are never taken for keywords, and values (`default`, `enum`, examples) are never taken for schemas.

Source: OpenAPI Specification 3.1, section 4.8; JSON Schema 2020-12, core section 10.
"""

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

from spec.errors import Refusal, shorten

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""The methods a path item may hold, in the order of the specification."""


class Field(NamedTuple):
    """One place for children: the *kind* of object there, and how many are held, and how."""

    kind: str
    held: Literal["one", "list", "map"]


def _one(kind: str) -> Field:
    return Field(kind, "one")


def _list(kind: str) -> Field:
    return Field(kind, "list")


def _map(kind: str) -> Field:
    return Field(kind, "map")


_PARAMETER = {"schema": _one("schema"), "content": _map("mediaType")}

ANATOMY: dict[str, dict[str, Field]] = {
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

SECTIONS = {field.kind: section for section, field in ANATOMY["components"].items()}
"""The section of `components` in which each kind of object is kept."""

Visit = Callable[[Any, str, str], Any]
"""Called with a child, its kind and its JSON Pointer; what it returns takes the child's place."""


def escape(key: str) -> str:
    """Return *key* as one token of a JSON Pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def fields_of(node: dict[str, Any], kind: str) -> dict[str, Field]:
    """Return the places for children in *node*, an object of *kind*."""
    if kind == "callback":
        return {key: _one("pathItem") for key in node if not key.startswith("x-") and key != "$ref"}
    return ANATOMY[kind]


def expect_mapping(node: object, kind: str, where: str) -> dict[str, Any]:
    """Return *node*, known to be a mapping, or a Refusal naming the place."""
    if isinstance(node, dict):
        return node
    raise Refusal(
        f"{where or '/'} holds {shorten(node, 40)} where a mapping ({kind}) is expected: the document "
        "is damaged or cut short."
    )


def map_children(node: dict[str, Any], kind: str, where: str, visit: Visit) -> dict[str, Any]:
    """Return a copy of *node* with every child object replaced by what *visit* returns for it.

    Keys which hold no child objects are kept as they are. A list or mapping of children which is
    something else is refused.
    """
    result = dict(node)
    for key, field in fields_of(node, kind).items():
        if key not in node:
            continue
        place = f"{where}/{escape(key)}"
        held = node[key]
        if field.held == "one":
            result[key] = visit(held, field.kind, place)
        elif field.held == "map":
            held = expect_mapping(held, key, place)
            result[key] = {
                name: visit(child, field.kind, f"{place}/{escape(name)}")
                if not (field.kind == "pathItem" and name.startswith("x-"))
                else child
                for name, child in held.items()
            }
        elif isinstance(held, list):
            result[key] = [visit(child, field.kind, f"{place}/{index}") for index, child in enumerate(held)]
        else:
            raise Refusal(f"{place} holds {shorten(held, 40)} where a list is expected: the document is damaged.")
    return result


def objects(node: object, kind: str, where: str = "") -> Iterator[tuple[dict[str, Any], str, str]]:
    """Yield every object at and below *node*: the mapping, its kind, its JSON Pointer; parents first.

    Boolean schemas are passed over. Raises Refusal where something else stands in an object's place.
    """
    if kind == "schema" and isinstance(node, bool):
        return
    mapping = expect_mapping(node, kind, where)
    yield mapping, kind, where
    below: list[tuple[Any, str, str]] = []

    def note(child: Any, child_kind: str, place: str) -> Any:
        below.append((child, child_kind, place))
        return child

    map_children(mapping, kind, where, note)
    for child, child_kind, place in below:
        yield from objects(child, child_kind, place)
