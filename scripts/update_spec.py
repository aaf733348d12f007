"""Upstream → pin: cut OpenRouter's published document down to the contract's structure.

Reads a published OpenAPI document (a URL or a file, YAML or JSON), keeps the chosen operations and all that
they reach, writes them in one idiom and one order to the pin, and notes in the lock beside it where they came
from. Exits 0 when the pin was written or is unchanged, and 2 when the document was refused, with nothing
written.
"""

import argparse
import datetime as dt
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from spec.canonical import canonical, digest, dump
from spec.changes import list_changes
from spec.errors import Refusal
from spec.files import replace_files
from spec.load import parse_document, parse_tree
from spec.lock import lock_path, read_lock, render_lock
from spec.names import check_names
from spec.normalize_document import normalise
from spec.slicing import Choice, check_guarded, choose_operations, prune, slice_document
from spec.source import Source, read_source

PUBLISHED = "https://openrouter.ai/openapi.yaml"
PIN = Path(__file__).resolve().parent.parent / "openapi.yaml"
COMMENT = "Made by scripts/update_spec.py from the document OpenRouter publishes; do not edit."
_LINES_SHOWN = 40


class Made(NamedTuple):
    """A pin, ready to be written, and what it was made from."""

    document: dict[str, Any]
    choice: Choice
    pin: dict[str, Any]
    text: bytes


def make_pin(source: Source, wanted: Sequence[str] = ()) -> Made:
    """Return the pin of the operations *wanted* of *source* (all defaults when none); raises Refusal."""
    document = parse_document(source.raw, source.label)
    choice = choose_operations(document, wanted)
    plain = normalise(slice_document(document, choice.operations))
    check_guarded(document, plain)
    pin = canonical(prune(plain))
    check_names(pin)
    return Made(document, choice, pin, dump(pin, COMMENT).encode())


def update(source: Source, output: Path, wanted: Sequence[str], date: dt.date | None) -> list[str]:
    """Write the pin of *source* to *output* and its lock beside it; return the lines to show the user.

    Files that would stay the same are not touched. Raises Refusal, and then nothing was written.
    """
    made = make_pin(source, wanted)
    lock = read_lock(lock_path(output))
    new_lock = render_lock({**lock, **_sections(source, made, lock, date)})
    before = {path: path.read_bytes() if path.exists() else None for path in (output, lock_path(output))}
    after = {output: made.text, lock_path(output): new_lock}
    replace_files({path: data for path, data in after.items() if before[path] != data})
    lines = [f"the document has no {name}: the pin goes without it" for name in made.choice.absent]
    print(*(f"update_spec.py: {line}" for line in lines), sep="\n", end="\n" if lines else "", file=sys.stderr)
    return _summary(output, before[output], made, unchanged=before == after)


def _sections(source: Source, made: Made, lock: dict[str, Any], date: dt.date | None) -> dict[str, Any]:
    upstream: dict[str, Any] = lock.get("upstream", {})
    if upstream.get("sha256") != digest(source.raw) or date:
        today = dt.datetime.now(dt.UTC).date()
        upstream = {
            "bytes": len(source.raw),
            "date": (date or today).isoformat(),
            "openapi": str(made.document["openapi"]),
            "sha256": digest(source.raw),
            "source": source.label,
            "version": made.pin["info"]["version"],
        }
    operations = {
        operation.name: {
            "method": operation.method.upper(),
            "path": operation.path,
            "upstream_id": operation.upstream_id,
        }
        for operation in made.choice.operations
    }
    pin = {"absent": list(made.choice.absent), "operations": operations, "sha256": digest(made.text)}
    return {"upstream": upstream, "pin": pin}


def _summary(output: Path, before: bytes | None, made: Made, *, unchanged: bool) -> list[str]:
    count = _counted(len(made.choice.operations), "operation")
    if unchanged:
        return [f"{output} is unchanged: {count}"]
    if before == made.text:
        return [f"{output} is unchanged ({count}); upstream changed in words only, which its lock notes"]
    if before is None:
        return [f"{output} written: {count}, {len(made.text)} bytes"]
    try:
        changes = list_changes(parse_tree(before, str(output)), made.pin)
    except Refusal:
        return [f"{output} written: {count}; what was there before could not be read"]
    if not changes:
        return [f"{output} written: {count}; only its spelling changed"]
    more = [f"and {len(changes) - _LINES_SHOWN} more"] if len(changes) > _LINES_SHOWN else []
    return [f"{output} written: {count}, {_counted(len(changes), 'change')}", *changes[:_LINES_SHOWN], *more]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit code."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a character gets its code
    try:
        source = read_source(options.source)
        lines = update(source, options.output, options.operation, options.date)
    except Exception as error:  # noqa: BLE001 - whatever happens, a person gets one sentence and no traceback
        print(f"update_spec.py: {_sentence(error)}", file=sys.stderr)
        return 2
    print(*lines, sep="\n")
    return 0


def _sentence(error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, OSError):
        return Refusal(f"{error.filename}: {error.strerror or error}.")
    return Refusal(f"a fault of this command, not of the document ({type(error).__name__}: {error}); report it.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="update_spec.py", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--from",
        dest="source",
        default=PUBLISHED,
        metavar="FILE_OR_URL",
        help="the published document (%(default)s)",
    )
    parser.add_argument(
        "--operation",
        action="append",
        default=[],
        metavar="ID",
        help="an operation to keep, by operationId or 'METHOD /path'; '*' for all; repeatable "
        "(createEmbeddings and listEmbeddingsModels)",
    )
    parser.add_argument("--output", type=Path, default=PIN, metavar="FILE", help="the pin (openapi.yaml)")
    parser.add_argument(
        "--date", type=dt.date.fromisoformat, metavar="YYYY-MM-DD", help="the document's date (today, UTC)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
