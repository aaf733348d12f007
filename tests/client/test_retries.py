"""Retries: off unless asked for, patient, and bounded."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from client.calls import Call, client_with_handler, fixture
from openrouter_embeddings import (
    ApiError,
    Client,
    EmbeddingsRequest,
    EmbeddingsResponse,
    OpenRouterError,
    Retries,
    TransportError,
    create_embeddings,
)

GOOD = json.dumps(fixture("embeddings_float")).encode()
Scripted = httpx.Response | Exception


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited; the clock moves by them, and no time passes."""
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    began = time.monotonic()
    monkeypatch.setattr(time, "sleep", waited.append)
    monkeypatch.setattr(anyio, "sleep", wait)
    monkeypatch.setattr(time, "monotonic", lambda: began + sum(waited))
    monkeypatch.setattr(random, "uniform", lambda low, high: high)
    return waited


class Script:
    """A server that gives its responses one after another, and the last one for ever."""

    def __init__(self, *responses: Callable[[], Scripted]) -> None:
        self._responses = list(responses)
        self.calls = 0

    def __call__(self, _: httpx.Request) -> httpx.Response:
        """Give the next response."""
        response = self._responses[min(self.calls, len(self._responses) - 1)]()
        self.calls += 1
        if isinstance(response, Exception):
            raise response
        return response


def scripted(status: int, **headers: str) -> Callable[[], Scripted]:
    """One response of a server, made afresh at each try."""
    content = GOOD if status == 200 else json.dumps({"error": {"message": "later", "code": status}}).encode()
    return lambda: httpx.Response(
        status, content=content, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def outcome(
    call: Call, script: Callable[[httpx.Request], httpx.Response], retries: Any, body: EmbeddingsRequest
) -> EmbeddingsResponse | OpenRouterError:
    """The result of a call, or its error, with these retries."""
    return call(client_with_handler(script, retries=retries), body)


def test_nothing_is_tried_again_unless_asked_for(call: Call, one_text: EmbeddingsRequest) -> None:
    """A failure of a plain client is raised at once."""
    script = Script(scripted(503), scripted(200))
    assert isinstance(outcome(call, script, None, one_text), ApiError)
    assert script.calls == 1


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 524, 529, 599])
def test_a_failure_that_passes_is_tried_again(call: Call, one_text: EmbeddingsRequest, status: int) -> None:
    """After two failures of this status the third try succeeds."""
    script = Script(scripted(status), scripted(status), scripted(200))
    assert isinstance(outcome(call, script, 3, one_text), EmbeddingsResponse)
    assert script.calls == 3


@pytest.mark.parametrize("status", [200, 302, 400, 401, 402, 403, 404, 413, 422])
def test_what_would_fail_again_is_not_tried_again(one_text: EmbeddingsRequest, status: int) -> None:
    """Failures of the request itself, and failures on status 200, are raised at once."""
    content = json.dumps({"error": {"message": "no", "code": 400}}).encode()
    script = Script(lambda: httpx.Response(status, content=content))
    with pytest.raises(ApiError):
        create_embeddings.sync(client=client_with_handler(script, retries=3), body=one_text)
    assert script.calls == 1


@pytest.mark.parametrize(
    ("failure", "calls"),
    [
        (httpx.ConnectError("refused"), 3),
        (httpx.ConnectTimeout("slow"), 3),
        (httpx.ReadError("reset"), 3),
        (httpx.RemoteProtocolError("cut"), 3),
        (httpx.ReadTimeout("silent"), 1),
        (httpx.DecodingError("damaged"), 1),
    ],
)
def test_failures_of_the_connection_are_tried_again(
    call: Call, one_text: EmbeddingsRequest, failure: Exception, calls: int
) -> None:
    """But not a read timeout, after which the server may still work and charge."""
    script = Script(lambda: failure)
    error = outcome(call, script, 2, one_text)
    assert isinstance(error, TransportError)
    assert error.__cause__ is failure
    assert script.calls == calls


