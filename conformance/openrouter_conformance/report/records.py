"""`results.jsonl`: a header, one record per requirement, a footer; the form that other renderings are made from."""

from __future__ import annotations

import functools
import json
from importlib import metadata, resources
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from openrouter_conformance import contract, version
from openrouter_conformance.exchange import excerpt
from openrouter_conformance.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.session import Session
    from openrouter_conformance.verdicts import Outcome

FILE_NAME = "results.jsonl"
_MOST_EXCHANGES = 4
_LONGEST_TEXT = 20_000


class UnreadableReportError(Exception):
    """The file is no complete report: the message is one sentence for the user."""


def header(session: Session, started: str) -> dict[str, Any]:
    """Return the record of what was judged, by what, with which settings; `started` is an ISO 8601 time."""
    target = session.target
    return {
        "record": "header",
        "suite": version(),
        "generators": {name: metadata.version(name) for name in ("hypothesis", "schemathesis")},
        "contract": {"date": contract.date(), "digest": contract.digest()},
        "target": {
            "name": target.name,
            "url": target.shown_url if target.start is None else None,
            "start": target.start,
        },
        "model": session.model,
        "profile": session.profile.name,
        "seed": session.seed,
        "started": started,
    }


def requirement(outcome: Outcome) -> dict[str, Any]:
    """Return the record of one outcome."""
    record: dict[str, Any] = {
        "record": "requirement",
        "id": outcome.requirement.id,
        "level": outcome.requirement.level.value,
        "text": outcome.requirement.text,
        "source": outcome.requirement.source,
        "verdict": outcome.verdict.value,
        "reason": outcome.reason,
        "exchanges": outcome.exchanges,
        "seconds": round(outcome.seconds, 3),
    }
    if outcome.violation is not None:
        record["failure"] = {
            "received": outcome.violation.received,
            "expected": outcome.violation.expected,
            "exchanges": [_exchange(one) for one in outcome.violation.exchanges[:_MOST_EXCHANGES]],
        }
    return record


def footer(session: Session, outcomes: Sequence[Outcome], finished: str, aborted: str | None = None) -> dict[str, Any]:
    """Return the record that closes the file: totals by verdict, requests, dollars, probed features.

    `aborted` says why the run stopped before all was judged, in a sentence; None when it did not.
    """
    return {
        "record": "footer",
        "totals": {verdict.value: sum(one.verdict is verdict for one in outcomes) for verdict in Verdict},
        "features": dict(sorted(session.probed.items())),
        "requests": session.recorder.requests,
        "dollars": round(session.recorder.dollars, 9),
        "aborted": aborted,
        "finished": finished,
    }


def write(folder: Path, records: Sequence[dict[str, Any]]) -> Path:
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


def read(path: Path) -> list[dict[str, Any]]:
    """Return the records of a complete report; UnreadableReportError when it is cut short or none."""
    records: list[dict[str, Any]] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        try:
            record = json.loads(line)
            validator().validate(record)
        except (json.JSONDecodeError, jsonschema_rs.ValidationError) as error:
            first = str(error).splitlines()[0]
            raise UnreadableReportError(f"{path.name}, line {number}: no record of a report ({first}).") from None
        records.append(record)
    kinds = [record["record"] for record in records]
    if not kinds or kinds[0] != "header" or kinds[-1] != "footer" or set(kinds[1:-1]) - {"requirement"}:
        raise UnreadableReportError(f"{path.name}: not a header, requirements and a footer; was the run cut short?")
    return records


@functools.cache
def validator() -> jsonschema_rs.Draft202012Validator:
    """Return the validator of one record."""
    text = resources.files("openrouter_conformance.report").joinpath("results.schema.json").read_text("utf-8")
    return jsonschema_rs.Draft202012Validator(json.loads(text), validate_formats=True)


def _exchange(exchange: Exchange) -> dict[str, Any]:
    return {
        "curl": _bounded(exchange.curl()),
        "status": exchange.status,
        "headers": [list(pair) for pair in exchange.headers if pair[0].lower() not in ("date", "set-cookie")],
        "body": excerpt(exchange.body),
        "failure": exchange.failure,
    }


def _bounded(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}… ({len(text)} characters)"


def evidence(record: dict[str, Any]) -> str:
    """Return what the record of a violation shows, a line each: requirement, received, expected, source, curl."""
    failure = record["failure"]
    lines = [
        record["text"],
        f"received: {failure['received']}",
        f"expected: {failure['expected']}",
        f"source: {record['source']}",
    ]
    return "\n".join([*lines, *(f"repeat: {one['curl']}" for one in failure["exchanges"])])
