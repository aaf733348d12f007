"""Failures, and other things that happen, which a caller can ask for without code.

A scenario plays when its name follows `mock/` in the model, ends the key after a hyphen, or stands in
the header `X-Mock-Scenario`; when `Scenarios.queue` was told so from Python; or on every call, when the mock was
started with it. Whatever follows the name in model or header is free, and whatever comes before it in the
key, so that tests need not share one: `mock/overloaded-my-test`.

The official SDKs go on trying after a 5xx, for as long as an hour. So a scenario that they would retry is finite: of
each full name, the first `FAILURES` calls fail, the next is answered, and so on.
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

from . import catalogue
from .call import Answer, Call, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

HEADER = "x-mock-scenario"
"""The request header that names a scenario."""
MODEL_PREFIX = "mock/"
"""What the model begins with to name a scenario."""
FAILURES = 3
"""How many calls in a row a finite scenario fails."""
SLOWNESS = 2.0
"""Seconds that the scenario `slow` takes."""

_BASE_MODEL = "openai/text-embedding-3-small"
_MOST_COUNTED = 2**14


@attrs.frozen
class Scenario:
    """Something that happens to a call instead of, or besides, its answer."""

    name: str
    description: str
    """What happens, in one sentence."""
    status: int = 200
    error: dict[str, Any] | None = None
    """The `error` of the body; None: the call is answered."""
    headers: dict[str, str] = attrs.field(factory=dict)
    failures: int | None = None
    """How many calls of a full name fail before one is answered; None: all."""
    comes_back: bool = True
    """Whether it plays again after a call was answered."""
    content: bytes | None = None
    """The whole body, where it is not the usual one."""
    delay: float = 0.0
    """Seconds before the answer."""
    leading_whitespace: bool = False
    """Whether the answer begins with white space."""
    names_account: bool = True
    """Whether the body names the account beside the error."""


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
    """Return the metadata of a failure that came after one try at a provider."""
    return {**rest, "provider_name": None, "previous_errors": [{"code": status, "message": message}]}


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
            names_account=False,
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
            names_account=False,
        ),
        _failure(
            "beyond-context",
            "The input is longer than the model takes, and a provider has said so.",
            400,
            "This model's maximum context length is 8192 tokens",
            metadata=_after(400, "This model's maximum context length is 8192 tokens"),
        ),
        _failure(
            "provider-refuses",
            "The provider refuses the request, in words of its own.",
            400,
            "Provider returned error",
            metadata={"raw": '{"error": {"message": "mock: invalid request", "code": null}}', "provider_name": "Azure"},
        ),
        _failure(
            "invalid-model",
            "The model is called invalid with 400, as the live API did where its guide says 404.",
            400,
            "mock: no model has this name",
        ),
        _failure("timeout", "The operation takes too long.", 408, "Operation timed out"),
        _failure("too-large", "The body is too large.", 413, "Request payload too large"),
        _failure(
            "rate-limited",
            "Every call is one too many; Retry-After says 1 second.",
            429,
            "Provider returned error",
            headers=_RETRY,
            metadata=_UPSTREAM,
        ),
        _failure(
            "rate-limited-once",
            "The first call of each full name is one too many, the later ones are answered.",
            429,
            "Provider returned error",
            headers=_RETRY,
            metadata=_UPSTREAM,
            failures=1,
            comes_back=False,
        ),
        _failure(
            "rate-limited-by-provider",
            "Every call is one too many for the provider, in words of its own; nothing says until when.",
            429,
            "Provider returned error",
            metadata={name: _UPSTREAM[name] for name in ("provider_name", "raw")},
        ),
        _failure(
            "rate-limited-in-body",
            "Every call is one too many; only the body says until when, in milliseconds since 1970.",
            429,
            "mock: too many requests a minute",
        ),
        _failure(
            "rate-limited-silently", "Every call is one too many; nothing says until when.", 429, "Rate limit exceeded"
        ),
        _failure("internal-error", "The gateway fails.", 500, "Internal Server Error"),
        _failure("bad-gateway", "The provider fails.", 502, "Provider returned error"),
        _failure("unavailable", "No provider is available.", 503, "Service temporarily unavailable"),
        _failure("edge-timeout", "The edge gives up waiting.", 524, "Request timed out"),
        _failure("overloaded", "The provider is overloaded.", 529, "Provider returned error"),
        Scenario(
            "200-with-error",
            "The status is 200, and the body is white space and an error.",
            error={"message": "mock: no provider gave an answer", "code": 404},
            leading_whitespace=True,
            names_account=False,
        ),
        Scenario(
            "200-with-error-of-provider",
            "The status is 200, and the body is an error that quotes the provider and has no code.",
            error={"message": 'HTTP 400: {"code":1,"message":"mock: a parameter is invalid","data":null}'},
            names_account=False,
        ),
        Scenario(
            "zod-error",
            "The error has the form of the validator, without a code.",
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
            "The edge answers with a page of HTML.",
            502,
            headers={"Content-Type": "text/html; charset=utf-8"},
            content=b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body></body></html>\n",
            failures=FAILURES,
        ),
        Scenario("slow", f"The answer takes {SLOWNESS:.0f} seconds.", delay=SLOWNESS),
        Scenario("white-space", "The answer begins with white space.", leading_whitespace=True),
    )
}
"""Every scenario by its name."""

_KEY_ENDINGS = tuple(f"-{name}" for name in SCENARIOS)


def named(text: str) -> Scenario | None:
    """Return the scenario whose name *text* begins with, the longest of several; None when there is none."""
    fitting = [name for name in SCENARIOS if text.startswith(name)]
    return SCENARIOS[max(fitting, key=len)] if fitting else None


def standing(names: Iterable[str]) -> str | None:
    """Return the scenario among *names*; raise `ValueError` when there are several, of which only one could play."""
    found = [name for name in names if name in SCENARIOS]
    if len(found) > 1:
        raise ValueError(f"{found[0]!r} and {found[1]!r} are both scenarios: only one can play on every call")
    return found[0] if found else None


def model(name: str) -> catalogue.Model | None:
    """Return the model `mock/…` that plays a scenario; its vectors are those of a real model."""
    real = catalogue.find(_BASE_MODEL)
    scenario = named(name.removeprefix(MODEL_PREFIX)) if name.startswith(MODEL_PREFIX) else None
    if real is None or scenario is None:
        return None
    listed = {**real.listed, "id": name, "name": f"Mock: {scenario.name}"}
    return attrs.evolve(real, listed=listed, upstream_name=name.removeprefix(MODEL_PREFIX))


def listed_models() -> list[dict[str, Any]]:
    """Return the models that play scenarios as the model list gives them, with what each plays."""
    models = [(scenario, model(MODEL_PREFIX + name)) for name, scenario in SCENARIOS.items()]
    return [
        {**found.listed, "canonical_slug": found.id, "description": scenario.description}
        for scenario, found in models
        if found is not None
    ]


class Scenarios:
    """What is to happen to the calls of one mock."""

    def __init__(self, standing: str | None = None) -> None:
        """Let the scenario *standing* happen to every call that does not name another."""
        self._standing = standing
        self._calls: OrderedDict[bytes, int] = OrderedDict()
        self._lock = threading.Lock()
        self._queued: deque[str] = deque()

    def queue(self, name: str, times: int = 1) -> None:
        """Let the scenario *name* happen to the next *times* calls; raise `ValueError` when there is none."""
        if name not in SCENARIOS:
            raise ValueError(f"no scenario is named {name!r}: there are {', '.join(SCENARIOS)}")
        self._queued.extend([name] * times)

    def reset(self) -> None:
        """Forget what was queued and which calls were counted, so that the next test finds a fresh mock."""
        self._queued.clear()
        self._calls.clear()

    def choose(self, call: Call) -> Scenario | None:
        """Return what happens to *call*, if anything; raise a 400 `Refusal` for a header that names nothing."""
        if self._queued:
            with contextlib.suppress(IndexError):  # another thread has just been faster
                return SCENARIOS[self._queued.popleft()]
        scenario, full_name = self._asked_for(call)
        if scenario is None or scenario.failures is None:
            return scenario
        played = self._count(full_name)
        if scenario.comes_back:
            played %= scenario.failures + 1
        return scenario if played < scenario.failures else None

    def _asked_for(self, call: Call) -> tuple[Scenario | None, str]:
        """Return the scenario that *call* asks for, and the full name by which its calls are counted."""
        header = call.headers.get(HEADER)
        if header is not None:
            if (scenario := named(header)) is None:
                raise Refusal(400, f"X-Mock-Scenario: {header[:50]!r} is none of {', '.join(SCENARIOS)}")
            return scenario, f"header {header}"
        model_name = call.fields.get("model", "")
        if model_name.startswith(MODEL_PREFIX):
            return named(model_name.removeprefix(MODEL_PREFIX)), f"model {model_name}"
        if call.key is not None and call.key.endswith(_KEY_ENDINGS):
            ending = max((name for name in SCENARIOS if call.key.endswith(f"-{name}")), key=len)
            return SCENARIOS[ending], f"key {call.key}"
        return (SCENARIOS[self._standing], "standing") if self._standing else (None, "")

    def _count(self, full_name: str) -> int:
        """Return how many calls of *full_name* came before; the names used longest ago are forgotten first."""
        digest = hashlib.blake2b(full_name.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        with self._lock:  # large calls are answered in threads
            before = self._calls.pop(digest, 0)
            self._calls[digest] = before + 1
            if len(self._calls) > _MOST_COUNTED:
                self._calls.popitem(last=False)
        return before


def answer(scenario: Scenario) -> Answer:
    """Return the failure that *scenario* plays, without the headers that every answer has."""
    if scenario.content is not None:
        return Answer(scenario.status, scenario.headers, scenario.content)
    error = dict(scenario.error or {})
    if scenario.name == "rate-limited-in-body":
        error["metadata"] = {"provider_name": None, "headers": _reset_headers()}
    account = {"user_id": "user_mock"} if scenario.names_account else {}
    return Answer(scenario.status, scenario.headers, orjson.dumps({"error": error, **account}))


def _reset_headers() -> dict[str, str]:
    return {
        "X-RateLimit-Limit": "20",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(int((time.time() + 1) * 1000)),
    }
