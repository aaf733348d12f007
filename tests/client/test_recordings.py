"""Responses that were recorded from the live API are read as what they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from client.calls import client_with_handler
from openrouter_embeddings import (
    ApiError,
    EmbeddingsResponse,
    ModelsListResponse,
    Response,
    create_embeddings,
    list_embeddings_models,
)
from openrouter_embeddings._response import send_detailed

pytestmark = pytest.mark.recordings


def exchanges(folder: Path, pattern: str) -> list[tuple[str, httpx.Response, Any]]:
    """Each recording that matches, as a response and its parsed body."""
    found = []
    for path in sorted(folder.glob(pattern)):
        recorded = json.loads(path.read_text(encoding="utf-8"))["response"]
        text = recorded.get("body_text") or json.dumps(recorded["body"])
        kept = {name: value for name, value in recorded["headers"].items() if name.lower() not in HOP_BY_HOP}
        response = httpx.Response(recorded["status"], headers=kept, content=text.encode())
        found.append((path.name, response, json.loads(text)))
    assert found, f"no recording matches {pattern}"
    return found


def detailed(response: httpx.Response) -> Response[EmbeddingsResponse]:
    """What a detailed call returns for a response."""
    client = client_with_handler(lambda _: response)
    return send_detailed(client.send, httpx.Request("POST", client.base_url), create_embeddings.parse)


HOP_BY_HOP = {"content-encoding", "content-length", "transfer-encoding", "connection"}


def test_recorded_successes_are_typed_responses(recordings: Path) -> None:
    """Every recorded embedding reads as vectors, and writing it gives what was recorded."""
    for name, response, body in exchanges(recordings, "embeddings/*.json"):
        result = create_embeddings.parse(response)
        assert isinstance(result, EmbeddingsResponse), name
        assert result.to_dict() == body, name
        assert {len(vector) for vector in result.vectors(len(body["data"]))} == {len(body["data"][0]["embedding"])}


def test_recorded_errors_are_api_errors(recordings: Path) -> None:
    """Every recorded error carries its status, code, message, metadata and body."""
    for name, response, body in exchanges(recordings, "errors/*.json"):
        _check_error(name, response, body, detailed(response))


def test_quoted_responses_are_what_they_claim(recordings: Path) -> None:
    """Responses that people quoted: failures on status 200 and 403 are ApiErrors, the success is typed."""
    kinds = set()
    for name, response, body in exchanges(recordings, "quoted/*.json"):
        outcome = detailed(response)
        kinds.add("error" in body)
        if "error" in body:
            _check_error(name, response, body, outcome)
        else:
            assert outcome.result is not None, (name, outcome.error)
            assert outcome.result.to_dict() == body, name
    assert kinds == {True, False}


def test_recorded_model_lists_are_typed(recordings: Path) -> None:
    """Every recorded model reads without a field left over."""
    for path in sorted(recordings.glob("models/*.json")):
        body = json.loads(path.read_text(encoding="utf-8"))
        page = {"total_count": len(body["data"]), "links": {"next": None}, **body}
        result = list_embeddings_models.parse(httpx.Response(200, json=page))
        assert isinstance(result, ModelsListResponse)
        assert len(result.data) == len(body["data"]) > 0
        assert result.to_dict() == page


def _check_error(name: str, response: httpx.Response, body: Any, detailed: Response[EmbeddingsResponse]) -> None:
    error = detailed.error
    assert isinstance(error, ApiError), name
    assert error.status == response.status_code, name
    assert error.code == body["error"].get("code"), name
    assert error.message == " ".join(body["error"]["message"].split()), name
    assert error.metadata == body["error"].get("metadata", {}), name
    assert error.body == body, name
    if "Retry-After" in response.headers:
        assert error.retry_after == float(response.headers["Retry-After"]), name
