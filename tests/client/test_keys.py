"""The key is shown nowhere, and goes to no host but the one it was meant for."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from client.calls import CALLS, KEY, Call, client_with_handler, client_with_response, fixture
from client.loopback import Loopback, reply
from openrouter_embeddings import (
    ApiError,
    Client,
    ContractError,
    EmbeddingsRequest,
    EmbeddingsResponse,
    OpenRouterError,
    TransportError,
    create_embeddings,
    list_embeddings_models,
)


def texts_of(error: BaseException) -> Iterator[str]:
    """Everything that a log of an error may hold."""
    yield str(error)
    yield repr(error)
    yield "".join(traceback.format_exception(error))
    yield repr({name: value for name, value in vars(error).items() if name != "response"})
    response = getattr(error, "response", None)
    yield repr(response)
    if response is not None:
        yield repr([response.content, response.reason_phrase, response.headers.raw, response.request.headers.raw])
    yield repr(pickle.dumps(error))


def test_a_client_does_not_show_its_key() -> None:
    """`repr` and `str` say that there is a key, and not which."""
    client = Client(KEY, title="Acme")
    for shown in (repr(client), str(client), f"{client}", repr(client.with_timeout(1)), repr(client.with_headers({}))):
        assert KEY not in shown
        assert "api_key='***'" in shown
    assert "api_key=None" in repr(Client(""))


def test_a_built_request_does_not_show_the_key(one_text: EmbeddingsRequest) -> None:
    """A request that waits in a queue can be printed, and so can its headers."""
    request = create_embeddings.build(client=Client(KEY), body=one_text)
    assert KEY not in repr(request) + str(request) + repr(request.headers)
    assert request.headers["authorization"] == f"Bearer {KEY}"


ECHOES = {
    "in the message": (401, {"error": {"message": f"No user for {KEY}.", "code": 401}}),
    "in the metadata": (400, {"error": {"message": "x", "metadata": {"raw": [f"Bearer {KEY}"], KEY: 1}}}),
    "in the name of a field": (400, {KEY: {KEY: KEY}}),
    "as plain text": (502, f"<p>Authorization: Bearer {KEY}</p>".encode()),
    "in truncated JSON": (500, f'{{"error":{{"message":"{KEY}'.encode()),
    "escaped": (401, ('{"error":{"message":"' + "".join(f"\\u{ord(c):04X}" for c in KEY) + '"}}').encode()),
    "half escaped": (401, ('{"error":{"message":"\\u0073' + KEY[1:] + '"}}').encode()),
    "on status 200": (200, {"error": {"message": KEY, "code": 401}}),
    "as a wrong constant": (200, {**fixture("embeddings_float"), "object": KEY}),
    "as a wrong type": (200, {**fixture("embeddings_float"), "data": KEY}),
    "as a number's place": (200, {**fixture("embeddings_float"), "usage": {"prompt_tokens": KEY}}),
}


@pytest.mark.parametrize("name", ECHOES)
def test_a_key_that_the_server_echoes_is_redacted(
    call: Call, one_text: EmbeddingsRequest, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """No message, body, metadata, repr, traceback or log of an error holds the key or its beginning."""
    caplog.set_level(logging.DEBUG)
    status, content = ECHOES[name]
    error = call(client_with_response(status, content), one_text)
    if isinstance(error, EmbeddingsResponse):  # with fields that are not what the contract says
        assert error.deviations
        assert KEY[:20] not in repr(error) + repr(error.deviations) + json.dumps(error.to_dict()) + caplog.text
        return
    assert isinstance(error, ApiError | ContractError)
    for text in (*texts_of(error), caplog.text):
        assert KEY[:20] not in text


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "Token ", ""])
@pytest.mark.parametrize("status", [200, 401])
def test_a_key_is_redacted_however_it_was_sent_and_wherever_it_is_echoed(scheme: str, status: int) -> None:
    """A key under another scheme, sent by `with_headers`, is shown neither by a vector, nor a header, nor a reason."""
    body = {**fixture("embeddings_float"), "error": {"message": KEY}} if status != 200 else fixture("embeddings_float")
    body["data"][0]["embedding"] = KEY
    echo = httpx.Response(
        status,
        json=body,
        headers={"CF-Ray": KEY, "Location": f"https://acme.example/?key={KEY}"},
        extensions={"reason_phrase": KEY.encode()},
    )
    client = client_with_handler(lambda _: echo, api_key="").with_headers({"Authorization": f"{scheme}{KEY}"})
    response = create_embeddings.sync_detailed(client=client, body=EmbeddingsRequest(model="m", input="x"))
    assert isinstance(response.error, ApiError if status == 401 else ContractError)
    for text in (*texts_of(response.error), repr([response.content, response.headers.raw])):
        assert KEY[:20] not in text


def test_the_rest_of_an_echoing_response_stays(one_text: EmbeddingsRequest) -> None:
    """Only the key is replaced, by three asterisks."""
    error = create_embeddings.sync_detailed(client=client_with_response(*ECHOES["in the message"]), body=one_text).error
    assert isinstance(error, ApiError)
    assert (error.message, error.code) == ("No user for ***.", 401)


@pytest.mark.parametrize("placeholder", ["x", "code", "none"])
def test_a_placeholder_for_a_key_is_not_struck_out(placeholder: str, one_text: EmbeddingsRequest) -> None:
    """Local servers are given keys that are none: words that their responses hold anyway."""
    body = {"error": {"message": "max code is none", "code": 400}}
    error = create_embeddings.sync_detailed(
        client=client_with_response(400, body, api_key=placeholder), body=one_text
    ).error
    assert isinstance(error, ApiError)
    assert error.body == body


def test_a_response_made_by_hand_has_no_key_to_redact(one_text: EmbeddingsRequest) -> None:
    """`parse` reads a response that no request belongs to, as from a cache."""
    with pytest.raises(ApiError, match="gone"):
        create_embeddings.parse(httpx.Response(404, content=b'{"error":{"message":"gone"}}'))


def test_a_detailed_response_does_not_show_what_the_server_echoed(one_text: EmbeddingsRequest) -> None:
    """A detailed response of a failure holds neither the key nor shows its content in a log."""
    response = create_embeddings.sync_detailed(client=client_with_response(*ECHOES["in the message"]), body=one_text)
    assert KEY.encode() not in response.content
    assert b"No user for ***." in response.content
    assert KEY not in repr(response)
    assert KEY not in str(response)


def test_a_transport_error_does_not_show_the_key(call: Call, one_text: EmbeddingsRequest) -> None:
    """Nor does the chain of its causes, or a query that may hold one."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    error = call(client_with_handler(refuse), one_text)
    assert isinstance(error, TransportError)
    assert all(KEY not in text for text in texts_of(error))


