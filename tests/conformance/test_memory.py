"""What was checked is forgotten but for an excerpt: memory does not grow with the answers of a run."""

from __future__ import annotations

import gc
import gzip
import tracemalloc
from collections.abc import Callable
from typing import Any

import attrs
import orjson
import pytest

from openrouter_conformance import campaign, contract, requirements
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.exchange import Exchange
from openrouter_conformance.exchange_monitor import ExchangeMonitor
from openrouter_conformance.operations import CREATE_EMBEDDINGS
from openrouter_conformance.profiles import PROFILES
from openrouter_conformance.recorder import Recorder
from openrouter_conformance.session import Session, Unsupported
from openrouter_conformance.targets import Target

from .raw_server import serve_raw

_PADDING = b" " * 20_000_000
_ANSWER = {
    "object": "list",
    "data": [{"object": "embedding", "embedding": [0.5, 0.25], "index": 0}],
    "model": "acme/tiny-embed",
    "usage": {"prompt_tokens": 1, "total_tokens": 1},
}


def _padded(value: Any, status: int = 200) -> bytes:
    """Return an answer with 20 MB of white space, compressed to 20 kB."""
    body = gzip.compress(orjson.dumps(value) + _PADDING, mtime=0)
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
    return head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body


def _answer_is_kept(session: Session) -> list[Any]:
    return [session.embed("a", 1) for _ in range(5)]


def _failure_is_kept(session: Session) -> list[Any]:
    found: list[Any] = []
    for _ in range(5):
        exchange = session.ask("a")
        try:
            raise CheckFailure(exchange.outline(), "another answer", exchange)
        except CheckFailure as failure:
            found.append(failure.without_traceback())
    return found


def _feature_is_kept(session: Session) -> list[Any]:
    return [Unsupported("no", session.ask("a")) for _ in range(5)]


def _campaign_is_kept(session: Session) -> list[Any]:
    return campaign.run(session, CREATE_EMBEDDINGS)[:5]


@pytest.mark.parametrize("keep", [_answer_is_kept, _failure_is_kept, _feature_is_kept, _campaign_is_kept])
def test_padding_of_answers_is_not_kept(keep: Callable[[Session], list[Any]]) -> None:
    """Whatever is kept of an answer with 20 MB of white space, the white space is not."""
    answer = _padded(_ANSWER)
    with serve_raw(lambda _: [answer], keep=True) as server:
        target = Target("test", server.url, server.url, model="acme/tiny-embed")
        profile = attrs.evolve(PROFILES["quick"], generated=10)
        with Recorder(target) as recorder:
            known = [one for one in requirements.load() if one.operation is CREATE_EMBEDDINGS]
            session = Session(target, recorder, contract.shipped(), profile, 0)
            recorder.observers.append(ExchangeMonitor(session.contract, known))
            keep(Session(target, recorder, contract.shipped(), profile, 0))  # what is made once is not counted
            before = recorder.requests
            gc.collect()
            tracemalloc.start()
            try:
                kept = keep(session)
                gc.collect()
                current, _ = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
    assert len(kept) == 5
    assert recorder.requests >= before + 5
    assert current < len(_PADDING) / 2


@pytest.mark.parametrize(
    "body",
    [
        b'{"data":[' + b'{"id":"a"},' * 700_000 + b'{"id":"a"}]}',
        b"[" * 1000 + b"]" * 1000 + b"[" + b"[]," * 400_000 + b"[]]",
        b"[" + b"0," * 9_000_000 + b"0]",
        b'{"a":0,' + b'"a":0,' * 1_000_000 + b'"a":0}',
    ],
    ids=["models", "arrays", "numbers", "members"],
)
def test_body_of_too_many_values_is_not_parsed(body: bytes) -> None:
    """A list of very many models is refused in a phrase before it takes many times its size."""
    exchange = Exchange(None, "GET", "http://127.0.0.1", (), None, 200, body=body)
    tracemalloc.start()
    try:
        assert exchange.json is None
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "more than the suite reads" in str(exchange.json_fault)
    assert exchange.is_oversized
    assert peak < 1_000_000


def test_largest_batch_is_parsed() -> None:
    """2,048 vectors of 3,072 numbers are an answer like any other."""
    body = b"[" + b",".join([b"[" + b",".join([b"0.125"] * 3072) + b"]"] * 2048) + b"]"
    assert len(Exchange(None, "GET", "http://127.0.0.1", (), None, 200, body=body).json) == 2048


def test_stripped_exchange_shows_the_same() -> None:
    """Evidence reads like the whole: the outline, with the length of the whole body, and the line for curl."""
    headers = tuple((f"x-{number}", "y" * 1000) for number in range(50))
    whole = Exchange(
        "createEmbeddings", "POST", "http://127.0.0.1", (), b"{}", 200, headers, b'["' + b"x" * 90000 + b'"]'
    )
    kept = whole.stripped()
    assert (kept.curl(), kept.status) == (whole.curl(), whole.status)
    assert whole.as_shown().outline() == whole.outline()
    assert "90000 characters" in whole.outline()
    assert "(90004 bytes)" in kept.outline()
    assert len(kept.body) + len(repr(kept.headers)) < 26_000
    assert kept.stripped() is kept
    with pytest.raises(RuntimeError, match="stripped for evidence"):
        _ = kept.json


def test_unanswered_exchange_equals_its_evidence() -> None:
    """A run that stops finds the requests that nobody answered among its failures."""
    lost = Exchange("createEmbeddings", "POST", "http://127.0.0.1", (), b"{}", failure="no answer", number=3)
    assert lost.stripped() == lost
