"""Recorded exchanges, judged without a server."""

from __future__ import annotations

import contextlib
import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_conformance.recordings.calls import NotRecordedError, read_call
from openrouter_conformance.recordings.exchanges import exchanges_of
from openrouter_conformance.recordings.files import read_recordings
from openrouter_conformance.recordings.judging import judge
from openrouter_conformance.recordings.stubs import calls_in_stubs
from openrouter_conformance.report.records import RunRecords
from openrouter_mock.server import MockServer
from openrouter_mock.settings import MockSettings

from .cassettes import FORMATS, KEY, Recorder, har, php_vcr, ruby_vcr, vcrpy_json, vcrpy_yaml
from .conftest import Printed
from .stubs import wiremock_mapping

Command = Callable[..., Printed]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
NAMES = ("method", "uri", "url", "body", "headers", "status", "code", "string", "base64_string", "text", "encoding")
MESSAGE = st.dictionaries(st.sampled_from(NAMES), JSON | st.dictionaries(st.sampled_from(NAMES), JSON), max_size=5)


@pytest.fixture(scope="module")
def recorded() -> Iterator[Recorder]:
    """Calls of a client to a server that keeps the contract."""
    with MockServer() as mock:
        yield calls_to(mock)


def calls_to(mock: MockServer) -> Recorder:
    """Return calls as clients make them: texts alone and in batches, both encodings, shorter vectors, errors, lists."""
    made = Recorder(mock.url)
    texts = ["a cat sat on the mat", "tax law for ships", "a recipe for bread"]
    made.post(input=texts)
    for text in texts:
        made.post(input=text)
        made.post(input=text, encoding_format="base64")
    made.post(input=texts[:1])
    made.post(input=texts[0], dimensions=256)
    made.post(input=[[9906, 1917], [300]])
    made.post(input=texts[0])
    made.post(input=texts[0], model="nobody/nothing")
    made.post(input=texts[0], dimensions=-1)
    made.models()
    made.models("?limit=3")
    return made


