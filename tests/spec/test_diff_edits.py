"""Random single edits of the contract: the diff names the edited place and who is affected, or stays silent."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from single_edits import Expected, single_edit, source_of
from spec.diff.compare import Change, compare
from spec.pin import build_pin
from spec.source import read_source

CONTRACT: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "openapi.yaml").read_text("utf-8"))


def said(change: Change) -> Expected:
    """Return what a change says, in the words of an expectation."""
    part = change.part
    return Expected(change.operation, part.side, part.status, change.path, tuple(sorted(change.affected)))


def check(contract: dict[str, Any], seed: int) -> None:
    """Hold the diff of one edit against what is expected of it."""
    before = build_pin(source_of(contract), ["*"]).tree
    edit = single_edit(contract, seed)
    changes = compare(before, build_pin(source_of(edit.document), ["*"]).tree)
    expected = [edit.expected._replace(affected=tuple(sorted(edit.expected.affected)))] if edit.expected else []
    assert sorted({said(change) for change in changes}) == expected, edit.name
    assert not any(change.undecided for change in changes), edit.name


@pytest.mark.parametrize("seed", range(48))
def test_single_edit_shows_at_its_place_or_not_at_all(seed: int) -> None:
    """Each edit with an effect shows at the edited place and names those affected; each without one shows nothing."""
    check(CONTRACT, seed)


@pytest.mark.documents
@pytest.mark.parametrize("seed", range(1000, 1200))
def test_single_edit_of_the_newest_document_shows_at_its_place(documents: Path, seed: int) -> None:
    """The same for 200 edits of the newest published document."""
    newest = max(documents.glob("openrouter-*.openapi.yaml"))
    check(build_pin(read_source(str(newest))).tree, seed)
