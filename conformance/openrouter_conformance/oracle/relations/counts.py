"""Token counts: the same for an input everywhere, and sums for batches.

What most requests of a model add up to, all must; where most do not, no more is known than that the live API's do.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from openrouter_conformance import answers
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.oracle import laws
from openrouter_conformance.oracle.contradictions import compare
from openrouter_conformance.oracle.factors import plainness
from openrouter_conformance.oracle.linear_system import Implied, LinearSystem
from openrouter_conformance.oracle.minimal_pairs import narrow
from openrouter_conformance.oracle.relations.findings import EMBED, Findings
from openrouter_conformance.oracle.relations.reading import (
    is_read_whole,
    words_of,
)
from openrouter_conformance.oracle.relations.wording import differing_in, more, shown_input
from openrouter_conformance.oracle.table import Batch, Sighting

if TYPE_CHECKING:
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.oracle.context import Argument
    from openrouter_conformance.oracle.laws import Laws
    from openrouter_conformance.oracle.minimal_pairs import Ask
    from openrouter_conformance.oracle.table import Table

_FEWEST_WORDS = 5
_FEWEST_KEPT = 3
"""Requests of a model that must add up before it is its rule that they do."""
_PLAIN = re.compile(r"[A-Za-z ,.]+")


def tokens_agree(table: Table, known: Laws, findings: Findings, ask: Ask | None) -> None:
    """The tokens of an input depend on model and input alone."""
    requirement = f"{EMBED}/usage/tokens-follow-input"

    def same(one: int, other: int) -> bool:
        return one == other

    merged: dict[Any, list[Sighting[int]]] = {}
    for (argument, provider), group in table.tokens.items():
        plain = known.plain(argument, provider)
        merged.setdefault((plain, provider), []).extend(group if plain == argument else laws.retyped(group, plain))
    groups = list(merged.values())
    result = compare(groups, same)
    findings.compared[requirement] += sum(max(0, len(group) - 1) for group in groups)
    for found in result.contradictions:
        shown = found if ask is None else narrow(found, ask, _read_tokens, same)
        findings.fail(
            requirement,
            f"usage.prompt_tokens {shown.outlier.value} and {shown.reference.value} for "
            f"{shown_input(shown.outlier.argument)}{more(found.count)}",
            f"the same number: the requests differ {differing_in(shown.factors)}",
            shown.outlier.exchange,
            shown.reference.exchange,
        )


def _read_tokens(exchange: Exchange, place: int) -> int | None:  # noqa: ARG001
    try:
        usage = answers.embedded(exchange).usage or {}
    except CheckFailure:
        return None
    tokens = usage.get("prompt_tokens")
    return tokens if type(tokens) is int else None


def token_ids_count(table: Table, findings: Findings) -> None:
    """Token ids count one each, and what a model adds to each list is always as much."""
    requirement = f"{EMBED}/usage/token-ids-counted"
    added: dict[Any, dict[float, Exchange]] = {}

    def enter(provider: str | None, arguments: Sequence[Argument], tokens: int, exchange: Exchange) -> None:
        if all(one.input.startswith("[") for one in arguments):
            sent = sum(len(one.value) for one in arguments)
            share = (tokens - sent) / len(arguments)
            added.setdefault((arguments[0].model, provider), {}).setdefault(share, exchange)
            findings.compared[requirement] += 1

    for (argument, provider), group in sorted(table.tokens.items(), key=lambda pair: len(pair[0][0].input)):
        for one in group:
            enter(provider, [argument], one.value, one.exchange)
    for provider, batches in table.batches.items():
        for batch in sorted(batches, key=_size_of_batch):
            enter(provider, batch.arguments, batch.tokens, batch.exchange)
    for by_share in added.values():
        if len(by_share) > 1:
            (share, first), (unlike, second) = itertools.islice(by_share.items(), 2)
            findings.fail(
                requirement,
                f"{unlike:g} tokens more than ids for each list, and {share:g} in another answer",
                "one per token id, and as many more for each list everywhere",
                second,
                first,
            )


def batches_add_up(table: Table, known: Laws, findings: Findings) -> None:
    """The tokens of all batches and single inputs are sums of one number for each input."""
    requirement = f"{EMBED}/usage/batch-is-sum-of-singles"
    for provider, batches in table.batches.items():
        groups: dict[Any, list[Batch]] = {}
        for batch in sorted(batches, key=_size_of_batch):
            plain = tuple(known.plain(one, provider) for one in batch.arguments)
            batch = attrs.evolve(batch, arguments=plain)  # noqa: PLW2901
            first = plain[0]
            groups.setdefault((first.model, first.input_type), []).append(batch)
        for group in groups.values():
            _sums(table, provider, group[:_MOST_SUMS], requirement, findings)


def _size_of_batch(batch: Batch) -> tuple[int, int, bytes]:
    return plainness(batch.context), len(batch.arguments), batch.exchange.request_body or b""


def _sums(table: Table, provider: str | None, batches: Sequence[Batch], requirement: str, findings: Findings) -> None:
    """Hold the batches of one model and provider, the plainest first, against each other and against single inputs."""
    system: LinearSystem[Exchange] = LinearSystem(argument for batch in batches for argument in batch.arguments)
    for argument in dict.fromkeys(argument for batch in batches for argument in batch.arguments):
        if alone := table.tokens.get((argument, provider)):
            system.add(alone[0].exchange, {argument: 1}, alone[0].value)
    for batch in batches:
        findings.compared[requirement] += 1
        implied = system.add(batch.exchange, Counter(batch.arguments), batch.tokens)
        if implied is None:
            least = sum(bool(words_of(argument)) for argument in batch.arguments)
            if batch.tokens < least:
                findings.fail(
                    requirement,
                    f"{batch.tokens} tokens for {len(batch.arguments)} inputs, {least} of them with words",
                    f"at least {least}",
                    batch.exchange,
                )
            continue
        if abs(implied.value - batch.tokens) > _HALF:
            others = f"{len(implied.of)} other request{'' if len(implied.of) == 1 else 's'}"
            findings.fail(
                requirement,
                f"{batch.tokens} tokens for {len(batch.arguments)} inputs",
                f"{implied.value:.0f} tokens, as the same inputs count in {others}"
                if implied.value > 0
                else f"as many as the same inputs count in {others}, of which the counts fit no such batch",
                batch.exchange,
                *implied.of[:3],
            )


@attrs.frozen
class _Row:
    """What an answer says of the tokens of inputs, each known by a name, beyond those that are known of themselves."""

    names: tuple[Any, ...]
    tokens: int
    exchange: Exchange


def counts_are_consistent(table: Table, known: Laws, findings: Findings) -> None:
    """Where the counts of most requests are sums of their inputs and a constant, none is far from that.

    A token id is one token, and a list of them may have some more. Rounding is nothing to be held against a count.
    """
    requirement = f"{EMBED}/usage/counts-consistent"
    for rows in _rows(table, known).values():
        system: LinearSystem[_Row] = LinearSystem([_REQUEST, *(name for row in rows for name in row.names)])
        broken: list[tuple[_Row, Implied[_Row]]] = []
        kept = 0
        for row in sorted(rows, key=_size_of_row)[:_MOST_SUMS]:
            implied = system.add(row, Counter([_REQUEST, *row.names]), row.tokens)
            if implied is None or len(implied.of) == 1:
                continue
            apart = abs(implied.value - row.tokens)
            kept += apart < _HALF
            if apart > 1 + len(implied.of):  # more than rounding each of them explains
                broken.append((row, implied))
        if kept < _FEWEST_KEPT or kept <= len(broken):
            continue
        findings.compared[requirement] += kept
        for row, implied in broken:
            findings.fail(
                requirement,
                f"a count for {len(row.names)} inputs that is {abs(row.tokens - implied.value):.0f} tokens off "
                f"what {len(implied.of)} other requests make it{more(len(broken))}",
                f"the sum of its inputs, as in {kept} requests of this model",
                row.exchange,
                *(one.exchange for one in implied.of[:3]),
            )


def _rows(table: Table, known: Laws) -> dict[Any, list[_Row]]:
    """Return what all answers of a model and provider say of the tokens of texts, and of token ids."""
    rows: dict[Any, list[_Row]] = {}
    alone = [
        (provider, (argument,), group[0].value, group[0].exchange)
        for (argument, provider), group in table.tokens.items()
    ]
    together = [
        (provider, one.arguments, one.tokens, one.exchange)
        for provider, batches in table.batches.items()
        for one in batches
    ]
    for provider, arguments, tokens, exchange in [*alone, *together]:
        if tokens <= 1:
            continue  # which may be nothing, counted as one
        plain = tuple(known.plain(one, provider) for one in arguments)
        ids = [len(one.value) for one in plain if one.input.startswith("[")]
        names: tuple[Any, ...] = (_LIST,) * len(ids) if ids else plain
        space = plain[0].model, plain[0].input_type, provider, bool(ids)
        rows.setdefault(space, []).append(_Row(names, tokens - sum(ids), exchange))
    return rows


def _size_of_row(row: _Row) -> tuple[int, bytes]:
    return len(row.names), row.exchange.request_body or b""


_REQUEST, _LIST = "a request", "a list of token ids"
"""Unknowns beside the inputs: what a model counts for each request, and for each list beyond its ids."""


_HALF = 0.5


_MOST_SUMS = 300
"""Batches of one model that are held against each other; those of a long run could take minutes."""


def longer_texts_count_more(table: Table, findings: Findings) -> None:
    """A text of four times the words counts more tokens, where both are words alone: signs are tokens, too."""
    requirement = f"{EMBED}/usage/longer-text-costs-more"
    counted: dict[Any, list[tuple[int, Sighting[int]]]] = {}
    for (argument, provider), group in table.tokens.items():
        text = argument.text
        if text is not None and _PLAIN.fullmatch(text) and is_read_whole(table, argument, provider):
            words = len(re.findall(r"[a-z]{3,}", text.lower()))
            counted.setdefault((argument.model, argument.input_type, provider), []).append((words, group[0]))
    for texts in counted.values():
        for (few, short), (many, long) in itertools.permutations(texts, 2):
            if few < _FEWEST_WORDS or many < 4 * few:
                continue
            findings.compared[requirement] += 1
            if long.value <= short.value:
                findings.fail(
                    requirement,
                    f"{long.value} tokens for {many} words, {short.value} for {few}",
                    "more",
                    long.exchange,
                    short.exchange,
                )
