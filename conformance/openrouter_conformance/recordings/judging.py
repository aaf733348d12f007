"""What recorded exchanges say of a server: the checks of single exchanges, and the oracle across them.

A recording proves what stands in it, and nothing by what does not: recorders leave out headers and keys, days lie
between two calls, and nobody can be asked again. So only answers are judged, and only what holds on every day is
compared.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

import attrs

from openrouter_conformance import contract as contracts
from openrouter_conformance import expected_failures, verdicts
from openrouter_conformance import requirements as known
from openrouter_conformance.checks import checks_of
from openrouter_conformance.exchange_monitor import ExchangeMonitor
from openrouter_conformance.oracle import relations
from openrouter_conformance.oracle.table import Table
from openrouter_conformance.report import records
from openrouter_conformance.results import Result
from openrouter_conformance.status import Status

if TYPE_CHECKING:
    from openrouter_conformance.contract import Contract
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.known_deviations import KnownDeviation
    from openrouter_conformance.recordings.exchanges import Server
    from openrouter_conformance.report.records import RunRecords
    from openrouter_conformance.requirements import Requirement

NAME = "recordings"

_NEED_MORE = frozenset(
    {
        "schema/no-server-error",  # a provider may have been down that day
        "auth/known-key-accepted",  # nobody knows whether the key was a good one
        "auth/key-not-echoed",  # recorders take the key away
        "protocol/one-way-to-tell-the-end",  # recorders write these headers themselves
    }
)
"""The checks of single exchanges that a recording cannot decide, by the part of the id after the operation."""

_FACETS_OF_ONE_DAY = frozenset({"response", "catalog", "pagination", "auth"})
_OF_ONE_DAY = frozenset({"usage/cost-follows-price", "usage/cost-follows-tokens", "determinism/refusals-repeat"})
"""The relations, and facets of relations, that hold within one run only: names, lists, prices and refusals change."""


@attrs.frozen
class _Seen:
    """The evidence of the recordings."""

    monitor: ExchangeMonitor
    findings: relations.Findings


def judge(
    server: Server,
    left_out: dict[str, int],
    *,
    strict: bool = False,
    selected: Collection[str] | None = None,
    known_deviations: Sequence[KnownDeviation] = (),
    requirements: Sequence[Requirement] | None = None,
    contract: Contract | None = None,
) -> RunRecords:
    """Return the records of what recorded exchanges say of a server.

    Args:
        server: its exchanges.
        left_out: what was left out of the recordings, a phrase each, with how often.
        strict: whether warnings fail the run.
        selected: the ids of the requirements to judge; all by default.
        known_deviations: what is known to be broken, and fails nothing while it is.
        requirements: all that there are.
        contract: what answers are held to.

    """
    began, started = time.monotonic(), records.now()
    requirements = known.load() if requirements is None else requirements
    contract = contract or contracts.shipped()
    selected = {one.id for one in requirements} if selected is None else selected
    seen = _look(server.exchanges, [one for one in requirements if is_decidable(one)], contract)
    evidence = verdicts.Evidence({}, seen.monitor, seen.findings, ())
    today = dt.datetime.now(dt.UTC).date()
    found = [_not_seen(one, seen) for one in verdicts.results(requirements, selected, evidence, None)]
    results = expected_failures.marked(found, known_deviations, today)
    return records.RunRecords(
        records.header_of_recordings(
            contract, name=NAME, url=server.base_url, model=_model(server.exchanges), started=started, strict=strict
        ),
        tuple(records.result(result) for result in results),
        records.footer_of_recordings(
            results,
            exchanges=len(server.exchanges),
            left_out=_all_left_out(server, left_out),
            seconds=time.monotonic() - began,
            finished=records.now(),
            strict=strict,
            unneeded=expected_failures.unneeded(results, known_deviations, today),
        ),
    )


def is_decidable(requirement: Requirement) -> bool:
    """Return whether recorded exchanges can show that a requirement is broken."""
    checks = checks_of(requirement)
    name = f"{requirement.facet}/{requirement.id.rpartition('/')[2]}"
    if checks.of_exchanges is not None:
        return name not in _NEED_MORE
    return checks.relation is not None and requirement.facet not in _FACETS_OF_ONE_DAY and name not in _OF_ONE_DAY


def _look(exchanges: Iterable[Exchange], requirements: Sequence[Requirement], contract: Contract) -> _Seen:
    """Give every exchange to the checks of single ones, and hold what they observe against each other."""
    monitor, table = ExchangeMonitor(contract, requirements), Table(contract)
    for exchange in exchanges:
        monitor(exchange)
        table.add(exchange)
    findings = relations.judge(table)
    decidable = {one.id for one in requirements}
    for name in findings.failures.keys() - decidable:
        del findings.failures[name]
    findings.compared = Counter({name: count for name, count in findings.compared.items() if name in decidable})
    return _Seen(monitor, findings)


def _not_seen(result: Result, seen: _Seen) -> Result:
    """Return a result as not seen when no recorded exchange was of its kind, whatever it rests on."""
    name = result.requirement.id
    looked_at = name in seen.monitor.blocked or result.failure is not None
    if result.status is Status.NOT_APPLICABLE or (result.status is Status.BLOCKED and not looked_at):
        reason = "the recordings have no exchange that decides it"
        return attrs.evolve(result, status=Status.NOT_SEEN, reason=reason, blocked_by=None)
    return result


def _all_left_out(server: Server, left_out: dict[str, int]) -> dict[str, int]:
    others = {"calls of other paths and servers": server.other_calls} if server.other_calls else {}
    return others | left_out


def _model(exchanges: Iterable[Exchange]) -> str:
    """Return the models that embedded, the most frequent first."""
    asked = (
        exchange.sent.get("model")
        for exchange in exchanges
        if exchange.status == 200 and isinstance(exchange.sent, dict)
    )
    found = Counter(model for model in asked if isinstance(model, str))
    return ", ".join(name for name, _ in found.most_common(3)) or "no model that is known"
