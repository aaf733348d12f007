"""The command: exit codes, and one sentence for every mistake."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openrouter_conformance import checks, fault_table, report, requirements, runner, survey
from openrouter_conformance.report import records as report_records
from openrouter_mock.faults import FAULTS
from openrouter_mock.server import MockServer
from openrouter_mock.settings import MockSettings

from . import other_server
from .conftest import Printed, serve_app

Command = Callable[..., Printed]
_ONE = "create-embeddings/response/model-named"
_WITH_CTRL_C = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
)
"""Runs a command as a terminal does: a background job inherits that SIGINT is ignored, and hands it on to its children."""


def _assert_one_sentence(printed: Printed) -> None:
    assert printed.err.startswith("openrouter-conformance: ")
    assert printed.err.count("\n") == 1
    assert "Traceback" not in printed.err + printed.out


def test_conforming_target_is_0(command: Command) -> None:
    """A target that passes what was selected: exit 0, and the last line counts what passed."""
    printed = command("run", "mock", "--only", _ONE, "--profile", "quick")
    assert printed.code == 0
    assert printed.out.splitlines()[-1].startswith("CONFORMS: 1 passed, 0 failed, 0 warnings")


def test_second_server_written_differently_conforms(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A correct server that shares nothing with the mock, and differs wherever it may, keeps everything."""
    monkeypatch.setenv("CONFORMANCE_API_KEY", other_server.KEY)
    with serve_app(other_server.application()) as url:
        printed = command("run", url + other_server.BASE)
    assert (printed.code, printed.err) == (0, ""), printed.out
    assert "CONFORMS" in printed.out
    assert "acme/tiny-embed" in printed.out
    assert "FAILED" not in printed.out
    assert "dimensions not supported" in printed.out


