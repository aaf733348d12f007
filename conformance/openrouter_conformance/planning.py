"""What a run would send, and what that costs at most: the run itself, rehearsed on the embedded mock.

Nothing goes to the target, so its model list is not known: what is assumed in its place is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from openrouter_conformance import runner
from openrouter_conformance.prices import UNKNOWN, UNKNOWN_LIST, PriceList, price_list
from openrouter_conformance.profiles import PROFILES
from openrouter_conformance.recorder import Recorder
from openrouter_conformance.session import Session
from openrouter_conformance.targets import Ceilings, ceilings_of, describe, is_live, open_target

if TYPE_CHECKING:
    from openrouter_conformance.runner import Plan
    from openrouter_conformance.targets.target import Target

_REHEARSED = ("quick", "default")
"""Profiles that are rehearsed in any case; another takes minutes, and is rehearsed when it was asked for."""


@attrs.frozen
class Effort:
    """What a run of one profile uses up at most: requests, input tokens, US dollars."""

    profile: str
    requests: int
    tokens: int
    dollars: float


@attrs.frozen
class Forecast:
    """What runs of a target would use up, its ceilings, and in sentences what was assumed.

    `left_out` are the profiles that were not rehearsed.
    """

    target: str
    model: str
    efforts: tuple[Effort, ...]
    ceilings: Ceilings
    assumed: tuple[str, ...]
    left_out: tuple[str, ...] = ()


def forecast(plan: Plan) -> Forecast:
    """Return what the plan's run would use up, by profile; UsageError when the plan cannot be followed."""
    described = describe(plan.target, model=plan.model, known_deviations=plan.known_deviations)
    address = described.address or ""
    with open_target("mock", environment={}) as mock:
        listed = {str(model["id"]): model for model in _listed(mock, plan)}
        known = described.model in listed
        model = str(described.model) if known else mock.model
        prices, assumed = _prices(address, list(listed.values()), described.model if known else None)
        rehearsed = attrs.evolve(
            mock,
            model=model,
            others=described.others,
            ceilings=Ceilings(),
            shrink=False,
            trusted_key=address == "mock",
        )
        names = dict.fromkeys([*_REHEARSED, plan.profile])
        efforts = tuple(_effort(rehearsed, attrs.evolve(plan, profile=name, model=None), prices) for name in names)
    return Forecast(
        address,
        described.model or (str(model) if address == "mock" or is_live(address) else "the cheapest listed model"),
        efforts,
        ceilings_of(described, plan.limits),
        (
            *assumed,
            "the server has every feature and answers as the contract says; failures, 429 and outages are asked again",
            "a byte of text is counted as a token, and what is refused as if it were charged",
        ),
        tuple(name for name in PROFILES if name not in names),
    )


def _effort(target: Target, plan: Plan, prices: PriceList | None) -> Effort:
    """Return what a run of the plan sends to the mock, and what that costs by these prices; None: nothing."""
    with Recorder(target) as recorder:
        recorder.spending.is_free = prices is None
        recorder.spending.prices = prices or UNKNOWN_LIST
        session = Session(target, recorder, plan.contract, PROFILES[plan.profile], plan.seed)
        runner.prepare(session, plan)
        runner.check_all(session, plan.requirements, plan.selected)
        return Effort(plan.profile, recorder.requests, recorder.tokens, recorder.dollars)


def _listed(mock: Target, plan: Plan) -> Sequence[dict[str, object]]:
    with Recorder(mock) as recorder:
        return Session(mock, recorder, plan.contract, PROFILES["quick"], plan.seed).models


def _prices(address: str, listed: list[dict[str, object]], model: str | None) -> tuple[PriceList | None, list[str]]:
    """Return the prices to reckon with, and what is assumed of them."""
    if address == "mock":
        return None, ["the embedded mock costs nothing"]
    if is_live(address) or model is not None:
        return price_list(listed), ["models and prices are those that the mock lists, recorded from the live API"]
    price = f"${UNKNOWN.token * 1e6:g} for a million input tokens"
    return UNKNOWN_LIST, [f"the target's model list was not read: {price}, as much as the dearest models cost"]
