"""Flaws in the protocol: statuses, methods, headers, and the bytes on the wire."""

# What a stage returns is known to the stage only:
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING, Any

from openrouter_mock.asgi_extensions import TRANSPORT
from openrouter_mock.call import Answer
from openrouter_mock.faults.fault import WIRE, Stage, fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from openrouter_mock.call import Call, Refusal

    Headers = list[tuple[bytes, bytes]]

_OK, _NOT_ALLOWED = 200, 405
SLOWNESS = 3.0


def _on_success(answer: Stage, call: Call, change: Callable[[Answer], object]) -> Answer:
    given: Answer = answer(call)
    if given.status == _OK:
        change(given)
    return given


@fault("answer")
def success_content_type_is_text(answer: Stage, call: Call) -> Answer:
    """The JSON of a success is declared to be plain text."""
    return _on_success(answer, call, lambda given: given.headers.update({"Content-Type": "text/plain"}))


@fault("answer")
def success_content_type_is_html(answer: Stage, call: Call) -> Answer:
    """The JSON of a success is declared to be HTML."""
    return _on_success(answer, call, lambda given: given.headers.update({"Content-Type": "text/html; charset=utf-8"}))


@fault("answer")
def success_without_content_type(answer: Stage, call: Call) -> Answer:
    """A success does not say what its body is."""
    return _on_success(answer, call, lambda given: given.headers.pop("Content-Type"))


@fault("write")
def byte_order_mark(write: Stage, call: Call, document: Any) -> bytes:
    """The body of a success begins with a byte order mark."""
    return b"\xef\xbb\xbf" + write(call, document)


@fault("write")
def body_in_utf16(write: Stage, call: Call, document: Any) -> bytes:
    """The body of a success is UTF-16."""
    return write(call, document).decode().encode("utf-16")


@fault("write")
def trailing_garbage(write: Stage, call: Call, document: Any) -> bytes:
    """Something follows the JSON of a success."""
    return write(call, document) + b"\nOK"


@fault("write")
def body_twice(write: Stage, call: Call, document: Any) -> bytes:
    """The JSON of a success comes twice."""
    return write(call, document) * 2


