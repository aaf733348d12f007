"""One document → contradictions and traps in it, with a value that falls into each: `lint_spec.py FILE`.

FILE is a published document, a pin, or a git revision. Only the operations of the lock are looked at, or those named by
`--operation`, with all that they reach. Exits 0 when nothing was found, 1 when something was, 2 when the document could
not be read.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from spec.canonical import json_text
from spec.diff.render import printable
from spec.diff.revisions import read_revision
from spec.errors import describe_failure
from spec.lint.findings import NO_WITNESS, SEVERITIES, Finding
from spec.lint.lint_document import lint_document
from spec.load import parse_document
from spec.lock import lock_path, read_lock
from spec.operations import choose_operations, remembered_operations

PIN = Path(__file__).resolve().parent.parent / "openapi.yaml"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        source = read_revision(options.file, PIN)
        document = parse_document(source.raw, source.label)
        known = remembered_operations(read_lock(lock_path(PIN)))
        choice = choose_operations(document, options.operation, known=known)
        findings = lint_document(document, choice.operations)
    except Exception as error:  # noqa: BLE001 - whatever happens, a person gets one sentence and no traceback
        print(f"lint_spec.py: {describe_failure(error, 'the document')}", file=sys.stderr)
        return 2
    for name in choice.absent:
        print(f"lint_spec.py: the document has no {name}: it was not looked at", file=sys.stderr)
    print(*(_as_json(findings) if options.format == "json" else _as_text(findings)), sep="\n")
    return 1 if findings else 0


def _as_text(findings: Sequence[Finding]) -> list[str]:
    lines = [printable(f"{each.severity}  {each.rule}  {each.where}: {each.text}{_witness(each)}") for each in findings]
    counts = Counter(finding.severity for finding in findings)
    parts = [f"{counts[severity]} {severity}" for severity in SEVERITIES if counts[severity]]
    noun = "finding" if len(findings) == 1 else "findings"
    return [*lines, f"{len(findings)} {noun}: {', '.join(parts)}" if findings else "no findings"]


def _witness(finding: Finding) -> str:
    if finding.witness is NO_WITNESS:
        return ""
    text = json_text(finding.witness)
    return f": {text}" if len(text) <= 200 else ""  # an example stands in the document, at the place that is named


def _as_json(findings: Sequence[Finding]) -> list[str]:
    trees = [
        {
            "severity": finding.severity,
            "rule": finding.rule,
            "where": finding.where,
            "text": finding.text,
            **({} if finding.witness is NO_WITNESS else {"witness": finding.witness}),
        }
        for finding in findings
    ]
    return json.dumps({"findings": trees}, indent=2).splitlines()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lint_spec.py", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", metavar="FILE", help="a document, or a git revision")
    parser.add_argument(
        "--operation",
        action="append",
        default=[],
        metavar="ID",
        help="an operation to look at, by operationId or 'METHOD /path'; '*' for all; repeatable (those of the lock)",
    )
    parser.add_argument("--format", choices=["text", "json"], default="text")
    return parser


if __name__ == "__main__":
    sys.exit(main())
