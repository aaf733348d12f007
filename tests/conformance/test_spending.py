"""What is spent: never more than the ceilings, to the cent, whatever a server says or charges by its own list."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_conformance import requirements, runner
from openrouter_conformance.oracle import spelling
from openrouter_conformance.prices import UNKNOWN, UNKNOWN_LIST, Price, PriceList, price_list
from openrouter_conformance.report import records as report_records
from openrouter_conformance.spending import Content, content_of
from openrouter_conformance.status import Status
from openrouter_conformance.targets import Ceilings
from openrouter_mock.server import MockServer
from openrouter_mock.settings import MockSettings

from . import other_server
from .altered_server import Call, altered
from .conftest import Printed, serve_app

_KEY = "sk-or-v1-0123456789abcdef"
_SELECTED = [one.id for one in requirements.load()]


@attrs.define
class _Ledger:
    """What a stand-in has really charged."""

    dollars: float = 0.0
    tokens: int = 0
    requests: int = 0
    lock: threading.Lock = attrs.field(factory=threading.Lock)


def _charging(ledger: _Ledger, prices: PriceList, lie: Callable[[int, Any], tuple[int, Any]]) -> Any:
    """Return the other server, which charges each byte of text, even of what it refuses, and lies about it."""

    def alter(call: Call, status: int, body: Any) -> tuple[int, Any]:
        if call.method == "POST":
            content = content_of(call.body)
            with ledger.lock:
                ledger.requests += 1
                ledger.tokens += content.tokens
                ledger.dollars += prices.of(content.model).of(content.tokens, content.media)
        return lie(status, body)

    return altered(other_server.application(), alter)


def _cheap_usage(status: int, body: Any) -> tuple[int, Any]:
    """Report next to nothing."""
    if isinstance(body, dict) and "usage" in body:
        body["usage"] = {"prompt_tokens": 1, "total_tokens": 1, "cost": 0}
    return status, body


def _no_usage_and_no_list(status: int, body: Any) -> tuple[int, Any]:
    """Report nothing, and list nothing."""
    if isinstance(body, dict) and isinstance(body.get("data"), list) and "usage" not in body:
        return 500, {"error": {"code": 500, "message": "no list today"}}
    if isinstance(body, dict):
        body.pop("usage", None)
    return status, body


def _price_per_request(status: int, body: Any) -> tuple[int, Any]:
    """List a price per request, and report none of it."""
    status, body = _cheap_usage(status, body)
    if isinstance(body, dict) and isinstance(body.get("data"), list) and "usage" not in body:
        for model in body["data"]:
            model["pricing"] = {"prompt": "0", "completion": "0", "request": "0.0005"}
    return status, body


def _refused_and_charged(status: int, body: Any) -> tuple[int, Any]:
    """Refuse every second text, and charge it none the less."""
    status, body = _cheap_usage(status, body)
    if status == 200 and isinstance(body, dict) and "usage" in body and len(json.dumps(body)) % 2:
        return 400, {"error": {"code": 400, "message": "not today"}}
    return status, body


_LISTED = price_list([{"id": name, "pricing": {"prompt": price}} for name, price in other_server.PRICES.items()])


@pytest.mark.parametrize(
    ("lie", "prices", "ceiling"),
    [
        (_cheap_usage, _LISTED, 0.004),
        (_refused_and_charged, _LISTED, 0.004),
        (_no_usage_and_no_list, UNKNOWN_LIST, 0.01),
        (_price_per_request, PriceList({}, Price(0.0, 0.0005)), 0.03),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_the_dollar_ceiling_holds_to_the_cent_against_a_server_that_lies(
    lie: Any, prices: PriceList, ceiling: float
) -> None:
    """Eight at a time, through every engine: what was really charged is never above the ceiling, and stops near it."""
    ledger = _Ledger()
    model = "acme/large-embed" if lie is _no_usage_and_no_list else None
    limits = Ceilings(dollars=ceiling, concurrency=8)
    with serve_app(_charging(ledger, prices, lie)) as url:
        plan = runner.Plan(url + other_server.BASE, _SELECTED, model=model, limits=limits)
        found = runner.run(plan, {"CONFORMANCE_API_KEY": other_server.KEY})
    assert ledger.dollars <= ceiling
    assert found.footer["bill"]["dollars"] <= ceiling
    assert found.footer["stopped"] is not None
    assert f"the ceiling of ${ceiling:g}" in found.footer["stopped"]
    assert found.footer["totals"]["not-run"] > 0


@pytest.mark.parametrize(
    "limit",
    [("--max-requests", "80", "requests"), ("--max-tokens", "300000", "tokens"), ("--max-dollars", "0.003", "dollars")],
)
def test_a_run_that_meets_a_ceiling_tells_what_it_has_found_out(
    command: Callable[..., Printed], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, limit: tuple[str, str, str]
) -> None:
    """Exit 3: the results so far are printed and written, marked as unfinished, with the bill."""
    option, value, figure = limit
    monkeypatch.setenv("CONFORMANCE_API_KEY", other_server.KEY)
    ledger = _Ledger()
    with serve_app(_charging(ledger, _LISTED, lambda status, body: (status, body))) as url:
        arguments = ("--profile", "quick", option, value, "--report", tmp_path)
        printed = command("run", url + other_server.BASE, *arguments)
    assert printed.code == 3
    assert "STOPPED, UNFINISHED: " in printed.out
    assert f"{option} sets another." in printed.err
    assert printed.err.count("\n") == 1
    written = report_records.read(tmp_path / "results.jsonl")
    assert written.footer["bill"][figure] <= float(value)
    assert getattr(ledger, figure) <= written.footer["bill"][figure]
    assert written.with_status(Status.PASSED)
    assert written.with_status(Status.NOT_RUN)
    assert (tmp_path / "junit.xml").exists()


def test_a_run_out_of_time_tells_what_it_has_found_out(
    command: Callable[..., Printed], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Exit 3 as with every other ceiling: results, report and bill are there, and no target is blamed."""
    monkeypatch.setenv("CONFORMANCE_API_KEY", _KEY)
    with MockServer(MockSettings(keys=(_KEY,), latency=0.5)) as server:
        arguments = ("--profile", "quick", "--time", "6", "--model", "openai/text-embedding-3-small")
        printed = command("run", server.url, *arguments, "--report", tmp_path)
    assert printed.code == 3
    assert "STOPPED, UNFINISHED: " in printed.out
    assert "stopped after 6 seconds, the time allowed with --time" in printed.err
    written = report_records.read(tmp_path / "results.jsonl")
    assert written.with_status(Status.NOT_RUN)
    assert written.with_status(Status.FAILED) == []
    assert written.footer["bill"]["requests"] > 0
    assert (tmp_path / "junit.xml").exists()


