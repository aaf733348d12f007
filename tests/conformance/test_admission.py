"""Several threads send at once, and no ceiling, rate, pause or end of the run is passed by any of them."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from email.utils import format_datetime
from typing import Any

import pytest

from openrouter_conformance import recorder as recorder_module
from openrouter_conformance.admission import Admission, Waited
from openrouter_conformance.errors import TargetError
from openrouter_conformance.exchange import Exchange, Request
from openrouter_conformance.prices import price_list
from openrouter_conformance.recorder import Recorder
from openrouter_conformance.spending import Cost
from openrouter_conformance.targets import Ceilings, Target

from .conftest import serve_app
from .raw_server import RawServer, serve_raw

_ASK = Request("POST", "/embeddings", b'{"input":"a"}', operation="createEmbeddings")
_THREADS = 8


def _answer(status: int = 200, body: bytes = b"{}", *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]).encode() + body


def _always(answer: bytes) -> Callable[[RawServer], Iterable[bytes]]:
    return lambda _: [answer]


def _one_after_the_other(*answers: bytes) -> Callable[[RawServer], Iterable[bytes]]:
    """Return a reply that gives these answers in their order, and the last one ever after."""
    left = itertools.chain(answers, itertools.repeat(answers[-1]))
    lock = threading.Lock()

    def reply(_: RawServer) -> Iterable[bytes]:
        with lock:
            return [next(left)]

    return reply


def _send_from_threads(recorder: Recorder, requests_each: int) -> list[Exchange | str]:
    """Send from many threads until each has sent its share or is told to stop; return exchanges and sentences."""

    def send(_: int) -> list[Exchange | str]:
        found: list[Exchange | str] = []
        for _ in range(requests_each):
            try:
                found.append(recorder.send(_ASK))
            except TargetError as error:
                return [*found, str(error)]
        return found

    with ThreadPoolExecutor(_THREADS) as pool:
        return list(itertools.chain.from_iterable(pool.map(send, range(_THREADS))))


def test_request_ceiling_holds_for_all_threads() -> None:
    """As many requests as allowed reach the server, and every thread is told why there are no more."""
    with serve_raw(_always(_answer()), keep=True) as server:
        target = Target("test", server.url, server.url, ceilings=Ceilings(requests=50))
        with Recorder(target, concurrency=_THREADS) as recorder:
            found = _send_from_threads(recorder, 100)
    sentences = [one for one in found if isinstance(one, str)]
    assert len(server.heads) == recorder.requests == 50
    assert sentences == ["stopped after 50 requests, the ceiling for test; --max-requests sets another."] * _THREADS


@pytest.mark.parametrize("usage", ["null", '{"prompt_tokens":1,"cost":0}', '{"prompt_tokens":0,"cost":-1}'])
def test_dollar_ceiling_holds_for_all_threads(usage: str) -> None:
    """What is under way counts with the most that it may cost, and no answer makes it cheaper."""
    body = f'{{"usage":{usage}}}'.encode()
    with serve_raw(_always(_answer(200, body)), keep=True) as server:
        target = Target("test", server.url, server.url, ceilings=Ceilings(dollars=1.0))
        with Recorder(target, concurrency=_THREADS) as recorder:
            recorder.spending.prices = price_list([{"id": "dear", "pricing": {"prompt": "0.0625"}}])
            found = _send_from_threads(recorder, 200)
    assert len(server.heads) == 16
    assert recorder.dollars == 1.0
    assert sum(isinstance(one, str) and "ceiling of $1" in one for one in found) == _THREADS


@pytest.mark.parametrize("reported", [0.25, 0.0625])
def test_what_is_reported_above_the_price_is_reckoned_with(reported: float) -> None:
    """After an answer that cost more than was listed, the next requests are taken to cost as much, by all threads."""
    body = f'{{"usage":{{"cost":{reported}}}}}'.encode()
    with serve_raw(_always(_answer(200, body)), keep=True) as server:
        target = Target("test", server.url, server.url, ceilings=Ceilings(dollars=1.0))
        with Recorder(target, concurrency=_THREADS) as recorder:
            recorder.spending.prices = price_list([{"id": "free", "pricing": {"prompt": "0"}}])
            recorder.send(_ASK)
            _send_from_threads(recorder, 200)
    assert len(server.heads) * reported == recorder.dollars == 1.0


def test_no_more_requests_are_under_way_than_allowed() -> None:
    """The server sees as many at once as it may, and never one more; each exchange tells how many there were."""
    lock = threading.Lock()
    under_way = most = 0

    def answer_all() -> None:
        nonlocal under_way
        under_way = 0

    together = threading.Barrier(3, answer_all)

    def reply(_: RawServer) -> Iterable[bytes]:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        together.wait(10)  # three are here, or nobody is answered
        return [_answer()]

    with (
        serve_raw(reply, keep=True) as server,
        Recorder(Target("test", server.url, server.url), concurrency=3) as recorder,
        ThreadPoolExecutor(_THREADS) as pool,
    ):
        exchanges = list(pool.map(recorder.send, [_ASK] * 24))
    assert most == 3
    assert {one.in_flight for one in exchanges} == {0, 1, 2}
    assert sorted(one.number for one in exchanges) == list(range(1, 25))
    assert sum(one.fresh_connection for one in exchanges) == server.connections


def test_observers_are_called_one_at_a_time() -> None:
    """An observer needs no lock of its own, and sees every exchange."""
    inside = threading.Lock()
    seen: list[int] = []

    def observer(exchange: Exchange) -> None:
        assert inside.acquire(blocking=False)
        seen.append(exchange.number)
        inside.release()

    with (
        serve_raw(_always(_answer()), keep=True) as server,
        Recorder(Target("test", server.url, server.url), concurrency=_THREADS) as recorder,
    ):
        recorder.observers.append(observer)
        _send_from_threads(recorder, 20)
    assert sorted(seen) == list(range(1, 161))


def test_silent_target_stops_all_threads() -> None:
    """The run ends with one sentence, the same for all, soon after the third request without an answer."""

    def silent(server: RawServer) -> Iterable[bytes]:
        server.closing.wait(10)
        return []

    with (
        serve_raw(silent) as server,
        Recorder(Target("test", server.url, server.url), 0.2, concurrency=4) as recorder,
    ):
        found = _send_from_threads(recorder, 100)
    sentences = {one for one in found if isinstance(one, str)}
    assert len(sentences) == 1
    assert "requests in a row unanswered" in sentences.pop()
    assert recorder.requests <= 2 * _THREADS


def test_living_target_is_not_given_up_by_threads() -> None:
    """Threads whose requests are not answered go on as long as the target answers what it answered before."""

    async def picky(scope: Any, receive: Any, send: Any) -> None:
        while (b"x-refused", b"1") in scope["headers"] and (await receive())["type"] != "http.disconnect":
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    refused = Request("POST", "/embeddings", b"{}", (("X-Refused", "1"),), operation="createEmbeddings")
    with serve_app(picky) as url, Recorder(Target("test", url, url), 0.3, concurrency=3) as recorder:
        recorder.send(_ASK)
        with ThreadPoolExecutor(3) as pool:
            found = list(pool.map(recorder.send, [refused] * 12))
    assert [one.status for one in found] == [None] * 12


def test_rate_holds_for_all_threads() -> None:
    """Ten requests at fifty a second take at least nine fiftieths."""
    with serve_raw(_always(_answer()), keep=True) as server:
        target = Target("test", server.url, server.url, ceilings=Ceilings(requests=10, per_second=50))
        with Recorder(target, concurrency=_THREADS) as recorder:
            started = time.monotonic()
            _send_from_threads(recorder, 10)
    assert len(server.heads) == 10
    assert time.monotonic() - started >= 9 / 50


def test_pause_holds_for_every_request() -> None:
    """While one request waits out a 429, no other is let go; afterwards half as many are sent at once."""
    admission = Admission("test", Ceilings(), concurrency=4, seconds=None, max_waiting=10)
    turns = [admission.enter(Cost()), admission.enter(Cost())]
    started = time.monotonic()
    assert admission.pause(0.2, turns[0])
    assert admission.pause(0.2, turns[1])
    for turn in turns:
        admission.leave(turn, Cost())
    admission.enter(Cost())
    assert time.monotonic() - started >= 0.2
    assert admission.concurrency == 2
    assert admission.waited.seconds == pytest.approx(0.2, abs=0.05)


def test_rate_limit_is_waited_out_and_reported() -> None:
    """A 429 leaves no trace in the answers, but in what was waited, and in how many requests go at once."""
    limited = _answer(429, b"{}", "Retry-After: 0")
    with (
        serve_raw(_one_after_the_other(limited, limited, limited, _answer()), keep=True) as server,
        Recorder(Target("test", server.url, server.url, max_retries=1), concurrency=4) as recorder,
    ):
        assert [recorder.send(_ASK).status for _ in range(2)] == [200, 200]
    assert recorder.waited.seconds == pytest.approx(0.7, abs=0.1)
    assert recorder.waited.count == 3
    assert recorder.concurrency == 1


@pytest.mark.parametrize("status", [429, 502, 503, 529])
def test_start_of_a_target_is_waited_out(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target that says at first that it is not ready is asked again, however often that is."""
    monkeypatch.setattr(recorder_module, "_MIN_WAIT", 0.01)
    starting = _answer(status, b"{}", "Retry-After: 0")
    with (
        serve_raw(_one_after_the_other(*[starting] * 4, _answer()), keep=True) as server,
        Recorder(Target("test", server.url, server.url, max_retries=1)) as recorder,
    ):
        assert recorder.send(_ASK).status == 200
    assert recorder.waited.count == 4


