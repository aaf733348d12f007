"""Known deviations: they fail no run while they last, and fail it when they are over."""

from __future__ import annotations

import datetime as dt
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from openrouter_conformance import expected_failures, requirements
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.known_deviations import Kind, KnownDeviation
from openrouter_conformance.report import records as report_records
from openrouter_conformance.results import Result
from openrouter_conformance.status import Conclusion, Status, conclude
from openrouter_conformance.targets import describe
from openrouter_mock.server import MockServer
from openrouter_mock.settings import MockSettings

from .conftest import Printed

_KEY = "sk-or-v1-0123456789abcdef"
_TODAY = dt.date(2026, 11, 20)
_NAMED = "create-embeddings/response/model-named"
_ORDER = "create-embeddings/order/vectors-follow-inputs"
_COUNT = "create-embeddings/response/one-vector-per-input"
_BY_ID = {one.id: one for one in requirements.load()}


def _entry(glob: str = _NAMED, kind: Kind = Kind.FAILS, expires: dt.date | None = None) -> KnownDeviation:
    return KnownDeviation(
        glob, kind, "a reason", since=dt.date(2026, 1, 1), expires=expires, place="target.yaml, line 3"
    )


def _result(name: str, status: Status, blocked_by: str | None = None) -> Result:
    failure = CheckFailure("this", "that") if status in (Status.FAILED, Status.WARNING) else None
    return Result(_BY_ID[name], status, failure=failure, blocked_by=blocked_by)


def _judged(results: list[Result], *entries: KnownDeviation) -> tuple[list[Status], list[str], Conclusion]:
    marked = expected_failures.marked(results, entries, _TODAY)
    unneeded = expected_failures.unneeded(marked, entries, _TODAY)
    conclusion = conclude(expected_failures.counted(marked), unneeded=bool(unneeded))
    return [one.status for one in marked], [one.problem.value for one in unneeded], conclusion


@pytest.mark.parametrize("kind", Kind)
def test_what_is_known_fails_no_run(kind: Kind) -> None:
    """While it fails, a requirement that an entry names is known, and the run conforms."""
    results = [_result(_NAMED, Status.FAILED), _result(_COUNT, Status.PASSED)]
    assert _judged(results, _entry(kind=kind)) == ([Status.KNOWN, Status.PASSED], [], Conclusion.CONFORMS)


def test_other_failures_fail_the_run() -> None:
    """An entry excuses what it names and nothing else."""
    results = [_result(_NAMED, Status.FAILED), _result(_COUNT, Status.FAILED)]
    assert _judged(results, _entry())[2] is Conclusion.DOES_NOT_CONFORM


@pytest.mark.parametrize(("kind", "problems"), [(Kind.FAILS, ["passes"]), (Kind.FLAKY, [])], ids=["fails", "flaky"])
def test_passing_makes_an_entry_unneeded_unless_it_is_flaky(kind: Kind, problems: list[str]) -> None:
    """What is said to fail and passes fails the run; what is flaky may pass."""
    statuses, found, conclusion = _judged([_result(_NAMED, Status.PASSED)], _entry(kind=kind))
    assert (statuses, found) == ([Status.PASSED], problems)
    assert conclusion is (Conclusion.DOES_NOT_CONFORM if problems else Conclusion.CONFORMS)


@pytest.mark.parametrize(
    ("others", "problems"),
    [
        ([Status.PASSED], ["passes"]),
        ([Status.NOT_APPLICABLE, Status.BLOCKED], ["passes"]),
        ([Status.FAILED], []),
        ([Status.WARNING], []),
        ([Status.ERROR], []),
        ([Status.NOT_RUN], []),
        ([Status.DESELECTED], []),
    ],
)
def test_a_glob_is_needed_while_any_of_its_requirements_may_fail(others: list[Status], problems: list[str]) -> None:
    """An entry for several requirements is unneeded when all that were checked pass, and none is undecided."""
    names = ["create-embeddings/response/id-fresh", "create-embeddings/response/id-form"]
    results = [_result(_NAMED, Status.PASSED), *map(_result, names, others)]
    assert _judged(results, _entry("create-embeddings/response/*"))[1] == problems


