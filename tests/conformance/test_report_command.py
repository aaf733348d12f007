"""The command `report`: what it reads, what it writes, and how it refuses what it cannot read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openrouter_conformance.report import records
from openrouter_conformance.report.records import RunRecords

from .conftest import Printed, serve_app
from .example_runs import ALL, FAILED, HOSTILE, PASSED, WARNING, run

Command = Callable[..., Printed]


def _written(folder: Path, shown: RunRecords | None = None) -> Path:
    return records.write(folder, run(*ALL) if shown is None else shown)


@pytest.mark.parametrize("form", ["html", "markdown", "junit", "badge", "ctrf"])
def test_a_report_goes_to_a_file_or_to_standard_output(command: Command, tmp_path: Path, form: str) -> None:
    """The same text is printed or written; a folder stands for the results.jsonl in it."""
    path = _written(tmp_path / "run")
    printed = command("report", path, "--format", form)
    assert (printed.code, printed.err) == (0, "")
    target = tmp_path / "made" / "report"
    assert command("report", path.parent, "--format", form, "--output", target) == Printed(0, "", "")
    assert target.read_text("utf-8") == printed.out != ""


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_others_stand_beside_a_run(command: Command, tmp_path: Path, form: str) -> None:
    """`--compare` takes any number of runs, one after the other or each with the option."""
    paths = [
        _written(tmp_path / str(place), run(*PASSED, *more)) for place, more in enumerate(((), (FAILED,), (WARNING,)))
    ]
    at_once = command("report", paths[0], "--format", form, "--compare", *paths[1:])
    each = command("report", paths[0], "--format", form, "--compare", paths[1], "--compare", paths[2])
    assert at_once == each
    assert FAILED["id"] in at_once.out
    assert WARNING["id"] in at_once.out


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_servers_are_called_what_the_user_calls_them(command: Command, tmp_path: Path, form: str) -> None:
    """`NAME=FILE` names a run; a path that has an equals sign itself is a path."""
    odd = _written(tmp_path / "a=b")
    printed = command("report", f"Ours={odd}", "--format", form, "--compare", odd.parent, f"Theirs & co={odd.parent}")
    assert printed.code == 0
    assert "Ours" in printed.out
    assert "Theirs &" in printed.out
    assert "a=b" not in printed.out


@pytest.mark.parametrize("form", ["junit", "badge", "ctrf"])
def test_formats_for_one_run_refuse_others(command: Command, tmp_path: Path, form: str) -> None:
    """`--compare` is for formats that have room for several runs."""
    path = _written(tmp_path)
    printed = command("report", path, "--format", form, "--compare", path)
    assert printed.code == 2
    assert printed.err == f"openrouter-conformance: --compare with --format {form}: it takes html or markdown.\n"


@pytest.mark.parametrize("form", ["html", "markdown", "junit", "badge", "ctrf"])
def test_a_run_without_its_end_is_marked_unfinished(command: Command, tmp_path: Path, form: str) -> None:
    """A file that whole lines are missing from is shown as far as it goes, and never as conforming."""
    path = _written(tmp_path, run(*PASSED))
    path.write_text("".join(path.read_text("utf-8").splitlines(keepends=True)[:-2]), "utf-8")
    printed = command("report", path, "--format", form)
    assert (printed.code, printed.err) == (0, "")
    assert "unfinished" in printed.out or "stopped" in printed.out
    assert "brightgreen" not in printed.out


_HEADER, *_RESULTS, _FOOTER = (json.dumps(record) + "\n" for record in run(*PASSED))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "results.jsonl, line 1: the file is empty"),
        ("<html>\n", "results.jsonl, line 1: no JSON, but <html>"),
        ("\n", "results.jsonl, line 1: no JSON, but nothing"),
        (_HEADER + _RESULTS[0][:60], "results.jsonl, line 2: the line is cut off"),
        (_RESULTS[0] + _FOOTER, "results.jsonl, line 1: a result, where the header was expected"),
        (_HEADER + _HEADER, "results.jsonl, line 2: a header, where a result was expected"),
        (_HEADER + _FOOTER + _FOOTER, "results.jsonl, line 3: a line after the footer"),
        (
            '{"log": {"entries": []}}\n',
            'results.jsonl, line 1: no record of a report, but the JSON {"log": {"entries": []}}',
        ),
        ("[1]\n", "results.jsonl, line 1: no record of a report, but the JSON [1]"),
        ("[" * 100_000 + "\n", "results.jsonl, line 1: no JSON, but [[[["),
        (
            _HEADER + _RESULTS[0].replace('"passed"', '"excellent"'),
            "results.jsonl, line 2: no result that version",
        ),
        (_HEADER.replace('"seed": 0', '"seed": "\\u001b[2J"'), "results.jsonl, line 1: no header that version"),
        (b"\x1f\x8b\x08\x00", "results.jsonl, line 1: no UTF-8"),
        (_HEADER.encode() + b"\xff\n", "results.jsonl, line 2: no UTF-8"),
    ],
)
def test_what_is_no_report_gets_one_sentence_with_the_line(
    command: Command, tmp_path: Path, content: str | bytes, problem: str
) -> None:
    """The sentence says where the file is not what it must be; nothing is written."""
    path = tmp_path / "results.jsonl"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    printed = command("report", path, "--output", tmp_path / "report.html")
    assert (printed.code, printed.out) == (2, "")
    assert printed.err.startswith(f"openrouter-conformance: {problem}")
    assert printed.err.count("\n") == 1
    assert printed.err[:-1].isprintable()
    assert len(printed.err) < 500
    assert not (tmp_path / "report.html").exists()


def test_a_file_that_is_not_there_is_named(command: Command, tmp_path: Path) -> None:
    """A path without a file, or a folder without results.jsonl, is one sentence."""
    for path in (tmp_path / "none.jsonl", tmp_path):
        printed = command("report", path)
        assert printed.code == 2
        assert "none.jsonl" in printed.err or "results.jsonl" in printed.err
        assert "No such file" in printed.err


def test_a_place_that_cannot_be_written_to_is_named(command: Command, tmp_path: Path) -> None:
    """A file where a folder is needed is one sentence."""
    (tmp_path / "file").write_text("")
    printed = command("report", _written(tmp_path), "--format", "badge", "--output", tmp_path / "file" / "x")
    assert printed.code == 2
    assert "cannot be written" in printed.err


def test_the_page_of_a_hostile_server_is_small_and_harmless(command: Command, tmp_path: Path) -> None:
    """A server whose answers are script tags and control characters, again and again, gets a page of the usual size."""
    body = (HOSTILE * (500_000 // len(HOSTILE))).encode()

    async def hostile(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"application/json"), (b"x-evil", HOSTILE.encode("ascii", "replace")[:80])]
        clean = [(name, bytes(byte for byte in value if 32 <= byte < 127)) for name, value in headers]
        await send({"type": "http.response.start", "status": 200, "headers": clean})
        await send({"type": "http.response.body", "body": body})

    with serve_app(hostile) as url:
        ran = command(
            "run",
            url,
            "--model",
            "acme/m",
            "--profile",
            "quick",
            "--only",
            "create-*/schema/answers-match",
            "--report",
            tmp_path,
        )
    assert ran.code == 1
    made = command("report", tmp_path).out
    assert len(made.encode()) < 200_000
    assert made.count("<script>") == 1
    assert "<img" not in made
    assert all(character.isprintable() or character == "\n" for character in made)
