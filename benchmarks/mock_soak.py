"""Is the mock's memory flat over a million requests? `python benchmarks/mock_soak.py --requests 1000000`.

`wrk` asks for everything that the mock does (`wrk/everything.lua`: known and new texts, batches, pages, refusals,
scenarios), with the server on a core of its own, in goes of some seconds; after each the server's resident memory is
read. The caches fill in the first quarter. Exit code 1 when the memory at the end is more than 5 % above the most of
the second quarter, or the server no longer answers. Prints a Markdown table; `--output FILE` writes it as well.
"""

import argparse
import os
import platform
import sys
import time
import urllib.request
from pathlib import Path
from typing import NamedTuple

from cpu_affinity_server import Server, check_tools, free_port, load, machine, serving

GROWTH = 1.05
"""How much more than in the second quarter of the requests the memory may be at the end."""
_ROWS = 20


class Step(NamedTuple):
    """The state of the server after some requests."""

    requests: int
    mebibytes: float


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=10, help="length of one go")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    check_tools("wrk", "taskset")
    port = free_port()
    command = [sys.executable, "-m", "openrouter_mock", "--port", str(port)]
    started = time.monotonic()
    with serving(command, port, "/api/v1/embeddings") as server:
        steps = soaked(server, options)
        with urllib.request.urlopen(f"{server.url}/models", timeout=30) as response:
            answers = response.status == 200
    before, after = growth(steps)
    flat = answers and after <= before * GROWTH
    text = table(steps, time.monotonic() - started, options.connections)
    text += f"\nMost in the second quarter: {before:.1f} MiB; at the end: {after:.1f} MiB.\n"
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8", newline="\n")
    sys.exit(0 if flat else 1)


def soaked(server: Server, options: argparse.Namespace) -> list[Step]:
    """Ask until the requests are made; return the memory at the start and after each go."""
    steps = [Step(0, server.resident_mebibytes())]
    while steps[-1].requests < options.requests:
        seen = load(server.url, "everything", options.seconds, options.connections, str(len(steps)))
        if not seen.requests:
            sys.exit(f"the mock answered nothing any more after {steps[-1].requests} requests")
        steps.append(Step(steps[-1].requests + seen.requests, server.resident_mebibytes()))
        print(f"{steps[-1].requests} requests, {steps[-1].mebibytes:.1f} MiB", file=sys.stderr, flush=True)
    return steps


def growth(steps: list[Step]) -> tuple[float, float]:
    """Return the most memory of the second quarter of the requests, and the memory at the end."""
    total = steps[-1].requests
    second = [step.mebibytes for step in steps if total / 4 <= step.requests <= total / 2]
    if not second:
        sys.exit("no measurement lies in the second quarter of the requests: make more requests, or shorter goes")
    return max(second), steps[-1].mebibytes


def table(steps: list[Step], seconds: float, connections: int) -> str:
    """Return the Markdown page: at most about twenty of the steps."""
    chosen = steps[:: max(1, len(steps) // _ROWS)]
    chosen = chosen if chosen[-1] == steps[-1] else [*chosen, steps[-1]]
    lines = [
        "# The mock's memory over many requests",
        "",
        f"Made by `python benchmarks/mock_soak.py`: {steps[-1].requests:,} requests in {seconds / 60:.0f} minutes,",
        f"`wrk` with {connections} connections, every kind of request mixed. {machine()}; Python",
        f"{platform.python_version()}, {platform.system()} {os.uname().machine}. Resident memory of the server:",
        "",
        "| requests | MiB |",
        "| ---: | ---: |",
        *(f"| {step.requests:,} | {step.mebibytes:.1f} |" for step in chosen),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
