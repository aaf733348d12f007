"""`openrouter-conformance soak`: load on a target, with every answer compared."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from openrouter_conformance.commands import arguments
from openrouter_conformance.commands.output import say
from openrouter_conformance.errors import TargetError, UsageError
from openrouter_conformance.foreign_text import shortened
from openrouter_conformance.status import ExitCode
from openrouter_mock import cli as mock_cli

if TYPE_CHECKING:
    from openrouter_conformance.targets import Target

_EPILOG = """\
TARGET is as for `run`. Everything is asked once; then users ask again, and an
answer that differs from the first one to its request is held against all
others: a race that shows once in ten thousand calls is found, and shown as a
pair.

Options of Locust follow after `--`: `-- --processes 2` for two cores,
`-- --master --expect-workers 2` here and `-- --worker --master-host HOST` on
other machines. Ceilings hold for all of them together, and are those of the
master: a worker asks it for a part of what is left.
"""

_USERS = 16
_SECONDS = 60.0


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare `soak`."""
    parser = commands.add_parser(
        "soak",
        help="check a server under load",
        description="Put load on a server, and compare every answer.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("target", nargs="?", default="mock", metavar="TARGET")
    parser.add_argument(
        "--users", type=arguments.concurrency, default=_USERS, metavar="N", help=f"callers (default {_USERS})"
    )
    parser.add_argument(
        "--time", type=arguments.seconds, default=_SECONDS, metavar="SECONDS", help=f"how long (default {_SECONDS:.0f})"
    )
    parser.add_argument("--seed", type=mock_cli.natural, default=0, metavar="N", help="chooses the requests")
    parser.add_argument("--model", metavar="ID", help="the model to ask")
    parser.add_argument("--key-env", metavar="NAME", help="the environment variable that holds the target's key")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME", help="a fault of the embedded mock")
    parser.add_argument("--max-requests", type=arguments.count, metavar="N", help="requests of all processes")
    parser.add_argument("--max-dollars", type=arguments.dollars, metavar="USD", help="US dollars of all processes")
    parser.add_argument("--rate", type=arguments.rate, metavar="N", help="requests a second of all processes")
    parser.add_argument("--report", type=Path, metavar="DIR", help="write results.jsonl and junit.xml there")
    parser.add_argument("--strict", action="store_true", help="let warnings fail, too")
    parser.set_defaults(command=run, after_dashes=[])


def run(options: argparse.Namespace) -> int:
    """Put load on the target, print and write the results, and return the exit code."""
    from openrouter_conformance import report, requirements  # noqa: PLC0415 - only this command needs the heavy part
    from openrouter_conformance.interruption import INTERRUPTED  # noqa: PLC0415
    from openrouter_conformance.report import records, terminal  # noqa: PLC0415
    from openrouter_conformance.soak.outcome import header_of, records_of  # noqa: PLC0415
    from openrouter_conformance.targets import Ceilings, open_target  # noqa: PLC0415

    if not _has_locust():
        raise UsageError(mock_cli.missing_extra(ModuleNotFoundError(name="locust"), "this command", "load"))
    if options.report is not None:
        report.check_writable(options.report)
    limits = Ceilings(
        requests=options.max_requests, per_second=options.rate, dollars=options.max_dollars, concurrency=options.users
    )
    started, began = records.now(), time.monotonic()
    with (
        open_target(
            options.target,
            environment=os.environ,
            key_variable=options.key_env,
            model=options.model,
            faults=tuple(options.fault),
            limits=limits,
        ) as target,
        tempfile.TemporaryDirectory(prefix="openrouter-soak-") as folder,
    ):
        outcome = Path(folder) / "outcome.json"
        interrupted = _run_locust(options, target, outcome)
        if "--worker" in options.after_dashes:
            return ExitCode.CONFORMS
        whole = json.loads(outcome.read_bytes())
    if interrupted is not None:
        whole["stopped"] = INTERRUPTED
    if not whole["load"]["answers"] and whole["stopped"]:
        raise TargetError(whole["stopped"])
    soaked = records_of(
        whole,
        requirements.load(),
        header=header_of(target, options.seed, started, strict=options.strict),
        finished=records.now(),
        seconds=time.monotonic() - began,
        strict=options.strict,
        is_free=target.is_free,
    )
    written = [] if options.report is None else report.write(options.report, soaked)
    terminal.show(terminal.console(), soaked, written=written)
    if interrupted is not None:
        return say(interrupted, "interrupted; the result is that of the load until then.")
    if whole["stopped"] is not None:
        say(soaked.conclusion.exit_code, whole["stopped"])
    return soaked.conclusion.exit_code


def _run_locust(options: argparse.Namespace, target: Target, outcome: Path) -> ExitCode | None:
    """Run Locust in a process of its own, since it patches the standard library; return the exit code of a signal."""
    from openrouter_conformance import soak  # noqa: PLC0415
    from openrouter_conformance.interruption import Interruption  # noqa: PLC0415
    from openrouter_conformance.soak.plan import SoakPlan  # noqa: PLC0415

    locustfile = Path(soak.__file__).with_name("entry") / "locustfile.py"
    command = [sys.executable, "-m", "locust", "-f", str(locustfile), "--headless", "--only-summary"]
    command += ["--loglevel", "ERROR", "--exit-code-on-error", "0", "--stop-timeout", "10"]
    if "--worker" not in options.after_dashes:
        command += ["--users", str(options.users), "--spawn-rate", str(options.users)]
        command += ["--run-time", f"{options.time:g}s"]
    plan = SoakPlan(target, options.seed, outcome)
    with Interruption(signal.SIGINT, signal.SIGTERM) as interruption:
        process = subprocess.Popen(  # noqa: S603 - our own command line
            [*command, *options.after_dashes],
            env={**os.environ, **plan.environment()},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # a signal is for us: Locust is told, and writes down what it has
        )
        with process, interruption.ends(lambda _: process.terminate()):
            _, said = process.communicate()
    if not outcome.exists() and "--worker" not in options.after_dashes:
        last = next((line for line in reversed(said.splitlines()) if line.strip()), "nothing")
        raise UsageError(f"Locust ended with the exit code {process.returncode} and said: {shortened(last)}")
    return interruption.exit_code


def _has_locust() -> bool:
    try:
        return importlib.util.find_spec("locust") is not None
    except ValueError:  # a module without a spec, such as None
        return False
