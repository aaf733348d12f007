"""Error responses: one exception, whatever the status and the form of the body."""

from __future__ import annotations

import copy
import datetime as dt
import email.utils
import gzip
import math
import pickle
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import openrouter_embeddings
from client.calls import KEY, Call, client_with_response, fixture
from openrouter_embeddings import (
    ApiError,
    Client,
    ContractError,
    EmbeddingsRequest,
    OpenRouterError,
    TooManyRequestsError,
    TransportError,
    create_embeddings,
    list_embeddings_models,
)

FAILURES = {failure["name"]: failure for failure in fixture("failures")}


def failure_of(
    status: int, content: object = b"", headers: Mapping[str, str | bytes] | None = None, call: Call | None = None
) -> ApiError:
    """The error of a call that gets this response."""
    body = EmbeddingsRequest(model="m", input="x")
    client = client_with_response(status, content, headers)
    error = call(client, body) if call else create_embeddings.sync_detailed(client=client, body=body).error
    assert isinstance(error, ApiError)
    return error


@pytest.mark.parametrize("name", FAILURES)
def test_each_known_failure_is_an_api_error_with_all_its_details(call: Call, parser: str, name: str) -> None:
    """Status, kind, code, message, metadata and body are there, however the call was made."""
    given_ = FAILURES[name]
    error = failure_of(given_["status"], given_["body"], given_["headers"], call)
    assert (error.status, type(error.status)) == (given_["status"], int)
    assert error.body == given_["body"]
    assert error.response.status_code == given_["status"]
    seen = {field: getattr(error, field) for field in given_["expected"]}
    assert seen == given_["expected"]
    assert str(error) == f"{error.status} {error.kind}: {error.message}"


@pytest.mark.parametrize("name", FAILURES)
def test_the_model_list_fails_in_the_same_way(name: str) -> None:
    """Both operations read failures alike."""
    failure = FAILURES[name]
    with pytest.raises(ApiError) as caught:
        list_embeddings_models.sync(client=client_with_response(failure["status"], failure["body"]))
    assert (caught.value.status, caught.value.body) == (failure["status"], failure["body"])


@pytest.mark.parametrize("status", [*range(300, 304), 307, *range(400, 600)])
def test_every_status_but_success_is_an_api_error(status: int) -> None:
    """Documented or not, each status arrives as an integer, with a message that is not empty."""
    error = failure_of(status)
    assert error.status == status
    assert error.code is None
    assert error.message
    assert error.body == ""


def test_the_four_exceptions_form_one_tree() -> None:
    """`OpenRouterError` catches every failure of a call."""
    for kind in (TransportError, ApiError, ContractError):
        assert kind.__bases__ == (OpenRouterError,)


def test_a_page_of_html_is_quoted_shortened(call: Call) -> None:
    """A gateway's own page is the body as text; the message quotes no more than its beginning."""
    page = "<html><head><title>502 Bad Gateway</title></head>" + "<p>é</p>" * 1000
    error = failure_of(502, page.encode(), {"Content-Type": "text/html"}, call)
    assert error.body == page
    assert error.message == page[:500] + "…"
    assert error.kind == "BadGateway"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Bad Gateway"),
        (b"  \n", "Bad Gateway"),
        (b"null", "Bad Gateway"),
        (b"[1]", "Bad Gateway"),
        (b'{"error":null}', "Bad Gateway"),
        (b'{"error":{"message":{"a":1}}}', "Bad Gateway"),
        (b'{"error":[]}', "Bad Gateway"),
        (b'{"message":"said outside"}', "said outside"),
        (b'"said alone"', "said alone"),
        (b'{"error":{"message":"cut of', '{"error":{"message":"cut of'),
        (b"upstream \xff\xfe reset", "upstream \ufffd\ufffd reset"),
    ],
)
def test_a_failure_in_no_known_form_still_has_a_message(parser: str, content: bytes, message: str) -> None:
    """The server's words if there are any, else the name of the status."""
    assert failure_of(502, content).message == message


def test_a_failure_without_words_on_status_200_does_not_say_ok() -> None:
    """The reason phrase of a success is no message of a failure."""
    error = failure_of(200, {"error": {"code": 502}})
    assert (error.kind, error.code, error.message) == ("BadGateway", 502, "no message")


@pytest.mark.parametrize("code", ["rate_limited", None, True, 4.5, [], "9" * 5000])
def test_a_code_that_is_no_whole_number_is_none(code: Any) -> None:
    """`code` is an integer or None; the body keeps what was sent."""
    error = failure_of(400, {"error": {"message": "x", "code": code}})
    assert error.code is None
    assert error.body["error"]["code"] == code


