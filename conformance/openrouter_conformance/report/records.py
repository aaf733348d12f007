"""The records of a run: a header, one per requirement, a footer. Every report is a function of them alone."""

from __future__ import annotations

import functools
import json
from importlib import metadata, resources
from typing import TYPE_CHECKING, Any

import attrs
import jsonschema_rs

from openrouter_conformance import version
from openrouter_conformance.errors import UsageError
from openrouter_conformance.foreign_text import printable, shortened
from openrouter_conformance.status import Conclusion, Status, conclude

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from openrouter_conformance.errors import CheckFailure
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.results import Result
    from openrouter_conformance.session import Session

FILE_NAME = "results.jsonl"
_MAX_EXCHANGES = 4

Record = dict[str, Any]


class UnreadableReportError(UsageError):
    """The file is no report, or not a whole one: the message is one sentence for the user."""


@attrs.frozen
class RunRecords:
    """The records of one run, in the form that `results.schema.json` describes.

    `is_cut` says that the file ended before the run did: its footer was made of the results that were there.
    """

    header: Record
    results: tuple[Record, ...]
    footer: Record
    is_cut: bool = False

    def __iter__(self) -> Iterator[Record]:
        """Yield all records in the order of the file."""
        yield from (self.header, *self.results, self.footer)

    @property
    def conclusion(self) -> Conclusion:
        """How the whole run came out."""
        return Conclusion(self.footer["conclusion"])

    def with_status(self, *statuses: Status) -> list[Record]:
        """Return the results of these statuses."""
        return [record for record in self.results if record["status"] in statuses]


def header(session: Session, started: str, *, strict: bool = False) -> Record:
    """Return the record of what is checked, by what, with which settings; `started` is an ISO 8601 time.

    `strict` says that warnings fail the run.
    """
    target = session.target
    return {
        "record": "header",
        "suite": version(),
        "generators": {name: metadata.version(name) for name in ("hypothesis", "schemathesis")},
        "contract": {"date": session.contract.date, "digest": session.contract.digest},
        "target": {
            "name": target.name,
            "url": target.shown_url if target.start is None else None,
            "start": target.start,
        },
        "model": session.model,
        "profile": session.profile.name,
        "seed": session.seed,
        "strict": strict,
        "started": started,
    }


def result(outcome: Result) -> Record:
    """Return the record of one requirement."""
    requirement = outcome.requirement
    record: Record = {
        "record": "result",
        "id": requirement.id,
        "operation": requirement.operation.slug,
        "facet": requirement.facet,
        "level": requirement.level.value,
        "text": requirement.text,
        "source": requirement.source,
        "status": outcome.status.value,
        "reason": outcome.reason,
        "exchanges": outcome.exchanges,
        "seconds": round(outcome.seconds, 3),
    }
    if outcome.blocked_by is not None:
        record["blocked_by"] = outcome.blocked_by
    if outcome.failure is not None:
        record["failure"] = _failure(outcome.failure, outcome.breaches)
        if outcome.replay is not None:
            record["failure"]["replay"] = outcome.replay
    return record


def footer(
    session: Session,
    results: Sequence[Result],
    finished: str,
    *,
    stopped: str | None = None,
    seconds: float,
    strict: bool = False,
) -> Record:
    """Return the record that closes the file: conclusion, totals by status, requests, dollars, probed features.

    `stopped` says in a sentence why the run ended before all was checked; None when it did not. `seconds` is how long
    the run took; `strict` says that warnings fail it.
    """
    dollars = session.recorder.dollars if session.target.ceilings.dollars is not None else None
    return {
        "record": "footer",
        **conclusion_of([one.status for one in results], strict=strict),
        "features": dict(sorted(session.probed.items())),
        "requests": session.recorder.requests,
        "dollars": None if dollars is None else round(dollars, 9),
        "stopped": stopped,
        "seconds": round(seconds, 3),
        "finished": finished,
    }


def write(folder: Path, records: RunRecords) -> Path:
    """Write `records` into `folder` as results.jsonl, whole or not at all, and return the path."""
    return replace(folder / FILE_NAME, as_text(records))


def as_text(records: RunRecords) -> str:
    """Return `records` as the lines of a results.jsonl, each of them valid."""
    for record in records:
        validator().validate(record)
    return "".join(json.dumps(record, ensure_ascii=True) + "\n" for record in records)


