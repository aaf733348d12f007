"""Small values that a schema accepts, smallest first as far as they go: what witnesses are looked for among.

Those within the bounds that a schema names come before those beside them. They come from the schema's own words: its
types, its enumerations, the numbers and lengths at and beside its bounds, an object with each property alone. Not all
of them are valid (a `not` or an `if` is not looked at): whoever uses them asks a validator.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from typing import Any

from spec.canonical import json_text
from spec.diff.readings import DEFINITIONS
from spec.json_schema import types_of

_DEPTH = 14
_EACH = 6
_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
_FORMATS = {
    "date": "2026-01-02", "date-time": "2026-01-02T03:04:05Z", "duration": "P1D", "email": "a@b.co",
    "hostname": "a", "idn-email": "a@b.co", "idn-hostname": "a", "ipv4": "127.0.0.1", "ipv6": "::1", "iri": "a:b",
    "iri-reference": "a", "json-pointer": "/a", "regex": "a", "relative-json-pointer": "0", "time": "03:04:05Z",
    "uri": "a:b", "uri-reference": "a", "uri-template": "a", "uuid": "00000000-0000-4000-8000-000000000000",
}  # fmt: skip
_MERGED = {"properties", "patternProperties"}
_LONGEST = 10_000
_MOST = 10_000
_EXTRA = "x"


def instances(schema: Any, hints: frozenset[float] = frozenset()) -> Iterator[Any]:
    """Yield small values that a schema is likely to accept, each once.

    Args:
        schema: a schema; references lead to its own `$defs`.
        hints: numbers that matter elsewhere, such as the bounds of another schema: tried as values and as lengths.

    """
    definitions = schema.get(DEFINITIONS, {}) if isinstance(schema, dict) else {}
    seen: set[str] = set()
    for value in _Maker(definitions, hints).make(schema, _DEPTH):
        text = json_text(value)
        if text not in seen:
            seen.add(text)
            yield value


def named_values(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return objects whose only property has a name that a pattern of a schema matches, with a value of each type."""
    names = [name for pattern in schema.get("patternProperties", {}) for name in _matching(pattern)]
    values: tuple[Any, ...] = (None, False, 0, 0.5, "", [], {})
    return [{name: value} for name in names for value in values]


def numbers_in(schema: Any) -> frozenset[float]:
    """Return the bounds that a schema names anywhere."""
    if isinstance(schema, dict):
        return frozenset().union(*(_numbers_under(key, value) for key, value in schema.items()))
    if isinstance(schema, list):
        return frozenset().union(*(numbers_in(item) for item in schema))
    return frozenset()