def limited(headers: Mapping[str, str | bytes] | None = None, metadata: Any = None) -> float | None:
    """The wait that a response of too many requests asks for."""
    return failure_of(429, {"error": {"message": "slow down", "code": 429, "metadata": metadata}}, headers).retry_after


def test_retry_after_is_read_from_every_place() -> None:
    """Header in seconds or milliseconds, metadata, or headers within the metadata: all mean seconds to wait."""
    assert limited({"Retry-After": "7"}) == 7
    assert limited({"Retry-After": "0"}) == 0
    assert limited({"Retry-After-Ms": "1500"}) == 1.5
    assert limited(metadata={"retry_after_seconds": 12}) == 12
    assert limited(metadata={"headers": {"Retry-After": "3"}}) == 3
    assert limited({"Retry-After": "nonsense"}, {"retry_after_seconds": 2.5}) == 2.5
    assert limited() is None


def test_retry_after_may_be_a_date(monkeypatch: pytest.MonkeyPatch) -> None:
    """An HTTP date counts from now; one in the past means at once."""
    now = 1_787_000_000
    monkeypatch.setattr(time, "time", lambda: float(now))
    date = dt.datetime.fromtimestamp(now + 90, dt.UTC)
    assert limited({"Retry-After": email.utils.format_datetime(date, usegmt=True)}) == 90
    assert limited({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0


def test_a_reset_time_in_epoch_milliseconds_counts_from_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """`X-RateLimit-Reset` stands within the metadata, as a string."""
    monkeypatch.setattr(time, "time", lambda: 1_787_000_000.0)
    reset = {"headers": {"X-RateLimit-Limit": "20", "X-RateLimit-Reset": "1787000060000"}, "provider_name": None}
    assert limited(metadata=reset) == 60
    assert limited({"X-RateLimit-Reset": "1786999000000"}) == 0


@pytest.mark.parametrize(
    "value", ["", "soon", "-5", "nan", "inf", "1e999", "Mon, 99 Foo 2026", "0x10", "Wed, 21 Oct 99999 07:28:00 GMT"]
)
def test_a_nonsense_wait_is_none(value: str) -> None:
    """What is no time to wait is left out, and breaks nothing."""
    assert limited({"Retry-After": value}) is None
    assert limited({"Retry-After-Ms": value}) is None
    assert limited(metadata={"retry_after_seconds": value, "headers": {"X-RateLimit-Reset": value}}) is None


@pytest.mark.parametrize("value", [None, True, [], {}, -1, 10**400, [5]])
def test_a_wait_of_the_wrong_type_is_none(value: Any) -> None:
    """Metadata is free in form, and its fields may be anything."""
    assert limited(metadata={"retry_after_seconds": value, "headers": value}) is None
    assert limited(metadata={"headers": {"Retry-After": value, "X-RateLimit-Reset": value}}) is None
    assert limited(metadata=value) is None


pieces = st.sampled_from(
    ["Wed", ",", "21", "Oct", "2015", "99999", "07:28:00", "25:61", "GMT", "+9999", "-0000", "(", "é", "0"]
)
dates = st.lists(pieces, max_size=8).map(" ".join)


@settings(deadline=None)
@given(st.binary(max_size=12) | dates.map(str.encode), st.text() | dates, st.integers() | st.floats())
def test_any_wait_is_none_or_a_time_to_wait(header: bytes, text: str, number: float) -> None:
    """Whatever a server says about waiting, `retry_after` is None or not less than 0."""
    metadata = {"retry_after_seconds": number, "headers": {"Retry-After": text, "X-RateLimit-Reset": number}}
    waits = [
        limited({"Retry-After": header}),
        limited({"Retry-After-Ms": header}),
        limited({"X-RateLimit-Reset": header}),
        limited(metadata=metadata if math.isfinite(number) else {}),
        limited(metadata={"headers": {"retry-after": text, "x-ratelimit-reset": text}}),
    ]
    assert all(wait is None or 0 <= wait < math.inf for wait in waits)


@pytest.mark.parametrize(
    ("headers", "request_id", "generation_id"),
    [
        ({}, None, None),
        ({"CF-Ray": "8f0-FRA"}, "8f0-FRA", None),
        ({"X-Request-Id": "r-1", "X-Generation-Id": "gen-1"}, "r-1", "gen-1"),
        ({"X-Request-Id": "r-1", "cf-ray": "8f0-FRA"}, "8f0-FRA", None),
    ],
)
def test_the_ids_that_support_asks_for_are_there(
    headers: dict[str, str], request_id: str | None, generation_id: str | None
) -> None:
    """The edge's id of the request and the API's id of the generation come from the headers."""
    error = failure_of(500, headers=headers)
    assert (error.request_id, error.generation_id) == (request_id, generation_id)


def _failed_calls(client: Client) -> list[OpenRouterError]:
    body = EmbeddingsRequest(model="m", input="x")
    errors = [create_embeddings.sync_detailed(client=client, body=body).error]
    errors.append(create_embeddings.sync_detailed(client=client_with_response(200, b"[]"), body=body).error)
    return [error for error in errors if error is not None]


@pytest.mark.parametrize(
    "imitate", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))], ids=["copy", "pickle"]
)
def test_an_error_travels_to_another_process_without_the_key(imitate: Callable[[Any], Any]) -> None:
    """A copy or pickle tells the same; the request, which carries the key, is left out."""
    headers = {"Content-Encoding": "gzip", "CF-Ray": "8f0-FRA"}
    content = gzip.compress(b'{"error":{"message":"slow down","code":429,"metadata":{"retry_after_seconds":2}}}')
    errors = [*_failed_calls(client_with_response(429, content, headers)), TransportError("no response")]
    assert [type(error) for error in errors] == [TooManyRequestsError, ContractError, TransportError]
    for error in errors:
        twin = imitate(error)
        assert (type(twin), str(twin), repr(twin)) == (type(error), str(error), repr(error))
        seen = {name: value for name, value in vars(error).items() if name != "response"}
        assert seen.items() <= vars(twin).items()
        assert KEY.encode() not in pickle.dumps(error)
    first = errors[0]
    assert isinstance(first, ApiError)
    assert imitate(first).response.json() == first.body
    assert imitate(first).retry_after == 2


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, None, "BadRequestError"),
        (401, None, "UnauthorizedError"),
        (402, None, "PaymentRequiredError"),
        (403, None, "ForbiddenError"),
        (404, None, "NotFoundError"),
        (405, None, "MethodNotAllowedError"),
        (408, None, "RequestTimeoutError"),
        (409, None, "ConflictError"),
        (412, None, "PreconditionFailedError"),
        (413, None, "PayloadTooLargeError"),
        (415, None, "UnsupportedMediaTypeError"),
        (422, None, "UnprocessableEntityError"),
        (429, None, "TooManyRequestsError"),
        (500, None, "InternalServerError"),
        (502, None, "BadGatewayError"),
        (503, None, "ServiceUnavailableError"),
        (504, None, "GatewayTimeoutError"),
        (524, None, "EdgeNetworkTimeoutError"),
        (529, None, "ProviderOverloadedError"),
        (418, None, "ApiError"),
        (200, 529, "ProviderOverloadedError"),
        (200, 999, "ApiError"),
        (500, 429, "InternalServerError"),
    ],
)
def test_each_documented_status_has_a_class(call: Call, status: int, code: int | None, expected: str) -> None:
    """It is exported under the name of its `kind`; of a failure on status 200 the code in the body decides."""
    error = failure_of(status, {"error": {"message": "x", "code": code}}, call=call)
    assert type(error) is getattr(openrouter_embeddings, expected)
    assert error.kind == (expected.removesuffix("Error") if expected != "ApiError" else "Unknown")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_names_where_it_leads(status: int) -> None:
    """A base URL that has moved can be corrected from the message alone."""
    error = failure_of(status, headers={"Location": "https://acme.example/v2/embeddings"})
    assert error.message == "redirects to https://acme.example/v2/embeddings, which is not followed; correct base_url"


@pytest.mark.parametrize(
    "words", ["a\r\nERROR forged", "a\x1b[31m\x1b[2J red", "a\u2028b", "a\u202eb", "a\x00b", "a\x9b31mb"]
)
def test_words_of_the_server_cannot_command_a_terminal(words: str) -> None:
    """Neither a line of a log is forged nor a terminal moved; the body keeps what was sent."""
    for content in ({"error": {"message": words}}, words.encode()):
        error = failure_of(502, content)
        assert str(error).isprintable()
        assert error.body == (content if isinstance(content, dict) else words)


def test_a_reset_time_may_be_in_seconds_or_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds since 1970, milliseconds since 1970, and seconds from now are told apart by their size."""
    monkeypatch.setattr(time, "time", lambda: 1_787_000_000.0)
    for reset in ("1787000060", "1787000060000", "60"):
        assert limited({"X-RateLimit-Reset": reset}) == 60
        assert limited(metadata={"headers": {"X-RateLimit-Reset": reset}}) == 60