def test_the_bill_stands_in_the_report(command: Callable[..., Printed], monkeypatch: pytest.MonkeyPatch) -> None:
    """A run says what it has used up at most; the mock costs nothing."""
    monkeypatch.setenv("CONFORMANCE_API_KEY", other_server.KEY)
    only = ("--only", "create-embeddings/response/model-named", "--profile", "quick")
    with serve_app(other_server.application()) as url:
        assert ", at most " in command("run", url + other_server.BASE, *only).out
    assert "$" not in command("run", "mock", *only).out


@given(st.lists(st.text(), min_size=1), st.sampled_from(sorted(spelling.SPELLINGS)))
def test_no_text_has_more_tokens_than_are_counted(texts: list[str], style: str) -> None:
    """The bytes of all texts are counted, however the request is written."""
    body = spelling.write({"model": "a/b", "input": texts}, style)
    assert content_of(body) == Content("a/b", sum(len(one.encode("utf-8", "surrogatepass")) for one in texts))


@pytest.mark.parametrize(
    ("body", "content"),
    [
        (b'{"model":"m","input":[1,2,3]}', Content("m", 3)),
        (b'{"model":"m","input":[[1,2],[3]]}', Content("m", 3)),
        (b'{"model":7,"input":"ab"}', Content(None, 2)),
        (b'{"input":"ab","input":"a"}', Content(None, 26)),
        (b'{"\\u0069nput":"abc","input":"a"}', Content(None, 32)),
        (b"no json", Content(None, 7)),
        (b'{"model":"a/b","input":"a', Content("a/b", 25)),
        (b'{"model":"a/b","model":"c","input":"a"}', Content(None, 39)),
        (b"[" * 20_000, Content(None, 0)),
        (b'{"input":' * 20_000 + b'["a text",12]', Content(None, 10)),
        (b"", Content(None, 0)),
        (None, Content(None, 0)),
        (
            b'{"model":"m","input":[{"content":[{"type":"text","text":"ab"},{"type":"image_url","image_url":{"url":"x"}}]}]}',
            Content("m", 3, 1),
        ),
    ],
)
def test_what_a_request_asks_to_read_is_counted(body: bytes | None, content: Content) -> None:
    """Token ids count as they are, media one by one; what may be read in several ways counts whole."""
    assert content_of(body) == content


@pytest.mark.parametrize(
    ("models", "model", "price"),
    [
        ([], "a", UNKNOWN),
        ([{"id": "a"}, {"id": "b", "pricing": None}], "a", UNKNOWN),
        ([{"id": "a", "pricing": {"prompt": "0.01", "request": "0.5"}}], "a", Price(0.01, 0.5, 40.96)),
        ([{"id": "a", "pricing": {"prompt": "0"}}], "b", Price(0.0)),
        (
            [
                {"id": "a", "pricing": {"prompt": "0.01", "overrides": [{"prompt": "0.03", "min_prompt_tokens": 9}]}},
                {"id": "b", "pricing": {"prompt": "0.02", "request": "1", "image": "0.5"}},
            ],
            "c",
            Price(0.03, 1.0, 0.03 * 4096),
        ),
        ([{"id": "a", "pricing": {"prompt": "0.01", "request": "nonsense"}}], "a", Price(0.01, 0.0, 40.96)),
    ],
)
def test_the_highest_listed_price_counts(models: list[Any], model: str, price: Price) -> None:
    """Prices hold under any condition; a model that is not listed costs as the dearest, and an unread list as usual."""
    found = price_list(models).of(model)
    assert (found.token, found.request) == (price.token, price.request)
    assert found.medium == pytest.approx(price.medium)


def test_an_unread_list_is_not_free() -> None:
    """Before the list was read, and where it shows no prices, something is reckoned with."""
    assert not UNKNOWN_LIST.is_free
    assert price_list([{"id": "a", "pricing": {"prompt": "0"}}]).is_free
