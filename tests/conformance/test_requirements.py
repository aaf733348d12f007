"""The list of requirements: strict about itself, selectable by globs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from openrouter_conformance import checks, contract, requirements
from openrouter_conformance.errors import HarnessError, UsageError
from openrouter_conformance.operations import CREATE_EMBEDDINGS, OPERATIONS
from openrouter_conformance.oracle.relations import RELATIONS
from openrouter_conformance.requirements import Requirement
from openrouter_conformance.status import Level

_NAME = "one-vector-per-input"
_GOOD: dict[str, Any] = {
    "level": "required",
    "text": "There are as many items as inputs.",
    "source": "#/paths/~1embeddings/post",
}


def _parse(entries: Any, *, shared: bool = False) -> list[Requirement]:
    return list(requirements.parse(entries, CREATE_EMBEDDINGS, "response", contract.shipped(), shared=shared))


def test_requirements_cover_both_operations_and_all_levels() -> None:
    """There are at least thirty requirements, over both operations and all three levels."""
    known = requirements.load()
    assert len(known) >= 30
    assert {one.operation for one in known} == set(OPERATIONS)
    assert {one.level for one in known} == set(Level)


def test_texts_are_told_apart() -> None:
    """No two requirements of one operation say the same sentence."""
    sentences = [(one.operation.slug, one.text) for one in requirements.load()]
    assert len(sentences) == len(set(sentences))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"level": "nice"}, "required, expected, observed"),
        ({"text": "No full stop"}, "one sentence"),
        ({"text": "A server should answer."}, "one sentence"),
        ({"text": ""}, "text"),
        ({"source": "#/paths/~1nowhere"}, "nothing at"),
        ({"extra": 1}, "exactly the fields"),
        ({"where": "body"}, "exactly the fields"),
    ],
)
def test_malformed_entries_are_refused(change: dict[str, Any], complaint: str) -> None:
    """An entry that breaks the rules of its file is named, with what is wrong."""
    assert _parse({_NAME: _GOOD})[0].id == f"create-embeddings/response/{_NAME}"
    with pytest.raises(HarnessError, match=complaint) as refused:
        _parse({_NAME: {**_GOOD, **change}})
    assert str(refused.value).startswith(f"create-embeddings/response.yaml: {_NAME}: ")


@pytest.mark.parametrize("name", ["OneVector", "one_vector", "one/vector", 7])
def test_names_are_kebab_case(name: Any) -> None:
    """The name of a requirement is the last part of its id."""
    with pytest.raises(HarnessError, match="kebab-case"):
        _parse({name: _GOOD})


def test_shared_requirements_speak_of_their_operation() -> None:
    """What every operation has is written once, with places for the operation and its method."""
    entry = {**_GOOD, "text": "Answers {method}.", "source": "{operation}/responses/200"}
    found = _parse({_NAME: entry}, shared=True)[0]
    assert (found.text, found.source) == ("Answers POST.", "#/paths/~1embeddings/post/responses/200")


def test_a_requirement_stands_in_one_place() -> None:
    """Every file is named after a facet, and its checks are in the module of that name."""
    modules = {path.stem for path in Path(checks.__file__).parent.glob("*.py")} - {"__init__", "registry"}
    assert {facet.replace("-", "_") for _, facet in requirements.files()} == modules
    assert modules == {facet.replace("-", "_") for facet in requirements.FACETS}


@pytest.mark.parametrize("requirement", requirements.load(), ids=lambda one: one.id)
def test_checks_are_named_after_their_requirement(requirement: Requirement) -> None:
    """A requirement has a check of its own name in the module of its facet, or is a relation between answers."""
    module = f"openrouter_conformance.checks.{requirement.facet.replace('-', '_')}"
    functions = [
        *checks.CHECKS.get(requirement.check_id, []),
        *filter(None, [checks.EXCHANGE_CHECKS.get(requirement.check_id)]),
    ]
    assert {function.__module__ for function in functions} <= {module}
    assert requirement.id in RELATIONS or requirement.name.replace("-", "_") in {
        function.__name__ for function in functions
    }


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
