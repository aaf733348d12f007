"""The command `openrouter-mock`, also as `openrouter-conformance mock`: its flags, its listings, and its errors."""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

import openrouter_conformance.cli
from openrouter_mock import cli
from openrouter_mock import server as mock_server
from openrouter_mock.app import create_app
from openrouter_mock.faults import FAULTS
from openrouter_mock.scenarios import SCENARIOS
from openrouter_mock.settings import MockSettings

from .probes import body, client_of, raw

SETTINGS: dict[str, tuple[str | None, dict[str, Any]]] = {
    "--host": ("127.0.0.5", {"host": "127.0.0.5"}),
    "--port": ("0", {"port": 0}),
    "--key": ("sk-one", {"keys": ("sk-one",)}),
    "--fault": ("index_from_one", {"faults": ("index_from_one",)}),
    "--latency": ("0.5", {"latency": 0.5}),
    "--seed": ("7", {"seed": 7}),
    "--list-scenarios": (None, {"list_scenarios": True}),
    "--leading-whitespace": (None, {"leading_whitespace": True}),
    "--log-level": ("info", {"log_level": "info"}),
    "--allow-remote": (None, {"allow_remote": True}),
}
"""Flags with a value, and the settings that they become."""

LISTINGS = {
    "--list-faults": {name: each.description for name, each in FAULTS.items()},
    "--list-scenario-names": {name: each.description for name, each in SCENARIOS.items()},
}
"""Flags that print and exit, with the names and descriptions that they print."""

MOCK = ("httptools", "jsonschema_rs", "numpy", "orjson", "uvicorn", "yaml")
SUITE = ("hypothesis", "requests", "rich", "schemathesis", "yaml")

Command = Callable[[Sequence[str]], int]


def suite_command(arguments: Sequence[str]) -> int:
    """Run `openrouter-conformance mock`."""
    return openrouter_conformance.cli.main(["mock", *arguments])


COMMANDS: dict[str, Command] = {"openrouter-mock": cli.main, "openrouter-conformance": suite_command}


@pytest.fixture(params=COMMANDS)
def program(request: pytest.FixtureRequest) -> str:
    """The name of a program that serves the mock."""
    name: str = request.param
    return name


@pytest.fixture
def command(program: str) -> Command:
    """The function that runs the program."""
    return COMMANDS[program]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[MockSettings]:
    """Collect the settings that the command serves with, instead of serving."""
    settings: list[MockSettings] = []
    monkeypatch.setattr(mock_server, "serve", settings.append)
    return settings


@pytest.mark.parametrize("flag", SETTINGS)
def test_a_flag_becomes_its_setting(command: Command, served: list[MockSettings], flag: str) -> None:
    """Each flag changes one setting; without flags all but the port have their defaults."""
    value, fields = SETTINGS[flag]
    assert command([flag, *([] if value is None else [value])]) == 0
    assert served == [MockSettings(**{"port": 8000, **fields})]


def test_every_flag_is_tested() -> None:
    """No flag of the command is missing above, and both programs have the same."""
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    (commands,) = (
        each for each in openrouter_conformance.cli.parser()._actions if isinstance(each, argparse._SubParsersAction)
    )
    for each in (parser, commands.choices["mock"]):
        assert {flag.option_strings[-1] for flag in each._actions} == {*SETTINGS, *LISTINGS, "--help"}


def test_the_flags_are_seen_in_responses(command: Command, served: list[MockSettings]) -> None:
    """`--list-scenarios` lengthens the model list, `--leading-whitespace` puts white space before the JSON."""
    command(["--list-scenarios", "--leading-whitespace"])
    client = client_of(create_app(served[0]))
    assert "mock/overloaded" in client.get("/embeddings/models").text
    probe = raw("", body("cat"))
    response: httpx.Response = client.post("/embeddings", content=probe.body, headers=probe.headers)
    assert response.text[0].isspace()
    assert response.json()["object"] == "list"


