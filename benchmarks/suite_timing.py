"""How long the suite takes on slow servers: `python benchmarks/suite_timing.py`.

The mock runs in a process of its own, once with 0.3 s before each answer and once with 3 s before each eighth; the
suite asks with its usual concurrency. Prints a Markdown table of wall-clock times with where they went; `--output FILE`
writes it as well. Exit code 1 when a target is missed or the suite finds something in the mock.
"""

import argparse
import contextlib
import itertools
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from cpu_affinity_server import HERE, free_port, machine

from openrouter_conformance import requirements, runner
from openrouter_conformance.recorder import CONCURRENCY

KEY = "sk-or-v1-timing"
MODEL = "openai/text-embedding-3-small"
_START_SECONDS = 60
_SLOWEST = 3
_FIGURES = (
    "requests",
    "seconds",
    "to reach",
    "longest pause",
    "CPU of the suite",
    "under way",
    "one",
    "none",
    "phases",
)


class Server(NamedTuple):
    """A way to be slow."""

    name: str
    seconds: float
    every: int


class Target(NamedTuple):
    """The most seconds that a run may take."""

    server: Server
    profile: str
    seconds: float


EACH = Server("0.3 s before each answer", 0.3, 1)
EIGHTH = Server("3 s before each eighth answer", 3.0, 8)
TARGETS = (
    Target(EACH, "quick", 15),
    Target(EACH, "default", 60),
    Target(EIGHTH, "quick", 60),
    Target(EIGHTH, "default", 120),
)


class Phases(runner.NoProgress):
    """Notes when a run reached which phase, on the monotonic clock."""

    def __init__(self) -> None:
        self.first_check = self.last_check = 0.0

    def check_started(self, requirement: str) -> None:  # noqa: ARG002
        """Note the first check."""
        self.first_check = self.first_check or time.monotonic()

    def check_finished(self, record: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Note the last check."""
        self.last_check = time.monotonic()


class Figure(NamedTuple):
    """One run; all times in seconds.

    Attributes:
        target: what was run, and how long it may take.
        requests: that the suite counted.
        failed: requirements that failed, by id.
        seconds: on the clock, and of the processor.
        cpu_seconds: of the suite's process.
        phases: before the checks, during them, after them.
        pause: the longest time without an answer.
        under_way: mean number of requests that the server was working on.
        alone: while one request was under way and no other.
        idle: while none was under way.
        slowest: the checks that took longest, with their seconds.

    """

    target: Target
    requests: int
    failed: list[str]
    seconds: float
    cpu_seconds: float
    phases: tuple[float, float, float]
    pause: float
    under_way: float
    alone: float
    idle: float
    slowest: list[tuple[str, float]]


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    figures = []
    for target in TARGETS:
        figures.append(measured(target))
        print(f"{target.server.name}, {target.profile}: {figures[-1].seconds:.1f} s", file=sys.stderr, flush=True)
    text = table(figures)
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8", newline="\n")
    sys.exit(0 if all(one.seconds <= one.target.seconds and not one.failed for one in figures) else 1)


def measured(target: Target) -> Figure:
    """Run the suite once."""
    known, phases = requirements.load(), Phases()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        with serving(target.server, log) as url:
            plan = runner.Plan(url, [one.id for one in known], profile=target.profile, model=MODEL, requirements=known)
            began, cpu = time.monotonic(), time.process_time()
            records = runner.run(plan, {"CONFORMANCE_API_KEY": KEY}, phases)
            ended, cpu = time.monotonic(), time.process_time() - cpu
        log.seek(0)
        spans = [json.loads(line) for line in log]
    inside = [(came, answered) for came, answered in spans if came >= began]
    answers = sorted([began, *(answered for _, answered in inside), ended])
    busy = seconds_by_count(inside)
    slowest = sorted(((one["id"], one["seconds"]) for one in records.results), key=lambda one: -one[1])
    return Figure(
        target,
        records.footer["requests"],
        [one["id"] for one in records.results if one["status"] in ("failed", "error", "not-run")],
        ended - began,
        cpu,
        (phases.first_check - began, phases.last_check - phases.first_check, ended - phases.last_check),
        max(later - sooner for sooner, later in itertools.pairwise(answers)),
        sum(answered - came for came, answered in inside) / (ended - began),
        busy.get(1, 0.0),
        ended - began - sum(busy.values()),
        slowest[:_SLOWEST],
    )


def seconds_by_count(spans: list[tuple[float, float]]) -> dict[int, float]:
    """Return for how long so many requests were under way, for each number above zero."""
    events = sorted([(came, 1) for came, _ in spans] + [(answered, -1) for _, answered in spans])
    found: dict[int, float] = {}
    count = 0
    for (moment, change), (later, _) in itertools.pairwise(events):
        count += change
        if count:
            found[count] = found.get(count, 0.0) + later - moment
    return found


@contextlib.contextmanager
def serving(server: Server, log: Any) -> Iterator[str]:
    """Run the slow mock in a process of its own; yield its base URL."""
    port = free_port()
    command = [sys.executable, str(HERE / "slow_mock.py"), str(port), KEY, str(server.seconds), str(server.every)]
    process = subprocess.Popen(command, stdout=log)
    try:
        url, ends = f"http://127.0.0.1:{port}/api/v1", time.monotonic() + _START_SECONDS
        while True:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{url}/embeddings/models", trust_env=False, timeout=30)
                break
            if process.poll() is not None or time.monotonic() > ends:
                sys.exit("the slow mock did not start")
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


def table(figures: list[Figure]) -> str:
    """Return the Markdown page."""
    lines = [
        "# How long the suite takes on slow servers",
        "",
        f"Made by `python benchmarks/suite_timing.py`: the mock in a process of its own, {CONCURRENCY} requests at a",
        f"time. {machine()}; load average {os.getloadavg()[0]:.1f} at the end; Python {platform.python_version()}.",
        "",
        "- **longest pause**: the longest time without an answer.",
        "- **under way**: the mean number of requests that the server was working on; **one**: seconds while it was a",
        "  single one; **none**: seconds while the suite itself was working.",
        "- **phases**: seconds before the checks, during them and after them.",
        "",
        f"| server | profile | {' | '.join(_FIGURES)} |",
        f"| --- | --- |{' ---: |' * len(_FIGURES)}",
    ]
    for one in figures:
        cells = [
            one.target.server.name,
            one.target.profile,
            f"{one.requests}",
            f"{one.seconds:.1f}",
            f"{one.target.seconds:g}",
            f"{one.pause:.1f} s",
            f"{one.cpu_seconds:.1f} s",
            f"{one.under_way:.1f}",
            f"{one.alone:.1f}",
            f"{one.idle:.1f}",
            " + ".join(f"{seconds:.1f}" for seconds in one.phases),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "The checks that took longest:", ""]
    for one in figures:
        named = ", ".join(f"`{name}` {seconds:.1f} s" for name, seconds in one.slowest)
        lines.append(f"- {one.target.server.name}, {one.target.profile}: {named}")
    for one in figures:
        lines += [f"- **failed**, {one.target.server.name}, {one.target.profile}: `{name}`" for name in one.failed]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
