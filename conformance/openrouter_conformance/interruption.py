"""Ctrl-C and SIGTERM: they end a run without losing what it has found out."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING, Self

from openrouter_conformance.status import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType, TracebackType

INTERRUPTED = "interrupted"
"""Why a run stopped that was ended by a signal."""


class Terminated(BaseException):
    """SIGTERM came while there was no run to end; like KeyboardInterrupt, it is handled by nobody as an error."""


class Interruption:
    """Listens to signals while it is entered, in the main thread; elsewhere it does nothing.

    While there is a run to end, the first signal ends it, and the run returns what it has found out. Otherwise, and
    from the second time on, a signal does what it did before; but for SIGTERM, which raises Terminated where it would
    end the process without a word.

    Attributes:
        signal: the signal that ended the run, None when none did.

    """

    def __init__(self, *signals: signal.Signals) -> None:
        self._signals = signals
        self._previous: dict[int, signal.Handlers | Callable[[int, FrameType | None], object] | int | None] = {}
        self._end: Callable[[str], object] | None = None
        self._raises = False
        self.signal: signal.Signals | None = None

    @property
    def exit_code(self) -> ExitCode | None:
        """The exit code of a command whose run a signal has ended; None when none did."""
        if self.signal is None:
            return None
        return ExitCode.TERMINATED if self.signal is signal.SIGTERM else ExitCode.INTERRUPTED

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in self._signals:
                if signal.getsignal(number) not in (signal.SIG_IGN, None):  # what is ignored by design stays so
                    self._previous[number] = signal.signal(number, self._received)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    @contextlib.contextmanager
    def ends(self, end: Callable[[str], object]) -> Iterator[None]:
        """Have a signal call `end` with the reason for as long as the context lasts."""
        self._end = end
        try:
            yield
        finally:
            self._end = None

    @contextlib.contextmanager
    def raised(self) -> Iterator[None]:
        """Have a signal raise KeyboardInterrupt, too, while the context lasts: that ends work which sends nothing."""
        self._raises = True
        try:
            yield
        finally:
            self._raises = False

    def _received(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the form of a handler
        self._restore()
        if self._end is None:
            if number == signal.SIGTERM and signal.getsignal(number) is signal.SIG_DFL:
                raise Terminated
            signal.raise_signal(number)
            return
        self.signal = signal.Signals(number)
        self._end(INTERRUPTED)
        if self._raises:
            raise KeyboardInterrupt

    def _restore(self) -> None:
        while self._previous:
            number, handler = self._previous.popitem()
            signal.signal(number, handler)
