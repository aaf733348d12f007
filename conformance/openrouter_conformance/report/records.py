"""The records of a run: a header, one per requirement, a footer. Every report is a function of them alone."""

from __future__ import annotations

import functools
import json
from importlib import metadata, resources
from typing import TYPE_CHECKING, Any

import attrs
import jsonschema_rs

from openrouter_conformance import version
from openrouter_conformance.expected_failures import counted
from openrouter_conformance.foreign_text import printable
from openrouter_conformance.status import Conclusion, Status, conclude

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
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

PROBLEMS = {
    "passes": "all that it names passes now: delete the entry",
    "expired": "its last day is over: delete the entry, or give it another day",
    "unknown": "it names no requirement: delete the entry, or mend its id",
}
"""What is wrong with an entry of the known deviations, in words, by the name that a footer has for it."""


class UnreadableReportError(Exception):
    """The file is no complete report: the message is one sentence for the user."""


@attrs.frozen
class RunRecords:
    """The records of one run, in the form that `results.schema.json` describes."""

    header: Record
    results: tuple[Record, ...]
    footer: Record

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


def header(session: Session, started: str, *, strict: bool = False) -> Record:
    """Return the record of what is checked, by what, with which settings; `started` is an ISO 8601 time.

    `strict` says that warnings fail the run.
    """
    head = header_of_target(
        session.target, session.contract, session.profile.name, session.seed, started, strict=strict
    )
    return head | {"model": session.model}


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
    statuses = [one.status for one in results]
    recorder = session.recorder
    dollars = None if session.target.is_free else round(recorder.dollars, 9)
    return {
        "record": "footer",
        "conclusion": conclude(counted(results), strict=strict, unneeded=bool(unneeded)).value,
        "totals": {status.value: statuses.count(status) for status in Status},
        "features": dict(sorted(session.probed.items())),
        "requests": recorder.requests,
        "dollars": dollars,
        "bill": {"requests": recorder.requests, "tokens": recorder.tokens, "dollars": dollars},
        "known_deviations": [
            {"entry": one.entry.id, "problem": one.problem.value, "place": one.entry.place} for one in unneeded
        ],
        "stopped": stopped,
        "seconds": round(seconds, 3),
        "finished": finished,
    }


def footer_of_recordings(
    results: Sequence[Result],
    *,
    exchanges: int,
    left_out: dict[str, int],
    seconds: float,
    finished: str,
    strict: bool,
) -> Record:
    """Return the record that closes a file about recordings; `left_out` says how often which calls were left out."""
    statuses = [one.status for one in results]
    return {
        "record": "footer",
        "conclusion": conclude(statuses, strict=strict).value,
        "totals": {status.value: statuses.count(status) for status in Status},
        "features": {},
        "requests": exchanges,
        "left_out": left_out,
        "dollars": None,
        "stopped": None,
        "seconds": round(seconds, 3),
        "finished": finished,
    }


def write(folder: Path, records: RunRecords) -> Path:
    """Write `records` into `folder` as results.jsonl, whole or not at all, and return the path."""
    for record in records:
        validator().validate(record)
    text = "".join(json.dumps(record, ensure_ascii=True) + "\n" for record in records)
    return replace(folder / FILE_NAME, text)


def replace(path: Path, text: str) -> Path:
    """Write `text` to `path` so that readers see the old file or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".part")
    aside.write_text(text, encoding="utf-8", newline="\n")
    aside.replace(path)
    return path


def read(path: Path) -> RunRecords:
    """Return the records of a complete report; UnreadableReportError when it is cut short or none."""
    records: list[Record] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        try:
            record = json.loads(line)
            validator().validate(record)
        except (json.JSONDecodeError, jsonschema_rs.ValidationError) as error:
            first = str(error).splitlines()[0]
            raise UnreadableReportError(f"{path.name}, line {number}: no record of a report ({first}).") from None
        records.append(record)
    kinds = [record["record"] for record in records]
    if len(kinds) < 2 or kinds[0] != "header" or kinds[-1] != "footer" or set(kinds[1:-1]) - {"result"}:
        raise UnreadableReportError(f"{path.name}: not a header, results and a footer; was the run cut short?")
    return RunRecords(records[0], tuple(records[1:-1]), records[-1])


@functools.cache
def validator() -> jsonschema_rs.Draft202012Validator:
    """Return the validator of one record."""
    text = resources.files("openrouter_conformance.report").joinpath("results.schema.json").read_text("utf-8")
    return jsonschema_rs.Draft202012Validator(json.loads(text), validate_formats=True)


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
