"""The examples run against the mock and do what they say."""

import asyncio
import importlib
from pathlib import Path

import httpx
import numpy as np
import pytest

from openrouter_embeddings import Client
from openrouter_mock.server import MockServer

MODEL = "openai/text-embedding-3-small"


def test_embedder_gives_one_unit_row_per_text_in_order(client: Client) -> None:
    """`embed` gives rows of length 1, in the order of the texts, equal for equal texts."""
    embedder = importlib.import_module("embedder").Embedder(client, MODEL, dimensions=64)
    rows = embedder.embed(["a cat", "a train", "a cat"])
    assert rows.shape == (3, 64)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    assert np.array_equal(rows[0], rows[2])
    assert not np.allclose(rows[0], rows[1])


def test_embedder_asks_for_each_text_once_and_keeps_to_its_budget(mock: MockServer) -> None:
    """Requests stay within the budget of tokens, and what was embedded before is not sent again."""
    bodies: list[bytes] = []
    hooks = {"request": [lambda request: bodies.append(request.content)]}
    with httpx.Client(event_hooks=hooks) as http, Client(mock.key, mock.url, http_client=http) as client:
        embedder = importlib.import_module("embedder").Embedder(client, MODEL, dimensions=8, tokens_per_request=10)
        texts = [f"text number {number}" for number in range(5)]
        together = embedder.embed(texts)
        assert len(bodies) > 1
        assert np.array_equal(embedder.embed(list(reversed(texts))), together[::-1])
        assert sum(body.count(b"text number") for body in bodies) == len(texts)


def test_embedder_takes_no_texts(client: Client) -> None:
    """No texts give an empty array and no request."""
    assert importlib.import_module("embedder").Embedder(client, MODEL).embed([]).shape[0] == 0


def test_embedder_has_at_most_sixty_lines_of_code(examples_folder: Path) -> None:
    """A useful SDK on top of the client takes sixty lines."""
    lines = (examples_folder / "embedder.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 61


def test_semantic_search_ranks_the_cats_first(
    mock: MockServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The two documents about sleeping cats come before the others; the ranking is printed."""
    monkeypatch.setenv("EMBEDDINGS_API_KEY", mock.key)
    importlib.import_module("semantic_search").main(["--base-url", mock.url])
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 6
    assert printed[0].startswith("Query: ")
    assert all("sle" in line for line in printed[1:3])
    cosines = [float(line.split()[1]) for line in printed[1:]]
    assert cosines == sorted(cosines, reverse=True)


def test_langchain_adapter_embeds_documents_and_queries(client: Client, mock: MockServer) -> None:
    """The adapter gives LangChain plain lists, sync and async alike."""
    adapter = importlib.import_module("langchain_embeddings").OpenRouterEmbeddings(client, MODEL)
    rows = adapter.embed_documents(["a cat", "a train"])
    assert [len(row) for row in rows] == [1536, 1536]
    assert rows[0] == adapter.embed_query("a cat")
    assert adapter.embed_documents([]) == []

    async def embed() -> tuple[list[list[float]], list[float]]:
        async with Client(mock.key, mock.url) as own:
            adapter = importlib.import_module("langchain_embeddings").OpenRouterEmbeddings(own, MODEL)
            return await adapter.aembed_documents(["a cat", "a train"]), await adapter.aembed_query("a cat")

    assert asyncio.run(embed()) == (rows, rows[0])