def test_the_last_failure_is_raised_when_tries_run_out(call: Call, one_text: EmbeddingsRequest) -> None:
    """The number of retries is how often to try after the first time."""
    script = Script(scripted(503), scripted(502), scripted(529))
    error = outcome(call, script, 2, one_text)
    assert isinstance(error, ApiError)
    assert (error.status, script.calls) == (529, 3)


def test_waits_double_up_to_the_ceiling(call: Call, one_text: EmbeddingsRequest, waits: list[float]) -> None:
    """Each wait is twice the one before, and none is longer than allowed."""
    outcome(call, Script(scripted(503)), Retries(attempts=5, first_wait=1, longest_wait=5), one_text)
    assert waits == [1, 2, 4, 5, 5]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({"Retry_After": "7"}, 7),
        ({"Retry_After": "1.5"}, 1.5),
        ({"Retry_After": "0"}, 0),
        ({"Retry_After_Ms": "1500"}, 1.5),
        ({"Retry_After_Ms": "1500", "Retry_After": "9"}, 1.5),
        ({"Retry_After": "soon"}, 0.5),
        ({"Retry_After_Ms": "soon"}, 0.5),
        ({"Retry_After_Ms": "."}, 0.5),
        ({"Retry_After_Ms": "-1"}, 0.5),
    ],
)
def test_the_server_says_how_long_to_wait(
    call: Call, one_text: EmbeddingsRequest, waits: list[float], header: dict[str, str], seconds: float
) -> None:
    """Seconds and milliseconds are waited for as they are; nonsense is passed over."""
    script = Script(scripted(429, **header), scripted(200))
    assert isinstance(outcome(call, script, Retries(longest_wait=10), one_text), EmbeddingsResponse)
    assert waits == [seconds]


SOON = {"error": {"message": "slow down", "code": 429, "metadata": {"retry_after_seconds": 2}}}


@pytest.mark.parametrize("status", [429, 200])
def test_the_body_says_how_long_to_wait(
    call: Call, one_text: EmbeddingsRequest, waits: list[float], status: int
) -> None:
    """What `ApiError.retry_after` understands is what is waited for, also where the error came with status 200."""
    script = Script(lambda: httpx.Response(status, json=SOON), scripted(200))
    assert isinstance(outcome(call, script, 3, one_text), EmbeddingsResponse)
    assert waits == [2]


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry_After": "3600"},
        {"Retry_After_Ms": "3600000"},
        {"Retry_After": "Wed, 21 Oct 2099 07:28:00 GMT"},
        {"Retry_After": "9" * 300},
        {"X_RateLimit_Reset": "4097433600000"},
    ],
)
@pytest.mark.parametrize("retries", [Retries(longest_wait=3), Retries(longest_wait=1e9, total_time=3)])
def test_a_wait_that_is_too_long_is_not_begun(
    call: Call, one_text: EmbeddingsRequest, waits: list[float], headers: dict[str, str], retries: Retries
) -> None:
    """A try before the moment that the server names cannot succeed: its error is raised at once."""
    script = Script(scripted(429, **headers), scripted(200))
    error = outcome(call, script, retries, one_text)
    assert isinstance(error, ApiError)
    assert error.retry_after is not None
    assert (script.calls, waits) == (1, [])


def test_a_wait_beyond_the_deadline_is_not_begun(call: Call, one_text: EmbeddingsRequest, waits: list[float]) -> None:
    """The deadline of a call is part of what there is to wait."""
    script = Script(scripted(429, Retry_After="8"), scripted(200))
    error = call(client_with_handler(script, retries=3, deadline=5), one_text)
    assert isinstance(error, ApiError)
    assert (script.calls, waits) == (1, [])


@pytest.mark.parametrize(("code", "calls"), [(429, 3), ("503", 3), (400, 1), (None, 1)])
def test_an_error_on_status_200_counts_by_its_code(
    call: Call, one_text: EmbeddingsRequest, code: object, calls: int
) -> None:
    """The failure most seen in the wild is tried again like the same one with its own status."""
    script = Script(lambda: httpx.Response(200, json={"error": {"message": "no", "code": code}}))
    assert isinstance(outcome(call, script, 2, one_text), ApiError)
    assert script.calls == calls


