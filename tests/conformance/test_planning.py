"""What `--plan` prints: what a run uses up, without sending anything."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from openrouter_conformance.report import records as report_records
from openrouter_mock.server import MockServer
from openrouter_mock.settings import MockSettings

from .conftest import Printed, serve_app

_KEY = "sk-or-v1-0123456789abcdef"
_ONLY = ("--only", "create-embeddings/response/model-named")


def _quick(printed: Printed) -> tuple[int, int, float]:
    """Return requests, tokens and dollars of the profile quick."""
    found = re.search(r"^quick +([0-9,]+) +([0-9,]+) +([0-9.]+)$", printed.out, re.MULTILINE)
    assert found is not None, printed.out
    return int(found[1].replace(",", "")), int(found[2].replace(",", "")), float(found[3])


def test_a_plan_sends_nothing_to_the_target(command: Callable[..., Printed]) -> None:
    """The server is not asked for anything; what is assumed of it is said."""
    calls: list[Any] = []

    async def counting(scope: Any, receive: Any, send: Any) -> None:
        calls.append(scope)

    with serve_app(counting) as url:
        printed = command("run", url, "--plan", *_ONLY, "--max-dollars", "0.25")
    assert (printed.code, printed.err, calls) == (0, "", [])
    assert "the target's model list was not read: $0.2 for a million input tokens" in printed.out
    assert "Ceilings, which a run stops at: 20,000 requests, $0.25." in printed.out
    assert "deep    not rehearsed, which takes minutes: add --profile deep" in printed.out


def test_a_plan_of_the_live_api_needs_no_key(command: Callable[..., Printed], monkeypatch: pytest.MonkeyPatch) -> None:
    """Live can be planned by whoever has no key yet, by the prices that were recorded."""
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)
    printed = command("run", "live", "--plan", *_ONLY)
    assert (printed.code, printed.err) == (0, "")
    requests, tokens, dollars = _quick(printed)
    assert "with openai/text-embedding-3-small" in printed.out
    assert 0 < dollars < tokens * 1e-6
    assert requests > 10


def test_a_run_uses_up_what_was_planned(
    command: Callable[..., Printed], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A server that has all features is sent as many requests as the plan says, which cost as much by its list."""
    monkeypatch.setenv("CONFORMANCE_API_KEY", _KEY)
    options = ("--model", "openai/text-embedding-3-small", *_ONLY)
    with MockServer(MockSettings(keys=(_KEY,))) as server:
        planned = _quick(command("run", server.url, "--plan", *options))
        command("run", server.url, "--profile", "quick", *options, "--report", tmp_path)
    bill = report_records.read(tmp_path / "results.jsonl").footer["bill"]
    assert (bill["requests"], bill["tokens"]) == planned[:2]
    assert bill["dollars"] == pytest.approx(planned[2], abs=1e-6)


def test_the_mock_is_planned_as_free(command: Callable[..., Printed]) -> None:
    """The embedded mock costs nothing, and the plan says so."""
    printed = command("run", "mock", "--plan", *_ONLY)
    assert _quick(printed)[2] == 0
    assert "the embedded mock costs nothing" in printed.out
