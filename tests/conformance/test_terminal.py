"""The screen: what a person reads first, how wide it is, and that no server writes on it as it likes."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import Any

import pytest

from openrouter_conformance.report import terminal
from openrouter_conformance.report.records import RunRecords

from .example_runs import ALL as _ALL
from .example_runs import CURL as _CURL
from .example_runs import FAILED as _FAILED
from .example_runs import KNOWN as _KNOWN
from .example_runs import PASSED as _PASSED
from .example_runs import UNNEEDED as _UNNEEDED
from .example_runs import WARNING as _WARNING
from .example_runs import failure as _failure
from .example_runs import result as _result
from .example_runs import run as _run

_GOLDEN = Path(__file__).parent / "golden"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _shown(
    run: RunRecords, environment: dict[str, str] | None = None, file: io.StringIO | None = None, **how: Any
) -> str:
    stream = io.StringIO() if file is None else file
    screen = terminal.console(stream, environment or {})
    with terminal.ProgressBar(screen) as progress:
        progress.run_started(run.header, len(run.results))
        for record in run.results:
            progress.check_started(record["id"])
            progress.check_finished(record)
    terminal.show(screen, run, **how)
    return stream.getvalue()


_REPORT = (Path("reports/results.jsonl"), Path("reports/junit.xml"))


@pytest.mark.parametrize(
    ("name", "run", "how"),
    [
        ("conforms", _run(*_PASSED), {"written": _REPORT}),
        ("failed", _run(*_ALL), {"written": _REPORT}),
        ("known", _run(*_PASSED, _KNOWN), {}),
        ("known-to-delete", _run(*_PASSED, _KNOWN, unneeded=_UNNEEDED), {}),
        ("failed-verbose", _run(*_ALL), {"verbose": True}),
        ("failed-40-columns", _run(*_ALL), {"environment": {"COLUMNS": "40"}}),
        ("warning", _run(*_PASSED, _WARNING), {}),
        ("warning-strict", _run(*_PASSED, _WARNING, strict=True), {}),
        (
            "interrupted",
            _run(
                _PASSED[0],
                _FAILED,
                _result("create-embeddings/auth/a", "not-run", reason="the run stopped: interrupted"),
                stopped="interrupted",
            ),
            {},
        ),
        (
            "error",
            _run(_result("create-embeddings/auth/a", "error", reason="the check a crashed: KeyError"), *_PASSED),
            {},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_screen_looks_as_agreed(name: str, run: RunRecords, how: dict[str, Any]) -> None:
    """What a run prints away from a terminal is the text in golden/, byte for byte.

    After an intended change: `CONFORMANCE_GOLDEN=write pytest tests/conformance/test_terminal.py`, then read the diff.
    """
    shown = _shown(run, **how)
    path = _GOLDEN / f"{name}.txt"
    if os.environ.get("CONFORMANCE_GOLDEN") == "write":
        path.write_text(shown, "utf-8", newline="\n")
    assert shown == path.read_text("utf-8")


def test_away_from_a_terminal_lines_end_at_80_columns() -> None:
    """But for what is to be pasted and the conclusion, no line is longer than 80 columns, padded, or moves the cursor."""
    long = _result("create-embeddings/a/b", "failed", reason="x", failure=_failure("x" * 300, "y " * 200))
    *lines, last = _shown(_run(*_ALL, long), verbose=True).splitlines()
    assert last.startswith("DOES NOT CONFORM: ")
    for line in lines:
        assert len(line) <= 80 or "curl " in line or line.startswith("  export ")
        assert line == line.rstrip()
        assert line.isprintable()


@pytest.mark.parametrize("columns", [40, 50, 120])
def test_columns_is_the_width_away_from_a_terminal(columns: int) -> None:
    """COLUMNS says how wide the reader's screen is; what makes no sense there is ignored."""
    *lines, _ = _shown(_run(_FAILED), {"COLUMNS": str(columns)}).splitlines()
    wrapped = [line for line in lines if "curl " not in line and not line.startswith("  export ")]
    assert max(map(len, wrapped)) <= columns
    assert _shown(_run(_FAILED), {"COLUMNS": "wide"}) == _shown(_run(_FAILED), {})


