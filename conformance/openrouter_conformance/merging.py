"""The records of several runs of one target, each over some of the requirements, as the records of one run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from openrouter_conformance import requirements as known
from openrouter_conformance.errors import UsageError
from openrouter_conformance.foreign_text import shortened
from openrouter_conformance.replays import MOST
from openrouter_conformance.report import records
from openrouter_conformance.report.records import RunRecords
from openrouter_conformance.status import Conclusion, Status
from openrouter_conformance.verdicts import Outcome, by_cause

if TYPE_CHECKING:
    from openrouter_conformance.report.records import Record
    from openrouter_conformance.requirements import Requirement

_SAME: tuple[tuple[str, Callable[[Record], Any]], ...] = (
    ("target", lambda head: head["target"]["url"] or head["target"]["start"] or head["target"]["name"]),
    ("contract", lambda head: head["contract"]["digest"]),
    ("version of the suite", lambda head: head["suite"]),
    ("generators", lambda head: ", ".join(f"{name} {one}" for name, one in sorted(head["generators"].items()))),
    ("model", lambda head: head["model"]),
    ("profile", lambda head: head["profile"]),
    ("seed", lambda head: head["seed"]),
    ("strictness", lambda head: "strict" if head["strict"] else "not strict"),
)
"""What runs must have in common to be parts of one."""

_OUTWEIGHS = (
    "failed",
    "warning",
    "known",
    "error",
    "not-run",
    "passed",
    "blocked",
    "not-applicable",
    "not-seen",
    "deselected",
)
"""Of what several runs say of a requirement, the first of these stands, as it does within a run."""

_FEATURES = ("broken", "not supported", "supported")


def merge(named: Sequence[tuple[str, RunRecords]]) -> RunRecords:
    """Return the records of several runs as those of one; each comes with what it is called in a message.

    A failure outweighs what another run did not see, and there is one finding for each cause, as in a single run.
    Times and numbers of requests are those of all runs together.

    Raises:
        UsageError: they are not of one target with the same settings, or a part is there twice or missing.

    """
    _check_same(named)
    _check_parts(named)
    runs = [run for _, run in named]
    judged = _judged(runs)
    strange = sorted(set(judged) - {one.id for one in known.load()})
    if strange:
        raise UsageError(f"{named[0][0]}: this version of the suite has no requirement {strange[0]}; use its own.")
    results = _by_cause(known.load(), judged)
    header = {name: value for name, value in runs[0].header.items() if name != "shard"}
    header["started"] = min(run.header["started"] for run in runs)
    return RunRecords(header, tuple(results), _footer(runs, results, strict=header["strict"]))


def _check_same(named: Sequence[tuple[str, RunRecords]]) -> None:
    first_name, first = named[0]
    for name, run in named[1:]:
        for what, value in _SAME:
            ours, theirs = value(first.header), value(run.header)
            if ours != theirs:
                raise UsageError(
                    f"{name} is no part of the run of {first_name}: its {what} is {shortened(str(theirs))}, "
                    f"not {shortened(str(ours))}."
                )


def _check_parts(named: Sequence[tuple[str, RunRecords]]) -> None:
    """Check that shards are all there, each once."""
    parts = {name: run.header["shard"] for name, run in named if "shard" in run.header}
    if not parts:
        return
    whole = [name for name, _ in named if name not in parts]
    if whole:
        raise UsageError(f"{whole[0]} is no shard, but {next(iter(parts))} is: merge the shards of one run.")
    counts = sorted({part["count"] for part in parts.values()})
    if len(counts) > 1:
        raise UsageError(f"these are shards of runs in {counts[0]} and in {counts[1]} parts: merge those of one run.")
    indices = [part["index"] for part in parts.values()]
    missing = sorted(set(range(1, counts[0] + 1)) - set(indices))
    if missing:
        raise UsageError(f"shard {missing[0]}/{counts[0]} is missing: pass the results of all {counts[0]}.")
    if len(set(indices)) < len(named):
        twice = next(index for index in indices if indices.count(index) > 1)
        raise UsageError(f"shard {twice}/{counts[0]} is there twice: pass each once.")


def _judged(runs: Sequence[RunRecords]) -> dict[str, Record]:
    """Return for each requirement the record that stands: what outweighs the others, by the most exchanges."""
    found: dict[str, Record] = {}
    for run in runs:
        for record in run.results:
            other = found.get(record["id"])
            if other is None or _weight(record) < _weight(other):
                found[record["id"]] = record
    return found


def _weight(record: Record) -> tuple[int, int]:
    failed = record["status"] == Status.BLOCKED and "failure" in record
    return _OUTWEIGHS.index("failed" if failed else record["status"]), -record["exchanges"]


def _by_cause(requirements: Sequence[Requirement], judged: dict[str, Record]) -> list[Record]:
    """Return the records in the order of the requirements, with one failure for each cause."""
    present = [one for one in requirements if one.id in judged]
    found = {one.id: _outcome(judged[one.id]) for one in present}
    left = MOST
    made: list[Record] = []
    for name, outcome in by_cause(present, found).items():
        record = judged[name]
        if outcome.status is Status.BLOCKED:
            record = {**record, "status": outcome.status.value, "blocked_by": outcome.blocked_by}
            if "failure" in record:
                record["failure"] = _without(record["failure"], "count", "replay")
        elif record["status"] == Status.FAILED:
            left -= 1
            if left < 0:
                record = {**record, "failure": _without(record["failure"], "replay")}
        made.append(record)
    return made


def _outcome(record: Record) -> Outcome:
    """Return a record as what was found before causes were told apart: a blocked one with evidence failed itself."""
    if "failure" in record:
        return Outcome(Status.FAILED, record["reason"])
    return Outcome(Status(record["status"]), record["reason"], blocked_by=record.get("blocked_by"))


def _without(failure: Record, *names: str) -> Record:
    return {name: value for name, value in failure.items() if name not in names}


def _footer(runs: Sequence[RunRecords], results: Sequence[Record], *, strict: bool) -> Record:
    feet = [run.footer for run in runs]
    stopped = list(dict.fromkeys(foot["stopped"] for foot in feet if foot["stopped"] is not None))
    footer: Record = {
        "record": "footer",
        **records.conclusion_of_records(results, strict=strict),
        "features": _features(feet),
        "requests": sum(foot["requests"] for foot in feet),
        "dollars": _sum([foot["dollars"] for foot in feet]),
        "stopped": "; ".join(stopped) or None,
        "seconds": max(foot["seconds"] for foot in feet),
        "finished": max(foot["finished"] for foot in feet),
        **_known_deviations(feet, results),
        **_bill(feet),
        **records.waited_out(sum((Counter(foot.get("waited_out", {})) for foot in feet), Counter())),
    }
    if footer.get("known_deviations") and footer["conclusion"] == Conclusion.CONFORMS:
        footer["conclusion"] = Conclusion.DOES_NOT_CONFORM.value
    if stopped and footer["conclusion"] == Conclusion.CONFORMS:
        footer["conclusion"] = Conclusion.STOPPED.value  # a part that was cut says nothing of what it lacks
    return footer


def _known_deviations(feet: Sequence[Record], results: Sequence[Record]) -> Record:
    """Return the entries that are to be deleted: not those that another part of the run has seen fail."""
    failing = {one["known"]["entry"] for one in results if "known" in one}
    found: list[Record] = []
    for foot in feet:
        for one in foot.get("known_deviations", ()):
            if one not in found and (one["problem"] == "expired" or one["entry"] not in failing):
                found.append(one)
    return {"known_deviations": found} if any("known_deviations" in foot for foot in feet) else {}


def _bill(feet: Sequence[Record]) -> Record:
    bills = [foot["bill"] for foot in feet if "bill" in foot]
    if not bills:
        return {}
    return {"bill": {name: _sum([bill[name] for bill in bills]) for name in bills[0]}}


def _sum(numbers: Sequence[float | None]) -> float | None:
    """Return the sum of what was counted; None where nothing was."""
    counted = [number for number in numbers if number is not None]
    return round(sum(counted), 9) if counted else None


def _features(feet: Sequence[Record]) -> dict[str, str]:
    found: dict[str, str] = {}
    for foot in feet:
        for name, state in foot["features"].items():
            found[name] = min(found.get(name, state), state, key=_FEATURES.index)
    return dict(sorted(found.items()))
