"""Run the suite against every correct server with many seeds: `python -m conformance.correct_servers_table [NAME …]`.

Prints a table with a line per server and profile, then each accusation with the seeds that made it. Exits with 0 when
there was none, 1 when there was one, 2 for a name that no server has.
"""

from __future__ import annotations

import argparse
import collections
import concurrent.futures
import multiprocessing
import sys
import time
from collections.abc import Sequence

import attrs
import rich.console

from openrouter_conformance import requirements, runner
from openrouter_conformance.errors import TargetError
from openrouter_conformance.profiles import PROFILES
from openrouter_conformance.status import Status
from openrouter_conformance.targets import Ceilings

from .servers import SERVERS

_HEADINGS = ("server", "profile", "seeds", "requests", "seconds", "warnings", "failures")


@attrs.frozen
class Totals:
    """What runs of one profile with several seeds made of one server; `accusations` are seeds by what was said."""

    server: str
    profile: str
    seeds: int
    requests: int
    seconds: float
    warnings: int
    accusations: dict[str, list[int]]

    def cells(self) -> list[str]:
        """Return the line of the table; requests and seconds are means per run."""
        failures = sum(map(len, self.accusations.values()))
        return [
            self.server,
            self.profile,
            str(self.seeds),
            f"{self.requests / self.seeds:.0f}",
            f"{self.seconds / self.seeds:.1f}",
            str(self.warnings),
            str(failures),
        ]


def check(name: str, profile: str, seeds: int) -> Totals:
    """Run the suite against a server, started anew for each seed from 0, and return what it made of it."""
    server, known = SERVERS[name], requirements.load()
    count, warnings, started = 0, set(), time.monotonic()
    accusations: dict[str, list[int]] = collections.defaultdict(list)
    for seed in range(seeds):
        with server.start() as url:
            limits = Ceilings(dollars=100)  # dear servers are checked whole
            plan = runner.Plan(
                url, [one.id for one in known], profile=profile, seed=seed, requirements=known, limits=limits
            )
            try:
                records = runner.run(plan, {"CONFORMANCE_API_KEY": server.key})
            except TargetError as error:
                accusations[f"the run ended at its start: {error}"].append(seed)
                continue
        count += records.footer["requests"]
        if records.footer["stopped"]:
            accusations[f"the run stopped: {records.footer['stopped']}"].append(seed)
        warnings |= {record["id"] for record in records.with_status(Status.WARNING)}
        for record in records.with_status(Status.FAILED, Status.ERROR):
            accusations[f"{record['status']} {record['id']}"].append(seed)
    return Totals(name, profile, seeds, count, time.monotonic() - started, len(warnings), dict(accusations))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m conformance.correct_servers_table", description=__doc__)
    parser.add_argument("servers", nargs="*", metavar="NAME", help="servers; all when none is named")
    parser.add_argument("--seeds", type=int, default=20, help="runs per server and profile (default 20)")
    parser.add_argument("--profile", action="append", choices=PROFILES, help="quick and default when none is given")
    parser.add_argument("--jobs", type=int, default=2, help="servers that are checked at the same time (default 2)")
    given = parser.parse_args(arguments)
    unknown = [name for name in given.servers if name not in SERVERS]
    if unknown or given.seeds < 1:
        parser.error(f"no server {', '.join(unknown)}: there are {', '.join(SERVERS)}" if unknown else "--seeds from 1")
    jobs = [
        (name, profile) for profile in given.profile or ["quick", "default"] for name in given.servers or list(SERVERS)
    ]
    context = multiprocessing.get_context("spawn")
    show = rich.console.Console(soft_wrap=True, highlight=False, markup=False).print
    show(f"| {' | '.join(_HEADINGS)} |\n| --- | --- |" + " ---: |" * 5)
    accused: list[Totals] = []
    with concurrent.futures.ProcessPoolExecutor(given.jobs, context) as pool:
        for totals in pool.map(check, *zip(*jobs, strict=True), [given.seeds] * len(jobs)):
            show(f"| {' | '.join(totals.cells())} |")
            if totals.accusations:
                accused.append(totals)
    for totals in accused:
        show(f"\n{totals.server}, {totals.profile}:")
        for what, seeds in sorted(totals.accusations.items()):
            show(f"- {what} ({len(seeds)} of {totals.seeds} seeds: {', '.join(map(str, seeds))})")
    return 1 if accused else 0


if __name__ == "__main__":
    sys.exit(main())
