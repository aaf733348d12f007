"""What a run found, as reports tell it: one finding for each cause, with what rests on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from openrouter_conformance.report.labels import STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openrouter_conformance.report.records import Record, RunRecords

SHOWN = ("failed", "warning", "known")
"""The statuses whose records have a failure to show, the worst first."""


@attrs.frozen
class Finding:
    """The record of a requirement that the target breaks, and the ids of what could not be tried for it."""

    record: Record
    resting: Sequence[str] = ()


def findings(run: RunRecords, *statuses: str) -> list[Finding]:
    """Return the findings of these statuses (of all that show a failure, when none are named), the worst first."""
    found = resting(run)
    return [
        Finding(record, found.get(record["id"], ()))
        for status in STATUSES
        if status in (statuses or SHOWN)
        for record in run.results
        if record["status"] == status and "failure" in record
    ]


def resting(run: RunRecords) -> dict[str, list[str]]:
    """Return by the id of each cause what is blocked by it, also by way of others that are blocked."""
    causes = {record["id"]: record["blocked_by"] for record in run.results if "blocked_by" in record}
    found: dict[str, list[str]] = {}
    for name, direct in causes.items():
        cause, passed_by = direct, {name}
        while cause in causes and cause not in passed_by:
            passed_by.add(cause)
            cause = causes[cause]
        found.setdefault(cause, []).append(name)
    return found


def resting_line(number: int) -> str:
    """Return in words that a number of requirements rests on a finding."""
    return "1 other rests on this" if number == 1 else f"{number} others rest on this"


def reasons(run: RunRecords, status: str) -> dict[str, list[str]]:
    """Return the reasons for a status, each with the ids of the requirements that share it."""
    shared: dict[str, list[str]] = {}
    for record in run.results:
        if record["status"] == status:
            shared.setdefault(record["reason"] or "", []).append(record["id"])
    return shared
