"""Validation of request bodies against the contract: what is wrong, field by field."""

from __future__ import annotations

import functools
import itertools
import json
from typing import Any

import attrs
import jsonschema_rs

from . import contract

_ALTERNATIVES = (jsonschema_rs.ValidationErrorKind.AnyOf, jsonschema_rs.ValidationErrorKind.OneOfNotValid)
_MAX_MESSAGE = 300
_MAX_ITEMS = 16
"""The length to which lists are reduced before they are validated for a report."""
_MAX_PREFERENCES = 100
"""The number of provider preferences that are looked at: more than exist, so that one of them is unknown."""

Path = tuple[str | int, ...]


@attrs.frozen
class ValidationError:
    """One violation of the contract in a request body: a value that is returned, never raised."""

    path: Path
    """The keys and indices from the top of the body to the violation; empty for the body as a whole."""
    message: str
    """What was received and what was expected, without the path."""

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


def validation_errors(body: Any) -> list[ValidationError]:
    """Return the violations in the *body* of `POST /embeddings`: none for a valid one, a few of very many."""
    try:
        if _validator().is_valid(body):
            return []
        offsets: dict[Path, int] = {}
        reduced = _reduced(body, offsets)
        found = [each for error in _validator().iter_errors(reduced) for each in _validation_errors_of(error)]
    except (ValueError, RecursionError):  # the validator goes 255 levels deep
        return [ValidationError((), "nested too deep")]
    return [attrs.evolve(each, path=_original_path(each.path, offsets)) for each in found]


def _reduced(body: Any, offsets: dict[Path, int]) -> Any:
    """Return an invalid *body* with long lists reduced to a few items, among them invalid ones.

    The validator's report takes kilobytes for each invalid item, and a body may hold a million. *offsets* receives, by
    the path of each list, the number of items removed from its beginning.
    """
    if not isinstance(body, dict):
        return _head(body)
    known = _request_schema()["properties"]  # unknown fields are always valid
    reduced = {name: _head(value) for name, value in body.items() if name in known}
    if "input" in body:
        reduced["input"] = _around_violation(body["input"], ("input",), offsets)
    if isinstance(body.get("provider"), dict):
        preferences = itertools.islice(body["provider"].items(), _MAX_PREFERENCES)
        reduced["provider"] = {
            name: _around_violation(value, ("provider", name), offsets) for name, value in preferences
        }
    return reduced


def _head(value: Any) -> Any:
    return value[:_MAX_ITEMS] if isinstance(value, list) else value


def _around_violation(value: Any, path: Path, offsets: dict[Path, int]) -> Any:
    """Return *value*, which is at *path* of a body, with long lists in it reduced to a few items.

    Invalid items are among them if there are any: they are found by bisection.
    """
    if isinstance(value, dict):
        return {name: _around_violation(item, (*path, name), offsets) for name, item in value.items()}
    if not isinstance(value, list):
        return value
    start, end = 0, len(value)
    while end - start > _MAX_ITEMS:
        middle = (start + end) // 2
        if not _is_valid_at(path, value[start:middle]):
            end = middle
        elif not _is_valid_at(path, value[middle:end]):
            start = middle
        else:  # each half is valid by itself: the list is valid, or it mixes two types where the halves meet
            start, end = middle - _MAX_ITEMS // 2, middle + _MAX_ITEMS // 2
    if start:
        offsets[path] = start
    return [_around_violation(item, (*path, start + index), offsets) for index, item in enumerate(value[start:end])]


def _is_valid_at(path: Path, value: Any) -> bool:
    """Return whether a body is valid with *value* at *path* and nothing else that could be invalid."""
    for step in reversed(path[1:]):
        value = {step: value} if isinstance(step, str) else [value]
    return _validator().is_valid({"input": "?", "model": "?", path[0]: value})


def _original_path(path: Path, offsets: dict[Path, int]) -> Path:
    """Return the path in the original body of a *path* in the reduced one."""
    original: Path = ()
    for step in path:
        original = (*original, step + offsets.get(original, 0) if isinstance(step, int) else step)
    return original


def _validation_errors_of(error: jsonschema_rs.ValidationError) -> list[ValidationError]:
    """Return the violations in an error of the validator, each at the smallest part of the body that is invalid."""
    deepest = _deepest(error)
    path = tuple(deepest.instance_path)
    kind = deepest.kind
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
        return [ValidationError((*path, kind.property), "missing")]
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
        return [ValidationError((*path, name), "unknown field") for name in kind.unexpected]
    if isinstance(kind, _ALTERNATIVES):
        return [ValidationError(path, _shortened(f"{json.dumps(deepest.instance)} has none of the forms allowed"))]
    return [ValidationError(path, _shortened(deepest.message))]


def _deepest(error: jsonschema_rs.ValidationError) -> jsonschema_rs.ValidationError:
    """Return the error within alternatives (`anyOf`, `oneOf`) of the one that the client most likely meant."""
    kind = error.kind
    if not isinstance(kind, _ALTERNATIVES):
        return error
    meant = [branch for branch in kind.context if branch and not any(map(_is_discriminator, branch))]
    if all(not _is_below(each, error) and _is_type(each) for branch in meant for each in branch):
        return error
    return _deepest(max(meant, key=_closeness)[0])


def _is_below(inner: jsonschema_rs.ValidationError, outer: jsonschema_rs.ValidationError) -> bool:
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
    if len(message) <= _MAX_MESSAGE:
        return message
    half = _MAX_MESSAGE // 2
    return f"{message[:half]} … {message[-half:]}"