def test_start_without_a_time_to_wait_is_waited_out() -> None:
    """A 503 without `Retry-After` is asked again after a second."""
    with (
        serve_raw(_one_after_the_other(_answer(503), _answer()), keep=True) as server,
        Recorder(Target("test", server.url, server.url, max_retries=1)) as recorder,
    ):
        assert recorder.send(_ASK).status == 200
    assert recorder.waited == Waited(1.0, 1)


def test_outage_later_on_is_asked_again_a_few_times() -> None:
    """Once the target has answered, a 502 is its answer, if it stays."""
    outage = _answer(502, b"{}", "Retry-After: 0")
    with (
        serve_raw(_one_after_the_other(_answer(), outage), keep=True) as server,
        Recorder(Target("test", server.url, server.url, max_retries=2)) as recorder,
    ):
        assert [recorder.send(_ASK).status for _ in range(2)] == [200, 502]
    assert len(server.heads) == 4
    assert recorder.waited_out == {502: 2}


def test_waiting_has_a_budget() -> None:
    """A target that never gets ready has its answer returned when the time for waiting is used up."""
    with serve_raw(_always(_answer(503, b"{}", "Retry-After: 0")), keep=True) as server:
        target = Target("test", server.url, server.url, max_retries=2)
        with Recorder(target, max_waiting=0.5) as recorder:
            assert [recorder.send(_ASK).status for _ in range(2)] == [503, 503]
    assert recorder.waited.seconds <= 0.5
    assert len(server.heads) == 5  # waits of 0.1 and 0.2 seconds fit, and 0.1 once more


