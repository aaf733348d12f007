"""One finding for each cause: what rests on a failure is blocked by it, and no exchange is held against two."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from openrouter_conformance import contract, recorder, requirements
from openrouter_conformance.errors import HarnessError
from openrouter_conformance.operations import CREATE_EMBEDDINGS
from openrouter_conformance.results import Result
from openrouter_conformance.status import Status, conclude

from . import other_server
from .altered_server import Call, altered
from .conftest import CheckMock, Printed, serve_app


def _of(results: list[Result], *statuses: Status) -> dict[str, Result]:
    return {one.requirement.id: one for one in results if one.status in statuses}


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("drops_last_vector", "create-embeddings/response/one-vector-per-input"),
        ("answers_no_vectors", "create-embeddings/response/one-vector-per-input"),
        ("success_content_type_is_html", "create-embeddings/protocol/json-content-type"),
        ("fails_every_fifth_call", "create-embeddings/schema/no-server-error"),
        ("reverses_batch_order", "create-embeddings/order/vectors-follow-inputs"),
        ("base64_big_endian", "create-embeddings/encoding/base64-equals-float"),
        ("floats_for_base64", "create-embeddings/encoding/base64-when-asked"),
        ("item_object_is_vector", "create-embeddings/response/object-constants"),
        ("body_twice", "create-embeddings/schema/answers-match"),
    ],
)
def test_one_cause_is_one_finding(check_mock: CheckMock, fault: str, cause: str) -> None:
    """A fault that spoils many answers fails the requirement that says so; the others are blocked by it."""
    results = check_mock(faults=(fault,))
    assert list(_of(results, Status.FAILED)) == [cause]
    blocked = _of(results, Status.BLOCKED)
    assert blocked
    assert {one.blocked_by for one in blocked.values()} == {cause}
    assert conclude(one.status for one in results).exit_code == 1


def test_a_cause_is_reported_although_it_was_not_selected(check_mock: CheckMock) -> None:
    """A run of requirements that are all blocked fails by what blocks them."""
    results = check_mock("create-embeddings/vectors/related-texts-closer", faults=("drops_last_vector",))
    assert list(_of(results, Status.FAILED)) == ["create-embeddings/response/one-vector-per-input"]
    assert list(_of(results, Status.BLOCKED)) == ["create-embeddings/vectors/related-texts-closer"]


def test_bases_exist_and_lead_in_no_circle() -> None:
    """What a requirement rests on is there, and does not rest on it."""
    known = requirements.load()
    for one in known:
        for glob in one.rests_on:
            bases = [other for other in known if one.is_based_on(other)]
            assert bases or one.shared, (one.id, glob)
        assert not any(one.is_based_on(other) and other.is_based_on(one) for other in known if other is not one), one.id


@pytest.mark.parametrize("rests_on", ["x", ["order"], [7]])
def test_malformed_bases_are_refused(rests_on: Any) -> None:
    """`rests_on` names facets and requirements."""
    entry = {"level": "required", "text": "It is.", "source": "a document", "rests_on": rests_on}
    with pytest.raises(HarnessError, match="rests_on must be"):
        list(requirements.parse({"it-is": entry}, CREATE_EMBEDDINGS, "response", contract.shipped()))


def test_text_that_is_forbidden_is_no_refusal_of_the_key(
    command: Callable[..., Printed], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 403 for what stands in a text says nothing about the key; the finding is about the text."""

    def moderated(call: Call, status: int, body: Any) -> tuple[int, Any]:
        forbidden = b"<script>" in call.body and status == 200
        return (403, {"error": {"code": 403, "message": "flagged"}}) if forbidden else (status, body)

    monkeypatch.setenv("CONFORMANCE_API_KEY", other_server.KEY)
    with serve_app(altered(other_server.application(), moderated)) as url:
        known = ("create-embeddings/auth/known-key-accepted", "create-embeddings/texts/any-text-survived")
        chosen = [part for one in known for part in ("--only", one)]
        printed = command("run", url + other_server.BASE, "--profile", "quick", *chosen)
    assert printed.code == 1
    assert [line for line in printed.out.splitlines() if line.startswith("FAILED")] == [f"FAILED {known[1]}"]


