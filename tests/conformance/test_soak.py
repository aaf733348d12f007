"""Load on a server, with every answer compared."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_conformance import contract, requirements
from openrouter_conformance.exchange import JSON_HEADERS, Exchange, Request
from openrouter_conformance.report.records import RunRecords, read
from openrouter_conformance.soak.allotment import Allotment, Question
from openrouter_conformance.soak.comparison import Comparison
from openrouter_conformance.targets.ceilings import Ceilings
from openrouter_mock.app import create_app
from openrouter_mock.call import Call
from openrouter_mock.faults import batches
from openrouter_mock.server import MockServer
from openrouter_mock.settings import MockSettings

from .conftest import Printed

Command = Callable[..., Printed]
KEY = "sk-or-v1-soak"


@pytest.fixture
def compared() -> Callable[..., Any]:
    """Give a function that compares answers of the mock with changed ones, and returns what is found out."""
    service = create_app().service

    def answer(text: str, number: int, **changes: Any) -> Exchange:
        body = orjson.dumps({"model": "openai/text-embedding-3-small", "input": text, "dimensions": 8})
        request = Request("POST", "/embeddings", body, JSON_HEADERS, operation="createEmbeddings")
        call = Call("POST", "/api/v1/embeddings", {"authorization": f"Bearer {KEY}"}, body=body, number=number)
        response = service.respond(call)
        content = orjson.dumps({**orjson.loads(response.content), **changes})
        headers = tuple(response.headers.items())
        return Exchange(
            "createEmbeddings", "POST", "http://mock/embeddings", JSON_HEADERS, body, 200, headers, content,
            request=request, number=number,
        )  # fmt: skip

    def compare(*under_load: tuple[str, dict[str, Any]]) -> Any:
        comparison = Comparison(contract.shipped(), requirements.load())
        for number, text in enumerate(("a cat sat on the mat", "tax law for ships")):
            comparison.add_first(answer(text, number))
        comparison.close_first()
        comparison.drain()
        for number, (text, changes) in enumerate(under_load, start=10):
            comparison.add(answer(text, number, **changes))
        return comparison.drain()

    compare.answer = answer  # type: ignore[attr-defined]
    return compare


def test_equal_answers_break_nothing(compared: Callable[..., Any]) -> None:
    """Answers that are the first one again but for their id count for the same requirements, and fail none."""
    found = compared(("a cat sat on the mat", {}), ("tax law for ships", {}))
    assert found.failures == {}
    assert found.applied["create-embeddings/schema/answers-match"] == 2
    assert found.applied["create-embeddings/response/id-fresh"] == 2


def test_a_vector_of_another_request_is_found(compared: Callable[..., Any]) -> None:
    """An answer with the vector of another request contradicts the first answer, and is shown beside it."""
    other = compared.answer("tax law for ships", 1).json["data"]  # type: ignore[attr-defined]
    found = compared(("a cat sat on the mat", {"data": other}))
    assert found.failures
    assert all(len(failure.exchanges) == 2 for failure in found.failures.values())
    assert sum(found.breaches.values()) == len(found.failures)


def test_an_id_that_comes_twice_is_found(compared: Callable[..., Any]) -> None:
    """Two answers with one id are found, though all else in them is equal."""
    found = compared(("a cat sat on the mat", {"id": "gen-emb-1-a"}), ("tax law for ships", {"id": "gen-emb-1-a"}))
    assert found.breaches["create-embeddings/response/id-fresh"] == 1


def test_an_answer_that_breaks_what_the_first_did_not_has_one_cause(compared: Callable[..., Any]) -> None:
    """An answer that changes, and breaks a requirement by that, is one finding with the first answer beside it."""
    found = compared(*[("a cat sat on the mat", {"usage": {"prompt_tokens": -1, "total_tokens": -1}})] * 3)
    cause = "create-embeddings/determinism/repeats-agree"
    assert list(found.failures) == [cause]
    assert found.breaches == {cause: 3}
    assert len(found.failures[cause].exchanges) == 2
    assert found.resting["create-embeddings/usage/tokens-positive"] == cause


def soak(command: Command, tmp_path: Path, url: str, *more: str) -> tuple[Printed, RunRecords]:
    """Put a short load on the server at *url*; return what was printed and written."""
    printed = command("soak", url, "--users", "4", "--time", "3", "--report", tmp_path / "report", *more)
    return printed, read(tmp_path / "report" / "results.jsonl")


@pytest.mark.parametrize("more", [(), ("--", "--processes", "2")], ids=["one process", "master and two workers"])
def test_a_server_that_keeps_its_answers_conforms(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]
) -> None:
    """Load on the mock breaks nothing; answers, rate and percentiles are in the records and printed."""
    monkeypatch.setenv("CONFORMANCE_API_KEY", KEY)
    with MockServer() as mock:
        printed, records = soak(command, tmp_path, mock.url, "--max-dollars", "100", *more)
        assert mock.calls.total >= records.footer["load"]["answers"] > 0
    assert printed.code == 0, printed
    load = records.footer["load"]
    assert load["errors"] == 0
    assert 0 < load["p50"] <= load["p95"] <= load["p99"] <= load["max"]
    assert records.footer["requests"] >= load["answers"]
    assert "CONFORMS" in printed.out
    assert "a second; p50" in printed.out
    assert KEY not in json.dumps(list(records)) + printed.out


def test_a_race_is_found_and_shown(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that mixes up two answers now and then does not conform, and both requests are shown."""
    monkeypatch.setenv("CONFORMANCE_API_KEY", KEY)
    monkeypatch.setattr(batches, "MIXED_UP_EVERY", 150)
    with MockServer(MockSettings(faults=("mixes_up_two_answers_under_load",))) as mock:
        printed, records = soak(command, tmp_path, mock.url, "--max-dollars", "100", "--max-requests", "700")
    assert printed.code == 1, printed
    failed = [record for record in records.results if record["status"] == "failed"]
    assert failed
    assert all(len(record["failure"]["exchanges"]) == 2 for record in failed)
    assert "repeat: curl" in printed.out


