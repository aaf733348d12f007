"""The examples import each other as scripts do: from their own folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from openrouter_embeddings import Client
from openrouter_mock.server import MockServer

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(autouse=True)
def examples_folder(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the folder of examples on the path."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return EXAMPLES


@pytest.fixture(scope="session")
def mock() -> Iterator[MockServer]:
    """Give a running mock."""
    with MockServer() as server:
        yield server


@pytest.fixture
def client(mock: MockServer) -> Iterator[Client]:
    """Give a client of the mock."""
    with Client(mock.key, mock.url) as client:
        yield client