@pytest.mark.parametrize("send", [Client.send, lambda client, request: asyncio.run(client.send_async(request))])
def test_a_password_in_the_address_of_a_request_is_refused(
    send: Callable[[Client, httpx.Request], httpx.Response], loopback: Loopback
) -> None:
    """It is neither lost nor shown, and nothing is sent; an http client of one's own sends it as it always does."""
    url = httpx.URL(f"{loopback.url}/embeddings/models").copy_with(username="ada", password=SECRET)
    request = httpx.Request("GET", url)
    with Client(KEY, loopback.url) as client, pytest.raises(ValueError, match="user name or password") as caught:
        send(client, request)
    assert not loopback.requests
    assert all(SECRET not in text and "ada" not in text for text in (str(caught.value), repr(caught.value)))
    with httpx.Client() as http:
        Client("", loopback.url, http_client=http).send(request)
    basic = base64.b64encode(f"ada:{SECRET}".encode()).decode()
    assert loopback.requests[0][1]["authorization"] == f"Basic {basic}"


def test_a_password_in_the_address_of_a_request_is_not_shown_by_errors() -> None:
    """Neither by one that says that no response arrived, nor by one that is made of a response."""
    url = httpx.URL("https://acme.example/api/v1/embeddings/models")
    request = httpx.Request("GET", url.copy_with(username="ada", password=SECRET))

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"no way to {request.url}", request=request)

    with pytest.raises(TransportError) as lost:
        client_with_handler(refuse).send(request)
    response = echoed_as_error(request)
    response.request = request
    with pytest.raises(ApiError) as refused:
        list_embeddings_models.parse(response)
    for error in (lost.value, refused.value):
        assert all(
            SECRET not in text and quote(SECRET, safe="") not in text
            for text in (*texts_of(error), repr(error.__cause__))
        )
    assert refused.value.response.request.url == url


