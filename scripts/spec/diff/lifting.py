"""A value at one place of a message → the whole message around it, which one side accepts and the other refuses."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Literal, TypeAlias

import attrs

from spec.diff.alternatives import Schema, mentions_reference, with_definitions
from spec.diff.decide import Shape, smallest
from spec.diff.instances import instances
from spec.diff.readings import DEFINITIONS

Step: TypeAlias = tuple[Literal["property", "additional", "items", "prefix", "branch"], str | int]
"""One step down: to a property by name, any other property, an item, the item at a position, or a branch."""

Direction: TypeAlias = Literal["lost", "gained"]
"""Lost: what the old schema accepts and the new one refuses. Gained: the other way round."""

NOTHING = object()
"""No value at all, where null is one."""


@attrs.frozen
class Frame:
    """A pair of schemas on the way down, and the step that was taken from it."""

    old: Shape
    new: Shape
    step: Step


def sides(frame: Frame, direction: Direction) -> tuple[Shape, Shape]:
    """Return the schema that would have to refuse, and the one that accepts."""
    return (frame.new, frame.old) if direction == "lost" else (frame.old, frame.new)


def messages_with(part: Schema, frame: Frame, direction: Direction) -> Schema | None:
    """Return the schema of the values around a frame's step that hold, where it leads, what a part of a schema accepts.

    Returns:
        A schema; None where the step has no such schema, or the part refers to definitions of its own.

    """
    _, accepting = sides(frame, direction)
    kind, key = frame.step
    if kind == "branch" and "oneOf" not in accepting.schema:
        return part
    if mentions_reference(part):
        return None
    if kind == "branch":
        around = part
    elif kind == "property":
        around = {"type": "object", "required": [str(key)], "properties": {str(key): part}}
    elif kind == "items":
        around = {"type": "array", "contains": part}
    else:
        return None
    rest = {name: value for name, value in accepting.schema.items() if name != DEFINITIONS}
    return with_definitions({"allOf": [rest, around]}, accepting.schema.get(DEFINITIONS, {}))


def lifted(value: Any, frames: Sequence[Frame], direction: Direction) -> Any:
    """Return the whole message around a value, if on every level one side accepts it and the other refuses it."""
    for frame in reversed(frames):
        refusing, accepting = sides(frame, direction)
        for wrapped in _wrapped(value, frame.step, accepting.schema, refusing.schema):
            if accepting.accepts(wrapped) and not refusing.accepts(wrapped):
                value = wrapped
                break
        else:
            return NOTHING
    return value


def _wrapped(value: Any, step: Step, accepting: Schema, refusing: Schema) -> Iterator[Any]:
    """Yield values of a schema with a value in the place that a step names."""
    kind, key = step
    if kind == "branch":
        yield value
    elif kind == "property":
        yield filled(accepting, refusing, {str(key): value})
    elif kind == "additional":
        known = {*accepting.get("properties", {}), *refusing.get("properties", {})}
        names = (name for name in ("x", "y", "x-other", "other") if name not in known)
        yield from (filled(accepting, refusing, {name: value}) for name in names)
    else:
        yield from _wrapped_in_array(value, int(key) if kind == "prefix" else len(accepting.get("prefixItems", [])),
                                     accepting, refusing)  # fmt: skip


def _wrapped_in_array(value: Any, index: int, accepting: Schema, refusing: Schema) -> Iterator[Any]:
    definitions = accepting.get(DEFINITIONS, {})
    first = accepting.get("prefixItems", [])
    before = [_smallest_of(item, definitions) for item in first[:index]]
    after = [_smallest_of(item, definitions) for item in first[index + 1 :]]
    filler = _common(
        accepting.get("items", True), definitions, refusing.get("items", True), refusing.get(DEFINITIONS, {})
    )
    needed = max(0, accepting.get("minItems", 0) - len(before) - 1)
    yield [*before, value]
    yield [*before, value, *after]
    yield [*before, value, *[filler] * needed]
    yield [*before, *[value] * (needed + 1)]


def filled(accepting: Schema, refusing: Schema, fixed: dict[str, Any], *, without: str | None = None) -> dict[str, Any]:
    """Return an object of the accepting schema with what both require, as both accept it where that is possible."""
    known, others = accepting.get("properties", {}), refusing.get("properties", {})
    extra, other_extra = accepting.get("additionalProperties", True), refusing.get("additionalProperties", True)
    own, definitions = accepting.get(DEFINITIONS, {}), refusing.get(DEFINITIONS, {})
    names = [*accepting.get("required", ()), *(name for name in refusing.get("required", ()) if name in known)]
    result = dict(fixed)
    for name in names:
        if name not in result and name != without:
            result[name] = _common(known.get(name, extra), own, others.get(name, other_extra), definitions)
    return result


def _common(accepting: Schema, own: dict[str, Any], refusing: Schema, others: dict[str, Any]) -> Any:
    """Return a small value that both schemas accept, or else one that the first accepts."""
    shape, other = Shape(with_definitions(accepting, own)), Shape(with_definitions(refusing, others))
    valid = list(itertools.islice((v for v in instances(shape.schema) if shape.accepts(v)), 20))
    shared = [value for value in valid if other.accepts(value)]
    if not shared:
        shared = [v for v in itertools.islice(instances(other.schema), 50) if other.accepts(v) and shape.accepts(v)]
    return next(iter(smallest(shared or valid)), None)


def _smallest_of(schema: Schema, definitions: dict[str, Any]) -> Any:
    return _common(schema, definitions, schema, definitions)


def was_required(frames: Sequence[Frame]) -> bool:
    """Tell whether the old schema required the innermost property on the way, and every one around it."""
    needed = [
        frame.step[1] in frame.old.schema.get("required", ())
        for frame in frames
        if frame.step[0] == "property" and isinstance(frame.old.schema, dict)
    ]
    return all(needed)
