"""Targets that stop answering: the run ends soon, says why in a sentence, and keeps the results that it has."""

from __future__ import annotations

import functools
import socket
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from openrouter_conformance import checks, report, requirements, runner
from openrouter_conformance.errors import CheckFailure, TargetError
from openrouter_conformance.exchange import Request
from openrouter_conformance.recorder import Recorder
from openrouter_conformance.report import records
from openrouter_conformance.report.records import RunRecords
from openrouter_conformance.session import Session
from openrouter_conformance.targets import Ceilings, Target

from . import other_server
from .conftest import Printed, serve_app

_ASK = Request("POST", "/embeddings", b'{"input":"a"}', operation="createEmbeddings")
_OTHER = Request("POST", "/embeddings", b'{"input":"b"}', operation="createEmbeddings")
_LIST = Request("GET", "/embeddings/models", operation="listEmbeddingsModels")
_FIRST, _SECOND, _THIRD = (
    "create-embeddings/response/batches-answered",
    "create-embeddings/texts/long-text-survived",
    "create-embeddings/routing/preferences-accepted",
)
_OF_EXCHANGES = "create-embeddings/schema/answers-match"
_MOMENT = 0.3
"""Seconds: long enough for a loopback server to answer, short enough to wait for one that never does."""


@attrs.define
class Switch:
    """A server before which a wall can be put up: `up` are the paths' ends that are not answered any more."""

    application: Any
    up: tuple[str, ...] = ()
    seen: list[str] = attrs.field(factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer, or read on until the caller leaves."""
        self.seen.append(scope["path"])
        if not scope["path"].endswith(self.up):
            await self.application(scope, receive, send)
            return
        while (await receive())["type"] != "http.disconnect":
            pass


@pytest.fixture
def silent() -> Iterator[str]:
    """Give the base URL of a socket that takes connections and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(16)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/api/v1"


async def _well(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


def _plan(url: str, *selected: str, **fields: Any) -> runner.Plan:
    return runner.Plan(url, selected, profile="quick", timeout=_MOMENT, limits=Ceilings(concurrency=1), **fields)


def _run(plan: runner.Plan) -> RunRecords:
    return runner.run(plan, {"CONFORMANCE_API_KEY": other_server.KEY})


@pytest.mark.parametrize("model", [None, "acme/tiny-embed"])
def test_silent_target_is_not_checked(silent: str, model: str | None) -> None:
    """Nobody answers the first requests: the run ends before it begins."""
    with pytest.raises(TargetError, match=r"no answer within 0\.3 seconds") as stopped:
        _run(_plan(silent, *_all(), model=model))
    assert f"{silent} does not answer" in str(stopped.value)


def test_three_unanswered_requests_in_a_row_end_the_run(silent: str) -> None:
    """A target that never answered is given up at the third request in a row."""
    with Recorder(Target("test", silent, silent), _MOMENT) as recorder:
        assert [recorder.send(_ASK).status for _ in range(2)] == [None, None]
        with pytest.raises(TargetError, match="left 3 requests in a row unanswered"):
            recorder.send(_ASK)


def test_answer_between_unanswered_requests_starts_the_count_again() -> None:
    """Unanswered requests that are not in a row end nothing."""
    server = Switch(_well, ("/embeddings",))
    with serve_app(server) as url, Recorder(Target("test", url, url), _MOMENT) as recorder:
        found = [recorder.send(request).status for request in (_ASK, _ASK, _LIST, _ASK, _ASK, _LIST)]
    assert found == [None, None, 200, None, None, 200]


def test_one_unanswered_request_is_a_finding() -> None:
    """Where the target still answers what it answered before, it is alive, and what it cannot take is its fault."""

    async def picky(scope: Any, receive: Any, send: Any) -> None:
        while b'"b"' in (await receive()).get("body", b""):
            assert (await receive())["type"] == "http.disconnect"
            return
        await _well(scope, receive, send)

    with serve_app(picky) as url, Recorder(Target("test", url, url), _MOMENT) as recorder:
        recorder.send(_ASK)
        assert [recorder.send(_OTHER).status for _ in range(4)] == [None] * 4
        assert [exchange.request_body for exchange in recorder.unanswered] == [_OTHER.body]


def test_operation_that_falls_silent_ends_it() -> None:
    """A target that still lists its models, but embeds nothing any more, is given up."""
    server = Switch(_well)
    with serve_app(server) as url, Recorder(Target("test", url, url), _MOMENT) as recorder:
        recorder.send(_ASK)
        recorder.send(_LIST)
        server.up = ("/embeddings",)
        recorder.send(_ASK)
        recorder.send(_ASK)
        with pytest.raises(TargetError, match=r"POST /embeddings .*is it still running"):
            recorder.send(_ASK)


def test_target_that_is_killed_keeps_its_results(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The server goes in the middle: what was checked stands in all reports, the rest as not run, and why."""
    gone = threading.Event()

    def killing(session: Session) -> None:
        gone.set()
        raise TargetError("cannot reach the server any more")

    def failing(session: Session) -> None:
        raise CheckFailure("that", "this", session.ask("a"))

    monkeypatch.setitem(checks.CHECKS, _FIRST, [failing])
    monkeypatch.setitem(checks.CHECKS, _THIRD, [killing])
    plan = _plan("", _FIRST, _SECOND, _THIRD, _OF_EXCHANGES)
    with serve_app(other_server.application()) as url:
        found = _run(attrs.evolve(plan, target=url + other_server.BASE))
    report.write(tmp_path, found)
    assert gone.is_set()
    assert found.footer["stopped"] == "cannot reach the server any more"
    assert found.footer["conclusion"] == "stopped"
    assert _statuses(found) == {_FIRST: "failed", _SECOND: "passed", _THIRD: "not-run", _OF_EXCHANGES: "not-run"}
    assert list(records.read(tmp_path / "results.jsonl")) == list(found)
    suite = ET.parse(tmp_path / "junit.xml").getroot().find("testsuite")
    assert suite is not None
    assert (suite.get("failures"), suite.get("errors")) == ("1", "2")
    assert len(suite.findall("testcase/error[@type='TargetError']")) == 2


def test_what_was_seen_before_the_stop_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A requirement on every exchange that was seen broken has failed, though the run never came to it."""

    async def wrong(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": b'{"object":"list"}'})

    def stopping(session: Session) -> None:
        session.ask("a")
        raise TargetError("gone")

    monkeypatch.setitem(checks.CHECKS, _FIRST, [stopping])
    with serve_app(wrong) as url:
        found = _run(_plan(url, _FIRST, _OF_EXCHANGES, model="acme/tiny-embed"))
    assert _statuses(found) == {_FIRST: "not-run", _OF_EXCHANGES: "failed"}


def test_real_run_that_loses_its_server_is_3(command: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The whole command, and a server whose embeddings stop after some answers: exit 3, a sentence, a report."""
    monkeypatch.setenv("CONFORMANCE_API_KEY", other_server.KEY)
    monkeypatch.setattr(runner, "Plan", functools.partial(runner.Plan, timeout=_MOMENT))
    server = Switch(other_server.application())
    stand_in = server.application

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if len(server.seen) > 40:
            server.up = ("/embeddings",)
        await stand_in(scope, receive, send)

    server.application = answer
    with serve_app(server) as url:
        printed: Printed = command(
            "run", url + other_server.BASE, "--profile", "quick", "--only", "create-*", "--report", tmp_path
        )
    assert printed.code == 3
    assert printed.err.count("\n") == 1
    assert "in a row unanswered" in printed.err
    totals = records.read(tmp_path / "results.jsonl").footer["totals"]
    assert totals["not-run"] > 0
    assert totals["passed"] > 0
    assert totals["failed"] == 0  # what shows nothing but the missing answers is no finding


def _statuses(found: RunRecords) -> dict[str, str]:
    return {one["id"]: one["status"] for one in found.results if one["status"] != "deselected"}


def _all() -> list[str]:
    return [one.id for one in requirements.load()]
