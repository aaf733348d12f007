"""Traps in schemas."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from spec.canonical import json_text
from spec.diff.decide import Shape, covers, smallest
from spec.diff.instances import instances, numbers_in
from spec.errors import shorten
from spec.json_schema import NULL
from spec.lint.findings import NO_WITNESS, Finding, Linted
from spec.references import parse_reference

_TRIED = 300
_MAY_DECLARE = frozenset({
    "allOf", "anyOf", "oneOf", "if", "not", "$ref", "patternProperties", "additionalProperties", "dependentSchemas",
})  # fmt: skip
"""Where these stand, a property may be declared without being named under `properties`."""

_NEVER = jsonschema_rs.canonical.Satisfiability.NO


def check_schema(linted: Linted, schema: dict[str, Any], where: str) -> Iterator[Finding]:
    """Yield the traps of one schema, without those of the schemas below it."""
    yield from _enum_duplicates(schema, where)
    yield from _refused_values(linted, schema, where)
    for key in ("oneOf", "anyOf"):
        if isinstance(schema.get(key), list):
            yield from _branches(linted, schema[key], key, f"{where}/{key}")
            yield from _discriminator(linted, schema, schema[key], where)
    if never(linted.shape(schema)):
        yield Finding("unsatisfiable-schema", where, "no value satisfies this schema", NO_WITNESS)


def never(shape: Shape) -> bool:
    """Tell whether algebra proves that no value satisfies a schema."""
    try:
        return bool(shape.canonical.satisfiability() is _NEVER)
    except jsonschema_rs.canonical.CanonicalizationError:
        return False


def refusal(shape: Shape, value: Any) -> str | None:
    """Return why a schema refuses a value, by place; None where it accepts it."""
    validator = jsonschema_rs.Draft202012Validator(shape.text, validate_formats=True)
    errors = [
        f"at ${_path(error.instance_path)}: {shorten_message(error.message)}" for error in validator.iter_errors(value)
    ]
    return "; ".join(errors) or None


def shorten_message(message: str) -> str:
    """Return a validator's message without most of the value that it repeats."""
    return message if len(message) <= 120 else f"{message[:60]} … {message[-59:]}"


