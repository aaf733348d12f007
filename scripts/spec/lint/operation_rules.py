"""Traps in operations: answers without errors, calls without keys, examples that their schemas refuse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spec.lint.findings import NO_WITNESS, Finding, Linted
from spec.lint.schema_rules import refusal
from spec.openapi_objects import Position
from spec.references import resolve
from spec.tree import escape, unescape

_KEYS = ("authorization",)


def check_operation(linted: Linted, operation: dict[str, Any], where: str) -> Iterator[Finding]:
    """Yield the traps of one operation."""
    responses = operation.get("responses", {})
    errors = {status: held for status, held in responses.items() if str(status)[:1] in "45d"}
    if not errors:
        yield Finding("operation-without-errors", f"{where}/responses", "no error is documented", NO_WITNESS)
    for status, held in errors.items():
        if not resolve(linted.document, held, "response", where).get("content"):
            yield Finding(
                "error-without-body", f"{where}/responses/{status}", "the error has no documented body", status
            )
    if not operation.get("security", linted.document.get("security")) and operation.get("security") != []:
        text = "no key is asked for"
        if _sends_key(linted, operation, where):
            text += ", but a header parameter Authorization, which OpenAPI ignores"
        yield Finding("operation-without-security", where, text, NO_WITNESS)


def _sends_key(linted: Linted, operation: dict[str, Any], where: str) -> bool:
    parameters = [resolve(linted.document, each, "parameter", where) for each in operation.get("parameters", ())]
    return any(str(each.get("name")).lower() in _KEYS for each in parameters)


def check_examples(linted: Linted, position: Position, examples: dict[str, Any]) -> Iterator[Finding]:
    """Yield the examples of a media type, parameter or header that its schema refuses.

    Args:
        linted: the document.
        position: where the object stands.
        examples: the examples that the document keeps as components.

    """
    node = position.node
    if "schema" not in node or not node.keys() & {"example", "examples"}:
        return
    held = [("example", node["example"])] if "example" in node else []
    for name, given in node.get("examples", {}).items() if isinstance(node.get("examples"), dict) else ():
        example = _resolved(given, examples)
        if isinstance(example, dict) and "value" in example:
            held.append((f"examples/{escape(name)}", example["value"]))
    shape = linted.shape(node["schema"])
    for key, value in held:
        if reason := refusal(shape, value):
            yield Finding("example-refused", f"{position.where}/{key}", f"its schema refuses it {reason}", value)


def _resolved(given: Any, examples: dict[str, Any]) -> Any:
    if isinstance(given, dict) and str(given.get("$ref", "")).startswith("#/components/examples/"):
        return examples.get(unescape(given["$ref"].rsplit("/", 1)[-1]))
    return given
