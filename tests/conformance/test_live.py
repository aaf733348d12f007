"""The live API, played by a loopback server: the same code, without the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from openrouter_conformance import requirements, targets
from openrouter_conformance.known_deviations import Kind
from openrouter_conformance.report import records as report_records
from openrouter_conformance.status import Status
from openrouter_conformance.targets.target_file import shipped

from . import other_server
from .altered_server import Alter, Call, altered
from .conftest import Printed, serve_app

Live = Callable[..., Any]
_NO_CODE = "create-embeddings/errors/code-present"
_OPTIONS = ("--model", "acme/large-embed", "--profile", "quick", "--rate", "1000")


def _no_items(call: Call, status: int, body: Any) -> tuple[int, Any]:
    """Answer base64 as the live API does where the provider does not know it."""
    if status == 200 and b'"base64"' in call.body:
        return 200, {**body, "data": []}
    return status, body


def _error_in_success(call: Call, status: int, body: Any) -> tuple[int, Any]:
    """Answer some long texts as the live API does when a provider fails after the status line was sent."""
    if status == 200 and b"violin" in call.body and len(call.body) > 2000:
        return 200, {"error": {"message": "No successful provider responses.", "code": 404}}
    return status, body


def _as_it_is(_: Call, status: int, body: Any) -> tuple[int, Any]:
    """Leave the answers as they are: the server refuses malformed requests in the envelope without a code."""
    return status, body


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Callable[[Alter], Any]:
    """Give a context in which `live` is a loopback server, whose answers are altered."""

    @contextmanager
    def serving(alter: Alter = _as_it_is) -> Iterator[None]:
        monkeypatch.setenv("OPENROUTER_API_KEY", other_server.KEY)
        with serve_app(altered(other_server.application(), alter)) as url:
            monkeypatch.setattr(targets, "LIVE_URL", url + other_server.BASE)
            yield

    return serving


def test_without_a_key_live_explains_itself(command: Callable[..., Printed], monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 2 and one sentence that names the variable; nothing is sent."""
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)
    printed = command("run", "live")
    assert (printed.code, printed.out) == (2, "")
    assert "OPENROUTER_API_KEY is not set or empty" in printed.err
    assert printed.err.count("\n") == 1


def test_each_shipped_deviation_has_a_date_and_a_source() -> None:
    """The file of the live API names requirements that exist, with evidence that anybody can read."""
    known = shipped().known
    assert shipped().address == "live"
    assert all(any(entry.matches(one.id) for one in requirements.load()) for entry in known)
    assert [entry for entry in known if entry.since is None or entry.link is None] == []


@pytest.mark.parametrize(
    ("alter", "deviation"),
    [
        (_no_items, "create-embeddings/response/one-vector-per-input"),
        (_error_in_success, "create-embeddings/errors/no-error-in-success"),
        (_as_it_is, _NO_CODE),
    ],
)
def test_the_live_api_conforms_but_for_what_is_known(
    command: Callable[..., Printed], live: Live, tmp_path: Path, alter: Alter, deviation: str
) -> None:
    """A server that deviates as the live API was seen to is checked with exit 0, and the deviation reported as known."""
    with live(alter):
        printed = command("run", "live", *_OPTIONS, "--report", tmp_path)
    assert (printed.code, printed.err) == (0, ""), printed.out
    written = report_records.read(tmp_path / "results.jsonl")
    known = {record["id"]: record["known"]["kind"] for record in written.with_status(Status.KNOWN)}
    assert known == {deviation: Kind.FLAKY.value, _NO_CODE: Kind.FLAKY.value}
    assert written.header["target"]["name"] == "live"


def test_a_live_api_without_its_deviations_conforms_too(command: Callable[..., Printed], live: Live) -> None:
    """What was seen on some requests only may as well not be seen."""
    with live():
        printed = command("run", "live", *_OPTIONS)
    assert (printed.code, printed.err) == (0, ""), printed.out


def test_what_costs_nothing_is_checked_first(command: Callable[..., Printed], live: Live, tmp_path: Path) -> None:
    """When the money is used up at once, the model list and what is refused have been checked."""
    with live():
        printed = command("run", "live", *_OPTIONS, "--max-dollars", "0.0001", "--report", tmp_path)
    assert printed.code == 3
    assert "the ceiling of $0.0001" in printed.err
    written = report_records.read(tmp_path / "results.jsonl")
    passed = {record["id"].rpartition("/")[0] for record in written.with_status(Status.PASSED)}
    assert {"list-embeddings-models/catalog", "create-embeddings/auth"} <= passed
    assert written.footer["bill"]["dollars"] <= 0.0001
