"""Dated documents → `docs/contract-history.md`: `contract_history.py FOLDER`.

FOLDER holds published documents with their day in the file name (`*2026-08-22*.yaml`). The documentation site's
rendering of single endpoints is left out: it says less than was published. Exits 0 when the page was written, 2 when a
document was refused, with nothing written.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from spec.diff.history import Dated, history_page
from spec.errors import InputError, describe_failure
from spec.files import replace_files
from spec.lock import lock_path, read_lock
from spec.normalize_document import is_docs_rendering
from spec.operations import remembered_operations
from spec.pin import build_pin
from spec.source import read_source

REPOSITORY = Path(__file__).resolve().parent.parent
PAGE = REPOSITORY / "docs" / "contract-history.md"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SUFFIXES = {".yaml", ".yml", ".json"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        pins = sorted(_dated_pins(options.folder), key=lambda dated: dated.date)
        if len(pins) < 2:
            raise InputError(f"{options.folder} holds fewer than two dated documents: nothing can be compared.")
        page = history_page(pins, "python scripts/contract_history.py FOLDER")
        replace_files({options.output: page.encode()})
    except Exception as error:  # noqa: BLE001 - whatever happens, a person gets one sentence and no traceback
        print(f"contract_history.py: {describe_failure(error, 'the documents')}", file=sys.stderr)
        return 2
    print(f"{options.output}: {len(pins)} documents, {pins[0].date} to {pins[-1].date}")
    return 0


def _dated_pins(folder: Path) -> Iterator[Dated]:
    known = remembered_operations(read_lock(lock_path(REPOSITORY / "openapi.yaml")))
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder: dated documents are expected in it.")
    for path in sorted(folder.iterdir()):
        found = _DATE.search(path.name)
        if path.suffix in _SUFFIXES and found:
            pin = build_pin(read_source(str(path)), list(known), known=known, tolerate_absent=True)
            if not is_docs_rendering(pin.document):
                yield Dated(found[0], pin.tree)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="contract_history.py", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="published documents with dates in their names")
    parser.add_argument("--output", type=Path, default=PAGE, metavar="FILE", help="the page (docs/contract-history.md)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
