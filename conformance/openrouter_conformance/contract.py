"""The shipped contract, read once, as data and as validators."""

from __future__ import annotations

import functools
import hashlib
import re
from typing import Any

import jsonschema_rs
import orjson

from openrouter_mock.contract import document, path

OPERATIONS = {
    "createEmbeddings": ("post", "/embeddings"),
    "listEmbeddingsModels": ("get", "/embeddings/models"),
}


@functools.cache
def digest() -> str:
    """Return `sha256:` and the hexadecimal digest of the contract's text, whatever its line ends."""
    return "sha256:" + hashlib.sha256(path().read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def date() -> str | None:
    """Return the day of the published document that the contract was made from, or None when it is not known."""
    from openrouter_embeddings import CONTRACT  # noqa: PLC0415 - the client is not needed to judge

    return CONTRACT.date if CONTRACT.digest == digest() else None


def operation(operation_id: str) -> dict[str, Any]:
    """Return the operation object of `operation_id`, one of OPERATIONS."""
    method, route = OPERATIONS[operation_id]
    found: dict[str, Any] = document()["paths"][route][method]
    return found


def resolve(pointer: str) -> Any:
    """Return what the JSON pointer `pointer` (`#/paths/…`) finds in the contract; LookupError if nothing."""
    node: Any = document()
    for step in pointer.removeprefix("#").split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        try:
            node = node[int(name)] if isinstance(node, list) else node[name]
        except (KeyError, IndexError, ValueError, TypeError):
            raise LookupError(f"the contract has nothing at {pointer!r} (lost at {step!r})") from None
    return node


def response_schema(operation_id: str, status: int) -> dict[str, Any]:
    """Return the schema of the JSON body that `operation_id` answers with `status`."""
    responses = operation(operation_id)["responses"]
    response = responses.get(str(status), responses["default"])
    schema: dict[str, Any] = response["content"]["application/json"]["schema"]
    return schema


def request_schema(operation_id: str) -> dict[str, Any]:
    """Return the schema of the JSON body that `operation_id` takes."""
    schema: dict[str, Any] = operation(operation_id)["requestBody"]["content"]["application/json"]["schema"]
    return schema


@functools.cache
def response_validator(operation_id: str, status: int) -> jsonschema_rs.Draft202012Validator:
    """Return the validator of the body that `operation_id` answers with `status`."""
    return _validator(response_schema(operation_id, status))


@functools.cache
def closed_response_validator(operation_id: str, status: int) -> jsonschema_rs.Draft202012Validator:
    """Return the validator that also refuses fields which the contract does not name."""
    return _validator(response_schema(operation_id, status), closed=True)


@functools.cache
def request_validator(operation_id: str) -> jsonschema_rs.Draft202012Validator:
    """Return the validator of the body that `operation_id` takes."""
    return _validator(request_schema(operation_id))


def undocumented_field(operation_id: str, body: Any) -> str | None:
    """Return in one line a field of a 200's `body` that the contract does not name, or None."""
    for error in closed_response_validator(operation_id, 200).iter_errors(body):
        if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
            where = "/".join(str(step) for step in error.instance_path)
            return f"{', '.join(sorted(error.kind.unexpected))} at {'/' + where if where else 'the top'}"
    return None


def explain(validator: jsonschema_rs.Draft202012Validator, body: Any) -> str | None:
    """Return in one line where and why `body` breaks the schema, or None when it keeps it."""
    errors = sorted(
        (("/".join(str(step) for step in error.instance_path), error.message) for error in validator.iter_errors(body)),
        key=lambda pair: (-pair[0].count("/"), pair),
    )
    if not errors:
        return None
    where, message = errors[0]
    shown = message if len(message) <= 300 else message[:140] + " … " + message[-140:]
    others = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{'/' + where if where else 'the body'}: {shown}{others}"


def _validator(schema: dict[str, Any], *, closed: bool = False) -> jsonschema_rs.Draft202012Validator:
    whole: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "allOf": [schema],
        "components": document()["components"],
    }
    return jsonschema_rs.Draft202012Validator(_close(whole) if closed else whole)


def _close(node: Any) -> Any:
    if isinstance(node, list):
        return [_close(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {name: _close(value) for name, value in node.items()}
    if isinstance(node.get("properties"), dict) and "additionalProperties" not in node:
        closed["additionalProperties"] = False
    return closed


def body_is_valid(operation_id: str, body: bytes) -> bool | None:
    """Say whether the contract allows `body`; None when it is no JSON of which all readers agree."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None if body.strip() else False
    return request_validator(operation_id).is_valid(parsed)


def query_is_valid(pairs: list[tuple[str, str]]) -> bool | None:
    """Say whether the contract allows this query of listEmbeddingsModels; None where it does not say.

    Parameters that the contract does not name are of no account. Doubled or blank ones, and numbers in
    unusual spellings (`+1`, `01`, `1.0`), are left open.
    """
    parameters = {entry["name"]: entry["schema"] for entry in operation("listEmbeddingsModels")["parameters"]}
    named = [(name, value) for name, value in pairs if name in parameters]
    if len({name for name, _ in named}) < len(named):
        return None
    verdicts = [_parameter_is_valid(parameters[name], value) for name, value in named]
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _parameter_is_valid(schema: dict[str, Any], text: str) -> bool | None:
    if not re.fullmatch(r"-?(0|[1-9][0-9]*)", text):
        return None if not text.strip() or re.fullmatch(r"\s*[+-]?[0-9_]+(\.0*)?([eE][+-]?[0-9]+)?\s*", text) else False
    number = int(text)
    return bool(schema.get("minimum", number) <= number <= schema.get("maximum", number))