def _numbers_under(key: str, value: Any) -> frozenset[float]:
    if key.startswith(("min", "max", "exclusiveM", "multipleOf")) and _is_number(value):
        return frozenset({value})
    return numbers_in(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


class _Maker:
    """Makes the values of one schema; knows what its references lead to."""

    def __init__(self, definitions: dict[str, Any], hints: frozenset[float]) -> None:
        self._definitions = definitions
        self._hints = hints

    def make(self, schema: Any, depth: int) -> Iterator[Any]:
        """Yield values of a schema; none where it lies too deep."""
        if depth <= 0 or schema is False:
            return
        if not isinstance(schema, dict):
            yield from (None, False, 0, "", [], {}, 0.5, "a", [None])
        elif "$ref" in schema:
            yield from self.make(self._definitions.get(schema["$ref"].rsplit("/", 1)[-1], False), depth - 1)
        elif "const" in schema:
            yield schema["const"]
        elif "enum" in schema:
            yield from sorted(schema["enum"], key=lambda value: (len(json_text(value)), json_text(value)))
        elif "allOf" in schema:
            yield from self.make(self._merged(schema), depth - 1)
        elif branches := schema.get("anyOf") or schema.get("oneOf"):
            rest = {key: value for key, value in schema.items() if key not in {"anyOf", "oneOf"}}
            yield from _in_turn([self.make(self._beside(rest, branch), depth - 1) for branch in branches])
        else:
            types = [name for name in _TYPES if name in types_of(schema)] or _types_meant(schema)
            yield from _in_turn([getattr(self, f"_{name}s")(schema, depth) for name in types])

    def _merged(self, schema: dict[str, Any]) -> Any:
        """Return a schema with the members of its `allOf` in it, as far as that goes."""
        rest = {key: value for key, value in schema.items() if key != "allOf"}
        for member in schema["allOf"]:
            rest = self._beside(rest, member)
        return rest

    def _beside(self, schema: Any, other: Any) -> Any:
        """Return roughly what two schemas that apply to one value accept."""
        for _ in range(_DEPTH):
            if isinstance(other, dict) and "$ref" in other:
                other = self._definitions.get(other["$ref"].rsplit("/", 1)[-1], False)
        if not isinstance(other, dict):
            return schema if other else False
        if not isinstance(schema, dict):
            return schema and other
        both: dict[str, Any] = {**schema, **other}
        for key in _MERGED & schema.keys() & other.keys():
            both[key] = {**schema[key], **other[key]}
        if "required" in schema and "required" in other:
            both["required"] = [*schema["required"], *other["required"]]
        if "allOf" in schema and "allOf" in other:
            both["allOf"] = [*schema["allOf"], *other["allOf"]]
        if schema.get("type") == "integer" and other.get("type") == "number":
            both["type"] = "integer"
        return both

    def _nulls(self, schema: dict[str, Any], depth: int) -> Iterator[Any]:  # noqa: ARG002 - one of a family
        yield None

    def _booleans(self, schema: dict[str, Any], depth: int) -> Iterator[Any]:  # noqa: ARG002 - one of a family
        yield from (False, True)

    def _integers(self, schema: dict[str, Any], depth: int) -> Iterator[Any]:  # noqa: ARG002 - one of a family
        whole = [int(value) for value in self._marks(schema) if float(value).is_integer()]
        yield from sorted(whole, key=lambda number: (not _within_bounds(number, schema), abs(number)))

    def _numbers(self, schema: dict[str, Any], depth: int) -> Iterator[Any]:
        yield from self._integers(schema, depth)
        halves = {mark + half for mark in self._marks(schema) for half in (0.5, -0.5)}
        yield from sorted(halves, key=lambda number: (not _within_bounds(number, schema), abs(number)))

    def _marks(self, schema: dict[str, Any]) -> set[float]:
        """Return numbers at and beside the bounds of a schema."""
        own = {value for key, value in schema.items() if key.lower().endswith("imum") and _is_number(value)}
        step = schema.get("multipleOf", 1)
        near = {mark + shift for mark in own | self._hints for shift in (0, 1, -1, step, -step)}
        multiples = {step * factor for factor in (0, 1, -1, 2)}
        return {0, 1, -1} | near | multiples

    def _strings(self, schema: dict[str, Any], depth: int) -> Iterator[Any]:  # noqa: ARG002 - one of a family
        if "format" in schema:
            yield _FORMATS.get(schema["format"], "a")
        if "pattern" in schema:
            yield from _matching(schema["pattern"])
        marks = {0, 1, schema.get("minLength", 0), schema.get("maxLength", 0), *self._hints}
        lengths = {int(mark) + shift for mark in marks for shift in (0, 1, -1)}
        low, high = schema.get("minLength", 0), schema.get("maxLength", _LONGEST)
        possible = (length for length in lengths if 0 <= length <= _LONGEST)
        for length in sorted(possible, key=lambda length: (not low <= length <= high, length)):
            yield "a" * length
        yield from (" ", "0", "A", "é")

    def _arrays(self, schema: dict[str, Any], depth: int) -> Iterator[Any]:
        first = schema.get("prefixItems", [])
        held = [next(self.make(item, depth - 1), None) for item in first]
        items = list(itertools.islice(self.make(schema.get("items", True), depth - 1), _EACH))
        least = max(schema.get("minItems", 0), 0)
        marks = {least, least + 1, schema.get("maxItems", 0), *(int(hint) for hint in self._hints)}
        most = schema.get("maxItems", _MOST)
        possible = {mark + shift for mark in marks for shift in (0, 1, -1) if 0 <= mark + shift <= _MOST}
        lengths = sorted(possible, key=lambda length: (not least <= length <= most, length))
        for index, item in enumerate(items or [None]):
            for length in lengths if index == 0 else lengths[:3]:
                if length <= len(held):
                    yield held[:length]
                elif items:
                    yield [*held, *[item] * (length - len(held))]
        yield items[: max(2, least)]
        for index, item in enumerate(first):
            for value in itertools.islice(self.make(item, depth - 1), 1, _EACH):
                yield [*held[:index], value, *held[index + 1 :]]

    def _objects(self, schema: dict[str, Any], depth: int) -> Iterator[Any]:
        known: dict[str, Any] = schema.get("properties", {})
        extra = schema.get("additionalProperties", True)
        least: dict[str, Any] = {}
        for name in schema.get("required", ()):
            value = next(self.make(known.get(name, extra), depth - 1), _NOTHING)
            if value is _NOTHING:
                return
            least[name] = value
        for count in range(len(least), schema.get("minProperties", 0)):
            least[f"{_EXTRA}{count}"] = next(self.make(extra, depth - 1), None)
        yield least
        for name, held in sorted(known.items(), key=lambda item: (len(item[0]), item[0])):
            for value in itertools.islice(self.make(held, depth - 1), _EACH):
                yield {**least, name: value}
        for value in itertools.islice(self.make(extra, depth - 1), _EACH):
            yield {**least, _EXTRA: value}
        for pattern, held in schema.get("patternProperties", {}).items():
            for name, value in zip(_matching(pattern), self.make(held, depth - 1), strict=False):
                yield {**least, name: value}


def _within_bounds(number: float, schema: dict[str, Any]) -> bool:
    """Tell whether a number is within the bounds that a schema names."""
    bounds = {key: value for key, value in schema.items() if _is_number(value)}
    return (
        bounds.get("minimum", number) <= number <= bounds.get("maximum", number)
        and bounds.get("exclusiveMinimum", number - 1) < number < bounds.get("exclusiveMaximum", number + 1)
        and (not bounds.get("multipleOf") or number % bounds["multipleOf"] == 0)
    )


_NOTHING = object()


def _types_meant(schema: dict[str, Any]) -> list[str]:
    """Return the types to try where a schema names none: the one its keywords are of first."""
    if schema.keys() & {"properties", "required", "additionalProperties", "patternProperties", "minProperties"}:
        first = "object"
    elif schema.keys() & {"items", "prefixItems", "minItems", "maxItems", "contains"}:
        first = "array"
    elif schema.keys() & {"minLength", "maxLength", "pattern", "format"}:
        first = "string"
    else:
        first = "null"
    return [first, *(name for name in _TYPES if name != first)]


@functools.lru_cache(maxsize=256)
def _matching(pattern: str) -> tuple[str, ...]:
    """Return some texts that match a pattern, found by Hypothesis and shrunk; none where it cannot."""
    from hypothesis import HealthCheck, Phase, errors, find, settings, strategies  # noqa: PLC0415 - slow, seldom needed

    found: list[str] = []
    chosen = settings(
        max_examples=100,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    for least in (0, 1, 2):

        def long_enough(value: str, least: int = least) -> bool:
            return len(value) >= least

        try:
            text = find(strategies.from_regex(pattern), long_enough, settings=chosen)
        except (errors.HypothesisException, ValueError, OverflowError, RecursionError):
            continue
        found.append(text)
    return tuple(found)


def _in_turn(sources: list[Iterator[Any]]) -> Iterator[Any]:
    """Yield from several iterators, one value of each at a time."""
    missing = object()
    for values in itertools.zip_longest(*sources, fillvalue=missing):
        yield from (value for value in values if value is not missing)
