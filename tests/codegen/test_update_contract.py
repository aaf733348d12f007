"""The whole update: pin, overlays, client and suite, all in place or none of it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import update_contract
from checkout import REPOSITORY, contents, copy_checkout
from spec.canonical import dump
from spec.files import locked

PIN = REPOSITORY / "openapi.yaml"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the checkout that a test may change."""
    copy = copy_checkout(tmp_path / "checkout")
    for name in ("conformance", "pyproject.toml"):
        source = REPOSITORY / name
        if not (copy / name).exists():
            (copy / name).symlink_to(source)
    return copy


def upstream(tmp_path: Path, change: Any) -> Path:
    """Write the pin after a change, as a document that upstream might publish."""
    tree = yaml.safe_load(PIN.read_text("utf-8"))
    change(tree)
    path = tmp_path / "upstream-2026-09-01.yaml"
    path.write_text(dump(tree), "utf-8")
    return path


def state(repository: Path) -> list[Any]:
    """Return what an update may write."""
    files = [(repository / name).read_bytes() for name in ("openapi.yaml", "openapi.lock.json")]
    return [*files, contents(repository / "generated")]


def update(repository: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command of a checkout in a process of its own."""
    code = (
        "import sys, pathlib; sys.path.insert(0, 'scripts'); import update_contract; "
        "sys.exit(update_contract.main(sys.argv[1:], pathlib.Path.cwd()))"
    )
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)


def test_new_document_becomes_a_commit_ready_state(copied: Path, tmp_path: Path) -> None:
    """Pin, lock and client are in place, the suite passed, and the body of a pull request says what changed."""

    def adds(tree: dict[str, Any]) -> None:
        tree["components"]["schemas"]["InputModality"]["enum"].append("smell")

    body = tmp_path / "body.md"
    done = update(copied, "--from", upstream(tmp_path, adds), "--date", "2026-09-01", "--markdown", body)
    assert done.returncode == 0, done.stderr
    assert "response-enum-value-added" in done.stdout
    assert done.stdout.splitlines()[-1] == "1 change: 1 info; next version 0.1.1 (now 0.1.0)"
    assert "smell" in (copied / "openapi.yaml").read_text("utf-8")
    assert any("smell" in path.read_text("utf-8") for path in (copied / "generated").rglob("*.py"))
    assert body.read_text("utf-8").startswith("**1 change: 1 info;")


def test_overlay_without_effect_leaves_everything_as_it_was(copied: Path, tmp_path: Path) -> None:
    """A documented property that upstream removed is named; pin, lock and client are put back."""
    before = state(copied)
    source = upstream(tmp_path, lambda t: t["components"]["schemas"]["PublicPricing"]["properties"].pop("audio"))
    done = update(copied, "--from", source)
    assert done.returncode == 2
    assert "upstream has removed or renamed " in done.stderr
    assert done.stderr.splitlines()[-1] == (
        "update_contract.py: generate.py failed; pin, lock and client are as they were."
    )
    assert state(copied) == before


def test_failing_suite_leaves_everything_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the last step fails, what the first ones wrote is put back, and the exit code says that it was the suite."""
    pin = tmp_path / "openapi.yaml"
    pin.write_text("before\n", "utf-8")

    def run(command: Any, _: Path, code: int) -> None:
        (tmp_path / "generated").mkdir(exist_ok=True)
        pin.write_text("after\n", "utf-8")
        if command is update_contract._SUITE:
            raise update_contract._StepError("the suite on the mock", code)

    monkeypatch.setattr(update_contract, "_run", run)
    assert update_contract.main([], tmp_path) == 1
    assert capsys.readouterr().err == (
        "update_contract.py: the suite on the mock failed; pin, lock and client are as they were.\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["openapi.yaml"]
    assert pin.read_text("utf-8") == "before\n"


KILLED = """
import os, pathlib, sys
sys.path.insert(0, "scripts")
import update_contract
def killed(*_):
    pathlib.Path("openapi.yaml").write_text("half")
    pathlib.Path("generated/openrouter_embeddings/client.py").unlink()
    os._exit(9)
update_contract._run = killed
update_contract.main([], pathlib.Path.cwd())
"""


def test_killed_update_is_undone_by_the_next_run(copied: Path) -> None:
    """What it had written is put back before anything else, also when the next run is refused; nothing stays beside."""
    before, files = state(copied), sorted(path.name for path in copied.iterdir())
    killed = subprocess.run([sys.executable, "-c", KILLED], cwd=copied, capture_output=True, text=True, check=False)
    assert (killed.returncode, killed.stderr) == (9, "")
    assert state(copied) != before
    done = update(copied, "--from", "missing.yaml")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == (
        "update_contract.py: a run was killed: pin, lock and client are as before it"
    )
    assert (state(copied), sorted(path.name for path in copied.iterdir())) == (before, files)


def test_second_update_beside_a_running_one_is_refused(copied: Path) -> None:
    """It neither undoes what the first has done so far, nor writes anything; when the first has ended, it may run."""
    before, files = state(copied), sorted(path.name for path in copied.iterdir())
    with locked(copied):
        done = update(copied, "--from", "missing.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (
        2, "", f"update_contract.py: another run writes into {copied}: start this one when it has ended.\n"
    )  # fmt: skip
    assert (state(copied), sorted(path.name for path in copied.iterdir())) == (before, files)
    assert "another run" not in update(copied, "--from", "missing.yaml").stderr
