"""The recorder: bounded in every direction, whatever the server does."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any

import pytest

from openrouter_conformance import transport
from openrouter_conformance.errors import TargetError
from openrouter_conformance.exchange import Request
from openrouter_conformance.prices import price_list, price_per_token
from openrouter_conformance.recorder import Recorder
from openrouter_conformance.targets import Ceilings, Target

from .conftest import serve_app

_ASK = Request("POST", "/embeddings", b'{"input":"a"}', operation="createEmbeddings")


def _app(status: int = 200, body: Any = None, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Any:
    """Return an application that answers everything alike, and counts."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        application.calls += 1  # type: ignore[attr-defined]
        content = json.dumps(body).encode() if not isinstance(body, bytes) else body
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        await send({"type": "http.response.body", "body": content})

    application.calls = 0  # type: ignore[attr-defined]
    return application


def _send_often(recorder: Recorder, request: Request = _ASK) -> None:
    for _ in range(100):
        recorder.send(request)


def test_unreachable_targets_are_named() -> None:
    """Nothing listens: one sentence says where nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with Recorder(Target("test", url, url)) as recorder, pytest.raises(TargetError, match=url):
        recorder.send(_ASK)


def test_redirects_are_not_followed() -> None:
    """A redirect is an answer like any other; the key does not travel on."""
    elsewhere = _app()
    with (
        serve_app(elsewhere) as other,
        serve_app(_app(307, b"", ((b"location", other.encode()),))) as url,
        Recorder(Target("test", url, url, key="secret")) as recorder,
    ):
        assert recorder.send(_ASK).status == 307
    assert elsewhere.calls == 0


def test_request_ceiling_holds() -> None:
    """No more requests leave than the ceiling allows."""
    application = _app(body={})
    with serve_app(application) as url:
        target = Target("test", url, url, ceilings=Ceilings(requests=3))
        with Recorder(target) as recorder, pytest.raises(TargetError, match="after 3 requests"):
            _send_often(recorder)
    assert application.calls == 3


_PRICES = price_list([{"id": "dear", "pricing": {"prompt": "0.01"}}, {"id": "cheap", "pricing": {"prompt": "0.0001"}}])
_TEN = Request("POST", "/embeddings", b'{"input":"ten bytes."}', operation="createEmbeddings")


@pytest.mark.parametrize(
    ("usage", "calls"),
    [({"prompt_tokens": 1, "cost": 0.4}, 2), ({"prompt_tokens": 40, "cost": 0}, 2), (None, 9), ("lies", 9)],
)
def test_dollar_ceiling_holds_whatever_the_server_says(usage: Any, calls: int) -> None:
    """Spending is what the text costs at most by the listed price, or the server's word where that is more."""
    application = _app(body={"usage": usage})
    with serve_app(application) as url:
        target = Target("test", url, url, ceilings=Ceilings(dollars=0.99))
        with Recorder(target) as recorder:
            recorder.spending.prices = _PRICES
            with pytest.raises(TargetError, match="ceiling"):
                _send_often(recorder, _TEN)
    assert application.calls == calls


def test_dollar_ceiling_is_checked_before_sending() -> None:
    """A request whose worst case passes the ceiling is not sent at all."""
    application = _app(body={})
    with serve_app(application) as url:
        target = Target("test", url, url, ceilings=Ceilings(dollars=0.09))
        with Recorder(target) as recorder:
            recorder.spending.prices = _PRICES
            with pytest.raises(TargetError, match="ceiling"):
                recorder.send(_TEN)
    assert application.calls == 0


def test_token_ceiling_is_checked_before_sending() -> None:
    """Tokens are counted as dollars are: a byte of text is one, and no answer makes them fewer."""
    application = _app(body={"usage": {"prompt_tokens": 1}})
    with serve_app(application) as url:
        target = Target("test", url, url, ceilings=Ceilings(tokens=39))
        with Recorder(target) as recorder, pytest.raises(TargetError, match=r"stopped at 30 tokens: .*--max-tokens"):
            _send_often(recorder, _TEN)
    assert application.calls == 3


