"""Semantic search: embed documents and a query, rank the documents by cosine, print the ranking.

Run it against OpenRouter (`OPENROUTER_API_KEY=... python examples/semantic_search.py`) or against the mock
(`openrouter-conformance mock --port 8000`, then `EMBEDDINGS_API_KEY=sk-or-test python examples/semantic_search.py
--base-url http://127.0.0.1:8000/api/v1`): the key of OpenRouter goes to no other server.
"""

import argparse
import os
from collections.abc import Sequence

from embedder import Embedder
from openrouter_embeddings import Client

DOCUMENTS = (
    "The cat slept on the warm window sill all afternoon",
    "A recipe for bread needs flour, water, salt and time",
    "The train to the coast leaves twice an hour",
    "Kittens sleep most of the day on warm places",
    "Interest rates were left unchanged by the central bank",
)


def rank(embedder: Embedder, query: str, documents: Sequence[str]) -> list[tuple[float, str]]:
    """Return (cosine, document) for each document, the closest to the query first."""
    rows = embedder.embed([query, *documents])
    cosines = rows[1:] @ rows[0]
    order = sorted(range(len(documents)), key=lambda position: (-cosines[position], position))
    return [(float(cosines[position]), documents[position]) for position in order]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the ranking of the documents for one query."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("query", nargs="?", default="where does the cat sleep, is it warm")
    parser.add_argument(
        "--base-url", help="a server other than OpenRouter, such as the mock; its key is EMBEDDINGS_API_KEY"
    )
    parser.add_argument("--model", default="openai/text-embedding-3-small")
    options = parser.parse_args(arguments)
    other = options.base_url and Client(os.environ.get("EMBEDDINGS_API_KEY", ""), options.base_url)
    with other or Client() as client:
        print(f"Query: {options.query}")
        for place, (cosine, document) in enumerate(rank(Embedder(client, options.model), options.query, DOCUMENTS), 1):
            print(f"{place}. {cosine:.3f}  {document}")


if __name__ == "__main__":
    main()
