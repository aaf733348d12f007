"""Faults in the protocol: statuses, methods, headers, and the bytes on the wire."""

# What a stage returns is known to the stage only:
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING, Any

from openrouter_mock.asgi import TRANSPORT
from openrouter_mock.call import Response
from openrouter_mock.faults.fault import WIRE, Stage, fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from openrouter_mock.asgi import ASGIApp, Message, Receive, Scope, Send
    from openrouter_mock.call import Call, HTTPError

    Headers = list[tuple[bytes, bytes]]

_OK, _NOT_ALLOWED = 200, 405
SLOW_SECONDS = 3.0


def _on_success(respond: Stage, call: Call, change: Callable[[Response], object]) -> Response:
    response: Response = respond(call)
    if response.status == _OK:
        change(response)
    return response


@fault("respond")
def success_content_type_is_text(respond: Stage, call: Call) -> Response:
    """The JSON of a success is declared as plain text."""
    return _on_success(respond, call, lambda response: response.headers.update({"Content-Type": "text/plain"}))


@fault("respond")
def success_content_type_is_html(respond: Stage, call: Call) -> Response:
    """The JSON of a success is declared as HTML."""
    return _on_success(
        respond, call, lambda response: response.headers.update({"Content-Type": "text/html; charset=utf-8"})
    )


@fault("respond")
def success_without_content_type(respond: Stage, call: Call) -> Response:
    """A success has no content type."""
    return _on_success(respond, call, lambda response: response.headers.pop("Content-Type"))


@fault("serialize")
def byte_order_mark(serialize: Stage, call: Call, document: Any) -> bytes:
    """The body of a success begins with a byte order mark."""
    return b"\xef\xbb\xbf" + serialize(call, document)


@fault("serialize")
def body_in_utf16(serialize: Stage, call: Call, document: Any) -> bytes:
    """The body of a success is UTF-16."""
    return serialize(call, document).decode().encode("utf-16")


@fault("serialize")
def trailing_garbage(serialize: Stage, call: Call, document: Any) -> bytes:
    """The JSON of a success is followed by other bytes."""
    return serialize(call, document) + b"\nOK"


@fault("serialize")
def body_twice(serialize: Stage, call: Call, document: Any) -> bytes:
    """The JSON of a success is sent twice."""
    return serialize(call, document) * 2


