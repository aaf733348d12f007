"""The mock as a server: in a thread for tests (`MockServer`), or in the foreground (`serve`)."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ipaddress
import signal
import socket
import threading
from typing import TYPE_CHECKING, Self

import uvicorn

from . import log
from .app import BASE, MockApp, create_app
from .call_log import CallLog
from .connection import Connection
from .scenarios import Scenarios
from .service import Service
from .settings import MockSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

DEFAULT_KEY = "sk-or-v1-mock"
"""A key that a mock without `keys` accepts."""

_START_SECONDS = 10.0
_STOP_SECONDS = 5
_KEEP_ALIVE_SECONDS = 75  # longer than that of clients, so that no request meets a connection that is being closed


class MockServer:
    """A mock on a free loopback port, running in a thread for the duration of a `with` block.

    >>> with MockServer() as mock:
    ...     client = OpenAI(base_url=mock.url, api_key=mock.key)
    """

    def __init__(self, settings: MockSettings | None = None) -> None:
        """Prepare the mock; raise `ValueError` for an unknown fault or a host that is not loopback."""
        self.settings = settings or MockSettings()
        check_host(self.settings)
        self._app = create_app(self.settings)
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None

    @property
    def url(self) -> str:
        """The base URL of the API, the part before `/embeddings`; RuntimeError while the server is not running."""
        if self._socket is None:
            raise RuntimeError("the mock has no URL until it is started: use it in a with statement")
        return _url(self._socket)

    @property
    def key(self) -> str:
        """An API key that is accepted."""
        return self.settings.keys[0] if self.settings.keys else DEFAULT_KEY

    @property
    def service(self) -> Service:
        """The API that answers the calls."""
        return self._app.service

    @property
    def scenarios(self) -> Scenarios:
        """The scenarios of coming calls: `mock.scenarios.queue("rate-limited")`."""
        return self.service.scenarios

    @property
    def calls(self) -> CallLog:
        """The calls received, the oldest first: `mock.calls[0].json()["input"]`."""
        return self._app.calls

    def reset(self) -> None:
        """Forget the calls received, the queued scenarios and what they count."""
        self.calls.reset()
        self.scenarios.reset()

    def start(self) -> None:
        """Listen; return when the server is ready. Raise `OSError` when the port is in use."""
        self._socket = listen(self.settings)
        self._app.delayed_responses.reset()
        started = threading.Event()
        self._server = _Server(self._app, self.settings, started.set)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="openrouter-mock", daemon=True
        )
        self._thread.start()
        if not started.wait(_START_SECONDS):
            self.stop()
            raise RuntimeError(f"the mock did not start within {_START_SECONDS:.0f} seconds")

    def stop(self) -> None:
        """Stop listening; return when the thread has ended."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(_STOP_SECONDS * 2)
        if self._socket is not None:
            self._socket.close()
        self._server = self._thread = self._socket = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Server(uvicorn.Server):
    """Calls back when it has started, and sends delayed responses at once when it stops."""

    def __init__(self, app: MockApp, settings: MockSettings, on_start: Callable[[], None]) -> None:
        super().__init__(_config(app, settings))
        self._app = app
        self._on_start = on_start

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_exception_handler(log.OutOfDescriptors().handle)
        await super().startup(sockets=sockets)
        self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.delayed_responses.release()
        await super().shutdown(sockets=sockets)


def serve(settings: MockSettings) -> None:
    """Serve in the foreground until SIGTERM or Ctrl-C; print the base URL when the server is ready.

    Raises:
        ValueError: There is no such fault, or the host is not loopback.
        OSError: The port is in use.

    """
    check_host(settings)
    app = create_app(settings)
    with log.logging_to_stderr(settings.log_level), listen(settings) as listening:
        server = _Server(app, settings, functools.partial(_announce, _url(listening)))
        with _suppress_reraised_signals():
            server.run(sockets=[listening])


@contextlib.contextmanager
def _suppress_reraised_signals() -> Iterator[None]:
    """Ignore the signal that uvicorn raises once more after it has stopped cleanly on it."""
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _announce(url: str) -> None:
    """Print the base URL; a closed stdout is no error, because callers may know the port."""
    with contextlib.suppress(OSError):
        print(f"openrouter mock: {url}", flush=True)  # noqa: T201 - the one line that callers parse


def check_host(settings: MockSettings) -> None:
    """Raise `ValueError` when the host is not loopback and `allow_remote` is not set."""
    if settings.allow_remote or settings.host == "localhost":
        return
    try:
        loopback = ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ValueError(
            f"the mock listens on loopback only, not on {settings.host!r}: use 127.0.0.1, or --allow-remote"
        )


def listen(settings: MockSettings) -> socket.socket:
    """Return a socket bound to the host and port of *settings*."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # asyncio sets TCP_NODELAY only on sockets whose protocol is explicitly TCP.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((settings.host, settings.port))
    except BaseException:
        listening.close()
        raise
    return listening


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}{BASE}" if ":" in host else f"http://{host}:{port}{BASE}"


def _config(app: object, settings: MockSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=functools.partial(Connection, settings),  # type: ignore[arg-type]
        log_config=None,
        log_level=settings.log_level,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,  # the address of the client is not used
        ws="none",
        backlog=128,  # without free file descriptors asyncio retries, and logs, as often as this
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
