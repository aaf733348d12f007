"""Responses that are wrong in every way a server, a proxy or an attacker can think of raise our errors only."""

from __future__ import annotations

import gzip
import json
import math
import pickle
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from types import ModuleType
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.calls import KEY, Call, client_with_response, fixture
from client.loopback import Loopback, reply
from openrouter_embeddings import (
    ApiError,
    Client,
    ContractError,
    EmbeddingsRequest,
    OpenRouterError,
    TransportError,
    _accelerators,
    create_embeddings,
    list_embeddings_models,
)

GOOD = json.dumps(fixture("embeddings_float")).encode()
MEGABYTE = 1 << 20
PARSERS = [_accelerators.stdlib_parse_json, _accelerators.fast_parse_json]

NOT_THE_CONTRACT = {
    "nothing": b"",
    "white space only": b" \n\t ",
    "null": b"null",
    "a number": b"5",
    "a text": b'"ok"',
    "a list": b"[]",
    "an empty object": b"{}",
    "a page of HTML": b"<!doctype html><p>Bad gateway</p>",
    "truncated": GOOD[:-1],
    "truncated early": b'{"object":"list","data":[{"obj',
    "two objects": GOOD + GOOD,
    "a server-sent event": b"data: " + GOOD + b"\n\n",
    "not a number": b'{"object":"list","data":[{"object":"embedding","embedding":[NaN]}],"model":"m"}',
    "infinity": b'{"object":"list","data":[{"object":"embedding","embedding":[-Infinity]}],"model":"m"}',
    "5000 digits": GOOD.replace(b"1.8e-07", b"1" * 5000, 1),
    "deep lists": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep in the middle": GOOD.replace(b"1.8e-07", b"[" * 100_000 + b"]" * 100_000, 1),
    "UTF-16": GOOD.decode().encode("utf-16"),
    "UTF-32": GOOD.decode().encode("utf-32"),
    "Latin-1": GOOD.replace(b"OpenAI", b"Op\xe9nAI"),
    "a truncated character": GOOD.replace(b"OpenAI", b"\xf0\x9f\x9a"),
    "an encoded surrogate": GOOD.replace(b"OpenAI", b"\xed\xa0\x80"),
    "a null byte": GOOD.replace(b"OpenAI", b"Open\0AI"),
    "single quotes": GOOD.replace(b'"', b"'"),
    "a trailing comma": GOOD[:-1] + b",}",
    "a comment": b"/* ok */" + GOOD,
    "two byte order marks": b"\xef\xbb\xbf" * 2 + GOOD,
    "compressed, but not said so": gzip.compress(GOOD),
}


@pytest.mark.parametrize("name", NOT_THE_CONTRACT)
def test_a_success_that_is_not_the_contract_is_a_contract_error(
    call: Call, parser: str, one_text: EmbeddingsRequest, name: str
) -> None:
    """The error says where, what was expected and what was received, in one line."""
    error = call(client_with_response(200, NOT_THE_CONTRACT[name]), one_text)
    assert isinstance(error, ContractError)
    assert error.path.startswith("$")
    assert error.expected
    assert error.received
    assert "\n" not in str(error)
    assert error.response is not None


@pytest.mark.parametrize("name", NOT_THE_CONTRACT)
@pytest.mark.parametrize("status", [400, 503])
def test_the_same_as_a_failure_is_an_api_error(
    parser: str, one_text: EmbeddingsRequest, name: str, status: int
) -> None:
    """The status says that the call failed; the body only adds words."""
    response = create_embeddings.sync_detailed(
        client=client_with_response(status, NOT_THE_CONTRACT[name]), body=one_text
    )
    assert isinstance(response.error, ApiError)
    assert response.error.status == status
    assert response.error.message
    assert response.content == NOT_THE_CONTRACT[name]