def test_ceilings_end_a_soak(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ceiling on requests holds, and the result so far is printed with the reason."""
    monkeypatch.setenv("CONFORMANCE_API_KEY", KEY)
    with MockServer() as mock:
        _, records = soak(command, tmp_path, mock.url, "--max-requests", "150")
        assert mock.calls.total == records.footer["requests"] == 150
    assert "150" in records.footer["stopped"]


TWO_WORKERS = ("--", "--processes", "2")


def test_a_ceiling_holds_for_all_workers_together(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A master and two workers send exactly as many requests as the command line allows, and say why they stop."""
    monkeypatch.setenv("CONFORMANCE_API_KEY", KEY)
    with MockServer() as mock:
        _, records = soak(
            command, tmp_path, mock.url, "--time", "60", "--max-dollars", "9", "--max-requests", "400", *TWO_WORKERS
        )
        assert mock.calls.total == records.footer["requests"] == 400
    assert records.footer["seconds"] < 50, "it ends before its time"
    assert "the ceiling of 400 requests for all processes" in records.footer["stopped"]


def test_dollars_hold_for_all_workers_together(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What two workers spend together stays below the ceiling on dollars, and is more than half of it."""
    monkeypatch.setenv("CONFORMANCE_API_KEY", KEY)
    with MockServer() as mock:
        _, records = soak(command, tmp_path, mock.url, "--time", "20", "--max-dollars", "0.005", *TWO_WORKERS)
    assert 0.0025 < records.footer["bill"]["dollars"] <= 0.005
    assert "the ceiling of $0.005 for all processes" in records.footer["stopped"]


def test_the_rate_holds_for_all_workers_together(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two workers send no more requests a second than the command line allows."""
    monkeypatch.setenv("CONFORMANCE_API_KEY", KEY)
    began = time.monotonic()
    with MockServer() as mock:
        printed, _ = soak(command, tmp_path, mock.url, "--rate", "40", "--max-dollars", "9", *TWO_WORKERS)
        assert 0 < mock.calls.total <= 40 * (time.monotonic() - began), printed


NEEDS = st.fixed_dictionaries(
    {"requests": st.just(1), "tokens": st.integers(0, 50), "dollars": st.floats(0, 0.5, allow_nan=False)}
)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), NEEDS, st.integers(1, 3)), max_size=60),
    st.integers(1, 40),
    st.integers(1, 400),
)
def test_parts_are_never_more_than_the_whole(
    asked: list[tuple[str, dict[str, float], int]], requests_in_all: int, tokens: int
) -> None:
    """Whoever asks for whatever, workers that spend what they were given stay below each ceiling together."""
    whole = Ceilings(requests=requests_in_all, tokens=tokens, dollars=1.0, per_second=10.0)
    allotment = Allotment(whole)
    spent = {worker: {"requests": 0.0, "tokens": 0.0, "dollars": 0.0} for worker in "abc"}
    for worker, need, workers in asked:
        answer = allotment.answer(worker, Question(need, dict(spent[worker])), workers)
        assert answer["per_second"] == 10.0 / workers
        if answer["over"] is None:
            spent[worker] = {name: used + need[name] for name, used in spent[worker].items()}
        assert all(used <= answer[name] + 1e-9 for name, used in spent[worker].items()) or answer["over"]
    for name, limit in (("requests", requests_in_all), ("tokens", tokens), ("dollars", 1.0)):
        assert sum(used[name] for used in spent.values()) <= limit + 1e-9


def test_what_is_not_limited_is_given_without_limit() -> None:
    """Without a ceiling a worker is told so, whatever it has used up."""
    question = Question({"requests": 1, "tokens": 5, "dollars": 0.1}, {"requests": 9, "tokens": 9, "dollars": 9.0})
    assert Allotment(Ceilings()).answer("a", question, 2) == {
        "requests": None,
        "tokens": None,
        "dollars": None,
        "per_second": None,
        "over": None,
    }


def test_a_server_that_is_not_there_is_named(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target that cannot be reached ends the soak with exit code 3 and a sentence."""
    monkeypatch.setenv("CONFORMANCE_API_KEY", KEY)
    with MockServer() as mock:
        url = mock.url
    printed = command("soak", url, "--time", "3")
    assert printed.code == 3
    assert "cannot reach" in printed.err
    assert "Traceback" not in printed.err


def test_without_locust_the_extra_is_named(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra the command says how to install it."""
    monkeypatch.setitem(sys.modules, "locust", None)
    printed = command("soak", "mock")
    assert printed.code == 2
    assert "pip install 'openrouter-embeddings[load]'" in printed.err
