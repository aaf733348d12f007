"""The requests in which the oracle sees the service: covering arrays of levels, filled with texts."""

from __future__ import annotations

import itertools
import json

import attrs
import pytest

from openrouter_conformance import answers, contract
from openrouter_conformance.contexts import factors, pages, plan, texts
from openrouter_conformance.operations import CREATE_EMBEDDINGS
from openrouter_conformance.profiles import PROFILES
from openrouter_conformance.recorder import Recorder
from openrouter_conformance.session import Session
from openrouter_conformance.targets import open_target

_DEFAULT = PROFILES["default"]


@pytest.mark.parametrize("seed", [0, 7])
def test_every_two_levels_meet(seed: int) -> None:
    """The rows of the default profile hold every pair of levels of any two factors, but for few."""
    levels = factors.levels(_DEFAULT, tuple(texts.KINDS), frozenset())
    rows = factors.rows(attrs.evolve(_DEFAULT, contexts=1000), levels, seed)
    met = {
        (one, str(row[one]), other, str(row[other])) for row in rows for one, other in itertools.combinations(levels, 2)
    }
    wanted = {
        (one, str(a), other, str(b))
        for one, other in itertools.combinations(levels, 2)
        for a, b in itertools.product(levels[one], levels[other])
    }
    assert wanted <= met
    assert len(rows) < 2 * len(levels["kind"]) * len(levels["size"])


def test_rows_follow_from_the_seed() -> None:
    """The same seed gives the same rows, another seed others; the plainest row comes first."""
    levels = factors.levels(PROFILES["quick"], tuple(texts.KINDS), frozenset())
    made = [factors.rows(PROFILES["quick"], levels, seed) for seed in (3, 3, 4)]
    assert made[0] == made[1] != made[2]
    assert made[0][0] == {name: found[0] for name, found in levels.items()}


def test_levels_that_a_target_lacks_are_left_out() -> None:
    """What a target does not have takes levels away, and no factor."""
    without = frozenset({"dimensions", "base64", "second", "another", "key"})
    whole, part = (factors.levels(_DEFAULT, ("words",), lacking) for lacking in (frozenset[str](), without))
    assert set(whole) == set(part)
    assert part["dimensions"] == (None,)
    assert "base64" not in part["encoding"]
    assert (len(part["model"]), len(part["key"])) == (1, 1)


@pytest.mark.parametrize("kind", texts.KINDS)
def test_texts_stay_the_same_at_their_place(kind: str) -> None:
    """A kind gives the same input at the same place, and many different ones."""
    made = [texts.KINDS[kind](place) for place in range(40)]
    assert made == [texts.KINDS[kind](place) for place in range(40)]
    assert len({str(one) for one in made}) > 30


def test_long_texts_differ_in_one_place() -> None:
    """Of four long texts, three differ from the first in a few words: at the start, in the middle, at the end."""
    first, *others = (texts.long(place).split() for place in range(4))
    assert len(first) > 50
    changed = [[at for at, word in enumerate(one) if word != first[min(at, len(first) - 1)]] for one in others]
    assert changed[0][0] == 0
    assert 10 < changed[1][0] < len(first) - 10
    assert changed[2][0] >= len(first) - 5


def test_unions_hold_whole_batches_of_one_model() -> None:
    """A union has the inputs of two batches or more, no others, and no side that the batches need not share."""
    with open_target("mock", environment={}) as target, Recorder(target) as recorder:
        session = Session(target, recorder, contract.shipped(), _DEFAULT, 5)
        planned = plan.requests(session)
        bodies = [json.loads(one.body or b"") for one in plan.unions(session, planned)]
    batches = [json.loads(one.request.body or b"") for one in planned]
    assert 0.75 * _DEFAULT.unions <= len(bodies) <= _DEFAULT.unions
    for body in bodies:
        assert set(body) <= {"model", "input", "input_type"}
        parts = [
            answers.inputs_of(batch["input"])
            for batch in batches
            if (batch["model"], batch.get("input_type")) == (body["model"], body.get("input_type"))
        ]
        assert len(body["input"]) > min(map(len, parts))
        assert all(any(one in part for part in parts) for one in body["input"])


def test_refused_fields_stand_alone_and_beside_others() -> None:
    """What stands beside a field that is to be refused is nothing, then something, and never the field itself."""
    with open_target("mock", environment={}) as target, Recorder(target) as recorder:
        session = Session(target, recorder, contract.shipped(), _DEFAULT, 5)
        made = list(itertools.islice(plan.surroundings(session, "dimensions"), 20))
        again = list(itertools.islice(plan.surroundings(session, "dimensions"), 20))
        bodies = [session.request("a", **{**fields, "dimensions": 4}) for fields in made]
    assert made == again
    assert {bool(fields) for fields in made[0::2]} != {bool(fields) for fields in made[1::2]}
    assert not any("dimensions" in fields for fields in made)
    assert all(session.contract.allows_body(CREATE_EMBEDDINGS, json.dumps(body).encode()) for body in bodies)


def test_requests_of_a_run_keep_the_contract() -> None:
    """Every request of the plan is one that the contract allows, and the same for the same seed."""
    with open_target("mock", environment={}) as target, Recorder(target) as recorder:
        session = Session(target, recorder, contract.shipped(), PROFILES["quick"], 5)
        planned = plan.requests(session)
        made, again = (
            [
                *plan.anchors(session),
                *(one.request for one in plan.requests(session)),
                *plan.unions(session, planned),
                *plan.burst(session, planned),
            ]
            for _ in range(2)
        )
        listed = pages.requests(session)
    assert made == again
    assert all(session.contract.allows_body(CREATE_EMBEDDINGS, one.body or b"") for one in made)
    sizes = {len(body) for one in made if isinstance(body := json.loads(one.body or b"")["input"], list)}
    assert max(sizes) > 30
    assert len(listed) > 2


def test_every_three_levels_meet_in_a_deep_run() -> None:
    """The rows of the deep profile hold every triple of the levels that the seed has chosen."""
    profile = attrs.evolve(PROFILES["deep"], levels=3)
    rows = factors.rows(profile, factors.levels(profile, tuple(texts.KINDS), frozenset()), 0)
    levels = {name: {str(row[name]) for row in rows} for name in rows[0]}
    met = {tuple((name, str(row[name])) for name in chosen) for row in rows for chosen in _triples(levels)}
    wanted = sum(len(list(itertools.product(*(levels[name] for name in chosen)))) for chosen in _triples(levels))
    assert len(met) == wanted
    assert len(rows) < profile.contexts


def _triples(names: dict[str, set[str]]) -> list[tuple[str, ...]]:
    return list(itertools.combinations(names, 3))