@pytest.mark.parametrize("flag", LISTINGS)
def test_a_listing_prints_names_and_descriptions(
    command: Command, served: list[MockSettings], capsys: pytest.CaptureFixture[str], flag: str
) -> None:
    """Each line is a name that `--fault` accepts and its description; nothing is served."""
    assert command([flag]) == 0
    lines = (line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert dict(lines) == LISTINGS[flag]
    assert served == []


def test_the_suite_lists_the_same_faults(capsys: pytest.CaptureFixture[str]) -> None:
    """`openrouter-conformance faults` prints what `openrouter-mock --list-faults` does."""
    assert openrouter_conformance.cli.main(["faults"]) == 0
    of_suite = capsys.readouterr().out
    cli.main(["--list-faults"])
    assert of_suite == capsys.readouterr().out


def test_a_port_in_use_is_an_error_of_one_sentence(
    command: Command, program: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A port that another server listens on: exit 2, where it was, and what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert command(["--port", str(port)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"{program}: cannot serve at 127.0.0.1:{port}: ")
    assert printed.err.endswith("choose another --port (0 chooses a free one) or --host.\n")
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--fault", "drop_last_vector"], "no fault is named 'drop_last_vector': did you mean 'drops_last_vector'?"),
        (["--fault", "zzz"], f"no fault is named 'zzz': there are {len(FAULTS)}, such as 'drops_last_vector'."),
        (
            ["--host", "192.168.1.5"],
            "the mock listens on loopback only, not on '192.168.1.5': use 127.0.0.1, or --allow-remote.",
        ),
    ],
    ids=["fault", "unlike any fault", "host"],
)
def test_settings_that_cannot_be_served_are_errors_of_one_sentence(
    command: Command, program: str, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    """A fault that does not exist, or a host beyond loopback: exit 2 and what to do."""
    assert command(arguments) == 2
    assert capsys.readouterr().err == f"{program}: {sentence}\n"


def test_a_crash_is_an_error_of_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bug of the mock shows no traceback."""

    def crash(_: MockSettings) -> None:
        raise ZeroDivisionError("within")

    monkeypatch.setattr(mock_server, "serve", crash)
    assert cli.main([]) == 1
    assert capsys.readouterr().err == "openrouter-mock: the mock failed: ZeroDivisionError: within\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "70000"], "'70000' is not a port from 0 to 65535"),
        (["--port", "http"], "'http' is not a port from 0 to 65535"),
        (["--seed", "-1"], "'-1' is not a number from 0 to"),
        (["--latency", "inf"], "'inf' is not a number of seconds from 0 to 3600"),
        (["--latency", "fast"], "'fast' is not a number of seconds"),
        (["--key", ""], "the key is empty or has characters"),
        (["--log-level", "loud"], "invalid choice: 'loud'"),
    ],
)
def test_bad_settings_are_rejected(
    command: Command, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    """A value that a setting cannot have: exit 2, the flag and what it takes."""
    with pytest.raises(SystemExit) as left:
        command(arguments)
    assert left.value.code == 2
    printed = capsys.readouterr().err
    assert f"argument {arguments[0]}: {said}" in printed
    assert "Traceback" not in printed


def test_a_rejected_key_is_not_repeated(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    """A key that no header can carry is rejected without being printed."""
    with pytest.raises(SystemExit):
        command(["--key", "sk secret\n"])
    assert "secret" not in capsys.readouterr().err


def run(package: str, arguments: Sequence[str], *absent: str) -> subprocess.CompletedProcess[str]:
    """Run the command of *package* in a process in which the modules *absent* cannot be imported."""
    script = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({absent!r}))\n"
        f"from {package}.cli import main\n"
        f"sys.exit(main({list(arguments)!r}))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", script]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("absent", [*((name,) for name in MOCK), MOCK], ids=",".join)
def test_without_its_extra_the_mock_says_how_to_install_it(absent: tuple[str, ...]) -> None:
    """Whichever library of the extra is missing, or all: exit 2 and one sentence."""
    ran = run("openrouter_mock", ["--host", "192.168.1.5"], *absent)
    assert ran.returncode == 2
    start, _, rest = ran.stderr.partition(" needs ")
    assert start == "openrouter-mock: this command"
    name, _, rest = rest.partition(",")
    assert name in absent
    assert rest == " which is not installed: pip install 'openrouter-embeddings[mock]'\n"


@pytest.mark.parametrize("absent", SUITE)
def test_without_its_extra_the_suite_says_how_to_install_it(absent: str) -> None:
    """Whichever library of the extra is missing: exit 2 and one sentence."""
    ran = run("openrouter_conformance", ["run"], absent)
    assert ran.returncode == 2
    sentence = f"this command needs {absent}, which is not installed: pip install 'openrouter-embeddings[conformance]'"
    assert ran.stderr == f"openrouter-conformance: {sentence}\n"


def test_the_suites_mock_needs_nothing_but_the_mock() -> None:
    """`openrouter-conformance mock` and `faults` work without the libraries of the suite."""
    for arguments in (["faults"], ["mock", "--list-scenario-names"]):
        ran = run("openrouter_conformance", arguments, *set(SUITE) - set(MOCK))
        assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("package", ["openrouter_mock", "openrouter_conformance"])
def test_importing_a_command_imports_nothing_heavy(package: str) -> None:
    """A console script starts without the libraries of the extras, and `--help` works without them."""
    script = f"import {package}.cli, json, sys; print(json.dumps(sorted(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run([sys.executable, "-c", script], env=environment, check=True, capture_output=True, text=True)
    assert {*MOCK, *SUITE} & set(json.loads(ran.stdout)) == set()
    helped = run(package, ["--help"], *MOCK, *SUITE)
    assert (helped.returncode, helped.stderr) == (0, "")
    assert helped.stdout.startswith(f"usage: {package.replace('_', '-')}")