def test_a_success_that_mentions_an_error_is_no_error(call: Call, one_text: EmbeddingsRequest) -> None:
    """A null error beside a result is passed over."""
    script = Script(lambda: httpx.Response(200, json={**fixture("embeddings_float"), "error": None}))
    assert isinstance(outcome(call, script, 2, one_text), EmbeddingsResponse)
    assert script.calls == 1


def test_total_time_bounds_all_tries(call: Call, one_text: EmbeddingsRequest, waits: list[float]) -> None:
    """No further try begins once the time is over."""
    script = Script(scripted(429, Retry_After="8"))
    outcome(call, script, Retries(attempts=100, longest_wait=8, total_time=20), one_text)
    assert sum(waits) <= 20
    assert script.calls <= 4


def test_time_that_calls_take_counts_too(
    call: Call, one_text: EmbeddingsRequest, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last try begins within the total time, however long the tries before it took."""
    clock = [0.0]
    begun: list[float] = []

    def slow(request: httpx.Request) -> httpx.Response:
        begun.append(clock[0] + sum(waits))
        clock[0] += 3
        return httpx.Response(503)

    monkeypatch.setattr(time, "monotonic", lambda: clock[0] + sum(waits))
    outcome(call, slow, Retries(attempts=100, first_wait=4, longest_wait=4, total_time=10), one_text)
    assert max(begun) <= 10


def test_retries_are_chosen_per_copy(one_text: EmbeddingsRequest) -> None:
    """`with_retries` changes the copy only, in both directions."""
    script = Script(scripted(503), scripted(503), scripted(200))
    client = client_with_handler(script)
    assert create_embeddings.sync(client=client.with_retries(2), body=one_text).model
    never = Script(scripted(503))
    patient = client_with_handler(never, retries=5)
    for impatient in (patient.with_retries(None), patient.with_retries(0)):
        with pytest.raises(ApiError):
            create_embeddings.sync(client=impatient, body=one_text)
    assert never.calls == 2


def test_a_request_that_is_sent_twice_is_tried_as_often_each_time(
    one_text: EmbeddingsRequest, waits: list[float]
) -> None:
    """A built request holds no memory of tries before."""
    script = Script(scripted(503))
    client = client_with_handler(script, retries=Retries(attempts=2, total_time=10))
    request = create_embeddings.build(client=client, body=one_text)
    for expected in (3, 6):
        client.send(request)
        waits.append(100.0)
        assert script.calls == expected


def test_every_try_sends_the_same_request(one_text: EmbeddingsRequest) -> None:
    """Body and headers are those of the first try."""
    seen: list[tuple[bytes, str]] = []

    def remember(request: httpx.Request) -> httpx.Response:
        seen.append((request.read(), request.headers["authorization"]))
        return httpx.Response(503)

    create_embeddings.sync_detailed(client=client_with_handler(remember, retries=2), body=one_text)
    assert len(seen) == 3
    assert len(set(seen)) == 1


@pytest.mark.parametrize("wrong", [-1, Retries])
def test_retries_that_are_none_are_refused(wrong: Any) -> None:
    """A negative count and a class are no retries."""
    with pytest.raises((TypeError, ValueError)):
        Client("", retries=wrong)


@pytest.mark.parametrize("setting", ["attempts", "first_wait", "longest_wait", "total_time"])
def test_a_negative_setting_is_refused(setting: str) -> None:
    """Each setting of `Retries` is checked when it is given, and named."""
    with pytest.raises(ValueError, match=setting):
        Retries(**{setting: -1})


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"attempts": -1}, "attempts: expected 0 or more, received -1"),
        ({"attempts": "3"}, "attempts: expected a whole number, received a str"),
        ({"attempts": 1.5}, "attempts: expected a whole number, received a float"),
        ({"total_time": None}, "total_time: expected a number of seconds, received a NoneType"),
    ],
)
def test_a_wrong_setting_is_explained_in_one_sentence(settings: dict[str, Any], sentence: str) -> None:
    """What was received, and what was expected."""
    with pytest.raises((TypeError, ValueError)) as caught:
        Retries(**settings)
    assert str(caught.value) == sentence
