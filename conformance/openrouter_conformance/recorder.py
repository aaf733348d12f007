"""The one way to the target: every request goes through here, is counted, bounded and shown to observers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Self

import attrs
import httpx
import orjson

from openrouter_conformance import version
from openrouter_conformance.exchange import Exchange, Request
from openrouter_conformance.targets.address import is_loopback
from openrouter_conformance.targets.redaction import striker
from openrouter_conformance.verdicts import TargetError

if TYPE_CHECKING:
    from types import TracebackType

    from openrouter_conformance.targets.target import Target

Observer = Callable[[Exchange], None]

_BODY_CEILING = 64 * 2**20
_LONGEST_WAIT = 20.0
_PASSING = frozenset({408, 429, 502, 503, 524, 529})
_MOST_SILENCES = 3
_SILENCE = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
TIMEOUT = 30.0
"""Seconds that a target may take until it begins to answer; the whole answer may take twice as long."""


class Recorder:
    """Sends requests to one target and returns exchanges; a context manager.

    Redirects are not followed, timeouts and body sizes are finite, the key appears in no exchange.
    `timeout` is in seconds; `silences` are the requests in a row, up to the last, that have got no answer.
    `prices` are the listed prices per input token by model, US dollars: with `usage.cost`, whichever is
    higher, they bound what is spent. A model that is not among them costs as much as the dearest.
    """

    def __init__(self, target: Target, timeout: float = TIMEOUT) -> None:
        self._target = target
        self._timeout = timeout
        self._strike = striker(target.key, target.key_variable)
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout, connect=min(timeout, 10.0)),
            follow_redirects=False,
            trust_env=not is_loopback(target.url),
            headers={"User-Agent": f"openrouter-conformance/{version()}"},
        )
        self._next_at = 0.0
        self._answered: dict[str | None, Request] = {}
        self.silences: list[Exchange] = []
        self.observers: list[Observer] = []
        self.requests = 0
        self.dollars = 0.0
        self.prices: dict[str, float] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def send(self, request: Request) -> Exchange:
        """Send `request` and return what came back; TargetError when the target is gone or a ceiling reached."""
        exchange = self._attempt(request)
        for _ in range(self._target.patience):
            wait = _pause(exchange)
            if wait is None:
                break
            time.sleep(wait)
            exchange = self._attempt(request)
        if exchange.status == httpx.codes.TOO_MANY_REQUESTS and self._target.patience:
            raise TargetError(f"{self._target.name} keeps answering 429 to {request.method} {request.path}: try later.")
        for observer in self.observers:
            observer(exchange)
        if exchange.status is not None and exchange.status < 300:
            self._answered[request.operation] = request
        if len(self.silences) >= _MOST_SILENCES:
            self._check_alive(request, exchange)
        return exchange

    def _check_alive(self, request: Request, exchange: Exchange) -> None:
        """Raise TargetError when a request that was answered before gets no answer either."""
        silences = len(self.silences)
        before = self._answered.get(request.operation or "createEmbeddings")
        if before is not None:
            self._attempt(before)
        if self.silences:
            raise TargetError(
                f"{self._target.name} left {silences} requests in a row unanswered, the last of them "
                f"{request.method} {request.path} ({exchange.failure}): is it still running?"
            )

    def _attempt(self, request: Request) -> Exchange:
        self._reserve(request)
        try:
            exchange = self._exchange(request)
        except _SILENCE:
            # A kept-alive connection may close under the request: only a second time is the server's fault.
            self._reserve(request)
            try:
                exchange = self._exchange(request)
            except _SILENCE as error:
                exchange = self._silent(request, f"no proper answer: {error or type(error).__name__}")
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
            return self._silent(request, f"no answer within {self._timeout:g} seconds")
        except _TooSlowError as error:
            return self._silent(request, str(error))
        except _TooMuchError as error:
            self.silences.clear()
            return self._unanswered(request, str(error))
        except httpx.DecodingError as error:
            self.silences.clear()
            return self._unanswered(request, f"a body that its Content-Encoding does not decode: {error}")
        self.silences.clear()
        return self._without_key(
            Exchange(
                **self._asked(request),
                status=response.status_code,
                headers=tuple(response.headers.multi_items()),
                body=body,
                seconds=time.monotonic() - started,
            )
        )

    def _without_key(self, exchange: Exchange) -> Exchange:
        """Return `exchange` with the key struck out of the answer, should the target have put it there."""
        body = self._strike(exchange.body)
        headers = tuple((self._struck(name), self._struck(value)) for name, value in exchange.headers)
        if (body, headers) == (exchange.body, exchange.headers):
            return exchange
        return attrs.evolve(exchange, body=body, headers=headers, key_echoed=True)

    def _struck(self, text: str) -> str:
        return self._strike(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")

    def _silent(self, request: Request, failure: str) -> Exchange:
        self.silences.append(self._unanswered(request, failure))
        return self.silences[-1]

    def _unanswered(self, request: Request, failure: str) -> Exchange:
        return Exchange(**self._asked(request), failure=self._struck(failure))

    def _asked(self, request: Request) -> dict[str, Any]:
        shown = self._authorization(request, f"${self._target.key_variable}")
        return {
            "operation": request.operation,
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
        if exchange.operation != "createEmbeddings" or (exchange.status is not None and exchange.status >= 400):
            return
        usage = exchange.json.get("usage") if isinstance(exchange.json, dict) else None
        usage = usage if isinstance(usage, dict) else {}
        tokens = _amount(usage.get("prompt_tokens"), missing=len(exchange.request_body or b""))
        self.dollars += max(tokens * self._price(exchange.request_body), _amount(usage.get("cost"), missing=0.0))

    def _price(self, body: bytes | None) -> float:
        dearest = max(self.prices.values(), default=0.0)
        try:
            model = orjson.loads(body or b"").get("model")
        except (orjson.JSONDecodeError, AttributeError):
            return dearest
        return self.prices.get(model, dearest) if isinstance(model, str) else dearest


class _TooMuchError(Exception):
    """The answer passes the ceiling on size."""


class _TooSlowError(Exception):
    """The answer passes the ceiling on time."""


def price_per_token(model: Any) -> float | None:
    """Return the listed price of one input token of a `Model`, US dollars, or None when it is no decimal."""
    try:
        price = float(Decimal(model["pricing"]["prompt"]))
    except (KeyError, TypeError, ValueError, InvalidOperation):
        return None
    return price if math.isfinite(price) and price >= 0 else None


def _read(response: httpx.Response, started: float, seconds: float) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > _BODY_CEILING:
            raise _TooMuchError(f"an answer over {_BODY_CEILING} bytes")
        if time.monotonic() - started > seconds:
            raise _TooSlowError(f"an answer that took over {seconds:g} seconds")
    return bytes(body)


def _pause(exchange: Exchange) -> float | None:
    """Return how long to wait before asking again, seconds, or None when asking again is no use."""
    if exchange.status not in _PASSING:
        return None
    try:
        seconds = float(exchange.header("Retry-After") or "1")
    except ValueError:
        seconds = 1.0
    return seconds if 0 <= seconds <= _LONGEST_WAIT else None


def _amount(value: Any, *, missing: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        return missing
    return float(value)
