"""Scenarios: failures, delays and other conditions that a caller can trigger per call.

A scenario is triggered by the model, when its name follows `mock/`; by the key, when the key ends in a hyphen and its
name; by the header `X-Mock-Scenario`; from Python with `Scenarios.queue`; or by default on every call, when the mock
was started with it. Model and header may continue after the name, and the key may begin with anything, so that tests
need not share one: `mock/overloaded-my-test`.

The official SDKs retry a 5xx for as long as an hour. So a scenario that they would retry is finite: for each trigger
(the full model, key or header), the first `FAILURES` calls fail, the next succeeds, and so on.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Any

import attrs
import orjson

from . import catalog
from .call import Call, HTTPError, Response
from .transmission import DRIP_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HEADER = "x-mock-scenario"
"""The request header that triggers a scenario."""
MODEL_PREFIX = "mock/"
"""The prefix of a model that triggers a scenario."""
FAILURES = 3
"""The number of consecutive calls that a finite scenario fails."""
SLOW_SECONDS = 2.0
"""The delay of the scenario `slow`."""

_BASE_MODEL = "openai/text-embedding-3-small"
_MAX_TRIGGERS = 2**14


@attrs.frozen
class Scenario:
    """A condition that replaces, delays or changes the response to a call."""

    name: str
    description: str
    """What happens, in one sentence."""
    status: int = 200
    error: dict[str, Any] | None = None
    """The `error` of the body; None if the call succeeds or `content` is set."""
    headers: dict[str, str] = attrs.field(factory=dict)
    failures: int | None = None
    """The number of calls of one trigger that fail before one succeeds; None: all fail."""
    repeats: bool = True
    """Whether calls fail again after one has succeeded."""
    content: bytes | None = None
    """The whole body, if it is not the usual error body."""
    delay: float = 0.0
    """Seconds before the response."""
    leading_whitespace: bool = False
    """Whether the response body begins with white space."""
    has_user_id: bool = True
    """Whether the error body has a `user_id`."""
    transmission: str = "whole"
    """How the response is sent, see `transmission.TRANSMISSIONS`."""
    change: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    """What becomes of the body of a success; None: nothing."""

    @property
    def has_response(self) -> bool:
        """Whether the caller gets a status at all."""
        return self.transmission not in {"reset", "hang"}


def _failure(name: str, description: str, status: int, message: str, **rest: Any) -> Scenario:
    metadata = rest.pop("metadata", None)
    error = {"message": message, "code": status} | ({"metadata": metadata} if metadata else {})
    failures = FAILURES if status >= 500 or status == 408 else None
    return Scenario(name, description, status, error, **{"failures": failures, **rest})


_RETRY = {"Retry-After": "1"}
_UPSTREAM = {
    "provider_name": "OpenAI",
    "raw": "mock: temporarily rate-limited upstream",
    "is_byok": False,
    "provider_error_code": "rate_limit_exceeded",
    "limit_source": "upstream_provider_shared_pool",
    "remedy_hint": "mock: try again shortly, or route to another provider",
    "retry_after_seconds": 1,
    "retry_after_seconds_raw": 1,
    "headers": {"Retry-After": "1"},
}


def _after(status: int, message: str, **rest: Any) -> dict[str, Any]:
    """Return the metadata of a failure after one attempt at a provider."""
    return {**rest, "provider_name": None, "previous_errors": [{"code": status, "message": message}]}


def _empty_data(body: dict[str, Any]) -> dict[str, Any]:
    return body | {"data": []}


def _empty_vectors(body: dict[str, Any]) -> dict[str, Any]:
    """Return *body* with empty vectors: an empty string for base64, an empty list for numbers."""
    data = [item | {"embedding": _empty(item["embedding"])} if "embedding" in item else item for item in body["data"]]
    return body | {"data": data}


def _empty(embedding: orjson.Fragment) -> str | list[float]:
    return "" if orjson.dumps(embedding).startswith(b'"') else []


SCENARIOS: dict[str, Scenario] = {
    each.name: each
    for each in (
        _failure(
            "out-of-credit",
            "The account has no credit left.",
            402,
            "Insufficient credits",
            metadata=_after(
                402, "Insufficient credits", limit_source="account", remedy_hint="mock: add credits to the account"
            ),
        ),
        _failure(
            "key-limit",
            "The key has reached its own limit.",
            403,
            "mock: the key has no credit left this month",
            has_user_id=False,
        ),
        _failure(
            "data-policy",
            "No endpoint matches the account's data policy.",
            404,
            "mock: no endpoint fits the data policy",
            metadata={
                "routing_funnel": [{"step": "Initial Endpoints", "endpoint_count": 1}],
                "failed_routing_step": "Filter by Data Policy",
            },
            has_user_id=False,
        ),
        _failure(
            "beyond-context",
            "The input exceeds the context of the model, as reported by a provider.",
            400,
            "This model's maximum context length is 8192 tokens",
            metadata=_after(400, "This model's maximum context length is 8192 tokens"),
        ),
        _failure(
            "provider-refuses",
            "The provider rejects the request, with its own error in the metadata.",
            400,
            "Provider returned error",
            metadata={"raw": '{"error": {"message": "mock: invalid request", "code": null}}', "provider_name": "Azure"},
        ),
        _failure(
            "invalid-model",
            "The model is unknown, reported as 400: the live API did so where its guide says 404.",
            400,
            "mock: no model has this name",
        ),
        _failure("timeout", "The operation times out.", 408, "Operation timed out"),
        _failure("too-large", "The body is too large.", 413, "Request payload too large"),
        _failure(
            "rate-limited",
            "Every call exceeds the rate limit; Retry-After is 1 second.",
            429,
            "Provider returned error",
            headers=_RETRY,
            metadata=_UPSTREAM,
        ),
        _failure(
            "rate-limited-once",
            "The first call of each trigger exceeds the rate limit, later calls succeed.",
            429,
            "Provider returned error",
            headers=_RETRY,
            metadata=_UPSTREAM,
            failures=1,
            repeats=False,
        ),
        _failure(
            "rate-limited-by-provider",
            "Every call exceeds the rate limit of the provider, reported with its own error; there is no Retry-After.",
            429,
            "Provider returned error",
            metadata={name: _UPSTREAM[name] for name in ("provider_name", "raw")},
        ),
        _failure(
            "rate-limited-in-body",
            "Every call exceeds the rate limit; only the body says until when, in milliseconds since 1970.",
            429,
            "mock: too many requests a minute",
        ),
        _failure(
            "rate-limited-silently",
            "Every call exceeds the rate limit; there is no Retry-After.",
            429,
            "Rate limit exceeded",
        ),
        _failure("internal-error", "The gateway fails.", 500, "Internal Server Error"),
        _failure("bad-gateway", "The provider fails.", 502, "Provider returned error"),
        _failure("unavailable", "No provider is available.", 503, "Service temporarily unavailable"),
        _failure("edge-timeout", "The edge times out waiting for the gateway.", 524, "Request timed out"),
        _failure("overloaded", "The provider is overloaded.", 529, "Provider returned error"),
        Scenario(
            "200-with-error",
            "The status is 200, and the body is white space and an error.",
            error={"message": "mock: no provider gave an answer", "code": 404},
            leading_whitespace=True,
            has_user_id=False,
        ),
        Scenario(
            "200-with-error-of-provider",
            "The status is 200, and the body is an error that quotes the provider and has no code.",
            error={"message": 'HTTP 400: {"code":1,"message":"mock: a parameter is invalid","data":null}'},
            has_user_id=False,
        ),
        Scenario(
            "zod-error",
            "The error body is that of the request validator (Zod), without a code.",
            400,
            content=orjson.dumps(
                {"success": False, "error": {"name": "ZodError", "message": '[{"code":"custom","path":["model"]}]'}}
            ),
        ),
        Scenario(
            "error-without-code",
            "The error has `error_type` and `http_status` instead of a code.",
            503,
            {"message": "No endpoint is available", "error_type": "unavailable", "http_status": 503},
            failures=FAILURES,
        ),
        Scenario(
            "html-error",
            "The edge responds with an HTML page.",
            502,
            headers={"Content-Type": "text/html; charset=utf-8"},
            content=b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body></body></html>\n",
            failures=FAILURES,
        ),
        Scenario("empty-data", "The status is 200, and `data` is empty.", change=_empty_data),
        Scenario("empty-vectors", "The status is 200, and every vector is empty.", change=_empty_vectors),
        Scenario(
            "connection-reset",
            "The connection is reset before a response.",
            transmission="reset",
            failures=FAILURES,
        ),
        Scenario(
            "hang", "There is no response, and the connection stays open.", transmission="hang", failures=FAILURES
        ),
        Scenario(
            "truncated",
            "The connection is closed in the middle of the response body.",
            transmission="truncated",
            failures=FAILURES,
        ),
        Scenario("drip", f"The response body arrives one byte every {DRIP_SECONDS} seconds.", transmission="drip"),
        Scenario("slow", f"The response takes {SLOW_SECONDS:.0f} seconds.", delay=SLOW_SECONDS),
        Scenario("white-space", "The response body begins with white space.", leading_whitespace=True),
    )
}
"""Every scenario by its name."""

_KEY_ENDINGS = tuple(f"-{name}" for name in SCENARIOS)


def find(text: str) -> Scenario | None:
    """Return the scenario with whose name *text* begins, the longest of several; None when there is none."""
    fitting = [name for name in SCENARIOS if text.startswith(name)]
    return SCENARIOS[max(fitting, key=len)] if fitting else None


def default_scenario(names: Iterable[str]) -> str | None:
    """Return the scenario among *names*; raise `ValueError` when there are several, of which only one could apply."""
    found = [name for name in names if name in SCENARIOS]
    if len(found) > 1:
        raise ValueError(f"{found[0]!r} and {found[1]!r} are both scenarios: only one can apply to every call")
    return found[0] if found else None


def model(name: str) -> catalog.Model | None:
    """Return the model `mock/…` that triggers a scenario; its vectors are those of a real model."""
    real = catalog.find(_BASE_MODEL)
    scenario = find(name.removeprefix(MODEL_PREFIX)) if name.startswith(MODEL_PREFIX) else None
    if real is None or scenario is None:
        return None
    listed = {**real.listed, "id": name, "name": f"Mock: {scenario.name}"}
    return attrs.evolve(real, listed=listed, upstream_name=name.removeprefix(MODEL_PREFIX))


def listed_models() -> list[dict[str, Any]]:
    """Return the models that trigger scenarios as the model list gives them, described by what they trigger."""
    models = [(scenario, model(MODEL_PREFIX + name)) for name, scenario in SCENARIOS.items()]
    return [
        {**found.listed, "canonical_slug": found.id, "description": scenario.description}
        for scenario, found in models
        if found is not None
    ]


class Scenarios:
    """The scenarios of one mock: chooses one for each call."""

    def __init__(self, default: str | None = None) -> None:
        """Apply the scenario *default* to every call that does not trigger another."""
        self._default = default
        self._calls: OrderedDict[bytes, int] = OrderedDict()
        self._lock = threading.Lock()
        self._queued: deque[str] = deque()

    def queue(self, name: str, times: int = 1) -> None:
        """Apply the scenario *name* to the next *times* calls; raise `ValueError` when there is none of that name."""
        if name not in SCENARIOS:
            raise ValueError(f"no scenario is named {name!r}: there are {', '.join(SCENARIOS)}")
        self._queued.extend([name] * times)

    @property
    def queued(self) -> tuple[str, ...]:
        """The scenarios that are queued and not applied yet, the next first."""
        return tuple(self._queued)

    def assert_none_queued(self) -> None:
        """Raise `AssertionError` when a queued scenario was not applied: a call that was expected was not made."""
        if left := self.queued:
            raise AssertionError(
                f"{len(left)} queued scenarios were not applied ({', '.join(left[:10])}): fewer calls were made than "
                "expected; queue fewer, or call scenarios.reset() at the end"
            )

    def reset(self) -> None:
        """Clear the queue and the counts of calls, so that the next test finds a fresh mock."""
        self._queued.clear()
        self._calls.clear()

    def select(self, call: Call) -> Scenario | None:
        """Return the scenario for *call*, if any; raise `HTTPError` 400 when the header names none that exists."""
        if self._queued:
            with contextlib.suppress(IndexError):  # another thread has just been faster
                return SCENARIOS[self._queued.popleft()]
        scenario, trigger = self._triggered_by(call)
        if scenario is None or scenario.failures is None:
            return scenario
        count = self._count(trigger)
        if scenario.repeats:
            count %= scenario.failures + 1
        return scenario if count < scenario.failures else None

    def _triggered_by(self, call: Call) -> tuple[Scenario | None, str]:
        """Return the scenario that *call* triggers, and the trigger by which its calls are counted."""
        header = call.headers.get(HEADER)
        if header is not None:
            if (scenario := find(header)) is None:
                raise HTTPError(400, f"X-Mock-Scenario: {header[:50]!r} is none of {', '.join(SCENARIOS)}")
            return scenario, f"header {header}"
        model_name = call.fields.get("model", "")
        if model_name.startswith(MODEL_PREFIX):
            return find(model_name.removeprefix(MODEL_PREFIX)), f"model {model_name}"
        if call.key is not None and call.key.endswith(_KEY_ENDINGS):
            ending = max((name for name in SCENARIOS if call.key.endswith(f"-{name}")), key=len)
            return SCENARIOS[ending], f"key {call.key}"
        return (SCENARIOS[self._default], "default") if self._default else (None, "")

    def _count(self, trigger: str) -> int:
        """Return the number of earlier calls of *trigger*; the least recently used triggers are forgotten first."""
        digest = hashlib.blake2b(trigger.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        with self._lock:  # large calls are answered in threads
            before = self._calls.pop(digest, 0)
            self._calls[digest] = before + 1
            if len(self._calls) > _MAX_TRIGGERS:
                self._calls.popitem(last=False)
        return before


def changed(name: str | None, body: dict[str, Any]) -> dict[str, Any]:
    """Return the *body* of a success as the scenario *name* changes it."""
    change = SCENARIOS[name].change if name is not None else None
    return body if change is None else change(body)


def error_response(scenario: Scenario) -> Response:
    """Return the failure of *scenario*, without the headers that every response has."""
    if scenario.content is not None:
        return Response(scenario.status, scenario.headers, scenario.content)
    error = dict(scenario.error or {})
    if scenario.name == "rate-limited-in-body":
        error["metadata"] = {"provider_name": None, "headers": _reset_headers()}
    account = {"user_id": "user_mock"} if scenario.has_user_id else {}
    return Response(scenario.status, scenario.headers, orjson.dumps({"error": error, **account}))


def _reset_headers() -> dict[str, str]:
    return {
        "X-RateLimit-Limit": "20",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(int((time.time() + 1) * 1000)),
    }