@pytest.mark.parametrize("depth", [50, 300, 700, 2000, 100_000])
@pytest.mark.parametrize("status", [200, 500])
def test_a_deep_error_body_is_an_api_or_contract_error(
    parser: str, one_text: EmbeddingsRequest, depth: int, status: int
) -> None:
    """No depth of nesting overflows the stack, also when the server echoes the key within."""
    nested = b"[" * depth + b'"' + KEY.encode() + b'"' + b"]" * depth
    content = b'{"error":{"message":"deep","metadata":{"a":' + nested + b"}}}"
    error = create_embeddings.sync_detailed(client=client_with_response(status, content), body=one_text).error
    assert isinstance(error, ApiError | ContractError)
    assert KEY not in str(error)


@pytest.mark.parametrize("depth", [300, 900])
@pytest.mark.parametrize("status", [200, 429])
@pytest.mark.parametrize("field", ["error", "unknown", "object"])
def test_a_deep_answer_can_be_pickled_and_written(
    parser: str, one_text: EmbeddingsRequest, depth: int, status: int, field: str
) -> None:
    """What can be parsed and not be written any more is a ContractError, or the text of an ApiError."""
    nested = json.loads("[" * depth + "]" * depth)
    content = {**fixture("embeddings_float"), field: {"message": "x", "metadata": nested}}
    error = create_embeddings.sync_detailed(client=client_with_response(status, content), body=one_text).error
    assert isinstance(error, ApiError if status == 429 or field == "error" else ContractError)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert isinstance(getattr(error, "body", ""), str)


@pytest.mark.parametrize("status", [200, 429])
def test_an_answer_that_nests_as_other_answers_do_is_accepted(one_text: EmbeddingsRequest, status: int) -> None:
    """Fifty levels in a field that the contract does not know are kept."""
    nested = json.loads("[" * 50 + "]" * 50)
    content = {**fixture("embeddings_float"), "unknown": nested}
    response = create_embeddings.sync_detailed(client=client_with_response(status, content), body=one_text)
    body = response.result.to_dict() if response.error is None else getattr(response.error, "body", None)
    assert body is not None
    assert body["unknown"] == nested


@pytest.mark.parametrize("status", [200, 502])
@pytest.mark.parametrize(
    "content",
    [b"\0" * 10 * MEGABYTE, b"0" * 10 * MEGABYTE, b" " * 10 * MEGABYTE, b"[" + b"0," * MEGABYTE + b"0]"],
    ids=["null bytes", "digits", "spaces", "a list"],
)
def test_ten_megabytes_of_nothing_are_an_error(
    parser: str, one_text: EmbeddingsRequest, status: int, content: bytes
) -> None:
    """Size alone breaks nothing, and no message is longer than a page."""
    error = create_embeddings.sync_detailed(client=client_with_response(status, content), body=one_text).error
    assert isinstance(error, ContractError if status == 200 else ApiError)
    assert len(str(error)) < 1000


def compressed(damage: Callable[[bytes], bytes]) -> Callable[[BaseHTTPRequestHandler], None]:
    """Respond with a compressed body that was damaged on the way."""
    return lambda handler: reply(handler, 200, damage(gzip.compress(GOOD)), Content_Encoding="gzip")


@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: GOOD,
        lambda packed: b"\x1f\x8b" + b"\0" * 30,
        lambda packed: packed[:20] + bytes(len(packed) - 20),
        lambda packed: packed[:-8] + bytes(8),
    ],
    ids=["not compressed", "header only", "middle wiped", "checksum wiped"],
)
def test_damaged_compression_is_a_transport_error(
    call: Call, loopback: Loopback, one_text: EmbeddingsRequest, damage: Callable[[bytes], bytes]
) -> None:
    """A body that cannot be decompressed never arrived."""
    loopback.handle = compressed(damage)
    error = call(Client(KEY, loopback.url), one_text)
    assert isinstance(error, TransportError)
    assert isinstance(error.__cause__, httpx.DecodingError)