@pytest.mark.parametrize("asked", ["21", "inf", "Wed, 21 Oct 2099 07:28:00 GMT"])
def test_long_waits_are_not_waited(asked: str) -> None:
    """A target that asks for more than twenty seconds has its answer returned at once."""
    with (
        serve_raw(_always(_answer(503, b"{}", f"Retry-After: {asked}")), keep=True) as server,
        Recorder(Target("test", server.url, server.url, max_retries=2)) as recorder,
    ):
        assert recorder.send(_ASK).status == 503
    assert len(server.heads) == 1


def test_date_in_retry_after_is_waited_for() -> None:
    """`Retry-After` is a number of seconds or a date."""
    soon = format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1), usegmt=True)
    answers = _answer(503, b"{}", f"Retry-After: {soon}"), _answer()
    with (
        serve_raw(_one_after_the_other(*answers), keep=True) as server,
        Recorder(Target("test", server.url, server.url, max_retries=1)) as recorder,
    ):
        assert recorder.send(_ASK).status == 200
    assert recorder.waited.count == 1
    assert recorder.waited.seconds <= 1


def test_mock_is_never_waited_for() -> None:
    """Without retries, what the target answers is the answer, and nothing slows down."""
    with (
        serve_raw(_always(_answer(429, b"{}", "Retry-After: 0")), keep=True) as server,
        Recorder(Target("test", server.url, server.url)) as recorder,
    ):
        assert recorder.send(_ASK).status == 429
    assert recorder.waited == Waited()


@pytest.mark.parametrize("timeout", [0.5, 30])
def test_time_of_the_run_is_over(timeout: float) -> None:
    """The run ends in the middle of an answer, in every thread, and the answer is blamed on nobody."""

    def slow(server: RawServer) -> Iterable[bytes]:
        yield b"HTTP/1.1 200 X\r\nContent-Length: 1000000\r\n\r\n"
        yield from server.slowly(b" ")

    with serve_raw(slow) as server:
        target = Target("test", server.url, server.url)
        with Recorder(target, timeout, concurrency=2, seconds=0.4) as recorder:
            found = _send_from_threads(recorder, 3)
    assert len(found) == _THREADS
    assert {str(one).partition(":")[0] for one in found} == {"stopped after 0.4 seconds, the time allowed with --time"}
    assert recorder.unanswered == []


def test_time_of_the_run_ends_waiting() -> None:
    """Neither a pause nor a rate lasts longer than the run."""
    with serve_raw(_always(_answer(503, b"{}", "Retry-After: 20")), keep=True) as server:
        target = Target("test", server.url, server.url, max_retries=2)
        started = time.monotonic()
        with Recorder(target, seconds=0.3) as recorder, pytest.raises(TargetError, match=r"stopped after 0\.3 seconds"):
            recorder.send(_ASK)
    assert time.monotonic() - started < 5


def test_stopped_run_sends_nothing_more() -> None:
    """Whoever ends the run gives the sentence that every thread is told."""
    with serve_raw(_always(_answer())) as server, Recorder(Target("test", server.url, server.url)) as recorder:
        recorder.stop("interrupted.")
        with pytest.raises(TargetError, match=r"^interrupted\.$"):
            recorder.send(_ASK)
    assert server.heads == []
