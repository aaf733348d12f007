"""The list of requirements: strict about itself, selectable by globs."""

from __future__ import annotations

from typing import Any

import pytest

from openrouter_conformance import requirements
from openrouter_conformance.requirements import Level
from openrouter_conformance.verdicts import HarnessError, UsageError

_GOOD: dict[str, Any] = {
    "id": "create-embeddings/response/one-vector-per-input",
    "level": "required",
    "text": "There are as many items as inputs.",
    "source": "#/paths/~1embeddings/post",
    "faults": ["drops_last_vector"],
}


def test_requirements_cover_both_operations_and_all_levels() -> None:
    """There are at least thirty requirements, over both operations and all three levels."""
    known = requirements.load()
    assert len(known) >= 30
    assert {one.operation for one in known} == {"create-embeddings", "list-embeddings-models"}
    assert {one.level for one in known} == set(Level)


def test_texts_are_told_apart() -> None:
    """No two requirements of one operation say the same sentence."""
    sentences = [(one.operation, one.text) for one in requirements.load()]
    assert len(sentences) == len(set(sentences))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"id": "create-embeddings/response/3"}, None),
        ({"id": "CreateEmbeddings/response/x"}, "kebab-case"),
        ({"id": "create-embeddings/x"}, "kebab-case"),
        ({"level": "nice"}, "required, expected, observed"),
        ({"text": "No full stop"}, "one sentence"),
        ({"text": "A server should answer."}, "one sentence"),
        ({"text": ""}, "text"),
        ({"source": "#/paths/~1nowhere"}, "nothing at"),
        ({"faults": []}, "at least one fault"),
        ({"faults": "drops_last_vector"}, "at least one fault"),
        ({"extra": 1}, "exactly the fields"),
    ],
)
def test_malformed_entries_are_refused(change: dict[str, Any], complaint: str | None) -> None:
    """An entry that breaks the list's own rules is named, with what is wrong."""
    entry = {**_GOOD, **change}
    if complaint is None:
        assert requirements.parse([entry])[0].id == entry["id"]
        return
    with pytest.raises(HarnessError, match=complaint):
        requirements.parse([entry])


def test_doubled_ids_are_refused() -> None:
    """An id stands for one requirement."""
    with pytest.raises(HarnessError, match="twice"):
        requirements.parse([_GOOD, _GOOD])


def test_globs_select_and_leave_out() -> None:
    """`only` narrows, `skip` takes away."""
    known = requirements.load()
    chosen = requirements.select(known, ["create-embeddings/order/*", "*/usage/*"], ["*/usage/cost-*"])
    assert "create-embeddings/order/duplicates-equal" in chosen
    assert "create-embeddings/usage/present" in chosen
    assert not any("cost-" in name or "/schema/" in name for name in chosen)


@pytest.mark.parametrize(("only", "skip"), [(["no/such/*"], []), ([], ["no/such/*"]), ([], ["*"])])
def test_globs_that_leave_nothing_are_refused(only: list[str], skip: list[str]) -> None:
    """A glob that matches nothing, and a choice of nothing, are mistakes of the user's."""
    with pytest.raises(UsageError):
        requirements.select(requirements.load(), only, skip)
