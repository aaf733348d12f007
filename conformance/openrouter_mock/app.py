"""The mock as an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import logging
import time
from typing import TYPE_CHECKING, Any

import attrs

from . import faults, status
from .call import Answer, Call, Refusal
from .service import Service
from .settings import MockSettings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

BASE = "/api/v1"
"""Path under which both operations lie."""

_LARGE_BODY = 2**16
"""Bytes from which a call may take so long that it is answered in a thread, beside the others."""

_logger = logging.getLogger("openrouter_mock")
_PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "*, Authorization",
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Max-Age": "86400",
}


class MockApp:
    """The mock, as anything that serves ASGI runs it.

    Two paths and a page need no router: looking them up in a dictionary takes a tenth of the time, which is
    a tenth of that of an answer.
    """

    def __init__(self, settings: MockSettings) -> None:
        """Prepare the mock; raise `ValueError` when *settings* name a fault that does not exist."""
        chosen = faults.choose(settings.faults)
        self.service = service = Service(settings)
        """What answers the calls."""
        self.kept: dict[Hashable, Any] = {}
        """Room for what a fault on the wire remembers of this mock."""
        for fault in chosen:
            fault.plug(service)
        self.waits = Waits()
        """The answers that wait for their time."""
        desk = _Desk(service, itertools.count(), status.Journal(settings.keys), self.waits)
        self._operations = {
            f"{BASE}/embeddings": _Operation(desk, {"POST": service.answer}),
            f"{BASE}/embeddings/models": _Operation(desk, {"GET": service.answer, "HEAD": service.answer}),
            "/": _Operation(desk, {"GET": lambda _: status.page(settings, desk.journal, base=BASE)}),
        }
        self._nothing = _Operation(desk, {})
        self._answer: ASGIApp = self._dispatch
        for fault in reversed([each for each in chosen if each.on_wire]):
            self._answer = fault.wrap(self._answer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or follow the lifespan of the server."""
        if scope["type"] == "http":
            scope["app"] = self
            await self._answer(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        else:
            await _live(receive, send)

    def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self._operations.get(scope["path"], self._nothing)(scope, receive, send)


def create_app(settings: MockSettings | None = None) -> MockApp:
    """Return the mock; raise `ValueError` when *settings* name a fault that does not exist."""
    return MockApp(settings or MockSettings())


async def _live(receive: Receive, send: Send) -> None:
    """Tell the server that there is nothing to prepare, and nothing to clean up."""
    for step in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{step}.complete"})


class Waits:
    """Answers that wait for their time, unless the server stops before."""

    def __init__(self) -> None:
        self._over = False
        self._waiting: set[asyncio.Event] = set()

    async def wait(self, seconds: float) -> None:
        """Wait for *seconds*, or until `end`."""
        ended = asyncio.Event()
        self._waiting.add(ended)
        try:
            if not self._over:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), seconds)
        finally:
            self._waiting.discard(ended)

    def end(self) -> None:
        """Let nobody wait any more; call it in the loop of those who do."""
        self._over = True
        for ended in self._waiting:
            ended.set()

    def begin(self) -> None:
        """Let them wait again."""
        self._over = False


@attrs.frozen
class _Desk:
    """What all paths share."""

    service: Service
    numbers: Iterator[int]
    journal: status.Journal
    waits: Waits


class _Operation:
    """Answers one path: reads the request, asks who serves its method, sends what it says."""

    def __init__(self, desk: _Desk, methods: dict[str, Callable[[Call], Answer]]) -> None:
        self._desk = desk
        self._service = desk.service
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        call = self._call(scope)
        try:
            if "expect" in call.headers:
                self._check_promise(call)
            call.body = await self._read_body(receive)
            answer = await self._answer(call)
        except Refusal as refusal:
            answer = self._service.refuse(call, refusal)
        except _DisconnectedError:
            return
        if delay := self._service.settings.latency + call.delay:
            await self._desk.waits.wait(delay)
        await _send(answer, send, with_content=call.method != "HEAD")
        self._note(call, answer, time.perf_counter() - started)

    def _call(self, scope: Scope) -> Call:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}
        return Call(
            method=scope["method"],
            path=scope["path"],
            headers=headers,
            query=scope["query_string"].decode("latin-1"),
            number=next(self._desk.numbers),
        )

    async def _answer(self, call: Call) -> Answer:
        if not self._methods and call.method != "OPTIONS":
            raise Refusal(404, f"path: nothing is served at {call.path[:100]}; see {BASE}/embeddings/models")
        if call.method in self._methods:
            large = len(call.body) > _LARGE_BODY
            return await asyncio.to_thread(self._attempt, call) if large else self._attempt(call)
        allowed = ", ".join((*self._methods, "OPTIONS"))
        if call.method == "OPTIONS":
            return Answer(204, {**_PREFLIGHT, "Allow": allowed}, b"")
        raise Refusal(405, f"method: {call.method[:20]} is not served here; use {allowed}", headers={"Allow": allowed})

    def _attempt(self, call: Call) -> Answer:
        try:
            return self._methods[call.method](call)
        except Exception:  # a server answers, whatever happens within
            _logger.exception("the mock failed on %s %s", call.method, call.path)
            return self._service.refuse(call, Refusal(500, "the mock failed; its log says how"))

    def _note(self, call: Call, answer: Answer, seconds: float) -> None:
        journal = self._desk.journal
        record = journal.note(call, answer, seconds)
        if _logger.isEnabledFor(logging.INFO):
            _logger.info("request", extra={"request": journal.told(record)})

    def _check_promise(self, call: Call) -> None:
        """Refuse a body that is announced as too large by a sender who waits to hear whether to send it."""
        length, most = call.headers.get("content-length", ""), self._service.settings.max_body
        if length.isdecimal() and int(length) > most:
            # Whether the body comes all the same is open, and with it where the next request would begin.
            raise _too_large(int(length), most, headers={"Connection": "close"})

    async def _read_body(self, receive: Receive) -> bytes:
        """Return the body.

        A too large one is read to its end, so that the sender hears the refusal, but not kept.
        """
        most = self._service.settings.max_body
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
            if size <= most:
                chunks.append(chunk)
        if size > most:
            raise _too_large(size, most)
        return b"".join(chunks)


def _too_large(size: int, most: int, headers: dict[str, str] | None = None) -> Refusal:
    return Refusal(413, f"body: {size} bytes are more than the {most} that are taken", headers=headers)


class _DisconnectedError(Exception):
    """The client has gone; nobody waits for an answer."""


@functools.lru_cache(maxsize=256)
def _header_name(name: str) -> bytes:
    return name.lower().encode("latin-1")


async def _send(answer: Answer, send: Send, *, with_content: bool) -> None:
    headers = {**answer.headers}
    if answer.status != 204:
        headers.setdefault("Content-Length", str(len(answer.content)))
    raw = [(_header_name(name), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": answer.content if with_content else b""})
