"""Targets: which addresses and keys are taken, and where each key may go."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Mapping

import pytest

from openrouter_conformance.errors import UsageError
from openrouter_conformance.targets import LIVE_URL, Target, open_target
from openrouter_mock import cli

_LIVE_KEY = "sk-or-v1-live-secret"
_OTHER_KEY = "other-secret"
_BOTH = {"OPENROUTER_API_KEY": _LIVE_KEY, "CONFORMANCE_API_KEY": _OTHER_KEY, "MY_KEY": "my-secret"}


def _open(name: str, environment: Mapping[str, str] = _BOTH, key_variable: str | None = None) -> Target:
    with open_target(name, environment=environment, key_variable=key_variable) as target:
        return target


@pytest.mark.parametrize(
    "name",
    [
        "live",
        LIVE_URL,
        "https://openrouter.ai/api/v1/",
        "https://OPENROUTER.AI/api/v1",
        "https://openrouter.ai./api/v1",
        "https://eu.openrouter.ai/api/v1",
        "https://openrouter\N{IDEOGRAPHIC FULL STOP}ai/api/v1",
    ],
)
def test_live_api_gets_the_live_key(name: str) -> None:
    """However the live API is named, it gets OPENROUTER_API_KEY, and ceilings on requests and dollars."""
    target = _open(name)
    assert target.key == _LIVE_KEY
    assert target.ceilings.dollars is not None
    assert target.ceilings.requests is not None
    assert target.ceilings.per_second is not None
    assert not target.shrink


@pytest.mark.parametrize(
    "name",
    [
        "http://127.0.0.1:9/api/v1",
        "https://gateway.example/v1",
        "https://openrouter.ai.example/api/v1",
        "https://notopenrouter.ai/api/v1",
    ],
)
def test_other_targets_never_get_the_live_key(name: str) -> None:
    """Any other host gets CONFORMANCE_API_KEY, the variable that was named, or nothing."""
    assert _open(name).key == _OTHER_KEY
    assert _open(name, key_variable="MY_KEY").key == "my-secret"
    assert _open(name, {"OPENROUTER_API_KEY": _LIVE_KEY}).key is None
    with pytest.raises(UsageError, match=r"openrouter\.ai only"):
        _open(name, key_variable="OPENROUTER_API_KEY")


@pytest.mark.parametrize("name", ["http://127.0.0.1:9/api/v1", "https://gateway.example/v1"])
def test_any_target_has_a_dollar_ceiling(name: str) -> None:
    """Who forgets to set one spends no more than a dollar; the mock costs nothing and has none."""
    assert _open(name).ceilings.dollars == 1.0
    assert not _open(name).is_free
    assert _open("mock").ceilings.dollars is None
    assert _open("mock").is_free


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("moc", "neither"),
        ("ftp://host/api/v1", "neither"),
        ("http://", "neither"),
        ("http://host:port/api/v1", "no address"),
        ("http://[::1/api/v1", "no address"),
        ("https://user:pass@host/api/v1", "user or password"),
        ("https://host/api/v1?key=1", "query"),
        ("https://host/api/v1/embeddings", "before /embeddings"),
        ("https://host/api/v1/embeddings/models/", "before /embeddings"),
        ("http://openrouter.ai/api/v1", "https only"),
        ("http://openrouter.ai./api/v1", "https only"),
        ("http://eu.openrouter.ai/api/v1", "https only"),
    ],
)
def test_unusable_addresses_are_refused(name: str, complaint: str) -> None:
    """What is no base URL is refused in one sentence that says what to write."""
    with pytest.raises(UsageError, match=complaint) as refusal:
        _open(name)
    assert "pass@" not in str(refusal.value)


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "ключ", " edge"])
def test_unusable_keys_are_refused_without_showing_them(key: str) -> None:
    """A key that no header can carry is refused by its variable's name alone."""
    with pytest.raises(UsageError, match="CONFORMANCE_API_KEY") as refusal:
        _open("http://127.0.0.1:9/api/v1", {"CONFORMANCE_API_KEY": key})
    assert key not in str(refusal.value)


@pytest.mark.parametrize(("name", "variable"), [("live", None), ("http://127.0.0.1:9/v1", "MY_KEY")])
def test_missing_keys_are_named(name: str, variable: str | None) -> None:
    """A key that must be there and is not is asked for by its variable's name."""
    with pytest.raises(UsageError, match=variable or "OPENROUTER_API_KEY"):
        _open(name, {}, variable)


def test_mock_has_a_key_and_an_address_of_its_own() -> None:
    """The embedded mock ignores the environment's keys; the address it is shown under is where `start` serves."""
    with open_target("mock", environment=_BOTH) as target:
        assert target.key not in _BOTH.values()
        assert target.url != target.shown_url == "http://127.0.0.1:8000/api/v1"
        assert target.start is not None
        assert "openrouter-mock --port 8000 " in target.start
    assert _open(LIVE_URL).start is None


def test_mock_is_started_with_its_faults() -> None:
    """The line that starts a mock like the embedded one is the command of the mock, with the same faults."""
    with open_target("mock", environment={}, faults=("model_missing", "index_from_one")) as target:
        assert target.start is not None
    setting, command = target.start.removesuffix(" &").split("; ")
    name, *arguments = shlex.split(command)
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    options = parser.parse_args(arguments)
    assert name == "openrouter-mock"
    assert options.fault == ["model_missing", "index_from_one"]
    assert setting == f"export CONFORMANCE_API_KEY={options.key[0]}"
    assert target.shown_url == f"http://{options.host}:{options.port}/api/v1"
