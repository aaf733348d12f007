"""`openrouter-conformance report`: views of a run that is over."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from openrouter_conformance.commands import output
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
    parser.add_argument("results", type=Path, metavar="RESULTS", help="results.jsonl, or the folder that it is in")
    parser.add_argument("--format", choices=_FORMATS, default="html", help="what to write (default html)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where to write it (default: standard output)")
    parser.add_argument(
        "--compare", type=Path, nargs="+", action="extend", default=[], metavar="OTHER",
        help="show these runs beside it (html and markdown)",
    )  # fmt: skip
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Write the report that the options ask for."""
    if options.compare and options.format not in _COMPARING:
        raise UsageError(f"--compare with --format {options.format}: it takes {' or '.join(_COMPARING)}.")
    from openrouter_conformance.report import records  # noqa: PLC0415 - only this command needs it

    first, *others = (records.read(_file(path), allow_cut=True) for path in (options.results, *options.compare))
    output.write_to(options.output, _render(options.format, first, others))
    return ExitCode.CONFORMS


def _render(form: str, first: RunRecords, others: Sequence[RunRecords]) -> str:
    from openrouter_conformance.report import badge, ctrf, junit, markdown  # noqa: PLC0415

    match form:
        case "markdown":
            return markdown.render(first, others)
        case "junit":
            return junit.render(first)
        case "badge":
            return badge.render(first)
        case "ctrf":
            return ctrf.render(first)
        case _:
            from openrouter_conformance.report import page  # noqa: PLC0415 - Jinja2 is slow to import

            return page.render(first, others)


def _file(path: Path) -> Path:
    """Return the file of records at a path: in a folder, the one that `run --report` writes there."""
    from openrouter_conformance.report.records import FILE_NAME  # noqa: PLC0415

    return path / FILE_NAME if path.is_dir() else path
