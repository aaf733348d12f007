"""Requests that break the contract in one place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openrouter_conformance import contract as contracts
from openrouter_conformance import single_breaches
from openrouter_conformance.operations import CREATE_EMBEDDINGS
from openrouter_conformance.samples import EXAMPLES, IMAGE_PART, OTHER_TEXT_PART, TEXT_PART

_VALIDATOR = contracts.shipped().request_validator(CREATE_EMBEDDINGS)
_BODIES = [{"model": "m", **example} for example in EXAMPLES]


def _broken(seed: int, count: int = 10_000, bodies: list[dict[str, Any]] = _BODIES) -> list[Any]:
    return single_breaches.broken(bodies, lambda body: not _VALIDATOR.is_valid(body), count, seed=seed)


@pytest.fixture(scope="module")
def broken_by_many_seeds() -> set[str]:
    """What sixty seeds break, as JSON."""
    return {json.dumps(body) for seed in range(60) for body in _broken(seed)}


def test_the_examples_keep_the_contract() -> None:
    """What is broken in one place is good everywhere else."""
    assert all(_VALIDATOR.is_valid(body) for body in _BODIES)


def test_every_broken_body_breaks_the_contract() -> None:
    """A broken body is refused by the contract, whatever the seed."""
    broken = _broken(0)
    assert len(broken) > 50
    assert not any(_VALIDATOR.is_valid(body) for body in broken)


@pytest.mark.parametrize(
    "wrong",
    [
        {"input": [[9906, 1917], [7, 8], [9906, 1917, 7.5]]},
        {"input": [[9906, 1917], [7, -9], [9906, 1917, 7]]},
        {"input": [{"content": [TEXT_PART, {**IMAGE_PART, "image_url": {}}]}]},
        {"input": [{"content": [TEXT_PART, OTHER_TEXT_PART]}, {"content": [OTHER_TEXT_PART, {"type": "text"}]}]},
        {"input": EXAMPLES[0]["input"], "dimensions": True},
    ],
    ids=json.dumps,
)
def test_late_and_nested_places_are_broken_too(wrong: dict[str, Any], broken_by_many_seeds: set[str]) -> None:
    """Over the seeds each place is broken with each near miss."""
    assert json.dumps({"model": "m", **wrong}) in broken_by_many_seeds


def test_broken_bodies_follow_from_the_seed() -> None:
    """The same seed breaks the same places, another one others, as many as are asked for."""
    assert _broken(3, 9) == _broken(3, 9)
    assert _broken(3, 9) != _broken(4, 9)
    assert len(_broken(3, 9)) == 9


def test_nothing_is_made_of_nothing() -> None:
    """Without good bodies there are no broken ones."""
    assert _broken(0, bodies=[]) == []