@fault("serialize")
def json_cut_short(serialize: Stage, call: Call, document: Any) -> bytes:
    """The JSON of a success is truncated."""
    whole: bytes = serialize(call, document)
    return whole[: len(whole) // 2]


@fault("serialize")
def event_stream_unasked(serialize: Stage, call: Call, document: Any) -> bytes:
    """A success is an event stream."""
    return b"data: " + serialize(call, document) + b"\n\ndata: [DONE]\n\n"


@fault("serialize")
def body_empty(serialize: Stage, call: Call, document: Any) -> bytes:  # noqa: ARG001
    """A success has no body."""
    return b""


@fault("respond")
def compressed_without_saying(respond: Stage, call: Call) -> Response:
    """The body of a success is compressed, and no header says so."""

    def compress(response: Response) -> None:
        response.content = gzip.compress(response.content, mtime=0)

    return _on_success(respond, call, compress)


@fault("respond")
def says_compressed_but_is_not(respond: Stage, call: Call) -> Response:
    """A success is declared as compressed, and is not."""
    return _on_success(respond, call, lambda response: response.headers.update({"Content-Encoding": "gzip"}))


@fault("respond")
def compresses_for_everybody(respond: Stage, call: Call) -> Response:
    """A success is compressed, and says so, whether the client takes that or not."""

    def compress(response: Response) -> None:
        response.content = gzip.compress(response.content, mtime=0)
        response.headers["Content-Encoding"] = "gzip"

    return _on_success(respond, call, compress)


@fault("headers")
def generation_header_differs(headers: Stage, call: Call) -> dict[str, str]:
    """The generation id in the headers is not that of the body."""
    return headers(call) | {"X-Generation-Id": "gen-emb-0-00000000000000000000"}


@fault("headers")
def no_cross_origin_header(headers: Stage, call: Call) -> dict[str, str]:
    """A success lacks the CORS header, so that pages of other origins cannot read it."""
    return {name: value for name, value in headers(call).items() if name != "Access-Control-Allow-Origin"}


@fault("error_response")
def wrong_method_is_404(error_response: Stage, call: Call, error: HTTPError) -> Response:
    """An unsupported method is answered with 404."""
    if error.status == _NOT_ALLOWED:
        error.status, error.headers = 404, {}
    return error_response(call, error)


@fault("error_response")
def wrong_method_is_500(error_response: Stage, call: Call, error: HTTPError) -> Response:
    """An unsupported method crashes the server."""
    if error.status == _NOT_ALLOWED:
        error.status, error.headers = 500, {}
    return error_response(call, error)


@fault("error_response")
def wrong_method_without_allow(error_response: Stage, call: Call, error: HTTPError) -> Response:
    """The response 405 does not say which methods are supported."""
    error.headers.pop("Allow", None)
    return error_response(call, error)


@fault("error_response")
def wrong_method_is_ok(error_response: Stage, call: Call, error: HTTPError) -> Response:
    """An unsupported method is answered with 200 and an empty object."""
    response: Response = error_response(call, error)
    if error.status == _NOT_ALLOWED:
        response.status, response.content = _OK, b"{}"
    return response


@fault("error_response")
def unknown_path_is_ok(error_response: Stage, call: Call, error: HTTPError) -> Response:
    """An unknown path is answered with 200."""
    response: Response = error_response(call, error)
    if error.message.startswith("path:"):
        response.status, response.content = _OK, b"{}"
    return response


@fault("error_response")
def unauthorized_without_challenge(error_response: Stage, call: Call, error: HTTPError) -> Response:
    """The response 401 does not say how to authenticate."""
    error.headers.pop("WWW-Authenticate", None)
    return error_response(call, error)


@fault("respond")
def redirects_calls(respond: Stage, call: Call) -> Response:
    """Calls are redirected to the same path with a trailing slash."""
    return Response(307, {"Location": f"{call.path}/"}, b"") if not call.path.endswith("/") else respond(call)


@fault(WIRE)
async def head_is_not_allowed(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """HEAD is rejected where GET is supported."""
    await app({**scope, "method": "PATCH"} if scope.get("method") == "HEAD" else scope, receive, send)


@fault(WIRE)
async def slow_answers(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Every response takes three seconds."""
    await asyncio.sleep(SLOW_SECONDS)
    await app(scope, receive, send)


async def _truncate(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, change: Callable[[Headers], Headers]
) -> None:
    """Send other headers, and close the connection after the last byte as if more were to come."""
    transport = scope.get("extensions", {}).get(TRANSPORT)

    async def send_changed(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send({**message, "headers": change(message["headers"])})
        elif transport is None:  # in a test without a network the difference is in the headers alone
            await send(message)
        else:
            await send({**message, "more_body": True})
            transport.close()
            await receive()

    await app(scope, receive, send_changed)


@fault(WIRE)
async def promises_more_than_it_sends(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """The content length of a response is greater than its content, and the connection is closed."""
    await _truncate(app, scope, receive, send, _longer)


def _longer(headers: Headers) -> Headers:
    return [(name, str(int(value) + 10).encode() if name == b"content-length" else value) for name, value in headers]


@fault(WIRE)
async def ends_chunks_early(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """A response is chunked, and the connection is closed before the terminating chunk."""
    await _truncate(app, scope, receive, send, _without_length)


def _without_length(headers: Headers) -> Headers:
    return [(name, value) for name, value in headers if name != b"content-length"]


@fault(WIRE)
async def loses_bodies_in_chunks(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """A body that is sent in chunks, without a length, is read as empty."""
    in_chunks = any(name == b"transfer-encoding" for name, _ in scope.get("headers", ()))

    async def receive_nothing() -> Message:
        message = await receive()
        return {**message, "body": b""} if message["type"] == "http.request" else message

    await app(scope, receive_nothing if in_chunks else receive, send)


@fault("respond")
def sends_length_and_chunks(respond: Stage, call: Call) -> Response:
    """A response is chunked and has a content length, which HTTP forbids."""
    response: Response = respond(call)
    response.headers["Transfer-Encoding"] = "chunked"
    return response


@fault("respond")
def closes_connection_after_each_answer(respond: Stage, call: Call) -> Response:
    """The connection is closed after every response, so that each call needs a new one."""
    response: Response = respond(call)
    response.headers["Connection"] = "close"
    return response


@fault(WIRE)
async def drops_kept_connections(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """The connection is closed after a response that did not say so, and the next call on it is lost."""
    await app(scope, receive, send)
    if (transport := scope.get("extensions", {}).get(TRANSPORT)) is not None:
        transport.close()


@fault(WIRE)
async def repeats_answers_of_earlier_calls(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Responses are cached by path alone, so that a call gets the response of an earlier one."""
    cache = scope["app"].response_cache
    path = (scope.get("method"), scope["path"][:100])
    if path in cache:
        for message in cache[path]:
            await send(message)
        return
    messages: list[Message] = []

    async def record(message: Message) -> None:
        messages.append(message)
        await send(message)

    await app(scope, receive, record)
    cache[path] = messages
