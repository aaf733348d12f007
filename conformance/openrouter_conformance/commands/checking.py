"""`openrouter-conformance run`: check a server."""

from __future__ import annotations

import argparse
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from openrouter_conformance.commands import arguments, selecting
from openrouter_conformance.commands.output import say, write
from openrouter_conformance.errors import UsageError
from openrouter_conformance.interruption import INTERRUPTED, Interruption
from openrouter_conformance.status import ExitCode, Status
from openrouter_mock import cli as mock_cli

if TYPE_CHECKING:
    from openrouter_conformance.report.records import RunRecords
    from openrouter_conformance.runner import Plan

_EPILOG = """\
TARGET is `mock` (the embedded reference server, the default), `live`
(https://openrouter.ai/api/v1), a base URL, the part before /embeddings, or a
target file (.yaml), which has the address, ceilings and known deviations; an
option of the command line goes before what the file says.

ceilings: no request is sent that could pass one; live, $0.05, 2,000 requests
and 8 a second unless you say otherwise, elsewhere $1 where the model list shows
prices or cannot be read.

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


_CEILINGS = {
    "requests": "{:,} requests",
    "per_second": "{:g} requests a second",
    "tokens": "{:,} tokens",
    "dollars": "${:g}",
    "seconds": "{:g} seconds",
    "concurrency": "{} at once",
}
"""The ceilings in words."""


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
        "--plan",
        action="store_true",
        help="send nothing to the target: print what a run of each profile uses up at most",
    )
    parser.add_argument("--known", metavar="FILE", help="a file with known deviations, in place of the target's")
    parser.add_argument(
        "--write-known",
        type=Path,
        metavar="FILE",
        help="write a target file there in which all that fails is a known deviation",
    )
    parser.add_argument("--har", type=Path, metavar="FILE", help="keep every exchange there, without keys")
    _add_ceilings(parser)
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


def _add_ceilings(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("ceilings, where a run stops and tells what it has found out")
    option = group.add_argument
    option("--max-requests", type=arguments.count, metavar="N", help="requests in all")
    option("--max-tokens", type=arguments.count, metavar="N", help="input tokens in all, a byte of text counted as one")
    option("--max-dollars", type=arguments.dollars, metavar="USD", help="US dollars in all, by the listed prices")
    option("--rate", type=arguments.rate, metavar="N", help="requests a second")
    option("--time", type=arguments.seconds, metavar="SECONDS", help="seconds that the run may take")
    option(
        "--concurrency",
        type=arguments.concurrency,
        metavar="N",
        help="requests under way at once (default: the target's, 4)",
    )


def run(options: argparse.Namespace) -> int:
    """Check the target, print and write the results, and return the exit code."""
    with Interruption(signal.SIGINT, signal.SIGTERM) as interruption:
        records = _checked(options, interruption)
    return ExitCode.CONFORMS if records is None else _told(options, records, interruption)


def _checked(options: argparse.Namespace, interruption: Interruption) -> RunRecords | None:
    """Return the records of a run; None after its plan was printed."""
    selected = selecting.select(options)
    from openrouter_conformance import report, runner  # noqa: PLC0415 - only this command needs the heavy part
    from openrouter_conformance.report import drafts, terminal  # noqa: PLC0415

    if options.report is not None:
        report.check_writable(options.report)
    if options.write_known is not None:
        drafts.check_writable(options.write_known)
    plan = _planned(options, selected)
    if options.plan:
        _print_plan(plan)
        return None
    with terminal.ProgressBar(terminal.console()) as progress:
        records = runner.run(plan, os.environ, runner.NoProgress() if options.quiet else progress, interruption)
    return selecting.marked(options, records)


def _told(options: argparse.Namespace, records: RunRecords, interruption: Interruption) -> int:
    """Print and write the records, and return the exit code."""
    from openrouter_conformance.report import terminal  # noqa: PLC0415

    screen = terminal.console()
    written, problem = _written(options, records)
    if options.quiet:
        terminal.show_conclusion(screen, records)
    else:
        terminal.show(screen, records, verbose=options.verbose, written=written)
    if problem is not None:
        raise problem
    stopped = records.footer["stopped"]
    if stopped == INTERRUPTED:
        unfinished = f"interrupted; {records.footer['totals'][Status.NOT_RUN]} requirements were not checked."
        return say(interruption.exit_code or ExitCode.INTERRUPTED, unfinished)
    if stopped is not None:
        say(records.conclusion.exit_code, stopped)
    return records.conclusion.exit_code


def _planned(options: argparse.Namespace, selected: frozenset[str]) -> Plan:
    """Return what the options ask for."""
    from openrouter_conformance import runner  # noqa: PLC0415
    from openrouter_conformance.targets import Ceilings  # noqa: PLC0415

    return runner.Plan(
        target=options.target,
        selected=selected,
        profile=options.profile,
        seed=options.seed,
        model=options.model,
        key_variable=options.key_env,
        strict=options.strict,
        limits=Ceilings(
            requests=options.max_requests,
            per_second=options.rate,
            tokens=options.max_tokens,
            dollars=options.max_dollars,
            seconds=options.time,
            concurrency=options.concurrency,
        ),
        known_deviations=options.known,
        archive=options.har,
    )


def _written(options: argparse.Namespace, records: RunRecords) -> tuple[list[Path], UsageError | None]:
    """Write what the options ask for; return the paths, and what kept the others from being written."""
    from openrouter_conformance import report  # noqa: PLC0415

    written: list[Path] = []
    try:
        if options.report is not None:
            written += report.write(options.report, records)
        if options.write_known is not None:
            written.append(_draft(options, records))
    except UsageError as error:
        return written, error  # what was found out is printed none the less
    return written, None


def _print_plan(plan: Plan) -> None:
    """Print what a run would use up."""
    from openrouter_conformance import planning  # noqa: PLC0415
    from openrouter_conformance.foreign_text import printable  # noqa: PLC0415

    found = planning.forecast(plan)
    limits = [
        form.format(value) for name, form in _CEILINGS.items() if (value := getattr(found.ceilings, name)) is not None
    ]
    lines = [
        f"Plan for {found.target} with {found.model}: nothing was sent to it.",
        "",
        f"{'profile':8}{'requests':>10}{'tokens, at most':>18}{'dollars, at most':>18}",
        *(f"{one.profile:8}{one.requests:>10,}{one.tokens:>18,}{one.dollars:>18.6f}" for one in found.efforts),
        *(f"{name:8}not rehearsed, which takes minutes: add --profile {name}" for name in found.left_out),
        "",
        f"Ceilings, which a run stops at: {', '.join(limits)}.",
        "Assumed:",
        *(f"- {sentence}" for sentence in found.assumed),
    ]
    write("\n".join(map(printable, lines)))


def _draft(options: argparse.Namespace, records: RunRecords) -> Path:
    """Write the file of --write-known and return its path."""
    from openrouter_conformance.report import drafts  # noqa: PLC0415
    from openrouter_conformance.targets import describe  # noqa: PLC0415

    if records.footer["stopped"] is not None:
        raise UsageError(f"--write-known {options.write_known}: nothing was written, for the run is unfinished.")
    described = describe(
        options.target, key_variable=options.key_env, model=options.model, known_deviations=options.known
    )
    return drafts.write(options.write_known, described, records)
