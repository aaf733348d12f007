"""Upstream → pin: cut OpenRouter's published document down to the contract's structure.

Reads a published OpenAPI document (a URL or a file, YAML or JSON), keeps the chosen operations and all that they reach,
writes them in one form and one order to the pin, and notes in the lock beside it where they came from. Exits 0 when the
pin was written or is unchanged, and 2 when the document was refused, with nothing written.
"""

import argparse
import datetime as dt
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spec.canonical import digest
from spec.diff import render
from spec.diff.compare import compare
from spec.diff.sentences import group_lines
from spec.errors import InputError, describe_failure
from spec.files import replace_files
from spec.generatable import check_generatable
from spec.lock import lock_path, read_lock, render_lock
from spec.operations import ALL, remembered_operations
from spec.pin import Pin, build_pin
from spec.source import Source, read_source

PUBLISHED = "https://openrouter.ai/openapi.yaml"
PIN = Path(__file__).resolve().parent.parent / "openapi.yaml"


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
        print(f"update_spec.py: {describe_failure(error, 'the document')}", file=sys.stderr)
        return 2
    print(*lines, sep="\n")
    return 0


def update(source: Source, output: Path, wanted: Sequence[str], date: dt.date | None) -> list[str]:
    """Write a pin and its lock beside it; files that would stay the same are not touched.

    Args:
        source: the published document.
        output: where the pin goes.
        wanted: the operations to keep, as `--operation` names them; when empty, those of the lock.
        date: the day of the document; today in UTC if not given, or the day in the lock if the document is the same.

    Returns:
        The lines to show to the user.

    Raises:
        InputError: the document is refused, and nothing was written.

    """
    lock = read_lock(lock_path(output))
    pin = build_pin(source, wanted, known=remembered_operations(lock))
    check_generatable(pin.tree)
    new_lock = render_lock({**lock, **_sections(source, pin, lock, date)})
    before = {path: path.read_bytes() if path.exists() else None for path in (output, lock_path(output))}
    after = {output: pin.text, lock_path(output): new_lock}
    replace_files({path: data for path, data in after.items() if before[path] != data})
    for name in pin.choice.absent:
        print(f"update_spec.py: the document has no {name}: the pin goes without it", file=sys.stderr)
    return _summary(output, before[output], pin, unchanged=before == after)


def _sections(source: Source, pin: Pin, lock: dict[str, Any], date: dt.date | None) -> dict[str, Any]:
    """Return the sections `upstream` and `pin` of the lock."""
    upstream: dict[str, Any] = lock.get("upstream", {})
    if upstream.get("sha256") != digest(source.raw) or date:
        today = dt.datetime.now(dt.UTC).date()
        upstream = {
            "bytes": len(source.raw),
            "date": (date or today).isoformat(),
            "openapi": str(pin.document["openapi"]),
            "sha256": digest(source.raw),
            "source": source.label,
            "version": pin.tree["info"]["version"],
        }
    operations = {
        operation.name: {
            "method": operation.method.upper(),
            "path": operation.path,
            "upstream_id": operation.upstream_id,
        }
        for operation in pin.choice.operations
    }
    section = {"absent": list(pin.choice.absent), "operations": operations, "sha256": digest(pin.text)}
    return {"upstream": upstream, "pin": section}


def _summary(output: Path, before: bytes | None, pin: Pin, *, unchanged: bool) -> list[str]:
    count = _counted(len(pin.choice.operations), "operation")
    if unchanged:
        return [f"{output} is unchanged: {count}"]
    if before == pin.text:
        return [
            f"{output} is unchanged ({count}); upstream changed nothing that it holds, and its lock has the new digest"
        ]
    if before is None:
        return [f"{output} written: {count}, {len(pin.text)} bytes"]
    try:
        changes = compare(build_pin(Source(before, str(output)), [ALL], tolerate_absent=True).tree, pin.tree)
    except InputError:
        return [f"{output} written: {count}; what was there before could not be read"]
    if not changes:
        return [f"{output} written: {count}; nothing changed on the wire"]
    lines = [render.text_line(line) for line in group_lines(changes)]
    return [f"{output} written: {count}, {render.count_changes(changes)}", *lines]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


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
        "(those of the lock; without a lock, createEmbeddings and listEmbeddingsModels)",
    )
    parser.add_argument("--output", type=Path, default=PIN, metavar="FILE", help="the pin (openapi.yaml)")
    parser.add_argument(
        "--date", type=dt.date.fromisoformat, metavar="YYYY-MM-DD", help="the document's date (today, UTC)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
