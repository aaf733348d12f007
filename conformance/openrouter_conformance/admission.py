"""When a request may be sent: within the ceilings, the time and the concurrency of a run, and not before its turn.

All threads of a run ask here. Whatever ends the run, ends it for all of them.
"""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING

import attrs

from openrouter_conformance.errors import TargetError

if TYPE_CHECKING:
    from openrouter_conformance.targets.ceilings import Ceilings


@attrs.frozen
class Turn:
    """The permission to send one request.

    Attributes:
        number: the place in the order of sending, from 1.
        in_flight: how many other requests are under way.
        dollars: what the request may cost at most.

    """

    number: int
    in_flight: int
    dollars: float


@attrs.frozen
class Waited:
    """How long a run has waited because the target asked for it: seconds, and for how many answers."""

    seconds: float = 0.0
    count: int = 0


class Admission:
    """Lets requests go.

    Args:
        name: of the target, for sentences.
        ceilings: what the run may use up.
        concurrency: how many requests may be under way at once.
        seconds: how long the run may take from now on; None for as long as it takes.
        max_waiting: seconds that the run may wait because the target asks for it.

    """

    def __init__(
        self, name: str, ceilings: Ceilings, *, concurrency: int, seconds: float | None, max_waiting: float
    ) -> None:
        self._name = name
        self._ceilings = ceilings
        self._concurrency = concurrency
        self._seconds = seconds
        self._max_waiting = max_waiting
        self.ends = math.inf if seconds is None else time.monotonic() + seconds
        self.requests = 0
        self.dollars = 0.0
        self.waited = Waited()
        self._changed = threading.Condition()
        self._stopped: str | None = None
        self._in_flight = 0
        self._reserved = 0.0
        self._next_at = self._not_before = -math.inf
        self._slowed_after = 0

    @property
    def concurrency(self) -> int:
        """How many requests may be under way at once; less after the target has asked for less."""
        return self._concurrency

    def enter(self, dollars: float) -> Turn:
        """Wait for the turn of a request that may cost so much; each turn is to be given back by `leave`.

        Raises:
            TargetError: the run is over, or ends because the request would pass a ceiling.

        """
        with self._changed:
            while seconds := self._wait(dollars):
                self._changed.wait(_finite(min(seconds, self.ends - time.monotonic())))
            turn = Turn(self.requests + 1, self._in_flight, dollars)
            self.requests += 1
            self._in_flight += 1
            self._reserved += dollars
            if self._ceilings.per_second is not None:
                self._next_at = time.monotonic() + 1 / self._ceilings.per_second
            return turn

    def leave(self, turn: Turn, dollars: float) -> None:
        """Give a turn back; `dollars` is what the request has cost."""
        with self._changed:
            self._in_flight -= 1
            self._reserved = self._reserved - turn.dollars if self._in_flight else 0.0  # no rest of rounding stays
            self.dollars += dollars
            self._changed.notify_all()

    def check(self) -> None:
        """Raise TargetError when the run is over."""
        if self._stopped is None and time.monotonic() >= self.ends:
            raise self.stop(
                f"stopped after {self._seconds:g} seconds, the time allowed with --time: {self.requests} requests were "
                "sent until then; allow more time, or select fewer requirements with --only."
            )
        if self._stopped is not None:
            raise TargetError(self._stopped)

    def stop(self, sentence: str) -> TargetError:
        """End the run for all threads and return the error to raise; the first sentence holds."""
        with self._changed:
            if self._stopped is None:
                self._stopped = sentence
            self._changed.notify_all()
            return TargetError(self._stopped)

    def pause(self, seconds: float, turn: Turn) -> bool:
        """Let no request go for so many seconds, and fewer at once after that; False when that is too much waiting.

        Requests that get the same answer to what was sent at the same time wait, and slow down, only once.
        """
        with self._changed:
            now = time.monotonic()
            added = max(0.0, now + seconds - max(now, self._not_before))
            if not self._spend(added):
                return False
            self._not_before = max(self._not_before, now + seconds)
            if turn.number > self._slowed_after:
                self._concurrency = max(1, self._concurrency // 2)
                self._slowed_after = self.requests
            return True

    def hold(self, seconds: float) -> bool:
        """Wait so many seconds, this thread alone; False at once when that is too much waiting."""
        ends = time.monotonic() + seconds
        with self._changed:
            if not self._spend(seconds):
                return False
            while (left := min(ends, self.ends) - time.monotonic()) > 0 and self._stopped is None:
                self._changed.wait(left)
        self.check()
        return True

    def _spend(self, seconds: float) -> bool:
        if self.waited.seconds + seconds > self._max_waiting:
            return False
        self.waited = Waited(self.waited.seconds + seconds, self.waited.count + 1)
        return True

    def _wait(self, dollars: float) -> float:
        """Return the seconds after which to ask again: 0 to go, infinite until something changes."""
        self.check()
        ceilings = self._ceilings
        if ceilings.requests is not None and self.requests >= ceilings.requests:
            raise self.stop(f"stopped after {self.requests} requests, the ceiling for {self._name}.")
        if ceilings.dollars is not None:
            if self.dollars + dollars > ceilings.dollars:
                raise self.stop(
                    f"stopped at ${self.dollars:.6f}: the next request could pass the ceiling of ${ceilings.dollars:g}."
                )
            if self.dollars + self._reserved + dollars > ceilings.dollars:
                return math.inf  # what is under way may turn out to be cheaper
        if self._in_flight >= self._concurrency:
            return math.inf
        return max(0.0, self._next_at - time.monotonic(), self._not_before - time.monotonic())


def _finite(seconds: float) -> float | None:
    """Return how long to wait for a change: None for as long as it takes."""
    return None if math.isinf(seconds) else max(0.0, min(seconds, threading.TIMEOUT_MAX))
