"""Rewritings that an overlay names by `x-rule`, for what JSONPath cannot say.

Each rule takes the whole document and the places its target matched, and edits the document in place. Corrections
use `open-responses` and `share-error-body`; the other rules are generator workarounds and keep the set of accepted
documents as it is. A rule may return sentences about what it could not do; they are reported like actions without
effect.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from codegen.generator_schemas import ANNOTATIONS, intersected, kinds_of, plain, take_openness, types_of, unspoken
from spec.canonical import json_text
from spec.references import COMPONENT, Place, holders, node_at, reached, rename_references, schemas_below

Rule: TypeAlias = Callable[[Any, Sequence[Place]], list[str] | None]

ERROR_BODY = "ErrorResponse"
"""The component that every failure carries."""


def open_responses(document: Any, places: Sequence[Place]) -> None:
    """Let what a server sends grow: enumerations take any value of their types, objects take any field.

    An enumeration of one value names the kind of an object and stays as it is.
    """
    for schema in reached(document, [node_at(document, place) for place in places]):
        if schema.get("additionalProperties") is False:
            del schema["additionalProperties"]
        values = schema.get("enum")
        if isinstance(values, list) and len([value for value in values if value is not None]) > 1:
            _open_enumeration(schema)


def share_error_body(document: Any, places: Sequence[Place]) -> None:
    """Give every documented answer but a success the body `ErrorResponse`, and undocumented ones too.

    Schemas of that name, and of the name `ErrorDetail`, that the document has itself give way.
    """
    for name in (ERROR_BODY, "ErrorDetail"):
        document["components"]["schemas"].pop(name, None)
    for place in places:
        responses: dict[str, dict[str, Any]] = node_at(document, place)
        responses.setdefault("default", {"description": ""})
        for status, response in responses.items():
            if status[0] not in "123":
                response["content"] = {"application/json": {"schema": {"$ref": COMPONENT + ERROR_BODY}}}


def move_openness_to_references(document: Any, places: Sequence[Place]) -> None:
    """Let references say "or null" and "or any string", so that a component is one object or one enumeration."""
    schemas = document["components"]["schemas"]
    moved = {COMPONENT + str(place[-1]): take_openness(schemas[place[-1]]) for place in places}
    for holder, key, schema in list(holders(document)):
        if taken := moved.get(str(schema.get("$ref"))):
            named = {word: schema.pop(word) for word in ("$ref", "title") if word in schema}
            union = {"anyOf": [named, *copy.deepcopy(taken)]}
            holder[key] = {"allOf": [union, schema]} if "anyOf" in schema else {**schema, **union}


def plain_schemas(document: Any, places: Sequence[Place]) -> None:  # noqa: ARG001 - it is a Rule
    """Write every schema in the one way that the generator reads; see `codegen.generator_schemas`.

    A union that contains itself is one that it does not read: it becomes anything. An intersection becomes one object.
    """
    document.update(plain(document, "document", ""))
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        if not schema.keys() & {"properties", "allOf"} and name in schemas_below(document, schema):
            schemas[name] = unspoken(schema)
    for holder, key, schema in list(holders(document)):
        if isinstance(schema.get("allOf"), list):
            holder[key] = intersected(schema, schemas)


def titles_as_names(document: Any, places: Sequence[Place]) -> list[str]:
    """Make every titled schema a component of that name.

    A component whose title differs from its key is renamed; an inline schema becomes a component, and equal
    ones share it; a title beside a reference renames what is referred to. Of two different schemas with one
    title the second bears the name of its owner as well, or keeps the one it has, which is reported. Objects and
    enumerations without a title within the union that a property is are called after the component and the property.
    """
    schemas = document["components"]["schemas"]
    renamed = {name: schemas[name]["title"] for name in schemas if "title" in schemas[name]}
    for holder, key in _at(document, places):
        schema = holder[key]
        if isinstance(schema, dict) and "$ref" in schema and isinstance(schema.get("title"), str):
            renamed.setdefault(schema["$ref"].removeprefix(COMPONENT), schema.pop("title"))
    clashes = _rename(document, renamed)
    for owner, root in _owners(document):
        for holder, key, schema in list(holders(root)):
            if not isinstance(schema.get("title"), str):
                continue
            title = schema.pop("title")
            for name in (title, owner + title):
                if _put(schemas, name, schema):
                    holder[key] = {"$ref": COMPONENT + name}
                    break
            else:
                clashes.append(title)
    for schema in schemas.values():
        schema.pop("title", None)
    _name_alternatives(schemas)
    return [f"finds two different schemas titled {title!r}" for title in clashes]


def security_per_operation(document: Any, places: Sequence[Place]) -> None:
    """Write the security of the document into each operation that has none of its own."""
    for holder, key in _at(document, places):
        holder[key].setdefault("security", copy.deepcopy(document.get("security", [])))


def words_of_parameters(document: Any, places: Sequence[Place]) -> None:
    """Repeat the description of a parameter in its schema."""
    for holder, key in _at(document, places):
        if "description" in holder[key] and "schema" in holder[key]:
            holder[key]["schema"].setdefault("description", holder[key]["description"])


RULES: dict[str, Rule] = {
    "move-openness-to-references": move_openness_to_references,
    "open-responses": open_responses,
    "plain-schemas": plain_schemas,
    "security-per-operation": security_per_operation,
    "share-error-body": share_error_body,
    "titles-as-names": titles_as_names,
    "words-of-parameters": words_of_parameters,
}


def _owners(document: Any) -> list[tuple[str, Any]]:
    """Return every operation and every component, each with the name that it lends to what stands inside."""
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    named = [operation for operation in operations if isinstance(operation, dict) and "operationId" in operation]
    owners = [(f"{name[:1].upper()}{name[1:]}", operation) for operation in named if (name := operation["operationId"])]
    return owners + list(document["components"]["schemas"].items())


def _open_enumeration(schema: dict[str, Any]) -> None:
    """Let an enumeration take any value of the types that its values have; null only if it took null before."""
    types = types_of(schema)
    values = [value for value in schema["enum"] if value is not None]
    null = None in schema["enum"] and (not types or "null" in types)
    kinds = [name for name in types if name != "null"] or kinds_of(values)
    kind = kinds[0] if len(kinds) == 1 else kinds
    words = {key: schema[key] for key in ANNOTATIONS & schema.keys()}
    schema.clear()
    branches: list[dict[str, Any]] = [{"type": kind, "enum": values}, {"type": kind}]
    schema.update(words, anyOf=[*branches, {"type": "null"}] if null else branches)


def _at(document: Any, places: Sequence[Place]) -> Iterator[tuple[Any, str | int]]:
    """Yield (container, key) for each place, deepest first, so that an edit does not move a place still due."""
    for place in sorted(places, key=len, reverse=True):
        yield node_at(document, place[:-1]), place[-1]


def _rename(document: Any, renamed: dict[str, str]) -> list[str]:
    """Rename components and the references to them; return the new names that others already have."""
    schemas = document["components"]["schemas"]
    done = {}
    for old, new in renamed.items():
        if old != new and _put(schemas, new, schemas[old]):
            done[old] = new
            del schemas[old]
    rename_references(document, done)
    return [new for old, new in renamed.items() if old != new and old not in done]


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
                if _put(schemas, name, branch):
                    branch.clear()
                    branch["$ref"] = COMPONENT + name
                    pending.append(name)


def _put(schemas: dict[str, Any], name: str, schema: dict[str, Any]) -> bool:
    """Make a schema the component of a name; tell whether the name was free, or held by an equal schema."""
    schema = {key: value for key, value in copy.deepcopy(schema).items() if key != "title"}
    present = schemas.get(name)
    if present is not None and json_text(_without_words(present)) != json_text(_without_words(schema)):
        return False
    schemas[name] = present or schema
    return True


def _without_words(schema: Any) -> Any:
    if isinstance(schema, dict):
        # A property may be named "description": only a string is an annotation.
        return {
            key: _without_words(value)
            for key, value in schema.items()
            if not (key in ("title", "description") and isinstance(value, str))
        }
    return [_without_words(item) for item in schema] if isinstance(schema, list) else schema
