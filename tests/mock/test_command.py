"""The command `openrouter-conformance mock`: its flags reach the mock, and its mistakes are told in one sentence."""

from __future__ import annotations

import argparse
import socket
from typing import Any

import httpx
import pytest

from openrouter_conformance import cli
from openrouter_mock import server as mock_server
from openrouter_mock.app import create_app
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


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[MockSettings]:
    """Collect the settings that the command serves with, instead of serving."""
    settings: list[MockSettings] = []
    monkeypatch.setattr(mock_server, "serve", settings.append)
    return settings


@pytest.mark.parametrize("flag", SETTINGS)
def test_a_flag_becomes_its_setting(served: list[MockSettings], flag: str) -> None:
    """Each flag changes one setting; without flags all but the port have their defaults."""
    value, fields = SETTINGS[flag]
    assert cli.main(["mock", flag, *([] if value is None else [value])]) == 0
    assert served == [MockSettings(**{"port": 8000, **fields})]


def test_every_flag_is_tested() -> None:
    """No flag of the command is missing above."""
    (commands,) = (each for each in cli._parser()._actions if isinstance(each, argparse._SubParsersAction))
    flags = {each.option_strings[-1] for each in commands.choices["mock"]._actions}
    assert flags == {*SETTINGS, "--help"}


def test_the_flags_are_seen_in_answers(served: list[MockSettings]) -> None:
    """`--list-scenarios` lengthens the model list, `--leading-whitespace` puts white space before the JSON."""
    cli.main(["mock", "--list-scenarios", "--leading-whitespace"])
    client = client_of(create_app(served[0]))
    assert "mock/overloaded" in client.get("/embeddings/models").text
    probe = raw("", body("cat"))
    answer: httpx.Response = client.post("/embeddings", content=probe.body, headers=probe.headers)
    assert answer.text[0].isspace()
    assert answer.json()["object"] == "list"


def test_a_taken_port_is_told_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """A port that somebody listens on: exit 2, where it was, and what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert cli.main(["mock", "--port", str(port)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"openrouter-conformance: cannot serve at 127.0.0.1:{port}: ")
    assert printed.err.endswith("choose another --port (0 takes a free one) or --host.\n")
    assert printed.err.count("\n") == 1


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
def test_bad_settings_are_refused(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    """A value that a setting cannot have: exit 2, the flag and what it takes."""
    with pytest.raises(SystemExit) as left:
        cli.main(["mock", *arguments])
    assert left.value.code == 2
    printed = capsys.readouterr().err
    assert f"argument {arguments[0]}: {said}" in printed
    assert "Traceback" not in printed


def test_a_refused_key_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    """A key that no header can carry is refused without being printed."""
    with pytest.raises(SystemExit):
        cli.main(["mock", "--key", "sk secret\n"])
    assert "secret" not in capsys.readouterr().err
