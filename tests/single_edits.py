"""Single edits of a contract whose effect is known: where it shows, who is affected, or that nobody is.

Each edit is made at one place of one operation: references on the way there are replaced by what they name first, so that
nothing else changes.
"""

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from spec.load import parse_document
from spec.source import Source

Tree = dict[str, Any]
REF = "#/components/schemas/"
CALLERS, READERS, SERVERS = "callers", "readers", "servers"


class Expected(NamedTuple):
    """Where an edit shows, and who it affects; an edit without effect has none.

    Attributes:
        operation: the name of the operation.
        side: `request` or `response`.
        status: of the response, else empty.
        path: as the diff writes it.
        affected: the parties, in order.

    """

    operation: str
    side: str
    status: str
    path: str
    affected: tuple[str, ...]


class SingleEdit(NamedTuple):
    """An edit: its name, the document after it, and what the diff is to say."""

    name: str
    document: Tree
    expected: Expected | None


class Place(NamedTuple):
    """A schema in a body: how it is reached.

    Attributes:
        operation: the name of the operation.
        side: `request` or `response`.
        status: of the response, else empty.
        keys: from the root of the document, references on the way followed.
        path: as the diff writes it.
        alone: whether no union stands above it, where another branch could make good what the edit takes.

    """

    operation: str
    side: str
    status: str
    keys: tuple[str | int, ...]
    path: str
    alone: bool


def single_edit(contract: Tree, seed: int) -> SingleEdit:
    """Return the edit of a seed."""
    chance = random.Random(seed)
    choose, edits = chance.choice((
        (_in_schema, _EFFECTIVE), (_in_schema, _EFFECTIVE), (_without_effect, _HARMLESS), (_outside_schemas, _OUTSIDE),
    ))  # fmt: skip
    edit = chance.choice(edits)
    while (made := choose(copy.deepcopy(contract), edit, chance)) is None:
        pass  # it does not go together with the place that was drawn
    return made


def source_of(document: Tree) -> Source:
    """Return a document as `build_pin` reads it."""
    raw = json.dumps(document).encode()
    parse_document(raw, "edited")
    return Source(raw, "edited")


def places(document: Tree) -> list[Place]:
    """Return the schemas of all bodies, as deep as they go without meeting themselves."""
    found: list[Place] = []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            root: tuple[str | int, ...] = ("paths", path, method)
            name = operation["operationId"]
            if "requestBody" in operation:
                keys = (*root, "requestBody", "content", "application/json", "schema")
                found += _below(document, Place(name, "request", "", keys, "$", alone=True), ())
            for status, response in operation["responses"].items():
                if "application/json" in response.get("content", {}):
                    keys = (*root, "responses", status, "content", "application/json", "schema")
                    found += _below(document, Place(name, "response", status, keys, "$", alone=True), ())
    return found


def _below(document: Tree, place: Place, seen: tuple[str, ...]) -> Iterator[Place]:
    schema = follow(document, place.keys)
    names = seen
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(REF)
        if name in seen:
            return
        names, schema = (*seen, name), document["components"]["schemas"][name]
    yield place
    for name in schema.get("properties", {}):
        yield from _below(document, _deeper(place, ("properties", name), f".{name}"), names)
    if isinstance(schema.get("items"), dict):
        yield from _below(document, _deeper(place, ("items",), "[*]"), names)
    for key in ("anyOf", "oneOf"):
        for index in range(len(schema.get(key, ()))):
            yield from _below(document, _deeper(place, (key, index), "")._replace(alone=False), names)


def _deeper(place: Place, keys: tuple[str | int, ...], path: str) -> Place:
    return place._replace(keys=(*place.keys, *keys), path=place.path + path)


def follow(document: Tree, keys: tuple[str | int, ...]) -> Any:
    """Return what stands at some keys, references on the way followed."""
    node: Any = document
    for key in keys:
        if isinstance(node, dict) and "$ref" in node:
            node = document["components"]["schemas"][node["$ref"].removeprefix(REF)]
        node = node[key]
    return node


def _own(document: Tree, place: Place) -> Tree:
    """Return the schema at a place, which nothing else refers to any more."""
    node: Any = document
    for key in place.keys:
        if isinstance(node[key], dict) and node[key].keys() == {"$ref"}:
            node[key] = copy.deepcopy(document["components"]["schemas"][node[key]["$ref"].removeprefix(REF)])
        node = node[key]
    found: Tree = node
    return found


