"""Which functions check which requirement."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from openrouter_conformance.oracle.relations import RELATIONS

if TYPE_CHECKING:
    from openrouter_conformance.contract import Contract
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.operations import Operation
    from openrouter_conformance.requirements import Requirement
    from openrouter_conformance.session import Session

Check = Callable[["Session"], None]
SharedCheck = Callable[["Session", "Operation"], None]
ExchangeCheck = Callable[["Exchange", "Contract"], bool]
SharedExchangeCheck = Callable[["Exchange", "Contract", "Operation"], bool]

CHECKS: dict[str, list[Callable[..., None]]] = {}
EXCHANGE_CHECKS: dict[str, Callable[..., bool]] = {}


@attrs.frozen
class Checks:
    """What is registered for one requirement.

    Attributes:
        of_session: checks that take the session.
        of_exchanges: the check of every exchange, or None.
        relation: which observations are held against each other, in words, or None.

    """

    of_session: tuple[Check, ...]
    of_exchanges: Callable[[Exchange, Contract], bool] | None
    relation: str | None = None

    def __bool__(self) -> bool:
        """Return whether there is any check."""
        return bool(self.of_session) or self.of_exchanges is not None or self.relation is not None


def check(requirement: str) -> Callable[[Check], Check]:
    """Register a check of one requirement: it raises CheckFailure or NotApplicable, or returns when all is well."""

    def register(function: Check) -> Check:
        CHECKS.setdefault(requirement, []).append(function)
        return function

    return register


def shared_check(requirement: str) -> Callable[[SharedCheck], SharedCheck]:
    """Register a check of a requirement that every operation has; it is given the operation, too."""

    def register(function: SharedCheck) -> SharedCheck:
        CHECKS.setdefault(f"each-operation/{requirement}", []).append(function)
        return function

    return register


def exchange_check(requirement: str) -> Callable[[ExchangeCheck], ExchangeCheck]:
    """Register a check of single exchanges: every exchange of the operation that a run makes is given to it.

    It raises CheckFailure, or returns whether the requirement applied to the exchange.
    """
    return _register_exchange_check(requirement)


def shared_exchange_check(requirement: str) -> Callable[[SharedExchangeCheck], SharedExchangeCheck]:
    """Register a check of single exchanges, of a requirement that every operation has; it is given the operation."""
    return _register_exchange_check(f"each-operation/{requirement}")


def _register_exchange_check(name: str) -> Callable[[Any], Any]:
    def register(function: Any) -> Any:
        if name in EXCHANGE_CHECKS:
            raise ValueError(f"{name} has two exchange checks")
        EXCHANGE_CHECKS[name] = function
        return function

    return register


def checks_of(requirement: Requirement) -> Checks:
    """Return the checks of `requirement`, ready to be called for its operation."""
    functions = CHECKS.get(requirement.check_id, [])
    of_exchanges = EXCHANGE_CHECKS.get(requirement.check_id)
    return Checks(
        tuple(_bound(function, requirement) for function in functions),
        None if of_exchanges is None else _bound(of_exchanges, requirement),
        RELATIONS.get(requirement.id),
    )


def _bound(function: Callable[..., Any], requirement: Requirement) -> Callable[..., Any]:
    if not requirement.shared:
        return function
    return functools.update_wrapper(functools.partial(function, operation=requirement.operation), function)