def test_cached_answer_for_a_request_without_a_key_is_found(
    command: Callable[..., Printed], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every request without a key is looked at, not the first one alone; its answer is held against no other."""
    answer = {"object": "list", "model": "m", "data": [{"object": "embedding", "index": 0, "embedding": [1.0]}]}

    def cached(call: Call, status: int, body: Any) -> tuple[int, Any]:
        return (200, answer) if status == 401 and b"quick brown" not in call.body else (status, body)

    monkeypatch.setenv("CONFORMANCE_API_KEY", other_server.KEY)
    with serve_app(altered(other_server.application(), cached)) as url:
        printed = command("run", url + other_server.BASE, "--profile", "quick", "--seed", "1")
    failed = [line for line in printed.out.splitlines() if line.startswith("FAILED")]
    assert failed == ["FAILED create-embeddings/auth/missing-key-refused"], printed.out


def test_answers_that_were_waited_out_are_told(
    command: Callable[..., Printed], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not held against a target that is busy for a moment is not hidden either."""
    calls = itertools.count(1)

    def busy(call: Call, status: int, body: Any) -> tuple[int, Any]:
        return (502, {"error": {"code": 502, "message": "busy"}}) if next(calls) == 30 else (status, body)

    monkeypatch.setenv("CONFORMANCE_API_KEY", other_server.KEY)
    monkeypatch.setattr(recorder, "_MIN_WAIT", 0.01)
    with serve_app(altered(other_server.application(), busy)) as url:
        printed = command("run", url + other_server.BASE, "--profile", "quick")
    assert printed.code == 0
    assert "Waited:   1 answer of status 502, asked for again" in printed.out.splitlines(), printed.out


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        (200, {"data": "x"}, "schema/answers-match"),
        (200, {"data": [], "total_count": 0, "links": {"next": None}}, "catalog/not-empty"),
        (500, {"error": {"code": 500, "message": "x"}}, "schema/no-server-error"),
        (401, {"error": {"code": 401, "message": "no"}}, "catalog/public"),
    ],
    ids=["no list", "empty", "crash", "forbidden"],
)
def test_broken_list_of_models_is_what_fails(
    status: int, body: Any, cause: str, command: Callable[..., Printed], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no other way to a model, all that asks for one is blocked by the list, and the run fails by it."""

    def broken(call: Call, answered: int, found: Any) -> tuple[int, Any]:
        return (status, body) if call.method == "GET" and answered == 200 else (answered, found)

    monkeypatch.setenv("CONFORMANCE_API_KEY", other_server.KEY)
    with serve_app(altered(other_server.application(), broken)) as url:
        printed = command("run", url + other_server.BASE, "--profile", "quick")
    failed = [line for line in printed.out.splitlines() if line.startswith("FAILED")]
    assert (printed.code, failed) == (1, [f"FAILED list-embeddings-models/{cause}"]), printed.out


def test_target_without_a_list_needs_a_model(command: Callable[..., Printed], monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to judge, so exit 3 says what to do."""

    def without(call: Call, status: int, body: Any) -> tuple[int, Any]:
        return (404, {"error": {"code": 404, "message": "no"}}) if call.method == "GET" else (status, body)

    monkeypatch.setenv("CONFORMANCE_API_KEY", other_server.KEY)
    with serve_app(altered(other_server.application(), without)) as url:
        printed = command("run", url + other_server.BASE, "--profile", "quick")
    assert printed.code == 3
    assert printed.err.endswith("choose one with --model ID.\n")


def test_list_that_wants_a_key_is_read_with_it(
    command: Callable[..., Printed], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fails for that, and the rest is checked with a model of the list."""

    def keyed(call: Call, status: int, body: Any) -> tuple[int, Any]:
        refused = call.method == "GET" and not call.has_key
        return (401, {"error": {"code": 401, "message": "no"}}) if refused else (status, body)

    monkeypatch.setenv("CONFORMANCE_API_KEY", other_server.KEY)
    with serve_app(altered(other_server.application(), keyed)) as url:
        printed = command("run", url + other_server.BASE, "--profile", "quick")
    assert "with acme/tiny-embed" in printed.out
    failed = [line for line in printed.out.splitlines() if line.startswith("FAILED")]
    assert (printed.code, failed) == (1, ["FAILED list-embeddings-models/catalog/public"]), printed.out
