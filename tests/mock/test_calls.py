"""What a test sees of the calls that its SDK made."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from openrouter_mock import call_log
from openrouter_mock.app import create_app
from openrouter_mock.server import MockServer
from openrouter_mock.settings import MockSettings

from .probes import KEY, MODEL, body, client_of, raw


@pytest.fixture
def server() -> Iterator[MockServer]:
    """A running mock."""
    with MockServer() as running:
        yield running


def embed(server: MockServer, text: str = "cat", **headers: str) -> httpx.Response:
    """Embed *text*."""
    sent = {"authorization": f"Bearer {server.key}", "content-type": "application/json", **headers}
    return httpx.post(f"{server.url}/embeddings", content=body(text), headers=sent)


def test_a_call_is_seen_as_it_was_sent(server: MockServer) -> None:
    """Method, path, query, headers, body, model and status of a call are there when its response is."""
    embed(server, "cat", **{"X-OpenRouter-Title": "App"})
    httpx.get(f"{server.url}/embeddings/models", params={"limit": 5, "offset": 1})
    first, second = server.calls
    assert (first.method, first.path, first.query, first.status) == ("POST", "/api/v1/embeddings", "", 200)
    assert first.body == body("cat")
    assert first.json()["input"] == "cat"
    assert first.model == MODEL
    assert first.headers["x-openrouter-title"] == "App"
    assert (second.method, second.path, second.query) == ("GET", "/api/v1/embeddings/models", "limit=5&offset=1")
    assert second.model is None
    assert server.calls.total == len(server.calls) == 2


def test_calls_show_no_key() -> None:
    """Neither the key, nor one that a caller put elsewhere, is in the headers, the path, the query or any repr."""
    app = create_app(MockSettings(keys=("hunter2hunter2",)))
    client = client_of(app)
    other = "sk-or-v1-of-somebody-else"
    headers = {"authorization": "Bearer hunter2hunter2", "x-api-key": other, "referer": f"https://x.test/{KEY}"}
    client.post(f"/embeddings?key={other}", content=body("cat", model=f"a/{other}"), headers=headers)
    client.get(f"/{other}", headers={"Proxy-Authorization": "Basic aHVudGVyMjpodW50ZXIy"})
    for call in app.calls:
        shown = f"{call} {call!r} {call.headers} {call.path} {call.query} {call.model} {call.outline()} {app.calls!r}"
        assert "hunter2" not in shown
        assert "aHVudGVy" not in shown
        assert other not in shown
        assert KEY not in shown
    assert app.calls[0].headers["authorization"] == "Bearer sk-…"


def test_rejected_calls_are_seen() -> None:
    """A call that the mock rejected is there too, also one that is no JSON."""
    app = create_app()
    probe = raw("", b"no JSON")
    client_of(app).post("/embeddings", content=probe.body, headers=probe.headers)
    (call,) = app.calls
    assert (call.status, call.body, call.inputs) == (400, b"no JSON", 0)
    with pytest.raises(ValueError, match="invalid literal"):
        call.json()


def test_a_call_names_its_scenario(server: MockServer) -> None:
    """A call says which scenario was applied to it."""
    server.scenarios.queue("overloaded")
    embed(server)
    embed(server)
    assert [(call.status, call.scenario) for call in server.calls] == [(529, "overloaded"), (200, None)]


def test_a_reset_forgets_calls_and_scenarios(server: MockServer) -> None:
    """After a reset no call is there, and no scenario is queued."""
    embed(server)
    server.scenarios.queue("overloaded")
    server.reset()
    assert (list(server.calls), server.calls.total, server.scenarios.queued) == ([], 0, ())


def test_old_calls_are_dropped_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls are kept up to a number and up to a number of bytes; `total` counts all, and the newest stays."""
    app = create_app()
    client = client_of(app)
    monkeypatch.setattr(call_log, "MAX_CALLS", 3)
    for number in range(5):
        client.get(f"/embeddings/models?offset={number}")
    assert [call.query for call in app.calls] == ["offset=2", "offset=3", "offset=4"]
    assert app.calls.total == 5
    monkeypatch.setattr(call_log, "MAX_BYTES", 10)
    client.get("/embeddings/models?offset=9")
    assert [call.query for call in app.calls] == ["offset=9"]
    app.calls.reset()
    client.get("/embeddings/models?offset=10")
    client.get("/embeddings/models?offset=11")
    assert [call.query for call in app.calls] == ["offset=11"]


def test_a_queued_scenario_that_is_left_is_named() -> None:
    """`assert_none_queued` names the scenarios that no call met."""
    server = MockServer()
    server.scenarios.assert_none_queued()
    server.scenarios.queue("overloaded", times=2)
    with pytest.raises(AssertionError, match=r"2 queued scenarios were not applied \(overloaded, overloaded\)"):
        server.scenarios.assert_none_queued()
