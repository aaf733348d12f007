"""`junit.xml`: one test case per requirement, for CI systems."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

from openrouter_conformance.report.records import evidence, replace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FILE_NAME = "junit.xml"


def write(folder: Path, records: Sequence[dict[str, Any]]) -> Path:
    """Write the records of a run into `folder` as junit.xml and return the path."""
    return replace(folder / FILE_NAME, render(records))


def render(records: Sequence[dict[str, Any]]) -> str:
    """Return the records of a run as JUnit XML.

    A violated requirement is a failure, one of level `observed` passes with the finding as its output;
    a harness error is an error, and so is what an aborted run left unjudged; what does not apply or was not
    chosen is skipped, with the reason.
    """
    head, *requirements, foot = records
    suite = ET.Element(
        "testsuite",
        name="openrouter-conformance",
        timestamp=head["started"],
        time=f"{sum(one['seconds'] for one in requirements):.3f}",
        tests=str(len(requirements)),
        failures=str(sum(one["verdict"] == "violated" and one["level"] != "observed" for one in requirements)),
        errors=str(foot["totals"]["harness-error"] + foot["totals"]["not-judged"]),
        skipped=str(foot["totals"]["not-applicable"] + foot["totals"]["deselected"]),
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
        *([("aborted", foot["aborted"])] if foot["aborted"] else []),
    ):
        ET.SubElement(properties, "property", name=name, value=_plain(value))
    for one in requirements:
        _add_case(suite, one)
    suites = ET.Element("testsuites", name="openrouter-conformance")
    suites.append(suite)
    ET.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _add_case(suite: ET.Element, record: dict[str, Any]) -> None:
    operation, facet, fact = record["id"].split("/")
    case = ET.SubElement(
        suite, "testcase", classname=f"{operation}.{facet}", name=fact, time=f"{record['seconds']:.3f}"
    )
    verdict, reason = record["verdict"], _plain(record["reason"] or "")
    if verdict in ("not-applicable", "deselected"):
        ET.SubElement(case, "skipped", message=f"{verdict}: {reason}")
    elif verdict == "harness-error":
        ET.SubElement(case, "error", message=reason, type="HarnessError")
    elif verdict == "not-judged":
        ET.SubElement(case, "error", message=f"not judged: {reason}", type="TargetError")
    elif verdict == "violated":
        words = _plain(evidence(record))
        if record["level"] == "observed":
            ET.SubElement(case, "system-out").text = words
        else:
            ET.SubElement(case, "failure", message=reason, type=record["level"]).text = words


def _plain(text: str) -> str:
    """Return `text` without the characters that XML 1.0, or UTF-8, has no way to write."""
    return "".join(char if _is_writable(char) else "\N{REPLACEMENT CHARACTER}" for char in text)


def _is_writable(char: str) -> bool:
    return char in "\t\n\r" or (char >= " " and not "\ud800" <= char <= "\udfff" and char not in "\ufffe\uffff")
