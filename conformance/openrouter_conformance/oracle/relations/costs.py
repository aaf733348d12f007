"""Costs: tokens times a price, and the listed one."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from openrouter_conformance.oracle.relations.findings import EMBED, Findings
from openrouter_conformance.oracle.table import COST, Bill
from openrouter_conformance.prices import cost_of_text, varies

if TYPE_CHECKING:
    from openrouter_conformance.oracle.table import Table


def costs_follow_the_list(table: Table, findings: Findings) -> None:
    """A cost is the tokens times the listed price."""
    requirement = f"{EMBED}/usage/cost-follows-price"
    for (model, _), bills in table.bills.items():
        entry = table.listed(model)
        if cost_of_text(entry, 1) is None:
            continue
        findings.compared[requirement] += len(bills)
        for bill in (one for one in bills if not one.routed and one.field == COST):
            expected = cost_of_text(entry, bill.tokens) or 0.0
            if not math.isclose(bill.cost, expected, rel_tol=0.01, abs_tol=1e-12):
                findings.fail(
                    requirement,
                    f"usage.cost {bill.cost!r}",
                    f"{expected!r}, {bill.tokens} tokens at the listed price",
                    bill.exchange,
                )
                break


def costs_follow_tokens(table: Table, findings: Findings) -> None:
    """Each token of a model costs the same, as exactly as the cost is written."""
    requirement = f"{EMBED}/usage/cost-follows-tokens"
    parts: dict[Any, list[Bill]] = {}
    for (model, provider), all_bills in table.bills.items():
        for bill in all_bills if not varies(table.listed(model)) else ():
            parts.setdefault((model, provider, bill.field), []).append(bill)
    for bills in parts.values():
        findings.compared[requirement] += max(0, len(bills) - 1)
        found = _unlike(bills, 0.0)
        if found is not None and _unlike(bills, _fee(bills)) is not None:
            _fail_bill(findings, requirement, *found)


def _unlike(bills: Sequence[Bill], fee: float) -> tuple[Bill, Bill] | None:
    """Return a bill that is not a fee and a price for each token, and one that is; None when all are."""
    quantum = 10.0 ** -max(_decimals(bill.cost) for bill in bills)
    # The longer the bill, the less its rounding matters.
    rate = statistics.median((bill.cost - fee) / bill.tokens for bill in bills)
    reference = min(bills, key=lambda bill: (abs((bill.cost - fee) / bill.tokens - rate), -bill.tokens))
    unlike: list[Bill] = []
    alike: list[Bill] = []
    for bill in bills:
        apart = abs(bill.cost - fee - rate * bill.tokens)
        is_unlike = apart > max(0.002 * abs(bill.cost), quantum * (1 + bill.tokens / reference.tokens))
        (unlike if is_unlike else alike).append(bill)
    if not unlike:
        return None
    first, second = (sorted(some, key=_length)[:_MOST_SHOWN] for some in (unlike, alike or [reference]))
    return min(itertools.product(first, second), key=lambda pair: (_differences(*pair), *map(_length, pair)))


_MOST_SHOWN = 30
"""Bills, the shortest first, among which the pair is looked for that shows most plainly what is unlike."""


def _length(bill: Bill) -> tuple[int, bytes]:
    body = bill.exchange.request_body or b""
    return len(body), body


def _differences(one: Bill, other: Bill) -> int:
    """Return in how many fields the requests of two bills differ; an input that both are given is none."""
    bodies = [bill.exchange.sent if isinstance(bill.exchange.sent, dict) else {} for bill in (one, other)]
    return sum(bodies[0].get(name) != bodies[1].get(name) for name in {*bodies[0], *bodies[1]})


def _fee(bills: Sequence[Bill]) -> float:
    """Return what a request without tokens would cost by the shortest and the longest bill."""
    ordered = sorted(bills, key=lambda bill: bill.tokens)
    few, many = ordered[0], ordered[-1]
    if many.tokens < 2 * few.tokens or many.cost <= few.cost:
        return 0.0
    return max(0.0, few.cost - few.tokens * (many.cost - few.cost) / (many.tokens - few.tokens))


def _fail_bill(findings: Findings, requirement: str, bill: Bill, reference: Bill) -> None:
    findings.fail(
        requirement,
        f"usage.{bill.field} {bill.cost!r} for {bill.tokens} tokens, {reference.cost!r} for {reference.tokens}",
        "the same cost for each token",
        bill.exchange,
        reference.exchange,
    )


def _decimals(cost: float) -> int:
    exponent = Decimal(repr(cost)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
