"""What the README says is true."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from openrouter_conformance.mock.server import MockServer

REPOSITORY = Path(__file__).parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the code blocks of a language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_client_example_runs_against_the_mock(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The example prints each text with the length of its vector."""
    (example,) = blocks("python")
    with MockServer() as server:
        monkeypatch.setenv("OPENROUTER_API_KEY", server.key)
        code = example.replace("Client()", f"Client(base_url={server.url!r})")
        assert code != example
        exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    printed = capsys.readouterr().out.splitlines()
    assert [line.rsplit(" ", 2)[:2] for line in printed] == [["a cat sat", "1536"], ["a kitten slept", "1536"]]


def test_the_client_example_passes_strict_type_checking(tmp_path: Path) -> None:
    """The example is typed: `mypy --strict` finds nothing."""
    (example,) = blocks("python")
    script = tmp_path / "example.py"
    script.write_text(example, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(script)]
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, env={"MYPYPATH": "generated"}, cwd=REPOSITORY
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
