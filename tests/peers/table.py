"""What the suite finds in other servers, as a page; and what of it has no explanation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from openrouter_conformance.report import records as report
from openrouter_conformance.report.records import RunRecords
from openrouter_conformance.status import Status

from .catalog import FOLDER, Peer

PAGE = FOLDER.parents[1] / "docs" / "peers.md"
PROFILES = ("quick", "default")
Explanations = Mapping[str, Mapping[str, str]]


@attrs.frozen
class Run:
    """One run against one peer; `seconds` on the clock."""

    peer: str
    profile: str
    seconds: float
    records: RunRecords

    @property
    def findings(self) -> list[str]:
        """The ids of the requirements that failed."""
        return [str(record["id"]) for record in self.records.with_status(Status.FAILED)]

    @property
    def errors(self) -> list[str]:
        """What the suite itself could not do, a sentence each."""
        stopped = self.records.footer["stopped"]
        errors = [f"{one['id']}: {one['reason']}" for one in self.records.with_status(Status.ERROR)]
        return errors + ([f"the run stopped: {stopped}"] if stopped else [])

    def line(self) -> str:
        """Return the totals in a line."""
        totals = self.records.footer["totals"]
        return (
            f"{self.peer}, {self.profile}: {self.records.footer['requests']} requests in {self.seconds:.0f} s, "
            f"{totals['failed']} failed, {totals['blocked']} blocked"
        )

    def write(self, folder: Path) -> None:
        """Write the records below a folder."""
        report.write(folder, self.records)


def problems(peers: Sequence[Peer], runs: Sequence[Run], explanations: Explanations) -> list[str]:
    """Return a sentence for each finding without an explanation, each error, and each run with too many findings."""
    found: list[str] = []
    most = {peer.name: peer.most_findings for peer in peers}
    for run in runs:
        where = f"{run.peer}, {run.profile}"
        known = explanations.get(run.peer, {})
        found += [f"{where}: {name} has no explanation" for name in run.findings if name not in known]
        found += [f"{where}: {error}" for error in run.errors]
        if len(run.findings) > most[run.peer]:
            found.append(f"{where}: {len(run.findings)} findings, more than {most[run.peer]}: which have one cause?")
    return found


def write(peers: Sequence[Peer], runs: Sequence[Run], explanations: Explanations, path: Path = PAGE) -> None:
    """Write the page, whole or not at all."""
    report.replace(path, markdown(peers, runs, explanations))


def markdown(peers: Sequence[Peer], runs: Sequence[Run], explanations: Explanations) -> str:
    """Return the page; the same runs give the same page."""
    lines = [
        _INTRODUCTION,
        *_row("server", "version", "profile", "requests", "seconds", "failed", "blocked", "warnings"),
    ]
    lines += ["| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |"]
    for peer in peers:
        for run in (run for run in runs if run.peer == peer.name):
            footer, totals = run.records.footer, run.records.footer["totals"]
            figures = (footer["requests"], f"{run.seconds:.0f}", totals["failed"], totals["blocked"], totals["warning"])
            lines += _row(peer.name, f"`{peer.packages[0]}`", run.profile, *figures)
    for peer in peers:
        own = {run.profile: run.findings for run in runs if run.peer == peer.name}
        lines += ["", f"## {peer.name}", "", peer.note, "", *_row("requirement", "profiles", "why it is true")]
        lines += ["| --- | --- | --- |"]
        for name in dict.fromkeys(name for profile in reversed(PROFILES) for name in own.get(profile, [])):
            where = ", ".join(profile for profile in PROFILES if name in own.get(profile, []))
            lines += _row(f"`{name}`", where, explanations[peer.name][name])
    return "\n".join(lines) + "\n"


def _row(*cells: object) -> list[str]:
    return ["| " + " | ".join(" ".join(str(cell).split()).replace("|", "\\|") for cell in cells) + " |"]


_INTRODUCTION = """\
# What the suite finds in other servers

Made by `tox -e peers`: each server in an environment of its own, on a loopback port, checked by `openrouter-conformance run URL
--model ID` with the profiles quick and default. None of them promises to be OpenRouter: the table shows what a client of OpenRouter
would notice. Request and answer of each finding were looked at by hand, and its cause stands beside it
(`tests/peers/explanations.yaml`); one that has no explanation there fails the command.

`blocked` are requirements that could not be tried, since what they rest on failed; `warnings` are habits of the live API that the
server does not share. Seconds are on the clock, on a machine with other work.
"""
