"""Compare the mock with Prism and with a bare Starlette app: `python benchmarks/mock_throughput.py`.

All servers run at once, pinned to one core, and are asked in turn by `wrk` on another; rounds are interleaved, so that
a slow minute of the machine meets all of them. Requests per second are what `wrk` saw; processor time per request is
what the kernel counted for the server, which other load on the core distorts less. Ratios are medians over the rounds.
Prism is installed with npm below `.benchmarks`. Prints a Markdown table; `--output FILE` writes it as well. Exit code 1
when a ratio to reach is missed.
"""

import argparse
import contextlib
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import NamedTuple

from cpu_affinity_server import HERE, Server, check_tools, free_port, load, machine, serving

REPOSITORY = HERE.parent
PRISM = "@stoplight/prism-cli"
PRISM_VERSION = "5.16.0"
CONTRACT = REPOSITORY / "generated" / "openrouter_embeddings" / "openapi.yaml"
REQUEST = b'{"model": "openai/text-embedding-3-small", "input": "The cat sat on the mat."}'
NUMBERS = 1536


class Contender(NamedTuple):
    """A server under a load."""

    name: str
    server: str
    script: str


CONTENDERS = (
    Contender("Prism as it starts, a constant body", "prism", "repeated"),
    Contender("Prism without its log, a constant body", "silent prism", "repeated"),
    Contender("bare Starlette, a ready-made body", "starlette", "repeated"),
    Contender("the mock, one text again and again", "mock", "repeated"),
    Contender("the mock, texts never seen", "mock", "never_seen"),
)
PRISM_ROW, SILENT_PRISM, BARE, REPEATED, NEVER_SEEN = CONTENDERS
TARGETS = ((REPEATED, PRISM_ROW, 3.0), (REPEATED, SILENT_PRISM, None), (REPEATED, BARE, 0.5), (NEVER_SEEN, BARE, 0.15))
"""(contender, measured against, the least ratio of requests per second; None: for information)."""


class Figure(NamedTuple):
    """One measurement."""

    per_second: float
    cpu_seconds: float
    """Of the server, per request."""


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=4, help="length of one measurement")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--environments", type=Path, default=REPOSITORY / ".benchmarks")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    check_tools("wrk", "taskset", "npm")
    prism = installed_prism(options.environments / "prism")
    with contextlib.ExitStack() as stack:
        servers = start(stack, prism)
        figures = measured(servers, options.rounds, options.seconds, options.connections)
    text, reached = table(figures, options)
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8", newline="\n")
    sys.exit(0 if reached else 1)


def installed_prism(folder: Path) -> Path:
    """Return the command of Prism, installed into a folder of its own if it is not there."""
    command = folder / "node_modules" / ".bin" / "prism"
    manifest = folder / "node_modules" / PRISM / "package.json"
    if not manifest.exists() or json.loads(manifest.read_text(encoding="utf-8"))["version"] != PRISM_VERSION:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--save-exact", f"{PRISM}@{PRISM_VERSION}"]
        subprocess.run(install, check=True, cwd=folder)
    return command


def start(stack: contextlib.ExitStack, prism: Path) -> dict[str, Server]:
    """Start the servers and return them by name; the bare one serves an answer that the mock gave."""
    ports = {name: free_port() for name in ("prism", "silent prism", "starlette", "mock")}
    command = [sys.executable, "-m", "openrouter_mock", "--port", str(ports["mock"])]
    servers = {"mock": stack.enter_context(serving(command, ports["mock"], "/api/v1/embeddings"))}
    body = asked(servers["mock"])
    if len(json.loads(body)["data"][0]["embedding"]) != NUMBERS:
        sys.exit(f"the mock did not answer with {NUMBERS} numbers")
    ready_made = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "body.json"
    ready_made.write_bytes(body)
    bare: list[str | Path] = [sys.executable, HERE / "bare_starlette.py", ready_made, str(ports["starlette"])]
    servers["starlette"] = stack.enter_context(serving(bare, ports["starlette"], "/api/v1/embeddings"))
    for name, quiet in (("prism", ()), ("silent prism", ("--verboseLevel", "silent"))):
        command = [str(prism), "mock", *quiet, "--port", str(ports[name]), str(CONTRACT)]
        servers[name] = stack.enter_context(serving(command, ports[name], "/embeddings"))  # it knows no base path
    for name in ("starlette", "prism", "silent prism"):
        asked(servers[name])
    return servers


def asked(server: Server) -> bytes:
    """Return the body of one answer, which must be a success."""
    headers = {"Content-Type": "application/json", "Authorization": "Bearer sk-or-v1-benchmark"}
    with urllib.request.urlopen(urllib.request.Request(server.url, REQUEST, headers), timeout=30) as response:
        return bytes(response.read())


def measured(servers: dict[str, Server], rounds: int, seconds: int, connections: int) -> dict[Contender, list[Figure]]:
    """Return the figures of all rounds, after one second for each to warm up."""
    figures: dict[Contender, list[Figure]] = {contender: [] for contender in CONTENDERS}
    for turn in range(rounds + 1):
        for contender in CONTENDERS:
            server = servers[contender.server]
            before = server.cpu_seconds()
            seen = load(server.url, contender.script, seconds if turn else 1, connections, str(turn))
            if seen.refused or not seen.requests:
                sys.exit(f"{contender.name}: {seen.refused} of {seen.requests} requests were refused")
            if turn:
                cpu = (server.cpu_seconds() - before) / seen.requests
                figures[contender].append(Figure(seen.per_second, cpu))
    return figures


def table(figures: dict[Contender, list[Figure]], options: argparse.Namespace) -> tuple[str, bool]:
    """Return the Markdown page, and whether every ratio is reached."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("uvicorn", "starlette", "httptools"))
    lines = [
        "# How fast the mock is",
        "",
        f"Made by `python benchmarks/mock_throughput.py --rounds {options.rounds} --seconds {options.seconds}`:",
        f"one short text, {NUMBERS} floats, the server on one core and `wrk` with {options.connections} connections on",
        f"another. {machine()}; load average {os.getloadavg()[0]:.1f} at the end (about 2 is this",
        "benchmark itself; where there is more, the processor time says more than the rate).",
        f"Python {platform.python_version()}, {versions}, Prism {PRISM_VERSION}.",
        f"Medians of {options.rounds} interleaved rounds, least and greatest in parentheses.",
        "",
        "| server | requests per second | server's CPU per request |",
        "| --- | ---: | ---: |",
    ]
    for contender, runs in figures.items():
        speeds, costs = [run.per_second for run in runs], [run.cpu_seconds * 1e6 for run in runs]
        lines.append(f"| {contender.name} | {spread(speeds, '.0f')} | {spread(costs, '.0f')} µs |")
    lines += ["", "| ratio | to reach | requests per second | CPU per request |", "| --- | ---: | ---: | ---: |"]
    reached = True
    for contender, other, least in TARGETS:
        pairs = list(zip(figures[contender], figures[other], strict=True))
        speeds = [mine.per_second / its.per_second for mine, its in pairs]
        costs = [its.cpu_seconds / mine.cpu_seconds for mine, its in pairs]
        reached = reached and (least is None or statistics.median(speeds) >= least)
        row, wanted = f"{contender.name} : {other.name}", "" if least is None else f"{least:g}"
        lines.append(f"| {row} | {wanted} | {spread(speeds, '.2f')} | {spread(costs, '.2f')} |")
    return "\n".join(lines) + "\n", reached


def spread(values: list[float], form: str) -> str:
    """Return the median with the least and the greatest value."""
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


if __name__ == "__main__":
    main()
