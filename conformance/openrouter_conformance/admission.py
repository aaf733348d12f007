"""When a request may be sent: within the ceilings, the time and the concurrency of a run, and not before its turn.

All threads of a run ask here. Whatever ends the run, ends it for all of them.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from openrouter_conformance.errors import TargetError

if TYPE_CHECKING:
    from openrouter_conformance.spending import Cost
    from openrouter_conformance.targets.ceilings import Ceilings


@attrs.frozen
class Turn:
    """The permission to send one request.

    Attributes:
        number: the place in the order of sending, from 1.
        in_flight: how many other requests are under way.
        cost: what the request may cost at most.

    """

    number: int
    in_flight: int
    cost: Cost


@attrs.frozen
class Waited:
    """How long a run has waited because the target asked for it: seconds, and for how many answers."""

    seconds: float = 0.0
    count: int = 0


class Admission:
    """Lets requests go.

    Attributes:
        ceiling_reached: whether the run is over because of a ceiling, on time or on what it uses up.

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
        self.tokens = 0
        self.dollars = 0.0
        self.waited = Waited()
        self._changed = threading.Condition()
        self.ceiling_reached = False
        self._stopped: str | None = None
        self._ask: Callable[[Cost], object] | None = None
        self._asked = False
        self._in_flight = 0
        self._reserved_dollars = 0.0
        self._reserved_tokens = 0
        self._next_at = self._not_before = -math.inf
        self._slowed_after = 0

    @property
    def concurrency(self) -> int:
        """How many requests may be under way at once; less after the target has asked for less."""
        return self._concurrency

    def enter(self, cost: Cost) -> Turn:
        """Wait for the turn of a request that may cost so much; each turn is to be given back by `leave`.

        Raises:
            TargetError: the run is over, or ends because the request would pass a ceiling.

        """
        with self._changed:
            while seconds := self._wait(cost):
                self._changed.wait(_finite(min(seconds, self.ends - time.monotonic())))
            turn = Turn(self.requests + 1, self._in_flight, cost)
            self.requests += 1
            self._in_flight += 1
            self._reserved_dollars += cost.dollars
            self._reserved_tokens += cost.tokens
            if self._ceilings.per_second is not None:
                self._next_at = time.monotonic() + 1 / self._ceilings.per_second
            return turn

    def leave(self, turn: Turn, cost: Cost) -> None:
        """Give a turn back; `cost` is what the request has cost."""
        with self._changed:
            self._in_flight -= 1
            # Without a request under way no rest of rounding stays.
            self._reserved_dollars = self._reserved_dollars - turn.cost.dollars if self._in_flight else 0.0
            self._reserved_tokens -= turn.cost.tokens
            self.dollars += cost.dollars
            self.tokens += cost.tokens
            self._changed.notify_all()

    def check(self) -> None:
        """Raise TargetError when the run is over."""
        if self._stopped is None and time.monotonic() >= self.ends:
            self.ceiling_reached = True
            raise self.stop(
                f"stopped after {self._seconds:g} seconds, the time allowed with --time: {self.requests} requests were "
                "sent until then; allow more time, or select fewer requirements with --only."
            )
        if self._stopped is not None:
            raise TargetError(self._stopped)

    def ask_for_more(self, ask: Callable[[Cost], object]) -> None:
        """Treat the ceilings as parts of larger ones: `ask` is called with what the next request needs beyond them.

        Requests wait until `allow` or `stop` answers, and nothing is asked twice meanwhile.
        """
        self._ask = ask

    def allow(self, ceilings: Ceilings) -> None:
        """Let other ceilings hold from now on, for all that the run uses up from its start."""
        with self._changed:
            self._ceilings, self._asked = ceilings, False
            self._changed.notify_all()

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

    def _wait(self, cost: Cost) -> float:
        """Return the seconds after which to ask again: 0 to go, infinite until something changes."""
        self.check()
        reached = self._reached(cost)
        if reached is not None:
            if self._ask is None:
                self.ceiling_reached = True
                raise self.stop(reached)
            if not self._asked:
                self._asked = True
                self._ask(cost)
            return math.inf
        if self._may_pass_a_ceiling(cost) or self._in_flight >= self._concurrency:
            return math.inf
        return max(0.0, self._next_at - time.monotonic(), self._not_before - time.monotonic())

    def _reached(self, cost: Cost) -> str | None:
        """Return the sentence on the ceiling that a request could pass, None where it passes none."""
        ceilings = self._ceilings
        if ceilings.requests is not None and self.requests >= ceilings.requests:
            number = "1 request" if self.requests == 1 else f"{self.requests} requests"
            return f"stopped after {number}, the ceiling for {self._name}{_MORE['requests']}."
        if ceilings.tokens is not None and self.tokens + cost.tokens > ceilings.tokens:
            return (
                f"stopped at {self.tokens} tokens: the next request, of up to {cost.tokens}, could pass the ceiling of "
                f"{ceilings.tokens}{_MORE['tokens']}."
            )
        if ceilings.dollars is not None and self.dollars + cost.dollars > ceilings.dollars:
            return (
                f"stopped at ${self.dollars:.6f}: the next request, of up to ${cost.dollars:.6f}, could pass the "
                f"ceiling of ${ceilings.dollars:g}{_MORE['dollars']}."
            )
        return None

    def _may_pass_a_ceiling(self, cost: Cost) -> bool:
        """Return whether a request has to wait for what those under way turn out to cost."""
        ceilings = self._ceilings
        tokens = self.tokens + self._reserved_tokens + cost.tokens
        dollars = self.dollars + self._reserved_dollars + cost.dollars
        return (ceilings.tokens is not None and tokens > ceilings.tokens) or (
            ceilings.dollars is not None and dollars > ceilings.dollars
        )


_MORE = {name: f"; --max-{name} sets another" for name in ("requests", "tokens", "dollars")}


def _finite(seconds: float) -> float | None:
    """Return how long to wait for a change: None for as long as it takes."""
    return None if math.isinf(seconds) else max(0.0, min(seconds, threading.TIMEOUT_MAX))