@pytest.mark.parametrize(("model", "spent"), [("cheap", 0.001), ("dear", 0.1), ("unlisted", 0.1), (7, 0.1)])
def test_requests_are_priced_by_their_model(model: Any, spent: float) -> None:
    """Each request costs what its own model is listed at; one that is not listed costs as the dearest."""
    body = json.dumps({"model": model, "input": "ten bytes."}).encode()
    with serve_app(_app(body={"usage": {"prompt_tokens": 2}})) as url, Recorder(Target("test", url, url)) as recorder:
        recorder.spending.prices = _PRICES
        recorder.send(Request("POST", "/embeddings", body, operation="createEmbeddings"))
        assert recorder.dollars == pytest.approx(spent)


def test_lasting_429_stops_the_run() -> None:
    """A target that keeps saying 429 is asked a few times more, then the run ends, and nobody is blamed."""
    application = _app(429, {"error": {"message": "slow down"}}, ((b"retry-after", b"0"),))
    with (
        serve_app(application) as url,
        Recorder(Target("test", url, url, max_retries=2), max_waiting=0.5) as recorder,
        pytest.raises(TargetError, match="429"),
    ):
        recorder.send(_ASK)
    assert application.calls == 3


def test_passing_429_is_waited_out() -> None:
    """A 429 that passes leaves no trace in the results."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        calls.append(scope)
        status = 429 if len(calls) == 1 else 200
        await send({"type": "http.response.start", "status": status, "headers": [(b"retry-after", b"0")]})
        await send({"type": "http.response.body", "body": b"{}"})

    calls: list[Any] = []
    with serve_app(application) as url, Recorder(Target("test", url, url, max_retries=1)) as recorder:
        assert recorder.send(_ASK).status == 200
    assert len(calls) == 2


@pytest.mark.parametrize("coding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("shown", [slice(None), slice(0, -4), slice(-12, None)], ids=["whole", "start", "end"])
def test_echoed_key_is_told_of_and_not_kept(coding: str, shown: slice) -> None:
    """A key in an answer, in another encoding or cut short, is redacted, and the exchange says that it was there."""
    key = "sk-or-v1-0123456789abcdef0123"
    with (
        serve_app(_app(401, key[shown].encode(coding))) as url,
        Recorder(Target("test", url, url, key=key)) as recorder,
    ):
        exchange = recorder.send(_ASK)
    assert exchange.key_echoed
    assert b"$CONFORMANCE_API_KEY" in exchange.body
    assert b"f" not in exchange.body  # of the secret


def test_endless_answers_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer beyond the ceiling on size is no answer."""
    monkeypatch.setattr(transport, "MAX_BYTES", 1000)
    with serve_app(_app(body=b"x" * 5000)) as url, Recorder(Target("test", url, url)) as recorder:
        exchange = recorder.send(_ASK)
    assert exchange.status is None
    assert "1000 bytes" in exchange.outline()


def test_broken_compression_is_the_targets_fault() -> None:
    """A body that its Content-Encoding does not decode is reported, not raised."""
    application = _app(body=b"not gzip", headers=((b"content-encoding", b"gzip"),))
    with serve_app(application) as url, Recorder(Target("test", url, url)) as recorder:
        exchange = recorder.send(_ASK)
    assert exchange.status is None
    assert "Content-Encoding" in exchange.outline()


def test_no_answer_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that closes without an answer is the target's fault, after a second try."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(5)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        closer = _Closer(listening)
        closer.start()
        with Recorder(Target("test", url, url)) as recorder:
            exchange = recorder.send(_ASK)
        closer.join()
    assert exchange.status is None
    assert exchange.failure is not None
    assert recorder.requests == 2


@pytest.mark.parametrize(
    ("model", "price"),
    [
        ({"pricing": {"prompt": "0.00000002"}}, 2e-8),
        ({"pricing": {"prompt": "1.3e-7"}}, 1.3e-7),
        ({"pricing": {"prompt": "-1"}}, None),
        ({"pricing": {"prompt": "NaN"}}, None),
        ({"pricing": {"prompt": "free"}}, None),
        ({"pricing": {}}, None),
        ({"pricing": None}, None),
        (None, None),
    ],
)
def test_prices_are_read_or_left(model: Any, price: float | None) -> None:
    """A price is a decimal from 0; anything else is none."""
    assert price_per_token(model) == price


class _Closer(threading.Thread):
    """Accepts two connections and closes each without a word."""

    def __init__(self, listening: socket.socket) -> None:
        super().__init__(daemon=True)
        self._listening = listening

    def run(self) -> None:
        """Accept and close, twice."""
        for _ in range(2):
            connection, _ = self._listening.accept()
            connection.recv(65536)
            connection.close()
