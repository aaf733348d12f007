"""Which requirement catches which fault of the mock: measured, committed, read by `explain` and the documentation.

`tox -e kill-rate` measures it: one run of the quick profile against the mock for every fault, and one of the default
profile where that fails nothing. `--check` compares what it measures with what is committed, and writes nothing. What
no run can tell is written by hand in `fault_coverage.yaml`: why a fault is caught by nothing, and why a requirement is
never the finding that names a fault.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import functools
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import attrs
import yaml

_PACKAGE = "openrouter_conformance"
_TABLE = "fault_table.json"
_PROFILES, _SEED = ("quick", "default"), 0
_ONLY = {"slow_answers": ("create-embeddings/protocol/answers-in-time",)}
"""Faults that are measured by some requirements only: with this one a whole run takes half an hour."""


@attrs.frozen(slots=False)
class FaultTable:
    """What was measured.

    Attributes:
        failed: by fault, the requirements that failed.
        warnings: by fault, the requirements that gave a warning.
        resting: by fault, the requirements that show it, too, and rest on one that failed.
        profiles: by fault, the profile whose run shows it.
        stopped: by fault, why a run could not go on; such a run ends with exit code 3.
        not_caught: by fault, why nothing catches it.
        never_named: by requirement, why it is the finding of no fault.

    """

    failed: Mapping[str, Sequence[str]]
    warnings: Mapping[str, Sequence[str]]
    stopped: Mapping[str, str]
    resting: Mapping[str, Sequence[str]] = attrs.field(factory=dict)
    profiles: Mapping[str, str] = attrs.field(factory=dict)
    not_caught: Mapping[str, str] = attrs.field(factory=dict)
    never_named: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def faults(self) -> list[str]:
        """All faults that were measured."""
        return list(self.failed)

    def catching(self, fault: str) -> list[str]:
        """Return the requirements that catch `fault`, those that catch fewest faults first."""
        found = [*self.failed.get(fault, ()), *self.warnings.get(fault, ())]
        return sorted(found, key=lambda one: (len(self._caught[one]), one))

    def caught_by(self, requirement: str) -> list[str]:
        """Return the faults that `requirement` catches, those that fewest requirements catch first."""
        return sorted(self._caught.get(requirement, ()), key=lambda one: (len(self.catching(one)), one))

    def named(self, requirement: str) -> list[str]:
        """Return the faults of which the requirement is a finding."""
        return [fault for fault in self.failed if requirement in (*self.failed[fault], *self.warnings[fault])]

    def reason(self, fault: str) -> str:
        """Return why nothing catches `fault`."""
        return self.stopped.get(fault) or self.not_caught.get(fault) or "nothing in the suite sees it"

    @functools.cached_property
    def _caught(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for fault in self.failed:
            for requirement in (*self.failed[fault], *self.warnings[fault], *self.resting.get(fault, ())):
                found.setdefault(requirement, []).append(fault)
        return found


@functools.cache
def load() -> FaultTable:
    """Return the committed table."""
    folder = resources.files(_PACKAGE)
    rows = json.loads(folder.joinpath(_TABLE).read_text("utf-8"))["faults"]
    by_hand = yaml.safe_load(folder.joinpath("fault_coverage.yaml").read_text("utf-8"))
    return FaultTable(
        failed={name: row["failed"] for name, row in rows.items()},
        warnings={name: row["warnings"] for name, row in rows.items()},
        stopped={name: row["stopped"] for name, row in rows.items() if row["stopped"] is not None},
        resting={name: row["resting"] for name, row in rows.items()},
        profiles={name: row["profile"] for name, row in rows.items()},
        not_caught=by_hand["not_caught"],
        never_named={name: group["reason"] for group in by_hand["never_named"] for name in group["requirements"]},
    )


def measure(faults: Iterable[str], jobs: int = 1) -> dict[str, dict[str, Any]]:
    """Return the row of each of `faults`, each measured by a run of its own, `jobs` at a time."""
    names = list(faults)
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        return dict(zip(names, pool.map(_row, names), strict=True))


def render(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the text of the table: a line per fault."""
    lines = [f"    {json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items()]
    head = f'{{\n  "seed": {_SEED},\n  "faults": {{\n'
    return head + ",\n".join(lines) + "\n  }\n}\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command: 0 the table is written or up to date, 1 it has drifted (`--check`)."""
    from openrouter_mock.faults import FAULTS  # noqa: PLC0415 - the table can be read without the mock's server

    parser = argparse.ArgumentParser(
        prog=f"python -m {_PACKAGE}.fault_table", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the committed table differs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="runs at a time")
    parser.add_argument("faults", nargs="*", metavar="FAULT", help="measure these only (with --check)")
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.faults) - set(FAULTS)):
        parser.error(f"no fault is named {unknown[0]!r}; `openrouter-mock --list-faults` lists them")
    if options.faults and not options.check:
        parser.error("some faults alone can be compared only: add --check")
    path = Path(str(resources.files(_PACKAGE).joinpath(_TABLE)))
    rows = measure(options.faults or FAULTS, options.jobs)
    if not options.check:
        path.write_text(render(rows), "utf-8", newline="\n")
        failing = sum(bool(row["failed"]) for row in rows.values())
        sys.stdout.write(f"{path.name}: {failing} of {len(rows)} faults fail a run.\n")
        return 0
    committed = json.loads(path.read_text("utf-8"))["faults"] if path.exists() else {}
    differing = [name for name in rows if committed.get(name) != rows[name]]
    for name in differing:
        old, new = json.dumps(committed.get(name)), json.dumps(rows[name])
        sys.stderr.write(f"{name}: committed {old}, measured {new}\n")
    return 1 if differing else 0


def _row(fault: str) -> dict[str, Any]:
    """Return what the smallest profile shows that shows anything."""
    row: dict[str, Any] = {}
    for profile in _PROFILES:
        row = _row_of(fault, profile)
        if row["failed"] or row["stopped"]:
            break
    return row


def _row_of(fault: str, profile: str) -> dict[str, Any]:
    from openrouter_conformance import requirements, runner  # noqa: PLC0415 - heavy, and only for measuring
    from openrouter_conformance.status import Status  # noqa: PLC0415

    selected = requirements.select(requirements.load(), _ONLY.get(fault, ()))
    plan = runner.Plan("mock", selected, profile=profile, seed=_SEED, faults=(fault,))
    records = runner.run(plan, {})
    blocked = records.with_status(Status.BLOCKED)
    return {
        "profile": profile,
        "failed": sorted(record["id"] for record in records.with_status(Status.FAILED)),
        "warnings": sorted(record["id"] for record in records.with_status(Status.WARNING)),
        "resting": sorted(record["id"] for record in blocked if "failure" in record),
        "stopped": None if records.footer["stopped"] is None else "the run stops: the mock leaves requests unanswered",
    }


if __name__ == "__main__":
    raise SystemExit(main())