def test_an_expired_entry_excuses_nothing() -> None:
    """On its last day an entry holds; on the next the requirement has failed, and the entry is to be deleted."""
    results = [_result(_NAMED, Status.FAILED)]
    assert _judged(results, _entry(expires=_TODAY))[:2] == ([Status.KNOWN], [])
    yesterday = _TODAY - dt.timedelta(days=1)
    assert _judged(results, _entry(expires=yesterday))[:2] == ([Status.FAILED], ["expired"])


def test_an_entry_that_names_nothing_is_unneeded() -> None:
    """A misspelt id fails the run even when everything passes."""
    found = _judged([_result(_NAMED, Status.PASSED)], _entry("create-embedings/*"))
    assert found == ([Status.PASSED], ["unknown"], Conclusion.DOES_NOT_CONFORM)


def test_what_rests_on_a_known_failure_stays_blocked_and_fails_no_run() -> None:
    """A blocked requirement fails the run by its cause alone."""
    results = [_result(_COUNT, Status.FAILED), _result(_ORDER, Status.BLOCKED, blocked_by=_COUNT)]
    assert _judged(results, _entry(_COUNT)) == ([Status.KNOWN, Status.BLOCKED], [], Conclusion.CONFORMS)
    assert _judged(results, _entry(_NAMED))[2] is Conclusion.DOES_NOT_CONFORM


def test_what_rests_on_a_warning_fails_no_run() -> None:
    """Of two operations that deviate alike, the second rests on the first, which is only a warning."""
    first, second = (
        f"{one}/protocol/other-methods-explained" for one in ("create-embeddings", "list-embeddings-models")
    )
    results = [_result(first, Status.WARNING), _result(second, Status.BLOCKED, blocked_by=first)]
    assert _judged(results)[2] is Conclusion.CONFORMS


def test_a_stopped_run_stays_unfinished() -> None:
    """What has no result yet concludes the run, whatever the entries say."""
    results = [_result(_NAMED, Status.PASSED), _result(_COUNT, Status.NOT_RUN)]
    assert _judged(results, _entry())[2] is Conclusion.STOPPED


@attrs.frozen
class _Ran:
    printed: Printed
    records: report_records.RunRecords
    junit: ET.Element


@pytest.fixture
def run(command: Callable[..., Printed], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., _Ran]:
    """Give a function that runs a target file with these known deviations on a mock with these faults."""
    monkeypatch.setenv("CONFORMANCE_API_KEY", _KEY)

    def ran(known: str, *faults: str, only: tuple[str, ...] = (_NAMED,)) -> _Ran:
        globs = [part for glob in only for part in ("--only", glob)]
        with MockServer(MockSettings(keys=(_KEY,), faults=faults)) as server:
            path = tmp_path / "target.yaml"
            path.write_text(f"address: {server.url}\nmodels: [openai/text-embedding-3-small]\n{known}", "utf-8")
            printed = command("run", path, "--profile", "quick", "--report", tmp_path / "report", *globs)
        written = report_records.read(tmp_path / "report" / "results.jsonl")
        return _Ran(printed, written, ET.parse(tmp_path / "report" / "junit.xml").getroot())

    return ran


_FILE = f"""\
known_deviations:
  - id: {_NAMED}
    reason: The name is left out.
    link: https://issues.example/7
    since: 2026-08-01
"""


def test_a_known_deviation_is_reported_and_fails_no_run(run: Callable[..., _Ran]) -> None:
    """Exit 0; the screen, the records and JUnit say that it is known, why and since when."""
    ran = run(_FILE, "model_missing")
    assert (ran.printed.code, ran.printed.err) == (0, ""), ran.printed.out
    assert "Known deviations, which fail no run:\n  create-embeddings/response/model-named\n" in ran.printed.out
    assert "The name is left out. (since 2026-08-01) https://issues.example/7" in ran.printed.out
    assert "repeat: " not in ran.printed.out
    (record,) = ran.records.with_status(Status.KNOWN)
    assert record["known"] == {
        "entry": _NAMED,
        "kind": "fails",
        "reason": "The name is left out.",
        "link": "https://issues.example/7",
        "since": "2026-08-01",
        "expires": None,
    }
    assert record["failure"]["exchanges"]
    assert ran.records.footer["known_deviations"] == []
    skipped = [one.get("message") for one in ran.junit.iter("skipped")]
    assert "known: The name is left out." in skipped
    assert ran.junit[0].get("failures") == "0"


