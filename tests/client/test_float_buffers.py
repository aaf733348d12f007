"""Arrays of numbers taken out of long bodies: results and errors are those of the ordinary parser."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.calls import KEY, fixture
from openrouter_embeddings import (
    ApiError,
    ContractError,
    EmbeddingsRequest,
    EmbeddingsResponse,
    _float_buffers,
    create_embeddings,
)

pytest.importorskip("simdjson", reason="the extra `fast` is not installed")

NEVER = 1 << 60
NESTED = json.loads("[" * 300 + "]" * 300)
"""Deeper than answers may nest."""


@pytest.fixture(autouse=True)
def _every_body_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_float_buffers, "SHORTEST_BODY", 0)


def body_with(*embeddings: str, **fields: Any) -> bytes:
    """A body with these embeddings, given as JSON, and more fields."""
    items = [
        f'{{"object": "embedding", "embedding": {embedding}, "index": {index}}}'
        for index, embedding in enumerate(embeddings)
    ]
    others = "".join(f", {json.dumps(name)}: {json.dumps(value)}" for name, value in fields.items())
    return f'{{"object": "list", "model": "m", "data": [{", ".join(items)}]{others}}}'.encode()


def parsed(content: bytes) -> EmbeddingsResponse:
    """The result of a body, which has arrays that were taken out."""
    assert _float_buffers.take_numbers(content)[1]
    return create_embeddings.parse(httpx.Response(200, content=content))


def outcome(content: bytes, shortest: int) -> Any:
    """All that can be seen of the result of a body, or of its error."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_float_buffers, "SHORTEST_BODY", shortest)
        try:
            result = create_embeddings.parse(httpx.Response(200, content=content))
            vectors = [vector.tobytes() for vector in result.vectors()]
        except (ApiError, ContractError) as error:
            return type(error), str(error)
    deviations = [str(deviation) for deviation in result.deviations]
    return repr(result), json.dumps(result.to_dict()), vectors, deviations, result


numbers = st.integers() | st.floats() | st.sampled_from(["-0", "-0.0", "1e39", "-1E+38", "1e400", "1e-400", "01", "1."])
arrays = st.lists(numbers | st.sampled_from(["true", "null", '"]"', "[1]", "{}", "", " 1 "]), max_size=4).map(
    lambda items: f"[{','.join(map(str, items))}]"
)
embeddings = st.one_of(
    st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=4).map(str),
    arrays,
    st.sampled_from(["null", '"AACAPw=="', "[1]]", "[1", '[1], "embedding": [2]', '[1], "\\u0065mbedding": [2]']),
)


@settings(deadline=None, max_examples=300)
@given(
    st.lists(embeddings, max_size=3),
    st.sampled_from(
        [
            {},
            {"error": "Failed"},
            {"usage": {"embedding": [0]}},
            {"embedding": [0]},
            {"id": '"embedding": ['},
            {"id": 1},
        ]
    ),
    st.sampled_from(["", '"embedding"', '"embedding": [0]', "\\", "]"]),
)
def test_results_and_errors_are_those_of_the_ordinary_parser(
    embeddings: list[str], fields: dict[str, Any], spoilt: str
) -> None:
    """Whatever stands where the numbers are expected, and wherever else the same key stands."""
    content = body_with(*embeddings, **fields) + spoilt.encode()
    assert outcome(content, shortest=0) == outcome(content, shortest=NEVER)


@pytest.mark.parametrize(
    "content",
    [
        body_with("[0]", other={"embedding": [1, 2]}).replace(b'"embedding": [0]', b'"\\u0065mbedding": [0]'),
        body_with("[0]", "[1]").replace(b'"data"', b'"data": [], "data"'),
        body_with("[0]", **{'a"embedding': [0]}),
        body_with("[1, 2]", "[true, 1]"),
        body_with("[1, 2]", "[1e39, 1]"),
        body_with("[1, 2]", "[3]"),
        body_with("[1, 2]", '"AACAPw=="'),
        body_with("[1, 2]", provider="\x00"),
        body_with("[1, 2]", unknown=NESTED),
        body_with("[1, 2]", error={"message": "x", "metadata": NESTED}),
        body_with(json.dumps(NESTED)),
    ],
)
def test_what_is_unexpected_is_left_to_the_ordinary_parser(content: bytes) -> None:
    """Keys written with escapes, keys elsewhere, values that are no arrays of finite numbers."""
    assert outcome(content, shortest=0) == outcome(content, shortest=NEVER)