def _path(steps: list[str | int]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


def _enum_duplicates(schema: dict[str, Any], where: str) -> Iterator[Finding]:
    values = schema.get("enum")
    if not isinstance(values, list):
        return
    texts = [json_text(value) for value in values]
    for text, value in {
        text: value for text, value in zip(texts, values, strict=True) if texts.count(text) > 1
    }.items():
        yield Finding(
            "enum-duplicate", f"{where}/enum", f"the enumeration names {shorten(text, 60)} more than once", value
        )


def _refused_values(linted: Linted, schema: dict[str, Any], where: str) -> Iterator[Finding]:
    """Yield the default and the examples that a schema itself refuses."""
    held = [("default-refused", "default", schema[key]) for key in ("default",) if key in schema]
    held += [("example-refused", "example", schema[key]) for key in ("example",) if key in schema]
    if isinstance(schema.get("examples"), list):
        held += [("example-refused", f"examples/{index}", value) for index, value in enumerate(schema["examples"])]
    if not held:
        return
    shape = linted.shape(schema)
    for rule, key, value in held:
        if reason := refusal(shape, value):
            yield Finding(rule, f"{where}/{key}", f"its schema refuses it {reason}", value)


# Branches.


def _branches(linted: Linted, branches: list[Any], key: str, where: str) -> Iterator[Finding]:
    shapes = [linted.shape(branch) for branch in branches]
    for index, shape in enumerate(shapes):
        if never(shape):
            yield Finding("branch-never-matches", f"{where}/{index}", "no value matches this branch", NO_WITNESS)
    if key == "oneOf":
        yield from _overlaps(shapes, where)
    yield from _covered(shapes, branches, key, where)


def _overlaps(shapes: list[Shape], where: str) -> Iterator[Finding]:
    """Yield the values that match more than one branch of a `oneOf`, the smallest for each set of branches."""
    found: dict[tuple[int, ...], Any] = {}
    for one, other in itertools.combinations(shapes, 2):
        for value in _shared(one, other):
            matched = tuple(index for index, shape in enumerate(shapes) if shape.accepts(value))
            found.setdefault(matched, value)
    for matched, value in found.items():
        if not any(set(matched) < set(more) and found[more] == value for more in found):
            names = ", ".join(map(str, matched))
            text = f"branches {names} of the oneOf match the same value, which it therefore refuses"
            yield Finding("overlapping-branches", where, text, value)


def _shared(one: Shape, other: Shape) -> list[Any]:
    """Return the smallest value that two schemas accept, if one is found."""
    try:
        both = one.canonical.intersect(other.canonical)
        if both.satisfiability() is _NEVER:
            return []
        candidates = itertools.islice(instances(both.to_json_schema()), _TRIED)
    except jsonschema_rs.canonical.CanonicalizationError:
        candidates = itertools.islice(instances(one.schema, numbers_in(other.schema)), _TRIED)
    return smallest(value for value in candidates if one.accepts(value) and other.accepts(value))[:1]


def _covered(shapes: list[Shape], branches: list[Any], key: str, where: str) -> Iterator[Finding]:
    """Yield the branches of which every value matches another one as well."""
    for index, shape in enumerate(shapes):
        if branches[index] == NULL or never(shape):
            continue
        others = [other for other, each in enumerate(shapes) if other != index and covers(each, shape)]
        first = [other for other in others if not covers(shape, shapes[other]) or other < index or key == "oneOf"]
        if not first:
            continue
        value = next((v for v in itertools.islice(instances(shape.schema), _TRIED) if shape.accepts(v)), NO_WITNESS)
        if key == "oneOf":
            text = f"every value of this branch matches branch {first[0]} too: it never matches alone"
            yield Finding("branch-never-matches", f"{where}/{index}", text, value)
        else:
            text = f"every value of this branch matches branch {first[0]} too: it adds nothing"
            yield Finding("branch-adds-nothing", f"{where}/{index}", text, value)


# Discriminators.


def _discriminator(linted: Linted, schema: dict[str, Any], branches: list[Any], where: str) -> Iterator[Finding]:
    discriminator = schema.get("discriminator")
    if not isinstance(discriminator, dict) or not isinstance(discriminator.get("propertyName"), str):
        return
    name = discriminator["propertyName"]
    place = f"{where}/discriminator"
    shapes = [linted.shape(branch) for branch in branches]
    without = {index: value for index, shape in enumerate(shapes) for value in _values_without(shape, name)}
    for index, value in without.items():
        text = f"branch {index} takes a value without the property {shorten(name)} that chooses it"
        yield Finding("discriminator-without-property", place, text, value)
    values = [_values_of(shape.schema, name) for shape in shapes]
    for i, j in itertools.combinations(range(len(branches)), 2):
        both = [values[i][text] for text in sorted(values[i].keys() & values[j].keys())]
        if not values[i] and not values[j]:
            both = [value[name] for value in _shared(shapes[i], shapes[j]) if isinstance(value, dict) and name in value]
        if both:
            text = f"branches {i} and {j} both take {shorten(both[0])} for {shorten(name)}"
            yield Finding("discriminator-ambiguous", place, text, both[0])
    yield from _mapping(linted, discriminator, name, place)


def _mapping(linted: Linted, discriminator: dict[str, Any], name: str, place: str) -> Iterator[Finding]:
    schemas = linted.document.get("components", {}).get("schemas", {})
    for value, reference in discriminator.get("mapping", {}).items():
        target = schemas.get(parse_reference(reference, "schema", place).name)
        known = _values_of(linted.shape(target).schema, name) if target is not None else {}
        if known and json_text(value) not in known:
            text = f"the value {shorten(value)} chooses a schema that refuses it"
            yield Finding("discriminator-mapping-refused", f"{place}/mapping", text, value)


def _values_without(shape: Shape, name: str) -> list[Any]:
    """Return a value, null apart, that a branch takes and that lacks a property, if one is found."""
    accepted = (value for value in itertools.islice(instances(shape.schema), _TRIED) if shape.accepts(value))
    lacking = (value for value in accepted if value is not None and not (isinstance(value, dict) and name in value))
    return list(itertools.islice(lacking, 1))


def _values_of(schema: Any, name: str) -> dict[str, Any]:
    """Return the values that a property of a schema is limited to, by their texts; empty where it is not."""
    held = schema.get("properties", {}).get(name, {}) if isinstance(schema, dict) else {}
    values = held.get("enum", [held["const"]] if "const" in held else []) if isinstance(held, dict) else []
    return {json_text(value): value for value in values}


def check_required(linted: Linted, schema: dict[str, Any], where: str) -> Iterator[Finding]:
    """Yield the required properties that a schema, with the members of its `allOf`, declares nowhere."""
    whole = linted.shape(schema).schema
    if not isinstance(whole, dict) or not whole.get("properties") or whole.keys() & _MAY_DECLARE:
        return
    for name in whole.get("required", ()):
        if name not in whole["properties"]:
            text = f"the required property {shorten(name)} is declared nowhere"
            yield Finding("required-property-undeclared", f"{where}/required", text, name)
