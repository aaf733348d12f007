"""The requirements as pytest tests, seen from the sessions of other projects."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from openrouter_conformance import requirements
from openrouter_mock.server import MockServer
from openrouter_mock.settings import MockSettings
from pytest_session import Ran, run_pytest

PLUGIN = "openrouter_conformance.pytest_plugin"
KEY = "sk-or-v1-plugin"
HEAVY = ("attrs", "httpx", "hypothesis", "jsonschema_rs", "numpy", "rich", "schemathesis", "yaml")

Session = Callable[..., Ran]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Give a function that runs pytest over a test file in a project of its own, with the plugin and no other."""
    return functools.partial(run_pytest, tmp_path, (PLUGIN,))


@pytest.fixture
def session_with_workers(tmp_path: Path) -> Session:
    """Give the same with pytest-xdist."""
    return functools.partial(run_pytest, tmp_path, (PLUGIN, "xdist.plugin"))


def test_a_session_without_a_target_imports_nothing_heavy(session: Session) -> None:
    """Loading the plugin, running a test beside it and reporting import neither the suite nor the mock."""
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


@pytest.mark.parametrize("absent", ["hypothesis", "schemathesis", "yaml"])
def test_without_the_extra_a_target_is_a_usage_error(session: Session, tmp_path: Path, absent: str) -> None:
    """Where a library of the suite is not installed, the session ends with one sentence that says how to install it."""
    (tmp_path / "conftest.py").write_text(f"import sys\nsys.modules[{absent!r}] = None\n", encoding="utf-8")
    ran = session("def test(): pass\n", "--conformance-target", "mock")
    sentence = f"--conformance-target needs {absent}, which is not installed: "
    assert f"ERROR: {sentence}pip install 'openrouter-embeddings[conformance]'" in ran.out
    assert "Traceback" not in ran.out
    assert ran.code == 4


def test_every_requirement_is_a_test(session: Session) -> None:
    """With `--conformance-target` each requirement that the globs choose is a test beside those of the project."""
    ran = session("def test(): pass\n", *_options("mock", "*/usage/*"), "-vv")
    names = [one.id for one in requirements.load() if "/usage/" in one.id]
    assert ran.outcomes == {"passed": 1 + len(names)}, ran.out
    assert all(f"conformance::{name} PASSED" in ran.out for name in names)


def test_requirements_alone_are_chosen_by_their_mark(session: Session) -> None:
    """`-m conformance` leaves out the tests of the project, and only what is left is checked."""
    ran = session("def test(): pass\n", *_options("mock", "*/usage/*"), "-m", "conformance", "-k", "cost")
    assert 0 < ran.outcomes["passed"] < ran.outcomes["deselected"], ran.out


def test_a_failed_requirement_fails_its_test_with_the_request_that_shows_it(session: Session) -> None:
    """The failure tells what was received, expected, and how to repeat it; neither traceback nor key is in it."""
    with MockServer(MockSettings(keys=(KEY,), faults=("model_missing",))) as faulty:
        arguments = _options(faulty.url, "create-embeddings/response/model-named", "create-embeddings/usage/*")
        model = ("--conformance-model", "openai/text-embedding-3-small")
        ran = session("", *arguments, *model, CONFORMANCE_API_KEY=KEY)
    assert ran.code == 1
    assert ran.outcomes["failed"] == 1, ran.out
    assert ran.outcomes["passed"] > 1
    for said in ("received: ", "expected: ", "source: the contract at #/", "repeat: curl "):
        assert said in ran.out
    assert "Traceback" not in ran.out
    assert "pytest_plugin.py" not in ran.out
    assert KEY not in ran.out


def test_a_requirement_that_does_not_apply_is_skipped_with_the_reason(session: Session) -> None:
    """What says nothing about a target counts as skipped, not as passed."""
    with MockServer(MockSettings(keys=(KEY,), faults=("refuses_token_ids",))) as lacking:
        arguments = _options(lacking.url, "create-embeddings/token-ids/*")
        model = ("--conformance-model", "openai/text-embedding-3-small")
        ran = session("", *arguments, *model, "-rs", CONFORMANCE_API_KEY=KEY)
    assert ran.outcomes.get("skipped"), ran.out
    assert "the target does not offer" in ran.out


@pytest.mark.parametrize(("options", "outcome"), [((), "xfailed"), (("--conformance-strict",), "failed")])
def test_a_warning_is_expected_to_fail_and_fails_when_strict(
    session: Session, options: tuple[str, ...], outcome: str
) -> None:
    """A requirement that is only observed is an expected failure; `--conformance-strict` makes it a failure."""
    with MockServer(MockSettings(keys=(KEY,), faults=("no_cross_origin_header",))) as lacking:
        arguments = _options(lacking.url, "create-embeddings/protocol/open-to-browsers")
        model = ("--conformance-model", "openai/text-embedding-3-small")
        ran = session("", *arguments, *model, *options, CONFORMANCE_API_KEY=KEY)
    assert ran.outcomes == {outcome: 1}, ran.out


def test_what_rests_on_a_failure_is_skipped(session: Session) -> None:
    """A requirement that could not be tried counts neither as passed nor as failed, and names its cause."""
    with MockServer(MockSettings(keys=(KEY,), faults=("drops_last_vector",))) as faulty:
        arguments = _options(faulty.url, "create-embeddings/order/*", "create-embeddings/response/one-vector-per-input")
        model = ("--conformance-model", "openai/text-embedding-3-small")
        ran = session("", *arguments, *model, "-rs", CONFORMANCE_API_KEY=KEY)
    assert ran.outcomes["failed"] == 1, ran.out
    assert ran.outcomes["skipped"] > 0, ran.out
    assert "rests on create-embeddings/response/one-vector-per-input, which failed" in ran.out


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
        (("--conformance-target", "mock", "--conformance-concurrency", "0"), 4, "--conformance-concurrency 0: write a"),
        (("--conformance-target", "mock", "--conformance-time", "nan"), 4, "--conformance-time nan: write a number"),
        (("--conformance-target", "mock", "-n", "2"), 4, "runs in one process; run it without -n"),
    ],
    ids=["unreachable", "no address", "no key", "no requirement", "no concurrency", "no time", "workers"],
)
def test_what_cannot_be_checked_is_reported_in_one_sentence(
    session_with_workers: Session, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """A target that cannot be checked ends the session with a sentence and an exit code that is no test's failure."""
    ran = session_with_workers("", *arguments, OPENROUTER_API_KEY="")
    assert ran.code == code, ran.out
    assert [said in line for line in ran.out.splitlines()].count(True) == 1
    assert "Traceback" not in ran.out


def _options(target: str, *globs: str) -> list[str]:
    only = [part for glob in globs for part in ("--conformance-only", glob)]
    return ["--conformance-target", target, "--conformance-profile", "quick", *only]
