"""The command `openrouter-conformance`."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from typing import TYPE_CHECKING

from openrouter_conformance import version
from openrouter_conformance.commands import checking, differing, listing, merging, replaying, reporting, soaking
from openrouter_conformance.commands.output import say
from openrouter_conformance.errors import HarnessError, TargetError, UsageError
from openrouter_conformance.interruption import Terminated
from openrouter_conformance.status import ExitCode
from openrouter_mock import cli as mock_cli

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments` (those of the process by default) and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        options = _parse(list(sys.argv[1:] if arguments is None else arguments))
        command: Callable[[argparse.Namespace], int] = options.command
        return command(options)
    except (UsageError, mock_cli.UsageError) as error:
        return say(ExitCode.USAGE, str(error))
    except ModuleNotFoundError as error:
        return say(ExitCode.USAGE, mock_cli.missing_extra(error, "this command", "conformance"))
    except (TargetError, HarnessError) as error:
        return say(ExitCode.NOT_CHECKED, str(error))
    except KeyboardInterrupt:
        return say(ExitCode.INTERRUPTED, "interrupted; nothing was written.")
    except Terminated:
        return say(ExitCode.TERMINATED, "terminated before there was a result; nothing was written.")
    except BrokenPipeError:
        # The reader of our output has left: close it quietly, as other commands do.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.NOT_CHECKED
    except Exception as error:  # noqa: BLE001 - no traceback reaches a user
        return say(ExitCode.NOT_CHECKED, f"the suite failed, not the target: {type(error).__name__}: {error}")


def _parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options; what follows `--` is for the tool that a command runs, where it runs one."""
    place = arguments.index("--") if "--" in arguments else len(arguments)
    options = parser().parse_args(arguments[:place])
    if place < len(arguments) and not hasattr(options, "after_dashes"):
        return parser().parse_args(arguments)
    options.after_dashes = arguments[place + 1 :]
    return options


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(
        prog="openrouter-conformance", description="Prove that a server keeps OpenRouter's embeddings contract."
    )
    made.add_argument("--version", action="version", version=f"%(prog)s {version()}")
    commands = made.add_subparsers(title="commands", required=True, metavar="COMMAND")
    checking.add_to(commands)
    replaying.add_to(commands)
    soaking.add_to(commands)
    reporting.add_to(commands)
    differing.add_to(commands)
    merging.add_to(commands)
    _add_mock(commands)
    listing.add_to(commands)
    faults = commands.add_parser("faults", help="list the faults that `mock --fault NAME` can inject")
    faults.set_defaults(command=lambda _: mock_cli.print_faults())
    return made


def _add_mock(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    mock = commands.add_parser("mock", help="serve the reference mock")
    mock_cli.add_arguments(mock)
    mock.set_defaults(command=mock_cli.serve_from)
