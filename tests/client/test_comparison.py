"""Answers are compared with their request, whichever way the call is made."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from client.calls import Call, client_with_response
from openrouter_embeddings import (
    ContractError,
    EmbeddingsRequest,
    EmbeddingsResponse,
    MultimodalInput,
    TextPart,
    create_embeddings,
)

MULTIMODAL = MultimodalInput(content=[TextPart(text="x")])

COUNTS: dict[str, tuple[Any, int]] = {
    "one text": ("abc", 1),
    "several texts": (["a", "b", "c"], 3),
    "tokens of one text": ([1, 2, 3], 1),
    "tokens of several texts": ([[1, 2], [3]], 2),
    "multimodal": ([MULTIMODAL, MULTIMODAL], 2),
}


def answer(*embeddings: Any, **fields: Any) -> dict[str, Any]:
    """An answer with these embeddings in order."""
    data = [{"object": "embedding", "embedding": each, "index": n} for n, each in enumerate(embeddings)]
    return {"object": "list", "data": data, "model": "m", **fields}


@pytest.mark.parametrize("form", COUNTS)
def test_there_is_one_vector_per_input(call: Call, form: str) -> None:
    """Each form of input has its own count; an answer with fewer or more is refused."""
    given, count = COUNTS[form]
    body = EmbeddingsRequest(model="m", input=given)
    for received in (count - 1, count, count + 1):
        result = call(client_with_response(200, answer(*[[1.0]] * received)), body)
        if received == count:
            assert isinstance(result, EmbeddingsResponse)
            assert len(result.vectors()) == count
        else:
            assert isinstance(result, ContractError)
            assert (result.path, result.received) == ("$.data", str(received))


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "an empty vector": (answer([], []), "$.data[0].embedding"),
    "an empty text": (answer([1.0], ""), "$.data[1].embedding"),
    "vectors of two lengths": (answer([1.0, 2.0], [1.0]), "$.data[1].embedding"),
    "no number": (answer([1.0], [None]), "$.data[1].embedding[0]"),
    "NaN in base64": (answer([1.0], "AADAfw=="), "$.data[1].embedding[0]"),
    "infinity in base64": (answer("AACAfw==", [1.0]), "$.data[0].embedding[0]"),
    "another order": ({**answer([1.0], [2.0]), "data": answer([1.0], [2.0])["data"][::-1]}, "$.data[0].index"),
    "one index twice": ({**answer([1.0]), "data": answer([1.0])["data"] * 2}, "$.data[1].index"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_vectors_that_cannot_be_used_are_a_contract_error(call: Call, name: str) -> None:
    """They are refused by the call itself, with their place, and by `parse` without a request as well."""
    content, path = FAULTS[name]
    error = call(client_with_response(200, content), EmbeddingsRequest(model="m", input=["a", "b"]))
    assert isinstance(error, ContractError)
    assert error.path == path
    with pytest.raises(ContractError) as caught:
        create_embeddings.parse(httpx.Response(200, json=content))
    assert caught.value.path == path


def test_vectors_have_the_length_that_was_asked_for(call: Call) -> None:
    """`dimensions` is compared where it was asked for, and only there."""
    response = client_with_response(200, answer([1.0, 2.0]))
    assert isinstance(call(response, EmbeddingsRequest(model="m", input="a", dimensions=2)), EmbeddingsResponse)
    response = client_with_response(200, answer([1.0, 2.0]))
    error = call(response, EmbeddingsRequest(model="m", input="a", dimensions=3))
    assert isinstance(error, ContractError)
    assert str(error) == "$.data[0].embedding: expected 3 numbers, received 2"


def test_parse_compares_with_a_request_that_is_given() -> None:
    """`parse(response)` cannot know the count; `parse(response, body)` does."""
    response = httpx.Response(200, json=answer([1.0]))
    assert len(create_embeddings.parse(response).vectors()) == 1
    with pytest.raises(ContractError, match="expected 2 vectors, one per input, received 1"):
        create_embeddings.parse(response, EmbeddingsRequest(model="m", input=["a", "b"]))
