"""The mock as a pytest fixture, seen from the sessions of other projects."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_session import Ran, run_pytest

PLUGIN = "openrouter_mock.pytest_plugin"
SUITE_PLUGIN = "openrouter_conformance.pytest_plugin"
PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
HEAVY = ("attrs", "httptools", "httpx", "jsonschema_rs", "numpy", "orjson", "uvicorn", "yaml")
EMBED = """
import httpx

def embed(mock, text="cat", model="openai/text-embedding-3-small"):
    headers = {"Authorization": f"Bearer {mock.key}"}
    return httpx.post(f"{mock.url}/embeddings", json={"model": model, "input": text}, headers=headers)
"""
USE = "def test(openrouter_mock): assert openrouter_mock.url\n"

Session = Callable[..., Ran]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Give a function that runs pytest over a test file in a project of its own, with the plugin and no other."""
    return functools.partial(run_pytest, tmp_path, (PLUGIN,))


def test_a_session_that_does_not_use_it_imports_nothing_heavy(session: Session) -> None:
    """Loading the plugin, running a test beside it and reporting import neither the server nor the suite."""
    ran = session(
        f"""
import sys
def test_nothing_heavy():
    loaded = sorted(name for name in {HEAVY!r} if name in sys.modules)
    ours = sorted(name for name in sys.modules if name.startswith("openrouter_"))
    assert loaded == []
    assert ours == ["openrouter_mock", {PLUGIN!r}]
"""
    )
    assert ran.outcomes == {"passed": 1}, ran.out


def test_the_fixture_needs_nothing_of_the_suite(session: Session, tmp_path: Path) -> None:
    """It works where the suite and its libraries are not installed, and does not import the client either."""
    absent = ("openrouter_conformance", "hypothesis", "schemathesis", "requests", "rich", "starlette")
    (tmp_path / "conftest.py").write_text(
        f"import sys\nsys.modules.update(dict.fromkeys({absent!r}))\n", encoding="utf-8"
    )
    ran = session(USE + "def test_client():\n    import sys\n    assert 'openrouter_embeddings' not in sys.modules\n")
    assert ran.outcomes == {"passed": 2}, ran.out


@pytest.mark.parametrize("absent", ["httptools", "numpy", "uvicorn"])
def test_without_the_extra_the_fixture_says_how_to_install_it(session: Session, tmp_path: Path, absent: str) -> None:
    """A test that uses the fixture without the extra is an error in one sentence, and others are not affected."""
    (tmp_path / "conftest.py").write_text(f"import sys\nsys.modules[{absent!r}] = None\n", encoding="utf-8")
    ran = session(USE + "def test_beside(): pass\n")
    assert ran.outcomes == {"passed": 1, "error": 1}, ran.out
    sentence = f"the fixture openrouter_mock needs {absent}, which is not installed: "
    assert f"{sentence}pip install 'openrouter-embeddings[mock]'" in ran.out
    assert "Traceback" not in ran.out
    assert "pytest_plugin.py" not in ran.out


@pytest.mark.parametrize("named", [(), (PLUGIN,), (SUITE_PLUGIN, PLUGIN)], ids=["none", "mock", "both"])
def test_installed_plugins_are_registered_once(tmp_path: Path, named: tuple[str, ...]) -> None:
    """The entry points of the distribution load both plugins, each once, also when `-p` names them too."""
    installed = tmp_path / "openrouter_embeddings-0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Name: openrouter-embeddings\nVersion: 0\n", encoding="utf-8")
    entries = PROJECT["entry-points"]["pytest11"]
    assert entries == {PLUGIN: PLUGIN, SUITE_PLUGIN: SUITE_PLUGIN}
    lines = [f"{name} = {module}" for name, module in entries.items()]
    (installed / "entry_points.txt").write_text("\n".join(["[pytest11]", *lines, ""]), encoding="utf-8")
    test = f"""{USE}
def test_registered(pytestconfig):
    names = [getattr(each, "__name__", "") for each in pytestconfig.pluginmanager.get_plugins()]
    assert sorted(name for name in names if name.startswith("openrouter_")) == {sorted(entries)}
"""
    ran = run_pytest(tmp_path, named, test, "-W", "default", PYTEST_DISABLE_PLUGIN_AUTOLOAD="")
    assert ran.outcomes == {"passed": 2}, ran.out


