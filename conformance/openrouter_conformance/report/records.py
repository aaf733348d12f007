"""The records of a run: a header, one per requirement, a footer. Every report is a function of them alone."""

from __future__ import annotations

import datetime as dt
import functools
import json
from importlib import metadata, resources
from typing import TYPE_CHECKING, Any

import attrs
import jsonschema_rs

from openrouter_conformance import version
from openrouter_conformance.errors import UsageError
from openrouter_conformance.expected_failures import counted
from openrouter_conformance.foreign_text import printable, shortened
from openrouter_conformance.status import Conclusion, Status, conclude, deciding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from openrouter_conformance.contract import Contract
    from openrouter_conformance.errors import CheckFailure
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.expected_failures import Unneeded
    from openrouter_conformance.known_deviations import KnownDeviation
    from openrouter_conformance.requirements import Requirement
    from openrouter_conformance.results import Result
    from openrouter_conformance.session import Session
    from openrouter_conformance.targets import Target

FILE_NAME = "results.jsonl"
RECORDINGS = "recordings"
SOAK = "soak"
"""The profiles of records that are about recorded exchanges, and about a server under load."""
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

    @property
    def unneeded(self) -> list[Record]:
        """The entries of the known deviations that are to be deleted."""
        return list(self.footer.get("known_deviations", ()))

    def with_status(self, *statuses: Status) -> list[Record]:
        """Return the results of these statuses."""
        return [record for record in self.results if record["status"] in statuses]