def test_the_numbers_as_they_were_sent_can_be_read() -> None:
    """Integers stay integers and doubles stay doubles, and the result is written as it came."""
    content = body_with(
        "[1, -0.1, 12345678901234567]", "[0.25,0.5 ,\n2e0]", usage={"prompt_tokens": 1, "total_tokens": 1}
    )
    result = parsed(content)
    assert result.data[0].embedding == [1, -0.1, 12345678901234567]
    assert [type(number) for number in result.data[0].embedding] == [int, float, int]
    assert result.to_dict() == json.loads(content)
    assert result == EmbeddingsResponse.from_dict(json.loads(content))
    assert list(result.data[1].vector) == [0.25, 0.5, 2.0]


@pytest.mark.parametrize(
    "imitate",
    [copy.copy, copy.deepcopy, lambda result: pickle.loads(pickle.dumps(result))],
    ids=["copy", "deep", "pickle"],
)
def test_a_result_can_be_copied_and_pickled_before_its_numbers_are_read(imitate: Callable[[Any], Any]) -> None:
    """A copy has the same numbers."""
    result = parsed(body_with("[0.1, 2]", "[0.5, 1]"))
    imitated = imitate(result)
    assert imitated == result
    assert [item.embedding for item in imitated.data] == [[0.1, 2], [0.5, 1]]
    assert imitate(result.data[0]).embedding == [0.1, 2]


def test_threads_may_read_the_numbers_at_once() -> None:
    """Each gets them, whichever is the first."""
    result = parsed(body_with(*[json.dumps([0.5] * 100)] * 50))
    with ThreadPoolExecutor(8) as threads:
        for item in result.data:
            assert set(map(len, threads.map(lambda item: item.embedding, [item] * 8))) == {100}


def test_an_attribute_that_is_none_is_an_error() -> None:
    """The message is that of Python."""
    item = parsed(body_with("[0.5]")).data[0]
    with pytest.raises(AttributeError, match="has no attribute 'vectr'"):
        _ = item.vectr  # type: ignore[attr-defined]


def test_the_result_is_compared_with_the_request() -> None:
    """As without the extra: the count and the dimensions have to be those that were asked for."""
    response = httpx.Response(200, content=body_with("[0.5, 1]"))
    with pytest.raises(ContractError, match=r"^\$\.data: expected 2 vectors, one per input, received 1"):
        create_embeddings.parse(response, EmbeddingsRequest(model="m", input=["a", "b"]))
    with pytest.raises(ContractError, match=r"^\$\.data\[0\]\.embedding: expected 3 numbers, received 2"):
        create_embeddings.parse(response, EmbeddingsRequest(model="m", input="a", dimensions=3))


@pytest.mark.parametrize(
    "fields", [{"usage": KEY}, {"error": {"message": KEY}}, {"id": 1, "model": KEY, "unknown": {"echo": KEY}}]
)
def test_a_key_that_is_echoed_beside_the_numbers_is_redacted(fields: dict[str, Any]) -> None:
    """Neither the error nor a deviation shows it."""
    request = httpx.Request("POST", "http://example.test", headers={"Authorization": f"Bearer {KEY}"})
    content = body_with("[0.5, 1]", **fields)
    assert _float_buffers.take_numbers(content)[1]
    try:
        result = create_embeddings.parse(httpx.Response(200, content=content, request=request))
        shown = repr(result.deviations) + json.dumps(result.to_dict())
    except ApiError as error:
        shown = f"{error} {error.body} {error.response.text} {error.response.request.headers}"
    assert "***" in shown
    assert KEY not in shown


def test_short_bodies_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the vector of one text numpy is not imported."""
    monkeypatch.undo()
    content = json.dumps(fixture("embeddings_float")).encode()
    assert _float_buffers.take_numbers(content) == (content, [])
