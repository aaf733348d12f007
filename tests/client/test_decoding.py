"""A wrong type at any depth is a ContractError that says where, and nothing that the contract allows is refused."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

import openrouter_embeddings
from client.calls import fixture
from openrouter_embeddings import (
    ContractError,
    EmbeddingsRequest,
    EmbeddingsResponse,
    ModelsListResponse,
)
from openrouter_embeddings._decoding import DecodingError
from openrouter_embeddings._model import AnswerModel, JsonModel

OTHERS: tuple[Any, ...] = (None, True, 0, -3, 1.5, "", "text", [], [None], ["text"], {}, {"a": None})

REQUEST = {
    "model": "acme/embed-small",
    "input": "x",
    "dimensions": 8,
    "encoding_format": "float",
    "input_type": "search_query",
    "user": "u",
    "provider": {
        "allow_fallbacks": True,
        "data_collection": "deny",
        "ignore": ["OpenAI"],
        "max_price": {"prompt": "0.1", "completion": 1},
        "only": [],
        "order": ["Nebius"],
        "preferred_max_latency": {"p50": 1, "p99": None},
        "preferred_min_throughput": 40,
        "quantizations": ["fp8"],
        "sort": {"by": "price", "partition": "none"},
        "zdr": False,
    },
}

CASES: dict[str, tuple[Any, Any, str]] = {
    "embeddings": (EmbeddingsResponse, fixture("embeddings_float"), "/paths/~1embeddings/post/responses/200/content"),
    "base64": (EmbeddingsResponse, fixture("embeddings_base64"), "/paths/~1embeddings/post/responses/200/content"),
    "models": (ModelsListResponse, fixture("models_page"), "/paths/~1embeddings~1models/get/responses/200/content"),
    "request": (EmbeddingsRequest, REQUEST, "/paths/~1embeddings/post/requestBody/content"),
}


def validator_of(place: str) -> jsonschema_rs.Draft202012Validator:
    """The validator of a body that stands in the contract at a place."""
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"#{place}/application~1json/schema", **without_finer_rules(contract())}
    )


@cache
def contract() -> dict[str, Any]:
    """The parts of the contract that hold schemas."""
    folder = Path(openrouter_embeddings.__file__).parent
    document = yaml.safe_load((folder / "openapi.yaml").read_text(encoding="utf-8"))
    return {name: document[name] for name in ("components", "paths")}


Steps = tuple[str | int, ...]


def places(value: Any, steps: Steps = ()) -> Iterator[Steps]:
    """The path of each value within a value."""
    yield steps
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in children:
        yield from places(child, (*steps, step))


def replaced(value: Any, steps: Steps, other: Any) -> Any:
    """A copy of a value with another value at a path."""
    if not steps:
        return copy.deepcopy(other)
    result = copy.copy(value)
    result[steps[0]] = replaced(value[steps[0]], steps[1:], other)
    return result


def without(value: Any, steps: Steps) -> Any:
    """A copy of a value that lacks the field at a path; None when there is no field at it."""
    if not steps or not isinstance(steps[-1], str):
        return None
    result = copy.deepcopy(value)
    parent = result
    for step in steps[:-1]:
        parent = parent[step]
    del parent[steps[-1]]
    return result


def decoded_or_error(model: type[JsonModel], document: Any) -> JsonModel | ContractError:
    """The object that is decoded, or the error that it raises."""
    try:
        return model.from_dict(document)
    except ContractError as error:
        return error


def written(steps: Steps) -> str:
    """A path as JSONPath."""
    return "$" + "".join(f".{step}" if isinstance(step, str) else f"[{step}]" for step in steps)


def is_indispensable(path: str) -> bool:
    """Whether an answer is of no use without what is at a path: the whole, its items, their vectors or ids."""
    return re.fullmatch(r"\$(\.data(\[\d+\](\.embedding|\.id)?)?)?", path) is not None


LEFT_OPEN = {"alias_target", "benchmarks", "default_parameters", "overrides", "per_request_limits", "reasoning"}
"""Fields of the model list that embedding models do not use: the client looks at nothing inside of them."""


def is_not_looked_at(steps: Steps, other: Any) -> bool:
    """Whether the change is within a field that is left open, or to the numbers of a vector, which are checked later."""
    last = steps[-1] if steps else None
    is_inside = not {"embedding", *LEFT_OPEN}.isdisjoint(steps[:-1])
    numbers = last == "embedding" and isinstance(other, list)
    return is_inside or numbers or (last in LEFT_OPEN and isinstance(other, dict))


def without_finer_rules(schema: Any) -> Any:
    """Return a schema that takes unknown names of enumerations, as the client does."""
    if isinstance(schema, list):
        return [without_finer_rules(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: without_finer_rules(item) for name, item in schema.items()}
    if isinstance(kept.get("enum"), list) and len(kept["enum"]) > 1:
        del kept["enum"]
    if kept.get("additionalProperties") is False:
        del kept["additionalProperties"]
    return kept


@pytest.mark.parametrize("case", CASES)
def test_decoding_agrees_with_the_contract_at_every_place(case: str) -> None:
    """With any JSON type at any place, a request that the contract does not allow is refused, and the place is named.

    An answer is refused only without its vectors, its models, or their ids; else the place is a deviation, and what
    stood there is written back.
    """
    model, good, place = CASES[case]
    validator = validator_of(place)
    assert validator.is_valid(good)
    for steps in places(good):
        for other in OTHERS:
            document = replaced(good, steps, other)
            result = decoded_or_error(model, document)
            if isinstance(result, ContractError):
                assert not validator.is_valid(document), (steps, other)
                assert result.path.startswith(written(steps)), (result, steps, other)
                assert model is EmbeddingsRequest or is_indispensable(result.path), (result, steps, other)
                continue
            deviations = getattr(result, "deviations", ())
            assert validator.is_valid(document) or deviations or is_not_looked_at(steps, other), (steps, other, result)
            assert not (validator.is_valid(document) and deviations), (steps, other, deviations)
            assert all(deviation.path.startswith(written(steps)) for deviation in deviations), (steps, deviations)
            assert result.to_dict() == document, (steps, other)


@pytest.mark.parametrize("case", CASES)
def test_a_missing_field_is_named_where_the_contract_requires_it(case: str) -> None:
    """Leaving out any field succeeds if it is optional; else it is refused, or a deviation where an answer can do."""
    model, good, place = CASES[case]
    validator = validator_of(place)
    for steps in places(good):
        if not steps or not isinstance(steps[-1], str):
            continue
        document = without(good, steps)
        if validator.is_valid(document) or not LEFT_OPEN.isdisjoint(steps[:-1]):
            assert model.from_dict(document).to_dict() == document
            continue
        result = decoded_or_error(model, document)
        if isinstance(result, ContractError):
            assert (result.path, result.received) == (written(steps), "nothing")
            assert model is EmbeddingsRequest or is_indispensable(result.path)
        else:
            assert isinstance(result, AnswerModel)
            assert [(found.path, found.received) for found in result.deviations] == [(written(steps), "nothing")]
            assert result.to_dict() == document


def test_the_path_of_an_unusual_name_is_quoted() -> None:
    """A name that is no identifier stands in brackets, so that the path stays a JSONPath."""
    error = DecodingError("a", "b").inside("x-y").inside(3).inside("data")
    assert str(error.as_contract_error()) == "$.data[3]['x-y']: expected a, received b"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (True, "true"),
        (1.5, "the number 1.5"),
        (10**30, "the number beyond 64 bits"),
        ("x" * 100, f"the string '{'x' * 40}'…"),
        ({"a": 1}, "an object with 1 fields"),
    ],
)
def test_an_error_quotes_what_it_received_shortened(value: Any, words: str) -> None:
    """A message holds the kind of the value and no more than its beginning."""
    with pytest.raises(ContractError) as caught:
        ModelsListResponse.from_dict({"data": value})
    assert caught.value.received == words
