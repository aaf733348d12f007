"""A published document → the traps among the chosen operations and all that they reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from spec.canonical import json_text
from spec.lint.decoding import decode_schemas
from spec.lint.findings import NO_WITNESS, SEVERITIES, Finding, Linted
from spec.lint.operation_rules import check_examples, check_operation
from spec.lint.schema_rules import check_required, check_schema
from spec.openapi_objects import Position, children
from spec.operations import Operation
from spec.slicing import slice_document


def lint_document(document: dict[str, Any], operations: Sequence[Operation]) -> list[Finding]:
    """Return the traps in some operations of a document, worst first.

    Args:
        document: the published document.
        operations: those to look at, and what they reach.

    Raises:
        InputError: the document cannot be read so far.

    """
    linted = Linted(decode_schemas(slice_document(document, operations)))
    examples = document.get("components", {}).get("examples", {})
    found = {
        (finding.rule, finding.where, finding.text): finding
        for position in linted.positions()
        for finding in _findings(linted, position, examples)
    }
    branches = {finding.where for finding in found.values() if finding.rule == "branch-never-matches"}
    told = [each for each in found.values() if each.rule != "unsatisfiable-schema" or each.where not in branches]
    return sorted(told, key=_order)


def _findings(linted: Linted, position: Position, examples: dict[str, Any]) -> Iterator[Finding]:
    node, kind, where = position.node, position.kind, position.where
    if not isinstance(node, dict) or "$ref" in node:
        return
    if kind == "schema":
        yield from check_schema(linted, node, where)
        yield from _required(position)
    elif kind == "operation":
        yield from check_operation(linted, node, where)
    elif kind in {"mediaType", "parameter", "header"}:
        yield from check_examples(linted, position, examples)


def _required(position: Position) -> Iterator[Finding]:
    """Yield the undeclared required properties of a schema, and of the branches that apply with it."""
    node, where = position.node, position.where
    declared = frozenset(node.get("properties", {}))
    for child in children(position):
        if child.where.removeprefix(f"{where}/").split("/")[0] in {"allOf", "anyOf", "oneOf"} and declared:
            return  # what a branch requires may be declared beside it
    yield from check_required(node, where, frozenset())


def _order(finding: Finding) -> tuple[int, str, str, str]:
    witness = "" if finding.witness is NO_WITNESS else json_text(finding.witness)
    return SEVERITIES.index(finding.severity), finding.rule, finding.where, witness
