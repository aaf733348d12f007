"""The mock as a pytest plugin, seen from the sessions of other projects."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from openrouter_conformance import requirements
from openrouter_mock.server import MockServer
from openrouter_mock.settings import MockSettings

PLUGIN = "openrouter_conformance.pytest_plugin"
KEY = "sk-or-v1-plugin"
HEAVY = (
    "attrs",
    "httpx",
    "hypothesis",
    "jsonschema_rs",
    "numpy",
    "orjson",
    "schemathesis",
    "starlette",
    "uvicorn",
    "yaml",
)
EMBED = """
import httpx

def embed(mock, text="cat", model="openai/text-embedding-3-small"):
    headers = {"Authorization": f"Bearer {mock.key}"}
    return httpx.post(f"{mock.url}/embeddings", json={"model": model, "input": text}, headers=headers)
"""


@attrs.frozen
class Ran:
    """A pytest session that has ended."""

    code: int
    out: str
    outcomes: dict[str, int]


Session = Callable[..., Ran]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Give a function that runs pytest over a test file in a project of its own, with the plugin and no other."""

    def ran(test: str, *arguments: str, plugins: tuple[str, ...] = (), **environment: str) -> Ran:
        (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", encoding="utf-8")
        (tmp_path / "test_it.py").write_text(test, encoding="utf-8")
        loaded = [part for name in (PLUGIN, *plugins) for part in ("-p", name)]
        result = subprocess.run(
            [sys.executable, "-m", "pytest", *loaded, "-p", "no:cacheprovider", "--strict-markers", "-q", *arguments],
            cwd=tmp_path,
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))},
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return Ran(result.returncode, result.stdout + result.stderr, _outcomes(result.stdout))

    return ran


def _outcomes(printed: str) -> dict[str, int]:
    """Return the counts of the last line that has some: `2 passed, 1 failed in 0.1s`."""
    for line in reversed(printed.splitlines()):
        parts = line.strip("= ").rpartition(" in ")[0].split(", ")
        if all(part.split(" ")[0].isdigit() for part in parts):
            return {part.split(" ")[1]: int(part.split(" ")[0]) for part in parts}
    return {}


def test_a_session_that_does_not_use_it_imports_nothing_heavy(session: Session) -> None:
    """Loading the plugin, running a test beside it and reporting import neither server nor suite."""
    ran = session(
        f"""
import sys
def test_nothing_heavy():
    loaded = sorted(name for name in {HEAVY!r} if name in sys.modules)
    ours = sorted(name for name in sys.modules if name.startswith("openrouter_"))
    assert loaded == []
    assert ours == ["openrouter_conformance", {PLUGIN!r}]
"""
    )
    assert ran.outcomes == {"passed": 1}, ran.out


def test_the_fixture_gives_url_key_and_scenarios(session: Session) -> None:
    """A test that names the fixture speaks to a server, with a key that is let in, and lets things happen."""
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
    """What one test queued, or counted, does not happen to the next, though the server is the same."""
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
    openrouter_mock.scenarios.queue("overloaded", times=5)
"""
    )
    assert ran.outcomes == {"passed": 2}, ran.out


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


def test_workers_have_mocks_of_their_own(session: Session) -> None:
    """Under pytest-xdist the fixture works in each worker."""
    test = EMBED + "import pytest\n@pytest.mark.parametrize('n', range(4))\ndef test(openrouter_mock, n):\n"
    ran = session(test + "    assert embed(openrouter_mock).status_code == 200\n", "-n", "2", plugins=("xdist.plugin",))
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


def test_every_requirement_is_a_test(session: Session) -> None:
    """With `--conformance-target` each requirement that the globs choose is a test beside those of the project."""
    ran = session("def test(): pass\n", *_judging("mock", "*/usage/*"), "-vv")
    names = [one.id for one in requirements.load() if "/usage/" in one.id]
    assert ran.outcomes == {"passed": 1 + len(names)}, ran.out
    assert all(f"conformance::{name} PASSED" in ran.out for name in names)


def test_requirements_alone_are_chosen_by_their_mark(session: Session) -> None:
    """`-m conformance` leaves out the tests of the project, and only what is left is judged."""
    ran = session("def test(): pass\n", *_judging("mock", "*/usage/*"), "-m", "conformance", "-k", "cost")
    assert 0 < ran.outcomes["passed"] < ran.outcomes["deselected"], ran.out


def test_a_violated_requirement_fails_with_the_request_that_shows_it(session: Session) -> None:
    """The failure tells what was received, expected, and how to repeat it; neither traceback nor key is in it."""
    with MockServer(MockSettings(keys=(KEY,), faults=("model_missing",))) as faulty:
        arguments = _judging(faulty.url, "create-embeddings/response/model-named", "create-embeddings/usage/*")
        model = ("--conformance-model", "openai/text-embedding-3-small")
        ran = session("", *arguments, *model, CONFORMANCE_API_KEY=KEY)
    assert ran.code == 1
    assert ran.outcomes["failed"] == 1, ran.out
    assert ran.outcomes["passed"] > 1
    for said in ("received: ", "expected: ", "source: #/", "repeat: curl "):
        assert said in ran.out
    assert "Traceback" not in ran.out
    assert "pytest_plugin.py" not in ran.out
    assert KEY not in ran.out


def test_a_requirement_that_does_not_apply_is_skipped_with_the_reason(session: Session) -> None:
    """What says nothing about a target counts as skipped, not as passed."""
    with MockServer(MockSettings(keys=(KEY,), faults=("refuses_token_ids",))) as lacking:
        arguments = _judging(lacking.url, "create-embeddings/token-ids/*")
        model = ("--conformance-model", "openai/text-embedding-3-small")
        ran = session("", *arguments, *model, "-rs", CONFORMANCE_API_KEY=KEY)
    assert ran.outcomes.get("skipped"), ran.out
    assert "the target does not offer" in ran.out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--conformance-target", "http://127.0.0.1:1/api/v1"), 3, "cannot reach http://127.0.0.1:1/api/v1"),
        (("--conformance-target", "nowhere"), 4, "target 'nowhere' is neither"),
        (("--conformance-target", "live"), 4, "OPENROUTER_API_KEY is not set"),
        (
            ("--conformance-target", "mock", "--conformance-only", "nothing*"),
            4,
            "--conformance-only 'nothing*' matches",
        ),
        (("--conformance-target", "mock", "-n", "2"), 4, "judges in one process; run it without -n"),
    ],
    ids=["unreachable", "no address", "no key", "no requirement", "workers"],
)
def test_what_cannot_be_judged_is_told_in_one_sentence(
    session: Session, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """A target that cannot be judged ends the session with a sentence and an exit code that is no test's failure."""
    ran = session("", *arguments, plugins=("xdist.plugin",), OPENROUTER_API_KEY="")
    assert ran.code == code, ran.out
    assert [said in line for line in ran.out.splitlines()].count(True) == 1
    assert "Traceback" not in ran.out


def _judging(target: str, *globs: str) -> list[str]:
    only = [part for glob in globs for part in ("--conformance-only", glob)]
    return ["--conformance-target", target, "--conformance-profile", "quick", *only]
