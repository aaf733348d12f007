"""The command `diff`: what newly fails, newly passes, is gone or new, and which exit code that gives."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from openrouter_conformance.report import changes, records
from openrouter_conformance.report.records import RunRecords

from .conftest import Printed
from .example_runs import FAILED, HOSTILE, NOT_APPLICABLE, PASSED, WARNING, failure, hostile_run, known_run, result, run

_GOLDEN = Path(__file__).parent / "golden"
Command = Callable[..., Printed]
_NEW = result("create-embeddings/usage/new", "failed", reason="x", failure=failure("nothing", "something"))
_OLD = run(*PASSED, result(FAILED["id"]), {**_NEW, "id": "create-embeddings/usage/mended"}, WARNING)
_LATER = run(*PASSED[1:], FAILED, result("create-embeddings/usage/mended"), _NEW, *NOT_APPLICABLE)


def _diff(command: Command, folder: Path, old: RunRecords, new: RunRecords, *options: str) -> Printed:
    paths = [records.write(folder / name, one) for name, one in (("old", old), ("new", new))]
    return command("diff", *paths, *options)


@pytest.mark.parametrize(("form", "name"), [("text", "diff.txt"), ("markdown", "diff.md"), ("json", "diff.json")])
def test_changes_look_as_agreed(command: Command, tmp_path: Path, form: str, name: str) -> None:
    """Each format is the text in golden/; CONFORMANCE_GOLDEN=write writes it."""
    printed = _diff(command, tmp_path, _OLD, _LATER, "--format", form)
    assert (printed.code, printed.err) == (1, "")
    path = _GOLDEN / name
    if os.environ.get("CONFORMANCE_GOLDEN") == "write":
        path.write_text(printed.out, "utf-8", newline="\n")
    assert printed.out == path.read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (run(*PASSED), run(*PASSED), 0),
        (run(FAILED), run(result(FAILED["id"])), 0),
        (run(FAILED), run(FAILED), 0),
        (run(result(FAILED["id"])), run(FAILED), 1),
        (run(*PASSED), run(*PASSED, FAILED), 1),
        (run(FAILED, PASSED[0]), run(PASSED[0]), 0),
        (run(result(WARNING["id"])), run(WARNING), 0),
        (run(result(WARNING["id"])), run(WARNING, strict=True), 1),
        (run(WARNING), run(WARNING, strict=True), 0),
        (run(PASSED[0]), run({**PASSED[0], "status": "blocked", "blocked_by": "a/b/c", "reason": "x"}), 0),
        (run(PASSED[0]), run({**PASSED[0], "status": "not-run", "reason": "x"}, stopped="interrupted"), 3),
        (run(PASSED[0]), run(FAILED, {**PASSED[0], "status": "not-run", "reason": "x"}, stopped="interrupted"), 1),
    ],
)
def test_only_what_newly_fails_fails(
    command: Command, tmp_path: Path, old: RunRecords, new: RunRecords, code: int
) -> None:
    """1 when something fails that did not, 3 when that cannot be told yet, else 0, whatever else changed."""
    assert _diff(command, tmp_path, old, new).code == code


def test_what_was_left_out_is_not_there() -> None:
    """A requirement that a run deselected is gone or new, and neither passes nor fails."""
    left_out = result(FAILED["id"], "deselected", reason="not selected")
    assert [one.kind for one in changes.changes(run(FAILED), run(left_out)).found] == ["gone"]
    assert [one.kind for one in changes.changes(run(left_out), run(result(FAILED["id"]))).found] == ["new"]
    assert changes.changes(run(left_out), run(left_out)).found == []


def test_a_known_deviation_fails_nothing_and_may_be_mended() -> None:
    """What is accepted is no new failure; when it passes, it newly passes."""
    accepted = known_run()
    name = accepted.results[-1]["id"]
    assert [one.kind for one in changes.changes(run(*PASSED, result(name)), accepted).found] == ["otherwise changed"]
    assert [one.kind for one in changes.changes(accepted, run(*PASSED, result(name))).found] == ["newly passing"]


def test_runs_without_a_change_say_so(command: Command, tmp_path: Path) -> None:
    """Two runs of the same outcome have nothing to tell."""
    assert _diff(command, tmp_path, _OLD, _OLD).out.endswith("\n\nNothing changed.\n")


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_what_a_server_sent_stays_text(command: Command, tmp_path: Path, form: str) -> None:
    """No control character of a server reaches the reader."""
    printed = _diff(command, tmp_path, run(), hostile_run(), "--format", form)
    assert all(line.isprintable() for line in printed.out.splitlines())
    assert HOSTILE not in printed.out
    if form == "json":
        assert [one["new"] for one in json.loads(printed.out)["newly_failing"]] == ["failed"]


def test_a_file_that_is_no_report_is_refused(command: Command, tmp_path: Path) -> None:
    """Usage errors have a code of their own."""
    path = records.write(tmp_path, run())
    (tmp_path / "other").write_text("no report\n")
    assert command("diff", path, tmp_path / "other").code == 2
    assert command("diff", tmp_path / "missing", path).code == 2
