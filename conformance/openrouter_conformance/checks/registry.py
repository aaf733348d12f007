"""Which function proves which requirement."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.session import Session

Check = Callable[["Session"], None]
Glance = Callable[["Exchange"], bool]


@attrs.frozen
class Standing:
    """A requirement on every single exchange of a run.

    `glance` raises Violation, or returns whether the exchange was one that the requirement speaks of.
    """

    requirement: str
    glance: Glance


CHECKS: dict[str, list[Check]] = {}
STANDING: dict[str, Standing] = {}


def proves(requirement: str) -> Callable[[Check], Check]:
    """Register a check: it raises Violation or NotApplicable, or returns when the requirement is kept."""

    def register(check: Check) -> Check:
        CHECKS.setdefault(requirement, []).append(check)
        return check

    return register


def holds_for_every_exchange(requirement: str) -> Callable[[Glance], Glance]:
    """Register a check of single exchanges: every one that the run makes is shown to it."""

    def register(glance: Glance) -> Glance:
        if requirement in STANDING:
            raise ValueError(f"{requirement} has two standing checks")
        STANDING[requirement] = Standing(requirement, glance)
        return glance

    return register
