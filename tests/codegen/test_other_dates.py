"""Documents of other dates, published or possible, become a client that imports and builds a request."""

import datetime as dt
import json
import sys
from pathlib import Path

import pytest
import yaml

import generate
import update_spec
from checkout import PACKAGE, run
from variations import GROUPS, varied

REQUEST = {"model": "openai/text-embedding-3-small", "input": ["river", "harbour"]}


def check_request(folder: Path) -> None:
    """Import the package in a folder, and read, write and build a request with it."""
    code = (
        f"import json, {PACKAGE}; from {PACKAGE}.models import EmbeddingsRequest; "
        f"from {PACKAGE}.api.{{tag}} import create_embeddings; "
        f"client = {PACKAGE}.Client(api_key='sk-or-test'); "
        f"body = EmbeddingsRequest(**{REQUEST!r}); "
        "request = create_embeddings.build(client=client, body=body); "
        "print(json.dumps([request.method, str(request.url), json.loads(request.content)]))"
    )
    tag = next((folder / PACKAGE / "api").rglob("create_embeddings.py")).parent.name
    outcome = run([sys.executable, "-W", "error", "-c", code.replace("{tag}", tag)], folder, PYTHONPATH=str(folder))
    assert outcome.err == []
    assert json.loads(outcome.out[0]) == ["POST", "https://openrouter.ai/api/v1/embeddings", REQUEST]


def check_document(document: Path, folder: Path) -> None:
    """Make the pin and the client of a document, and a request with it."""
    pin = folder / "openapi.yaml"
    arguments = ["--from", str(document), "--output", str(pin), "--date", dt.date(2026, 8, 22).isoformat()]
    assert update_spec.main(arguments) == 0
    assert generate.main(["--spec", str(pin), "--output", str(folder / "client"), "--tolerate-misses"]) == 0
    check_request(folder / "client")


@pytest.mark.parametrize("group", GROUPS)
def test_a_document_that_varies_as_upstream_has_or_may_becomes_a_client(tmp_path: Path, group: str) -> None:
    """Whatever is in place or under a name, closed or open, null or not: the client is whole and typed."""
    document = tmp_path / "upstream.yaml"
    document.write_text(yaml.safe_dump(varied(GROUPS[group])), encoding="utf-8")
    check_document(document, tmp_path)


@pytest.mark.documents
@pytest.mark.parametrize(
    "name",
    [
        "docs-rendering-2025-11-08",
        "openrouter-2025-11-06-acb7b3c97",
        "openrouter-2025-11-18-ce74f7253",
        "openrouter-2026-01-13-1e49648a2",
        "openrouter-2026-04-13-b269b3255",
        "openrouter-2026-07-13-357f5d39d",
        "openrouter-2026-07-27-ae38f30fc",
        "openrouter-2026-08-22-90c493767",
    ],
)
def test_each_published_document_becomes_a_client(tmp_path: Path, documents: Path, name: str) -> None:
    """Without an edit in between, however it is written."""
    check_document(documents / f"{name}.openapi.yaml", tmp_path)
