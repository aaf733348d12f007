"""A run in the Common Test Report Format (CTRF 1.0.0), a test per requirement."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import TYPE_CHECKING, Any

from openrouter_conformance.foreign_text import printable
from openrouter_conformance.report.labels import CONCLUSIONS, target
from openrouter_conformance.report.records import evidence
from openrouter_conformance.status import Status, fails_run

if TYPE_CHECKING:
    from openrouter_conformance.report.records import Record, RunRecords

SPEC_VERSION = "1.0.0"
STATUSES = ("passed", "failed", "skipped", "pending", "other")
_OF_STATUS = {
    "passed": "passed",
    "failed": "failed",
    "not-applicable": "skipped",
    "blocked": "skipped",
    "deselected": "skipped",
    "not-run": "pending",
}
"""What a status is in CTRF; any other is `other`: it fails no build, and is not passed either."""
_NAMES = uuid.uuid5(uuid.NAMESPACE_URL, "urn:openrouter-conformance:requirement")


def render(run: RunRecords) -> str:
    """Return the records of a run as CTRF JSON; the suite's own word for each status is its `rawStatus`."""
    head, foot = run.header, run.footer
    tests = [_test(record, strict=head["strict"]) for record in run.results]
    start = _milliseconds(head["started"])
    duration = round(foot["seconds"] * 1000)
    report = {
        "reportFormat": "CTRF",
        "specVersion": SPEC_VERSION,
        "timestamp": foot["finished"],
        "generatedBy": f"openrouter-conformance {head['suite']}",
        "results": {
            "tool": {"name": "openrouter-conformance", "version": head["suite"]},
            "summary": {
                "tests": len(tests),
                **{status: sum(test["status"] == status for test in tests) for status in STATUSES},
                "start": start,
                "stop": start + duration,
                "duration": duration,
                "extra": {"conclusion": CONCLUSIONS[run.conclusion], "stopped": foot["stopped"]},
            },
            "tests": tests,
            "environment": {
                "appName": target(head),
                "extra": {name: head[name] for name in ("contract", "model", "profile", "seed", "strict")},
            },
        },
    }
    return json.dumps(report, indent=2) + "\n"


def _test(record: Record, *, strict: bool) -> dict[str, Any]:
    status = record["status"]
    fails = status in list(Status) and fails_run(Status(status), strict=strict)
    test: dict[str, Any] = {
        "id": str(uuid.uuid5(_NAMES, record["id"])),
        "name": record["id"],
        "status": "failed" if fails else _OF_STATUS.get(status, "other"),
        "rawStatus": status,
        "duration": round(record["seconds"] * 1000),
        "suite": [record["operation"], record["facet"]],
        "tags": [record["level"]],
        "labels": {"level": record["level"], "source": record["source"]},
    }
    if record["reason"]:
        test["message"] = printable(record["reason"])
    if "failure" in record:
        test["trace"] = evidence(record)
    return test


def _milliseconds(time: str) -> int:
    return round(dt.datetime.fromisoformat(time).timestamp() * 1000)