@fault("write")
def json_cut_short(write: Stage, call: Call, document: Any) -> bytes:
    """The JSON of a success ends in the middle."""
    whole: bytes = write(call, document)
    return whole[: len(whole) // 2]


@fault("write")
def event_stream_unasked(write: Stage, call: Call, document: Any) -> bytes:
    """A success comes as an event stream."""
    return b"data: " + write(call, document) + b"\n\ndata: [DONE]\n\n"


@fault("write")
def body_empty(write: Stage, call: Call, document: Any) -> bytes:  # noqa: ARG001
    """A success has no body."""
    return b""


@fault("answer")
def compressed_without_saying(answer: Stage, call: Call) -> Answer:
    """The body of a success is compressed, and no header says so."""

    def compress(given: Answer) -> None:
        given.content = gzip.compress(given.content, mtime=0)

    return _on_success(answer, call, compress)


@fault("answer")
def says_compressed_but_is_not(answer: Stage, call: Call) -> Answer:
    """A success is declared to be compressed, and is not."""
    return _on_success(answer, call, lambda given: given.headers.update({"Content-Encoding": "gzip"}))


@fault("headers")
def generation_header_differs(headers: Stage, call: Call) -> dict[str, str]:
    """The generation id in the headers is not that of the body."""
    return headers(call) | {"X-Generation-Id": "gen-emb-0-00000000000000000000"}


@fault("headers")
def no_cross_origin_header(headers: Stage, call: Call) -> dict[str, str]:
    """A success may not be read by pages of other origins."""
    return {name: value for name, value in headers(call).items() if name != "Access-Control-Allow-Origin"}


@fault("refuse")
def wrong_method_is_404(refuse: Stage, call: Call, refusal: Refusal) -> Answer:
    """A method that is not served is answered 404."""
    if refusal.status == _NOT_ALLOWED:
        refusal.status, refusal.headers = 404, {}
    return refuse(call, refusal)


@fault("refuse")
def wrong_method_is_500(refuse: Stage, call: Call, refusal: Refusal) -> Answer:
    """A method that is not served makes the server fall over."""
    if refusal.status == _NOT_ALLOWED:
        refusal.status, refusal.headers = 500, {}
    return refuse(call, refusal)


@fault("refuse")
def wrong_method_without_allow(refuse: Stage, call: Call, refusal: Refusal) -> Answer:
    """The answer 405 does not say which methods are served."""
    refusal.headers.pop("Allow", None)
    return refuse(call, refusal)


@fault("refuse")
def wrong_method_is_ok(refuse: Stage, call: Call, refusal: Refusal) -> Answer:
    """A method that is not served is answered 200 with nothing in it."""
    answer: Answer = refuse(call, refusal)
    if refusal.status == _NOT_ALLOWED:
        answer.status, answer.content = _OK, b"{}"
    return answer


@fault("refuse")
def unknown_path_is_ok(refuse: Stage, call: Call, refusal: Refusal) -> Answer:
    """A path that is not served is answered 200."""
    answer: Answer = refuse(call, refusal)
    if refusal.message.startswith("path:"):
        answer.status, answer.content = _OK, b"{}"
    return answer


@fault("refuse")
def unauthorized_without_challenge(refuse: Stage, call: Call, refusal: Refusal) -> Answer:
    """The answer 401 does not say how to authenticate."""
    refusal.headers.pop("WWW-Authenticate", None)
    return refuse(call, refusal)


@fault("answer")
def redirects_calls(answer: Stage, call: Call) -> Answer:
    """Calls are sent on to the same path with a slash at its end."""
    return Answer(307, {"Location": f"{call.path}/"}, b"") if not call.path.endswith("/") else answer(call)


@fault(WIRE)
async def head_is_not_allowed(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """HEAD is refused where GET is served."""
    await app({**scope, "method": "PATCH"} if scope.get("method") == "HEAD" else scope, receive, send)


@fault(WIRE)
async def slow_answers(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Every answer takes three seconds."""
    await asyncio.sleep(SLOWNESS)
    await app(scope, receive, send)


async def _cut_off(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, change: Callable[[Headers], Headers]
) -> None:
    """Answer with other headers, and end the connection behind the last byte as if more were to come."""
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
    """The content length of an answer is greater than its content, and the connection ends."""
    await _cut_off(app, scope, receive, send, _longer)


def _longer(headers: Headers) -> Headers:
    return [(name, str(int(value) + 10).encode() if name == b"content-length" else value) for name, value in headers]


@fault(WIRE)
async def ends_chunks_early(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """An answer comes in chunks, and the connection ends before the last one, which would say that it is whole."""
    await _cut_off(app, scope, receive, send, _without_length)


def _without_length(headers: Headers) -> Headers:
    return [(name, value) for name, value in headers if name != b"content-length"]


@fault("answer")
def sends_length_and_chunks(answer: Stage, call: Call) -> Answer:
    """An answer has a content length and comes in chunks, which no message may have both."""
    given: Answer = answer(call)
    given.headers["Transfer-Encoding"] = "chunked"
    return given


@fault("answer")
def closes_connection_after_each_answer(answer: Stage, call: Call) -> Answer:
    """Every answer ends its connection, so that each call pays for a new one."""
    given: Answer = answer(call)
    given.headers["Connection"] = "close"
    return given


@fault(WIRE)
async def drops_kept_connections(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """The connection ends behind an answer that did not say so, and the next call on it is lost."""
    await app(scope, receive, send)
    if (transport := scope.get("extensions", {}).get(TRANSPORT)) is not None:
        transport.close()


@fault(WIRE)
async def repeats_answers_of_earlier_calls(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """An answer is kept for its path alone, so that the next call gets the one before."""
    kept = scope["app"].kept
    path = (scope.get("method"), scope["path"][:100])
    if path in kept:
        for message in kept[path]:
            await send(message)
        return
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)
        await send(message)

    await app(scope, receive, keep)
    kept[path] = messages
