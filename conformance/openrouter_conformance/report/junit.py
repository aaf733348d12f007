"""`junit.xml`: one test case per requirement, for CI systems."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from openrouter_conformance.foreign_text import printable
from openrouter_conformance.report import labels
from openrouter_conformance.report.records import evidence, replace
from openrouter_conformance.status import Status, fails_run

if TYPE_CHECKING:
    from pathlib import Path

    from openrouter_conformance.report.records import Record, RunRecords

FILE_NAME = "junit.xml"

_ERRORS = (Status.ERROR, Status.NOT_RUN)
_SKIPPED = (Status.NOT_APPLICABLE, Status.BLOCKED, Status.NOT_SEEN, Status.DESELECTED, Status.KNOWN)


def write(folder: Path, records: RunRecords) -> Path:
    """Write the records of a run into `folder` as junit.xml and return the path."""
    return replace(folder / FILE_NAME, render(records))


def render(records: RunRecords) -> str:
    """Return the records of a run as JUnit XML.

    A failed requirement is a failure; a warning passes, with the finding as its output, and is a failure in a strict
    run; an error of the suite is an error, and so is what a run that stopped did not come to; what does not apply, is
    known, was not seen or was not selected is skipped, with the reason; an entry of the known deviations that is to be
    deleted is a failure of its own.
    """
    head, foot = records.header, records.footer
    unneeded = records.unneeded
    failed = records.with_status(*(one for one in Status if fails_run(one, strict=head["strict"])))
    suite = ET.Element(
        "testsuite",
        name="openrouter-conformance",
        timestamp=head["started"],
        time=f"{sum(one['seconds'] for one in records.results):.3f}",
        tests=str(len(records.results) + len(unneeded)),
        failures=str(len(failed) + len(unneeded)),
        errors=str(len(records.with_status(*_ERRORS))),
        skipped=str(len(records.with_status(*_SKIPPED))),
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("suite", head["suite"]),
        ("contract", f"{head['contract']['date']} {head['contract']['digest']}"),
        ("target", head["target"]["url"] or head["target"]["name"]),
        *([("start", head["target"]["start"])] if head["target"]["start"] else []),
        ("model", head["model"]),
        ("profile", head["profile"]),
        ("seed", str(head["seed"])),
        *([("strict", "true")] if head["strict"] else []),
        ("conclusion", foot["conclusion"]),
        *([("stopped", foot["stopped"])] if foot["stopped"] else []),
    ):
        ET.SubElement(properties, "property", name=name, value=printable(value))
    for one in records.results:
        _add_case(suite, one, strict=head["strict"])
    for entry in unneeded:
        case = ET.SubElement(
            suite, "testcase", classname="known-deviations", name=printable(entry["entry"]), time="0.000"
        )
        ET.SubElement(
            case, "failure", message=labels.PROBLEMS[entry["problem"]], type=entry["problem"]
        ).text = printable(entry["place"])
    suites = ET.Element("testsuites", name="openrouter-conformance")
    suites.append(suite)
    ET.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _add_case(suite: ET.Element, record: Record, *, strict: bool) -> None:
    operation, facet, fact = record["id"].split("/")
    case = ET.SubElement(
        suite, "testcase", classname=f"{operation}.{facet}", name=fact, time=f"{record['seconds']:.3f}"
    )
    status, reason = Status(record["status"]), printable(record["reason"] or "")
    if status is Status.KNOWN:
        reason = printable(record["known"]["reason"])
    if status in _SKIPPED:
        ET.SubElement(case, "skipped", message=f"{status}: {reason}")
    elif status is Status.ERROR:
        ET.SubElement(case, "error", message=reason, type="HarnessError")
    elif status is Status.NOT_RUN:
        ET.SubElement(case, "error", message=f"not run: {reason}", type="TargetError")
    elif fails_run(status, strict=strict):
        ET.SubElement(case, "failure", message=reason, type=record["level"]).text = evidence(record)
    elif status is Status.WARNING:
        ET.SubElement(case, "system-out").text = evidence(record)
