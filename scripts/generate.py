"""Generate the client from the pin: `python scripts/generate.py [--spec FILE] [--output DIR] [--check]`.

The pin is corrected, documented and fitted to the generator by the overlays, the client is built aside and verified
(every operation has its module, everything imports, `mypy --strict` passes), and only then put in place. Exit codes:
0 generated or unchanged, 1 drift (`--check`), 2 refused, with nothing written.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from codegen import drift, generator, generator_input, installation, stock_templates, tools
from spec import contract
from spec.canonical import dump
from spec.errors import InputError, describe_failure
from spec.files import digest_of_file, digest_of_folder, list_files, replace_files
from spec.load import read_document
from spec.lock import lock_path, read_lock, render_lock
from spec.operations import REQUIRED, list_operations
from spec.overlays import Miss

REPOSITORY = Path(__file__).parents[1]
CONTRACT_HEADER = "Made by `python scripts/generate.py` from the pin and the overlays: do not edit."


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        if options.accept_stock_templates:
            return _accept_stock_templates()
        return _generate(options.spec, options.output, check=options.check, tolerate=options.tolerate_misses)
    except Exception as error:  # noqa: BLE001 - whatever happens, a person gets one sentence and no traceback
        print(f"generate.py: {describe_failure(error, 'the pin')}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--spec", type=Path, default=REPOSITORY / "openapi.yaml", help="the pin (default: openapi.yaml)"
    )
    parser.add_argument(
        "--output", type=Path, default=REPOSITORY / "generated", help="the folder of the package (generated)"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when what is there has drifted")
    parser.add_argument(
        "--tolerate-misses",
        action="store_true",
        help="list overlay actions that have no effect instead of refusing; for documents of other dates",
    )
    parser.add_argument(
        "--accept-stock-templates",
        action="store_true",
        help="record the generator's stock templates as the ones that ours replace, after comparing them",
    )
    return parser


def _generate(spec: Path, output: Path, *, check: bool, tolerate: bool) -> int:
    lock = read_lock(lock_path(spec))
    generated: dict[str, Any] = {
        "inputs": {"pin": digest_of_file(spec), **generator.input_digests()},
        "tools": tools.versions(),
    }
    if check and (changes := drift.changed_inputs(spec, lock, generated)):
        return _report_drift(changes)
    if not check and drift.pin_is_edited(lock, generated):
        raise InputError(
            f"{spec} is not the pin that {lock_path(spec).name} describes: nobody edits it by hand; write it again "
            "with update_spec.py (or give a copy of it, without a lock, to --spec)."
        )
    target = output / generator.PACKAGE
    with tempfile.TemporaryDirectory(prefix="generate-") as workspace:
        package = _build_package(spec, lock, Path(workspace), tolerate=tolerate)
        changes = drift.changed_files(package, target)
        if check:
            return _report_drift(changes)
        generated |= {"files": len(list_files(package)), "package": digest_of_folder(package)}
        installation.check_replaceable(target)
        installation.remove_leftovers(target)
        if not changes and lock.get("generated") == generated:
            print(f"{target} is up to date.")
            return 0
        with installation.installed(package, target):
            replace_files({lock_path(spec): render_lock({**lock, "generated": generated})})
    print(f"{target}: {generated['files']} files from {spec.name}, {len(changes)} changed.")
    return 0


def _build_package(spec: Path, lock: dict[str, Any], workspace: Path, *, tolerate: bool) -> Path:
    """Return the package of a pin, built in a workspace and verified."""
    document, misses = contract.build_contract(_read_pin(spec))
    fitted, more_misses = generator_input.build_generator_input(document)
    _report_misses([*misses, *more_misses], tolerate=tolerate)
    _check_operations(document, lock)
    return generator.build_package(
        workspace,
        fitted,
        dump(document, CONTRACT_HEADER),
        contract_date=lock.get("upstream", {}).get("date"),
    )


def _read_pin(spec: Path) -> dict[str, Any]:
    pin = read_document(spec)
    for key in ("paths", "components", "info"):
        if not isinstance(pin.get(key), dict):
            raise InputError(f"{spec} has no mapping {key!r}: it is no pin; make one with update_spec.py.")
    return pin


def _report_misses(misses: list[Miss], *, tolerate: bool) -> None:
    for miss in misses:
        print(f"generate.py: {miss}", file=sys.stderr)
    if misses and not tolerate:
        raise InputError(
            f"{len(misses)} overlay actions have no effect on this pin. Where upstream has fixed this, remove the "
            "action; where it has moved or dropped what the action means, correct its target (for a document of "
            "another date: --tolerate-misses)."
        )


def _check_operations(document: dict[str, Any], lock: dict[str, Any]) -> None:
    present = {operation.name for operation in list_operations(document)}
    missing = set(lock.get("pin", {}).get("operations", [REQUIRED])) - present
    if missing:
        raise InputError(f"the contract has no operation {min(missing)}: write the pin again with update_spec.py.")


def _report_drift(changes: list[str]) -> int:
    for change in changes:
        print(f"generate.py: {change}", file=sys.stderr)
    if changes:
        print("generate.py: run `python scripts/generate.py` and commit what changes", file=sys.stderr)
        return 1
    print("The client is up to date with the pin, the overlays, the templates and the tools.")
    return 0


def _accept_stock_templates() -> int:
    stock_templates.accept_stock_templates()
    version = tools.versions()["openapi-python-client"]
    print(f"{stock_templates.RECORD.name}: recorded for openapi-python-client {version}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
