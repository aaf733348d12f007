"""The command `openrouter-conformance`."""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from openrouter_conformance import version
from openrouter_conformance.errors import HarnessError, TargetError, UsageError
from openrouter_conformance.foreign_text import printable
from openrouter_conformance.status import ExitCode, Status
from openrouter_mock import cli as mock_cli

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openrouter_conformance.requirements import Requirement


_RUN_EPILOG = """\
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

_MOST_AT_ONCE = 256


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments` (those of the process by default) and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        options = _parser().parse_args(arguments)
        command: Callable[[argparse.Namespace], int] = options.command
        return command(options)
    except (UsageError, mock_cli.UsageError) as error:
        return _say(ExitCode.USAGE, str(error))
    except ModuleNotFoundError as error:
        return _say(ExitCode.USAGE, mock_cli.missing_extra(error, "this command", "conformance"))
    except (TargetError, HarnessError) as error:
        return _say(ExitCode.NOT_CHECKED, str(error))
    except KeyboardInterrupt:
        return _say(ExitCode.INTERRUPTED, "interrupted; nothing was written.")
    except BrokenPipeError:
        # The reader of our output has left: close it quietly, as other commands do.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.NOT_CHECKED
    except Exception as error:  # noqa: BLE001 - no traceback reaches a user
        return _say(ExitCode.NOT_CHECKED, f"the suite failed, not the target: {type(error).__name__}: {error}")


def _run(options: argparse.Namespace) -> int:
    from openrouter_conformance import requirements  # noqa: PLC0415 - only this command needs the heavy part

    selected = requirements.select(requirements.load(), options.only, options.skip)
    from openrouter_conformance import report, runner  # noqa: PLC0415
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
        return _say(code, unfinished)
    if stopped is not None:
        _say(records.conclusion.exit_code, stopped)
    return records.conclusion.exit_code


def _requirements(options: argparse.Namespace) -> int:
    from openrouter_conformance import requirements  # noqa: PLC0415

    _print(_listing(requirements.load(), options.format))
    return ExitCode.CONFORMS


def _explain(options: argparse.Namespace) -> int:
    from openrouter_conformance import explain  # noqa: PLC0415

    _print(explain.explain(options.name))
    return ExitCode.CONFORMS


def _listing(requirements: Sequence[Requirement], form: str) -> str:
    if form == "json":
        fields = ("id", "level", "text", "source")
        return json.dumps([{name: getattr(one, name) for name in fields} for one in requirements], indent=2)
    if form == "markdown":
        rows = [f"| `{one.id}` | {one.level} | {one.text.replace('|', chr(92) + '|')} |" for one in requirements]
        return "\n".join(["| requirement | level | what a server does |", "| --- | --- | --- |", *rows])
    width = max(len(one.id) for one in requirements)
    return "\n".join(f"{one.id:{width}}  {one.level:8}  {one.text}" for one in requirements)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="openrouter-conformance", description="Prove that a server keeps OpenRouter's embeddings contract."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version()}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_run(commands)
    _add_mock(commands)
    listing = commands.add_parser("requirements", help="list what is required of a server")
    listing.add_argument("--format", choices=("text", "markdown", "json"), default="text")
    listing.set_defaults(command=_requirements)
    explain = commands.add_parser("explain", help="explain one requirement, or one fault of the mock")
    explain.add_argument("name", metavar="ID", help="the id of a requirement or the name of a fault")
    explain.set_defaults(command=_explain)
    faults = commands.add_parser("faults", help="list the faults that `mock --fault NAME` can inject")
    faults.set_defaults(command=lambda _: mock_cli.print_faults())
    return parser


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser(
        "run",
        help="check a server",
        description="Check a server by every requirement and print the results.",
        epilog=_RUN_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument("target", nargs="?", default="mock", metavar="TARGET")
    run.add_argument(
        "--profile", choices=("quick", "default", "deep"), default="default", help="how much effort to make"
    )
    run.add_argument(
        "--seed", type=mock_cli.natural, default=0, metavar="N", help="chooses the generated requests (default 0)"
    )
    run.add_argument(
        "--only", action="append", default=[], metavar="GLOB", help="check only these requirements; repeatable"
    )
    run.add_argument(
        "--skip", action="append", default=[], metavar="GLOB", help="leave these requirements out; repeatable"
    )
    run.add_argument("--report", type=Path, metavar="DIR", help="write results.jsonl and junit.xml there")
    run.add_argument("--model", metavar="ID", help="the model to ask (default: the target's, else the cheapest listed)")
    run.add_argument("--key-env", metavar="NAME", help="the environment variable that holds the target's key")
    run.add_argument(
        "--concurrency", type=_count, metavar="N", help="requests under way at once, at most (default: the target's, 4)"
    )
    run.add_argument("--time", type=_seconds, metavar="SECONDS", help="stop after so long (default: no limit)")
    run.add_argument("--strict", action="store_true", help="let warnings fail the run, too")
    shown = run.add_mutually_exclusive_group()
    shown.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="print also what passed, what did not apply, what rests on failures",
    )
    shown.add_argument("-q", "--quiet", action="store_true", help="print the conclusion alone")
    run.set_defaults(command=_run)


def _add_mock(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    mock = commands.add_parser("mock", help="serve the reference mock")
    mock_cli.add_arguments(mock)
    mock.set_defaults(command=mock_cli.serve_from)


def _count(text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() else 0
    if not 1 <= number <= _MOST_AT_ONCE:
        raise argparse.ArgumentTypeError(f"{text[:50]!r} is not a number from 1 to {_MOST_AT_ONCE}")
    return number


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text[:50]!r} is not a number of seconds above 0")
    return number


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


def _say(code: int, sentence: str) -> int:
    sys.stderr.write(f"openrouter-conformance: {printable(' '.join(sentence.split()))}\n")
    return code