def test_faulty_target_is_1(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target that breaks a requirement: exit 1."""
    settings = MockSettings(keys=("sk-or-v1-x",), faults=("model_missing",))
    monkeypatch.setenv("CONFORMANCE_API_KEY", "sk-or-v1-x")
    with MockServer(settings) as server:
        printed = command("run", server.url, "--only", _ONE, "--model", "openai/text-embedding-3-small")
    assert printed.code == 1
    assert "FAILED" in printed.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "--only", "no/such/*"),
        ("run", "--skip", "no/such/*"),
        ("run", "--skip", "*"),
        ("run", "somewhere"),
        ("run", "live"),
        ("run", "http://127.0.0.1:9/v1/embeddings"),
        ("run", "http://127.0.0.1:9/v1", "--key-env", "OPENROUTER_API_KEY"),
        ("run", "http://127.0.0.1:9/v1", "--key-env", "NOT_SET_ANYWHERE"),
        ("explain", "no/such/requirement"),
        ("mock", "--fault", "no_such_fault"),
        ("mock", "--host", "0.0.0.0"),
    ],
)
def test_mistakes_of_the_user_are_2(
    command: Command, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """What cannot be followed is reported in one sentence: exit 2."""
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)
    printed = command(*arguments)
    assert printed.code == 2
    _assert_one_sentence(printed)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("inspect",),
        ("run", "--profile", "huge"),
        ("run", "--seed", "-1"),
        ("run", "--seed", "one"),
        ("run", "--concurrency", "0"),
        ("run", "--concurrency", "many"),
        ("run", "--time", "0"),
        ("run", "--time", "nan"),
        ("run", "--time", "inf"),
        ("run", "--quiet", "--verbose"),
        ("mock", "--port", "70000"),
        ("mock", "--latency", "nan"),
        ("explain",),
    ],
)
def test_malformed_command_lines_are_2(command: Command, arguments: tuple[str, ...]) -> None:
    """What argparse refuses is exit 2 as well, without a traceback."""
    printed = command(*arguments)
    assert printed.code == 2
    assert "error:" in printed.err
    assert "Traceback" not in printed.err


def test_report_folder_that_cannot_be_made_is_2(command: Command, tmp_path: Path) -> None:
    """A report folder under a file is refused before anything is checked."""
    (tmp_path / "file").write_text("")
    printed = command("run", "--only", _ONE, "--report", tmp_path / "file" / "reports")
    assert printed.code == 2
    _assert_one_sentence(printed)


def test_report_folder_is_made_for_a_report(command: Command, tmp_path: Path) -> None:
    """A folder that is not there yet, nor the one above it, is made when there is something to write."""
    printed = command("run", "--only", _ONE, "--report", tmp_path / "new" / "reports")
    assert printed.code == 0
    assert sorted(path.name for path in (tmp_path / "new" / "reports").iterdir()) == ["junit.xml", "results.jsonl"]


def test_report_that_cannot_be_written_is_2(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that goes away or fills up during the run is reported in one sentence."""

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(report, "WRITERS", (full,))
    printed = command("run", "--only", _ONE, "--report", tmp_path)
    assert printed.code == 2
    _assert_one_sentence(printed)
    assert "No space left on device" in printed.err


def test_unreachable_target_is_3(command: Command, tmp_path: Path) -> None:
    """Nobody listens: exit 3 with one sentence, and neither report nor folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    printed = command("run", f"http://127.0.0.1:{port}/api/v1", "--only", _ONE, "--report", tmp_path / "report")
    assert printed.code == 3
    _assert_one_sentence(printed)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", ["a-key-it-does-not-know", None])
def test_refused_key_is_3(command: Command, monkeypatch: pytest.MonkeyPatch, key: str | None) -> None:
    """A target that refuses the key cannot be checked: exit 3, naming the variable, not the key."""
    monkeypatch.delenv("CONFORMANCE_API_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("CONFORMANCE_API_KEY", key)
    with MockServer(MockSettings(keys=("sk-or-v1-x",))) as server:
        printed = command("run", server.url, "--only", _ONE)
    assert printed.code == 3
    _assert_one_sentence(printed)
    assert "CONFORMANCE_API_KEY" in printed.err
    assert "a-key-it-does-not-know" not in printed.err
    assert ("refuses the key in" in printed.err) == (key is not None)
    assert ("asks for a key" in printed.err) == (key is None)


@pytest.mark.parametrize("target", ["mock", None])
def test_model_that_is_refused_is_2(command: Command, monkeypatch: pytest.MonkeyPatch, target: str | None) -> None:
    """A model that the user named and the target does not know is a mistake of the user, and is named."""
    monkeypatch.setenv("CONFORMANCE_API_KEY", other_server.KEY)
    with serve_app(other_server.application()) as url:
        printed = command("run", target or url + other_server.BASE, "--model", "acme/tiny-embedd", "--only", _ONE)
    assert printed.code == 2
    _assert_one_sentence(printed)
    assert "--model acme/tiny-embedd" in printed.err
    assert "such as " in printed.err
    assert printed.out == ""


def test_model_that_is_known_is_checked(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that the user named and the target knows is the one that is asked for."""
    monkeypatch.setenv("CONFORMANCE_API_KEY", other_server.KEY)
    with serve_app(other_server.application()) as url:
        printed = command("run", url + other_server.BASE, "--model", "acme/large-embed", "--only", _ONE)
    assert printed.code == 0
    assert "with acme/large-embed" in printed.out.splitlines()[0]


def test_crash_of_the_suite_is_3(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash of a check is reported as an error of the suite, and is not exit 1."""

    def crashing(_: Any) -> None:
        raise ZeroDivisionError("of our own")

    monkeypatch.setitem(checks.CHECKS, _ONE, [crashing])
    printed = command("run", "--only", _ONE)
    assert printed.code == 3
    assert "ERROR" in printed.out
    assert "the target is not to blame" in printed.out
    assert "ZeroDivisionError: of our own" in printed.out


def test_crash_outside_the_checks_is_3(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash anywhere else is one sentence and exit 3, too."""

    def crashing(*_: Any) -> None:
        raise ZeroDivisionError("of our own")

    monkeypatch.setattr(runner, "check_all", crashing)
    printed = command("run", "--only", _ONE)
    assert printed.code == 3
    _assert_one_sentence(printed)


def test_interruption_is_130(command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Ctrl-C: exit 130, one line, no report half written."""

    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "check_all", interrupted)
    printed = command("run", "--only", _ONE, "--report", tmp_path)
    assert printed.code == 130
    _assert_one_sentence(printed)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT and SIGTERM are not delivered there")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_run_tells_what_it_has_found_out(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """Ctrl-C and SIGTERM in the middle of a run: what is known is printed and reported, marked as unfinished."""
    command = [sys.executable, "-c", _WITH_CTRL_C, sys.executable, "-m", "openrouter_conformance", "run"]
    command += ["--profile", "deep", "--report", str(tmp_path)]
    with subprocess.Popen(
        command, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Checking mock")
        process.send_signal(number)
        printed, errors = process.communicate(timeout=60)
    written = report_records.read(tmp_path / "results.jsonl")
    left = written.footer["totals"]["not-run"]
    assert left > 0
    assert written.footer["stopped"] == "interrupted"
    assert written.footer["conclusion"] == "stopped"
    assert printed.splitlines()[-1].startswith("STOPPED, UNFINISHED: ")
    assert (process.returncode, errors) == (
        code,
        f"openrouter-conformance: interrupted; {left} requirements were not checked.\n",
    )
    assert (tmp_path / "junit.xml").exists()


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--max-requests", "1"), "stopped after 1 request, the ceiling for "),
        (("--max-dollars", "0.0000000001"), "the ceiling of $1e-10"),
    ],
)
def test_a_ceiling_before_the_first_check_is_reported(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: tuple[str, str], said: str
) -> None:
    """A run that may not even begin is printed and written as one that is unfinished, with the reason."""
    monkeypatch.setenv("CONFORMANCE_API_KEY", "sk-or-v1-ceiling")
    with MockServer() as mock:
        printed = command("run", mock.url, "--model", "openai/text-embedding-3-small", *option, "--report", tmp_path)
    written = report_records.read(tmp_path / "results.jsonl")
    assert printed.code == 3
    assert said in printed.err
    assert said in written.footer["stopped"]
    assert written.footer["conclusion"] == "stopped"
    assert written.footer["totals"]["not-run"] > 100
    assert written.footer["totals"]["failed"] == 0
    assert written.header["model"] == "openai/text-embedding-3-small"
    assert "STOPPED, UNFINISHED: " in printed.out


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT and SIGTERM are not delivered there")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_before_the_first_check_is_told(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """Ctrl-C and SIGTERM while a server lets the run wait for its first answer: a sentence, and an unfinished report."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        command = [sys.executable, "-c", _WITH_CTRL_C, sys.executable, "-m", "openrouter_conformance", "run", url]
        with subprocess.Popen(
            [*command, "--model", "m", "--report", str(tmp_path)],
            env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            connection, _ = silent.accept()
            with connection:
                connection.recv(1)
                process.send_signal(number)
                _, errors = process.communicate(timeout=60)
    written = report_records.read(tmp_path / "results.jsonl")
    left = written.footer["totals"]["not-run"]
    assert (process.returncode, errors) == (
        code,
        f"openrouter-conformance: interrupted; {left} requirements were not checked.\n",
    )
    assert written.footer["stopped"] == "interrupted"


def test_interruption_without_a_signal_keeps_what_was_found_out(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A KeyboardInterrupt that a check raises ends the run as Ctrl-C does."""

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(survey, "close_run", interrupted)
    printed = command("run", "--only", _ONE, "--profile", "quick", "--report", tmp_path)
    assert printed.code == 130
    _assert_one_sentence(printed)
    assert report_records.read(tmp_path / "results.jsonl").footer["stopped"] == "interrupted"


def test_quiet_run_prints_the_conclusion_alone(command: Command, tmp_path: Path) -> None:
    """`--quiet`: one line, and the report none the less."""
    printed = command("run", "--only", _ONE, "--profile", "quick", "-q", "--report", tmp_path)
    assert printed.code == 0
    assert printed.out.count("\n") == 1
    assert printed.out.startswith("CONFORMS: 1 passed, 0 failed, 0 warnings")
    assert (tmp_path / "results.jsonl").exists()


def test_what_passed_is_named_by_a_verbose_run(command: Command) -> None:
    """A requirement that passed is printed with `--verbose` alone."""
    assert f"passed {_ONE}\n" in command("run", "--only", _ONE, "--profile", "quick", "--verbose").out
    assert _ONE not in command("run", "--only", _ONE, "--profile", "quick").out


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--strict",), 1)])
def test_warnings_fail_a_strict_run(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, options: tuple[str, ...], code: int
) -> None:
    """A warning is exit 0, with `--strict` exit 1, on the screen and in both files of the report."""
    monkeypatch.setenv("CONFORMANCE_API_KEY", "sk-or-v1-x")
    only = ("--only", "create-embeddings/protocol/open-to-browsers", "--model", "openai/text-embedding-3-small")
    with MockServer(MockSettings(keys=("sk-or-v1-x",), faults=("no_cross_origin_header",))) as server:
        printed = command("run", server.url, *only, "--report", tmp_path, *options)
    assert printed.code == code
    assert printed.out.splitlines()[-1].startswith("DOES NOT CONFORM: " if code else "CONFORMS: ")
    written = report_records.read(tmp_path / "results.jsonl")
    assert written.header["strict"] == bool(code)
    assert written.footer["conclusion"] == ("does-not-conform" if code else "conforms")
    assert written.footer["totals"]["warning"] == 1
    assert f'failures="{code}"' in (tmp_path / "junit.xml").read_text("utf-8")


def test_concurrency_and_time_reach_the_plan(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--concurrency` and `--time` are what the runner is given; without them it decides."""
    plans: list[runner.Plan] = []
    run = runner.run

    def seen(plan: runner.Plan, *rest: Any) -> Any:
        plans.append(plan)
        return run(plan, *rest)

    at_once: list[int] = []
    check_all = runner.check_all

    def checking(session: Any, *rest: Any, **more: Any) -> Any:
        at_once.append(session.target.concurrency)
        return check_all(session, *rest, **more)

    monkeypatch.setattr(runner, "run", seen)
    monkeypatch.setattr(runner, "check_all", checking)
    command("run", "--only", _ONE, "--profile", "quick")
    command("run", "--only", _ONE, "--profile", "quick", "--concurrency", "1", "--time", "60.5")
    assert [(plan.limits.concurrency, plan.limits.seconds) for plan in plans] == [(None, None), (1, 60.5)]
    assert at_once == [4, 1]


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break otherwise there")
def test_reader_that_leaves_is_no_failure() -> None:
    """When the reader of the output goes away the exit code does not say that the target is at fault."""
    command = [sys.executable, "-m", "openrouter_conformance", "run", "--profile", "quick", "--only", "*/usage/*"]
    with subprocess.Popen(command, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (3, b"")


def test_listing_names_every_requirement(command: Command) -> None:
    """`requirements` lists all of them, in three forms."""
    ids = [one.id for one in requirements.load()]
    text = command("requirements").out
    assert [line.split()[0] for line in text.splitlines()] == ids
    assert [one["id"] for one in json.loads(command("requirements", "--format", "json").out)] == ids
    markdown = command("requirements", "--format", "markdown").out.splitlines()
    assert [line.split("`")[1] for line in markdown[2:]] == ids


def test_every_fault_is_listed_with_its_sentence(command: Command) -> None:
    """`faults` lists all that `mock --fault` takes, each with what is wrong."""
    printed = command("faults")
    assert printed.code == 0
    listed = [line.split(maxsplit=1) for line in printed.out.splitlines()]
    assert listed == [[name, fault.description] for name, fault in FAULTS.items()]


def test_every_requirement_is_explained(command: Command) -> None:
    """`explain` says of each requirement what it is, where it comes from and which faults it catches."""
    for one in requirements.load():
        printed = command("explain", one.id)
        assert printed.code == 0
        assert one.text in printed.out
        assert one.source in printed.out
        assert all(name in printed.out for name in fault_table.load().caught_by(one.id)[:1])
        assert "checked" in printed.out


def test_every_fault_is_explained(command: Command) -> None:
    """`explain` says of each fault what is wrong, and which requirements catch it or why none does."""
    table = fault_table.load()
    for name, fault in FAULTS.items():
        printed = command("explain", name)
        assert printed.code == 0
        assert fault.description in printed.out
        catching = table.catching(name)
        assert (catching[0] if catching else table.reason(name)) in printed.out


def test_explain_suggests_a_near_name(command: Command) -> None:
    """A misspelt name is answered with the one that was probably meant."""
    printed = command("explain", "drops_last_vectors")
    assert printed.code == 2
    assert printed.err.endswith("did you mean drops_last_vector?\n")


def test_help_needs_nothing_heavy() -> None:
    """`--help` answers without importing what only a run needs."""
    code = (
        "import sys; from openrouter_conformance import cli\n"
        "try: cli.main(['run', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'schemathesis', 'hypothesis', 'numpy', 'httpx', 'rich', 'jsonschema_rs'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], env=_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "OPENROUTER_API_KEY is sent to openrouter.ai only" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM is not delivered there")
def test_mock_serves_until_it_is_told_to_stop() -> None:
    """`mock` prints where it serves, and SIGTERM ends it cleanly."""
    command = [sys.executable, "-m", "openrouter_conformance", "mock", "--port", "0"]
    with subprocess.Popen(
        command, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as mock:
        assert mock.stdout is not None
        line = mock.stdout.readline()
        mock.send_signal(signal.SIGTERM)
        _, errors = mock.communicate(timeout=20)
    assert "http://127.0.0.1:" in line
    assert (mock.returncode, errors) == (0, "")


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUNBUFFERED": "1"}