def replace(path: Path, text: str) -> Path:
    """Write `text` to `path` so that readers see the old file or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".part")
    aside.write_text(text, encoding="utf-8", newline="\n")
    aside.replace(path)
    return path


def conclusion_of(statuses: Sequence[Status], *, strict: bool, deciding: Sequence[Status] | None = None) -> Record:
    """Return the fields of a footer that the results decide: the conclusion, and the totals by status.

    `deciding` are the statuses that the conclusion is drawn from, where these are not all.
    """
    return {
        "conclusion": conclude(statuses if deciding is None else deciding, strict=strict).value,
        "totals": {status.value: statuses.count(status) for status in Status},
    }


def read(path: Path, *, allow_cut: bool = False) -> RunRecords:
    """Return the records of a report; UnreadableReportError, naming the line, when it is none or not whole.

    With `allow_cut` a file without a footer is read as far as it goes.
    """
    records: list[Record] = []
    for number, line in enumerate(_text(path).split("\n")[:-1], start=1):
        record = _record(line, f"{path.name}, line {number}")
        if (record["record"] == "header") != (number == 1):
            received = "a header" if number > 1 else f"a {record['record']}"
            raise UnreadableReportError(
                f"{path.name}, line {number}: {received}, where {'the header' if number == 1 else 'a result'} was "
                "expected; pass the results.jsonl of one run."
            )
        if records and records[-1]["record"] == "footer":
            raise UnreadableReportError(f"{path.name}, line {number}: a line after the footer, which ends a report.")
        records.append(record)
    header, *results = records
    if results and results[-1]["record"] == "footer":
        return RunRecords(header, tuple(results[:-1]), results[-1])
    if not allow_cut:
        raise UnreadableReportError(f"{path.name}: it ends at line {len(records)} without a footer; the run was cut.")
    return _without_footer(header, results)


def _text(path: Path) -> str:
    """Return the text of a file that ends with a line end; UnreadableReportError when there is none."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise UnreadableReportError(f"{path.name}, line {line}: no UTF-8; pass the results.jsonl of a run.") from None
    except OSError as error:
        raise UnreadableReportError(f"{path}: cannot be read ({error.strerror or error}).") from None
    if not text:
        raise UnreadableReportError(f"{path.name}, line 1: the file is empty; pass the results.jsonl of a run.")
    return text if text.endswith("\n") else text + "\n"


def _record(line: str, place: str) -> Record:
    """Return one line as a record; UnreadableReportError says at `place` what it is instead."""
    try:
        record: Any = json.loads(line)
    except (ValueError, RecursionError):
        is_cut = line.startswith('{"record"')
        problem = "the line is cut off" if is_cut else f"no JSON, but {shortened(line, 40) or 'nothing'}"
        raise UnreadableReportError(f"{place}: {problem}; pass the results.jsonl of a run.") from None
    kind = record.get("record") if isinstance(record, dict) else None
    if kind not in ("header", "result", "footer"):
        received = f"the JSON {shortened(line, 40)}"
        raise UnreadableReportError(f"{place}: no record of a report, but {received}; pass the results.jsonl of a run.")
    try:
        validator(kind).validate(record)
    except jsonschema_rs.ValidationError as error:
        where = "/".join(map(str, error.instance_path))
        problem = shortened(f"{where}: {error.message}" if where else error.message)
        raise UnreadableReportError(
            f"{place}: no {kind} that version {version()} of the suite writes ({problem})."
        ) from None
    made: Record = record
    return made


def _without_footer(header: Record, results: Sequence[Record]) -> RunRecords:
    """Return the records of a file that ends before the run did, with a footer that says so."""
    footer: Record = {
        "record": "footer",
        **conclusion_of([Status(one["status"]) for one in results], strict=header["strict"]),
        "conclusion": Conclusion.STOPPED.value,
        "features": {},
        "requests": sum(one["exchanges"] for one in results),
        "dollars": None,
        "stopped": "the file ends before the run did",
        "seconds": round(sum(one["seconds"] for one in results), 3),
        "finished": header["started"],
    }
    return RunRecords(header, tuple(results), footer, is_cut=True)


@functools.cache
def validator(kind: str | None = None) -> jsonschema_rs.Draft202012Validator:
    """Return the validator of one record: of a `header`, a `result`, a `footer`, or any."""
    text = resources.files("openrouter_conformance.report").joinpath("results.schema.json").read_text("utf-8")
    schema = json.loads(text)
    if kind is not None:
        schema = {"$ref": f"#/$defs/{kind}", "$defs": schema["$defs"]}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def evidence(record: Record) -> str:
    """Return what the record of a failure shows, a line each: requirement, received, expected, source, curl.

    What a server sent stands there safe to print.
    """
    failure = record["failure"]
    lines = [
        record["text"],
        f"received: {received(record)}",
        f"expected: {failure['expected']}",
        f"source: {source(record)}",
        *(f"repeat: {one['curl']}" for one in failure["exchanges"]),
    ]
    return "\n".join(printable(line) for line in lines)


def received(record: Record) -> str:
    """Return what a failure shows first, with the number of answers that show the same."""
    failure = record["failure"]
    more = failure.get("count", 1) - 1
    if more < 1:
        return str(failure["received"])
    return f"{failure['received']} (and {more} more such answer{'s' if more > 1 else ''})"


def source(record: Record) -> str:
    """Return where the requirement of a record is written, as a person reads it."""
    place: str = record["source"]
    return f"the contract at {place}" if place.startswith("#") else place


def _failure(failure: CheckFailure, breaches: int) -> Record:
    record: Record = {
        "received": failure.received,
        "expected": failure.expected,
        "exchanges": [_exchange(one) for one in failure.exchanges[:_MAX_EXCHANGES]],
    }
    if breaches:
        record["count"] = breaches
    return record


def _exchange(exchange: Exchange) -> Record:
    record: Record = {
        "curl": exchange.curl(),
        "status": exchange.status,
        "headers": [list(pair) for pair in exchange.headers if pair[0].lower() not in ("date", "set-cookie")],
        "body": exchange.excerpt(),
        "failure": exchange.failure,
    }
    if exchange.body_as_base64 is not None:
        record["body_base64"] = exchange.body_as_base64
    return record
