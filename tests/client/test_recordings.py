"""Answers that were recorded from the live API are read as what they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from openrouter_embeddings import ApiError, Response
from openrouter_embeddings.answer import detail
from openrouter_embeddings.api.embeddings import create_embeddings, list_embeddings_models
from openrouter_embeddings.models import EmbeddingsResponse, ModelsListResponse

pytestmark = pytest.mark.recordings


def exchanges(folder: Path, pattern: str) -> list[tuple[str, httpx.Response, Any]]:
    """Each recording that matches, as an answer and its parsed body."""
    found = []
    for path in sorted(folder.glob(pattern)):
        recorded = json.loads(path.read_text(encoding="utf-8"))["response"]
        text = recorded.get("body_text") or json.dumps(recorded["body"])
        kept = {name: value for name, value in recorded["headers"].items() if name.lower() not in HOP_BY_HOP}
        answer = httpx.Response(recorded["status"], headers=kept, content=text.encode())
        found.append((path.name, answer, json.loads(text)))
    assert found, f"no recording matches {pattern}"
    return found


HOP_BY_HOP = {"content-encoding", "content-length", "transfer-encoding", "connection"}


def test_recorded_successes_are_typed_responses(recordings: Path) -> None:
    """Every recorded embedding reads as vectors, and writing it gives what was recorded."""
    for name, answer, body in exchanges(recordings, "embeddings/*.json"):
        result = create_embeddings.parse(answer)
        assert isinstance(result, EmbeddingsResponse), name
        assert result.to_dict() == body, name
        assert {len(vector) for vector in result.vectors(len(body["data"]))} == {len(body["data"][0]["embedding"])}


def test_recorded_errors_are_api_errors(recordings: Path) -> None:
    """Every recorded error carries its status, code, message, metadata and body."""
    for name, answer, body in exchanges(recordings, "errors/*.json"):
        _check_error(name, answer, body, detail(answer, create_embeddings._READERS))


def test_quoted_answers_are_what_they_claim(recordings: Path) -> None:
    """Answers that people quoted: failures on status 200 and 403 are ApiErrors, the success is typed."""
    kinds = set()
    for name, answer, body in exchanges(recordings, "quoted/*.json"):
        told: Response[EmbeddingsResponse] = detail(answer, create_embeddings._READERS)
        kinds.add("error" in body)
        if "error" in body:
            _check_error(name, answer, body, told)
        else:
            assert told.result is not None, (name, told.error)
            assert told.result.to_dict() == body, name
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


def _check_error(name: str, answer: httpx.Response, body: Any, told: Response[EmbeddingsResponse]) -> None:
    error = told.error
    assert isinstance(error, ApiError), name
    assert error.status == answer.status_code, name
    assert error.code == body["error"].get("code"), name
    assert error.message == body["error"]["message"].strip(), name
    assert error.metadata == body["error"].get("metadata", {}), name
    assert error.body == body, name
    if "Retry-After" in answer.headers:
        assert error.retry_after == float(answer.headers["Retry-After"]), name
