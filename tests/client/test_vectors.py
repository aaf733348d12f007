"""Vectors: float32 buffers, however the server encoded them."""

from __future__ import annotations

import base64
import copy
import math
import pickle
import struct
from array import array
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openrouter_embeddings import ContractError, EmbeddingObject, EmbeddingsResponse, Vector, vectors


@pytest.fixture(params=["standard library", "fast"], scope="module", autouse=True)
def decoder(request: pytest.FixtureRequest) -> Iterator[str]:
    """Both decoders of base64: that of the standard library, and that of the extra `fast`."""
    decode = base64.b64decode
    if request.param == "fast":
        decode = pytest.importorskip("pybase64", reason="the extra `fast` is not installed").b64decode
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vectors, "decode_base64", lambda text: decode(text, validate=True))
        yield request.param


float32s = st.floats(width=32, allow_nan=False, allow_infinity=False)


def packed(numbers: list[float], form: str = "<f") -> str:
    """Numbers as base64 of their bytes."""
    return base64.b64encode(b"".join(struct.pack(form, number) for number in numbers)).decode()


def response_with(*embeddings: Any, indexes: list[int] | None = None) -> EmbeddingsResponse:
    """A response that holds these embeddings."""
    items = [
        {"object": "embedding", "embedding": embedding, "index": index}
        for embedding, index in zip(embeddings, indexes or range(len(embeddings)), strict=True)
    ]
    return EmbeddingsResponse.from_dict({"object": "list", "data": items, "model": "m"})


@settings(deadline=None)
@given(st.lists(float32s, max_size=20))
def test_base64_is_read_as_little_endian_float32(numbers: list[float]) -> None:
    """The bytes that a server packs come out as the same numbers, bit by bit."""
    vector = EmbeddingObject(embedding=packed(numbers)).vector
    assert (vector.typecode, vector.itemsize) == ("f", 4)
    assert list(vector) == numbers


@settings(deadline=None)
@given(st.lists(float32s, min_size=1, max_size=20))
def test_floats_and_base64_give_the_same_buffer(numbers: list[float]) -> None:
    """A list of numbers reads as base64 of the same numbers does."""
    assert EmbeddingObject(embedding=list(numbers)).vector == EmbeddingObject(embedding=packed(numbers)).vector


def test_numpy_reads_a_vector_without_a_copy() -> None:
    """`numpy.asarray` gives float32 and shares the memory, which can be written to."""
    item = EmbeddingObject(embedding=packed([1.0, -0.5]))
    one, other = np.asarray(item.vector), np.asarray(item.vector)
    assert one.dtype == np.float32
    assert one.tolist() == [1.0, -0.5]
    assert np.shares_memory(one, other)
    one *= 2
    assert list(item.vector) == [2.0, -1.0]


@pytest.mark.parametrize("imitate", [copy.copy, copy.deepcopy, lambda vector: pickle.loads(pickle.dumps(vector))])
@pytest.mark.parametrize("embedding", [[1.0, -0.5], packed([1.0, -0.5])])
def test_a_vector_is_an_array_that_can_be_copied_pickled_and_compared(
    imitate: Callable[[Vector], Vector], embedding: Any
) -> None:
    """It is an `array("f")`, whichever way it was sent: it goes to other processes, and equals its copy."""
    vector = EmbeddingObject(embedding=embedding).vector
    assert isinstance(vector, array)
    assert imitate(vector) == vector == array("f", [1.0, -0.5])
    assert vector.tolist() == [1.0, -0.5]
    vector[0] = 3
    assert vector[0] == 3


def test_the_repr_of_a_vector_is_short() -> None:
    """It shows the length and the beginning."""
    assert repr(EmbeddingObject(embedding=[0.25] * 1536).vector) == "<Vector of 1536: 0.25, 0.25, 0.25, …>"
    assert repr(EmbeddingObject(embedding=[]).vector) == "<Vector of 0: >"


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("length", [1, 2, 1536])
def test_numbers_that_are_not_finite_are_refused_in_base64(number: float, length: int) -> None:
    """NaN and infinity are a contract error in either encoding, and are named by their position."""
    numbers = [0.5] * (length - 1) + [number]
    with pytest.raises(ContractError, match="finite float32 number") as caught:
        _ = EmbeddingObject(embedding=packed(numbers)).vector
    assert caught.value.path == f"$.embedding[{length - 1}]"


