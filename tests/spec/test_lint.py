"""The traps of a document: each rule finds its own, with a value that falls into it, and nothing else does."""

import copy
import json
from pathlib import Path
from typing import Any

import openapi_spec_validator
import pytest
import yaml

import lint_spec
from spec.lint.findings import NO_WITNESS, RULES, SEVERITIES, Finding
from spec.lint.lint_document import lint_document
from spec.load import read_document
from spec.operations import list_operations
from upstream import Outcome, minimal_document

PIN = Path(__file__).parents[2] / "openapi.yaml"
ERROR = {"400": {"description": "x", "content": {"application/json": {"schema": {"type": "object"}}}}}
SECURED: dict[str, Any] = {"security": [], "responses": {"200": {"description": "x"}, **ERROR}}
A: dict[str, Any] = {"type": "object", "properties": {"kind": {"enum": ["a"]}}, "required": ["kind"]}
B: dict[str, Any] = {"type": "object", "properties": {"kind": {"enum": ["b"]}}, "required": ["kind"]}
REF = "#/components/schemas/"


def lint(schema: dict[str, Any], **operation: Any) -> list[Finding]:
    """Return the findings in a document with one body schema, `Subject`, beside the schemas `A` and `B`."""
    body = {"content": {"application/json": {"schema": {"$ref": f"{REF}Subject"}}}}
    paths = {"/embeddings": {"post": {"operationId": "x", "requestBody": body, **SECURED, **operation}}}
    document = minimal_document(paths, schemas={"Subject": copy.deepcopy(schema), "A": A, "B": B})
    return lint_document(document, list_operations(document))


