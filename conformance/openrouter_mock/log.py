"""The log of a mock that is served: one line of JSON per event, without keys and inputs."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import logging.handlers
import os
import queue
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson

_MAX_WAITING = 10_000
"""Lines that wait to be written."""
_DRAIN_SECONDS = 1.0
"""How long a stop waits for the lines that are not written yet."""
_REPEAT_SECONDS = 60.0
_NO_RESOURCES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}

_logger = logging.getLogger("openrouter_mock")


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON: `time` (UTC), `level`, `event`, and the fields of a request."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "request", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


@contextlib.contextmanager
def logging_to_stderr(level: str) -> Iterator[None]:
    """Log to stderr, from *level* on, unless the program has configured logging already.

    A thread writes, so that the server goes on, and stops on a signal, when nobody reads its stderr. What does not fit
    the queue of that thread is dropped.
    """
    waiting: queue.Queue[logging.LogRecord | None] = queue.Queue(_MAX_WAITING)
    handler = _DroppingHandler(waiting)
    handler.setFormatter(JsonLines())
    writer = threading.Thread(target=_write_all, args=(waiting,), name="openrouter-mock-log", daemon=True)
    writer.start()
    logging.basicConfig(level=level.upper(), handlers=[handler])
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        with contextlib.suppress(queue.Full):
            waiting.put_nowait(None)
            writer.join(_DRAIN_SECONDS)


class _DroppingHandler(logging.handlers.QueueHandler):
    """Puts formatted records into a queue; drops them while it is full."""

    def enqueue(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(queue.Full):
            self.queue.put_nowait(record)


def _write_all(waiting: queue.Queue[logging.LogRecord | None]) -> None:
    """Write the lines of the records to stderr until there is a None."""
    while (record := waiting.get()) is not None:
        line = f"{record.getMessage()}\n".encode("utf-8", "backslashreplace")
        try:
            # Past the buffer of sys.stderr: a writer that hangs in it would hang the end of the process, too.
            while line:
                line = line[os.write(sys.stderr.fileno(), line) :]
        except (OSError, ValueError):  # nobody reads it any more
            return


class OutOfDescriptors:
    """Says once in a while that connections must wait; asyncio would say so a hundred times a second."""

    def __init__(self) -> None:
        self._next = 0.0

    def handle(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Handle an error of the event *loop*: log it, or leave it to asyncio when it is another."""
        error = context.get("exception")
        if not isinstance(error, OSError) or error.errno not in _NO_RESOURCES:
            loop.default_exception_handler(context)
        elif loop.time() >= self._next:
            self._next = loop.time() + _REPEAT_SECONDS
            _logger.warning("no more connections: %s; they wait until others are closed", error.strerror)