def test_a_wrong_argument_does_not_show_the_key() -> None:
    """Errors before sending hold no header."""
    with pytest.raises(TypeError) as caught:
        create_embeddings.build(client=Client(KEY), body=EmbeddingsRequest(model="m", input=5))  # type: ignore[arg-type]
    assert all(KEY not in text for text in texts_of(caught.value))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_unless_the_author_says_so(
    loopback: Loopback, one_text: EmbeddingsRequest, status: int
) -> None:
    """A client of its own raises an ApiError on a redirect: a key goes nowhere it was not sent."""
    loopback.handle = lambda handler: reply(handler, status, b"", Location="http://localhost:1/elsewhere")
    with Client(KEY, loopback.url) as client, pytest.raises(ApiError) as caught:
        create_embeddings.sync(client=client, body=one_text)
    assert caught.value.status == status
    assert len(loopback.requests) == 1


@pytest.mark.parametrize("status", [302, 307, 308])
def test_a_redirect_to_another_host_does_not_carry_the_key(
    loopback: Loopback, one_text: EmbeddingsRequest, status: int
) -> None:
    """Even where the author's own httpx client follows redirects, another host never sees the key."""
    content = json.dumps(fixture("embeddings_float")).encode()
    with Loopback() as elsewhere, httpx.Client(follow_redirects=True) as following:
        elsewhere.handle = lambda handler: reply(handler, 200, content)
        target = elsewhere.url.replace("127.0.0.1", "localhost") + "/embeddings"
        loopback.handle = lambda handler: reply(handler, status, b"", Location=target)
        client = Client(KEY, loopback.url, http_client=following)
        create_embeddings.sync(client=client, body=one_text)
    (_, first, _), (_, second, body) = loopback.requests[0], elsewhere.requests[0]
    assert first["authorization"] == f"Bearer {KEY}"
    assert KEY not in json.dumps(second)
    assert KEY.encode() not in body


@pytest.mark.parametrize(
    "location", ["http://[", "http://a..b/", "http://\u00e9\ud800/", "//", "http://x:99999999/", "\x00"]
)
def test_a_redirect_to_nowhere_is_a_transport_error(one_text: EmbeddingsRequest, location: str) -> None:
    """An address that is none raises nothing but an error of ours."""
    raw = location.encode("utf-8", "surrogatepass")
    with (
        httpx.Client(
            follow_redirects=True,
            transport=httpx.MockTransport(lambda _: httpx.Response(302, headers=[(b"location", raw)])),
            timeout=1,
        ) as following,
        pytest.raises(OpenRouterError),
    ):
        list_embeddings_models.sync(client=Client(KEY, http_client=following))


def status_line(handler: BaseHTTPRequestHandler, key: str) -> None:
    """Echo the key where no server may write anything."""
    handler.wfile.write(f"HTTP/1.1 two-hundred {key}\r\n\r\n".encode())
    handler.close_connection = True


def reason_phrase(handler: BaseHTTPRequestHandler, key: str) -> None:
    """Echo the key in the words that follow the status."""
    handler.wfile.write(f"HTTP/1.1 401 No user for {key}\r\nContent-Length: 0\r\n\r\n".encode())


def header(handler: BaseHTTPRequestHandler, key: str) -> None:
    """Echo the key in a header that is none."""
    handler.wfile.write(f"HTTP/1.1 200 OK\r\nBad header {key}\r\n\r\n".encode())
    handler.close_connection = True


@pytest.mark.parametrize("echo", [status_line, reason_phrase, header], ids=lambda f: f.__name__)
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Token", ""])
def test_a_key_that_is_echoed_around_the_body_is_redacted(
    call: Call,
    loopback: Loopback,
    one_text: EmbeddingsRequest,
    echo: Callable[[BaseHTTPRequestHandler, str], None],
    scheme: str,
) -> None:
    """No message, cause or repr holds it, under whatever scheme it was sent."""
    loopback.handle = lambda handler: echo(handler, KEY)
    client = Client("", loopback.url).with_headers({"Authorization": f"{scheme} {KEY}".strip()})
    error = call(client, one_text)
    assert isinstance(error, OpenRouterError)
    assert loopback.requests[0][1]["authorization"].endswith(KEY)
    assert "***" in str(error)
    link: BaseException | None = error
    while link is not None:
        assert all(KEY not in text for text in texts_of(link))
        link = link.__cause__ or link.__context__


