"""`openrouter-conformance run`: check a server."""

from __future__ import annotations

import argparse
import os
import signal
from pathlib import Path

from openrouter_conformance.commands import arguments, selecting
from openrouter_conformance.commands.output import say
from openrouter_conformance.errors import UsageError
from openrouter_conformance.status import ExitCode, Status
from openrouter_mock import cli as mock_cli

_EPILOG = """\
TARGET is `mock` (the embedded reference server, the default), `live`
(https://openrouter.ai/api/v1) or a base URL, the part before /embeddings.

levels: requirements of the levels `required` and `expected` that fail make the
run fail; those of the level `observed` are warnings, which do so with --strict
alone.

keys: OPENROUTER_API_KEY is sent to openrouter.ai only; other targets get
CONFORMANCE_API_KEY, or the variable that --key-env names.

exit codes: 0 the target conforms; 1 it does not; 2 the command line cannot be
followed; 3 the target cannot be reached or checked, or the suite itself failed;
130 interrupted and 143 terminated: what was found out until then is printed
and reported.
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare `run`."""
    parser = commands.add_parser(
        "run",
        help="check a server",
        description="Check a server by every requirement and print the results.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("target", nargs="?", default="mock", metavar="TARGET")
    parser.add_argument(
        "--profile", choices=("quick", "default", "deep"), default="default", help="how much effort to make"
    )
    parser.add_argument(
        "--seed", type=mock_cli.natural, default=0, metavar="N", help="chooses the generated requests (default 0)"
    )
    selecting.add_options(parser)
    parser.add_argument("--report", type=Path, metavar="DIR", help="write results.jsonl and junit.xml there")
    parser.add_argument(
        "--model", metavar="ID", help="the model to ask (default: the target's, else the cheapest listed)"
    )
    parser.add_argument("--key-env", metavar="NAME", help="the environment variable that holds the target's key")
    parser.add_argument(
        "--concurrency",
        type=arguments.concurrency,
        metavar="N",
        help="requests under way at once, at most (default: the target's, 4)",
    )
    parser.add_argument(
        "--time", type=arguments.seconds, metavar="SECONDS", help="stop after so long (default: no limit)"
    )
    parser.add_argument("--strict", action="store_true", help="let warnings fail the run, too")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="print also what passed, what did not apply, what rests on failures",
    )
    shown.add_argument("-q", "--quiet", action="store_true", help="print the conclusion alone")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Check the target, print and write the results, and return the exit code."""
    selected = selecting.select(options)
    from openrouter_conformance import report, runner  # noqa: PLC0415 - only this command needs the heavy part
    from openrouter_conformance.interruption import INTERRUPTED, Interruption  # noqa: PLC0415
    from openrouter_conformance.report import terminal  # noqa: PLC0415

    if options.report is not None:
        report.check_writable(options.report)
    plan = runner.Plan(
        target=options.target,
        selected=selected,
        profile=options.profile,
        seed=options.seed,
        model=options.model,
        key_variable=options.key_env,
        strict=options.strict,
        concurrency=options.concurrency,
        seconds=options.time,
    )
    screen = terminal.console()
    with Interruption(signal.SIGINT, signal.SIGTERM) as interruption, terminal.ProgressBar(screen) as progress:
        records = runner.run(plan, os.environ, runner.NoProgress() if options.quiet else progress, interruption)
    records = selecting.marked(options, records)
    problem: UsageError | None = None
    written: list[Path] = []
    if options.report is not None:
        try:
            written = report.write(options.report, records)
        except UsageError as error:
            problem = error  # what was found out is printed none the less
    if options.quiet:
        terminal.show_conclusion(screen, records)
    else:
        terminal.show(screen, records, verbose=options.verbose, written=written)
    if problem is not None:
        raise problem
    stopped = records.footer["stopped"]
    if stopped == INTERRUPTED:
        unfinished = f"interrupted; {records.footer['totals'][Status.NOT_RUN]} requirements were not checked."
        code = ExitCode.TERMINATED if interruption.signal is signal.SIGTERM else ExitCode.INTERRUPTED
        return say(code, unfinished)
    if stopped is not None:
        say(records.conclusion.exit_code, stopped)
    return records.conclusion.exit_code
