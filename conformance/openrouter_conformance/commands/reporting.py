"""`openrouter-conformance report`: views of a run that is over."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from openrouter_conformance.commands import arguments, output
from openrouter_conformance.errors import UsageError
from openrouter_conformance.status import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openrouter_conformance.report.records import RunRecords

_FORMATS = ("html", "markdown", "junit", "badge", "ctrf")
_COMPARING = ("html", "markdown")
_EPILOG = """\
formats: `html` is one page that needs nothing else, `markdown` the summary of a
CI job, `junit` and `ctrf` test results for CI systems, `badge` the JSON of a
shields.io endpoint badge.

exit codes: 0 the report is written, whatever it says; 2 it cannot be.
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare `report`."""
    parser = commands.add_parser(
        "report",
        help="show the records of a run: as a page, a summary, a badge, test results",
        description="Write a view of results.jsonl, the file that `run --report DIR` writes.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "results",
        metavar="[NAME=]RESULTS",
        help="results.jsonl, or the folder it is in; NAME is what it is called",
    )
    parser.add_argument("--format", choices=_FORMATS, default="html", help="what to write (default html)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where to write it (default: standard output)")
    parser.add_argument(
        "--compare",
        nargs="+",
        action="extend",
        default=[],
        metavar="[NAME=]OTHER",
        help="show these runs beside it (html and markdown)",
    )
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Write the report that the options ask for."""
    if options.compare and options.format not in _COMPARING:
        raise UsageError(f"--compare with --format {options.format}: it takes {' or '.join(_COMPARING)}.")
    from openrouter_conformance.report import records  # noqa: PLC0415 - only this command needs it

    named = [_named(text) for text in (options.results, *options.compare)]
    first, *others = (records.read(path, allow_cut=True) for _, path in named)
    output.write_to(options.output, _render(options.format, first, others, [name for name, _ in named]))
    return ExitCode.CONFORMS


def _render(form: str, first: RunRecords, others: Sequence[RunRecords], names: Sequence[str | None]) -> str:
    from openrouter_conformance.report import badge, ctrf, junit, markdown  # noqa: PLC0415

    match form:
        case "markdown":
            return markdown.render(first, others, names)
        case "junit":
            return junit.render(first)
        case "badge":
            return badge.render(first)
        case "ctrf":
            return ctrf.render(first)
        case _:
            from openrouter_conformance.report import page  # noqa: PLC0415 - Jinja2 is slow to import

            return page.render(first, others, names)


def _named(text: str) -> tuple[str | None, Path]:
    """Return the name and the file of `[NAME=]FILE`; a file whose own name has an equals sign is found, too."""
    name, separator, path = text.partition("=")
    if separator and name and not Path(text).exists():
        return name, arguments.results_file(Path(path))
    return None, arguments.results_file(Path(text))
