"""The maps of the packages: the docstring of a package leads a newcomer to each of its modules."""

from __future__ import annotations

import ast
import pkgutil
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PACKAGES = (
    "scripts/spec",
    "scripts/codegen",
    "conformance/openrouter_mock",
    "conformance/openrouter_conformance",
)


@pytest.mark.parametrize("package", PACKAGES)
def test_the_map_names_every_module(package: str) -> None:
    """The docstring of each package names each of its modules, and nothing that looks like one and is not."""
    folder = REPOSITORY / package
    modules = {each.name for each in pkgutil.iter_modules([str(folder)])} - {"__main__"}
    words = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""
    listed = re.findall(r"^(?:- |  )(.*)", words, re.MULTILINE)
    named = {name for line in listed for name in re.findall(r"`([a-z_]+)`", line)}
    assert modules <= named
    assert {name for name in named - modules if "_" in name} <= {path.name for path in folder.parent.iterdir()}


def test_the_page_on_architecture_names_every_folder() -> None:
    """`docs/architecture.md` has each folder of the repository, and each module of the client's runtime."""
    page = (REPOSITORY / "docs" / "architecture.md").read_text("utf-8")
    folders = [
        *PACKAGES,
        "scripts/overlays",
        "scripts/templates",
        "scripts/runtime",
        "generated",
        "tests",
        "benchmarks",
    ]
    assert [folder for folder in folders if f"`{folder}/`" not in page] == []
    runtime = [path.name for path in (REPOSITORY / "scripts" / "runtime").glob("*.py")]
    assert [name for name in runtime if f"`{name}`" not in page] == []