def judged(tmp_path: Path, text: str, name: str = "recorded.har") -> RunRecords:
    """Return the records of what a file with *text* says."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    recordings = read_recordings([tmp_path / name])
    return judge(exchanges_of(recordings.calls), recordings.left_out)


def found(records: RunRecords) -> dict[str, str]:
    """Return the status of each requirement that was broken, by the last parts of its id."""
    return {
        record["id"].partition("/")[2]: record["status"]
        for record in records.results
        if record["status"] in ("failed", "warning", "error")
    }


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_correct_server_is_not_accused_by_any_recorder(recorded: Recorder, tmp_path: Path, name: str) -> None:
    """Whatever recorder wrote the calls down, and left out of them, nothing is broken and the oracle compares."""
    records = judged(tmp_path, FORMATS[name](recorded.calls), name)
    assert found(records) == {}
    assert records.footer["conclusion"] == "conforms"
    assert records.footer["requests"] == len(recorded.calls)
    passed = {record["id"] for record in records.results if record["status"] == "passed"}
    for relation in (
        "order/batch-equals-singles",
        "encoding/base64-equals-float",
        "order/one-element-list-equals-string",
    ):
        assert f"create-embeddings/{relation}" in passed
    assert "create-embeddings/schema/errors-match" in passed
    assert records.header["target"]["url"] == "https://gateway.test/api/v1"


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_recorder_tells_the_same(recorded: Recorder, tmp_path: Path, name: str) -> None:
    """The same calls read from different recorders have the same requests, statuses and bodies."""
    path = tmp_path / name
    path.write_text(FORMATS[name](recorded.calls), encoding="utf-8")
    calls = read_recordings([path]).calls[: len(recorded.calls)]
    assert [(call.method, call.url, call.status) for call in calls] == [
        (call.method, call.url, call.status) for call in recorded.calls
    ]
    assert [json.loads(call.body) for call in calls] == [json.loads(call.answer) for call in recorded.calls]
    sent = [json.loads(call.request_body) if call.request_body else None for call in calls]
    assert sent == [json.loads(call.body) if call.body else None for call in recorded.calls]


def test_what_is_packed_is_read(recorded: Recorder, tmp_path: Path) -> None:
    """A cassette that is compressed as a whole is read, named or found in a folder."""
    path = tmp_path / "calls.yaml.gz"
    path.write_bytes(gzip.compress(vcrpy_yaml(recorded.calls).encode()))
    assert len(read_recordings([path]).calls) == len(read_recordings([tmp_path]).calls) == len(recorded.calls)


def test_stubs_without_a_server_are_judged(recorded: Recorder, tmp_path: Path) -> None:
    """Stub mappings of WireMock name no server: the path alone stands for it, and answers are compared."""
    records = judged(tmp_path, wiremock_mapping(recorded.calls), "mappings.json")
    assert found(records) == {}
    assert records.header["target"]["url"] == "/api/v1"
    assert records.footer["requests"] == len(recorded.calls)
    assert "create-embeddings/encoding/base64-equals-float" in {
        record["id"] for record in records.results if record["status"] == "passed"
    }


@pytest.mark.parametrize(
    ("response", "said"),
    [
        ({"status": 200, "bodyFileName": "a.json"}, "with the body in another file"),
        ({"status": 200, "jsonBody": {}, "transformers": ["response-template"]}, "with a template for a body"),
        (
            {"status": 200, "content": {"mimeType": "application/json", "_file": "a.json"}},
            "with the body in another file",
        ),
        ({"status": 200, "content": {"mimeType": "application/json", "size": 9, "compression": 0}}, "without the body"),
        ({"status": 200, "content": {"size": 4000, "text": '{"data": [{"embedd'}}, "with a part of the body"),
        ({"status": 200, "body": {"string": "1f8b", "file": True}}, "with the body in another file"),
        ({"status": 304, "body": ""}, "redirected, or answered from a cache"),
    ],
)
def test_an_answer_that_was_not_kept_is_left_out(
    recorded: Recorder, tmp_path: Path, response: dict[str, Any], said: str
) -> None:
    """A body that lies elsewhere, was cut or is a template is left out with a phrase, and not held against a server."""
    asked = {"method": "POST", "url": "https://gateway.test/api/v1/embeddings", "headers": []}
    (tmp_path / "a.json").write_text(json.dumps([{"request": asked, "response": response}]), encoding="utf-8")
    left_out = read_recordings([tmp_path / "a.json"]).left_out
    assert [(phrase.startswith(said), count) for phrase, count in left_out.items()] == [(True, 1)]


def test_inputs_that_were_made_unreadable_are_not_compared(tmp_path: Path) -> None:
    """Two calls whose texts were redacted were not of the same text, whatever stands there."""
    with MockServer() as mock:
        made = Recorder(mock.url)
        made.post(input="a cat")
        made.post(input="a dog")
        made.post(input=["a cat", "a dog"])
    text = vcrpy_json(made.calls)
    for word in ("a cat", "a dog"):
        text = text.replace(word, "[REDACTED]")
    assert found(judged(tmp_path, text, "a.json")) == {}


def test_an_address_that_is_none_is_no_crash(tmp_path: Path) -> None:
    """A call with an address that cannot be taken apart is left out."""
    call = {"request": {"method": "POST", "url": "http://[::1/embeddings"}, "response": {"status": 200, "body": "{}"}}
    (tmp_path / "a.json").write_text(json.dumps([call]), encoding="utf-8")
    assert read_recordings([tmp_path / "a.json"]).left_out == {"with an address that is none": 1}


@pytest.mark.parametrize(
    ("fault", "requirement"),
    [
        ("reverses_batch_order", "order/vectors-follow-inputs"),
        ("drops_last_vector", "response/one-vector-per-input"),
        ("base64_big_endian", "encoding/base64-equals-float"),
        ("index_from_one", "response/index-counts-from-zero"),
    ],
)
def test_a_fault_shows_in_recorded_calls(tmp_path: Path, fault: str, requirement: str) -> None:
    """What a server did wrong is found in its recorded answers, one finding for it."""
    with MockServer(MockSettings(faults=(fault,))) as mock:
        records = judged(tmp_path, har(calls_to(mock).calls))
    assert [name for name, status in found(records).items() if status == "failed"] == [requirement]


def test_a_contradiction_shows_both_calls(tmp_path: Path) -> None:
    """A contradiction between two recorded calls is shown with both of them, and with no key."""
    with MockServer(MockSettings(faults=("base64_big_endian",))) as mock:
        records = judged(tmp_path, har(calls_to(mock).calls))
    (record,) = [one for one in records.results if one["id"].endswith("base64-equals-float")]
    shown = [exchange["curl"] for exchange in record["failure"]["exchanges"]]
    assert len(shown) == 2
    assert all("https://gateway.test/api/v1/embeddings" in line and "$CONFORMANCE_API_KEY" in line for line in shown)
    assert KEY not in json.dumps(list(records))


def test_errors_that_the_live_api_is_known_for_are_found(tmp_path: Path) -> None:
    """A 200 that carries an error fails; an error without a code is a warning; `provider` is documented."""
    exchanges = [
        {
            "request": {"uri": "POST https://api.test/v1/embeddings"},
            "response": {"status": 200, "headers": {}, "body": {"error": {"message": "no provider", "code": 404}}},
        },
        {
            "request": {"method": "GET", "uri": "https://api.test/v1/models?kind=x"},
            "response": {
                "status": 400,
                "body": {"success": False, "error": {"name": "ZodError", "message": "[{}]"}},
            },
        },
    ]
    records = judged(tmp_path, json.dumps(exchanges), "recorded.json")
    assert found(records) == {"errors/no-error-in-success": "failed", "errors/code-present": "warning"}


def test_what_a_recorder_left_out_is_not_held_against_the_server(tmp_path: Path) -> None:
    """Without headers, without a request, with one header alone: nothing is broken by what is not there."""
    vector = {"object": "embedding", "embedding": [0.6, 0.8], "index": 0}
    answer = {"object": "list", "data": [vector], "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}}
    exchanges = [
        {"request": {"uri": "POST https://api.test/v1/embeddings"}, "response": {"status": 200, "body": answer}},
        {
            "request": {"method": "POST", "url": "https://api.test/v1/embeddings"},
            "response": {
                "status": 429,
                "headers": {"Retry-After": "1"},
                "body": {"error": {"message": "slow down", "code": 429}},
            },
        },
        {"request": {}, "response": {"status": 402, "body": {"error": {"message": "no credit", "code": 402}}}},
        {
            "request": {"url": "https://api.test/v1/embeddings", "method": "POST"},
            "response": {"status": 503, "body": {"error": {"message": "down", "code": 503}}},
        },
    ]
    records = judged(tmp_path, json.dumps(exchanges), "recorded.json")
    assert found(records) == {}
    assert records.footer["requests"] == 4


def test_what_is_not_recorded_is_not_seen(recorded: Recorder, tmp_path: Path) -> None:
    """Requirements that the recordings have no call for are not seen: neither passed nor failed nor blocked."""
    records = judged(tmp_path, har(recorded.calls[:1]))
    status = {record["id"]: record["status"] for record in records.results}
    assert status["create-embeddings/auth/missing-key-refused"] == "not-seen"
    assert status["create-embeddings/encoding/base64-equals-float"] == "not-seen"
    assert status["list-embeddings-models/schema/answers-match"] == "not-seen"
    assert set(status.values()) == {"passed", "not-seen"}


def test_a_call_that_is_recorded_twice_counts_once(recorded: Recorder, tmp_path: Path) -> None:
    """The same call in two files is one call: its id does not repeat itself."""
    for name, written in (("a.har", har), ("b.har", har)):
        (tmp_path / name).write_text(written(recorded.calls), encoding="utf-8")
    assert len(read_recordings([tmp_path]).calls) == len(recorded.calls)


def test_replay_prints_what_was_checked(recorded: Recorder, tmp_path: Path, command: Command) -> None:
    """The command prints server, counts and what it left out, and writes a report that can be read again."""
    (tmp_path / "a.har").write_text(har(recorded.calls), encoding="utf-8")
    (tmp_path / "notes.json").write_text('{"a": 1}', encoding="utf-8")
    printed = command("replay", tmp_path, "--report", tmp_path / "report")
    assert printed.code == 0
    assert "Checking recordings of https://gateway.test/api/v1 with openai/" in printed.out
    assert f"Checked:  {len(recorded.calls)} recorded calls" in printed.out
    assert "1 in files that are no recordings: notes.json" in printed.out
    assert "CONFORMS" in printed.out
    assert KEY not in printed.out + (tmp_path / "report" / "results.jsonl").read_text()


def test_the_results_of_a_run_can_be_replayed(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The evidence in a results.jsonl, as far as it is there whole, breaks the same requirement again."""
    monkeypatch.setenv("CONFORMANCE_API_KEY", KEY)
    report = tmp_path / "report"
    with MockServer(MockSettings(faults=("error_code_as_text",))) as mock:
        command(
            "run",
            mock.url,
            "--profile",
            "quick",
            "--only",
            "create-embeddings/*/code-equals-status",
            "--report",
            report,
        )
    printed = command("replay", report / "results.jsonl", "-v")
    assert (printed.code, printed.err) == (1, "")
    assert "FAILED create-embeddings/errors/code-equals-status" in printed.out