def test_the_fixture_gives_url_key_and_scenarios(session: Session) -> None:
    """A test that names the fixture speaks to a server, with a key that is accepted, and triggers scenarios."""
    ran = session(
        EMBED
        + """
def test_embed(openrouter_mock):
    assert openrouter_mock.url.startswith("http://127.0.0.1:")
    assert len(embed(openrouter_mock).json()["data"][0]["embedding"]) == 1536

def test_retry(openrouter_mock):
    openrouter_mock.scenarios.queue("rate-limited", times=2)
    assert [embed(openrouter_mock).status_code for _ in range(3)] == [429, 429, 200]
"""
    )
    assert ran.outcomes == {"passed": 2}, ran.out


def test_every_test_finds_a_fresh_mock(session: Session) -> None:
    """Scenarios that one test queued, and calls that it counted, do not affect the next, on the same server."""
    ran = session(
        EMBED
        + """
import pytest
urls = set()

@pytest.mark.parametrize("turn", [1, 2])
def test_one(openrouter_mock, turn):
    urls.add(openrouter_mock.url)
    assert len(urls) == 1
    assert [embed(openrouter_mock, model="mock/rate-limited-once").status_code for _ in range(2)] == [429, 200]
    assert len(openrouter_mock.calls) == 2
    openrouter_mock.scenarios.queue("overloaded", times=5)
    openrouter_mock.scenarios.reset()
"""
    )
    assert ran.outcomes == {"passed": 2}, ran.out


def test_a_scenario_that_is_left_fails_the_test(session: Session) -> None:
    """A test whose SDK makes fewer calls than scenarios were queued fails, and the next one finds a fresh mock."""
    ran = session(
        EMBED
        + """
def test_without_retry(openrouter_mock):
    openrouter_mock.scenarios.queue("overloaded", times=2)
    assert embed(openrouter_mock).status_code == 529

def test_next(openrouter_mock):
    assert openrouter_mock.scenarios.queued == ()
    assert embed(openrouter_mock).status_code == 200
"""
    )
    assert ran.outcomes == {"passed": 2, "error": 1}, ran.out
    assert "1 queued scenarios were not applied (overloaded)" in ran.out
    assert "Traceback" not in ran.out


def test_the_server_serves_fixtures_of_a_wider_scope(session: Session) -> None:
    """A fixture of the session may use `openrouter_mock_server`, which is the mock of the tests."""
    ran = session(
        EMBED
        + """
import pytest

@pytest.fixture(scope="session")
def vector(openrouter_mock_server):
    return embed(openrouter_mock_server).json()["data"][0]["embedding"]

def test_same(vector, openrouter_mock, openrouter_mock_server):
    assert openrouter_mock is openrouter_mock_server
    assert embed(openrouter_mock).json()["data"][0]["embedding"] == vector
"""
    )
    assert ran.outcomes == {"passed": 1}, ran.out


def test_workers_have_mocks_of_their_own(tmp_path: Path) -> None:
    """Under pytest-xdist the fixture works in each worker."""
    test = EMBED + "import pytest\n@pytest.mark.parametrize('n', range(4))\ndef test(openrouter_mock, n):\n"
    test += "    assert embed(openrouter_mock).status_code == 200\n"
    ran = run_pytest(tmp_path, (PLUGIN, "xdist.plugin"), test, "-n", "2")
    assert ran.outcomes == {"passed": 4}, ran.out


def test_the_mock_stops_with_the_session(session: Session, tmp_path: Path) -> None:
    """After the session no thread of the mock is left; a leaked socket would be an error there."""
    (tmp_path / "conftest.py").write_text(
        "import threading\n"
        "def pytest_unconfigure():\n"
        "    print('left:', [t.name for t in threading.enumerate() if 'mock' in t.name])\n",
        encoding="utf-8",
    )
    ran = session("def test(openrouter_mock): pass\n", "-s")
    assert "left: []" in ran.out
