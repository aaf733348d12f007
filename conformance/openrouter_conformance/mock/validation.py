"""Requests against the contract: what is wrong with a body, field by field."""

from __future__ import annotations

import functools
import json
from typing import Any

import attrs
import jsonschema_rs

from openrouter_conformance import contract

_ALTERNATIVES = (jsonschema_rs.ValidationErrorKind.AnyOf, jsonschema_rs.ValidationErrorKind.OneOfNotValid)
_LONGEST_MESSAGE = 300
_FEW_ITEMS = 16

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


def _request_schema() -> dict[str, Any]:
    document = contract.document()
    body = document["paths"]["/embeddings"]["post"]["requestBody"]["content"]["application/json"]
    return {**body["schema"], "components": document["components"]}


@functools.cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(_request_schema())


def problems(body: Any) -> list[Problem]:
    """Return what is wrong with the *body* of `POST /embeddings`; nothing when it keeps the contract."""
    try:
        if _validator().is_valid(body):
            return []
        offsets: dict[Path, int] = {}
        part = _narrowed(body, body, (), offsets)
        found = [problem for error in _validator().iter_errors(part) for problem in _problems_of(error)]
    except (ValueError, RecursionError):  # the validator goes 255 levels deep
        return [Problem((), "nested too deep")]
    return [attrs.evolve(problem, path=_moved(problem.path, offsets)) for problem in found]


def _narrowed(body: Any, value: Any, path: Path, offsets: dict[Path, int]) -> Any:
    """Return *value*, which stands at *path* of an invalid *body*, with long lists cut down to items that are at fault.

    The validator's report takes kilobytes for each item that is wrong, and a body may hold a million. *offsets* gets
    how many items were cut from the beginning of which list.
    """
    if isinstance(value, dict):
        return {key: _narrowed(body, item, (*path, key), offsets) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    start, end = 0, len(value)
    while end - start > _FEW_ITEMS:
        middle = (start + end) // 2
        if not _validator().is_valid(_replaced(body, path, value[start:middle])):
            end = middle
        elif not _validator().is_valid(_replaced(body, path, value[middle:end])):
            start = middle
        else:  # only together are they wrong: a list of two kinds
            start, end = middle - _FEW_ITEMS // 2, middle + _FEW_ITEMS // 2
    if start:
        offsets[path] = start
    return [_narrowed(body, item, (*path, start + index), offsets) for index, item in enumerate(value[start:end])]


def _replaced(body: Any, path: Path, value: Any) -> Any:
    """Return *body* with *value* at *path*."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(body, dict):
        return {**body, step: _replaced(body[step], rest, value)}
    return [_replaced(body[step], rest, value)]


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