SECRET = "tok/EN+7f3a9c2e5b1d"
"""A secret that is spelled otherwise in a URL."""


def refused(request: httpx.Request) -> httpx.Response:
    """No response arrives, and the reason holds what was sent."""
    raise httpx.RemoteProtocolError(f"illegal header line: {SECRET!r}", request=request)


def echoed_as_error(_: httpx.Request) -> httpx.Response:
    """An error echoes the secret in its message and a header."""
    return httpx.Response(401, json={"error": {"message": f"no {SECRET}"}}, headers={"CF-Ray": SECRET})


def echoed_as_success(_: httpx.Request) -> httpx.Response:
    """A success holds the secret in place of its vectors."""
    return httpx.Response(200, json={"data": SECRET, "model": "m"})


@pytest.mark.parametrize("respond", [refused, echoed_as_error, echoed_as_success], ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-My-Token", SECRET),
        ("X-API-Key", SECRET),
        ("X-Acme", SECRET),
        ("Proxy-Authorization", "Basic " + base64.b64encode(f"user:{SECRET}".encode()).decode()),
        ("Cookie", f"theme=dark; session={SECRET}; tab=1"),
        ("Ocp-Apim-Subscription-Key", f"v2 {SECRET}"),
    ],
)
def test_a_secret_in_another_header_is_redacted(
    call: Call, one_text: EmbeddingsRequest, respond: Callable[[httpx.Request], httpx.Response], name: str, value: str
) -> None:
    """What a header of `with_headers` holds is shown by no error, unless the header is known to be public."""
    error = call(client_with_handler(respond).with_headers({name: value}), one_text)
    assert isinstance(error, OpenRouterError)
    assert "***" in str(error)
    for text in (*texts_of(error), repr(error.__cause__)):
        assert SECRET not in text
        assert value not in text


@pytest.mark.parametrize(
    "spell",
    [
        lambda secret: quote(secret, safe=""),
        lambda secret: json.dumps(json.dumps(secret).replace("/", "\\/")),
        lambda secret: json.dumps(json.dumps(json.dumps(secret.replace("/", "\\/")))),
        lambda secret: json.dumps("".join(f"\\u{ord(letter):04x}" for letter in secret)),
        lambda secret: base64.b64encode(secret.encode()).decode(),
        lambda secret: base64.b64encode(b"1" + secret.encode()).decode(),
        lambda secret: base64.urlsafe_b64encode(b"22" + secret.encode() + b"4").decode(),
        lambda secret: secret.encode().hex().upper(),
        lambda secret: "".join(f"&#{ord(letter)};" for letter in secret),
        lambda secret: "".join(f"&amp;#x{ord(letter):04X};" for letter in secret),
        lambda secret: secret.encode("utf-16-le").decode("latin-1"),
        lambda secret: quote(quote(secret, safe=""), safe=""),
        lambda secret: "".join(f"\\x{ord(letter):02x}" for letter in secret),
        lambda secret: quote(secret, safe="").replace("%", "%\\", 1),
    ],
    ids=[
        "in a URL",
        "in JSON in JSON",
        "in JSON thrice",
        "escaped twice",
        "base64",
        "base64, shifted",
        "base64 for URLs, shifted",
        "hex",
        "HTML",
        "HTML, escaped twice",
        "UTF-16",
        "in a URL, twice",
        "as bytes of Python",
        "in a URL, damaged",
    ],
)
def test_a_key_that_is_echoed_in_another_spelling_is_redacted(
    one_text: EmbeddingsRequest, spell: Callable[[str], str]
) -> None:
    """Also where a text of JSON holds JSON, or base64 holds the key among other bytes."""
    content = json.dumps({"error": {"message": "x", "metadata": {"raw": spell(SECRET)}}}).encode()
    client = client_with_response(502, content, api_key=SECRET)
    error = create_embeddings.sync_detailed(client=client, body=one_text).error
    assert isinstance(error, ApiError)
    assert "***" in error.metadata["raw"]
    assert spell(SECRET)[5:-5] not in error.metadata["raw"]


