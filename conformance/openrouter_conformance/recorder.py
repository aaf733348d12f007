"""The only way to the target: every request is sent from here, counted, bounded and shown to observers."""

from __future__ import annotations

import datetime as dt
import email.utils
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

import attrs
import httpx

from openrouter_conformance import content_coding, transport, version
from openrouter_conformance.admission import Admission, Turn, Waited
from openrouter_conformance.exchange import Exchange, Request
from openrouter_conformance.foreign_text import shortened
from openrouter_conformance.operations import CREATE_EMBEDDINGS
from openrouter_conformance.redaction import redactor_of
from openrouter_conformance.spending import Cost, Spending
from openrouter_conformance.targets.address import is_loopback
from openrouter_conformance.targets.target import CONCURRENCY
from openrouter_conformance.transport import Bounds, Transport

if TYPE_CHECKING:
    from types import TracebackType

    from openrouter_conformance.targets.ceilings import Ceilings
    from openrouter_conformance.targets.target import Target

Observer = Callable[[Exchange], None]

TIMEOUT = 30.0
"""Seconds that a target may take until it begins to answer; the whole answer may take twice as long."""
MAX_WAITING = 120.0
"""Seconds that a run may wait, in all, because the target asks for it or is about to start."""

_MAX_WAIT = 20.0
_MIN_WAIT = 0.1
_UNAVAILABLE = frozenset({402, 403, 408, 429, 502, 503, 504, 524, 529})
"""Statuses that say that a model cannot be asked: by this key, or at the moment."""
_TEMPORARY = frozenset({408, 429, 502, 503, 524, 529})
_STARTING = frozenset({502, 503, 529})
_LEAST_PATIENCE = 5.0
"""Seconds that an answer is waited for at least, after another did not come."""
_MAX_UNANSWERED = 3
"""Requests in a row without an answer after which one that was answered before is sent again; then the run ends."""
_MAX_FAILURE = 500


@attrs.frozen
class _Outcome:
    """What came of sending a request once; `silent`: there is no sign that the target is alive."""

    exchange: Exchange
    turn: Turn
    silent: bool = False
    broken: bool = False


