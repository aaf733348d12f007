"""Two documents → what changed on the wire, for whom it breaks, and a witness: `diff_spec.py OLD NEW`.

OLD and NEW are pins, published documents or git revisions (`HEAD~1`, `v0.1.0:openapi.yaml`). Both are cut down to
the operations of the lock and written in one way before they are compared, so that dialect, order, references and
prose make no difference. Exits 0 when nothing breaks, 1 when something does that nobody has accepted, 2 when the
documents could not be compared.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from spec.diff import render
from spec.diff.accepted import read_accepted, review
from spec.diff.compare import compare
from spec.diff.kinds import KINDS
from spec.diff.revisions import read_revision
from spec.diff.versions import add_to_changelog, bump_of, changelog_entry, next_version, package_version
from spec.errors import InputError, describe_failure
from spec.files import replace_files
from spec.lock import lock_path, read_lock
from spec.operations import list_operations, nearest_name, remembered_operations
from spec.pin import build_pin

REPOSITORY = Path(__file__).resolve().parent.parent
PIN = REPOSITORY / "openapi.yaml"
_FORMATS = {"text": render.as_text, "markdown": render.as_markdown, "json": render.as_json}


def main(arguments: Sequence[str] | None = None, pin: Path = PIN) -> int:
    """Run the command; return the exit code.

    Args:
        arguments: of the command line.
        pin: the pin of this repository: its lock says which operations are compared, its folder where git is asked.

    """
    options = _parser().parse_args(arguments)
    try:
        if options.kinds:
            print(*_list_kinds(), sep="\n")
            return 0
        return _diff(options, pin)
    except Exception as error:  # noqa: BLE001 - whatever happens, a person gets one sentence and no traceback
        print(f"diff_spec.py: {describe_failure(error, 'the documents')}", file=sys.stderr)
        return 2


def _diff(options: argparse.Namespace, pin: Path) -> int:
    if options.old is None or options.new is None:
        raise InputError("two documents are expected, OLD and NEW: files, or git revisions such as HEAD~1.")
    known = remembered_operations(read_lock(lock_path(pin)))
    old, new = (
        build_pin(read_revision(given, pin), options.operation or list(known), known=known, tolerate_absent=True)
        for given in (options.old, options.new)
    )
    lacking = set(old.choice.absent) & set(new.choice.absent)
    if lacking:
        near = nearest_name(min(lacking), list_operations(new.document))
        hint = f"{near} is the nearest name" if near else "check its name"
        raise InputError(f"neither document has an operation {min(lacking)!r}: {hint}.")
    changes = compare(old.tree, new.tree)
    version = package_version(REPOSITORY / "pyproject.toml")
    reviewed = review(changes, read_accepted(options.accept) if options.accept else [])
    suggested = next_version(version, bump_of(changes))
    diff = render.Diff(options.old, options.new, changes, reviewed, version, suggested)
    if options.changelog:
        text = add_to_changelog(options.changelog.read_text("utf-8"), changelog_entry(changes))
        replace_files({options.changelog: text.encode()})
    print(*_FORMATS[options.format](diff), sep="\n")
    return 1 if reviewed.breaking else 0


def _list_kinds() -> list[str]:
    width = max(len(name) for name in KINDS)
    return [
        f"{kind.name:{width}}  readers: {kind.readers:8}  version: {kind.bump:5}  {kind.oasdiff or '-'}"
        for kind in KINDS.values()
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="diff_spec.py", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("old", nargs="?", metavar="OLD", help="a file, or a git revision")
    parser.add_argument("new", nargs="?", metavar="NEW", help="the later one")
    parser.add_argument(
        "--operation",
        action="append",
        default=[],
        metavar="ID",
        help="an operation to compare, by operationId or 'METHOD /path'; '*' for all; repeatable (those of the lock)",
    )
    parser.add_argument("--format", choices=sorted(_FORMATS), default="text")
    parser.add_argument("--accept", type=Path, metavar="FILE", help="reviewed breaking changes, by kind, place, reason")
    parser.add_argument(
        "--changelog",
        nargs="?",
        type=Path,
        const=REPOSITORY / "CHANGELOG.md",
        metavar="FILE",
        help="write the changes under Unreleased as well (CHANGELOG.md)",
    )
    parser.add_argument("--kinds", action="store_true", help="list the kinds of changes, with oasdiff's ids")
    return parser


if __name__ == "__main__":
    sys.exit(main())
