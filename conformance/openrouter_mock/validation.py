"""Requests against the contract: what is wrong with a body, field by field."""

from __future__ import annotations

import functools
import itertools
import json
from typing import Any

import attrs
import jsonschema_rs

from . import contract

_ALTERNATIVES = (jsonschema_rs.ValidationErrorKind.AnyOf, jsonschema_rs.ValidationErrorKind.OneOfNotValid)
_LONGEST_MESSAGE = 300
_FEW_ITEMS = 16
_MANY_NAMES = 100  # more than there are preferences, so that one among them is unknown

Path = tuple[str | int, ...]


@attrs.frozen
class Problem:
    """One way in which a body breaks the contract."""

    path: Path
    """Where, from the top of the body; empty when it is the body as a whole."""
    message: str
    """What was received and what was expected, without the place."""

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.path)) or 'body'}: {self.message}"


@functools.cache
def _request_schema() -> dict[str, Any]:
    document = contract.document()
    body = document["paths"]["/embeddings"]["post"]["requestBody"]["content"]["application/json"]
    return {**body["schema"], "components": document["components"]}


@functools.cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_request_schema())


def problems(body: Any) -> list[Problem]:
    """Return what is wrong with the *body* of `POST /embeddings`, of very many problems a few; of a good one none."""
    try:
        if _validator().is_valid(body):
            return []
        offsets: dict[Path, int] = {}
        part = _narrowed(body, offsets)
        found = [problem for error in _validator().iter_errors(part) for problem in _problems_of(error)]
    except (ValueError, RecursionError):  # the validator goes 255 levels deep
        return [Problem((), "nested too deep")]
    return [attrs.evolve(problem, path=_moved(problem.path, offsets)) for problem in found]


def _narrowed(body: Any, offsets: dict[Path, int]) -> Any:
    """Return an invalid *body* with long lists cut down to items that are at fault.

    The validator's report takes kilobytes for each item that is wrong, and a body may hold a million. *offsets* gets
    how many items were cut from the beginning of which list.
    """
    if not isinstance(body, dict):
        return body[:_FEW_ITEMS] if isinstance(body, list) else body
    known = _request_schema()["properties"]  # whatever else there is, is right
    part = {name: _cut(value) for name, value in body.items() if name in known}
    if "input" in body:
        part["input"] = _fault_in(body["input"], ("input",), offsets)
    if isinstance(body.get("provider"), dict):
        preferences = itertools.islice(body["provider"].items(), _MANY_NAMES)
        part["provider"] = {name: _fault_in(value, ("provider", name), offsets) for name, value in preferences}
    return part


def _cut(value: Any) -> Any:
    return value[:_FEW_ITEMS] if isinstance(value, list) else value


def _fault_in(value: Any, path: Path, offsets: dict[Path, int]) -> Any:
    """Return *value*, which stands at *path* of a body, with long lists in it cut down to a few items.

    They are some of those that are at fault, when any are.
    """
    if isinstance(value, dict):
        return {name: _fault_in(item, (*path, name), offsets) for name, item in value.items()}
    if not isinstance(value, list):
        return value
    start, end = 0, len(value)
    while end - start > _FEW_ITEMS:
        middle = (start + end) // 2
        if not _is_good(path, value[start:middle]):
            end = middle
        elif not _is_good(path, value[middle:end]):
            start = middle
        else:  # none is at fault; or only together they are, a list of two kinds
            start, end = middle - _FEW_ITEMS // 2, middle + _FEW_ITEMS // 2
    if start:
        offsets[path] = start
    return [_fault_in(item, (*path, start + index), offsets) for index, item in enumerate(value[start:end])]


def _is_good(path: Path, value: Any) -> bool:
    """Return whether a body with *value* at *path* keeps the contract when nothing else is wrong with it."""
    for step in reversed(path[1:]):
        value = {step: value} if isinstance(step, str) else [value]
    return _validator().is_valid({"input": "?", "model": "?", path[0]: value})


def _moved(path: Path, offsets: dict[Path, int]) -> Path:
    """Return the *path* in a narrowed body as it is in the whole one."""
    moved: Path = ()
    for step in path:
        moved = (*moved, step + offsets.get(moved, 0) if isinstance(step, int) else step)
    return moved


def _problems_of(error: jsonschema_rs.ValidationError) -> list[Problem]:
    """Return the problems an error stands for, each at the smallest part of the body that is at fault."""
    deepest = _deepest(error)
    path = tuple(deepest.instance_path)
    kind = deepest.kind
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
        return [Problem((*path, kind.property), "missing")]
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
        return [Problem((*path, name), "unknown field") for name in kind.unexpected]
    if isinstance(kind, _ALTERNATIVES):
        return [Problem(path, _shortened(f"{json.dumps(deepest.instance)} has none of the forms allowed"))]
    return [Problem(path, _shortened(deepest.message))]


def _deepest(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    """Follow alternatives to the error of the one that the sender most likely meant."""
    kind = error.kind
    if not isinstance(kind, _ALTERNATIVES):
        return error
    meant = [branch for branch in kind.context if branch and not any(map(_is_discriminator, branch))]
    if all(not _below(each, error) and _is_type(each) for branch in meant for each in branch):
        return error
    return _deepest(max(meant, key=_closeness)[0])


def _below(inner: jsonschema_rs.ValidationError, outer: jsonschema_rs.ValidationError) -> bool:
    return len(inner.instance_path) > len(outer.instance_path)


def _is_type(error: jsonschema_rs.ValidationError) -> bool:
    return isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Type)


def _is_discriminator(error: jsonschema_rs.ValidationError) -> bool:
    return isinstance(error.kind, jsonschema_rs.ValidationErrorKind.Enum) and error.instance_path[-1:] == ["type"]


def _closeness(branch: list[jsonschema_rs.ValidationError]) -> tuple[int, bool, int, list[int]]:
    first = branch[0]
    positions = [step for step in first.instance_path if isinstance(step, int)]
    return len(first.instance_path), not _is_type(first), -len(branch), positions


def _shortened(message: str) -> str:
    if len(message) <= _LONGEST_MESSAGE:
        return message
    half = _LONGEST_MESSAGE // 2
    return f"{message[:half]} … {message[-half:]}"
