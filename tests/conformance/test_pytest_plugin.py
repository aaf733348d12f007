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
    assert ran.outcomes["passed"] + ran.outcomes.get("skipped", 0) == 1 + len(names), ran.out
    assert all(f"conformance::{name} " in ran.out for name in names)


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
        (("--conformance-target", "mock", "--conformance-known", "none.yaml"), 4, "none.yaml: the target file cannot"),
        (("--conformance-target", "http://127.0.0.1:1/api/v1", "-n", "2"), 2, "cannot reach http://127.0.0.1:1/api/v1"),
    ],
    ids=[
        "unreachable",
        "no address",
        "no key",
        "no requirement",
        "no concurrency",
        "no time",
        "no file",
        "workers",
    ],
)
def test_what_cannot_be_checked_is_reported_in_one_sentence(
    session_with_workers: Session, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """A target that cannot be checked ends the session with a sentence and an exit code that is no test's failure."""
    ran = session_with_workers("", *arguments, OPENROUTER_API_KEY="")
    assert ran.code == code, ran.out
    lines = [line for line in ran.out.splitlines() if said in line and not line.startswith("ERROR conformance::")]
    assert len(lines) == 1 or "-n" in arguments  # a worker's test says it, and so does the session
    assert "Traceback" not in ran.out


_KNOWN = """\
known_deviations:
  - id: create-embeddings/response/model-named
    reason: The name is left out.
    since: 2026-08-01
"""


def _target_file(folder: Path, url: str, known: str = _KNOWN) -> str:
    path = folder / "target.yaml"
    path.write_text(f"address: {url}\nmodels: [openai/text-embedding-3-small]\n{known}", "utf-8")
    return str(path)


@pytest.mark.parametrize(("faults", "outcome"), [(("model_missing",), "xfailed"), ((), "failed")])
def test_a_known_deviation_is_a_strict_expected_failure(
    session: Session, tmp_path: Path, faults: tuple[str, ...], outcome: str
) -> None:
    """With a target file a known deviation is expected to fail; when it passes, its test fails and names the entry."""
    with MockServer(MockSettings(keys=(KEY,), faults=faults)) as server:
        target = _target_file(tmp_path, server.url)
        ran = session("", *_options(target, "create-embeddings/response/model-named"), "-rxf", CONFORMANCE_API_KEY=KEY)
    assert ran.outcomes == {outcome: 1, "passed": 1}, ran.out
    assert ("The name is left out." in ran.out) == bool(faults)
    assert (f"delete its entry in {target}, line 4" in ran.out) == (not faults)


def test_entries_that_are_over_fail_a_test_of_their_own(session: Session, tmp_path: Path) -> None:
    """What expired, or names no requirement, fails beside the requirements, and says where it stands."""
    known = _KNOWN + "    expires: 2026-08-02\n  - {id: no/such/*, reason: none, since: 2026-08-01}\n"
    ran = session("", *_options(_target_file(tmp_path, "mock", known), "*/usage/cost*"))
    assert ran.outcomes["failed"] == 1, ran.out
    assert "line 4: create-embeddings/response/model-named: its last day is over" in ran.out
    assert "no/such/*: it names no requirement" in ran.out


def test_collected_tests_are_counted(session: Session, tmp_path: Path) -> None:
    """`--collect-only` lists the requirements, counts them, and checks nothing."""
    target = _target_file(tmp_path, "http://127.0.0.1:1/api/v1")
    count = sum("/usage/" in one.id for one in requirements.load())
    ran = session("def test(): pass\n", *_options(target, "*/usage/*"), "--collect-only")
    assert ran.code == 0, ran.out
    assert f"{count + 2} tests collected" in ran.out
    assert ran.out.count("conformance::create-embeddings/usage/") == count
    assert "conformance::known-deviations" in ran.out


@pytest.mark.parametrize("workers", ["2", "auto"])
def test_workers_share_one_run(session_with_workers: Session, tmp_path: Path, workers: str) -> None:
    """With pytest-xdist the target is checked once, and each requirement is reported once."""
    with MockServer(MockSettings(keys=(KEY,), faults=("model_missing",))) as server:
        target = _target_file(tmp_path, server.url)
        globs = ("create-embeddings/response/*", "create-embeddings/usage/*")
        alone = session_with_workers("", *_options(target, *globs), CONFORMANCE_API_KEY=KEY)
        limit = ("--conformance-max-requests", "150")  # two runs would need more
        ran = session_with_workers("", *_options(target, *globs), "-n", workers, *limit, CONFORMANCE_API_KEY=KEY)
    assert ran.code == 0, ran.out
    assert ran.outcomes == alone.outcomes
    assert ran.outcomes["xfailed"] >= 1


def test_last_failed_requirements_are_run_again_alone(tmp_path: Path) -> None:
    """`--lf` checks what failed, and nothing else."""
    session = functools.partial(run_pytest, tmp_path, (PLUGIN, "cacheprovider"))
    with MockServer(MockSettings(keys=(KEY,), faults=("model_missing",))) as server:
        options = _options(_target_file(tmp_path, server.url, ""), "create-embeddings/response/*")
        first = session("", *options, CONFORMANCE_API_KEY=KEY)
        again = session("", *options, "--lf", CONFORMANCE_API_KEY=KEY)
    assert first.outcomes["failed"] == again.outcomes["failed"] == 1, first.out
    assert set(again.outcomes) == {"failed", "deselected"}, again.out


def test_a_run_that_meets_a_ceiling_keeps_its_verdicts(session: Session, tmp_path: Path) -> None:
    """What was found out is reported; what the run did not come to is an error that says why."""
    with MockServer(MockSettings(keys=(KEY,), faults=("model_missing",))) as server:
        options = _options(_target_file(tmp_path, server.url, ""), "create-embeddings/*")
        ran = session("", *options, "--conformance-max-requests", "60", CONFORMANCE_API_KEY=KEY)
    assert ran.code == 1
    assert ran.outcomes["failed"] >= 1, ran.out
    assert ran.outcomes["errors"] > 1
    assert "not run: the run stopped: stopped after 60 requests" in ran.out


def _options(target: str, *globs: str) -> list[str]:
    only = [part for glob in globs for part in ("--conformance-only", glob)]
    return ["--conformance-target", target, "--conformance-profile", "quick", *only]
