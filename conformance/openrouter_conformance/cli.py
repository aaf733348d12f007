"""The command `openrouter-conformance`."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from openrouter_conformance import version
from openrouter_conformance.verdicts import HarnessError, TargetError, UsageError
from openrouter_mock import cli as mock_cli

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openrouter_conformance.requirements import Requirement

CONFORMS, VIOLATED, USAGE, UNJUDGED, INTERRUPTED = 0, 1, 2, 3, 130

_RUN_EPILOG = """\
TARGET is `mock` (the embedded reference server, the default), `live` (https://openrouter.ai/api/v1) or a
base URL, the part before /embeddings.

levels: violated requirements of the levels `required` and `expected` fail the run; those of the level
`observed` are reported and never do.

keys: OPENROUTER_API_KEY is sent to openrouter.ai only; other targets get CONFORMANCE_API_KEY, or the
variable that --key-env names.

exit codes: 0 the target conforms; 1 it does not; 2 the command line cannot be followed; 3 the target cannot
be reached or judged, or the suite itself failed; 130 interrupted.
"""


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
        return _say(USAGE, str(error))
    except ModuleNotFoundError as error:
        return _say(USAGE, mock_cli.missing_extra(error, "this command", "conformance"))
    except (TargetError, HarnessError) as error:
        return _say(UNJUDGED, str(error))
    except KeyboardInterrupt:
        return _say(INTERRUPTED, "interrupted; nothing was written.")
    except BrokenPipeError:
        # The reader of our output has left: close it quietly, as other commands do.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNJUDGED
    except Exception as error:  # noqa: BLE001 - no traceback reaches a user
        return _say(UNJUDGED, f"the suite failed, not the target: {type(error).__name__}: {error}")


def _run(options: argparse.Namespace) -> int:
    from openrouter_conformance import requirements  # noqa: PLC0415 - only this command needs the heavy part

    chosen = requirements.select(requirements.load(), options.only, options.skip)
    from openrouter_conformance import run  # noqa: PLC0415

    return run.run(
        run.Plan(
            target=options.target,
            chosen=chosen,
            profile=options.profile,
            seed=options.seed,
            report=options.report,
            model=options.model,
            key_variable=options.key_env,
        ),
        os.environ,
    )


def _requirements(options: argparse.Namespace) -> int:
    from openrouter_conformance import requirements  # noqa: PLC0415

    _print(_listing(requirements.load(), options.format))
    return CONFORMS


def _explain(options: argparse.Namespace) -> int:
    from openrouter_conformance import requirements  # noqa: PLC0415

    found = {one.id: one for one in requirements.load()}.get(options.id)
    if found is None:
        raise UsageError(f"no requirement is named {options.id!r}; `openrouter-conformance requirements` lists them.")
    _print(_explanation(found))
    return CONFORMS


def _listing(requirements: Sequence[Requirement], form: str) -> str:
    if form == "json":
        fields = ("id", "level", "text", "source", "faults")
        return json.dumps([{name: getattr(one, name) for name in fields} for one in requirements], indent=2)
    if form == "markdown":
        rows = [f"| `{one.id}` | {one.level} | {one.text.replace('|', chr(92) + '|')} |" for one in requirements]
        return "\n".join(["| requirement | level | what a server does |", "| --- | --- | --- |", *rows])
    width = max(len(one.id) for one in requirements)
    return "\n".join(f"{one.id:{width}}  {one.level:8}  {one.text}" for one in requirements)


def _explanation(requirement: Requirement) -> str:
    from openrouter_conformance import checks  # noqa: PLC0415
    from openrouter_mock.faults import FAULTS  # noqa: PLC0415

    proofs = [check.__doc__ or "" for check in checks.CHECKS.get(requirement.id, [])]
    standing = checks.STANDING.get(requirement.id)
    source = requirement.source
    lines = [
        f"{requirement.id} ({requirement.level})",
        f"  {requirement.text}",
        f"source: {'the contract at ' if source.startswith('#') else ''}{source}",
        *(f"checked: {proof}" for proof in proofs),
        *([f"checked on every exchange: {standing.glance.__doc__}"] if standing is not None else []),
        "caught, among others:",
        *(f"  {name}: {FAULTS[name].description}" for name in requirement.faults),
    ]
    return "\n".join(lines)


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
    explain = commands.add_parser("explain", help="say what one requirement is, where it comes from, what it catches")
    explain.add_argument("id", metavar="ID")
    explain.set_defaults(command=_explain)
    faults = commands.add_parser("faults", help="list the faults that `mock --fault NAME` can inject")
    faults.set_defaults(command=lambda _: mock_cli.print_faults())
    return parser


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser(
        "run",
        help="judge a server",
        description="Judge a server by every requirement and print the verdicts.",
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
        "--only", action="append", default=[], metavar="GLOB", help="judge only these requirements; repeatable"
    )
    run.add_argument(
        "--skip", action="append", default=[], metavar="GLOB", help="leave these requirements out; repeatable"
    )
    run.add_argument("--report", type=Path, metavar="DIR", help="write results.jsonl and junit.xml there")
    run.add_argument("--model", metavar="ID", help="the model to ask (default: the target's, else the cheapest listed)")
    run.add_argument("--key-env", metavar="NAME", help="the environment variable that holds the target's key")
    run.set_defaults(command=_run)


def _add_mock(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    mock = commands.add_parser("mock", help="serve the reference mock")
    mock_cli.add_arguments(mock)
    mock.set_defaults(command=mock_cli.serve_from)


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")


def _say(code: int, sentence: str) -> int:
    sys.stderr.write(f"openrouter-conformance: {' '.join(sentence.split())}\n")
    return code
