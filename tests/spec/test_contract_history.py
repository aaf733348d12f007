"""The history of the contract: a page made from documents of several dates."""

from pathlib import Path
from typing import Any

import pytest
import yaml

import contract_history
from upstream import DOCUMENTS, changed, published


def test_page_has_each_change_under_its_date(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Newest first; each line says who is affected, where, what, and a witness; a rendering is left out."""

    def adds(tree: dict[str, Any]) -> None:
        tree["components"]["schemas"]["ProviderName"]["enum"].append("xAI")
        tree["paths"]["/embeddings"]["post"]["responses"]["418"] = {"description": "x"}

    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "a-2026-01-02.yaml").write_text(yaml.safe_dump(published()), "utf-8")
    (folder / "b-2026-02-03.yaml").write_bytes(changed(adds))
    (folder / "c-2026-03-04.yaml").write_bytes(changed(adds))
    (folder / "rendering-2026-02-01.yaml").write_bytes((DOCUMENTS / "rendering.yaml").read_bytes())
    (folder / "notes.txt").write_text("2026-02-02\n", "utf-8")
    page = tmp_path / "page.md"
    assert contract_history.main([str(folder), "--output", str(page)]) == 0
    assert capsys.readouterr().out.endswith("3 documents, 2026-01-02 to 2026-03-04\n")
    lines = page.read_text("utf-8").splitlines()
    headings = [line for line in lines if line.startswith("## ")]
    assert headings == ["## 2026-03-04", "## 2026-02-03"]
    assert "Nothing changed on the wire." in lines
    (row,) = [line for line in lines if line.startswith("| readers")]
    assert row == (
        "| readers | `` createEmbeddings `` | `` response status 418 `` | "
        "`` response non success status added `` | `` 418 `` |"
    )


def test_folder_without_two_dates_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to compare is one sentence and exit code 2; so is a folder that is not there."""
    for folder in (tmp_path, tmp_path / "missing"):
        assert contract_history.main([str(folder), "--output", str(tmp_path / "page.md")]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "page.md").exists()


@pytest.mark.documents
def test_committed_page_is_the_one_that_is_made(documents: Path, tmp_path: Path) -> None:
    """`docs/contract-history.md` is what the command makes of the documents."""
    page = tmp_path / "page.md"
    assert contract_history.main([str(documents), "--output", str(page)]) == 0
    assert contract_history.PAGE.read_text("utf-8") == page.read_text("utf-8")
