"""The only way to the target: every request is sent from here, counted, bounded and shown to observers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

import attrs
import httpx
import orjson

from openrouter_conformance import version
from openrouter_conformance.errors import TargetError
from openrouter_conformance.exchange import Exchange, Request
from openrouter_conformance.operations import CREATE_EMBEDDINGS
from openrouter_conformance.redaction import redactor
from openrouter_conformance.targets.address import is_loopback

if TYPE_CHECKING:
    from types import TracebackType

    from openrouter_conformance.targets.target import Target

Observer = Callable[[Exchange], None]

_MAX_BODY_BYTES = 64 * 2**20
_MAX_WAIT = 20.0
_TEMPORARY = frozenset({408, 429, 502, 503, 524, 529})
_MAX_UNANSWERED = 3
"""Requests in a row without an answer after which one that was answered before is sent again; then the run ends."""
_BROKEN_ANSWER = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
TIMEOUT = 30.0
"""Seconds that a target may take until it begins to answer; the whole answer may take twice as long."""


class Recorder:
    """Sends requests to one target and returns exchanges; a context manager.

    Redirects are not followed, timeouts and body sizes are finite, the key appears in no exchange.
    `timeout` is in seconds; `unanswered` are the requests in a row, up to the last, that have got no answer.
    `prices` are the listed prices per input token by model, US dollars: with `usage.cost`, whichever is
    higher, they bound what is spent. A model that is not among them costs as much as the most expensive one.
    """

    def __init__(self, target: Target, timeout: float = TIMEOUT) -> None:
        self._target = target
        self._timeout = timeout
        self._redact_bytes = redactor(target.key, target.key_variable)
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout, connect=min(timeout, 10.0)),
            follow_redirects=False,
            trust_env=not is_loopback(target.url),
            headers={"User-Agent": f"openrouter-conformance/{version()}"},
        )
        self._next_at = 0.0
        self._answered: dict[str | None, Request] = {}
        self.unanswered: list[Exchange] = []
        self.observers: list[Observer] = []
        self.requests = 0
        self.dollars = 0.0
        self.prices: dict[str, float] = {}
        self._stopped: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def stop(self, sentence: str) -> None:
        """End the run: from now on `send` raises TargetError with this sentence, in every thread."""
        self._stopped = sentence

    def send(self, request: Request) -> Exchange:
        """Send `request` and return what came back; TargetError when the target is gone or a ceiling reached."""
        exchange = self._attempt(request)
        for _ in range(self._target.max_retries):
            wait = _pause(exchange)
            if wait is None:
                break
            time.sleep(wait)
            exchange = self._attempt(request)
        if exchange.status == httpx.codes.TOO_MANY_REQUESTS and self._target.max_retries:
            raise TargetError(f"{self._target.name} keeps answering 429 to {request.method} {request.path}: try later.")
        for observer in self.observers:
            observer(exchange)
        if exchange.status is not None and exchange.status < 300:
            self._answered[request.operation] = request
        if len(self.unanswered) >= _MAX_UNANSWERED:
            self._check_alive(request, exchange)
        return exchange

    def _check_alive(self, request: Request, exchange: Exchange) -> None:
        """Raise TargetError when a request that was answered before gets no answer either."""
        count = len(self.unanswered)
        before = self._answered.get(request.operation or CREATE_EMBEDDINGS.operation_id)
        if before is not None:
            self._attempt(before)
        if self.unanswered:
            raise TargetError(
                f"{self._target.name} left {count} requests in a row unanswered, the last of them "
                f"{request.method} {request.path} ({exchange.failure}): is it still running?"
            )

    def _attempt(self, request: Request) -> Exchange:
        self._reserve(request)
        try:
            exchange = self._exchange(request)
        except _BROKEN_ANSWER:
            # A kept-alive connection may close under the request: only a second time is the server's fault.
            self._reserve(request)
            try:
                exchange = self._exchange(request)
            except _BROKEN_ANSWER as error:
                exchange = self._no_answer(request, f"no proper answer: {error or type(error).__name__}")
        self._account(exchange)
        return exchange

    def _exchange(self, request: Request) -> Exchange:
        started = time.monotonic()
        try:
            built = self._client.build_request(
                request.method,
                self._target.url + request.path,
                content=request.body,
                headers=[*request.headers, *self._authorization(request, self._target.key)],
            )
            response = self._client.send(built, stream=True)
            try:
                body = _read(response, started, 2 * self._timeout)
            finally:
                response.close()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol) as error:
            raise TargetError(f"cannot reach {self._target.shown_url}: {error}; is the server running there?") from None
        except httpx.TimeoutException:
            return self._no_answer(request, f"no answer within {self._timeout:g} seconds")
        except _AnswerTooSlowError as error:
            return self._no_answer(request, str(error))
        except _BodyTooLargeError as error:
            self.unanswered.clear()
            return self._unanswered(request, str(error))
        except httpx.DecodingError as error:
            self.unanswered.clear()
            return self._unanswered(request, f"a body that its Content-Encoding does not decode: {error}")
        self.unanswered.clear()
        return self._without_key(
            Exchange(
                **self._as_sent(request),
                status=response.status_code,
                headers=tuple(response.headers.multi_items()),
                body=body,
                seconds=time.monotonic() - started,
            )
        )

    def _without_key(self, exchange: Exchange) -> Exchange:
        """Return `exchange` with the key redacted from the answer, should the target have put it there."""
        body = self._redact_bytes(exchange.body)
        headers = tuple((self._redact(name), self._redact(value)) for name, value in exchange.headers)
        if (body, headers) == (exchange.body, exchange.headers):
            return exchange
        return attrs.evolve(exchange, body=body, headers=headers, key_echoed=True)

    def _redact(self, text: str) -> str:
        return self._redact_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")

    def _no_answer(self, request: Request, failure: str) -> Exchange:
        self.unanswered.append(self._unanswered(request, failure))
        return self.unanswered[-1]

    def _unanswered(self, request: Request, failure: str) -> Exchange:
        return Exchange(**self._as_sent(request), failure=self._redact(failure))

    def _as_sent(self, request: Request) -> dict[str, Any]:
        shown = self._authorization(request, f"${self._target.key_variable}")
        return {
            "operation": request.operation,
            "request": request,
            "method": request.method,
            "url": self._target.shown_url + request.path,
            "request_headers": (*request.headers, *shown),
            "request_body": request.body,
        }

    def _authorization(self, request: Request, key: str | None) -> list[tuple[str, str]]:
        if isinstance(request.key, str):
            return [("Authorization", request.key.replace("{key}", key or ""))]
        if request.key and self._target.key is not None:
            return [("Authorization", f"Bearer {key}")]
        return []

    def _reserve(self, request: Request) -> None:
        """Count the request, wait for its turn, refuse it when it could pass a ceiling."""
        if self._stopped is not None:
            raise TargetError(self._stopped)
        ceilings = self._target.ceilings
        if ceilings.requests is not None and self.requests >= ceilings.requests:
            raise TargetError(f"stopped after {self.requests} requests, the ceiling for {self._target.name}.")
        worst = len(request.body or b"") * self._price(request.body)  # no tokenizer makes more tokens than bytes
        if ceilings.dollars is not None and self.dollars + worst > ceilings.dollars:
            raise TargetError(
                f"stopped at ${self.dollars:.6f}: the next request could pass the ceiling of ${ceilings.dollars:g}."
            )
        self.requests += 1
        if ceilings.per_second is not None:
            now = time.monotonic()
            time.sleep(max(0.0, self._next_at - now))
            self._next_at = max(now, self._next_at) + 1 / ceilings.per_second

    def _account(self, exchange: Exchange) -> None:
        if exchange.operation != CREATE_EMBEDDINGS.operation_id or (
            exchange.status is not None and exchange.status >= 400
        ):
            return
        usage = exchange.json.get("usage") if isinstance(exchange.json, dict) else None
        usage = usage if isinstance(usage, dict) else {}
        tokens = _amount(usage.get("prompt_tokens"), missing=len(exchange.request_body or b""))
        self.dollars += max(tokens * self._price(exchange.request_body), _amount(usage.get("cost"), missing=0.0))

    def _price(self, body: bytes | None) -> float:
        highest = max(self.prices.values(), default=0.0)
        try:
            model = orjson.loads(body or b"").get("model")
        except (orjson.JSONDecodeError, AttributeError):
            return highest
        return self.prices.get(model, highest) if isinstance(model, str) else highest


class _BodyTooLargeError(Exception):
    """The answer passes the ceiling on size."""


class _AnswerTooSlowError(Exception):
    """The answer passes the ceiling on time."""


def _read(response: httpx.Response, started: float, seconds: float) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > _MAX_BODY_BYTES:
            raise _BodyTooLargeError(f"an answer over {_MAX_BODY_BYTES} bytes")
        if time.monotonic() - started > seconds:
            raise _AnswerTooSlowError(f"an answer that took over {seconds:g} seconds")
    return bytes(body)


def _pause(exchange: Exchange) -> float | None:
    """Return how long to wait before asking again, seconds, or None when asking again is no use."""
    if exchange.status not in _TEMPORARY:
        return None
    try:
        seconds = float(exchange.header("Retry-After") or "1")
    except ValueError:
        seconds = 1.0
    return seconds if 0 <= seconds <= _MAX_WAIT else None


def _amount(value: Any, *, missing: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        return missing
    return float(value)
