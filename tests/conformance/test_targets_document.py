"""The document on target files says what the code does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from openrouter_conformance.report import records as report_records
from openrouter_conformance.status import Status
from openrouter_conformance.targets import ceilings
from openrouter_conformance.targets.target_file import parse, schema
from openrouter_mock.server import MockServer
from openrouter_mock.settings import MockSettings

from .conftest import Printed

_DOCUMENT = (Path(__file__).parents[2] / "docs" / "targets.md").read_text("utf-8")
_EXAMPLE = re.findall(r"```yaml\n(.*?)```", _DOCUMENT, flags=re.DOTALL)[0]
_KEY = "sk-or-v1-0123456789abcdef"


def test_the_example_is_a_target_file_that_runs(
    command: Callable[..., Printed], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With its address replaced the example checks a server: one deviation is known, and the run conforms."""
    monkeypatch.setenv("GATEWAY_KEY", _KEY)
    monkeypatch.setenv("GATEWAY_TOKEN", "token-7c2a61d3")
    path = tmp_path / "target.yaml"
    only = ("--only", "create-embeddings/response/*", "--only", "create-embeddings/protocol/*")
    with MockServer(MockSettings(keys=(_KEY,), faults=("model_missing",))) as server:
        example = _EXAMPLE.replace("https://gateway.example/api/v1", server.url)
        assert example != _EXAMPLE
        path.write_text(example, "utf-8")
        printed = command("run", path, "--profile", "quick", *only, "--report", tmp_path)
    assert (printed.code, printed.err) == (0, ""), printed.out
    (known,) = report_records.read(tmp_path / "results.jsonl").with_status(Status.KNOWN)
    assert known["known"]["link"] == "https://issues.example/GW-117"


def test_the_example_uses_every_field() -> None:
    """Whoever copies the example sees all that may be said; the table explains each field."""
    properties = schema()["properties"]
    described = parse(_EXAMPLE, "target.yaml")
    assert [name for name in properties if f"\n{name}:" not in _EXAMPLE] == []
    assert [name for name in properties if f"| `{name}` |" not in _DOCUMENT] == []
    assert [name for name in properties["ceilings"]["properties"] if getattr(described.ceilings, name) is None] == []
    assert [name for name in properties["known_deviations"]["items"]["properties"] if f" {name}:" not in _EXAMPLE] == []


def test_the_usual_ceilings_are_those_of_the_code() -> None:
    """The table of ceilings has the figures that hold when nothing is said."""
    rows = re.findall(r"^\| `(\w+)` \| `--[\w-]+` \| ([^|]+) \| ([^|]+) \|$", _DOCUMENT, flags=re.MULTILINE)
    shown = {name: (other, live) for name, other, live in rows}
    for name in ("requests", "per_second", "tokens", "dollars", "seconds"):
        for text, usual in zip(shown[name], (ceilings.OTHER, ceilings.LIVE), strict=True):
            assert (None if text == "none" else float(text.replace(",", ""))) == getattr(usual, name)


def test_the_schema_is_printed_for_editors(command: Callable[..., Printed]) -> None:
    """`target-schema` prints the schema, in which every property has a description."""
    printed = command("target-schema")
    assert (printed.code, printed.err) == (0, "")
    assert json.loads(printed.out) == schema()
    found = [schema()]
    while found:
        node = found.pop()
        for inner in node.get("properties", {}).values():
            assert inner.get("description"), node
            found.append(inner)
