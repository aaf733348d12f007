"""A target file drafted from a run: what failed stands there as known, so that the same run conforms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import yaml

from openrouter_conformance.errors import UsageError
from openrouter_conformance.foreign_text import shortened
from openrouter_conformance.known_deviations import Kind
from openrouter_conformance.report.records import received, replace
from openrouter_conformance.status import Status, fails_run

if TYPE_CHECKING:
    from pathlib import Path

    from openrouter_conformance.known_deviations import KnownDeviation
    from openrouter_conformance.report.records import Record, RunRecords
    from openrouter_conformance.targets.target_file import TargetFile

_MARK = "# Drafted by `openrouter-conformance run --write-known`."
_HEAD = f"""\
{_MARK}
# Give each entry a reason of yours, a link, and perhaps a last day (`expires`); `kind: flaky` if it may pass.
"""
_LONGEST_REASON = 300


def check_writable(path: Path) -> None:
    """Raise UsageError when no draft can be written to `path`: what a person wrote there is never overwritten."""
    try:
        if not path.parent.is_dir():
            raise UsageError(f"--write-known {path}: there is no folder {path.parent}.")
        if path.exists() and not path.read_text("utf-8", "replace").startswith(_MARK):
            raise UsageError(f"--write-known {path}: the file is there already; name a new one.")
    except OSError as error:
        raise UsageError(f"--write-known {path}: cannot be written ({error.strerror or error}).") from None


def write(path: Path, described: TargetFile, run: RunRecords) -> Path:
    """Write the draft of `run`, on what `described` says, and return the path; UsageError when it cannot be written."""
    try:
        return replace(path, draft(described, run))
    except OSError as error:
        raise UsageError(f"--write-known {path}: cannot be written ({error.strerror or error}).") from None


def draft(described: TargetFile, run: RunRecords) -> str:
    """Return a target file for the target of `run`, in which the failures of the run are known deviations.

    Entries that are needed stay as they are in `described`; those that are not are left out.
    """
    day = run.footer["finished"].partition("T")[0]
    unneeded = {one["entry"] for one in run.unneeded}
    failed = [one for one in run.results if fails_run(Status(one["status"]), strict=run.header["strict"])]
    entries = [_as_said(entry) for entry in described.known if entry.id not in unneeded]
    entries += [_drafted(record, day) for record in failed]
    models = [] if described.model is None else [described.model, *(described.others or ())]
    said: dict[str, Any] = {
        "address": described.address,
        "key_env": described.key_variable,
        "headers": {
            name: value if isinstance(value, str) else {"env": value.variable} for name, value in described.headers
        },
        "models": models,
        "features": sorted(described.features),
        "ceilings": {name: value for name, value in attrs.asdict(described.ceilings).items() if value is not None},
    }
    said = {name: value for name, value in said.items() if value} | {"known_deviations": entries}
    text: str = yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=110)
    return _HEAD + text


def _as_said(entry: KnownDeviation) -> Record:
    said = {
        "id": entry.id,
        "kind": entry.kind.value,
        "reason": entry.reason,
        "link": entry.link,
        "since": None if entry.since is None else entry.since.isoformat(),
        "expires": None if entry.expires is None else entry.expires.isoformat(),
    }
    return {name: value for name, value in said.items() if value is not None}


def _drafted(record: Record, day: str) -> Record:
    reason = shortened(f"received {received(record)}; expected {record['failure']['expected']}", _LONGEST_REASON)
    return {"id": record["id"], "kind": Kind.FAILS.value, "reason": reason, "since": day}
