"""What the tests of the client share."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from client.calls import CALLS, Call, client_with_handler
from client.loopback import Loopback
from openrouter_embeddings import Client, EmbeddingsRequest, _accelerators, _float_buffers


@pytest.fixture(autouse=True)
def _no_key_in_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)


@pytest.fixture
def unreachable() -> Client:
    """A client that fails the test when anything is sent."""

    def refuse(request: httpx.Request) -> httpx.Response:
        pytest.fail(f"{request.method} {request.url} was sent")

    return client_with_handler(refuse)


@pytest.fixture(scope="session")
def one_text() -> EmbeddingsRequest:
    """The plainest request."""
    return EmbeddingsRequest(model="acme/embed-small", input="a text")


@pytest.fixture(params=sorted(CALLS))
def call(request: pytest.FixtureRequest) -> Call:
    """Each of the four ways to call."""
    return CALLS[request.param]


@pytest.fixture(params=["standard library", "fast", "fast, arrays of numbers taken out"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both JSON parsers: that of the standard library, and that of the extra `fast`, also as it parses long bodies."""
    name: str = request.param
    monkeypatch.setattr(_float_buffers, "SHORTEST_BODY", 0 if name.endswith("out") else 1 << 60)
    if name != "standard library":
        parse = pytest.importorskip("msgspec.json", reason="the extra `fast` is not installed").decode
    else:
        parse = _accelerators.stdlib_parse_json
    monkeypatch.setattr(_accelerators, "parse_json", parse)
    return name


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    """An HTTP server on a free port of this machine."""
    with Loopback() as server:
        yield server