def _says(place: Place, path: str, *, less: bool) -> Expected:
    """Return what is expected of an edit after which less, or more, is accepted at a place."""
    parties = {"request": (CALLERS, SERVERS), "response": (SERVERS, READERS)}
    party = parties[place.side][0 if less else 1]
    return Expected(place.operation, place.side, place.status, path, (party,))


# Edits of schemas.


def _removes_property(schema: Tree, place: Place, chance: random.Random) -> Expected | None:
    names = sorted(schema.get("properties", {}))
    if len(names) < 2 or not place.alone:
        return None
    name = chance.choice(names)
    del schema["properties"][name]
    less = _says(place, f"{place.path}.{name}", less=True)
    if name in schema.get("required", ()):
        schema["required"].remove(name)
        both = {CALLERS, SERVERS} if place.side == "request" else {READERS, SERVERS}
        return less._replace(affected=tuple(sorted(both)))
    return less


def _adds_property(schema: Tree, place: Place, chance: random.Random) -> Expected | None:
    if "properties" not in schema or not place.alone:
        return None
    schema["properties"]["brand_new"] = chance.choice([{"type": "string"}, {"type": ["integer", "null"]}, {}])
    return _says(place, f"{place.path}.brand_new", less=False)


def _requires_property(schema: Tree, place: Place, chance: random.Random) -> Expected | None:
    names = sorted(schema.get("properties", {}).keys() - set(schema.get("required", ())))
    if not names or not place.alone:
        return None
    name = chance.choice(names)
    schema["required"] = [*schema.get("required", ()), name]
    return _says(place, f"{place.path}.{name}", less=True)


def _frees_property(schema: Tree, place: Place, chance: random.Random) -> Expected | None:
    if not schema.get("required") or not place.alone:
        return None
    name = chance.choice(sorted(schema["required"]))
    schema["required"].remove(name)
    return _says(place, f"{place.path}.{name}", less=False)


def _adds_value(schema: Tree, place: Place, chance: random.Random) -> Expected | None:
    if not schema.get("enum") or not isinstance(schema["enum"][0], str) or not place.alone:
        return None
    schema["enum"].append("brand-new")
    return _says(place, place.path, less=False)


def _removes_value(schema: Tree, place: Place, chance: random.Random) -> Expected | None:
    texts = [value for value in schema.get("enum", ()) if isinstance(value, str)]
    if len(texts) < 2 or not place.alone:
        return None
    schema["enum"].remove(chance.choice(texts))
    return _says(place, place.path, less=True)


def _admits_null(schema: Tree, place: Place, chance: random.Random) -> Expected | None:
    if not isinstance(schema.get("type"), str) or not place.alone or "enum" in schema:
        return None
    schema["type"] = [schema["type"], "null"]
    return _says(place, place.path, less=False)


def _refuses_null(schema: Tree, place: Place, chance: random.Random) -> Expected | None:
    if not isinstance(schema.get("type"), list) or len(schema["type"]) != 2 or "null" not in schema["type"]:
        return None
    schema["type"] = next(name for name in schema["type"] if name != "null")
    schema["enum"] = [value for value in schema.get("enum", ()) if value is not None]
    if not schema["enum"]:
        del schema["enum"]
    return _says(place, place.path, less=True) if place.alone else None


def _changes_type(schema: Tree, place: Place, chance: random.Random) -> Expected | None:
    others = {"string": "boolean", "integer": "string", "number": "string", "boolean": "integer"}
    if schema.keys() - {"format"} != {"type"} or str(schema["type"]) not in others or not place.alone:
        return None
    schema["type"] = others[schema["type"]]
    both = {CALLERS, SERVERS} if place.side == "request" else {READERS, SERVERS}
    return Expected(place.operation, place.side, place.status, place.path, tuple(sorted(both)))


def _narrows_number(schema: Tree, place: Place, chance: random.Random) -> Expected | None:
    if schema.get("type") != "number" or not place.alone:
        return None
    schema["type"] = "integer"
    return _says(place, place.path, less=True)


def _widens_integer(schema: Tree, place: Place, chance: random.Random) -> Expected | None:
    if schema.get("type") != "integer" or not place.alone:
        return None
    schema["type"] = "number"
    return _says(place, place.path, less=False)