# Each rule: a schema that breaks it, where, and the value that shows it.
BROKEN: dict[str, tuple[dict[str, Any], str, Any]] = {
    "overlapping-branches": ({"oneOf": [{"type": "string", "maxLength": 3}, {"type": "string", "minLength": 3}]}, "/oneOf", "aaa"),
    "branch-never-matches": ({"anyOf": [{"type": "integer", "minimum": 2, "maximum": 1}, {"type": "string"}]}, "/anyOf/0", NO_WITNESS),
    "branch-adds-nothing": ({"anyOf": [{"type": "string"}, {"type": "string", "minLength": 3}]}, "/anyOf/1", "aaa"),
    "unsatisfiable-schema": ({"type": "string", "enum": [1]}, "", NO_WITNESS),
    "enum-duplicate": ({"enum": ["a", "b", "a"]}, "/enum", "a"),
    "example-refused": ({"type": "string", "example": 1}, "/example", 1),
    "default-refused": ({"type": "integer", "minimum": 1, "default": 0}, "/default", 0),
    "required-property-undeclared": ({"type": "object", "properties": {"a": {}}, "required": ["b"]}, "/required", "b"),
    "discriminator-without-property": (
        {"oneOf": [{"$ref": f"{REF}A"}, {"type": "string"}], "discriminator": {"propertyName": "kind"}},
        "/discriminator",
        "",
    ),
    "discriminator-ambiguous": (
        {
            "oneOf": [
                {**A, "properties": {**A["properties"], "x": {"type": "string"}}, "required": ["kind", "x"]},
                {**A, "properties": {**A["properties"], "x": {"type": "integer"}}, "required": ["kind", "x"]},
            ],
            "discriminator": {"propertyName": "kind"},
        },
        "/discriminator",
        "a",
    ),
    "discriminator-mapping-refused": (
        {
            "oneOf": [{"$ref": f"{REF}A"}, {"$ref": f"{REF}B"}],
            "discriminator": {"propertyName": "kind", "mapping": {"a": f"{REF}A", "c": f"{REF}B"}},
        },
        "/discriminator/mapping",
        "c",
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", BROKEN)
def test_rule_of_schemas_finds_its_trap(rule: str) -> None:
    """The one finding names the rule, the place and a value."""
    schema, place, witness = BROKEN[rule]
    (finding,) = lint(schema)
    assert (finding.rule, finding.where) == (rule, f"/components/schemas/Subject{place}")
    assert finding.witness is witness or finding.witness == witness


def test_operation_without_errors_or_key_is_found() -> None:
    """An operation that documents successes only, and one that asks for no key and does not say that it needs none."""
    (finding,) = lint(A, responses={"200": {"description": "x"}})
    assert (finding.rule, finding.where) == ("operation-without-errors", "/paths/~1embeddings/post/responses")
    (finding,) = lint(A, security=None)
    assert finding.rule == "operation-without-security"
    (finding,) = lint(A, responses={"200": {"description": "x"}, "404": {"description": "x"}})
    assert (finding.rule, finding.severity) == ("error-without-body", "info")


def test_rules_and_their_tests_are_the_same() -> None:
    """Every rule has a test here, and a severity."""
    others = {"operation-without-errors", "operation-without-security", "error-without-body"}
    assert RULES.keys() == BROKEN.keys() | others
    assert set(RULES.values()) <= set(SEVERITIES)


def test_spelling_is_decoded_first() -> None:
    """`nullable`, boolean bounds and the rendering's enumerations are read as meant: nothing here is a trap."""
    assert lint({"type": "string", "nullable": True, "default": None}) == []
    assert lint({"type": "integer", "minimum": 0, "exclusiveMinimum": True, "example": 1}) == []
    assert lint({"type": "string", "enum": [{"value": "a"}, {"value": "b"}], "default": "a"}) == []


def test_disjoint_branches_are_no_trap() -> None:
    """Branches that a constant tells apart never overlap."""
    assert lint({"oneOf": [{"$ref": f"{REF}A"}, {"$ref": f"{REF}B"}], "discriminator": {"propertyName": "kind"}}) == []


def test_property_that_another_member_of_all_of_declares_is_no_trap() -> None:
    """Members of `allOf` describe one object together; null beside the branches of a discriminator is no branch."""
    assert (
        lint({"allOf": [{"$ref": f"{REF}A"}, {"type": "object", "properties": {"x": {}}, "required": ["kind"]}]}) == []
    )
    assert lint({"anyOf": [{"$ref": f"{REF}A"}, {"type": "null"}], "discriminator": {"propertyName": "kind"}}) == []


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> Outcome:
    """Run the command in this process."""
    code = lint_spec.main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return Outcome(code, captured.out.splitlines(), captured.err.splitlines())


def test_command_exits_by_what_it_finds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0 without findings, 1 with some, 2 for what is no document; JSON holds the same."""
    tree = yaml.safe_load(PIN.read_text("utf-8"))
    for operation in [each for item in tree["paths"].values() for each in item.values()]:
        operation["requestBody"] = {"content": {"application/json": {"schema": {"type": "string"}}}}
        operation["responses"] = SECURED["responses"]
    path = tmp_path / "clean.yaml"
    path.write_text(yaml.safe_dump(tree), "utf-8")
    assert run(capsys, path) == Outcome(0, ["no findings"], [])
    tree["paths"]["/embeddings"]["post"]["responses"] = {"200": {"description": "x"}}
    path.write_text(yaml.safe_dump(tree), "utf-8")
    outcome = run(capsys, path)
    assert outcome.code == 1
    assert outcome.out[-1] == "1 finding: 1 warning"
    (finding,) = json.loads("\n".join(run(capsys, path, "--format", "json").out))["findings"]
    assert (finding["rule"], finding["severity"]) == ("operation-without-errors", "warning")
    path.write_text("nothing: here\n", "utf-8")
    outcome = run(capsys, path)
    assert (outcome.code, len(outcome.err)) == (2, 1)


def test_pin_passes_the_validator_of_openapi() -> None:
    """The pin is an OpenAPI 3.1 document by the word of openapi-spec-validator too."""
    openapi_spec_validator.validate(read_document(PIN))


@pytest.mark.documents
def test_traps_of_the_rendering_are_found(documents: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Read literally it refuses each number as a price, each known provider, and `input: []`, which three branches match."""
    outcome = run(capsys, documents / "docs-rendering-2025-11-08.openapi.yaml")
    overlaps = "\n".join(line for line in outcome.out if "overlapping-branches" in line)
    assert outcome.code == 1
    assert (
        "BigNumberUnion/oneOf: branches 0, 2 of the oneOf match the same value, which it therefore refuses: 0"
        in overlaps
    )
    assert "ProviderOrderItems/oneOf: branches 0, 1 " in overlaps
    assert "Input/oneOf: branches 1, 2, 3 of the oneOf match the same value, which it therefore refuses: []" in overlaps


@pytest.mark.documents
def test_invalid_example_of_the_model_list_is_found(documents: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The newest document's own example lacks two required fields."""
    outcome = run(capsys, documents / "openrouter-2026-08-22-90c493767.openapi.yaml")
    (line,) = [line for line in outcome.out if "example-refused" in line]
    assert '"total_count" is a required property' in line
    assert '"links" is a required property' in line
