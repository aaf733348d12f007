"""`openrouter-conformance replay`: judge exchanges that were recorded elsewhere."""

from __future__ import annotations

import argparse
from pathlib import Path

from openrouter_conformance.commands import selecting
from openrouter_conformance.errors import UsageError
from openrouter_conformance.status import Status

_EPILOG = """\
FILE is a HAR file (of browsers, proxies, Polly.js), a VCR cassette in YAML or
JSON (VCR, vcrpy, Betamax, go-vcr, PHP-VCR, R's vcr), what nock, WireMock,
Hoverfly or MockServer recorded, a Postman collection with examples, a session
of Charles in JSON, the results.jsonl of a run, any of them with .gz after it,
or a folder of such files.

Answers are judged by themselves, and compared where one text was embedded
twice: alone and in a batch, as floats and in base64. What the recordings cannot
decide is `not-seen`. Errors of other paths of the same API count, too.

exit codes: 0 nothing was broken; 1 something was; 2 the command line, or a
file, cannot be followed.
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare `replay`."""
    parser = commands.add_parser(
        "replay",
        help="check recorded exchanges",
        description="Check exchanges that were recorded elsewhere, without sending anything.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--base-url", metavar="URL", help="the server to judge, where the recordings have several")
    selecting.add_globs(parser)
    parser.add_argument("--known", metavar="FILE", help="a target file, for its known deviations")
    parser.add_argument("--report", type=Path, metavar="DIR", help="write results.jsonl and junit.xml there")
    parser.add_argument("--strict", action="store_true", help="let warnings fail, too")
    parser.add_argument("-v", "--verbose", action="store_true", help="print also what passed and what was not seen")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Judge the recordings, print and write the results, and return the exit code."""
    from openrouter_conformance import report, requirements  # noqa: PLC0415 - only this command needs the heavy part
    from openrouter_conformance.recordings.exchanges import exchanges_of  # noqa: PLC0415
    from openrouter_conformance.recordings.files import read_recordings  # noqa: PLC0415
    from openrouter_conformance.recordings.judging import judge  # noqa: PLC0415
    from openrouter_conformance.report import terminal  # noqa: PLC0415
    from openrouter_conformance.targets import target_file  # noqa: PLC0415

    selected = requirements.select(requirements.load(), options.only, options.skip)
    if options.report is not None:
        report.check_writable(options.report)
    recordings = read_recordings(options.files)
    server = exchanges_of(recordings.calls, options.base_url)
    known = () if options.known is None else target_file.read(options.known).known
    records = judge(server, recordings.left_out, strict=options.strict, selected=selected, known_deviations=known)
    if not any(
        records.footer["totals"][status] for status in (Status.PASSED, Status.FAILED, Status.WARNING, Status.KNOWN)
    ):
        raise UsageError("the recordings decide none of the chosen requirements.")
    written = [] if options.report is None else report.write(options.report, records)
    screen = terminal.console()
    terminal.show_opening(screen, records.header)
    terminal.show(screen, records, verbose=options.verbose, written=written)
    return records.conclusion.exit_code