@pytest.mark.parametrize("number", [3.4028234663852886e38, -1.7014118346046923e38])
def test_the_greatest_numbers_are_finite(number: float) -> None:
    """Numbers whose highest byte is that of infinity are read as they are."""
    assert list(EmbeddingObject(embedding=packed([number])).vector) == [number]


def test_a_vector_is_converted_on_first_read() -> None:
    """A response arrives although one of its vectors is malformed; only reading that vector raises."""
    response = response_with(packed([1.0]), "***")
    assert list(response.data[0].vector) == [1.0]
    with pytest.raises(ContractError, match="expected base64"):
        _ = response.data[1].vector


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "AAAA=",
        "AACAPw",
        "AACA Pw==",
        "AACA\nPw==",
        "AACAPw==AACAPw==",
        "é",
        "\ud800",
        "-_-_",
        packed([1.0]) + "AA==",
    ],
)
def test_malformed_base64_is_a_contract_error(text: str) -> None:
    """White space, another alphabet, missing or early padding: none of it is read as something else."""
    with pytest.raises(ContractError, match="base64"):
        _ = EmbeddingObject(embedding=text).vector


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7])
def test_a_length_that_is_no_multiple_of_four_is_a_contract_error(count: int) -> None:
    """Half a number is no number."""
    with pytest.raises(ContractError, match=f"multiple of 4 bytes in base64, received {count} bytes"):
        _ = EmbeddingObject(embedding=base64.b64encode(bytes(count)).decode()).vector


@pytest.mark.parametrize("item", ["1.0", None, [], {}, 10**400, 1e300, math.nan, -math.inf])
@pytest.mark.parametrize("position", [0, 2])
def test_an_item_that_is_no_number_is_named_by_its_position(item: Any, position: int) -> None:
    """Numbers of a list are checked when the vector is read, and the fault is found."""
    numbers: list[Any] = [0.5, 0.25, -1]
    numbers[position] = item
    with pytest.raises(ContractError) as caught:
        _ = EmbeddingObject(embedding=numbers).vector
    assert caught.value.path == f"$.embedding[{position}]"


@settings(deadline=None)
@given(st.text() | st.binary().map(lambda raw: base64.b64encode(raw).decode()))
def test_any_text_is_a_vector_or_a_contract_error(text: str) -> None:
    """No text escapes as another exception."""
    try:
        vector = EmbeddingObject(embedding=text).vector
    except ContractError:
        return
    assert len(vector) * 4 == len(base64.b64decode(text))


def test_the_count_of_vectors_is_checked_when_asked_for() -> None:
    """A server that drops or adds a vector is found out."""
    response = response_with([1.0], [2.0])
    assert len(response.vectors()) == len(response.vectors(2)) == 2
    for expected in (1, 3):
        with pytest.raises(ContractError, match=rf"^\$\.data: expected {expected} vectors, one per input, received 2"):
            response.vectors(expected)


def test_vectors_out_of_order_are_a_contract_error() -> None:
    """An item whose index is not its place would be the vector of another input."""
    with pytest.raises(ContractError, match=r"^\$\.data\[0\]"):
        response_with([1.0], [2.0], indexes=[1, 0]).vectors()


def test_vectors_of_different_lengths_are_a_contract_error() -> None:
    """All vectors of a response are of one length."""
    with pytest.raises(ContractError, match=r"^\$\.data\[1\]\.embedding: expected 1 numbers, as before, received 2"):
        response_with([1.0], packed([1.0, 2.0])).vectors()


def test_a_malformed_vector_is_named_by_its_place() -> None:
    """The path leads from the response to the item."""
    with pytest.raises(ContractError) as caught:
        response_with([1.0], ["x"]).vectors()
    assert caught.value.path == "$.data[1].embedding[0]"


@pytest.mark.parametrize("text", ["AAAA=", "AAA", "AAAAA", "=AAA"])
def test_base64_of_a_wrong_length_is_a_contract_error(text: str) -> None:
    """With and without the extra `fast` alike."""
    with pytest.raises(ContractError, match=r"^\$\.embedding: expected base64"):
        _ = EmbeddingObject(embedding=text).vector


def test_an_item_without_an_index_stands_where_it_stands() -> None:
    """The index is optional in the contract."""
    body = {"object": "list", "model": "m", "data": [{"object": "embedding", "embedding": [0.5]}]}
    assert [list(vector) for vector in EmbeddingsResponse.from_dict(body).vectors(1)] == [[0.5]]
