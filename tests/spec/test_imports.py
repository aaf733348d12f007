"""What may import what in `scripts`: `spec` stands alone, and nothing imports in a circle."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
PACKAGES = ("spec", "codegen")
MODULES = {
    f"{package}.{path.stem}": path
    for package in PACKAGES
    for path in sorted((SCRIPTS / package).glob("*.py"))
    if path.stem != "__init__"
}


def imported(path: Path) -> set[str]:
    """Return the modules of `spec` and `codegen` that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module in PACKAGES:
            found |= {f"{node.module}.{name.name}" for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return {name for name in found if name.split(".")[0] in PACKAGES}


def test_spec_imports_nothing_of_codegen() -> None:
    """A document is read, changed and compared without anything that generates code."""
    assert {name.split(".")[0] for path in (SCRIPTS / "spec").glob("*.py") for name in imported(path)} == {"spec"}


def test_the_command_that_writes_the_pin_needs_spec_only() -> None:
    """`update_spec.py` runs without the generator."""
    names = imported(SCRIPTS / "update_spec.py")
    assert names
    assert {name.split(".")[0] for name in names} == {"spec"}


def test_no_module_imports_itself_through_others() -> None:
    """The modules can be put in an order in which each imports earlier ones only."""
    graph = {name: imported(path) for name, path in MODULES.items()}
    assert {name for names in graph.values() for name in names} <= graph.keys()
    assert set(TopologicalSorter(graph).static_order()) == graph.keys()


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_lists_its_modules(package: str) -> None:
    """The docstring of a package names every module of it, once."""
    listed = [
        line.split("`")[1]
        for line in (SCRIPTS / package / "__init__.py").read_text(encoding="utf-8").splitlines()
        if line.startswith("- `")
    ]
    assert sorted(listed) == sorted(name.split(".")[1] for name in MODULES if name.startswith(f"{package}."))
