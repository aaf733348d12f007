"""Every exchange of a run, given to the checks of single exchanges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from openrouter_conformance.checks import checks_of
from openrouter_conformance.errors import CheckFailure

if TYPE_CHECKING:
    from openrouter_conformance.contract import Contract
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.requirements import Requirement


class ExchangeMonitor:
    """Observes a recorder; keeps the plainest failure of each requirement.

    Attributes:
        failures: by the id of the requirement.
        counts: how many exchanges a requirement applied to.
        crashes: what a check raised that is no failure of the target.

    """

    def __init__(self, contract: Contract, requirements: Iterable[Requirement]) -> None:
        self._contract = contract
        self._checks = [
            (one, of_exchanges) for one in requirements if (of_exchanges := checks_of(one).of_exchanges) is not None
        ]
        self.failures: dict[str, CheckFailure] = {}
        self.counts: dict[str, int] = {}
        self.crashes: dict[str, Exception] = {}

    def __call__(self, exchange: Exchange) -> None:
        """Check one exchange by every requirement on its operation."""
        for requirement, check in self._checks:
            if exchange.operation != requirement.operation.operation_id:
                continue
            name = requirement.id
            try:
                applied = check(exchange, self._contract)
            except CheckFailure as failure:
                self.failures[name] = _plainer(self.failures.get(name), failure).without_traceback()
                applied = True
            except Exception as error:  # noqa: BLE001 - a crash of ours is told apart from the target's faults
                self.crashes.setdefault(name, error)
                applied = True
            self.counts[name] = self.counts.get(name, 0) + applied


def _plainer(known: CheckFailure | None, found: CheckFailure) -> CheckFailure:
    """Return the failure to show to a person: rather one with an answer, rather one with a short request."""
    return found if known is None or _plainness(found) < _plainness(known) else known


def _plainness(failure: CheckFailure) -> tuple[bool, int]:
    if not failure.exchanges:
        return False, 0
    first = failure.exchanges[0]
    return first.status is None, len(first.request_body or b"")
