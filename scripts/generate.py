"""Make the client from the pin: `python scripts/generate.py [--spec FILE] [--output DIR] [--check]`.

The pin is corrected, documented and fitted to the generator by the overlays, the client is built aside and verified
(every operation has its module, everything imports, `mypy --strict` passes), and only then put in place. Exit codes:
0 made or unchanged, 1 drift (`--check`), 2 refused, with nothing written.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from codegen import contract, generator
from spec.canonical import digest, dump
from spec.errors import Refusal
from spec.files import replace_files
from spec.load import read_document
from spec.lock import lock_path, read_lock, render_lock

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
        print(f"generate.py: {_sentence(error)}", file=sys.stderr)
        return 2


def _sentence(error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, OSError):
        return Refusal(f"{error.filename or 'a file'}: {error.strerror or error}.")
    return Refusal(f"a fault of this command, not of the pin ({type(error).__name__}: {error}); report it.")


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
    made: dict[str, Any] = {
        "inputs": {"pin": _digest_of_file(spec), **generator.inputs()},
        "tools": generator.versions(),
    }
    if check and (stale := _stale(spec, lock, made)):
        return _say_drift(stale)
    if not check and _edited(lock, made):
        raise Refusal(
            f"{spec} is not the pin that {lock_path(spec).name} describes: nobody edits it by hand; make it again with "
            "update_spec.py (or give a copy of it, without a lock, to --spec)."
        )
    built = contract.build(_read_pin(spec))
    _report_misses(built, tolerate=tolerate)
    _check_operations(built.contract, lock)
    target = output / generator.PACKAGE
    with tempfile.TemporaryDirectory(prefix="generate-") as workspace:
        package = generator.make_package(
            Path(workspace),
            built.generator_input,
            dump(built.contract, CONTRACT_HEADER),
            contract_date=lock.get("upstream", {}).get("date"),
        )
        made["files"] = len(generator.package_files(package))
        made["package"] = generator.digest_of_folder(package)
        drift = _drift(package, target)
        if check:
            return _say_drift(drift)
        if not drift and lock.get("made") == made:
            print(f"{target} is up to date.")
            return 0
        _refuse_to_delete(target)
        with _swapped(package, target):
            replace_files({lock_path(spec): render_lock({**lock, "made": made})})
    print(f"{target}: {made['files']} files from {spec.name}, {len(drift)} changed.")
    return 0


def _digest_of_file(path: Path) -> str:
    try:
        return digest(path.read_bytes())
    except OSError as error:
        raise Refusal(f"{path} cannot be read: {error.strerror or error}.") from None


def _read_pin(spec: Path) -> dict[str, Any]:
    pin = read_document(spec)
    for key in ("paths", "components", "info"):
        if not isinstance(pin.get(key), dict):
            raise Refusal(f"{spec} has no mapping {key!r}: it is no pin; make one with update_spec.py.")
    return pin


def _edited(lock: dict[str, Any], made: dict[str, Any]) -> bool:
    """Tell whether the pin is another than the one that `update_spec.py` wrote."""
    now = made["inputs"]["pin"]
    return bool(lock.get("pin", {}).get("sha256", now) != now)


def _stale(spec: Path, lock: dict[str, Any], made: dict[str, Any]) -> list[str]:
    """Return a line for each input and tool that is not the one the lock names."""
    name = lock_path(spec).name
    if _edited(lock, made):
        return [f"{spec.name} is not the pin that {name} describes"]
    noted = lock.get("made", {})
    if not isinstance(noted.get("inputs"), dict) or not isinstance(noted.get("tools"), dict):
        return [f"{name} does not say what the client was made from"]
    return [
        f"{what} is not what the client was made from ({name} has {noted[part].get(what)}, here it is {now})"
        for part in ("inputs", "tools")
        for what, now in made[part].items()
        if noted[part].get(what) != now
    ]


def _report_misses(built: contract.Built, *, tolerate: bool) -> None:
    if not built.misses:
        return
    for miss in built.misses:
        print(f"generate.py: {miss}", file=sys.stderr)
    if not tolerate:
        raise Refusal(
            f"{len(built.misses)} overlay actions have no effect on this pin: upstream may have made them its own; "
            "remove each, or mend its target (for a document of another date: --tolerate-misses)"
        )


def _check_operations(document: dict[str, Any], lock: dict[str, Any]) -> None:
    present = {operation.get("operationId") for _, _, operation in generator.operations(document)}
    missing = set(lock.get("pin", {}).get("operations", ["createEmbeddings"])) - present
    if missing:
        raise Refusal(f"the contract has no operation {min(missing)}: make the pin again with update_spec.py")


def _drift(made: Path, there: Path) -> list[str]:
    """Return a line for each file that differs between what was made and what is there."""
    new = {path.relative_to(made).as_posix(): path.read_bytes() for path in generator.package_files(made)}
    old = {}
    if there.is_dir():
        old = {path.relative_to(there).as_posix(): path.read_bytes() for path in generator.package_files(there)}
    words = {(True, False): "is missing", (False, True): "does not belong there", (True, True): "differs"}
    return [
        f"{there.name}/{name} {words[name in new, name in old]}"
        for name in sorted(new | old)
        if new.get(name) != old.get(name)
    ]


def _say_drift(drift: list[str]) -> int:
    for line in drift:
        print(f"generate.py: {line}", file=sys.stderr)
    if drift:
        print("generate.py: run `python scripts/generate.py` and commit what changes", file=sys.stderr)
        return 1
    print("The client is the one that the pin, the overlays, the templates and the tools make.")
    return 0


def _refuse_to_delete(target: Path) -> None:
    """Refuse when files that no run of this command has made would go with the old package."""
    made = (b"# Generated by `python scripts/generate.py`", b"# Copied by `python scripts/generate.py`")
    for path in generator.package_files(target):
        if path.name not in {"py.typed", "openapi.yaml"} and not path.read_bytes().startswith(made):
            raise Refusal(f"{path} is not a file that this command has made, and would be deleted: move it away")


@contextlib.contextmanager
def _swapped(package: Path, target: Path) -> Iterator[None]:
    """Put the new package in the place of the old one, which comes back if that, or the work inside, fails."""
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=".swap-", dir=target.parent))
    try:
        shutil.copytree(package, staged / "new")
        if target.exists():
            target.rename(staged / "old")
        try:
            (staged / "new").rename(target)
            yield
        except BaseException:
            if target.exists():
                target.rename(staged / "failed")
            if (staged / "old").exists():
                (staged / "old").rename(target)
            raise
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _accept_stock_templates() -> int:
    path = generator.TEMPLATES / generator.STOCK
    replace_files({path: (json.dumps(generator.stock_digests(), indent=2, sort_keys=True) + "\n").encode()})
    print(f"{path.name}: recorded for openapi-python-client {generator.versions()['openapi-python-client']}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
