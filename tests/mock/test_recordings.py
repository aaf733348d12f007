"""Every recorded answer has its like in the mock: the same fields with the same types."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from openrouter_mock.server import MockServer

pytestmark = pytest.mark.recordings

LIKES = {
    "402_balance_2026-10": "out-of-credit",
    "403_key_limit_embeddings_2026-05": "key-limit",
    "404_data_policy_2026-10": "data-policy",
    "400_zod_models_output_modalities_2026-10": "zod-error",
    "429_provider_rate_limited_2025-11": "rate-limited-by-provider",
    "429_upstream_retry_after_2026-10": "rate-limited",
    "429_free_models_per_min_2025-12": "rate-limited-in-body",
    "400_context_length_previous_errors_user_id_2026-06": "beyond-context",
    "400_unknown_model_2025-12": "invalid-model",
    "400_upstream_raw_azure_2025-12": "provider-refuses",
    "200_error_no_successful_provider": "200-with-error",
    "200_error_upstream_400_siliconflow": "200-with-error-of-provider",
}
"""The scenario of the mock that corresponds to a recorded failure."""


def shape(value: Any) -> Any:
    """Return a JSON value with its texts, numbers and booleans replaced by their kinds; of a list, its first item."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in sorted(value.items())}
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__


def body_of(recording: dict[str, Any]) -> Any:
    """Return the recorded body as JSON."""
    text = recording["response"].get("body_text")
    return json.loads(text) if text else recording["response"]["body"]


def test_each_recorded_failure_has_its_like(recordings: Path) -> None:
    """Status, fields and types are those of the recording."""
    differences = {}
    with MockServer() as mock, httpx.Client(base_url=mock.url) as client:
        for path in sorted(recordings.glob("*/*.json")):
            if path.stem not in LIKES:
                continue
            recording = json.loads(path.read_bytes())
            answer = client.post(
                "/embeddings",
                json={"model": "openai/text-embedding-3-small", "input": "cat"},
                headers={"Authorization": f"Bearer {mock.key}", "X-Mock-Scenario": LIKES[path.stem]},
            )
            assert answer.status_code == recording["response"]["status"]
            recorded, like = shape(body_of(recording)), shape(answer.json())
            if recorded != like:
                differences[path.stem] = (recorded, like)
    assert differences == {}


def test_each_recorded_success_has_its_like(recordings: Path) -> None:
    """The same request gives the same fields with the same types, and vectors of the same length."""
    with MockServer() as mock, httpx.Client(base_url=mock.url) as client:
        for path in sorted((recordings / "embeddings").glob("*.json")):
            recording = json.loads(path.read_bytes())
            headers = {"Authorization": f"Bearer {mock.key}"}
            answer = client.post("/embeddings", json=recording["request"]["body"], headers=headers).json()
            recorded = body_of(recording)
            assert shape(answer) == shape(recorded), path.stem
            assert list(answer) == list(recorded)
            assert [len(item["embedding"]) for item in answer["data"]] == [
                len(item["embedding"]) for item in recorded["data"]
            ]


def test_the_recorded_model_list_is_the_catalog(recordings: Path) -> None:
    """Every recorded model is listed with the same facts, but for the words about it."""
    (path,) = (recordings / "models").glob("*.json")
    recorded = json.loads(path.read_bytes())
    with MockServer() as mock:
        listed = httpx.get(f"{mock.url}/embeddings/models").json()
    assert listed.keys() == recorded.keys()
    assert listed["total_count"] == recorded["total_count"]
    by_id = {model["id"]: model for model in listed["data"]}
    for model in recorded["data"]:
        mine = by_id[model["id"]]
        assert shape(mine) == shape(model)
        assert {**mine, "description": model["description"]} == model


def test_a_recorded_call_without_a_key_has_its_like(recordings: Path) -> None:
    """A call without a key is rejected in the recorded form, without a `user_id`."""
    recording = json.loads((recordings / "errors" / "401_missing_auth_2026-06.json").read_bytes())
    with MockServer() as mock:
        answer = httpx.post(f"{mock.url}/embeddings", json={"model": "openai/text-embedding-3-small", "input": "cat"})
    assert answer.status_code == recording["response"]["status"]
    assert shape(answer.json()) == shape(body_of(recording))


def test_a_quoted_success_has_its_like(recordings: Path) -> None:
    """An older success has the same fields with the same types, but for those that came since."""
    recorded = body_of(json.loads((recordings / "quoted" / "200_qwen3-8b_nebius_2026-03.json").read_bytes()))
    with MockServer() as mock:
        body = {"model": "qwen/qwen3-embedding-8b", "input": "cat"}
        like = httpx.post(f"{mock.url}/embeddings", json=body, headers={"Authorization": f"Bearer {mock.key}"}).json()
    assert (like["model"], like["provider"]) == (recorded["model"], recorded["provider"])
    for name in ("cost_details", "is_byok"):
        del like["usage"][name]
    assert shape(like) == shape(recorded)


def test_every_recording_is_compared(recordings: Path) -> None:
    """A new recording cannot be passed over."""
    names = {path.stem for path in recordings.glob("*/*.json") if path.parent.name in {"errors", "quoted"}}
    assert names - LIKES.keys() == {"401_missing_auth_2026-06", "200_qwen3-8b_nebius_2026-03"}
