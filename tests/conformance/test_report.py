"""Reports: complete, valid, repeatable, and without the key."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openrouter_conformance import requirements
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.exchange import Exchange
from openrouter_conformance.report import junit, records
from openrouter_conformance.report.records import RunRecords
from openrouter_conformance.results import Result
from openrouter_conformance.status import Status
from openrouter_embeddings import CONTRACT
from openrouter_mock.server import MockServer
from openrouter_mock.settings import MockSettings

from .conftest import Printed, serve_app

_FACET = "create-embeddings/response/*"
RunMock = Callable[..., tuple[int, str]]


def test_every_requirement_has_one_record(run_mock: RunMock, tmp_path: Path) -> None:
    """A report holds a header, each requirement once with its status, and a footer whose totals add up."""
    run_mock(_FACET, faults=("drops_last_vector",), folder=tmp_path)
    found = records.read(tmp_path / "results.jsonl")
    head, foot = found.header, found.footer
    assert head["target"]["name"] == "mock"
    assert head["target"]["url"] is None
    assert head["target"]["start"].endswith("--fault drops_last_vector &")
    assert foot["stopped"] is None
    assert foot["conclusion"] == "does-not-conform"
    assert head["contract"] == {"date": CONTRACT.date, "digest": CONTRACT.digest}
    assert [one["id"] for one in found.results] == [one.id for one in requirements.load()]
    assert sum(foot["totals"].values()) == len(found.results)
    assert foot["totals"]["failed"] == sum("failure" in one for one in found.results) > 0
    assert foot["totals"]["deselected"] > 0


def test_failures_carry_what_was_received_and_how_to_repeat_it(run_mock: RunMock, tmp_path: Path) -> None:
    """The record of a failed requirement holds received, expected, source and curl lines."""
    run_mock(_FACET, faults=("drops_last_vector",), folder=tmp_path)
    failed = records.read(tmp_path / "results.jsonl").with_status(Status.FAILED)
    assert failed
    for one in failed:
        assert one["reason"] == one["failure"]["received"]
        assert one["source"]
        assert one["failure"]["exchanges"][0]["curl"].startswith(
            "curl -sS -X POST http://127.0.0.1:8000/api/v1/embeddings"
        )


@pytest.mark.parametrize("damage", ["no footer", "no header", "cut line", "strange record", "empty"])
def test_damaged_reports_are_refused(run_mock: RunMock, tmp_path: Path, damage: str) -> None:
    """A report that is cut short or altered is refused, not read as far as it goes."""
    run_mock("create-embeddings/response/model-named", folder=tmp_path)
    path = tmp_path / "results.jsonl"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    kept = {
        "no footer": lines[:-1],
        "no header": lines[1:],
        "cut line": [*lines[:-1], lines[-1][:40]],
        "strange record": [lines[0], '{"record":"outcome"}\n', *lines[1:]],
        "empty": [],
    }[damage]
    path.write_text("".join(kept), "utf-8")
    with pytest.raises(records.UnreadableReportError):
        records.read(path)


def test_invalid_records_are_not_written(tmp_path: Path) -> None:
    """A record that breaks the report's own schema stops the writing before any file is there."""
    with pytest.raises(Exception, match=r"not valid|is not|required"):
        records.write(tmp_path, RunRecords({"record": "header"}, (), {"record": "footer"}))
    assert list(tmp_path.iterdir()) == []


def test_junit_has_one_case_per_requirement(run_mock: RunMock, tmp_path: Path) -> None:
    """CI systems see each requirement as a test: failed ones failed, left-out ones skipped."""
    run_mock(_FACET, faults=("drops_last_vector",), folder=tmp_path)
    suite = ET.parse(tmp_path / "junit.xml").getroot().find("testsuite")
    assert suite is not None
    cases = suite.findall("testcase")
    assert [f"{case.get('classname')}/{case.get('name')}".replace(".", "/", 1) for case in cases] == [
        one.id for one in requirements.load()
    ]
    counted = {kind: sum(case.find(tag) is not None for case in cases) for kind, tag in _TAGS.items()}
    assert {kind: int(suite.get(kind, "-1")) for kind in _TAGS} == counted
    assert counted["failures"] > 0
    assert counted["errors"] == 0


_TAGS = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def test_junit_survives_any_characters(run_mock: RunMock, tmp_path: Path) -> None:
    """Texts that XML cannot write do not make the file unreadable."""
    run_mock("create-embeddings/response/model-named", folder=tmp_path)
    found = records.read(tmp_path / "results.jsonl")
    found.results[2].update({"status": "failed", "level": "required", "reason": "\0\x1b<&>\ufffe"})
    found.results[2]["failure"] = {"received": "\0]]>", "expected": "\ud800x", "exchanges": []}
    failure = ET.fromstring(junit.render(found).encode()).find(".//failure")
    assert failure is not None
    assert "]]>" in (failure.text or "")


def test_junit_shows_foreign_text_as_escapes(run_mock: RunMock, tmp_path: Path) -> None:
    """What a server sent neither breaks a line nor moves a cursor where a CI system prints the file."""
    run_mock("create-embeddings/response/model-named", folder=tmp_path)
    found = records.read(tmp_path / "results.jsonl")
    hostile = "\x1b[2J\u202e\r\nreceived: x"
    found.results[2].update({"status": "failed", "reason": hostile})
    found.results[2]["failure"] = {"received": hostile, "expected": hostile, "exchanges": []}
    failure = ET.fromstring(junit.render(found)).find(".//failure")
    assert failure is not None
    assert (failure.get("message") or "").isprintable()
    lines = (failure.text or "").split("\n")
    assert all(line.isprintable() for line in lines)
    assert len(lines) == 4