class Recorder:
    """Sends requests to one target and returns exchanges, from any number of threads; a context manager.

    Redirects are not followed, time and size of an answer are bounded, the key appears in no exchange. Observers are
    called one at a time, in the order in which answers come.

    Args:
        target: where requests go.
        timeout: seconds until the target begins to answer; a whole exchange may take twice as long.
        concurrency: how many requests may be under way at once.
        seconds: how long the run may take from now on; None for as long as it takes.
        max_waiting: seconds that are waited, in all, where the target asks for it (429, `Retry-After`) or is starting.

    Attributes:
        unanswered: the requests in a row, up to the last, that have got no answer.
        spending: reckons what requests cost.

    """

    def __init__(
        self,
        target: Target,
        timeout: float = TIMEOUT,
        *,
        concurrency: int = CONCURRENCY,
        seconds: float | None = None,
        max_waiting: float = MAX_WAITING,
    ) -> None:
        self._target = target
        self._timeout = timeout
        secrets = [(one.value, one.variable) for one in target.headers if one.variable is not None]
        self._redact_bytes = redactor_of([(target.key, target.key_variable), *secrets])
        self._transport = Transport(target.url, trust_env=not is_loopback(target.url))
        self._admission = Admission(
            target.name, target.ceilings, concurrency=concurrency, seconds=seconds, max_waiting=max_waiting
        )
        self._default_headers = httpx.Headers(
            {
                "Accept": "*/*",
                "Accept-Encoding": content_coding.ACCEPTED,
                "Connection": "keep-alive",
                "User-Agent": f"openrouter-conformance/{version()}",
                **{one.name: one.value for one in target.headers},
            }
        )
        self._shown_headers = tuple((one.name, one.shown) for one in target.headers)
        self._state = threading.Lock()
        self._observing = threading.Lock()
        self._checking_alive = threading.Lock()
        self._answered: dict[str | None, Request] = {}
        self._ready: set[str] = set()
        self._sent: dict[int, Request] = {}
        self._silences = 0
        self._slowest = 0.0
        self.unanswered: list[Exchange] = []
        self.waited_out: Counter[int] = Counter()
        self.observers: list[Observer] = []
        self.spending = Spending(is_free=target.is_free)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transport.close()

    @property
    def requests(self) -> int:
        """How many requests have been sent."""
        return self._admission.requests

    @property
    def tokens(self) -> int:
        """How many input tokens have been sent at most."""
        return self._admission.tokens

    @property
    def dollars(self) -> float:
        """What has been spent at most, US dollars."""
        return self._admission.dollars

    @property
    def waited(self) -> Waited:
        """How long the run has waited because the target asked for it, and for how many answers."""
        return self._admission.waited

    @property
    def concurrency(self) -> int:
        """How many requests may be under way at once now: a target that asks for patience is asked less at once."""
        return self._admission.concurrency

    @property
    def ceiling_reached(self) -> bool:
        """Whether the run is over because of a ceiling, on time or on what it uses up."""
        return self._admission.ceiling_reached

    def sent_before(self, exchange: Exchange) -> Request | None:
        """Return the request that was sent last before that of an exchange, None when it was the first."""
        return self._sent.get(exchange.number - 1)

    def stop(self, sentence: str) -> None:
        """End the run: from now on `send` raises TargetError with this sentence, in every thread."""
        self._admission.stop(sentence)

    def ask_for_more(self, ask: Callable[[Cost], object]) -> None:
        """Have `ask` called, and wait, where a ceiling is reached; `allow` or `stop` answers it."""
        self._admission.ask_for_more(ask)

    def allow(self, ceilings: Ceilings) -> None:
        """Let other ceilings hold from now on."""
        self._admission.allow(ceilings)

    def send(self, request: Request) -> Exchange:
        """Send `request` and return what came back.

        What the target asks to wait for is waited for, and not returned as the answer while there is time to wait.

        Raises:
            TargetError: the target is gone, a ceiling is reached, or the run is over for another reason.

        """
        outcome = self._attempt(request)
        if request.may_be_unavailable and outcome.exchange.status in _UNAVAILABLE:
            return outcome.exchange
        tries = 0
        while self._waits_out(request, outcome, tries):
            tries += 1
            with self._state:
                self.waited_out[outcome.exchange.status or 0] += 1
            outcome = self._attempt(request)
        exchange = outcome.exchange
        if exchange.status == httpx.codes.TOO_MANY_REQUESTS and self._target.max_retries:
            raise self._admission.stop(
                f"{self._target.name} keeps answering 429 to {request.method} {request.path}: try later."
            )
        with self._observing:
            for observer in self.observers:
                observer(exchange)
        self._check_alive(request, exchange)
        return exchange

    def _attempt(self, request: Request) -> _Outcome:
        # What a server leaves unread of chunks would be taken for the next request.
        outcome = self._send_once(request, fresh_connection=request.fresh_connection or request.is_chunked)
        if outcome.broken:
            # A kept-alive connection may close under the request: only a second time is the server's fault.
            outcome = self._send_once(request, fresh_connection=True)
        exchange = outcome.exchange
        with self._state:
            if outcome.silent:
                self.unanswered.append(exchange)
            else:
                self.unanswered.clear()
            if exchange.status is not None and exchange.status not in _TEMPORARY:
                self._ready.add(_operation(request))
            if exchange.status is not None and exchange.status < 300:
                self._answered[request.operation] = request
        return outcome

    def _check_alive(self, request: Request, exchange: Exchange) -> None:
        """Raise TargetError when many got no answer, and a request that was answered before gets none either."""
        with self._checking_alive:
            with self._state:
                count = len(self.unanswered)
                before = self._answered.get(_operation(request))
            if count < _MAX_UNANSWERED or (before is not None and not self._attempt(before).silent):
                return
        raise self._admission.stop(
            f"{self._target.name} left {count} requests in a row unanswered, the last of them "
            f"{request.method} {request.path} ({exchange.failure}): is it still running?"
        )

    def _waits_out(self, request: Request, outcome: _Outcome, tries: int) -> bool:
        """Wait for as long as the answer asks for; False, without waiting, where it is to be returned as it is."""
        status = outcome.exchange.status
        if not self._target.max_retries or status not in _TEMPORARY:
            return False
        asked = _retry_after(outcome.exchange)
        wait = min((1.0 if asked is None else _MIN_WAIT) * 2 ** min(tries, 10), _MAX_WAIT)
        wait = max(wait, asked or 0.0)
        if wait > _MAX_WAIT:
            return False
        announced = status == 429 or (status == 503 and asked is not None)
        if announced or (status in _STARTING and _operation(request) not in self._ready):
            return self._admission.pause(wait, outcome.turn)
        return tries < self._target.max_retries and self._admission.hold(wait)

    def _send_once(self, request: Request, *, fresh_connection: bool) -> _Outcome:
        built = self._built(request)
        cost = self.spending.estimate(request)
        turn = self._admission.enter(cost)
        self._sent[turn.number] = request
        began = time.monotonic()
        bounds = Bounds(
            began=began,
            begin_by=began + self._patience(),
            end_by=min(began + 2 * self._patience(), self._admission.ends),
            max_bytes=transport.MAX_BYTES,
        )
        try:
            answer = self._transport.send(built, bounds, fresh_connection=fresh_connection)
            exchange = self._without_key(
                Exchange(
                    **self._as_sent(request, turn, bounds),
                    status=answer.status,
                    headers=answer.headers,
                    body=answer.body,
                    seconds=time.monotonic() - began,
                    http_version=answer.version,
                )
            )
            cost = self.spending.settled(cost, exchange)
            self._slowest = max(self._slowest, exchange.seconds)
            return _Outcome(exchange, turn)
        except transport.UnreachableError as error:
            reason = shortened(self._redact(str(error)), _MAX_FAILURE)
            raise self._admission.stop(
                f"cannot reach {self._target.shown_url}: {reason}; is the server running there?"
            ) from None
        except transport.NoAnswerError as error:
            self._silences += 1
            self._admission.check()  # what the end of the run has cut short says nothing about the target
            return _Outcome(self._failed(request, turn, bounds, error), turn, silent=True)
        except transport.BrokenAnswerError as error:
            return _Outcome(self._failed(request, turn, bounds, error), turn, silent=True, broken=True)
        except transport.UnusableAnswerError as error:
            return _Outcome(self._failed(request, turn, bounds, error), turn)
        finally:
            self._admission.leave(turn, cost)

    def _patience(self) -> float:
        """Return for how many seconds an answer is waited for.

        A target that has answered others in good time, and one not at all, is not waited for as long again.
        """
        if not self._silences or not self._slowest:
            return self._timeout
        return min(self._timeout, max(_LEAST_PATIENCE, 10 * self._slowest))

    def _built(self, request: Request) -> httpx.Request:
        headers = self._default_headers.copy()
        given = [*request.headers, *self._authorization(request, self._target.key)]
        headers.update([(name.encode(), value.encode()) for name, value in given])
        built = httpx.Request(request.method, self._target.url + request.path, headers=headers, content=request.body)
        if request.is_chunked:
            del built.headers["Content-Length"]
        return built

    def _without_key(self, exchange: Exchange) -> Exchange:
        """Return `exchange` with the key redacted from the answer, should the target have put it there."""
        body = self._redact_bytes(exchange.body)
        headers = tuple((self._redact(name), self._redact(value)) for name, value in exchange.headers)
        if (body, headers) == (exchange.body, exchange.headers):
            return exchange
        return attrs.evolve(exchange, body=body, headers=headers, key_echoed=True)

    def _redact(self, text: str) -> str:
        return self._redact_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")

    def _failed(self, request: Request, turn: Turn, bounds: Bounds, error: Exception) -> Exchange:
        failure = shortened(self._redact(str(error)), _MAX_FAILURE)
        return Exchange(**self._as_sent(request, turn, bounds), failure=failure)

    def _as_sent(self, request: Request, turn: Turn, bounds: Bounds) -> dict[str, Any]:
        shown = self._authorization(request, f"${self._target.key_variable}")
        return {
            "operation": request.operation,
            "request": request,
            "method": request.method,
            "url": self._target.shown_url + request.path,
            "request_headers": (*self._shown_headers, *request.headers, *shown),
            "request_body": request.body,
            "number": turn.number,
            "in_flight": turn.in_flight,
            "fresh_connection": bounds.fresh_connection,
            "compressed": bounds.compressed,
        }

    def _authorization(self, request: Request, key: str | None) -> list[tuple[str, str]]:
        is_upper = any(name.isupper() for name, _ in request.headers)
        name = "AUTHORIZATION" if is_upper else "Authorization"  # as the other headers are written
        if isinstance(request.key, str):
            return [(name, request.key.replace("{key}", key or ""))]
        if request.key and self._target.key is not None:
            return [(name, f"Bearer {key}")]
        return []


def _operation(request: Request) -> str:
    """Return the operation that shows whether the target can answer `request`."""
    return request.operation or CREATE_EMBEDDINGS.operation_id


def _retry_after(exchange: Exchange) -> float | None:
    """Return the seconds that the header `Retry-After` asks to wait, a number or a date; None when it does not."""
    value = (exchange.header("Retry-After") or "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            date = email.utils.parsedate_to_datetime(value)
        except ValueError:
            return None
        date = date if date.tzinfo is not None else date.replace(tzinfo=dt.UTC)
        return max(0.0, (date - dt.datetime.now(dt.UTC)).total_seconds())
    return seconds if seconds >= 0 else None
