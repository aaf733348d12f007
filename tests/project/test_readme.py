"""What the README says is true."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from openrouter_mock.server import MockServer

REPOSITORY = Path(__file__).parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the code blocks of a language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_client_example_runs_against_the_mock(capsys: pytest.CaptureFixture[str]) -> None:
    """The example prints each text with the length of its vector."""
    (example,) = blocks("python")
    with MockServer() as server:
        code = example.replace("Client()", f"Client({server.key!r}, {server.url!r})")
        assert code != example
        exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    printed = capsys.readouterr().out.splitlines()
    assert [line.rsplit(" ", 2)[:2] for line in printed] == [["a cat sat", "1536"], ["a kitten slept", "1536"]]


@pytest.mark.parametrize(
    "checker", [["mypy", "--strict"], ["basedpyright", "--level=error"]], ids=["mypy", "basedpyright"]
)
def test_the_client_example_passes_strict_type_checking(tmp_path: Path, checker: list[str]) -> None:
    """The example is typed: strict type checkers find nothing."""
    (example,) = blocks("python")
    (tmp_path / "example.py").write_text(example, encoding="utf-8")
    settings = {"typeCheckingMode": "strict", "include": ["example.py"], "extraPaths": [str(REPOSITORY / "generated")]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    paths = {"mypy": ["example.py"], "basedpyright": ["--pythonpath", sys.executable]}[checker[0]]
    result = subprocess.run(
        [sys.executable, "-m", *checker, *paths],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MYPYPATH": str(REPOSITORY / "generated")},
        cwd=tmp_path,
    )
    assert result.returncode == 0, result.stdout


def test_continuous_integration_runs_the_commands_of_the_readme() -> None:
    """`.ci/run` makes the environment as the README does and runs both of its commands."""
    script = (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")
    commands = [line for block in blocks("sh") for line in block.splitlines() if "python3 -m venv" in line]
    assert len(commands) == 2
    for command in commands:
        for step in command.split(" && "):
            assert step in script


def test_every_path_that_the_documents_name_exists() -> None:
    """A folder or file named in backticks in the README or CONTRIBUTING is there."""
    text = README + (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:scripts|generated|conformance|tests|benchmarks|examples|docs)/[\w./-]*)`", text))
    assert named
    missing = [name for name in sorted(named) if not (REPOSITORY / name).exists()]
    assert missing == []