@pytest.mark.parametrize(
    ("body", "shown", "encoded"),
    [
        (b'{"a":"\xff"}', '{"a":"\\xff"} (no UTF-8: byte 0xff at 6 of 9)', "eyJhIjoi/yJ9"),
        (b'{"a":"b"}', '{"a":"b"}', None),
    ],
)
def test_bodies_that_are_no_utf_8_are_recorded_as_base64(body: bytes, shown: str, encoded: str | None) -> None:
    """The record holds the bytes of a body that text cannot hold; no other body stands there twice."""
    exchange = Exchange("createEmbeddings", "POST", "http://127.0.0.1/embeddings", (), b"{}", 200, (), body)
    requirement = requirements.load()[0]
    record = records.result(Result(requirement, Status.FAILED, "x", CheckFailure("x", "y", exchange), breaches=2))
    records.validator().validate(record)
    assert record["failure"]["exchanges"][0]["body"] == shown
    assert record["failure"]["exchanges"][0].get("body_base64") == encoded
    assert record["failure"]["count"] == 2
    assert "received: x (and 1 more such answer)" in records.evidence(record)


def test_curl_lines_are_recorded_whole() -> None:
    """A request of any length is repeated as it was, whatever the length of its line."""
    body = os.urandom(50_000)
    exchange = Exchange("createEmbeddings", "POST", "http://127.0.0.1/embeddings", (), body, 200)
    record = records.result(Result(requirements.load()[0], Status.FAILED, "x", CheckFailure("x", "y", exchange)))
    assert base64.b64encode(body).decode() in record["failure"]["exchanges"][0]["curl"]


def test_an_item_that_is_named_stands_in_the_record() -> None:
    """The item of a large batch that a finding names is not left out of the recorded body."""
    items = [{"index": place, "embedding": [0.5] * 64} for place in range(2000)]
    exchange = Exchange(
        "createEmbeddings", "POST", "http://a/b", (), b"{}", 200, (), json.dumps({"data": items}).encode()
    )
    failure = CheckFailure("data[1234].embedding is odd", "y", exchange)
    shown = records.result(Result(requirements.load()[0], Status.FAILED, "x", failure))["failure"]["exchanges"][0]
    assert '"index": 1234,' in shown["body"]
    assert '"index": 1233,' not in shown["body"]


def test_reports_are_the_same_for_the_same_seed(tmp_path: Path) -> None:
    """Two processes with different hash seeds write the same report of a whole quick run, but for times."""
    reports = []
    for hash_seed in ("1", "2"):
        folder = tmp_path / hash_seed
        command = [sys.executable, "-m", "openrouter_conformance", "run", "--profile", "quick", "--report", str(folder)]
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        reports.append([_timeless(record) for record in records.read(folder / "results.jsonl")])
    assert reports[0] == reports[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "2"]


@pytest.mark.parametrize("form", ["escaped", "bare", "base64", "reversed", "upper"])
def test_disguised_key_stands_in_no_output(
    command: Callable[..., Printed], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """A server that repeats the key in disguise is caught, and no output repeats it, disguised or not."""
    secret = "5c1d0e7f9a3b42688e6fd1b0"
    key = f"sk-or-v1-{secret}"
    disguised = {
        "escaped": "".join(f"\\u{ord(letter):04x}" for letter in key),
        "bare": secret,
        "base64": base64.b64encode(f"Bearer {key}".encode()).decode(),
        "reversed": key[::-1],
        "upper": key.upper(),
    }[form]

    async def telling(scope: Any, receive: Any, send: Any) -> None:
        body = f'{{"error":{{"message":"who is {disguised}?","code":409}}}}'.encode()
        headers = [(b"content-type", b"application/json"), (b"x-seen", disguised.encode())]
        await send({"type": "http.response.start", "status": 409, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    monkeypatch.setenv("CONFORMANCE_API_KEY", key)
    only = [word for name in ("auth/key-not-echoed", "errors/no-trace") for word in ("--only", f"create-*/{name}")]
    with serve_app(telling) as url:
        printed = command("run", url, "--model", "acme/tiny-embed", "--report", tmp_path, *only)
    assert printed.code == 1
    assert "with the request's key in the answer" in printed.out
    written = (printed.out + printed.err + "".join(path.read_text("utf-8") for path in tmp_path.iterdir())).lower()
    for shown in (secret, secret[::-1], disguised.lower(), disguised.lower().replace("\\", "\\\\"), _encoded(secret)):
        assert shown not in written
    assert "$conformance_api_key" in written


def _encoded(secret: str) -> str:
    return base64.b64encode(secret.encode()).decode()[:24].lower()


def test_key_stands_in_no_output(
    command: Callable[..., Printed], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key appears neither on the screen nor in a report, even of a server that repeats it in its errors."""
    key = "sk-or-v1-never-to-be-seen-again"
    monkeypatch.setenv("CONFORMANCE_API_KEY", key)
    with MockServer(MockSettings(keys=(key,), faults=("leaks_key_in_error", "model_missing"))) as server:
        only = ("--only", "create-embeddings/[ea]*/*", "--only", "create-embeddings/response/model-named")
        printed = command("run", server.url, "--profile", "quick", "--report", tmp_path, *only)
    assert printed.code == 1
    assert "FAILED" in printed.out
    written = "".join(path.read_text("utf-8") for path in tmp_path.iterdir())
    assert key not in printed.out + printed.err + written
    assert "$CONFORMANCE_API_KEY" in written


def _timeless(record: dict[str, Any]) -> dict[str, Any]:
    left = {name: value for name, value in record.items() if name not in ("seconds", "started", "finished")}
    return json.loads(json.dumps(left))  # type: ignore[no-any-return]