def test_an_entry_that_is_not_needed_fails_the_run_and_is_named(run: Callable[..., _Ran], tmp_path: Path) -> None:
    """Exit 1; the screen, the records and JUnit say which entry to delete, and where it stands."""
    ran = run(_FILE)
    place = f"{tmp_path / 'target.yaml'}, line 4"
    assert ran.printed.code == 1
    conclusion = " ".join(ran.printed.out.split()).partition("DOES NOT CONFORM: ")[2]
    assert conclusion.startswith("1 passed, 0 failed, 0 warnings")
    assert conclusion.endswith(", 1 entry to delete")
    assert "all that it names passes now: delete the entry" in ran.printed.out
    assert ran.records.footer["known_deviations"] == [{"entry": _NAMED, "problem": "passes", "place": place}]
    failed = [one for one in ran.junit.iter("testcase") if one.find("failure") is not None]
    assert [(one.get("classname"), one.get("name")) for one in failed] == [("known-deviations", _NAMED)]
    assert ran.junit[0].get("failures") == "1"
    assert ran.junit[0].get("tests") == str(len(list(ran.junit.iter("testcase"))))


def test_a_warning_may_be_known(run: Callable[..., _Ran]) -> None:
    """What only a strict run is failed by is known, too, so that its entry is needed."""
    known = _FILE.replace(_NAMED, "create-embeddings/protocol/open-to-browsers")
    ran = run(known, "no_cross_origin_header", only=("create-embeddings/protocol/open-to-browsers",))
    assert ran.printed.code == 0
    assert ran.records.footer["totals"]["known"] == 1


def test_known_deviations_may_stand_in_a_file_of_their_own(command: Callable[..., Printed], tmp_path: Path) -> None:
    """`--known FILE` takes the place of what the target has, whatever else the file says."""
    (tmp_path / "known.yaml").write_text(_FILE, encoding="utf-8")
    printed = command("run", "mock", "--profile", "quick", "--only", _NAMED, "--known", tmp_path / "known.yaml")
    assert printed.code == 1
    assert "known.yaml,line2:create-embeddings/response/" in "".join(printed.out.split())


@pytest.mark.parametrize(
    "faults",
    [("model_missing",), ("drops_last_vector",), ("base64_float64",), ("ignores_dimensions", "html_error_page"), ()],
    ids="+".join,
)
def test_a_drafted_file_makes_the_same_run_conform(
    command: Callable[..., Printed], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, faults: tuple[str, ...]
) -> None:
    """`--write-known` writes all that failed, with a reason; a run of that file conforms until a fault is mended."""
    monkeypatch.setenv("CONFORMANCE_API_KEY", _KEY)
    draft = tmp_path / "known.yaml"
    options = ("--profile", "quick", "--model", "openai/text-embedding-3-small")
    with MockServer(MockSettings(keys=(_KEY,), faults=faults)) as server:
        first = command("run", server.url, *options, "--write-known", draft)
        assert (first.code, first.err) == (1 if faults else 0, ""), first.out
        again = command("run", draft, "--profile", "quick")
        assert (again.code, again.err) == (0, ""), again.out
        by_option = command("run", server.url, *options, "--known", draft)
        assert by_option.code == 0, by_option.out
    with MockServer(MockSettings(keys=(_KEY,))) as mended:
        last = command("run", mended.url, *options, "--known", draft, "--write-known", draft)
    assert last.code == (1 if faults else 0), last.out
    assert ("all that it names passes now: delete the entry" in last.out) == bool(faults)
    assert describe(str(draft)).known == ()


def test_a_file_of_a_person_is_never_overwritten(command: Callable[..., Printed], tmp_path: Path) -> None:
    """`--write-known` refuses a file that it has not drafted, and a folder that is not there, before the run."""
    (tmp_path / "target.yaml").write_text(_FILE, encoding="utf-8")
    for path in (tmp_path / "target.yaml", tmp_path / "none" / "known.yaml"):
        refused = command("run", "--only", _NAMED, "--write-known", path)
        assert (refused.code, refused.out) == (2, "")
        assert "--write-known" in refused.err
    assert (tmp_path / "target.yaml").read_text("utf-8") == _FILE
