"""The command `openrouter-mock`; its options and their effect also serve `openrouter-conformance mock`.

A console script imports this module before anything else, and other commands import it for its options. So it imports
nothing beyond the standard library until the mock is served or listed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
_PROGRAM = "openrouter-mock"
_EPILOG = """\
It serves until SIGTERM or Ctrl-C, and prints its base URL when it is ready.

exit codes: 0 it was stopped; 1 it failed; 2 it cannot be served with these options; 130 interrupted.
"""


class UsageError(Exception):
    """The command line cannot be followed; the text is one sentence that says why and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments` (those of the process by default) and return its exit code."""
    parser = argparse.ArgumentParser(
        prog=_PROGRAM,
        description="Serve a mock of OpenRouter's embeddings API.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_arguments(parser)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        return serve_from(parser.parse_args(arguments))
    except UsageError as error:
        return _report(USAGE, str(error))
    except ModuleNotFoundError as error:
        return _report(USAGE, missing_extra(error, "this command", "mock"))
    except KeyboardInterrupt:
        return _report(INTERRUPTED, "interrupted.")
    except BrokenPipeError:
        # The reader of our output has left: stop quietly, as other commands do.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as error:  # noqa: BLE001 - no traceback reaches a user
        return _report(FAILED, f"the mock failed: {type(error).__name__}: {error}")


def missing_extra(error: ModuleNotFoundError, what: str, extra: str) -> str:
    """Return the sentence for a missing import: *what* needs the *extra* of the distribution that brings it."""
    library = (error.name or "a library").partition(".")[0]
    return f"{what} needs {library}, which is not installed: pip install 'openrouter-embeddings[{extra}]'"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of a command that serves the mock; `serve_from` follows them."""
    parser.add_argument("--host", default="127.0.0.1", help="default 127.0.0.1")
    parser.add_argument("--port", type=_port, default=8000, help="default 8000; 0 chooses a free one")
    parser.add_argument(
        "--key", type=_key, action="append", default=[], help="API key to accept; repeatable; default: any sk-or-…"
    )
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME", help="fault to inject, or one scenario; repeatable"
    )
    parser.add_argument(
        "--latency", type=_seconds, default=0.0, metavar="SECONDS", help="delay of each response, default 0"
    )
    parser.add_argument("--seed", type=natural, default=0, metavar="N", help="seed of the vectors, default 0")
    parser.add_argument(
        "--list-scenarios",
        action="store_true",
        help="include the mock/… models, which trigger scenarios, in the model list",
    )
    parser.add_argument(
        "--leading-whitespace",
        action="store_true",
        help="begin successful responses with white space, as the live API often does",
    )
    parser.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default="warning",
        help="info logs one line of JSON per request, without keys and inputs",
    )
    parser.add_argument("--allow-remote", action="store_true", help="allow a --host beyond this machine")
    listing = parser.add_mutually_exclusive_group()
    listing.add_argument("--list-faults", action="store_true", help="print the faults that --fault accepts, and exit")
    listing.add_argument(
        "--list-scenario-names", action="store_true", help="print the scenarios that --fault accepts, and exit"
    )


def serve_from(options: argparse.Namespace) -> int:
    """Serve the mock until it is stopped, or print a listing, and return the exit code.

    Args:
        options: What a parser with `add_arguments` has parsed.

    Raises:
        UsageError: The mock cannot be served with these options.
        ModuleNotFoundError: The extra `mock` is not installed, see `missing_extra`.

    """
    if options.list_faults:
        return print_faults()
    if options.list_scenario_names:
        return print_scenarios()
    from .server import serve  # noqa: PLC0415
    from .settings import MockSettings  # noqa: PLC0415

    settings = MockSettings(
        host=options.host,
        port=options.port,
        keys=tuple(options.key),
        faults=tuple(options.fault),
        latency=options.latency,
        seed=options.seed,
        leading_whitespace=options.leading_whitespace,
        list_scenarios=options.list_scenarios,
        log_level=options.log_level,
        allow_remote=options.allow_remote,
    )
    try:
        serve(settings)
    except ValueError as error:
        raise UsageError(_sentence(error)) from None
    except OSError as error:
        raise UsageError(
            f"cannot serve at {options.host}:{options.port}: {error.strerror or error}; "
            "choose another --port (0 chooses a free one) or --host."
        ) from None
    return OK


def print_faults() -> int:
    """Print the name and the description of each fault, and return the exit code."""
    from .faults import FAULTS  # noqa: PLC0415

    return _print_table({name: fault.description for name, fault in FAULTS.items()})


def print_scenarios() -> int:
    """Print the name and the description of each scenario, and return the exit code."""
    from .scenarios import SCENARIOS  # noqa: PLC0415

    return _print_table({name: scenario.description for name, scenario in SCENARIOS.items()})


def _print_table(rows: dict[str, str]) -> int:
    width = max(map(len, rows))
    sys.stdout.write("".join(f"{name:{width}}  {description}\n" for name, description in rows.items()))
    sys.stdout.flush()
    return OK


def natural(text: str) -> int:
    """Return the number that an option gives: whole, from 0, of 64 bits."""
    return _integer(text, "a number", 2**64 - 1)


def _port(text: str) -> int:
    return _integer(text, "a port", 2**16 - 1)


def _integer(text: str, what: str, maximum: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if not 0 <= number <= maximum:
        raise argparse.ArgumentTypeError(f"{text[:50]!r} is not {what} from 0 to {maximum}")
    return number


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 3600:
        raise argparse.ArgumentTypeError(f"{text[:50]!r} is not a number of seconds from 0 to 3600")
    return number


def _key(text: str) -> str:
    """Return *text*; reject, without repeating it, what no Authorization header can carry."""
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise argparse.ArgumentTypeError("the key is empty or has characters that an Authorization header cannot carry")
    return text


def _sentence(error: Exception) -> str:
    """Return the text of *error*, which ends in a full stop unless it is a question."""
    text = str(error)
    return text if text.endswith("?") else f"{text}."


def _report(code: int, sentence: str) -> int:
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{_PROGRAM}: {' '.join(sentence.split())}\n")
    return code
