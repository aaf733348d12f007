"""The mock as an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import time
from typing import TYPE_CHECKING

import attrs

from . import faults, status_page
from .call import Call, HTTPError, Response
from .call_log import CallLog
from .service import Service
from .settings import MockSettings
from .transmission import Exchange, transmit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Iterator

    from .asgi import ASGIApp, Message, Receive, Scope, Send

BASE = "/api/v1"
"""The path of the API, before `/embeddings`."""

_LARGE_BODY = 2**16
"""Calls with larger bodies, in bytes, are answered in a thread, because they would hold up the others."""

_logger = logging.getLogger("openrouter_mock")
_PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "*, Authorization",
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Max-Age": "86400",
}


class MockApp:
    """The mock as an ASGI application.

    Two paths and a page need no router: looking them up in a dictionary takes a tenth of the time, which is
    a tenth of that of a response.
    """

    def __init__(self, settings: MockSettings) -> None:
        """Prepare the mock; raise `ValueError` when *settings* name a fault that does not exist."""
        selected = faults.select(settings.faults)
        self.service = service = Service(settings)
        """The API that answers the calls."""
        self.response_cache: dict[Hashable, list[Message]] = {}
        """The responses that the fault `repeats_answers_of_earlier_calls` repeats."""
        for fault in selected:
            fault.install(service)
        self.delayed_responses = DelayedResponses()
        """The responses that are waiting for their delay."""
        self.calls = CallLog(settings.keys)
        """The calls received."""
        state = AppState(service, itertools.count(), self.calls, self.delayed_responses)
        model_list = _PathHandler(state, {"GET": service.respond, "HEAD": service.respond})
        self._handlers = {
            f"{BASE}/embeddings": _PathHandler(state, {"POST": service.respond}),
            f"{BASE}/embeddings/models": model_list,
            f"{BASE}/models": model_list,  # gateways ask here which models there are
            "/health": _PathHandler(state, {"GET": _healthy, "HEAD": _healthy}),
            "/": _PathHandler(state, {"GET": lambda call: status_page.page(call, settings, self.calls, base=BASE)}),
        }
        self._not_found = _PathHandler(state, {})
        self._http_app: ASGIApp = self._dispatch
        for fault in reversed([each for each in selected if each.on_wire]):
            self._http_app = fault.wrap(self._http_app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or handle the lifespan events of the server."""
        if scope["type"] == "http":
            scope["app"] = self
            await self._http_app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        else:
            await _handle_lifespan(receive, send)

    def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self._handlers.get(scope["path"], self._not_found)(scope, receive, send)


def create_app(settings: MockSettings | None = None) -> MockApp:
    """Return the mock; raise `ValueError` when *settings* name a fault that does not exist."""
    return MockApp(settings or MockSettings())


async def _handle_lifespan(receive: Receive, send: Send) -> None:
    """Acknowledge startup and shutdown: there is nothing to prepare and nothing to clean up."""
    for step in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{step}.complete"})


class DelayedResponses:
    """Responses that wait for their delay; when the server stops, they are sent at once."""

    def __init__(self) -> None:
        self._released = False
        self._waiting: set[asyncio.Event] = set()

    async def wait(self, seconds: float) -> None:
        """Wait for *seconds*, which may be infinite, or until `release`."""
        released = asyncio.Event()
        self._waiting.add(released)
        try:
            if not self._released:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(released.wait(), seconds)
        finally:
            self._waiting.discard(released)

    def release(self) -> None:
        """End all delays, present and future; call it in the event loop of those that wait."""
        self._released = True
        for released in self._waiting:
            released.set()

    def reset(self) -> None:
        """Delay responses again, when the server starts again."""
        self._released = False


@attrs.frozen
class AppState:
    """The state that all paths share."""

    service: Service
    call_numbers: Iterator[int]
    calls: CallLog
    delayed_responses: DelayedResponses


class _PathHandler:
    """Answers the requests to one path: reads the request, calls the function of its method, sends the response."""

    def __init__(self, state: AppState, methods: dict[str, Callable[[Call], Response]]) -> None:
        self._state = state
        self._service = state.service
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        call = self._call(scope)
        try:
            if "expect" in call.headers:
                self._check_announced_size(call)
            call.body = await self._read_body(receive)
            response = await self._respond(call)
        except HTTPError as error:
            response = self._service.error_response(call, error)
        except _DisconnectedError:
            return
        received = self._state.calls.add(call, response)  # before it is answered: callers look at it then
        wait = self._state.delayed_responses.wait
        if delay := self._service.settings.latency + call.delay:
            await wait(delay)
        received.seconds = time.perf_counter() - started
        await transmit(Exchange(response, scope, receive, send, wait), call.transmission)
        if _logger.isEnabledFor(logging.INFO):
            _logger.info("request", extra={"request": received.outline()})

    def _call(self, scope: Scope) -> Call:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}
        return Call(
            method=scope["method"],
            path=scope["path"],
            headers=headers,
            query=scope["query_string"].decode("latin-1"),
            number=next(self._state.call_numbers),
        )

    async def _respond(self, call: Call) -> Response:
        if not self._methods and call.method != "OPTIONS":
            raise HTTPError(404, f"path: nothing is served at {call.path[:100]}; see {BASE}/embeddings/models")
        if call.method in self._methods:
            large = len(call.body) > _LARGE_BODY
            return await asyncio.to_thread(self._call_method, call) if large else self._call_method(call)
        allowed = ", ".join((*self._methods, "OPTIONS"))
        if call.method == "OPTIONS":
            return Response(204, {**_PREFLIGHT, "Allow": allowed}, b"")
        raise HTTPError(
            405, f"method: {call.method[:20]} is not served here; use {allowed}", headers={"Allow": allowed}
        )

    def _call_method(self, call: Call) -> Response:
        try:
            return self._methods[call.method](call)
        except HTTPError:
            raise
        except Exception:  # a bug of the mock must not leave a client without a response
            _logger.exception("the mock failed on %s %s", call.method, call.path)
            return self._service.error_response(call, HTTPError(500, "the mock failed; its log says how"))

    def _check_announced_size(self, call: Call) -> None:
        """Reject a body announced as too large by a client that waits for `100 Continue` before it sends it."""
        length, limit = call.headers.get("content-length", ""), self._service.settings.max_body
        if length.isdecimal() and int(length) > limit:
            # The client may or may not send the body now, so where the next request begins is unknown.
            raise _body_too_large(int(length), limit, headers={"Connection": "close"})

    async def _read_body(self, receive: Receive) -> bytes:
        """Return the body.

        One that is too large is read to its end, so that the client reads the error, but not stored.
        """
        limit = self._service.settings.max_body
        chunks: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _DisconnectedError
            chunk = message.get("body", b"")
            more = message.get("more_body", False)
            size += len(chunk)
            if size <= limit:
                chunks.append(chunk)
        if size > limit:
            raise _body_too_large(size, limit)
        return b"".join(chunks)


def _body_too_large(size: int, limit: int, headers: dict[str, str] | None = None) -> HTTPError:
    return HTTPError(413, f"body: {size} bytes are more than the limit of {limit}", headers=headers)


class _DisconnectedError(Exception):
    """The client has closed the connection before its request was complete."""


def _healthy(_: Call) -> Response:
    """Answer those who ask whether the mock is up."""
    return Response(200, {"Content-Type": "application/json"}, b'{"status":"ok"}')
