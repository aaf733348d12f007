"""Every exchange of a run, given to the checks of single exchanges: what rests on another comes after it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import attrs

from openrouter_conformance import breaches as breaches_kept
from openrouter_conformance.checks import checks_of
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.exchange import ALLOWED, MAY_USE
from openrouter_conformance.status import Level

if TYPE_CHECKING:
    from openrouter_conformance.contract import Contract
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.requirements import Requirement

_OK = 200


@attrs.frozen
class _Watched:
    requirement: Requirement
    check: Callable[..., bool]
    bases: frozenset[str]


class ExchangeMonitor:
    """Observes a recorder; keeps the plainest failure of each requirement.

    An exchange that fails a requirement is not held against those that rest on it: one exchange, one cause.

    Attributes:
        failures: by the id of the requirement.
        counts: how many exchanges a requirement applied to.
        breaches: how many exchanges failed it.
        blocked: by the id of a requirement, how often which other one kept an exchange from it.
        crashes: what a check raised that is no failure of the target.

    """

    def __init__(self, contract: Contract, requirements: Iterable[Requirement]) -> None:
        self._contract = contract
        self._lock = threading.Lock()
        self._watched = _in_order(requirements)
        self._operations = {one.requirement.operation.operation_id: one.requirement.operation for one in self._watched}
        self.failures: dict[str, CheckFailure] = {}
        self.counts: Counter[str] = Counter()
        self.breaches: Counter[str] = Counter()
        self.blocked: dict[str, Counter[str]] = {}
        self.crashes: dict[str, Exception] = {}
        self._usable: set[str] = set()

    def _allowed(self, exchange: Exchange) -> bool | None:
        """Return whether the contract allows the request; None where it does not say.

        A recorded request of which the body is not known counts as allowed: its answer is judged by itself.
        """
        operation = self._operations.get(exchange.operation or "")
        if operation is None or not self._contract.takes_body(operation):
            return None
        if exchange.request is None and exchange.request_body is None:
            return True
        return self._contract.allows_body(operation, exchange.request_body or b"")

    def _may_use(self, exchange: Exchange) -> bool:
        """Return whether the model of an exchange was answered before, and remember that it is; True without one."""
        model = exchange.sent.get("model") if isinstance(exchange.sent, dict) else None
        if not isinstance(model, str):
            return True
        with self._lock:
            known = model in self._usable
            if exchange.status == _OK:
                self._usable.add(model)
        return known

    def level_of(self, name: str) -> Level | None:
        """Return the level of a requirement on exchanges, by its id."""
        return next((one.requirement.level for one in self._watched if one.requirement.id == name), None)

    def __call__(self, exchange: Exchange) -> None:
        """Check one exchange by every requirement on its operation."""
        breaches: dict[str, CheckFailure] = {}
        exchange.derived[ALLOWED] = self._allowed(exchange)
        exchange.derived[MAY_USE] = self._may_use(exchange)
        for one in self._watched:
            requirement, name = one.requirement, one.requirement.id
            if exchange.operation != requirement.operation.operation_id:
                continue
            cause = next((base for base in one.bases if base in breaches), None)
            if cause is not None:
                with self._lock:
                    self.blocked.setdefault(name, Counter())[cause] += 1
                continue
            try:
                applied = one.check(exchange, self._contract)
            except CheckFailure as failure:
                breaches[name] = kept = failure.without_traceback()
                with self._lock:
                    self.breaches[name] += 1
                    self.failures[name] = plainer(self.failures.get(name), kept)
                applied = True
            except Exception as error:  # noqa: BLE001 - a crash of ours is told apart from the target's faults
                self.crashes.setdefault(name, error)
                applied = True
            with self._lock:
                self.counts[name] += applied
        found = {
            one.requirement: breaches[one.requirement.id]
            for one in self._watched
            if one.requirement.id in breaches and one.requirement.level is not Level.OBSERVED
        }
        breaches_kept.keep(exchange, found)


def plainer(known: CheckFailure | None, found: CheckFailure) -> CheckFailure:
    """Return the failure to show to a person: rather one with an answer, rather one with a short request."""
    return found if known is None or _plainness(found) < _plainness(known) else known


def _plainness(failure: CheckFailure) -> tuple[bool, bool, int, int, bytes]:
    if not failure.exchanges:
        return False, False, 0, 0, b""
    first = failure.exchanges[0]
    content = first.request_body or b""
    keeps_the_contract = first.derived.get(ALLOWED, True) is True
    return first.status is None, not keeps_the_contract, len(content), len(first.url), content


def _in_order(requirements: Iterable[Requirement]) -> Sequence[_Watched]:
    """Return the requirements with a check of exchanges, each after those that it rests on."""
    left = [(one, check) for one in requirements if (check := checks_of(one).of_exchanges) is not None]
    found: list[_Watched] = []
    while left:
        ready = [
            (one, check)
            for one, check in left
            if not any(one.is_void_after(other) for other, _ in left if other is not one)
        ]
        for one, check in ready or left[:1]:
            direct = [
                other
                for other in found
                if one.is_void_after(other.requirement) and other.requirement.level is not Level.OBSERVED
            ]
            bases = frozenset(base for other in direct for base in (other.requirement.id, *other.bases))
            found.append(_Watched(one, check, bases))
        done = {one.id for one, _ in ready or left[:1]}
        left = [pair for pair in left if pair[0].id not in done]
    return found
