"""Every answer under load beside the first one to the same request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from openrouter_conformance.breaches import breaches_of
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.exchange_monitor import ExchangeMonitor
from openrouter_conformance.oracle import relations
from openrouter_conformance.oracle.table import Table

if TYPE_CHECKING:
    from openrouter_conformance.contract import Contract
    from openrouter_conformance.exchange import Exchange, Request
    from openrouter_conformance.requirements import Requirement

_JUDGED_TOGETHER = 50
"""Answers that differ from the first one, which the oracle looks at together."""
_MOST_IDS = 500_000
"""Ids of answers that are remembered, to notice one that comes twice."""
_ID_FRESH = "create-embeddings/response/id-fresh"
_REPEATS = "create-embeddings/determinism/repeats-agree"
_OK = 200


@attrs.define
class Found:
    """What a process has found out since it told last.

    Attributes:
        failures: by the id of the requirement.
        breaches: how many answers broke each requirement, by its id.
        applied: how many answers each requirement was about, by its id.
        resting: by the id of a requirement, the id of the failed one by which answers broke it.

    """

    failures: dict[str, CheckFailure] = attrs.field(factory=dict)
    breaches: Counter[str] = attrs.field(factory=Counter)
    applied: Counter[str] = attrs.field(factory=Counter)
    resting: dict[str, str] = attrs.field(factory=dict)


class Comparison:
    """Compares answers with the first ones to their requests.

    An answer that is the same, but for its id, breaks nothing that the first one does not break: that is cheap to see,
    and leaves the time of the machine to the load. One that differs is given to the checks of single exchanges, and to
    the oracle beside all first answers.

    Args:
        contract: what answers are held to.
        requirements: all that there are.

    """

    def __init__(self, contract: Contract, requirements: Sequence[Requirement]) -> None:
        self._contract = contract
        self._monitor = ExchangeMonitor(contract, requirements)
        self._first: dict[Request, Exchange] = {}
        self._plain: dict[Request, Any] = {}
        self._different: list[Exchange] = []
        self._applied_by_first: dict[Request, Counter[str]] = {}
        self._ids: dict[str, int] = {}
        self._found = Found()

    def add_first(self, exchange: Exchange) -> None:
        """Enter the first answer to a request."""
        assert exchange.request is not None
        self._first[exchange.request] = exchange
        self._plain[exchange.request] = _without_id(exchange)
        self._applied_by_first[exchange.request] = self._check(exchange)
        self._note_id(exchange)

    def close_first(self) -> None:
        """Hold the first answers against each other."""
        self._judge([])

    def add(self, exchange: Exchange) -> None:
        """Enter an answer under load."""
        request = exchange.request
        assert request is not None
        self._note_id(exchange)
        if request in self._first and _without_id(exchange) == self._plain[request]:
            self._found.applied.update(self._applied_by_first[request])
            return
        first = self._first.get(request)
        known = set() if first is None else set(breaches_of(first))
        failures, breaches = dict(self._monitor.failures), self._found.breaches.copy()
        self._check(exchange)
        own = [pair for pair in breaches_of(exchange).items() if pair[0] not in known]
        if first is not None and own and first.status == exchange.status == _OK:
            # The cause is that the answer has changed: what it breaks now rests on that.
            self._monitor.failures, self._found.breaches = failures, breaches
            self._changed(first, exchange, own)
            return
        self._different.append(exchange)
        if len(self._different) >= _JUDGED_TOGETHER:
            self._judge(self._take())

    def drain(self) -> Found:
        """Return what was found out since the last time."""
        if self._different:
            self._judge(self._take())
        found, self._found = self._found, Found()
        for name, failure in self._monitor.failures.items():
            found.failures.setdefault(name, failure)
        self._monitor.failures.clear()
        return found

    def _take(self) -> list[Exchange]:
        taken, self._different = self._different, []
        return taken

    def _check(self, exchange: Exchange) -> Counter[str]:
        """Give an exchange to the checks of single ones; return the requirements that it was about."""
        monitor = self._monitor
        counted, breached = monitor.counts.copy(), monitor.breaches.copy()
        monitor(exchange)
        applied = monitor.counts - counted
        self._found.applied.update(applied)
        self._found.breaches.update(monitor.breaches - breached)
        return applied

    def _changed(
        self, first: Exchange, exchange: Exchange, breaches: Sequence[tuple[Requirement, CheckFailure]]
    ) -> None:
        """Enter an answer that breaks what the first one to its request did not."""
        requirement, failure = breaches[0]
        shown = CheckFailure(
            f"{failure.received} (which breaks {requirement.id})",
            "the answer that the same request got at first",
            first,
            exchange,
        )
        self._found.failures.setdefault(_REPEATS, shown)
        self._found.breaches[_REPEATS] += 1
        self._found.resting.update({one.id: _REPEATS for one, _ in breaches})

    def _judge(self, exchanges: Sequence[Exchange]) -> None:
        """Hold answers against each other and against all first ones."""
        table = Table(self._contract)
        for exchange in (*self._first.values(), *exchanges):
            table.add(exchange)
        findings = relations.judge(table)
        self._found.applied.update(findings.compared)
        findings.failures.pop(_ID_FRESH, None)  # looked at in every answer, see `_note_id`
        for name, failure in findings.failures.items():
            self._found.failures.setdefault(name, failure)
            shown = {one.number for one in failure.exchanges}
            self._found.breaches[name] += max(1, sum(one.number in shown for one in exchanges))

    def _note_id(self, exchange: Exchange) -> None:
        body = exchange.json
        name = body.get("id") if exchange.status == 200 and isinstance(body, dict) else None
        if not isinstance(name, str) or len(self._ids) >= _MOST_IDS:
            return
        self._found.applied[_ID_FRESH] += 1
        if self._ids.setdefault(name, exchange.number) != exchange.number:
            self._found.breaches[_ID_FRESH] += 1
            failure = CheckFailure(f"the id {name} in two answers", "an id of its own", exchange)
            self._found.failures.setdefault(_ID_FRESH, failure)


def _without_id(exchange: Exchange) -> Any:
    """Return what is the same in all equal answers: status, content type, names of the headers, body without its id."""
    body = exchange.json if exchange.json is not None else exchange.body
    own = exchange.header("X-Generation-Id")
    agrees = own is None or not isinstance(body, dict) or body.get("id") == own
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name != "id"}
    names = sorted(name.lower() for name, _ in exchange.headers)
    return exchange.status, exchange.failure, exchange.header("Content-Type"), names, agrees, body
