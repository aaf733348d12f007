"""The package as a whole: its public names, and what it imports."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import openrouter_mock

PACKAGE = Path(openrouter_mock.__path__[0])
PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize("name", openrouter_mock.__all__)
def test_a_public_name_is_that_of_its_module(name: str) -> None:
    """What is imported from the package is the object that its module defines."""
    home = importlib.import_module(f"openrouter_mock.{openrouter_mock._HOMES[name]}")
    assert getattr(openrouter_mock, name) is getattr(home, name)
    assert name in dir(openrouter_mock)


def test_every_public_name_has_a_module() -> None:
    """The table of modules has each public name and no other, and other names are no attributes."""
    assert openrouter_mock._HOMES.keys() == set(openrouter_mock.__all__)
    with pytest.raises(AttributeError, match="module 'openrouter_mock' has no attribute 'MockSever'"):
        _ = openrouter_mock.MockSever  # type: ignore[attr-defined]


def test_importing_the_package_imports_nothing_else() -> None:
    """Public names are imported at their first use, and the package alone costs nothing."""
    script = (
        "import sys; before = set(sys.modules); import openrouter_mock, json\n"
        "print(json.dumps(sorted(name.partition('.')[0] for name in set(sys.modules) - before)))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run([sys.executable, "-c", script], env=environment, check=True, capture_output=True, text=True)
    assert set(json.loads(ran.stdout)) - set(sys.stdlib_module_names) == {"openrouter_mock"}


def test_the_extra_brings_what_the_package_imports() -> None:
    """The extra `mock`, with what the client needs anyway, is what the modules import; pytest is for the plugin alone."""
    imported = {
        path.name: {top for top in _tops(path) if top not in {*sys.stdlib_module_names, "openrouter_mock"}}
        for path in PACKAGE.rglob("*.py")
    }
    assert imported.pop("pytest_plugin.py") == {"pytest"}
    needed = set().union(*imported.values())
    distributions = importlib.metadata.packages_distributions()
    brought = {re.match(r"[\w-]+", each)[0] for each in PROJECT["optional-dependencies"]["mock"]}  # type: ignore[index]
    assert {_normalized(distributions[name][0]) for name in needed} - {"attrs"} == set(map(_normalized, brought))


def test_the_suites_extra_includes_that_of_the_mock() -> None:
    """`[conformance]` brings `[mock]`, and repeats nothing of it."""
    extras = PROJECT["optional-dependencies"]
    assert "openrouter-embeddings[mock]" in extras["conformance"]
    assert not set(extras["conformance"]) & set(extras["mock"])


def _tops(path: Path) -> set[str]:
    tops = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            tops |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            tops.add((node.module or "").partition(".")[0])
    return tops


def _normalized(name: str) -> str:
    return name.lower().replace("_", "-")