@pytest.mark.parametrize("noise", ["\\", "\\\\", "\0", "\n", "x", "\\u0000", "\xff"])
@pytest.mark.parametrize(
    "spell", [str, lambda key: base64.b64encode(key.encode()).decode(), lambda key: key.encode().hex()]
)
@pytest.mark.parametrize("place", [5, 20, 50, 70])
def test_no_half_of_a_damaged_key_is_shown(
    one_text: EmbeddingsRequest, noise: str, spell: Callable[[str], str], place: int
) -> None:
    """A server that breaks the key it echoes, by bytes that do not belong there, gives away no half of it."""
    key = "sk-or-v1-" + hashlib.sha256(b"key").hexdigest()
    damaged = f"{spell(key)[:place]}{noise}{spell(key)[place:]}"
    content = b'{"error": {"message": "no ' + damaged.encode() + b'"}}'
    error = create_embeddings.sync_detailed(client=client_with_response(401, content, api_key=key), body=one_text).error
    assert isinstance(error, ApiError)
    half = len(spell(key)) // 2 + 1
    parts = [spell(key)[start : start + half] for start in range(len(spell(key)) - half + 1)]
    for text in texts_of(error):
        assert not [part for part in parts if part in text.replace("\\", "")]


def test_escapes_after_zero_bytes_are_read(one_text: EmbeddingsRequest) -> None:
    """As in UTF-32, into which a proxy has put JSON of one byte a letter."""
    escaped = b"".join(b"\\u%04x" % letter for letter in SECRET.encode())
    client = client_with_response(404, b"D\0\0\0" + escaped + b"a\0\0\0", api_key=SECRET)
    error = create_embeddings.sync_detailed(client=client, body=one_text).error
    assert isinstance(error, ApiError)
    assert error.response.content == b"D\0\0\0***a\0\0\0"


@pytest.mark.parametrize("noise", ["\\", "\\\\"])
@pytest.mark.parametrize("part", ["x41", "u0041"])
def test_letters_of_a_key_are_not_taken_for_an_escape(one_text: EmbeddingsRequest, noise: str, part: str) -> None:
    """A backslash within an echoed key may make an escape of the letters that follow it."""
    key = "sk-or-v1-0123456789ghijklmnopqrs" + part + "srqponmlkjihg9876543210"
    content = b'{"error": {"message": "no ' + key.replace(part, noise + part).encode() + b'"}'
    error = create_embeddings.sync_detailed(client=client_with_response(401, content, api_key=key), body=one_text).error
    assert isinstance(error, ApiError)
    assert error.message == '{"error": {"message": "no ***"}'


@pytest.mark.parametrize("before", range(2**18 - 120, 2**18 + 10, 13))
def test_a_key_deep_in_a_long_body_is_redacted(one_text: EmbeddingsRequest, before: int) -> None:
    """Wherever it begins, escaped or not: no place falls between two pieces that are searched."""
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in KEY)
    for shown in (KEY, escaped):
        content = b'{"error": {"message": "' + b"." * before + shown.encode() + b'"}}'
        error = create_embeddings.sync_detailed(client=client_with_response(401, content), body=one_text).error
        assert isinstance(error, ApiError)
        assert error.message == "." * before + "***"


def test_what_surrounds_an_escaped_key_stays(one_text: EmbeddingsRequest) -> None:
    """Escapes before and after it are not taken for its own: JSON in a text can still be parsed."""
    inner = json.dumps({"a\\": "\u00e9" + KEY, "b": [f'"{KEY}"', "50%"]})
    content = json.dumps({"error": {"message": inner}}).replace("-v1", "\\u002dv1").encode()
    error = create_embeddings.sync_detailed(client=client_with_response(401, content), body=one_text).error
    assert isinstance(error, ApiError)
    assert json.loads(error.message) == {"a\\": "\u00e9***", "b": ['"***"', "50%"]}


def test_a_key_in_the_query_is_redacted(one_text: EmbeddingsRequest) -> None:
    """Params of an own http client may hold a key; words under other names stay."""
    params = {"api_key": SECRET, "version": "2026-08-22-preview"}
    with httpx.Client(transport=httpx.MockTransport(echoed_as_error), params=params) as http:
        client = Client("", http_client=http)
        error = create_embeddings.sync_detailed(client=client, body=one_text).error
    assert isinstance(error, ApiError)
    assert str(error) == "401 Unauthorized: no ***"
    assert error.response.request.url.params["version"] == "2026-08-22-preview"
    assert all(SECRET not in text for text in (*texts_of(error), str(error.response.request.url)))


