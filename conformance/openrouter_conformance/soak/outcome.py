"""What the processes of a soak found out, collected, and made into the records of a run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openrouter_conformance import contract as contracts
from openrouter_conformance.report import records
from openrouter_conformance.status import Status, status_of_failure

if TYPE_CHECKING:
    from openrouter_conformance.recorder import Recorder
    from openrouter_conformance.requirements import Requirement
    from openrouter_conformance.soak.comparison import Found
    from openrouter_conformance.targets import Target

_PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def told(found: Found, recorder: Recorder, model: str | None, stopped: str | None) -> dict[str, Any]:
    """Return what a process found out as JSON, for the one that collects it; the bill is that of the whole time."""
    return {
        "failures": {name: records.failure(one) for name, one in found.failures.items()},
        "breaches": dict(found.breaches),
        "applied": dict(found.applied),
        "resting": found.resting,
        "bill": {"requests": recorder.requests, "tokens": recorder.tokens, "dollars": recorder.dollars},
        "model": model,
        "stopped": stopped,
    }


class Outcome:
    """Collects what processes tell."""

    def __init__(self) -> None:
        self._failures: dict[str, Any] = {}
        self._breaches: Counter[str] = Counter()
        self._applied: Counter[str] = Counter()
        self._resting: dict[str, str] = {}
        self._bills: dict[str, dict[str, float]] = {}
        self._model: str | None = None
        self._stopped: str | None = None

    def add(self, process: str, news: Mapping[str, Any]) -> None:
        """Take what a process tells."""
        for name, failure in news["failures"].items():
            self._failures.setdefault(name, failure)
        self._breaches.update(news["breaches"])
        self._applied.update(news["applied"])
        self._resting.update(news["resting"])
        self._bills[process] = news["bill"]
        self._model = self._model or news["model"]
        self._stopped = self._stopped or news["stopped"]

    def write(self, path: Path, total: Any) -> None:
        """Write it all down as JSON, with Locust's statistics of all requests."""
        timing = {name: total.get_response_time_percentile(part) for name, part in _PERCENTILES.items()}
        whole = {
            "failures": self._failures,
            "breaches": self._breaches,
            "applied": self._applied,
            "resting": self._resting,
            "bill": {
                name: sum(bill[name] for bill in self._bills.values()) for name in ("requests", "tokens", "dollars")
            },
            "model": self._model,
            "stopped": self._stopped,
            "load": {
                "answers": total.num_requests,
                "errors": total.num_failures,
                "per_second": round(total.total_rps, 1),
                **timing,
                "max": total.max_response_time,
            },
        }
        records.replace(path, json.dumps(whole))


def records_of(
    whole: Mapping[str, Any],
    requirements: Sequence[Requirement],
    *,
    header: records.Record,
    finished: str,
    seconds: float,
    strict: bool,
    is_free: bool,
) -> records.RunRecords:
    """Return the records of a soak from what its processes wrote down.

    Args:
        whole: what `Outcome.write` wrote.
        requirements: all that there are.
        header: of the records.
        finished: when it ended, in ISO 8601.
        seconds: how long it took.
        strict: whether warnings fail it.
        is_free: whether requests cost nothing.

    """
    results = [_result(one, whole) for one in requirements]
    dollars = None if is_free else round(whole["bill"]["dollars"], 9)
    return records.RunRecords(
        header | {"model": whole["model"] or records.NO_MODEL},
        tuple(results),
        {
            "record": "footer",
            **records.conclusion_of_records(results, strict=strict),
            "features": {},
            "requests": whole["bill"]["requests"],
            "dollars": dollars,
            "bill": whole["bill"] | {"dollars": dollars},
            "load": whole["load"],
            "stopped": whole["stopped"],
            "seconds": round(seconds, 3),
            "finished": finished,
        },
    )


def _result(requirement: Requirement, whole: Mapping[str, Any]) -> records.Record:
    name = requirement.id
    failure, cause = whole["failures"].get(name), whole["resting"].get(name)
    applied = whole["applied"].get(name, 0)
    if failure:
        status, reason = status_of_failure(requirement.level), failure["received"]
    elif cause:
        status, reason = Status.BLOCKED, f"rests on {cause}"
    elif applied:
        status, reason = Status.PASSED, None
    else:
        status, reason = Status.NOT_SEEN, "no answer under load was of the kind"
    record = records.requirement(requirement, status, reason, exchanges=applied, seconds=0.0)
    if failure:
        breaches = whole["breaches"].get(name, 0)
        record["failure"] = {**failure, "count": breaches} if breaches else failure
    elif cause:
        record["blocked_by"] = cause
    return record


def header_of(target: Target, seed: int, started: str, *, strict: bool) -> records.Record:
    """Return the header of the records of a soak."""
    return records.header_of_target(target, contracts.shipped(), records.SOAK, seed, started, strict=strict)
