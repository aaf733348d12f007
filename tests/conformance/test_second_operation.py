"""Another operation: a table entry and the contract are enough for what every operation owes."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from openrouter_conformance import contract as contracts
from openrouter_conformance import requirements, runner
from openrouter_conformance.contract import Contract
from openrouter_conformance.operations import Operation
from openrouter_conformance.report.records import RunRecords
from openrouter_conformance.requirements import load_for

from .conftest import serve_app

RERANK = Operation("create-rerank", "createRerank", "POST", "/rerank")
KEY = "sk-or-v1-of-the-reranker"
_BASE = "/api/v1"
_MODEL = "acme/rerank"


def _contract() -> Contract:
    """Return the shipped contract with an operation more, written as upstream writes its own."""
    document = copy.deepcopy(contracts.shipped().document)
    responses = document["paths"]["/embeddings"]["post"]["responses"]
    ranked = {
        "type": "object",
        "required": ["index", "relevance_score"],
        "properties": {"index": {"type": "integer"}, "relevance_score": {"type": "number"}},
    }
    answer = {
        "type": "object",
        "required": ["model", "results"],
        "properties": {"model": {"type": "string"}, "results": {"type": "array", "items": ranked}},
    }
    document["paths"]["/rerank"] = {
        "post": {
            "operationId": "createRerank",
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["model", "query", "documents"],
                            "properties": {
                                "model": {"type": "string"},
                                "query": {"type": "string"},
                                "documents": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                                "top_n": {"type": "integer", "minimum": 1},
                            },
                        }
                    }
                },
            },
            "responses": {
                **{status: response for status, response in responses.items() if status != "200"},
                "200": {"description": "ok", "content": {"application/json": {"schema": answer}}},
            },
        }
    }
    return Contract(document, "sha256:" + "0" * 64)


class Reranker:
    """A small stand-in server of the one operation; `fault` is what it does wrong."""

    def __init__(self, fault: str | None = None) -> None:
        self.fault = fault

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        status, answer, extra = self._answer(scope, body)
        headers = [(b"content-type", b"application/json"), *extra]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def _answer(self, scope: Any, body: bytes) -> tuple[int, Any, list[tuple[bytes, bytes]]]:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        if scope["path"] == f"{_BASE}/embeddings/models":
            return 200, {"data": [], "total_count": 0, "links": {"next": None}}, []
        if scope["path"] != f"{_BASE}/rerank":
            return _error(404)
        if scope["method"] != "POST":
            return _error(405, (b"allow", b"POST"))
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if self.fault != "open to all" and (scheme.lower() != "bearer" or key != KEY):
            return _error(401, (b"www-authenticate", b"Bearer"))
        try:
            sent = json.loads(body)
            _contract().request_validator(RERANK).validate(sent)
        except ValueError:
            return _error(400)
        score = "high" if self.fault == "scores as words" else 0.5
        return 200, {"model": _MODEL, "results": [{"index": 0, "relevance_score": score}]}, []


def _error(status: int, *headers: tuple[bytes, bytes]) -> tuple[int, Any, list[tuple[bytes, bytes]]]:
    return status, {"error": {"message": f"refused with {status}", "code": status}}, list(headers)


@contextlib.contextmanager
def _serving(fault: str | None) -> Iterator[str]:
    with serve_app(Reranker(fault)) as url:
        yield url + _BASE


def _check(fault: str | None = None) -> RunRecords:
    contract = _contract()
    known = load_for([RERANK], contract)
    with _serving(fault) as url:
        plan = runner.Plan(
            url,
            requirements.select(known),
            profile="quick",
            model=_MODEL,
            requirements=known,
            contract=contract,
        )
        return runner.run(plan, {"CONFORMANCE_API_KEY": KEY})


def test_every_operation_owes_schema_errors_auth_and_protocol() -> None:
    """The requirements that every operation has are those of the new one, without a line for it."""
    facets = {one.facet for one in load_for([RERANK], _contract())}
    assert facets == {"schema", "errors", "auth", "protocol"}


def test_correct_server_of_another_operation_conforms() -> None:
    """A stand-in that keeps the contract passes all that applies to it."""
    found = _check()
    assert [
        (one["id"], one["reason"]) for one in found.results if one["status"] not in ("passed", "not-applicable")
    ] == []
    assert found.footer["totals"]["passed"] > 20


@pytest.mark.parametrize(
    ("fault", "requirement"),
    [
        ("open to all", "create-rerank/auth/missing-key-refused"),
        ("scores as words", "create-rerank/schema/answers-match"),
    ],
)
def test_flaws_of_another_operation_are_found(fault: str, requirement: str) -> None:
    """What is wrong with the stand-in fails the requirement that says so."""
    assert requirement in [one["id"] for one in _check(fault).results if one["status"] == "failed"]