@pytest.mark.parametrize(
    ("name", "value"),
    [("X-Request-Id", "0f8fad5b-d9cb-469f-a165-70867728950e"), ("X-Mock-Scenario", "overloaded"), ("X-My-Token", "a")],
)
def test_an_ordinary_header_is_not_redacted(one_text: EmbeddingsRequest, name: str, value: str) -> None:
    """Ids that a server echoes for its logs, and short words, can be read in errors."""
    client = client_with_response(529, {"error": {"message": f"at {value}"}}, headers={"X-Request-Id": value})
    error = create_embeddings.sync_detailed(client=client.with_headers({name: value}), body=one_text).error
    assert isinstance(error, ApiError)
    assert (error.message, error.request_id) == (f"at {value}", value)


@pytest.mark.parametrize("name", ["sync", "sync_detailed"])
def test_a_body_that_is_refused_unread_does_not_show_the_key(
    loopback: Loopback, one_text: EmbeddingsRequest, name: str
) -> None:
    """Neither the encoding that it claims to have, nor its other headers, nor the request."""
    loopback.handle = lambda handler: reply(handler, 200, b"{}", Content_Encoding=SECRET, X_Echo=SECRET)
    error = CALLS[name](Client(SECRET, loopback.url), one_text)
    assert isinstance(error, ContractError)
    assert error.received == "'***'"
    assert all(SECRET not in text for text in texts_of(error))


def test_a_key_may_come_from_a_function(one_text: EmbeddingsRequest) -> None:
    """It is called for each request: keys that are renewed need no new client."""
    keys = iter(["sk-first", " sk-second\n"])
    client = Client(lambda: next(keys))
    requests = [create_embeddings.build(client=client, body=one_text) for _ in range(2)]
    assert [request.headers["authorization"] for request in requests] == ["Bearer sk-first", "Bearer sk-second"]
    assert "api_key='***'" in repr(client)


@pytest.mark.parametrize(("key", "kind"), [("sk or", ValueError), (5, TypeError), (b"sk", TypeError), (str, TypeError)])
def test_a_function_that_returns_no_key_is_refused(
    one_text: EmbeddingsRequest, key: Any, kind: type[Exception]
) -> None:
    """As a key of that form is, when the request is built."""
    with pytest.raises(kind, match=r"^api_key: ") as caught:
        create_embeddings.build(client=Client(lambda: key), body=one_text)
    assert "sk" not in str(caught.value)


@pytest.mark.parametrize("base_url", ["https://openrouter.ai/api/v1", "HTTPS://OpenRouter.ai/api/v1/"])
def test_the_key_of_the_environment_goes_to_openrouter(
    one_text: EmbeddingsRequest, monkeypatch: pytest.MonkeyPatch, base_url: str
) -> None:
    """It is read when the client is made."""
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    request = create_embeddings.build(client=Client(base_url=base_url), body=one_text)
    assert request.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "base_url",
    [
        "http://openrouter.ai/api/v1",
        "https://openrouter.ai.evil.example/api/v1",
        "https://evil-openrouter.ai/api/v1",
        "https://eu.openrouter.ai/api/v1",
        "https://openrouter.ai./api/v1",
        "http://127.0.0.1:8000/api/v1",
    ],
)
def test_the_key_of_the_environment_goes_nowhere_else(
    one_text: EmbeddingsRequest, monkeypatch: pytest.MonkeyPatch, base_url: str
) -> None:
    """Another address needs a key that was given for it, and the error says so."""
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    with pytest.raises(ValueError, match=r"OPENROUTER_API_KEY is sent to https://openrouter\.ai only") as caught:
        create_embeddings.build(client=Client(base_url=base_url), body=one_text)
    assert KEY not in str(caught.value)
    request = create_embeddings.build(client=Client("sk-theirs", base_url), body=one_text)
    assert request.headers["authorization"] == "Bearer sk-theirs"
    assert "authorization" not in list_embeddings_models.build(client=Client(base_url=base_url)).headers
