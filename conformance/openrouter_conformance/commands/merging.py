"""`openrouter-conformance merge`: the shards of a run as one report."""

from __future__ import annotations

import argparse
from pathlib import Path

from openrouter_conformance.commands import arguments, output

_EPILOG = """\
The files are those of `run --shard 1/N` to `N/N` on one target, with the same
settings. A failure in one outweighs what another did not see.

exit codes: as `run` has them, of all shards together: 0 the target conforms,
1 it does not, 2 the files are no shards of one run, 3 a shard is unfinished.
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare `merge`."""
    parser = commands.add_parser(
        "merge",
        help="make one report of the shards of a run",
        description="Write one results.jsonl of several, and print the conclusion.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="results.jsonl, or the folder it is in")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="the results.jsonl to write")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> int:
    """Merge the files, write the result, and return the exit code of the run that they make."""
    from openrouter_conformance.merging import merge  # noqa: PLC0415 - only this command needs the heavy part
    from openrouter_conformance.report import labels, records  # noqa: PLC0415

    paths = [arguments.results_file(path) for path in options.files]
    merged = merge([(path.as_posix(), records.read(path, allow_cut=True)) for path in paths])
    output.write_to(options.output, records.as_text(merged))
    output.write(f"{labels.CONCLUSIONS[merged.conclusion].upper()}: {labels.totals(merged)}")
    return merged.conclusion.exit_code
