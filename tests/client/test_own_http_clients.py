"""An httpx client of the caller's own keeps its settings: ours apply where they were given, or where it has none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from client.calls import KEY, Call, fixture
from client.loopback import Loopback, reply
from openrouter_embeddings import ApiError, Client, EmbeddingsRequest, EmbeddingsResponse, create_embeddings

GOOD = json.dumps(fixture("embeddings_float")).encode()
BASE_URL = "http://gateway.example/api/v1"


def sent(one_text: EmbeddingsRequest, own: dict[str, Any], ours: dict[str, Any]) -> list[httpx.Request]:
    """Return the requests of a sync and an async call through httpx clients with these settings."""
    requests: list[httpx.Request] = []

    def remember(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, content=GOOD)

    transport = httpx.MockTransport(remember)
    http, http_async = httpx.Client(transport=transport, **own), httpx.AsyncClient(transport=transport, **own)
    client = Client(base_url=BASE_URL, http_client=http, async_http_client=http_async, **ours)
    create_embeddings.sync(client=client, body=one_text)
    asyncio.run(create_embeddings.asyncio(client=client, body=one_text))
    assert len(requests) == 2
    return requests


@pytest.mark.parametrize(
    ("own", "ours", "expected"),
    [
        ({"timeout": 7}, {}, httpx.Timeout(7)),
        ({"timeout": None}, {}, httpx.Timeout(None)),
        ({"timeout": 7}, {"timeout": 9}, httpx.Timeout(9)),
        ({}, {}, httpx.Timeout(60, connect=10)),
    ],
)
def test_the_timeout_of_an_own_client_holds_unless_another_is_given(
    one_text: EmbeddingsRequest, own: dict[str, Any], ours: dict[str, Any], expected: httpx.Timeout
) -> None:
    """Where neither is given, that of this package applies."""
    for request in sent(one_text, own, {"api_key": KEY, **ours}):
        assert request.extensions["timeout"] == expected.as_dict()


def test_params_cookies_and_headers_of_an_own_client_are_sent(one_text: EmbeddingsRequest) -> None:
    """As httpx sends them with requests of its own."""
    own = {"params": {"tenant": "acme"}, "cookies": {"session": "s1"}, "headers": {"X-Gateway": "g1"}}
    for request in sent(one_text, own, {"api_key": KEY}):
        assert str(request.url) == f"{BASE_URL}/embeddings?tenant=acme"
        assert request.headers["cookie"] == "session=s1"
        assert request.headers["x-gateway"] == "g1"


@pytest.mark.parametrize(
    ("given", "expected"),
    [(None, "identity"), ("identity", "identity"), ("br, gzip", "gzip"), ("br", "identity"), ("deflate", "deflate")],
)
def test_an_own_client_asks_for_no_encoding_that_is_not_undone(
    one_text: EmbeddingsRequest, given: str | None, expected: str
) -> None:
    """Of the encodings that it accepts, those that are bounded while they are undone."""
    own = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=GOOD)))
    del own.headers["User-Agent"], own.headers["Accept-Encoding"]
    if given is not None:
        own.headers["Accept-Encoding"] = given
    seen: list[httpx.Request] = []
    own.event_hooks["request"].append(seen.append)
    create_embeddings.sync(client=Client(KEY, BASE_URL, http_client=own), body=one_text)
    assert seen[0].headers["accept-encoding"] == expected


def test_cookies_of_a_response_are_sent_with_the_next_call(loopback: Loopback, one_text: EmbeddingsRequest) -> None:
    """An own client remembers them, as it does for other requests."""
    loopback.handle = lambda handler: reply(handler, 200, GOOD, Set_Cookie="seen=yes; Path=/")
    with httpx.Client() as own:
        client = Client(KEY, loopback.url, http_client=own)
        for _ in range(2):
            create_embeddings.sync(client=client, body=one_text)
    assert [headers.get("cookie") for _, headers, _ in loopback.requests] == [None, "seen=yes"]


@pytest.mark.parametrize(
    ("ours", "expected"),
    [({}, "Basic bWU6aHVudGVyMg=="), ({"api_key": ""}, None), ({"api_key": KEY}, f"Bearer {KEY}")],
)
def test_the_auth_of_an_own_client_holds_unless_a_key_is_given(
    one_text: EmbeddingsRequest, ours: dict[str, Any], expected: str | None
) -> None:
    """Without a key none is missed; one that was given is not replaced."""
    for request in sent(one_text, {"auth": ("me", "hunter2")}, ours):
        assert request.headers.get("authorization") == expected


def sign(request: httpx.Request) -> httpx.Request:
    """Add a signature, as gateways ask for."""
    request.headers["X-Signature"] = "signed"
    return request


def test_an_auth_that_only_signs_goes_with_the_key(one_text: EmbeddingsRequest) -> None:
    """What does not take the place of the key is not left out because of it."""
    for request in sent(one_text, {"auth": sign}, {"api_key": KEY}):
        assert request.headers["x-signature"] == "signed"
        assert request.headers["authorization"] == f"Bearer {KEY}"


def test_a_request_is_not_changed_by_being_sent(one_text: EmbeddingsRequest) -> None:
    """It can be sent again by another client."""
    own = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=GOOD)), params={"a": "1"})
    client = Client(KEY, BASE_URL, http_client=own, deadline=5)
    request = create_embeddings.build(client=client, body=one_text)
    before = (str(request.url), dict(request.headers), dict(request.extensions))
    client.send(request)
    assert (str(request.url), dict(request.headers), dict(request.extensions)) == before


LATER = json.dumps({"error": {"message": "slow down", "code": 429}}).encode()


def raise_for_status(response: httpx.Response) -> None:
    """Do what many hooks do."""
    response.raise_for_status()


def read_and_raise(response: httpx.Response) -> None:
    """Do what hooks do that log a body."""
    response.read()
    response.raise_for_status()


async def raise_for_status_async(response: httpx.Response) -> None:
    """Do the same in an async client."""
    response.raise_for_status()


async def read_and_raise_async(response: httpx.Response) -> None:
    """Do the same in an async client."""
    await response.aread()
    response.raise_for_status()


@pytest.mark.parametrize(
    ("hooks", "message"),
    [
        ((raise_for_status, raise_for_status_async), "Too Many Requests"),
        ((read_and_raise, read_and_raise_async), "slow down"),
    ],
    ids=["unread", "read"],
)
@pytest.mark.parametrize("retries", [None, 1])
def test_a_hook_that_raises_for_the_status_yields_the_api_error(
    call: Call, one_text: EmbeddingsRequest, hooks: tuple[Any, Any], message: str, retries: int | None
) -> None:
    """With its status and wait, and its body if the hook has read it; retries work as ever."""
    transport = Unread(429, LATER, {"Retry-After": "0.01"})
    error = call(hooked(transport, *hooks, retries=retries), one_text)
    assert isinstance(error, ApiError)
    assert (error.status, error.kind, error.retry_after, error.message) == (429, "TooManyRequests", 0.01, message)
    assert transport.calls == (1 if retries is None else 2)


def test_a_hook_may_read_a_response(call: Call, one_text: EmbeddingsRequest) -> None:
    """What a hook has read is not read again."""
    client = hooked(Unread(200, GOOD, {}), httpx.Response.read, httpx.Response.aread)
    assert isinstance(call(client, one_text), EmbeddingsResponse)


class Unread:
    """A server whose responses are read when somebody reads them, as from a network."""

    def __init__(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self._response = (status, content, headers)
        self.calls = 0

    def __call__(self, _: httpx.Request) -> httpx.Response:
        """Give the response."""
        self.calls += 1
        status, content, headers = self._response
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(content))


def hooked(handler: Callable[[httpx.Request], httpx.Response], hook: Any, hook_async: Any, **settings: Any) -> Client:
    """Return a client whose httpx clients have a hook for responses."""
    transport = httpx.MockTransport(handler)
    return Client(
        KEY,
        BASE_URL,
        http_client=httpx.Client(transport=transport, event_hooks={"response": [hook]}),
        async_http_client=httpx.AsyncClient(transport=transport, event_hooks={"response": [hook_async]}),
        **settings,
    )
