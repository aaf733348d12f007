"""Statuses: a refusal depends on the request alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs

from openrouter_conformance.oracle import context as contexts
from openrouter_conformance.oracle.context import Context
from openrouter_conformance.oracle.contradictions import Contradiction, compare, order
from openrouter_conformance.oracle.factors import Factor, differing
from openrouter_conformance.oracle.minimal_pairs import narrow
from openrouter_conformance.oracle.relations.findings import EMBED, Findings
from openrouter_conformance.oracle.relations.refusals import REFUSED
from openrouter_conformance.oracle.relations.wording import differing_in, more, shown_input
from openrouter_conformance.oracle.table import Sighting
from openrouter_conformance.samples import PREFERENCES

if TYPE_CHECKING:
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.oracle.minimal_pairs import Ask
    from openrouter_conformance.oracle.table import Table


def statuses_agree(table: Table, findings: Findings, ask: Ask | None) -> None:
    """A refusal depends on the request alone, and not on how it is written or when it is sent."""
    requirement = f"{EMBED}/determinism/refusals-repeat"
    result = compare([list(group) for group in table.statuses.values()], _same_status)
    findings.compared[requirement] += result.repeated
    refused = [] if ask is None else list(_refused_in_context(table, ask))
    for found in (*result.contradictions, *refused):
        one, other = found.outlier, found.reference
        if any(_may_be_too_long(a.exchange, b.exchange.request_body) for a, b in ((one, other), (other, one))):
            continue
        named = requirement
        if found.factors:
            named = f"{EMBED}/{found.factors[0].requirement(one.argument, one.context, other.context)}"
        findings.fail(
            named,
            f"{one.value} and {other.value} for {shown_input(one.argument)}{more(found.count)}",
            f"the same status: the requests differ {_difference(found)}",
            one.exchange,
            other.exchange,
        )


def _difference(found: Contradiction[int]) -> str:
    is_spelled_otherwise = found.outlier.exchange.request_body != found.reference.exchange.request_body
    return (
        "only in how their JSON is written"
        if not found.factors and is_spelled_otherwise
        else differing_in(found.factors)
    )


_MUCH_LONGER, _FEW_BYTES = 1.3, 4096


_MOST_REFUSED = 6
"""Refused requests of which it is asked whether they are refused without their context, too."""


def _refused_in_context(table: Table, ask: Ask) -> Iterator[Contradiction[int]]:
    """Yield requests of the contract that are refused, and answered when all is taken away that must not matter."""
    base64 = {
        seen.argument.model for group in table.vectors.values() for seen in group if "base64" in seen.context.encoding
    }
    meetable = {contexts.canonical(fields["provider"]) for fields in PREFERENCES.values() if fields}
    tried: list[tuple[Factor, ...]] = []
    asked = 0
    for one in sorted((group[0] for group in table.statuses.values() if group[0].value in REFUSED), key=order):
        plain = Context(batch=one.context.batch, place=one.context.place, listed=one.context.listed)
        plain = attrs.evolve(plain, dimensions=one.context.dimensions, floats=one.context.floats)
        if one.argument.model not in base64:
            plain = attrs.evolve(plain, encoding=one.context.encoding)
        if one.context.provider not in meetable:
            plain = attrs.evolve(plain, provider=one.context.provider)
        request = contexts.write(one.argument, plain)
        if _may_be_too_long(one.exchange, request.body):
            plain = attrs.evolve(plain, spelling=one.context.spelling)  # bodies may have a limit
            request = contexts.write(one.argument, plain)
        factors = differing(one.context, plain)
        if not factors or any(set(known) <= set(factors) for known in tried):
            continue
        asked += 1
        exchange = ask(request)
        if exchange.status == 200:
            tried.append(factors)
            reference = Sighting(one.argument, plain, exchange.status, exchange, one.dimensions)
            yield narrow(Contradiction(reference, one, factors), ask, _read_status, _same_status)
        if asked >= _MOST_REFUSED:
            return


def _may_be_too_long(refused: Exchange, answered: bytes | None) -> bool:
    """Return whether a body may be refused for its length, which another way of writing it does not have."""
    length = len(refused.request_body or b"")
    return refused.status in REFUSED and length > max(_FEW_BYTES, _MUCH_LONGER * len(answered or b""))


def _same_status(one: int, other: int) -> bool:
    return one == other


def _read_status(exchange: Exchange, place: int) -> int | None:  # noqa: ARG001
    return exchange.status
