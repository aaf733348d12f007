"""Ways to serve HTTP on a free loopback port in a thread: each is another server, with HTTP habits of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import socketserver
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import attrs
import tornado.httpserver
import tornado.web
import uvicorn
from werkzeug.serving import WSGIRequestHandler as WerkzeugRequestHandler
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_STATUS_WORDS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed"}
_POLL_SECONDS = 0.02


@attrs.frozen
class Call:
    """A request: `path` without its query, `query` undecoded, names of `headers` in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@attrs.frozen
class Reply:
    """An answer."""

    status: int
    body: bytes
    headers: dict[str, str]


Handler = Callable[[Call], Reply]


def status_line(status: int) -> str:
    """Return `status` with its reason, as a status line has it."""
    return f"{status} {_STATUS_WORDS.get(status, 'Other')}"


@contextlib.contextmanager
def _in_thread(server: socketserver.TCPServer) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": _POLL_SECONDS}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.socket.getsockname()[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@contextlib.contextmanager
def http_server(handler_class: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve by `http.server`, a thread per connection; yield the root URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_class)
    server.daemon_threads = True
    with _in_thread(server) as root:
        yield root


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        """Write no log."""


class _ThreadingWSGIServer(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


@contextlib.contextmanager
def wsgiref(application: WSGIApplication) -> Iterator[str]:
    """Serve a WSGI application by `wsgiref`: HTTP/1.0, every connection closed; yield the root URL."""
    server = _ThreadingWSGIServer(("127.0.0.1", 0), _QuietHandler)
    server.set_app(application)
    with _in_thread(server) as root:
        yield root


class _QuietWerkzeugHandler(WerkzeugRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *arguments: Any) -> None:
        """Write no log."""


@contextlib.contextmanager
def werkzeug(application: WSGIApplication) -> Iterator[str]:
    """Serve a WSGI application by Werkzeug's server, HTTP/1.1 with threads; yield the root URL."""
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_QuietWerkzeugHandler)
    with _in_thread(server) as root:
        yield root


def _listening() -> socket.socket:
    # asyncio turns off Nagle's algorithm, which costs 40 ms per answer, only where the protocol is named.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    listening.setblocking(False)  # noqa: FBT003
    return listening


@contextlib.contextmanager
def uvicorn_server(application: Any, http: Any = "httptools") -> Iterator[str]:
    """Serve an ASGI application by uvicorn, parsing by `http` (`httptools` or `h11`); yield the root URL."""
    listening = _listening()
    config = uvicorn.Config(
        application, http=http, log_config=None, lifespan="off", timeout_graceful_shutdown=1, server_header=False
    )
    server = uvicorn.Server(config)
    started = threading.Event()
    startup = server.startup

    async def tell(*arguments: Any, **fields: Any) -> None:
        await startup(*arguments, **fields)
        started.set()

    server.startup = tell  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        if not started.wait(10):
            raise RuntimeError("uvicorn did not start within ten seconds")
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


@contextlib.contextmanager
def _event_loop(serve: Callable[[socket.socket, asyncio.Event], Coroutine[Any, Any, None]]) -> Iterator[str]:
    """Run `serve` on a listening socket in a loop of its own until the event that it is given is set."""
    listening = _listening()
    port = listening.getsockname()[1]
    stop = asyncio.Event()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(listening, stop),), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
        listening.close()


@contextlib.contextmanager
def tornado_server(application: tornado.web.Application) -> Iterator[str]:
    """Serve a Tornado application by its own HTTP server; yield the root URL."""

    async def serve(listening: socket.socket, stop: asyncio.Event) -> None:
        server = tornado.httpserver.HTTPServer(application)
        server.add_socket(listening)
        await stop.wait()
        server.stop()
        await server.close_all_connections()

    with _event_loop(serve) as root:
        yield root


@contextlib.contextmanager
def asyncio_streams(connected: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]) -> Iterator[str]:
    """Serve by a function that is given each connection as a pair of streams; yield the root URL."""

    async def serve(listening: socket.socket, stop: asyncio.Event) -> None:
        tasks: set[asyncio.Task[Any]] = set()

        async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            try:
                with contextlib.suppress(asyncio.CancelledError):
                    await connected(reader, writer)
            finally:
                tasks.discard(task)
                writer.close()

        server = await asyncio.start_server(keep, sock=listening, limit=2**24)
        await stop.wait()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    with _event_loop(serve) as root:
        yield root


def as_wsgi(handler: Handler) -> WSGIApplication:
    """Return a handler of calls as a WSGI application."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
            for name, value in environ.items()
            if name.startswith("HTTP_") or name == "CONTENT_TYPE"
        }
        ends_by_itself = environ.get("wsgi.input_terminated", False)  # of a body in chunks
        body = environ["wsgi.input"].read(*([] if ends_by_itself else [int(environ.get("CONTENT_LENGTH") or 0)]))
        reply = handler(
            Call(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("QUERY_STRING", ""), headers, body)
        )
        start_response(status_line(reply.status), [*reply.headers.items(), ("Content-Length", str(len(reply.body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [reply.body]

    return application


def as_asgi(handler: Handler, before: Callable[[], Coroutine[Any, Any, None]] | None = None) -> Any:
    """Return a handler of calls as an ASGI application; it awaits `before` for each call, if given."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        body = b"".join([part async for part in _body(receive)])
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if before is not None:
            await before()
        reply = handler(Call(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers, body))
        out = [(name.lower().encode(), value.encode("latin-1")) for name, value in reply.headers.items()]
        out.append((b"content-length", str(len(reply.body)).encode()))
        await send({"type": "http.response.start", "status": reply.status, "headers": out})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else reply.body})

    return application


async def _body(receive: Any) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        yield message.get("body", b"")
        more = message.get("more_body", False)


def as_http_handler(handler: Handler) -> type[BaseHTTPRequestHandler]:
    """Return a handler of calls as a handler of `http.server`, HTTP/1.0."""

    class Handling(BaseHTTPRequestHandler):
        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return self._answer
            raise AttributeError(name)

        def _answer(self) -> None:
            target = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            reply = handler(Call(self.command, target.path, target.query, headers, body))
            self.send_response(reply.status)
            for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body)

        def log_message(self, *arguments: Any) -> None:
            """Write no log."""

    return Handling