def test_known_deviations_hold_for_recordings(tmp_path: Path, command: Command) -> None:
    """What a target file knows to be broken fails no replay while it is; an entry that is over does."""
    with MockServer(MockSettings(faults=("index_from_one",))) as mock:
        (tmp_path / "a.har").write_text(har(calls_to(mock).calls), encoding="utf-8")
    entry = "{id: '*/index-counts-from-zero', kind: fails, reason: on its way, since: 2026-01-01}"
    (tmp_path / "known.yaml").write_text(f"known_deviations:\n- {entry}\n", encoding="utf-8")
    assert command("replay", tmp_path / "a.har").code == 1
    known = command("replay", tmp_path / "a.har", "--known", tmp_path / "known.yaml")
    assert (known.code, known.err) == (0, "")
    assert "1 known" in known.out
    (tmp_path / "known.yaml").write_text(
        f"known_deviations:\n- {entry.replace('index-counts-from-zero', 'total-equals-prompt')}\n", encoding="utf-8"
    )
    over = command("replay", tmp_path / "a.har", "--known", tmp_path / "known.yaml")
    assert over.code == 1
    assert "all that it names passes now: delete the entry" in over.out


def test_a_run_keeps_its_exchanges_for_a_replay(tmp_path: Path, command: Command) -> None:
    """`run --har` writes every exchange without its key, and the archive can be replayed."""
    archive = tmp_path / "run.har"
    ran = command("run", "mock", "--profile", "quick", "--only", "*/order/*", "--har", archive)
    assert ran.code == 0
    entries = json.loads(archive.read_text("utf-8"))["log"]["entries"]
    assert f"Requests: {len(entries)} in" in ran.out
    assert "sk-or-" not in archive.read_text("utf-8")
    assert any("$" in header["value"] for header in entries[-1]["request"]["headers"])
    replayed = command("replay", archive, "--only", "*/order/*")
    assert replayed.code == 0, replayed.out


