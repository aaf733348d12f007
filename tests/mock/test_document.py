"""The document on testing with the mock says what the code does."""

from __future__ import annotations

import argparse
import re
import tomllib
from pathlib import Path
from types import CodeType

import pytest

from openrouter_conformance import pytest_plugin
from openrouter_mock import cli
from openrouter_mock.scenarios import SCENARIOS
from openrouter_mock.server import MockServer

REPOSITORY = Path(__file__).parents[2]
DOCUMENT = (REPOSITORY / "docs" / "testing-with-the-mock.md").read_text(encoding="utf-8")


def rows(head: str) -> list[tuple[str, ...]]:
    """Return the cells of the table whose first heading is *head*."""
    table = DOCUMENT.split(f"\n| {head} |", 1)[1].split("\n\n", 1)[0]
    return [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in table.splitlines()[2:]]


def test_the_table_of_scenarios_is_theirs() -> None:
    """Every scenario is there with its status and description, in the order of the code."""
    expected = [
        (f"`{name}`", str(each.status) if each.has_response else "none", each.description)
        for name, each in SCENARIOS.items()
    ]
    assert rows("scenario") == expected


def test_the_table_of_flags_is_that_of_the_command() -> None:
    """Every flag of the command is there with its help."""
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    flags = [each for each in parser._actions if each.dest != "help"]
    shown = [(cell.strip("`").split(" ")[0], meaning) for cell, meaning in rows("flag")]
    assert shown == [(flag.option_strings[-1], flag.help) for flag in flags]


def test_the_table_of_options_is_that_of_the_plugin() -> None:
    """Every option of the suite's plugin is there with its help."""
    parser = pytest.Parser(_ispytest=True)
    pytest_plugin.pytest_addoption(parser)
    group = parser.getgroup("conformance")
    expected = [(option.names()[0], option.attrs()["help"]) for option in group.options]
    shown = [(cell.strip("`").split(" ")[0], meaning) for cell, meaning in rows("option")]
    assert shown == expected


@pytest.mark.parametrize("name", ["test_embed", "test_a_lost_connection_is_tried_again"])
def test_the_examples_with_the_client_of_this_package_pass(name: str) -> None:
    """The tests that the document shows pass against a mock."""
    with MockServer() as mock:
        run_example("openrouter_embeddings", name, mock)


def test_the_example_with_other_settings_passes() -> None:
    """The test that the document shows for a mock with other settings passes."""
    run_example("openrouter_mock", "test_slow_server")


def test_the_extras_that_the_document_names_exist() -> None:
    """Each `pip install` names an extra of the distribution, and there is one from a checkout, git and an index."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    commands = re.findall(r"pip install '(.*?)\[(\w+)\](.*?)'", DOCUMENT)
    assert [(name, rest.partition("<")[0]) for name, _, rest in commands] == [
        (".", ""),
        (project["name"], " @ git+"),
        (project["name"], ""),
    ]
    assert {extra for _, extra, _ in commands} <= set(project["optional-dependencies"])


@pytest.mark.parametrize("package", ["openai", "langchain_openai"])
def test_the_examples_with_other_clients_are_python(package: str) -> None:
    """The tests that the document shows for clients which are not installed here compile, and use the fixture."""
    assert "test_embed" in example(package, "test_embed").co_names
    assert "def test_embed(openrouter_mock):" in DOCUMENT


def example(package: str, test: str) -> CodeType:
    """Return the example of *test* that imports from *package*, compiled."""
    blocks = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    (found,) = (block for block in blocks if f"from {package} " in block and f"def {test}(" in block)
    return compile(found, package, "exec")


def run_example(package: str, test: str, *fixtures: object) -> None:
    """Run the *test* that the document shows with *package*."""
    names: dict[str, object] = {}
    exec(example(package, test), names)
    function = names[test]
    assert callable(function)
    function(*fixtures)
