"""The command that measures revisions makes them from dated documents, and loses nothing on the way."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import measure_revisions

CONTRACT: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "openapi.yaml").read_text("utf-8"))


def test_revisions_between_two_documents_are_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The neighbors themselves are the first revision; as many as were asked for stand in the table, without a fault."""
    newer = copy.deepcopy(CONTRACT)
    newer["components"]["schemas"]["InputModality"]["enum"].append("smell")
    for day, tree in ((1, CONTRACT), (2, newer)):
        (tmp_path / f"openrouter-2026-09-0{day}.openapi.yaml").write_text(json.dumps(tree), "utf-8")
    measure_revisions.main([str(tmp_path), "--revisions", "3", "--generate", "0"])
    printed = capsys.readouterr()
    assert printed.err == ""
    lines = printed.out.splitlines()
    assert lines[0] == "| | revisions | median s | longest s | target s |"
    assert lines[2].startswith("| slice and diff | 3 | ")
    assert lines[3] == "| with generation | 0 | | | 15 |"


def test_document_that_is_refused_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A refusal is no fault: it is said, and the next revision follows."""
    newer = copy.deepcopy(CONTRACT)
    newer["components"]["schemas"]["InputModality"]["enum"] = "none"
    for day, tree in ((1, CONTRACT), (2, newer)):
        (tmp_path / f"openrouter-2026-09-0{day}.openapi.yaml").write_text(json.dumps(tree), "utf-8")
    measure_revisions.main([str(tmp_path), "--revisions", "1", "--generate", "0"])
    printed = capsys.readouterr()
    assert printed.err.startswith("revision 0 is refused: ")
    assert "| slice and diff | 0 | | | 2 |" in printed.out