def _tightens_bound(schema: Tree, place: Place, chance: random.Random) -> Expected | None:
    bounds = {
        "string": ("minLength", "maxLength"),
        "integer": ("minimum", "maximum"),
        "array": ("minItems", "maxItems"),
    }
    kind = schema.get("type")
    if not isinstance(kind, str) or kind not in bounds or not place.alone or "enum" in schema:
        return None
    least, most = bounds[kind]
    if chance.random() < 0.5:
        schema[least] = schema.get(least, 0) + chance.randint(1, 3)
    else:
        schema[most] = min(schema.get(most, 10**6) - 1, schema.get(least, 0) + chance.randint(5, 50))
    return _says(place, place.path, less=True)


def _drops_bound(schema: Tree, place: Place, chance: random.Random) -> Expected | None:
    bounds = sorted(schema.keys() & {"minimum", "maximum", "minLength", "minItems"})
    if not bounds or not place.alone:
        return None
    del schema[chance.choice(bounds)]
    return _says(place, place.path, less=False)


def _removes_branch(schema: Tree, place: Place, chance: random.Random) -> Expected | None:
    branches = next((schema[key] for key in ("anyOf", "oneOf") if len(schema.get(key, ())) > 2), None)
    if branches is None:
        return None
    branches.pop(chance.randrange(len(branches)))
    return _says(place, place.path, less=True)


def _sets_pattern(schema: Tree, place: Place, chance: random.Random) -> Expected | None:
    if schema.get("type") != "string" or "enum" in schema or not place.alone:
        return None
    schema["pattern"] = "^[a-z]+$"
    return _says(place, place.path, less=True)


_Edit = Callable[[Tree, Place, random.Random], Expected | None]
_EFFECTIVE: tuple[_Edit, ...] = (
    _removes_property, _adds_property, _requires_property, _frees_property, _adds_value, _removes_value, _admits_null,
    _refuses_null, _changes_type, _narrows_number, _widens_integer, _tightens_bound, _drops_bound, _removes_branch,
    _sets_pattern,
)  # fmt: skip


def _in_schema(document: Tree, edit: Any, chance: random.Random) -> SingleEdit | None:
    place = chance.choice(places(document))
    expected = edit(_own(document, place), place, chance)
    return SingleEdit(edit.__name__, document, expected) if expected else None


# Edits that change no JSON.


def _rewords(schema: Tree, document: Tree, chance: random.Random) -> bool:
    schema.update(description="Other words.", title="Other", example=1)
    schema["x-internal"] = {"type": "string"}
    return True


def _reorders(schema: Tree, document: Tree, chance: random.Random) -> bool:
    for key in ("enum", "required", "anyOf", "oneOf"):
        if key in schema:
            chance.shuffle(schema[key])
    if "properties" in schema:
        schema["properties"] = dict(chance.sample(list(schema["properties"].items()), len(schema["properties"])))
    return bool(schema.keys() & {"enum", "required", "anyOf", "oneOf", "properties"})


def _hoists(schema: Tree, document: Tree, chance: random.Random) -> bool:
    document["components"]["schemas"]["Hoisted"] = copy.deepcopy(schema)
    schema.clear()
    schema["$ref"] = f"{REF}Hoisted"
    return True


def _splits_types(schema: Tree, document: Tree, chance: random.Random) -> bool:
    if not isinstance(schema.get("type"), list) or schema.keys() & {"enum", "default"}:
        return False
    rest = {key: value for key, value in schema.items() if key != "type"}
    branches = [{"type": name} if name == "null" else {"type": name, **rest} for name in schema["type"]]
    schema.clear()
    schema["anyOf"] = branches
    return True


def _splits_enum(schema: Tree, document: Tree, chance: random.Random) -> bool:
    if len(schema.get("enum", ())) < 2 or None in schema["enum"]:
        return False
    values = schema.pop("enum")
    kind = schema.pop("type")
    schema["anyOf"] = [{"type": kind, "const": value} for value in values]
    return True


def _wraps(schema: Tree, document: Tree, chance: random.Random) -> bool:
    inner = dict(schema)
    schema.clear()
    schema["allOf"] = [inner]
    return True


def _names_format(schema: Tree, document: Tree, chance: random.Random) -> bool:
    if schema.get("type") not in ("number", "integer"):
        return False
    schema["format"] = "double" if schema.get("format") != "double" else "float"
    return True


def _changes_open_enum(schema: Tree, document: Tree, chance: random.Random) -> bool:
    """What stands beside any string is a hint, and no JSON."""
    beside = schema.get("anyOf", [])
    enums = [branch for branch in (follow(document, ("components", "schemas", branch["$ref"].removeprefix(REF)))
             if "$ref" in branch else branch for branch in beside) if "enum" in branch]  # fmt: skip
    if {"type": "string"} not in beside or not enums:
        return False
    branches = [branch for branch in beside if branch == {"type": "string"}]
    schema["anyOf"] = [{**enums[0], "enum": [*enums[0]["enum"][1:], "brand-new"]}, *branches]
    return True


