"""Nothing is lost, everything imports, the types are right: operations of the pin, modules of the package."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

from codegen.tools import run_python
from spec.errors import InputError
from spec.files import list_files
from spec.operations import REQUIRED, list_operations


def check_operations(package: Path, document: dict[str, Any]) -> None:
    """Refuse a package in which an operation has no module of its own, named after its operationId."""
    modules = Counter(path.stem for path in (package / "api").rglob("*.py"))
    for operation in list_operations(document):
        name = _snake_case(operation.name)
        modules[name] -= 1  # each operation takes one: two of the same name need two
        if modules[name] < 0:
            raise InputError(f"the generator lost {operation.place}: there is no module {name}.py of its own.")


def check_locked_operations(document: dict[str, Any], lock: dict[str, Any]) -> None:
    """Refuse a contract that lacks an operation of the pin, as the lock lists them."""
    present = {operation.name for operation in list_operations(document)}
    missing = set(lock.get("pin", {}).get("operations", [REQUIRED])) - present
    if missing:
        raise InputError(f"the contract has no operation {min(missing)}: write the pin again with update_spec.py.")


def check_imports(package: Path) -> None:
    """Refuse a package with a module that does not import, or warns when it is imported."""
    names = [
        ".".join((package.name, *path.relative_to(package).with_suffix("").parts)).removesuffix(".__init__")
        for path in list_files(package)
        if path.suffix == ".py"
    ]
    code = f"import importlib\nfor name in {names!r}: importlib.import_module(name)"
    environment = {**os.environ, "PYTHONPATH": str(package.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    run_python(["-W", "error", "-c", code], "the generated package does not import", environment)


def check_types(package: Path, workspace: Path) -> None:
    """Refuse a package that `mypy --strict` finds fault with; mypy's cache goes into the workspace."""
    config = workspace / "mypy.ini"
    config.write_text("[mypy]\n", encoding="utf-8")
    options = ["--strict", f"--config-file={config}", f"--cache-dir={workspace / 'mypy-cache'}", "--no-error-summary"]
    run_python(["-m", "mypy", *options, str(package)], "the generated package does not pass mypy --strict")


def _snake_case(operation_id: str) -> str:
    from openapi_python_client.strings import PythonIdentifier  # noqa: PLC0415 - only needed here, and slow

    return str(PythonIdentifier(operation_id, prefix="field_"))
