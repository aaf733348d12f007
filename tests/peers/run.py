"""Run the suite against other servers, each in an environment of its own: `python -m peers.run [NAME …]`.

Each finding must have an explanation in `explanations.yaml`. Prints a line per server and profile, and writes
`docs/peers.md` when every server was run and every finding is explained. Exits with 0 then, with 1 when a finding has no
explanation, a run did not come to its end or a server has too many findings, with 2 for an unknown name.
"""

from __future__ import annotations

import argparse
import contextlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from interop import environments
from openrouter_conformance import requirements, runner
from openrouter_conformance.errors import TargetError
from openrouter_conformance.report.records import RunRecords
from openrouter_conformance.targets import Ceilings
from openrouter_mock.server import MockServer

from . import table
from .catalog import FOLDER, Peer, read_explanations, read_peers
from .table import Run

HOME = FOLDER.parents[1] / ".peers"
"""Where the environments lie; it can be deleted at any time."""

_CONTRACT = FOLDER.parents[1] / "generated" / "openrouter_embeddings" / "openapi.yaml"
_ANY_COST = 1e15  # US dollars; Prism makes up what an answer cost, and nobody pays it
_START_SECONDS = 120
_STOP_SECONDS = 10


class StartError(Exception):
    """A peer does not listen."""


@contextlib.contextmanager
def serving(peer: Peer) -> Iterator[str]:
    """Run a peer on a free loopback port; yield its base URL once it listens.

    Raises:
        InstallError: its packages cannot be installed.
        StartError: it does not listen, with its last words.

    """
    programs = environments.install(HOME / peer.environment, peer.name, peer.packages, in_node=peer.in_node)
    with MockServer() as upstream, tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        port = _free_port()
        words = {
            "bin": str(programs),
            "port": str(port),
            "contract": str(_CONTRACT),
            "here": str(FOLDER),
            "key": peer.key,
            "upstream": upstream.url,
            "upstream_key": str(upstream.key),
        }
        process = subprocess.Popen(
            [part.format_map(words) for part in peer.command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environments.variables({name: text.format_map(words) for name, text in peer.variables.items()}),
        )
        try:
            _wait_for(port, process, peer, log)
            yield f"http://127.0.0.1:{port}{peer.base}"
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def check(peer: Peer, url: str, profile: str) -> Run:
    """Run the suite against a peer that listens at a URL."""
    started = time.monotonic()
    known = requirements.load()
    plan = runner.Plan(
        url,
        [one.id for one in known],
        profile=profile,
        model=peer.model,
        requirements=known,
        limits=Ceilings(dollars=_ANY_COST),
    )
    records: RunRecords = runner.run(plan, {"CONFORMANCE_API_KEY": peer.key})
    return Run(peer.name, profile, time.monotonic() - started, records)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], peer: Peer, log: IO[str]) -> None:
    ends = time.monotonic() + _START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    log.seek(0)
    words = " ".join(log.read().strip().splitlines()[-3:])
    raise StartError(f"{peer.name} does not listen on its port: {words or 'it says nothing'}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    known = read_peers()
    parser = argparse.ArgumentParser(prog="python -m peers.run", description="Run the suite against other servers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="the servers to check; all when none is named")
    parser.add_argument("--reports", type=Path, metavar="DIR", help="write results.jsonl of each run below this folder")
    given = parser.parse_args(arguments)
    if unknown := sorted(set(given.names) - {peer.name for peer in known}):
        parser.error(f"no server is named {', '.join(unknown)}: there are {', '.join(peer.name for peer in known)}")
    chosen = [peer for peer in known if not given.names or peer.name in given.names]
    runs: list[Run] = []
    problems: list[str] = []
    for peer in chosen:
        try:
            with serving(peer) as url:
                for profile in table.PROFILES:
                    run = check(peer, url, profile)
                    print(run.line(), flush=True)  # noqa: T201 - it is what the command is for
                    if given.reports:
                        run.write(given.reports / peer.environment / f"{peer.name}-{profile}".replace(" ", ""))
                    runs.append(run)
        except (environments.InstallError, StartError, TargetError) as error:
            problems.append(f"{peer.name}: {error}")
    explanations = read_explanations()
    problems += table.problems(chosen, runs, explanations)
    for problem in problems:
        print(problem, file=sys.stderr)  # noqa: T201
    if not given.names and not problems:
        table.write(chosen, runs, explanations)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
