"""A badge: the JSON that shields.io draws an endpoint badge from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from openrouter_conformance.report.labels import CONCLUSIONS, counted
from openrouter_conformance.status import Conclusion, Status, fails_run

if TYPE_CHECKING:
    from openrouter_conformance.report.records import RunRecords

_LABEL = "OpenRouter embeddings"
_COLORS = {
    Conclusion.CONFORMS: "brightgreen",
    Conclusion.DOES_NOT_CONFORM: "red",
    Conclusion.ERROR: "lightgrey",
    Conclusion.STOPPED: "lightgrey",
}


def render(run: RunRecords) -> str:
    """Return the badge of a run: the conclusion, or how many requirements failed."""
    found = run.footer["totals"]
    failing = [status for status in Status if fails_run(status, strict=run.header["strict"]) and found[status]]
    message = CONCLUSIONS[run.conclusion]
    if run.conclusion is Conclusion.DOES_NOT_CONFORM and failing:
        message = ", ".join(counted(status, found[status]) for status in failing)
    badge = {"schemaVersion": 1, "label": _LABEL, "message": message, "color": _COLORS[run.conclusion]}
    return json.dumps(badge, indent=2) + "\n"
