"""Costs: tokens times a price, and the listed one."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from openrouter_conformance import answers
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.oracle.relations.findings import EMBED, Findings
from openrouter_conformance.oracle.table import COST, Bill
from openrouter_conformance.prices import cost_of_text, varies

if TYPE_CHECKING:
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.oracle.minimal_pairs import Ask
    from openrouter_conformance.oracle.table import Table


def costs_follow_the_list(table: Table, findings: Findings) -> None:
    """A cost is the tokens times the listed price, at one provider of the model at least: others have their own."""
    requirement = f"{EMBED}/usage/cost-follows-price"
    by_model: dict[str, list[tuple[Bill, float] | None]] = {}
    for (model, _), all_bills in table.bills.items():
        bills = [one for one in all_bills if not one.routed and one.field == COST]
        if bills and cost_of_text(table.listed(model), 1) is not None:
            findings.compared[requirement] += len(bills)
            by_model.setdefault(model, []).append(_unlisted(bills, table.listed(model)))
    for found in by_model.values():
        if found[0] is not None and None not in found:
            bill, expected = found[0]
            findings.fail(
                requirement,
                f"usage.cost {bill.cost!r}",
                f"{expected!r}, {bill.tokens} tokens at the listed price",
                bill.exchange,
            )


def _unlisted(bills: Sequence[Bill], entry: dict[str, Any]) -> tuple[Bill, float] | None:
    """Return a bill of a provider that is not by the listed price, and what it would be; None when all are."""
    quantum = _quantum(bills)
    for bill in bills:
        expected = cost_of_text(entry, bill.tokens) or 0.0
        if not math.isclose(bill.cost, expected, rel_tol=0.01, abs_tol=max(1e-12, quantum)):
            return bill, expected
    return None


def costs_follow_tokens(table: Table, findings: Findings, ask: Ask | None) -> None:
    """Each token of a model and provider costs the same, as exactly as the cost is written."""
    requirement = f"{EMBED}/usage/cost-follows-tokens"
    parts: dict[Any, list[Bill]] = {}
    for (model, provider), all_bills in table.bills.items():
        for bill in all_bills if not varies(table.listed(model)) else ():
            parts.setdefault((model, provider, bill.field), []).append(bill)
    for (_, provider, field), bills in parts.items():
        found = _unlike(bills, 0.0)
        if found is None or _unlike(bills, _fee(bills)) is None:
            findings.compared[requirement] += max(0, len(bills) - 1)
        elif provider is not None or not _has_several_prices(bills, field, found, ask):
            _fail_bill(findings, requirement, *found)


_MOST_REPEATS = 6
"""How often a request is sent again to see whether it costs the same."""


def _has_several_prices(bills: Sequence[Bill], field: str, unlike: Sequence[Bill], ask: Ask | None) -> bool:
    """Return whether one and the same request costs now this and now that: providers have prices of their own."""
    costs: dict[bytes | None, set[float]] = {}
    for bill in bills:
        costs.setdefault(bill.exchange.request_body, set()).add(bill.cost)
    if any(len(each) > 1 for each in costs.values()):
        return True
    for bill in unlike:
        request = bill.exchange.request
        for _ in range(_MOST_REPEATS):
            cost = None if ask is None or request is None else _cost_of(ask(request), field)
            if cost is not None and cost != bill.cost:
                return True
    return False


def _cost_of(exchange: Exchange, field: str) -> float | None:
    """Return what an answer says it cost in a field of its usage, US dollars; None where it does not say."""
    try:
        found: Any = answers.embedded(exchange).usage
    except CheckFailure:
        return None
    for name in field.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return float(found) if isinstance(found, int | float) else None


def _unlike(bills: Sequence[Bill], fee: float) -> tuple[Bill, Bill] | None:
    """Return a bill that is not a fee and a price for each token, and one that is; None when all are."""
    quantum = _quantum(bills)
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


def _quantum(bills: Sequence[Bill]) -> float:
    """Return the smallest step between costs that are written as these are, US dollars."""
    return 10.0 ** -max(_decimals(bill.cost) for bill in bills)


def _decimals(cost: float) -> int:
    exponent = Decimal(repr(cost)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