def test_truncated_compression_is_an_error_of_ours(call: Call, loopback: Loopback, one_text: EmbeddingsRequest) -> None:
    """A compressed body that ends early is a damaged stream, or JSON that ends early."""
    loopback.handle = compressed(lambda packed: packed[: len(packed) // 2])
    assert isinstance(call(Client(KEY, loopback.url), one_text), TransportError | ContractError)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@st.composite
def bodies_almost_right(draw: st.DrawFn) -> bytes:
    """A good body with a piece cut out and another put in its place."""
    start = draw(st.integers(0, len(GOOD)))
    end = draw(st.integers(start, min(len(GOOD), start + 60)))
    piece = draw(
        st.binary(max_size=12) | st.sampled_from([b"null", b"{}", b"[]", b"NaN", b'"\\ud800"', b"1e999", b"-"])
    )
    return GOOD[:start] + piece + GOOD[end:]


contents = st.binary() | bodies_almost_right() | json_values.map(lambda value: json.dumps(value).encode())


def parsed_or_error(operation: ModuleType, response: httpx.Response) -> Any:
    """The result of parsing, or one of the two errors that it may raise."""
    try:
        return operation.parse(response)
    except (ApiError, ContractError) as error:
        return error


@settings(deadline=None)
@given(content=contents, status=st.integers(200, 599), parse=st.sampled_from(PARSERS))
def test_no_bytes_escape_as_anything_but_our_errors(content: bytes, status: int, parse: Callable[[bytes], Any]) -> None:
    """`parse` raises ApiError or ContractError, and `sync_detailed` never raises, whatever arrives."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_accelerators, "parse_json", parse)
        for operation in (create_embeddings, list_embeddings_models):
            result = parsed_or_error(operation, httpx.Response(status, content=content))
            if isinstance(result, OpenRouterError):
                assert str(result)
            else:
                assert status == 200
                assert result.to_dict() == json.loads(content) or b"null" in content
        body = EmbeddingsRequest(model="m", input="x")
        response = create_embeddings.sync_detailed(client=client_with_response(status, content), body=body)
        assert (response.status, response.content) == (status, content)


finite = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(finite)
def test_both_parsers_give_the_same_values(value: Any) -> None:
    """With and without the extra `fast`, JSON that any parser takes is the same."""
    for content in (json.dumps(value).encode(), json.dumps(value, ensure_ascii=False).encode()):
        assert _accelerators.fast_parse_json(content) == _accelerators.stdlib_parse_json(content) == value


@settings(deadline=None)
@given(st.binary(max_size=40) | bodies_almost_right())
def test_both_parsers_refuse_the_same_bytes(content: bytes) -> None:
    """What one parser takes the other takes, and refuses what it refuses, but for numbers beyond floats and 64 bits."""

    def parsed(parse: Callable[[bytes], Any]) -> Any:
        try:
            return parse(content)
        except (ValueError, RecursionError):
            return ValueError

    slow, fast = parsed(_accelerators.stdlib_parse_json), parsed(_accelerators.fast_parse_json)
    assert slow == fast or _is_beyond(slow)


@pytest.mark.parametrize("content", [rb'"\ud800"', rb'{"\uDFFF": 1}', rb'["\udc00\ud800"]', b"NaN", b"[Infinity]"])
def test_both_parsers_refuse_what_is_no_value_anywhere(content: bytes) -> None:
    """Halves of surrogate pairs and words that are no JSON are refused, in fields that nobody knows as well."""
    for parse in (_accelerators.stdlib_parse_json, _accelerators.fast_parse_json):
        with pytest.raises(ValueError, match=r"\S"):
            parse(content)


@pytest.mark.parametrize("content", [b"1e300", rb'"\ud83d\ude80"', b"[1e+2, 123456789012345678]"])
def test_both_parsers_take_what_only_looks_like_it(content: bytes) -> None:
    """Large exponents within range, and surrogates in pairs."""
    assert _accelerators.stdlib_parse_json(content) == _accelerators.fast_parse_json(content)


def _is_beyond(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_is_beyond, value.values()))
    if isinstance(value, list):
        return any(map(_is_beyond, value))
    return isinstance(value, float | int) and (math.isinf(value) or abs(value) > 2**63)