def test_an_archive_that_cannot_be_written_is_named(tmp_path: Path, command: Command) -> None:
    """A place where no file can be written is refused before anything is sent."""
    printed = command("run", "mock", "--har", tmp_path / "missing" / "run.har")
    assert printed.code == 2
    assert "run.har: cannot be written" in printed.err


def test_several_servers_need_a_choice(recorded: Recorder, tmp_path: Path, command: Command) -> None:
    """Recordings of several servers are refused with their names, and judged by --base-url."""
    with MockServer() as mock:
        other = Recorder(mock.url, "https://other.test/v1")
        other.post(input="a cat")
    (tmp_path / "a.json").write_text(php_vcr([*recorded.calls, *other.calls]), encoding="utf-8")
    printed = command("replay", tmp_path / "a.json")
    assert printed.code == 2
    assert "calls of 2 servers: https://gateway.test/api/v1 (15), https://other.test/v1 (1); choose one" in printed.err
    chosen = command("replay", tmp_path / "a.json", "--base-url", "https://other.test/v1/")
    assert chosen.code == 0
    assert "15 calls of other paths and servers" in chosen.out
    unknown = command("replay", tmp_path / "a.json", "--base-url", "https://third.test")
    assert unknown.code == 2
    assert "https://third.test" in unknown.err


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", "{}", "no recorded request with a response in it"),
        ("a.json", "{", "no JSON"),
        ("a.yaml", "a: [", "no YAML that can be read"),
        ("a.yaml", "!!python/object/apply:os.system [true]", "no YAML that can be read"),
        ("a.jsonl", "{}\nx", "line 2 is no JSON"),
        ("a.har", '{"log": {"entries": []}}', "no recorded request with a response in it"),
        ("a.json", '[{"scope": 1, "path": 2}]', "no recorded request with a response in it"),
        ("a.json", '{"_type": "export", "resources": []}', "no recorded request with a response in it"),
        ("a.mitm", "3867:9:websocket;0:~8:response;\udcff", "mitmdump -nr FLOWS --set hardump"),
        ("a.har", "PK\x03\x04\udcff", "an archive, to be unpacked first"),
        ("a.yaml.gz", "a: 1", "no gzip"),
    ],
)
def test_a_file_that_is_no_recording_is_refused(
    tmp_path: Path, command: Command, name: str, text: str, said: str
) -> None:
    """A file that was named and is none gets a sentence with its name, what is wrong, and what is expected."""
    (tmp_path / name).write_text(text, encoding="utf-8", errors="surrogateescape")
    printed = command("replay", tmp_path / name)
    assert printed.code == 2
    assert said in printed.err
    assert f"{name}: " in printed.err
    assert "expected a HAR file" in printed.err
    assert "Traceback" not in printed.err


