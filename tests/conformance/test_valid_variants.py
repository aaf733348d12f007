"""Servers that keep the contract in ways of their own: nothing that only looks like a fault fails the run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from openrouter_conformance import contract, requirements, runner
from openrouter_conformance.profiles import PROFILES
from openrouter_conformance.recorder import Recorder
from openrouter_conformance.results import Result
from openrouter_conformance.session import Session
from openrouter_conformance.status import Status
from openrouter_conformance.targets import open_target

from . import other_server
from .conftest import serve_app

Found = dict[str, Result]


@pytest.fixture(scope="module")
def check_other() -> Callable[..., Found]:
    """Give a function that checks the other server, in the given variants, and returns the selected results."""

    def checked(*variants: str, only: tuple[str, ...] = ()) -> Found:
        known = requirements.load()
        environment = {"CONFORMANCE_API_KEY": other_server.KEY}
        with (
            serve_app(other_server.application(*variants)) as url,
            open_target(url + other_server.BASE, environment=environment) as target,
            Recorder(target) as recorder,
        ):
            session = Session(target, recorder, contract.shipped(), PROFILES["quick"], 0)
            results = runner.check_all(session, known, requirements.select(known, only)).results
        return {one.requirement.id: one for one in results if one.status is not Status.DESELECTED}

    return checked


@pytest.mark.parametrize("variant", other_server.VARIANTS)
def test_variant_fails_no_run(check_other: Callable[..., Found], variant: str) -> None:
    """A server of that variant fails no run."""
    failing = {
        name: one.reason for name, one in check_other(variant).items() if one.status in (Status.FAILED, Status.ERROR)
    }
    assert failing == {}


@pytest.mark.parametrize(
    ("variant", "requirement"),
    [
        ("lenient_parser", "create-embeddings/validation/not-a-number-refused"),
        ("lenient_parser", "create-embeddings/validation/broken-utf-8-refused"),
        ("routes_by_method", "create-embeddings/protocol/allow-header"),
        ("plain_text_405", "create-embeddings/protocol/other-methods-explained"),
        ("plain_text_405", "list-embeddings-models/protocol/other-methods-explained"),
    ],
)
def test_variant_is_observed(check_other: Callable[..., Found], variant: str, requirement: str) -> None:
    """What no document forbids, but the live API does otherwise, is reported all the same."""
    result = check_other(variant, only=(requirement,))[requirement]
    assert result.status is Status.WARNING


@pytest.mark.parametrize(
    ("variant", "requirement"),
    [
        ("one_model", "list-embeddings-models/catalog/context-positive"),
        ("one_model", "list-embeddings-models/pagination/next-leads-on"),
        ("one_model", "create-embeddings/vectors/models-differ"),
    ],
)
def test_what_cannot_be_seen_is_not_passed(check_other: Callable[..., Found], variant: str, requirement: str) -> None:
    """Where a server gives nothing to check by, the requirement is not applicable, and the reason is given."""
    result = check_other(variant, only=(requirement,))[requirement]
    assert result.status is Status.NOT_APPLICABLE
    assert result.reason


def test_lengths_that_are_served_are_checked(check_other: Callable[..., Found]) -> None:
    """A server that shortens to a few lengths only is held to those, and not excused from `dimensions`."""
    facets = ("create-embeddings/dimensions/honored", "create-embeddings/dimensions/prefix-of-native")
    found = check_other("a_few_lengths", only=facets)
    assert {name: one.status for name, one in found.items()} == dict.fromkeys(facets, Status.PASSED)
