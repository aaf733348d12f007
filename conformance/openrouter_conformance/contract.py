"""The contract as validators: what it says of each operation, of requests and of answers."""

from __future__ import annotations

import functools
import hashlib
import re
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import orjson

from openrouter_conformance import excerpts
from openrouter_mock import contract as shipped_contract

if TYPE_CHECKING:
    from openrouter_conformance.operations import Operation

Validator = jsonschema_rs.Draft202012Validator


@functools.cache
def shipped() -> Contract:
    """Return the contract that ships with the client, read once."""
    text = shipped_contract.path().read_bytes().replace(b"\r\n", b"\n")
    return Contract(shipped_contract.document(), f"sha256:{hashlib.sha256(text).hexdigest()}")


class Contract:
    """An OpenAPI 3.1 document of which every answer has a JSON body, and its validators, each made on first use.

    Attributes:
        document: the document; treat it as read-only.
        digest: `sha256:` and the hexadecimal digest of its text.

    """

    def __init__(self, document: dict[str, Any], digest: str) -> None:
        self.document = document
        self.digest = digest
        self._validators: dict[tuple[str, ...], Validator] = {}

    @property
    def date(self) -> str | None:
        """The day of the published document that the contract was made from, or None when it is not known."""
        from openrouter_embeddings import CONTRACT  # noqa: PLC0415 - the client is not needed to check a server

        return CONTRACT.date if CONTRACT.digest == self.digest else None

    def operation(self, operation: Operation) -> dict[str, Any]:
        """Return the operation object of `operation`; LookupError when the contract has none."""
        found: dict[str, Any] = self.resolve(pointer_of(operation))
        return found

    def methods(self, operation: Operation) -> list[str]:
        """Return the methods that the contract has at the path of `operation`, upper case."""
        known = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
        return [method.upper() for method in self.document["paths"][operation.path] if method in known]

    def is_secured(self, operation: Operation) -> bool:
        """Return whether `operation` asks for a key."""
        return bool(self.operation(operation).get("security", self.document.get("security")))

    def takes_body(self, operation: Operation) -> bool:
        """Return whether `operation` takes a JSON body."""
        return "requestBody" in self.operation(operation)

    def resolve(self, pointer: str) -> Any:
        """Return what the JSON pointer `pointer` (`#/paths/…`) finds; LookupError if nothing."""
        node: Any = self.document
        for step in pointer.removeprefix("#").split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            try:
                node = node[int(name)] if isinstance(node, list) else node[name]
            except (KeyError, IndexError, ValueError, TypeError):
                raise LookupError(f"the contract has nothing at {pointer!r} (lost at {step!r})") from None
        return node

    def request_schema(self, operation: Operation) -> dict[str, Any]:
        """Return the schema of the JSON body that `operation` takes."""
        schema: dict[str, Any] = self.operation(operation)["requestBody"]["content"]["application/json"]["schema"]
        return schema

    def response_schema(self, operation: Operation, status: int) -> dict[str, Any]:
        """Return the schema of the JSON body that `operation` answers with `status`."""
        responses = self.operation(operation)["responses"]
        response = responses.get(str(status), responses.get("default", {}))
        schema: dict[str, Any] = response.get("content", {}).get("application/json", {}).get("schema", {})
        return schema

    def request_validator(self, operation: Operation) -> Validator:
        """Return the validator of the body that `operation` takes."""
        return self._validator(("request", operation.operation_id), lambda: self.request_schema(operation))

    def response_validator(self, operation: Operation, status: int) -> Validator:
        """Return the validator of the body that `operation` answers with `status`."""
        key = ("response", operation.operation_id, str(status))
        return self._validator(key, lambda: self.response_schema(operation, status))

    def closed_response_validator(self, operation: Operation, status: int) -> Validator:
        """Return the validator that also refuses fields which the contract does not name."""
        key = ("closed", operation.operation_id, str(status))
        return self._validator(key, lambda: self.response_schema(operation, status), closed=True)

    def undocumented_field(self, operation: Operation, body: Any) -> str | None:
        """Return in one line a field of a 200's `body` that the contract does not name, or None."""
        for error in self.closed_response_validator(operation, 200).iter_errors(body):
            if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
                where = "/".join(str(step) for step in error.instance_path)
                return f"{', '.join(sorted(error.kind.unexpected))} at {'/' + where if where else 'the top'}"
        return None

    def allows_body(self, operation: Operation, body: bytes) -> bool | None:
        """Return whether the contract allows `body`; None when it is no JSON of which all parsers agree."""
        try:
            parsed = orjson.loads(body)
        except orjson.JSONDecodeError:
            return None if body.strip() else False
        return self.request_validator(operation).is_valid(parsed)

    def allows_query(self, operation: Operation, pairs: list[tuple[str, str]]) -> bool | None:
        """Return whether the contract allows this query of `operation`; None where it does not say.

        Parameters that the contract does not name are of no account. Doubled or blank ones, and numbers in
        unusual spellings (`+1`, `01`, `1.0`), are left open.
        """
        parameters = {entry["name"]: entry["schema"] for entry in self.operation(operation).get("parameters", [])}
        named = [(name, value) for name, value in pairs if name in parameters]
        if len({name for name, _ in named}) < len(named):
            return None
        allowed = [_allows_parameter(parameters[name], value) for name, value in named]
        if False in allowed:
            return False
        return None if None in allowed else True

    def _validator(self, key: tuple[str, ...], schema: Any, *, closed: bool = False) -> Validator:
        if key not in self._validators:
            whole: dict[str, Any] = {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "allOf": [schema()],
                "components": self.document["components"],
            }
            self._validators[key] = Validator(_close(whole) if closed else whole)
        return self._validators[key]


def pointer_of(operation: Operation) -> str:
    """Return the JSON pointer of `operation` in a contract: `#/paths/~1embeddings/post`."""
    return f"#/paths/{operation.path.replace('~', '~0').replace('/', '~1')}/{operation.method.lower()}"


def first_error(validator: Validator, body: Any) -> str | None:
    """Return in one line where and why `body` breaks the schema, or None when it does not."""
    errors = sorted(
        (("/".join(str(step) for step in error.instance_path), error.message) for error in validator.iter_errors(body)),
        key=lambda pair: (-pair[0].count("/"), pair),
    )
    if not errors:
        return None
    where, message = errors[0]
    others = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{'/' + where if where else 'the body'}: {excerpts.of_text(message, 300)}{others}"


def _close(node: Any) -> Any:
    if isinstance(node, list):
        return [_close(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {name: _close(value) for name, value in node.items()}
    if isinstance(node.get("properties"), dict) and "additionalProperties" not in node:
        closed["additionalProperties"] = False
    return closed


def _allows_parameter(schema: dict[str, Any], text: str) -> bool | None:
    if schema.get("type") not in ("integer", None):
        return None  # only whole numbers have one spelling
    if not re.fullmatch(r"-?(0|[1-9][0-9]*)", text):
        return None if not text.strip() or re.fullmatch(r"\s*[+-]?[0-9_]+(\.0*)?([eE][+-]?[0-9]+)?\s*", text) else False
    number = int(text)
    return bool(schema.get("minimum", number) <= number <= schema.get("maximum", number))