def now() -> str:
    """Return the time as records write it: ISO 8601, UTC, to the second."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


NO_MODEL = "no model"
"""What stands in the place of a model in the header of a run that has asked for none."""


def header(session: Session, started: str, *, strict: bool = False, model_is_known: bool = True) -> Record:
    """Return the record of what is checked, by what, with which settings; `started` is an ISO 8601 time.

    `strict` says that warnings fail the run; where the model is not known it is that of the target, if that names one.
    """
    head = header_of_target(
        session.target, session.contract, session.profile.name, session.seed, started, strict=strict
    )
    return head | {"model": session.model if model_is_known else session.target.model or NO_MODEL}


def header_of_target(
    target: Target, contract: Contract, profile: str, seed: int, started: str, *, strict: bool
) -> Record:
    """Return the record of what is checked; of the model, only what the target says."""
    where = {
        "name": target.name,
        "url": target.shown_url if target.start is None else None,
        "start": target.start,
    }
    generators = {name: metadata.version(name) for name in ("hypothesis", "schemathesis")}
    return _header(
        contract,
        where,
        generators,
        model=target.model or "",
        profile=profile,
        seed=seed,
        started=started,
        strict=strict,
    )


def header_of_recordings(contract: Contract, *, name: str, url: str, model: str, started: str, strict: bool) -> Record:
    """Return the record of recordings that are judged: the server at `url`, whose `model` they asked for."""
    where = {"name": name, "url": url, "start": None}
    return _header(contract, where, {}, model=model, profile=RECORDINGS, seed=0, started=started, strict=strict)


def _header(
    contract: Contract,
    target: Record,
    generators: dict[str, str],
    *,
    model: str,
    profile: str,
    seed: int,
    started: str,
    strict: bool,
) -> Record:
    return {
        "record": "header",
        "suite": version(),
        "generators": generators,
        "contract": {"date": contract.date, "digest": contract.digest},
        "target": target,
        "model": model,
        "profile": profile,
        "seed": seed,
        "strict": strict,
        "started": started,
    }


def result(outcome: Result) -> Record:
    """Return the record of one requirement."""
    record = requirement(
        outcome.requirement, outcome.status, outcome.reason, exchanges=outcome.exchanges, seconds=outcome.seconds
    )
    if outcome.blocked_by is not None:
        record["blocked_by"] = outcome.blocked_by
    if outcome.known is not None:
        record["known"] = _known(outcome.known)
    if outcome.failure is not None:
        record["failure"] = failure(outcome.failure, outcome.breaches)
        if outcome.replay is not None:
            record["failure"]["replay"] = outcome.replay
    return record


def requirement(one: Requirement, status: Status, reason: str | None, *, exchanges: int, seconds: float) -> Record:
    """Return the record of a requirement without evidence."""
    return {
        "record": "result",
        "id": one.id,
        "operation": one.operation.slug,
        "facet": one.facet,
        "level": one.level.value,
        "text": one.text,
        "source": one.source,
        "status": status.value,
        "reason": reason,
        "exchanges": exchanges,
        "seconds": round(seconds, 3),
    }


def footer(
    session: Session,
    results: Sequence[Result],
    finished: str,
    *,
    stopped: str | None = None,
    seconds: float,
    strict: bool = False,
    unneeded: Sequence[Unneeded] = (),
) -> Record:
    """Return the record that closes the file: conclusion, totals by status, bill, probed features.

    `stopped` says in a sentence why the run ended before all was checked; None when it did not. `seconds` is how long
    the run took; `strict` says that warnings fail it; `unneeded` are the known deviations to delete.
    """
    recorder = session.recorder
    dollars = None if session.target.is_free else round(recorder.dollars, 9)
    return {
        "record": "footer",
        **conclusion_of(
            [one.status for one in results], strict=strict, decisive=counted(results), unneeded=bool(unneeded)
        ),
        "features": dict(sorted(session.probed.items())),
        "requests": recorder.requests,
        "dollars": dollars,
        "bill": {"requests": recorder.requests, "tokens": recorder.tokens, "dollars": dollars},
        "known_deviations": _entries(unneeded),
        "stopped": stopped,
        "seconds": round(seconds, 3),
        "finished": finished,
        **waited_out(recorder.waited_out),
    }


def waited_out(counts: Mapping[int, int]) -> Record:
    """Return the field that says how many answers of which status were waited out; none where there were none."""
    return {"waited_out": {str(status): count for status, count in sorted(counts.items())}} if counts else {}


def _entries(unneeded: Sequence[Unneeded]) -> list[Record]:
    return [{"entry": one.entry.id, "problem": one.problem.value, "place": one.entry.place} for one in unneeded]


def footer_of_recordings(
    results: Sequence[Result],
    *,
    exchanges: int,
    left_out: dict[str, int],
    seconds: float,
    finished: str,
    strict: bool,
    unneeded: Sequence[Unneeded] = (),
) -> Record:
    """Return the record that closes a file about recordings; `left_out` says how often which calls were left out."""
    return {
        "record": "footer",
        **conclusion_of(
            [one.status for one in results], strict=strict, decisive=counted(results), unneeded=bool(unneeded)
        ),
        "features": {},
        "requests": exchanges,
        "left_out": left_out,
        "dollars": None,
        "known_deviations": _entries(unneeded),
        "stopped": None,
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


def conclusion_of(
    statuses: Sequence[Status], *, strict: bool, decisive: Sequence[Status] | None = None, unneeded: bool = False
) -> Record:
    """Return the fields of a footer that the results decide: the conclusion, and the totals by status.

    `decisive` are the statuses that the conclusion is drawn from, where these are not all; `unneeded` says that a
    known deviation is to be deleted.
    """
    return {
        "conclusion": conclude(statuses if decisive is None else decisive, strict=strict, unneeded=unneeded).value,
        "totals": {status.value: statuses.count(status) for status in Status},
    }


def conclusion_of_records(results: Sequence[Record], *, strict: bool) -> Record:
    """Return what `conclusion_of` does, of results that are records already."""
    decided = [(one["id"], Status(one["status"]), one.get("blocked_by")) for one in results]
    return conclusion_of([status for _, status, _ in decided], strict=strict, decisive=deciding(decided))


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


def _known(entry: KnownDeviation) -> Record:
    return {
        "entry": entry.id,
        "kind": entry.kind.value,
        "reason": entry.reason,
        "link": entry.link,
        "since": None if entry.since is None else entry.since.isoformat(),
        "expires": None if entry.expires is None else entry.expires.isoformat(),
    }


def failure(shown: CheckFailure, breaches: int = 0) -> Record:
    """Return what shows a failure; `breaches` counts the answers that show the same."""
    record: Record = {
        "received": shown.received,
        "expected": shown.expected,
        "exchanges": [_exchange(one) for one in shown.exchanges[:_MAX_EXCHANGES]],
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
