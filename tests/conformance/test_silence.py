"""Targets that fall silent: the run ends soon, says why in a sentence, and keeps the verdicts that it has."""

from __future__ import annotations

import functools
import io
import socket
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from openrouter_conformance import checks, requirements, run
from openrouter_conformance.exchange import Request
from openrouter_conformance.recorder import Recorder
from openrouter_conformance.report import records, terminal
from openrouter_conformance.session import Session
from openrouter_conformance.targets import Target
from openrouter_conformance.verdicts import TargetError, Violation

from . import other_server
from .conftest import Printed, serve_app

_ASK = Request("POST", "/embeddings", b'{"input":"a"}', operation="createEmbeddings")
_OTHER = Request("POST", "/embeddings", b'{"input":"b"}', operation="createEmbeddings")
_LIST = Request("GET", "/embeddings/models", operation="listEmbeddingsModels")
_FIRST, _SECOND, _THIRD = (
    "create-embeddings/response/one-vector-per-input",
    "create-embeddings/response/model-named",
    "create-embeddings/usage/present",
)
_STANDING = "create-embeddings/schema/answers-match"
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


def _plan(url: str, *chosen: str, **fields: Any) -> run.Plan:
    return run.Plan(url, chosen, profile="quick", timeout=_MOMENT, **fields)


def _run(plan: run.Plan) -> tuple[TargetError, str]:
    screen = io.StringIO()
    with pytest.raises(TargetError) as stop:
        run.run(plan, {"CONFORMANCE_API_KEY": other_server.KEY}, terminal.console(screen))
    return stop.value, screen.getvalue()


@pytest.mark.parametrize("model", [None, "acme/tiny-embed"])
def test_silent_target_is_not_judged(silent: str, tmp_path: Path, model: str | None) -> None:
    """Nobody answers the first requests: the run ends before it begins, and leaves no report."""
    error, screen = _run(_plan(silent, *_all(), model=model, report=tmp_path / "report"))
    assert f"{silent} does not answer" in str(error)
    assert "no answer within 0.3 seconds" in str(error)
    assert screen == ""
    assert list(tmp_path.iterdir()) == []


def test_three_silences_in_a_row_end_it(silent: str) -> None:
    """A target that never answered is given up at the third request in a row."""
    with Recorder(Target("test", silent, silent), _MOMENT) as recorder:
        assert [recorder.send(_ASK).status for _ in range(2)] == [None, None]
        with pytest.raises(TargetError, match="left 3 requests in a row unanswered"):
            recorder.send(_ASK)


def test_answer_between_silences_counts_anew() -> None:
    """Silences that are not in a row end nothing."""
    server = Switch(_well, ("/embeddings",))
    with serve_app(server) as url, Recorder(Target("test", url, url), _MOMENT) as recorder:
        found = [recorder.send(request).status for request in (_ASK, _ASK, _LIST, _ASK, _ASK, _LIST)]
    assert found == [None, None, 200, None, None, 200]


def test_silence_about_one_request_is_a_finding() -> None:
    """Where the target still answers what it answered before, it is alive, and what it cannot take is its fault."""

    async def picky(scope: Any, receive: Any, send: Any) -> None:
        while b'"b"' in (await receive()).get("body", b""):
            assert (await receive())["type"] == "http.disconnect"
            return
        await _well(scope, receive, send)

    with serve_app(picky) as url, Recorder(Target("test", url, url), _MOMENT) as recorder:
        recorder.send(_ASK)
        assert [recorder.send(_OTHER).status for _ in range(4)] == [None] * 4
        assert [exchange.request_body for exchange in recorder.silences] == [_OTHER.body]


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


def test_target_that_is_killed_keeps_its_verdicts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The server goes in the middle: what was judged stands in all reports, the rest as not judged, and why."""
    gone = threading.Event()

    def killing(session: Session) -> None:
        gone.set()
        raise TargetError("cannot reach the server any more")

    def violating(session: Session) -> None:
        raise Violation("that", "this", session.ask("a"))

    monkeypatch.setitem(checks.CHECKS, _FIRST, [violating])
    monkeypatch.setitem(checks.CHECKS, _THIRD, [killing])
    plan = _plan("", _FIRST, _SECOND, _THIRD, _STANDING, report=tmp_path)
    with serve_app(other_server.application()) as url:
        error, screen = _run(attrs.evolve(plan, target=url + other_server.BASE))
    assert gone.is_set()
    assert "cannot reach" in str(error)
    *_, last = screen.splitlines()
    assert last.startswith("Report: ")
    assert "STOPPED: 1 of 4 requirements kept; 1 violated; 2 not judged because the run stopped" in screen
    _, *judged, foot = records.read(tmp_path / "results.jsonl")
    verdicts = {one["id"]: one["verdict"] for one in judged if one["verdict"] != "deselected"}
    assert verdicts == {_FIRST: "violated", _SECOND: "conforms", _THIRD: "not-judged", _STANDING: "not-judged"}
    assert foot["aborted"] == str(error)
    assert sum(foot["totals"].values()) == len(judged)
    suite = ET.parse(tmp_path / "junit.xml").getroot().find("testsuite")
    assert suite is not None
    assert (suite.get("failures"), suite.get("errors")) == ("1", "2")
    assert len(suite.findall("testcase/error[@type='TargetError']")) == 2


def test_what_was_seen_before_the_stop_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A requirement on every exchange that was seen broken is violated, though the run never came to it."""

    async def wrong(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": b'{"object":"list"}'})

    def stopping(session: Session) -> None:
        session.ask("a")
        raise TargetError("gone")

    monkeypatch.setitem(checks.CHECKS, _FIRST, [stopping])
    with serve_app(wrong) as url:
        _run(_plan(url, _FIRST, _STANDING, model="acme/tiny-embed", report=tmp_path))
    judged = records.read(tmp_path / "results.jsonl")[1:-1]
    assert {one["id"]: one["verdict"] for one in judged if one["verdict"] != "deselected"} == {
        _FIRST: "not-judged",
        _STANDING: "violated",
    }


def test_real_run_that_loses_its_server_is_3(command: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The whole command, and a server whose embeddings stop after some answers: exit 3, a sentence, a report."""
    monkeypatch.setenv("CONFORMANCE_API_KEY", other_server.KEY)
    monkeypatch.setattr(run, "Plan", functools.partial(run.Plan, timeout=_MOMENT))
    server = Switch(other_server.application())
    stand_in = server.application

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if len(server.seen) > 30:
            server.up = ("/embeddings",)
        await stand_in(scope, receive, send)

    server.application = answer
    with serve_app(server) as url:
        printed: Printed = command(
            "run", url + other_server.BASE, "--only", "create-embeddings/response/*", "--report", tmp_path
        )
    assert printed.code == 3
    assert printed.err.count("\n") == 1
    assert "in a row unanswered" in printed.err
    foot = records.read(tmp_path / "results.jsonl")[-1]
    assert foot["totals"]["not-judged"] > 0
    assert foot["totals"]["conforms"] > 0
    assert foot["totals"]["violated"] == 0  # what shows nothing but the silence is no finding


def _all() -> list[str]:
    return [one.id for one in requirements.load()]
