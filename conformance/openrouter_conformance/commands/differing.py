"""`openrouter-conformance diff`: what changed from one run to the next."""

from __future__ import annotations

import argparse
from pathlib import Path

from openrouter_conformance.commands import arguments, output
from openrouter_conformance.status import ExitCode

_EPILOG = """\
exit codes: 0 nothing fails that did not fail before; 1 something does; 2 a file
cannot be read; 3 nothing does so far, but the newer run is unfinished.
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare `diff`."""
    parser = commands.add_parser(
        "diff",
        help="tell what fails, passes, is new or gone since another run",
        description="Tell what changed from one results.jsonl to another.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("old", type=Path, metavar="OLD", help="results.jsonl, or the folder it is in")
    parser.add_argument("new", type=Path, metavar="NEW", help="that of the newer run")
    parser.add_argument("--format", choices=("text", "markdown", "json"), default="text")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where to write it (default: standard output)")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Write what changed, and return whether something newly fails."""
    from openrouter_conformance.report import changes, records  # noqa: PLC0415 - only this command needs them

    old, new = (records.read(arguments.results_file(path), allow_cut=True) for path in (options.old, options.new))
    changed = changes.changes(old, new)
    write = {"text": changes.as_text, "markdown": changes.as_markdown, "json": changes.as_json}[options.format]
    output.write_to(options.output, write(changed))
    if changed.has_new_failures:
        return ExitCode.DOES_NOT_CONFORM
    return ExitCode.CONFORMS if changed.is_finished else ExitCode.NOT_CHECKED
