"""What an exchange was seen to break by itself; kept with the exchange, for those who would build on its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from openrouter_conformance.exchange import BREACHES

if TYPE_CHECKING:
    from openrouter_conformance.errors import CheckFailure
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.requirements import Requirement


def keep(exchange: Exchange, found: Mapping[Requirement, CheckFailure]) -> None:
    """Keep what an exchange breaks: the requirements with their failures, the most basic first."""
    exchange.derived[BREACHES] = dict(found)


def breaches_of(exchange: Exchange) -> dict[Requirement, CheckFailure]:
    """Return the requirements, but for observed ones, that an exchange was seen to break by itself."""
    found: dict[Requirement, CheckFailure] = exchange.derived.get(BREACHES, {})
    return found
