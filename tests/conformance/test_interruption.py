"""Signals that end a run: once, and with what the run has found out."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator

import pytest

from openrouter_conformance.interruption import INTERRUPTED, Interruption, Terminated

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are not delivered so there")


@pytest.fixture(autouse=True)
def _default_handlers() -> Iterator[None]:
    """Have SIGINT do what it does in a terminal: a background job inherits that it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_signal_ends_the_run() -> None:
    """The first signal calls what ends the run, and says which it was; the handler from before is back."""
    before = signal.getsignal(signal.SIGINT)
    ended: list[str] = []
    with Interruption(signal.SIGINT) as interruption, interruption.ends(ended.append):
        signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is before
    assert ended == [INTERRUPTED]
    assert interruption.signal is signal.SIGINT


def test_work_that_sends_nothing_is_ended_by_an_exception() -> None:
    """Where the run asks for it, the signal raises, too."""
    ended: list[str] = []
    with Interruption(signal.SIGINT) as interruption, interruption.ends(ended.append):
        with pytest.raises(KeyboardInterrupt), interruption.raised():
            signal.raise_signal(signal.SIGINT)
        assert ended == [INTERRUPTED]


def test_without_a_run_a_signal_does_what_it_did_before() -> None:
    """Before a run has begun there is nothing to keep."""
    with Interruption(signal.SIGINT) as interruption, pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert interruption.signal is None


def test_without_a_run_sigterm_is_told_apart() -> None:
    """SIGTERM that would end the process without a word raises what the command makes a sentence of."""
    with Interruption(signal.SIGTERM) as interruption, pytest.raises(Terminated):
        signal.raise_signal(signal.SIGTERM)
    assert interruption.signal is None


def test_a_second_signal_does_what_it_did_before() -> None:
    """Whoever does not want to wait for the end of a run presses Ctrl-C again."""
    ended: list[str] = []
    with Interruption(signal.SIGINT) as interruption, interruption.ends(ended.append):
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert ended == [INTERRUPTED]


def test_a_signal_that_is_ignored_stays_so() -> None:
    """A job in the background, or under nohup, is not ended by what does not concern it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ended: list[str] = []
    with Interruption(signal.SIGINT) as interruption, interruption.ends(ended.append):
        signal.raise_signal(signal.SIGINT)
    assert ended == []


def test_handlers_are_restored() -> None:
    """After the run signals do what they did before."""
    before = signal.getsignal(signal.SIGTERM)
    with Interruption(signal.SIGTERM):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