def test_files_that_are_not_there_are_named(tmp_path: Path, command: Command) -> None:
    """A missing file, and a folder without recordings, are named."""
    assert "no.har: cannot be read" in command("replay", tmp_path / "no.har").err
    (tmp_path / "empty").mkdir()
    assert "no recording in this folder" in command("replay", tmp_path / "empty").err


def test_calls_of_other_apis_alone_cannot_be_judged(tmp_path: Path, command: Command) -> None:
    """Recordings without a call of an operation say so."""
    chat = {"request": {"method": "POST", "uri": "https://api.test/v1/chat"}, "response": {"status": 200, "body": "{}"}}
    (tmp_path / "a.json").write_text(json.dumps([chat]), encoding="utf-8")
    printed = command("replay", tmp_path / "a.json")
    assert printed.code == 2
    assert "the recordings have no call of POST …/embeddings" in printed.err


def test_calls_without_a_response_are_counted(recorded: Recorder, tmp_path: Path) -> None:
    """A call that was blocked, or whose body was not kept, is left out and counted."""
    archive = json.loads(har(recorded.calls))
    archive["log"]["entries"][0]["response"]["status"] = 0
    archive["log"]["entries"][1]["response"]["content"] = {"size": 5000, "mimeType": "application/json"}
    records = judged(tmp_path, json.dumps(archive))
    assert records.footer["left_out"] == {"without a status": 1, "without the body of its response": 1}


def test_dates_and_binaries_of_ruby_are_read(recorded: Recorder, tmp_path: Path) -> None:
    """A cassette with unquoted times, and bodies in Ruby's binary, is read."""
    text = ruby_vcr(recorded.calls[:2]).replace("Mon, 10 Aug 2026 23:27:13 GMT", "2026-08-10 23:27:13.000000000 Z")
    path = tmp_path / "ruby.yml"
    path.write_text(text + "extra: !binary |-\n  aGVsbG8=\n", encoding="utf-8")
    assert len(read_recordings([path]).calls) == 2


@given(st.dictionaries(st.sampled_from(["request", "response"]), MESSAGE | JSON) | JSON)
def test_anything_is_read_or_refused(recorded: Any) -> None:
    """Whatever stands in the place of a call is read as one, or refused with a phrase."""
    try:
        call = read_call(recorded)
    except NotRecordedError as error:
        reason = str(error)
    else:
        reason = "with a body" if 100 <= call.status <= 599 else "with an impossible status"
    assert reason.startswith(("without", "with ", "redirected"))


STUB_NAMES = (
    *("scope", "path", "response", "request", "requests", "responses", "data", "pairs", "mappings", "item", "code"),
    *("httpRequest", "httpResponse", "scheme", "host", "header", "headers", "body", "status", "rawHeaders", "method"),
    *("jsonBody", "base64Body", "bodyPatterns", "urlPath", "query", "destination", "encodedBody", "encoded", "key"),
    *("originalRequest", "url", "variable", "value", "matcher", "statusCode", "base64Bytes", "json", "text"),
)
STUBS = st.recursive(
    JSON,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(STUB_NAMES), inner, max_size=5),
    max_leaves=30,
)


@given(STUBS)
def test_any_stub_is_read_or_refused(document: Any) -> None:
    """Whatever stands in the place of a stub is read, or refused with a phrase: nothing raises another error."""
    for make in calls_in_stubs(document):
        with contextlib.suppress(NotRecordedError):
            assert 100 <= read_call(make()).status <= 599