@pytest.mark.parametrize("columns", ["20", "80", "1000"])
def test_repeat_lines_are_whole(columns: str) -> None:
    """The line that repeats a request stands on one line, however long."""
    failure = _failure()
    failure["exchanges"][0]["curl"] = f"{_CURL} {'x ' * 20_000}y"
    shown = _shown(_run(_result("a/b/c", "failed", reason="x", failure=failure)), {"COLUMNS": columns})
    assert f"  repeat: {failure['exchanges'][0]['curl']}\n" in shown


@pytest.mark.parametrize(
    ("environment", "is_terminal", "has_color", "moves_cursor"),
    [
        ({}, False, False, False),
        ({}, True, True, True),
        ({"NO_COLOR": "1"}, True, False, True),
        ({"NO_COLOR": ""}, True, True, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False, False),
        ({"FORCE_COLOR": "1"}, False, True, False),
        ({"FORCE_COLOR": ""}, False, False, False),
        ({"TERM": "dumb"}, True, False, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, True, False),
    ],
)
def test_colors_and_cursor_follow_the_environment(
    environment: dict[str, str], *, is_terminal: bool, has_color: bool, moves_cursor: bool
) -> None:
    """NO_COLOR, FORCE_COLOR and TERM=dumb mean what they mean to pytest; only a terminal gets cursor moves."""
    shown = _shown(_run(_FAILED), environment, _Terminal() if is_terminal else None)
    assert (re.search(r"\x1b\[[0-9;]*m", shown.partition("FAILED")[0].rpartition("\n")[2]) is not None) == has_color
    assert (re.search(r"\x1b\[[?0-9;]*[A-LN-Za-ln-z]", shown) is not None) == moves_cursor


def test_summary_has_at_most_ten_lines() -> None:
    """What stands at the bottom of the screen is short, and its last line begins with the conclusion."""
    lines = _shown(_run(*_ALL), written=_REPORT).splitlines()
    summary = lines[len(lines) - lines[::-1].index("") :]
    assert len(summary) <= 10
    assert [line.split(":")[0] for line in summary if not line.startswith(" ")] == [
        "Requests",
        "Features",
        "Report",
        "DOES NOT CONFORM",
    ]


def test_conclusion_alone_is_one_line() -> None:
    """A quiet run prints one line, whatever the width."""
    stream = io.StringIO()
    terminal.show_conclusion(terminal.console(stream, {"COLUMNS": "20"}), _run(*_ALL))
    assert stream.getvalue() == ("DOES NOT CONFORM: 3 passed, 1 failed, 1 warning, 2 not applicable, 2 blocked\n")


def test_what_rests_on_a_failure_is_no_finding() -> None:
    """A failure is one finding, with the number of those that rest on it, also by way of each other."""
    shown = _shown(_run(*_ALL))
    assert shown.count("FAILED ") == 1
    assert "2 others rest on this" in shown
    assert "order/twins" not in shown


def test_what_rests_on_a_requirement_that_is_not_shown_is_told() -> None:
    """A cause that is not among the findings is named with what it keeps from being tried."""
    shown = _shown(_run(_result("a/b/c", "blocked", reason="x", blocked_by="a/b/cause")))
    assert "1 that rest" in shown
    assert "a/b/cause" in shown


_HOSTILE = "\x1b]0;owned\x07\x1b[2J\u202egnp\u2066\r\nFAILED x\x00\x9b31m\u2028\ud800[bold]"


def test_no_server_writes_on_the_screen_as_it_likes() -> None:
    """Escapes, line breaks and reordering marks of a server are shown as escapes, wherever its text stands."""
    failure = _failure(_HOSTILE, _HOSTILE)
    failure["exchanges"][0] |= {"curl": f"curl {_HOSTILE}"}
    run = _run(
        _result("a/b/c", "failed", reason=_HOSTILE, failure=failure),
        _result("a/b/d", "warning", reason=_HOSTILE, failure=failure),
        _result("a/b/e", "error", reason=_HOSTILE),
        _result("a/b/f", "not-applicable", reason=_HOSTILE),
        _result("a/b/g", "not-run", reason=_HOSTILE),
    )
    run.header["target"]["name"] = run.header["model"] = run.header["target"]["start"] = _HOSTILE
    run.header["model"] *= 1000
    run.footer["features"][_HOSTILE] = "supported"
    shown = _shown(run, verbose=True)
    assert all(char == "\n" or char.isprintable() for char in shown)
    assert not any(line.startswith("FAILED x") for line in shown.splitlines())
    assert "[bold]" in shown
    assert len(shown) < 5000
