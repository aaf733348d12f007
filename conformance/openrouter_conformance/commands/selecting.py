"""Options of `run` that choose requirements: by name, by what failed before, by the part of several machines."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from openrouter_conformance.commands import arguments
from openrouter_conformance.errors import UsageError
from openrouter_conformance.shards import Shard, of_shard
from openrouter_conformance.status import Status, fails_run

if TYPE_CHECKING:
    from openrouter_conformance.report.records import RunRecords

_AGAIN = (Status.ERROR, Status.BLOCKED, Status.NOT_RUN)


def add_globs(parser: argparse.ArgumentParser) -> None:
    """Declare the options that choose by name."""
    parser.add_argument(
        "--only", action="append", default=[], metavar="GLOB", help="check only these requirements; repeatable"
    )
    parser.add_argument(
        "--skip", action="append", default=[], metavar="GLOB", help="leave these requirements out; repeatable"
    )


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare all options."""
    add_globs(parser)
    parser.add_argument(
        "--failed",
        type=Path,
        metavar="RESULTS",
        help="check only what failed or got no verdict in that run, and what rested on it",
    )
    parser.add_argument(
        "--shard",
        type=_shard,
        metavar="I/N",
        help="check the I-th of N parts; `merge` makes one report of all (an operation is never split)",
    )


def select(options: argparse.Namespace) -> frozenset[str]:
    """Return the ids of the requirements that the options choose; UsageError when there are none."""
    from openrouter_conformance import requirements  # noqa: PLC0415 - slow to import, and not needed to parse

    known = requirements.load()
    selected = requirements.select(known, options.only, options.skip)
    if options.failed is not None:
        selected = _without_verdict(options.failed, selected)
    return selected if options.shard is None else of_shard(known, selected, options.shard)


def marked(options: argparse.Namespace, records: RunRecords) -> RunRecords:
    """Return the records of a run, which say in their header which part of it they are."""
    if options.shard is None:
        return records
    return attrs.evolve(records, header={**records.header, "shard": attrs.asdict(options.shard)})


def _without_verdict(path: Path, selected: frozenset[str]) -> frozenset[str]:
    """Return those of the selected requirements that a run found failed, or could not judge."""
    from openrouter_conformance.report import records  # noqa: PLC0415

    run = records.read(arguments.results_file(path), allow_cut=True)
    again = frozenset(one["id"] for one in run.results if _is_open(one["status"], strict=run.header["strict"]))
    if not again:
        raise UsageError(f"--failed {path}: nothing failed in that run, so that there is nothing to check again.")
    if not again & selected:
        raise UsageError(f"--failed {path}: --only, --skip and this version's requirements leave none of what failed.")
    return again & selected


def _is_open(status: str, *, strict: bool) -> bool:
    """Return whether a requirement of this status failed a run, or got no verdict in it."""
    return status in _AGAIN or (status in list(Status) and fails_run(Status(status), strict=strict))


def _shard(text: str) -> Shard:
    index, separator, count = text.partition("/")
    numbers = [int(part) if part.isascii() and part.isdecimal() and len(part) < 5 else 0 for part in (index, count)]
    if not separator or not 1 <= numbers[0] <= numbers[1]:
        raise argparse.ArgumentTypeError(f"{text[:50]!r} is not I/N, a part and their number, such as 1/2")
    return Shard(*numbers)