def _inlines(schema: Tree, document: Tree, chance: random.Random) -> bool:
    return True  # done on the way to the place


_HARMLESS: tuple[Callable[[Tree, Tree, random.Random], bool], ...] = (
    _rewords, _reorders, _hoists, _splits_types, _splits_enum, _wraps, _names_format, _inlines, _changes_open_enum,
)  # fmt: skip


def _without_effect(document: Tree, edit: Any, chance: random.Random) -> SingleEdit | None:
    place = chance.choice(places(document))
    return SingleEdit(edit.__name__, document, None) if edit(_own(document, place), document, chance) else None


# Edits beside schemas.


def _outside_schemas(document: Tree, edit: Any, chance: random.Random) -> SingleEdit | None:
    operation = chance.choice([each for item in document["paths"].values() for each in item.values()])
    expected = edit(operation, chance)
    if expected is None:
        return None
    return SingleEdit(edit.__name__, document, expected or None)


def _adds_status(operation: Tree, chance: random.Random) -> Expected | None:
    status = chance.choice(["403", "418", "422", "504"])
    operation["responses"][status] = {"description": ""}
    return Expected(operation["operationId"], "response", "", status, (READERS,))


def _removes_status(operation: Tree, chance: random.Random) -> Expected | None:
    status = chance.choice(sorted(operation["responses"].keys() - {"200"}))
    del operation["responses"][status]
    return Expected(operation["operationId"], "response", "", status, (SERVERS,))


def _adds_parameter(operation: Tree, chance: random.Random) -> Expected | None:
    place = chance.choice(["query", "header"])
    parameter = {"in": place, "name": "brand-new", "schema": {"type": "string"}}
    if chance.random() < 0.5:
        operation.setdefault("parameters", []).append({**parameter, "required": True})
        return Expected(operation["operationId"], "request", "", "brand-new", (CALLERS, SERVERS))
    operation.setdefault("parameters", []).append(parameter)
    return Expected(operation["operationId"], "request", "", "brand-new", (SERVERS,))


def _removes_parameter(operation: Tree, chance: random.Random) -> Expected | None:
    if not operation.get("parameters"):
        return None
    gone = operation["parameters"].pop(chance.randrange(len(operation["parameters"])))
    return Expected(operation["operationId"], "request", "", gone["name"], (CALLERS,))


def _requires_parameter(operation: Tree, chance: random.Random) -> Expected | None:
    if not operation.get("parameters"):
        return None
    needed = chance.choice(operation["parameters"])
    needed["required"] = True
    return Expected(operation["operationId"], "request", "", needed["name"], (CALLERS,))


def _frees_body(operation: Tree, chance: random.Random) -> Expected | None:
    if "requestBody" not in operation:
        return None
    del operation["requestBody"]["required"]
    return Expected(operation["operationId"], "request", "", "", (SERVERS,))


def _adds_media_type(operation: Tree, chance: random.Random) -> Expected | None:
    status = chance.choice(sorted(operation["responses"]))
    operation["responses"][status]["content"]["text/plain"] = {"schema": {"type": "string"}}
    return Expected(operation["operationId"], "response", status, "text/plain", (READERS,))


def _adds_header(operation: Tree, chance: random.Random) -> Expected | None:
    status = chance.choice(sorted(operation["responses"]))
    operation["responses"][status]["headers"] = {"X-New": {"schema": {"type": "string"}}}
    return Expected(operation["operationId"], "response", status, "x-new", (READERS,))


def _needs_no_key(operation: Tree, chance: random.Random) -> Expected | None:
    operation["security"] = [{"apiKey": []}, {}]
    return Expected(operation["operationId"], "request", "", "no key", (SERVERS,))


def _moves_server(operation: Tree, chance: random.Random) -> Expected | None:
    operation["servers"] = [{"url": "https://openrouter.ai/api/v1"}, {"url": "https://eu.openrouter.ai/api/v1"}]
    return Expected(operation["operationId"], "request", "", "https://eu.openrouter.ai/api/v1", (SERVERS,))


_OUTSIDE: tuple[Callable[[Tree, random.Random], Expected | None], ...] = (
    _adds_status, _removes_status, _adds_parameter, _removes_parameter, _requires_parameter, _frees_body,
    _adds_media_type, _adds_header, _needs_no_key, _moves_server,
)  # fmt: skip
