"""What the tests of the suite share: runs against mocks, and servers of their own on loopback ports."""

from __future__ import annotations

import contextlib
import functools
import io
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
import uvicorn

from openrouter_conformance import cli, contract, report, requirements, runner
from openrouter_conformance.profiles import PROFILES
from openrouter_conformance.recorder import Recorder
from openrouter_conformance.report import terminal
from openrouter_conformance.results import Result
from openrouter_conformance.session import Session
from openrouter_conformance.targets import open_target

CheckMock = Callable[..., list[Result]]


@attrs.frozen
class Printed:
    """What a command returned and printed."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def check_mock() -> CheckMock:
    """Give a function that checks the mock with the given faults by the requirements that match the globs."""

    def checked(*only: str, faults: tuple[str, ...] = (), profile: str = "quick", seed: int = 0) -> list[Result]:
        known = requirements.load()
        with open_target("mock", environment={}, faults=faults) as target, Recorder(target) as recorder:
            session = Session(target, recorder, contract.shipped(), PROFILES[profile], seed)
            return runner.check_all(session, known, requirements.select(known, only)).results

    return checked


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Printed]:
    """Give a function that runs `openrouter-conformance` in this process."""

    def called(*arguments: str | Path) -> Printed:
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as leaving:  # argparse's own refusals
            code = int(leaving.code or 0)
        printed = capsys.readouterr()
        return Printed(code, printed.out, printed.err)

    return called


@pytest.fixture
def run_mock() -> Callable[..., tuple[int, str]]:
    """Give a function that runs a whole plan against a faulty mock and returns exit code and screen."""

    def ran(*only: str, faults: tuple[str, ...] = (), folder: Path | None = None, **fields: Any) -> tuple[int, str]:
        selected = requirements.select(requirements.load(), only)
        screen = io.StringIO()
        console = terminal.console(screen)
        plan = runner.Plan("mock", selected, profile="quick", faults=faults, **fields)
        with terminal.ProgressBar(console) as progress:
            records = runner.run(plan, {}, progress)
        terminal.show(console, records)
        if folder is not None:
            report.write(folder, records)
        return records.conclusion.exit_code, screen.getvalue()

    return ran


@pytest.fixture
def serving() -> Callable[[Any], contextlib.AbstractContextManager[str]]:
    """Give a function that serves an ASGI application on a free loopback port and yields its root URL."""
    return serve_app


@contextlib.contextmanager
def serve_app(application: Any) -> Iterator[str]:
    """Serve *application* in a thread; yield its root URL without a slash at the end."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    started = threading.Event()
    server = uvicorn.Server(uvicorn.Config(application, log_config=None, lifespan="off", timeout_graceful_shutdown=2))
    startup = server.startup

    async def tell(*arguments: Any, **fields: Any) -> None:
        await startup(*arguments, **fields)
        started.set()

    server.startup = tell  # type: ignore[method-assign]
    thread = threading.Thread(target=functools.partial(server.run, sockets=[listening]), daemon=True)
    thread.start()
    try:
        assert started.wait(10)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()
