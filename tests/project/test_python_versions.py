"""Which versions of Python are supported: the classifiers say it, and everything else follows them."""

import configparser
import importlib.util
import os
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tox.config.cli.parser import ToxParser

REPOSITORY = Path(__file__).parents[2]
SETTINGS: dict[str, Any] = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
CLASSIFIER = re.compile(r"Programming Language :: Python :: (3\.\d+)")
SUPPORTED = [match[1] for one in SETTINGS["project"]["classifiers"] if (match := CLASSIFIER.fullmatch(one))]
"""The versions that the classifiers name."""

OLDEST = SUPPORTED[0]


@pytest.fixture(scope="module")
def tox() -> configparser.ConfigParser:
    """Read tox.ini."""
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(REPOSITORY / "tox.ini", encoding="utf-8")
    return settings


def names(setting: str) -> list[str]:
    """Return the names in a list of tox.ini."""
    return re.split(r"[\s,]+", setting.strip())


def test_classifiers_are_in_order() -> None:
    """Each version follows the one before it: none is left out."""
    minors = [int(version.removeprefix("3.")) for version in SUPPORTED]
    assert minors == list(range(minors[0], minors[0] + len(minors)))


def test_oldest_version_is_what_tools_aim_at() -> None:
    """Installers, type checkers and ruff know the oldest supported version, and no newer one."""
    tool = SETTINGS["tool"]
    assert SETTINGS["project"]["requires-python"] == f">={OLDEST}"
    assert tool["mypy"]["python_version"] == OLDEST
    assert tool["basedpyright"]["pythonVersion"] == OLDEST
    assert tool["ruff"]["target-version"] == "py" + OLDEST.replace(".", "")


def test_tox_runs_every_supported_version(tox: configparser.ConfigParser) -> None:
    """`check` prefers the oldest, an environment of its own runs each other one, and missing ones are listed."""
    supported = ["py" + version.replace(".", "") for version in SUPPORTED]
    assert names(tox["testenv:check"]["base_python"]) == supported
    assert names(tox["tox"]["env_list"]) == ["check", *supported[1:]]
    assert tox["tox"]["skip_missing_interpreters"] == "true"


def test_tox_finds_the_interpreters_of_pyenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The running interpreter is the first that tox tries, CPythons of pyenv follow from the newest to the oldest."""
    for version in ("3.9.18", "3.12.1", "3.12.11", "2.7.18", "pypy3.10-7.3.12", "3.14-dev", "3.13.0"):
        (tmp_path / "versions" / version / "bin").mkdir(parents=True)
        if version != "3.13.0":  # a folder that an interrupted installation left
            (tmp_path / "versions" / version / "bin" / "python").touch()
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    expected = [tmp_path / "versions" / version / "bin" / "python" for version in ("3.12.11", "3.12.1", "3.9.18")]
    assert discovered(monkeypatch, None) == ";".join(map(str, [sys.executable, *expected]))


def test_tox_is_left_alone_without_pyenv_or_when_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where pyenv is not installed nothing is set, and what the user has set stays."""
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert discovered(monkeypatch, None) is None
    (tmp_path / "versions" / "3.12.1" / "bin").mkdir(parents=True)
    (tmp_path / "versions" / "3.12.1" / "bin" / "python").touch()
    assert discovered(monkeypatch, "/usr/bin/python3") == "/usr/bin/python3"


def discovered(monkeypatch: pytest.MonkeyPatch, before: str | None) -> str | None:
    """Return `TOX_DISCOVER` after the hook of toxfile.py has run, with the value that it had before."""
    monkeypatch.setenv("TOX_DISCOVER", before or "")
    if before is None:
        monkeypatch.delenv("TOX_DISCOVER")
    spec = importlib.util.spec_from_file_location("toxfile", REPOSITORY / "toxfile.py")
    assert spec is not None
    assert spec.loader is not None
    toxfile = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(toxfile)
    toxfile.tox_add_option(ToxParser.base())
    return os.environ.get("TOX_DISCOVER")
