"""The client against the reference mock, through real sockets."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from typing import Any

import pytest

from openrouter_embeddings import (
    UNSET,
    ApiError,
    Client,
    EmbeddingsRequest,
    EmbeddingsResponse,
    EncodingFormat,
    MultimodalInput,
    TextPart,
    create_embeddings,
    list_embeddings_models,
)
from openrouter_mock.server import MockServer

MODEL = "openai/text-embedding-3-small"


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    """The reference mock on a free port."""
    with MockServer() as server:
        yield server


@pytest.fixture
def client(mock: MockServer) -> Iterator[Client]:
    """A client with a key that the mock lets in."""
    with Client(mock.key, mock.url) as connected:
        yield connected


FORMS: dict[str, tuple[Any, int]] = {
    "one text": ("rivers and seas", 1),
    "several texts": (["rivers", "seas", "rivers"], 3),
    "tokens of one text": ([101, 7, 9], 1),
    "tokens of several texts": ([[101], [7, 9]], 2),
}


@pytest.mark.parametrize("encoding", [UNSET, EncodingFormat.FLOAT, EncodingFormat.BASE64])
@pytest.mark.parametrize("form", FORMS)
def test_a_call_returns_one_vector_per_input(client: Client, form: str, encoding: Any) -> None:
    """Every form of input and encoding comes back as vectors of the length asked for, of length one."""
    given, count = FORMS[form]
    response = create_embeddings.sync(
        client=client, body=EmbeddingsRequest(model=MODEL, input=given, dimensions=64, encoding_format=encoding)
    )
    vectors = response.vectors(count)
    assert [len(vector) for vector in vectors] == [64] * count
    assert all(math.isclose(sum(x * x for x in vector), 1, rel_tol=1e-4) for vector in vectors)
    assert response.usage is not None
    assert response.usage.prompt_tokens
    assert response.deviations == ()


def test_a_multimodal_input_is_embedded(client: Client) -> None:
    """Parts travel as the contract writes them; the mock embeds them with a model that reads them."""
    page = list_embeddings_models.sync(client=client)
    able = next(
        model.id
        for model in page.data
        if model.architecture and {"text", "image"} <= set(model.architecture.input_modalities or ())
    )
    body = EmbeddingsRequest(model=able, input=[MultimodalInput(content=[TextPart(text="a lighthouse")])])
    assert len(create_embeddings.sync(client=client, body=body).vectors(1)[0]) > 0


def test_float_and_base64_hold_the_same_vector(client: Client) -> None:
    """Both encodings of one text differ by no more than float32 can tell."""
    one, other = (
        create_embeddings.sync(
            client=client, body=EmbeddingsRequest(model=MODEL, input="x", dimensions=32, encoding_format=encoding)
        ).vectors(1)[0]
        for encoding in (EncodingFormat.FLOAT, EncodingFormat.BASE64)
    )
    assert list(one) == pytest.approx(list(other), abs=1e-6)


def test_async_calls_give_what_blocking_calls_give(mock: MockServer, client: Client) -> None:
    """Both kinds of call read the same vectors."""
    body = EmbeddingsRequest(model=MODEL, input=["a", "b"], dimensions=16)

    async def calls() -> list[EmbeddingsResponse]:
        async with Client(mock.key, mock.url) as own:
            return await asyncio.gather(*(create_embeddings.asyncio(client=own, body=body) for _ in range(4)))

    expected = [list(vector) for vector in create_embeddings.sync(client=client, body=body).vectors(2)]
    for response in asyncio.run(calls()):
        assert [list(vector) for vector in response.vectors(2)] == expected


def test_the_model_list_is_read_whole_and_in_pages(client: Client) -> None:
    """Pages of seven add up to the list that comes in one."""
    whole = list_embeddings_models.sync(client=client)
    assert whole.total_count == len(whole.data)
    paged = list(list_embeddings_models.iterate(client=client, limit=7))
    assert paged == whole.data


def test_the_model_list_needs_no_key(mock: MockServer) -> None:
    """A client without a key reads the list, and is refused vectors."""
    with Client("", mock.url) as stranger:
        assert list_embeddings_models.sync(client=stranger, limit=1).data
        with pytest.raises(ApiError) as caught:
            create_embeddings.sync(client=stranger, body=EmbeddingsRequest(model=MODEL, input="x"))
    assert (caught.value.status, caught.value.code, caught.value.kind) == (401, 401, "Unauthorized")


def test_an_error_carries_the_message_of_the_server(client: Client) -> None:
    """An unknown model is an ApiError with a code and a message, raised or carried."""
    body = EmbeddingsRequest(model="acme/no-such-model", input="x")
    response = create_embeddings.sync_detailed(client=client, body=body)
    assert isinstance(response.error, ApiError)
    assert response.error.status == response.error.code == response.status
    assert 400 <= response.status < 500
    assert response.error.message
