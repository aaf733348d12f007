"""A published document → the traps among the chosen operations and all that they reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
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
    positions = list(linted.positions())
    together = {where for position in positions for where in _applied_together(position)}
    found = {
        (finding.rule, finding.where, finding.text): finding
        for position in positions
        for finding in _findings(linted, position, examples, together)
    }
    branches = {finding.where for finding in found.values() if finding.rule == "branch-never-matches"}
    told = [each for each in found.values() if each.rule != "unsatisfiable-schema" or each.where not in branches]
    return sorted(told, key=_order)


def _findings(
    linted: Linted, position: Position, examples: dict[str, Any], together: AbstractSet[str]
) -> Iterator[Finding]:
    node, kind, where = position.node, position.kind, position.where
    if not isinstance(node, dict) or "$ref" in node:
        return
    if kind == "schema":
        yield from check_schema(linted, node, where)
        if where not in together:
            yield from check_required(linted, node, where)
    elif kind == "operation":
        yield from check_operation(linted, node, where)
    elif kind in {"mediaType", "parameter", "header"}:
        yield from check_examples(linted, position, examples)


def _applied_together(position: Position) -> Iterator[str]:
    """Yield where the branches of a schema stand that describe one value together with what stands beside them."""
    node = position.node
    if position.kind != "schema" or not isinstance(node, dict):
        return
    for child in children(position):
        keyword = child.where.removeprefix(f"{position.where}/").split("/")[0]
        if keyword == "allOf" or (keyword in {"anyOf", "oneOf"} and node.keys() & {"properties", "allOf"}):
            yield child.where


def _order(finding: Finding) -> tuple[int, str, str, str]:
    witness = "" if finding.witness is NO_WITNESS else json_text(finding.witness)
    return SEVERITIES.index(finding.severity), finding.rule, finding.where, witness
