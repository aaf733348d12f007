"""Servers that keep the contract in ways of their own: nothing that only looks like a fault fails the run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from openrouter_conformance import judge, requirements
from openrouter_conformance.profiles import PROFILES
from openrouter_conformance.recorder import Recorder
from openrouter_conformance.report import terminal
from openrouter_conformance.session import Session
from openrouter_conformance.targets import open_target
from openrouter_conformance.verdicts import Outcome, Verdict

from . import other_server
from .conftest import serve_app

Found = dict[str, Outcome]


@pytest.fixture(scope="module")
def judge_other() -> Callable[..., Found]:
    """Give a function that judges the other server, with the given manners, and returns the chosen outcomes."""

    def judged(*manners: str, only: tuple[str, ...] = ()) -> Found:
        known = requirements.load()
        environment = {"CONFORMANCE_API_KEY": other_server.KEY}
        with (
            serve_app(other_server.application(*manners)) as url,
            open_target(url + other_server.BASE, environment=environment) as target,
            Recorder(target) as recorder,
        ):
            session = Session(target, recorder, PROFILES["quick"], 0)
            outcomes = judge.judge(session, known, requirements.select(known, only))
        return {one.requirement.id: one for one in outcomes if one.verdict is not Verdict.DESELECTED}

    return judged


@pytest.mark.parametrize("manner", other_server.MANNERS)
def test_manner_fails_no_run(judge_other: Callable[..., Found], manner: str) -> None:
    """A server of that manner breaks nothing that a run fails for."""
    failing = {name: one.reason for name, one in judge_other(manner).items() if terminal.fails(one)}
    assert failing == {}


@pytest.mark.parametrize(
    ("manner", "requirement"),
    [
        ("lenient_parser", "create-embeddings/validation/not-a-number-refused"),
        ("lenient_parser", "create-embeddings/validation/broken-utf-8-refused"),
        ("routes_by_method", "create-embeddings/protocol/allow-header"),
        ("plain_text_405", "create-embeddings/protocol/other-methods-explained"),
        ("plain_text_405", "list-embeddings-models/protocol/other-methods-explained"),
    ],
)
def test_manner_is_observed(judge_other: Callable[..., Found], manner: str, requirement: str) -> None:
    """What no document forbids, but the live API does otherwise, is reported all the same."""
    outcome = judge_other(manner, only=(requirement,))[requirement]
    assert outcome.verdict is Verdict.VIOLATED
    assert not terminal.fails(outcome)


@pytest.mark.parametrize(
    ("manner", "requirement"),
    [
        ("small_batches", "create-embeddings/response/many-inputs-answered"),
        ("short_context", "create-embeddings/texts/end-of-text-read"),
        ("one_model", "list-embeddings-models/catalogue/context-positive"),
        ("one_model", "list-embeddings-models/pagination/pages-add-up"),
        ("one_model", "list-embeddings-models/pagination/limit-bounds-pages"),
    ],
)
def test_what_cannot_be_seen_is_not_kept(judge_other: Callable[..., Found], manner: str, requirement: str) -> None:
    """Where a server gives nothing to judge by, the requirement is not applicable, and the reason is told."""
    outcome = judge_other(manner, only=(requirement,))[requirement]
    assert outcome.verdict is Verdict.NOT_APPLICABLE
    assert outcome.reason


def test_lengths_that_are_served_are_judged(judge_other: Callable[..., Found]) -> None:
    """A server that shortens to a few lengths only is held to those, and not excused from `dimensions`."""
    facets = ("create-embeddings/dimensions/honoured", "create-embeddings/dimensions/prefix-of-native")
    found = judge_other("a_few_lengths", only=facets)
    assert {name: one.verdict for name, one in found.items()} == dict.fromkeys(facets, Verdict.CONFORMS)
