"""The schema-driven half: what is generated, and how the contract sorts it."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from openrouter_conformance import contract as contracts
from openrouter_conformance import generated_requests
from openrouter_conformance.contract import first_error
from openrouter_conformance.operations import CREATE_EMBEDDINGS, LIST_EMBEDDINGS_MODELS, OPERATIONS, Operation
from openrouter_conformance.profiles import PROFILES
from openrouter_conformance.spending import content_of

_MODEL = "openai/text-embedding-3-small"
_CONTRACT = contracts.shipped()
_GOOD = {"model": _MODEL, "input": "a"}
_FIELDS = _CONTRACT.request_schema(CREATE_EMBEDDINGS)["properties"]


def _generated(operation: Operation, count: int = 64, seed: int = 0) -> tuple[generated_requests.Generated, ...]:
    return generated_requests.generate(_CONTRACT, operation, count, seed=seed, model=_MODEL, native_dimensions=1536)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.slug)
def test_good_and_bad_requests_are_generated(operation: Operation) -> None:
    """Requests that keep the contract and requests that break it come in like numbers, within the budget."""
    made = _generated(operation)
    found = Counter(one.valid for one in made)
    assert len(made) <= 64
    assert found[True] >= 15
    assert found[False] >= 12


def test_generated_requests_carry_no_key_and_no_mark() -> None:
    """The generator adds no credentials and nothing random of its own."""
    for operation in OPERATIONS:
        for one in _generated(operation):
            assert {name for name, _ in one.request.headers} <= {"Content-Type"}
            assert one.request.key is True


def test_generated_requests_follow_from_the_seed() -> None:
    """The same seed makes the same requests, another seed others."""
    first = [one.request for one in _generated(CREATE_EMBEDDINGS)]
    generated_requests.generate.cache_clear()
    assert [one.request for one in _generated(CREATE_EMBEDDINGS)] == first
    assert [one.request for one in _generated(CREATE_EMBEDDINGS, seed=1)] != first


def test_good_requests_ask_for_the_model_under_test() -> None:
    """Most requests that keep the contract can be answered: they name the model under test and its dimensions."""
    bodies = [json.loads(one.request.body or b"") for one in _generated(CREATE_EMBEDDINGS) if one.valid]
    answerable = [body for body in bodies if body["model"] == _MODEL and body.get("dimensions", 1) <= 1536]
    assert len(answerable) >= 0.8 * len(bodies)


def test_efforts_grow_by_profile() -> None:
    """Each profile makes more requests than the one before."""
    sizes = [PROFILES[name].generated for name in ("quick", "default", "deep")]
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize(
    ("body", "valid"),
    [
        (_GOOD, True),
        ({**_GOOD, "dimensions": 8.0}, True),
        ({**_GOOD, "input": [9906.0]}, True),
        ({**_GOOD, "unknown": None}, True),
        ({**_GOOD, "input": []}, False),
        ({**_GOOD, "dimensions": 0}, False),
        ({**_GOOD, "provider": {"unknown": 1}}, False),
        ([], False),
        (None, False),
    ],
)
def test_contract_sorts_bodies(body: Any, valid: bool) -> None:  # noqa: FBT001 - a parameter of the table
    """Whether a body keeps the contract is the contract's to say."""
    assert _CONTRACT.allows_body(CREATE_EMBEDDINGS, json.dumps(body).encode()) is valid


@pytest.mark.parametrize(("body", "valid"), [(b"", False), (b" \n", False), (b"{", None), (b'{"input":NaN}', None)])
def test_bodies_that_are_no_json_are_sorted_elsewhere(body: bytes, valid: bool | None) -> None:  # noqa: FBT001
    """No body at all breaks the contract; of what is no JSON the schema says nothing."""
    assert _CONTRACT.allows_body(CREATE_EMBEDDINGS, body) is valid


@pytest.mark.parametrize(
    ("query", "valid"),
    [
        ({}, True),
        ({"limit": "1000", "offset": "0"}, True),
        ({"other": "x"}, True),
        ({"limit": "0"}, False),
        ({"limit": "1001"}, False),
        ({"offset": "-1"}, False),
        ({"offset": "ten"}, False),
        ({"offset": "1.5"}, False),
        ({"offset": ""}, None),
        ({"limit": "+1"}, None),
        ({"limit": "1.0"}, None),
    ],
)
def test_contract_sorts_queries(query: dict[str, str], valid: bool | None) -> None:  # noqa: FBT001
    """Numbers within bounds keep the contract; unusual spellings are left open."""
    assert _CONTRACT.allows_query(LIST_EMBEDDINGS_MODELS, list(query.items())) is valid


def test_doubled_parameters_are_left_open() -> None:
    """Which of two values counts is not the contract's to say."""
    assert _CONTRACT.allows_query(LIST_EMBEDDINGS_MODELS, [("limit", "1"), ("limit", "0")]) is None


def test_undocumented_fields_are_named() -> None:
    """A field that the contract does not name is found wherever it stands."""
    item = {"object": "embedding", "embedding": [1], "index": 0, "norm": 1}
    body = {"object": "list", "model": "m", "data": [item]}
    assert _CONTRACT.undocumented_field(CREATE_EMBEDDINGS, body) == "norm at /data/0"
    del item["norm"]
    assert _CONTRACT.undocumented_field(CREATE_EMBEDDINGS, body) is None


def test_breaches_are_told_in_one_line() -> None:
    """What breaks a schema is described by place and reason."""
    validator = _CONTRACT.response_validator(CREATE_EMBEDDINGS, 200)
    body = {"object": "list", "model": 7, "data": []}
    assert first_error(validator, body) == '/model: 7 is not of type "string"'
    assert first_error(validator, {**body, "model": "m"}) is None


def test_pointers_that_lead_nowhere_are_refused() -> None:
    """A source that the contract does not have is an error, not a blank."""
    assert _CONTRACT.resolve("#/paths/~1embeddings/post")["operationId"] == "createEmbeddings"
    with pytest.raises(LookupError, match="nothing"):
        _CONTRACT.resolve("#/paths/~1nowhere")


def test_no_generated_request_holds_many_media() -> None:
    """A random body of a hundred pictures would be reckoned with more dollars than a run may cost."""
    made = _generated(CREATE_EMBEDDINGS, 40, seed=362577)
    assert max(content_of(one.request.body).media for one in made) <= 2


def test_bad_requests_are_broken_in_one_place() -> None:
    """Most of the bad requests are good ones with one wrong place, so that a reason to refuse them is alone."""
    bodies = [json.loads(one.request.body or b"") for one in _generated(CREATE_EMBEDDINGS) if one.valid is False]
    near = [body for body in bodies if isinstance(body, dict) and set(body) <= {"input", *map(str, _FIELDS)}]
    assert len(near) >= 18
