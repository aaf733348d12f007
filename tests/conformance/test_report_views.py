"""Views of records: Markdown, badge, CTRF and JUnit say what the records say, and nothing that a server wrote is markup."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from openrouter_conformance.report import badge, ctrf, labels, markdown
from openrouter_conformance.report.records import RunRecords
from openrouter_conformance.status import Conclusion, Level, Status

from .example_runs import ALL, FAILED, HOSTILE, PASSED, WARNING, hostile_run, known_run, result, run

_GOLDEN = Path(__file__).parent / "golden"
_RUNS = {
    "conforms": run(*PASSED),
    "failed": run(*ALL),
    "known": known_run(),
    "interrupted": run(
        PASSED[0], FAILED, result("create-embeddings/auth/a", "not-run", reason="x"), stopped="interrupted"
    ),
    "error": run(*PASSED, result("create-embeddings/auth/a", "error", reason="the check a crashed: KeyError")),
}


def _agreed(name: str, shown: str) -> None:
    """Assert that a text is the golden file of this name, byte for byte; CONFORMANCE_GOLDEN=write writes it."""
    path = _GOLDEN / name
    if os.environ.get("CONFORMANCE_GOLDEN") == "write":
        path.write_text(shown, "utf-8", newline="\n")
    assert shown == path.read_text("utf-8")


@pytest.mark.parametrize("name", _RUNS)
def test_markdown_looks_as_agreed(name: str) -> None:
    """The summary of a CI job is the text in golden/."""
    _agreed(f"{name}.md", markdown.render(_RUNS[name]))


def test_a_comparison_in_markdown_shows_what_differs() -> None:
    """Beside others, each requirement whose status is not everywhere the same has a row."""
    other = run(*PASSED, result(FAILED["id"]))
    _agreed("compared.md", markdown.render(_RUNS["failed"], [other]))


@pytest.mark.parametrize("name", _RUNS)
def test_badges_look_as_agreed(name: str) -> None:
    """The endpoint badge is the JSON in golden/."""
    _agreed(f"{name}.badge.json", badge.render(_RUNS[name]))


@pytest.mark.parametrize("shown", [*_RUNS.values(), hostile_run()], ids=[*_RUNS, "hostile"])
def test_badges_keep_the_schema_of_shields(shown: RunRecords) -> None:
    """SchemaVersion is 1, label and message are short texts, the color is one that shields knows by name."""
    made = json.loads(badge.render(shown))
    assert made["schemaVersion"] == 1
    assert 0 < len(made["message"]) < 60
    assert made["color"] in ("brightgreen", "red", "lightgrey")
    assert set(made) == {"schemaVersion", "label", "message", "color"}


def test_warnings_color_the_badge_of_a_strict_run_only() -> None:
    """A warning fails a strict run, and its badge says so."""
    assert json.loads(badge.render(run(*PASSED, WARNING)))["message"] == "conforms"
    assert json.loads(badge.render(run(*PASSED, WARNING, strict=True)))["message"] == "1 warning"


def _ctrf_schema() -> dict[str, Any]:
    """Return the rules of CTRF 1.0.0 for the fields that a report has here; no other field is allowed."""
    text, whole = {"type": "string"}, {"type": "integer"}
    status = {"enum": ["passed", "failed", "skipped", "pending", "other"]}

    def exactly(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
        return {
            "type": "object",
            "required": list(required),
            "properties": required | (optional or {}),
            "additionalProperties": False,
        }

    test = exactly(
        {"name": {"type": "string", "minLength": 1}, "status": status, "duration": whole},
        {
            "id": {"type": "string", "format": "uuid"},
            "rawStatus": text,
            "suite": {"type": "array", "minItems": 1, "items": text},
            "tags": {"type": "array", "items": text},
            "labels": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}},
            "message": text,
            "trace": text,
        },
    )
    counts = ("tests", "passed", "failed", "skipped", "pending", "other", "start", "stop")
    results = exactly(
        {
            "tool": exactly({"name": {"type": "string", "minLength": 1}}, {"version": text}),
            "summary": exactly(dict.fromkeys(counts, whole), {"duration": whole, "extra": {"type": "object"}}),
            "tests": {"type": "array", "items": test},
        },
        {"environment": exactly({}, {"appName": text, "extra": {"type": "object"}})},
    )
    return exactly(
        {"results": results, "reportFormat": {"const": "CTRF"}, "specVersion": {"const": "1.0.0"}},
        {"timestamp": {"type": "string", "format": "date-time"}, "generatedBy": text},
    )


@pytest.mark.parametrize("shown", [*_RUNS.values(), hostile_run()], ids=[*_RUNS, "hostile"])
def test_ctrf_keeps_the_schema_of_the_format(shown: RunRecords) -> None:
    """The file is what readers of CTRF 1.0.0 accept, and its summary counts its tests."""
    made = json.loads(ctrf.render(shown))
    jsonschema_rs.Draft7Validator(_ctrf_schema(), validate_formats=True).validate(made)
    summary, tests = made["results"]["summary"], made["results"]["tests"]
    assert summary["tests"] == len(tests) == len(shown.results)
    assert [summary[status] for status in ctrf.STATUSES] == [
        sum(test["status"] == status for test in tests) for status in ctrf.STATUSES
    ]
    assert len({test["id"] for test in tests}) == len(tests)


def test_ctrf_looks_as_agreed() -> None:
    """The report of a run that failed is the JSON in golden/."""
    _agreed("failed.ctrf.json", ctrf.render(_RUNS["failed"]))


def test_ctrf_fails_what_fails_the_run() -> None:
    """A warning is `other`, which fails no build, but in a strict run; a known deviation never fails one."""

    def statuses(shown: RunRecords) -> list[str]:
        return [test["status"] for test in json.loads(ctrf.render(shown))["results"]["tests"]]

    assert statuses(run(WARNING)) == ["other"]
    assert statuses(run(WARNING, strict=True)) == ["failed"]
    assert statuses(known_run())[-1] == "other"


def test_nothing_of_a_server_is_markup_in_markdown() -> None:
    """Outside code, a summary holds no tag but its own, no mention, no link, and no control character."""
    shown = markdown.render(hostile_run(), [hostile_run()])
    assert all(line.isprintable() for line in shown.split("\n"))
    fenced = re.sub(r"(?ms)^ *(`{3,})sh\n.*?\n *\1$", "", shown)
    bare = re.sub(r"(?s)(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", fenced)
    assert set(re.findall(r"<[^>]*>", bare)) == {"<details>", "<summary>", "</summary>", "</details>"}
    assert "@here" not in bare
    assert "![" not in bare
    assert HOSTILE not in shown


def test_long_lines_do_not_bloat_the_summary() -> None:
    """GitHub takes a summary of 1 MiB; hostile texts of any length leave it far below."""
    assert len(markdown.render(hostile_run(repeated=3000)).encode()) < 20_000


@pytest.mark.parametrize("text", ["a", "`", "``a`", " ", "", "a|b", "```\n", "`a`|"])
def test_a_code_span_holds_any_text(text: str) -> None:
    """A span's fence is longer than any run of backticks in it."""
    span = markdown.code(text)
    fence = re.match("`+", span)
    assert fence is not None
    inner = span[len(fence[0]) : -len(fence[0])]
    assert fence[0] not in re.findall("`+", inner)
    assert "|" not in inner.replace("\\|", "")


def test_every_status_level_and_conclusion_has_a_label() -> None:
    """No report meets a word that it has no label for."""
    assert set(Status) <= set(labels.STATUSES)
    assert set(labels.LEVELS) == set(Level)
    assert set(labels.CONCLUSIONS) == set(Conclusion)
    assert len({one.mark for one in labels.STATUSES.values()}) == len(labels.STATUSES)
