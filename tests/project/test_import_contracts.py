"""Who may import whom: what import-linter's contracts in pyproject.toml leave open, and that they catch what they forbid."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import grimp
import pytest

REPOSITORY = Path(__file__).parents[2]
CLIENT = "openrouter_embeddings"
NEEDED = {"anyio", "attrs", "httpx"}
ACCELERATORS = {"msgspec", "numpy", "orjson", "pybase64", "simdjson", "tenacity"}
"""What the extras of the client bring: imported inside a function, or in a `try` that goes on without."""

SETTINGS: dict[str, Any] = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
CONTRACTS = {contract["id"]: contract for contract in SETTINGS["importlinter"]["contracts"]}
PATH = SETTINGS["hatch"]["build"]["dev-mode-dirs"]
"""The folders in which the packages are found."""

IMPORT_ALL = """
import sys
for name in sys.argv[1:]:
    sys.modules[name] = None  # as if it were not installed
import attrs, httpx
needed = set(sys.modules)
import importlib, pkgutil
import openrouter_embeddings as client
for module in pkgutil.walk_packages(client.__path__, client.__name__ + ".", onerror=lambda _: None):
    try:
        importlib.import_module(module.name)
    except ImportError as error:
        assert "pip install 'openrouter-embeddings[" in str(error), error
        assert not hasattr(client, module.name.rpartition(".")[2]), "imported with the package"
loaded = {name.partition(".")[0] for name in set(sys.modules) - needed if sys.modules[name]}
print(*sorted(loaded - sys.stdlib_module_names))
"""


def test_client_imports_the_standard_library_attrs_and_httpx() -> None:
    """Each other package that its code names is an accelerator."""
    graph = grimp.build_graph(CLIENT, include_external_packages=True, cache_dir=None)
    own = graph.find_descendants(CLIENT) | {CLIENT}
    named = {name for module in own for name in graph.find_modules_directly_imported_by(module)} - own
    assert named >= NEEDED
    assert named - set(sys.stdlib_module_names) - NEEDED <= ACCELERATORS


def test_client_is_imported_without_its_accelerators() -> None:
    """Every module imports without them, but for those that name the extra to install; no other package is loaded."""
    command = [sys.executable, "-c", IMPORT_ALL, *sorted(ACCELERATORS)]
    done = subprocess.run(command, cwd=REPOSITORY / "generated", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, done.stdout.split()) == (0, "", [CLIENT])


def test_commands_are_what_nobody_imports() -> None:
    """The contract about the commands names each of them."""
    commands = {path.stem for path in (REPOSITORY / "scripts").glob("*.py")}
    assert commands < set(CONTRACTS["commands-unused"]["forbidden_modules"])


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the code that the contracts are about, and the contracts."""
    folder = tmp_path_factory.mktemp("copied")
    for name in (*PATH, "examples", "benchmarks"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(REPOSITORY / "pyproject.toml", folder / "pyproject.toml")
    return folder


def layer(contract: str, index: int) -> str:
    """Return the first module in a layer of a contract."""
    name = re.split(r"[|:]", CONTRACTS[contract]["layers"][index])[0].strip()
    return ".".join([*CONTRACTS[contract].get("containers", []), name])


VIOLATIONS = [
    ("packages", "openrouter_mock", CLIENT),
    ("packages", "openrouter_mock", "openrouter_conformance"),
    ("packages", CLIENT, "openrouter_mock"),
    ("scripts-apart", "scripts", CLIENT),
    ("scripts-apart", "spec", "openrouter_mock"),
    ("scripts-apart", "codegen", "openrouter_conformance"),
    ("commands-unused", "openrouter_conformance", "update_spec"),
    ("commands-unused", "codegen", "generate"),
    ("scripts-unused", "benchmarks", "spec"),
    ("scripts-unused", "examples", "codegen"),
    ("codegen-over-spec", "spec", "codegen"),
    ("pin-without-codegen", "scripts.update_spec", "codegen"),
    ("mock-layers", layer("mock-layers", -1), layer("mock-layers", 0)),
    ("conformance-layers", layer("conformance-layers", -1), layer("conformance-layers", 0)),
]


@pytest.mark.parametrize(("contract", "importer", "imported"), VIOLATIONS, ids=str)
def test_contract_catches_a_forbidden_import(copied: Path, contract: str, importer: str, imported: str) -> None:
    """An import for annotations only, added at the end of a module or in a module of its own, breaks the contract."""
    module = _file(copied, importer)
    before = module.read_text(encoding="utf-8") if module.exists() else None
    added = f"\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import {imported}\n"
    module.write_text((before or "") + added, encoding="utf-8")
    try:
        broken = _lint(copied, contract)
    finally:
        module.unlink() if before is None else module.write_text(before, encoding="utf-8")
    line = added.count("\n") + (before or "").count("\n")
    assert f"-> {imported} (l.{line})" in broken


@pytest.mark.parametrize("package", CONTRACTS["acyclic"]["ancestors"])
def test_contract_catches_a_cycle(copied: Path, package: str) -> None:
    """Two modules of a package that import each other break the contract."""
    root = _file(copied, package).parent
    for one, other in (("added_here", "added_there"), ("added_there", "added_here")):
        (root / f"{one}.py").write_text(f"import {package}.{other}\n", encoding="utf-8")
    try:
        broken = _lint(copied, "acyclic")
    finally:
        for name in ("added_here", "added_there"):
            (root / f"{name}.py").unlink()
    assert f"No cycles are allowed in {package}." in broken
    assert ".added_" in broken


def _file(folder: Path, module: str) -> Path:
    """Return the file of a module: for a folder without `__init__.py`, a new one in it."""
    for root in (*PATH, "."):
        path = folder.joinpath(root, *module.split("."))
        if path.with_suffix(".py").exists():
            return path.with_suffix(".py")
        if path.is_dir():
            package = path / "__init__.py"
            return package if package.exists() else path / "added.py"
    raise AssertionError(f"no module {module} in {folder}")


def _lint(folder: Path, contract: str) -> str:
    """Return what import-linter prints about one contract, which must be broken."""
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", code, "--no-cache", "--no-logo", "--contract", contract]
    path = os.pathsep.join(str(folder / name) for name in PATH)
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "200"},
    )
    assert (done.returncode, done.stderr) == (1, ""), done.stdout + done.stderr
    return done.stdout
