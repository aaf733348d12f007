"""From all observations of a run to failures of requirements: what must be equal, what must differ, what adds up."""

from __future__ import annotations

import itertools
import json
import math
import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import attrs
import numpy as np

from openrouter_conformance import answers, vectors
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.oracle import context as contexts
from openrouter_conformance.oracle import laws
from openrouter_conformance.oracle.context import Context
from openrouter_conformance.oracle.contradictions import Contradiction, compare, order
from openrouter_conformance.oracle.factors import Factor, differing, plainness
from openrouter_conformance.oracle.laws import Laws
from openrouter_conformance.oracle.linear_system import LinearSystem
from openrouter_conformance.oracle.minimal_pairs import Ask, narrow
from openrouter_conformance.oracle.table import COST, Batch, Bill, Page, Sighting, Table, same_vector
from openrouter_conformance.prices import cost_of_text, varies
from openrouter_conformance.samples import PREFERENCES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.oracle.context import Argument

_EMBED = "create-embeddings"
_LIST = "list-embeddings-models"

RELATIONS = {
    f"{_EMBED}/determinism/repeats-agree": "The vectors of every request that was sent more than once.",
    f"{_EMBED}/determinism/repeats-agree-closely": "Repeats where answers do not name the provider that served them.",
    f"{_EMBED}/determinism/refusals-repeat": "The statuses of every request that was sent more than once.",
    f"{_EMBED}/determinism/requests-are-independent": "Vectors over connections of their own and over kept ones.",
    f"{_EMBED}/order/vectors-follow-inputs": "Vectors of a batch that are those of other inputs of it.",
    f"{_EMBED}/order/batch-equals-singles": "Every text that was sent alone and in batches, at any place in them.",
    f"{_EMBED}/order/duplicates-equal": "Every text that stands twice in a batch.",
    f"{_EMBED}/order/one-element-list-equals-string": "Every text that was sent in a list of one and without it.",
    f"{_EMBED}/encoding/base64-equals-float": "Every input that was asked for in base64 and in floats.",
    f"{_EMBED}/encoding/float-is-default": "Every input that was asked for with `float` and without a format.",
    f"{_EMBED}/dimensions/native-dimensions-accepted": "Every input with and without the native length.",
    f"{_EMBED}/token-ids/batches-keep-order": "Every list of token ids that was sent alone and in batches.",
    f"{_EMBED}/token-ids/one-list-is-one-input": "Every list of token ids, alone and in a list of one.",
    f"{_EMBED}/token-ids/whole-floats-are-integers": "Token ids with and without a decimal point.",
    f"{_EMBED}/texts/escapes-equal-characters": "Every input in all spellings of its JSON.",
    f"{_EMBED}/texts/every-part-read": "Long texts that differ in a few words at one place.",
    f"{_EMBED}/parameters/unknown-fields-ignored": "Every input with and without fields of no meaning.",
    f"{_EMBED}/parameters/sampling-ignored": "Every input with and without sampling parameters.",
    f"{_EMBED}/parameters/input-type-accepted": "Every input with and without a type that changes nothing for others.",
    f"{_EMBED}/dimensions/prefix-of-native": "Every input in all lengths of which most are starts of the whole vector.",
    f"{_EMBED}/parameters/user-accepted": "Every input with and without `user`.",
    f"{_EMBED}/parameters/attribution-accepted": "Every input with and without further headers.",
    f"{_EMBED}/auth/scheme-in-any-case": "Every input with the scheme in lower case.",
    f"{_EMBED}/routing/preferences-keep-the-vector": "Every input with and without provider preferences.",
    f"{_EMBED}/routing/providers-agree": "Every input that two providers embedded.",
    f"{_EMBED}/vectors/different-texts-differ": "All texts of the run that have different words.",
    f"{_EMBED}/vectors/models-differ": "Every text that was sent to two models.",
    f"{_EMBED}/multimodal/parts-make-one-vector": "Inputs that share a part and differ in another.",
    f"{_EMBED}/usage/tokens-follow-input": "The tokens of every input that was sent alone more than once.",
    f"{_EMBED}/usage/longer-text-costs-more": "The tokens of texts of which one has four times the words of the other.",
    f"{_EMBED}/usage/cost-follows-price": "The cost of every answer beside the listed price.",
    f"{_EMBED}/vectors/equal-length": "The lengths of all vectors of a model for which no length was asked.",
    f"{_EMBED}/usage/batch-is-sum-of-singles": "Every batch whose inputs were also counted alone or in other batches.",
    f"{_EMBED}/usage/token-ids-counted": "The tokens of all lists of token ids beside how many ids they have.",
    f"{_EMBED}/usage/cost-follows-tokens": "The cost for a token in every answer of a model.",
    f"{_EMBED}/response/id-fresh": "The `id` of every answer.",
    f"{_EMBED}/response/fields-alike": "The fields of every answer of a model and provider.",
    f"{_EMBED}/response/model-named-alike": "The `model` of every answer.",
    f"{_LIST}/catalog/entries-agree": "Every entry of the list, on every page, with a key and without.",
    f"{_LIST}/catalog/repeats-agree": "Every answer with the whole list.",
    f"{_LIST}/pagination/total-count-is-whole": "`total_count` of every page.",
    f"{_LIST}/pagination/pages-are-slices": "Every page beside the whole list.",
    f"{_LIST}/pagination/next-leads-on": "The `links.next` of every page beside the whole list.",
}
"""By requirement: which observations are held against each other."""

_LOOSE = 1 - vectors.ALIKE
_STRICT = 1 - vectors.SAME
_IDENTICAL = 1e-9
"""1 - cosine up to which two vectors are one and the same."""
_UNLISTED_CONTEXT = 100
"""Tokens that every model reads, also one that lists no context length."""
_FEWEST_WORDS = 5
_MAX_SHOWN = 60


@attrs.define
class Findings:
    """What the relations found: failures by requirement, and how many comparisons each requirement had."""

    failures: dict[str, CheckFailure] = attrs.field(factory=dict)
    compared: Counter[str] = attrs.field(factory=Counter)

    def fail(self, requirement: str, received: str, expected: str, *exchanges: Exchange) -> None:
        """Enter a failure, unless the requirement has one."""
        self.compared[requirement] += 1
        self.failures.setdefault(requirement, CheckFailure(received, expected, *exchanges))


def judge(table: Table, ask: Ask | None = None) -> Findings:
    """Hold all observations of a run against each other.

    Args:
        table: the observations.
        ask: sends a request again to narrow a contradiction down; None where nothing may be asked any more.

    """
    findings = Findings()
    table.sort(order)
    known = Laws(table.vectors)
    _vectors(table, known, findings, ask)
    _statuses(table, findings, ask)
    _tokens(table, known, findings, ask)
    _batches(table, known, findings)
    for plain in (
        _providers, _lengths, _different, _models, _longer, _token_ids, _bills, _prices, _names, _fields, _entries,
        _pages,
    ):  # fmt: skip
        plain(table, findings)
    return findings


# Vectors


def _vectors(table: Table, known: Laws, findings: Findings, ask: Ask | None) -> None:
    named = [group for group in known.groups if group[0].provider is not None]
    unnamed = [group for group in known.groups if group[0].provider is None]
    once = [group for (_, _, provider), group in table.vectors.items() if provider is None]
    tolerance = max(_STRICT, _noise(once))
    exact = min(_STRICT, known.precision())
    for part, allowed in ((named, exact), (unnamed, tolerance if tolerance > _STRICT else exact)):
        _equal_vectors(table, part, allowed, findings, ask)
    strict, closely = f"{_EMBED}/determinism/repeats-agree", f"{_EMBED}/determinism/repeats-agree-closely"
    findings.compared[closely] = findings.compared[strict]
    if tolerance > _STRICT:
        pair = next(_time_pairs(once, _STRICT))
        findings.fail(
            closely,
            f"{vectors.compare(*(one.value for one in pair))} between two answers to one request",
            f"cosine of at least {vectors.SAME}",
            *(one.exchange for one in pair),
        )


def _noise(groups: Iterable[Sequence[Sighting[NDArray[np.float32]]]]) -> float:
    """Return how much the vectors of one request differ from one time to the next, as 1 - cosine, up to `_LOOSE`."""
    spread = [1 - vectors.cosine(one.value, other.value) for one, other in _time_pairs(groups, _STRICT)]
    return max((4 * one for one in spread if one <= _LOOSE / 4), default=0.0)


def _time_pairs(groups: Iterable[Sequence[Sighting[Any]]], tolerance: float) -> Any:
    """Yield pairs of sightings of one request that differ by more than the tolerance."""
    for group in groups:
        by_context: dict[Any, Sighting[Any]] = {}
        for one in group:
            first = by_context.setdefault(one.context, one)
            if first is not one and not same_vector(first.value, one.value, tolerance):
                yield first, one


def _equal_vectors(
    table: Table,
    groups: Sequence[Sequence[Sighting[NDArray[np.float32]]]],
    tolerance: float,
    findings: Findings,
    ask: Ask | None,
) -> None:
    def same(one: NDArray[Any], other: NDArray[Any]) -> bool:
        return laws.same(one, other, tolerance)

    result = compare(groups, same)
    _count(findings, result.repeated, groups)
    for found in result.contradictions:
        shown = found if ask is None else narrow(found, ask, _read_vector, same)
        requirement = _requirement_of(table, shown, same)
        one, other = shown.outlier, shown.reference
        length = min(one.value.size, other.value.size)
        how = vectors.compare(one.value[:length], other.value[:length])
        if one.value.size != other.value.size:
            how += f" of {length} numbers"
        elif how.startswith("cosine 1.0"):
            norms = [float(np.linalg.norm(each.value)) for each in (one, other)]
            how = f"norms {norms[0]:.4g} and {norms[1]:.4g}"
        findings.fail(
            f"{_EMBED}/{requirement}",
            f"{how} between two vectors of {shown_input(one.argument)}{_places(one, other)}{_more(found.count)}",
            f"the same vector: the requests differ {_in(shown.factors)}",
            one.exchange,
            *([other.exchange] if other.exchange is not one.exchange else []),
        )


def _requirement_of(table: Table, found: Contradiction[Any], same: Callable[[Any, Any], bool]) -> str:
    one, other = found.outlier, found.reference
    if one.exchange is other.exchange:
        are_both = all(_belongs_to_another(table, each, same) for each in (one, other))
        return "order/vectors-follow-inputs" if are_both else "order/duplicates-equal"
    if not found.factors:
        return "determinism/repeats-agree"
    requirement = _requirement(found.factors[0], one, other)
    if requirement != "order/batch-equals-singles":
        return requirement
    if _belongs_to_another(table, one, same):
        return "order/vectors-follow-inputs"
    return "order/duplicates-equal" if _differs_from_its_double(table, one, other, same) else requirement


def _requirement(factor: Factor, one: Sighting[Any], other: Sighting[Any]) -> str:
    """Return what says that a factor must not show in two vectors."""
    if factor.fields == ("dimensions",) and one.value.size != other.value.size:
        return "dimensions/prefix-of-native"
    return factor.requirement(one.argument, one.context, other.context)


def _differs_from_its_double(
    table: Table, one: Sighting[Any], right: Sighting[Any], same: Callable[[Any, Any], bool]
) -> bool:
    """Return whether the same input stands in the same batch with the vector that it gets elsewhere."""
    return any(
        each.exchange.number == one.exchange.number and each.context != one.context and same(each.value, right.value)
        for (argument, length, _), group in table.vectors.items()
        if argument == one.argument and length == one.value.size
        for each in group
    )


def _belongs_to_another(table: Table, one: Sighting[Any], same: Callable[[Any, Any], bool]) -> bool:
    """Return whether the vector is what another input of the same batch gets elsewhere."""
    others = set(one.context.others) - {one.argument.input}
    return any(
        same(other.value, one.value)
        for (argument, length, _), group in table.vectors.items()
        if length == one.value.size and argument.input in others and argument.model == one.argument.model
        for other in group
        if other.exchange is not one.exchange
    )


def _count(findings: Findings, repeated: int, groups: Sequence[Sequence[Sighting[Any]]]) -> None:
    """Count the comparisons of each requirement on a factor."""
    findings.compared[f"{_EMBED}/determinism/repeats-agree"] += repeated
    for group in groups:
        if len(group) < 2:
            continue
        first, *others = sorted(group, key=order)
        for one in others:
            if one.exchange is first.exchange:
                findings.compared[f"{_EMBED}/order/duplicates-equal"] += 1
            for factor in differing(one.context, first.context):
                requirement = _requirement(factor, one, first)
                findings.compared[f"{_EMBED}/{requirement}"] += 1
                if requirement == "order/batch-equals-singles":
                    findings.compared[f"{_EMBED}/order/vectors-follow-inputs"] += 1


def _read_vector(exchange: Exchange, place: int) -> NDArray[np.float32] | None:
    try:
        found = answers.embedded(exchange).vectors
    except CheckFailure:
        return None
    return found[place].astype(np.float32) if place < len(found) and found[place].size else None


def _providers(table: Table, findings: Findings) -> None:
    """Two providers of a model give an input nearly the same vector."""
    requirement = f"{_EMBED}/routing/providers-agree"
    firsts: dict[tuple[Argument, int], dict[str | None, Sighting[Any]]] = {}
    for (argument, length, provider), group in table.vectors.items():
        firsts.setdefault((argument, length), {}).setdefault(provider, group[0])
    for by_provider in firsts.values():
        for one, other in itertools.combinations([s for name, s in by_provider.items() if name is not None], 2):
            findings.compared[requirement] += 1
            if vectors.cosine(one.value, other.value) < vectors.ALIKE:
                how = vectors.compare(one.value, other.value)
                findings.fail(
                    requirement,
                    f"{how} between the vectors of two providers for {shown_input(one.argument)}",
                    f"cosine of at least {vectors.ALIKE}",
                    one.exchange,
                    other.exchange,
                )


def _lengths(table: Table, findings: Findings) -> None:
    """The vectors of a model have one length where none is asked for."""
    requirement = f"{_EMBED}/vectors/equal-length"
    seen: dict[Any, dict[int, Sighting[Any]]] = {}
    for (argument, length, provider), group in table.vectors.items():
        for one in group:
            if one.dimensions is None:
                seen.setdefault((argument.model, argument.input_type, provider), {}).setdefault(length, one)
    for by_length in seen.values():
        findings.compared[requirement] += 1
        if len(by_length) > 1:
            one, other = itertools.islice(by_length.values(), 2)
            findings.fail(
                requirement,
                f"{other.value.size} numbers for {shown_input(other.argument)}, {one.value.size} for another input",
                "one length where none is asked for",
                other.exchange,
                one.exchange,
            )


# What must differ


@attrs.frozen
class _Seen:
    argument: Argument
    words: frozenset[str]
    vector: NDArray[np.float64]
    sighting: Sighting[Any]


def _different(table: Table, findings: Findings) -> None:
    """Inputs that have different words have different vectors."""
    spaces: dict[Any, list[_Seen]] = {}
    for (argument, length, provider), group in table.vectors.items():
        if length < vectors.FEWEST or not _is_read_whole(table, argument, provider):
            continue
        words = _words(argument)
        if words and np.isfinite(group[0].value).all():
            first = group[0]
            vector = first.value.astype(np.float64)
            seen = _Seen(argument, words, vector / np.linalg.norm(vector), first)
            kind = argument.input[0]
            space = argument.model, argument.input_type, kind, length, provider, _beyond_ascii(argument)
            spaces.setdefault(space, []).append(seen)
    for space, found in spaces.items():
        texts = found[:_MOST_DIFFERENT]
        requirement = f"{_EMBED}/" + (
            "multimodal/parts-make-one-vector" if space[2] == "{" else "vectors/different-texts-differ"
        )
        if len(texts) < 2:
            continue
        matrix = np.stack([one.vector for one in texts])
        for place, one in enumerate(texts):
            likeness = matrix[place + 1 :] @ one.vector
            findings.compared[requirement] += len(likeness)
            if space[2] != "{" and any(len(each.words) > _LONG for each in texts):
                findings.compared[f"{_EMBED}/texts/every-part-read"] += 1
            for offset in np.flatnonzero(likeness > 1 - _IDENTICAL):
                other = texts[place + 1 + int(offset)]
                if not _must_differ(one.words, other.words) or _may_be_forgotten(one.argument, other.argument):
                    continue
                shared = len(one.words & other.words)
                is_part = shared > _FEW_SHARED and 2 * shared > min(len(one.words), len(other.words))
                named = f"{_EMBED}/texts/every-part-read" if is_part and space[2] != "{" else requirement
                findings.fail(
                    named,
                    f"the same vector for {shown_input(one.argument)} and {shown_input(other.argument)}"
                    f" (they differ in {_shown_words(one.words ^ other.words)})",
                    "two different vectors",
                    one.sighting.exchange,
                    *([other.sighting.exchange] if other.sighting.exchange is not one.sighting.exchange else []),
                )


_MOST_DIFFERENT = 1500
"""Inputs of one model and length that are compared each with each; more take minutes and show nothing else."""

_LONG, _FEW_SHARED = 12, 3
"""Words of a long text, and words that two texts may share and still be others in the whole."""


def _words(argument: Argument) -> frozenset[str]:
    """Return what no model may overlook: words of Latin letters, numbers, token ids, or parts of a multimodal input."""
    value = argument.value
    if isinstance(value, str):
        return frozenset(re.findall(r"[a-z]{3,}|[0-9]+", " ".join(_plain_pieces(value)).lower()))
    if isinstance(value, list):
        return frozenset(map(str, value))
    return frozenset(json.dumps(part, sort_keys=True) for part in value.get("content", []) if isinstance(part, dict))


def _plain_pieces(text: str) -> list[str]:
    """Return the pieces between white space that are ASCII."""
    return [piece for piece in text.split() if piece.isascii()]


def _beyond_ascii(argument: Argument) -> tuple[str, ...]:
    """Return the pieces of a text that are not ASCII: of what a model makes of them nothing is said."""
    return tuple(piece for piece in (argument.text or "").split() if not piece.isascii())


def _must_differ(one: frozenset[str], other: frozenset[str]) -> bool:
    """Return whether what two inputs do not share is more than the same letters in other numbers or another order."""
    return set("".join(one - other)) != set("".join(other - one))


def _may_be_forgotten(one: Argument, other: Argument) -> bool:
    """Return whether two long texts differ at the start alone: what came so long before may no longer show."""
    texts = one.text or "", other.text or ""
    if min(map(len, texts)) < _LONG_REMEMBERED:
        return False
    return texts[0][-_LONG_REMEMBERED:] == texts[1][-_LONG_REMEMBERED:]


_LONG_REMEMBERED = 1200
"""Characters after which a model that reads one word after another may have forgotten what came before them."""


def _is_read_whole(table: Table, argument: Argument, provider: str | None) -> bool:
    """Return whether the model surely read the whole input: its tokens are fewer than the listed context."""
    counts = table.tokens.get((argument, provider))
    text = argument.text
    guess = len(text) if text is not None else len(argument.input)
    tokens = counts[0].value if counts else guess
    context = _listed(table, argument.model).get("context_length")
    return tokens < (context if type(context) is int and context > 0 else _UNLISTED_CONTEXT)


def _models(table: Table, findings: Findings) -> None:
    """Two models that the list describes differently give a text different vectors."""
    requirement = f"{_EMBED}/vectors/models-differ"
    by_text: dict[Any, dict[str, Sighting[Any]]] = {}
    for argument, length, provider in sorted(table.vectors, key=lambda key: -key[1]):
        if length >= vectors.FEWEST:
            longest = min(table.vectors[argument, length, provider], key=order)
            by_text.setdefault((argument.input, argument.input_type), {}).setdefault(argument.model, longest)
    for by_model in by_text.values():
        for one, other in itertools.combinations(by_model.values(), 2):
            entries = [_listed(table, each.argument.model) for each in (one, other)]
            if not all(entries) or not _described_differently(*entries):
                continue
            findings.compared[requirement] += 1
            apart = laws.deviation(one.value, other.value)
            if apart is not None and apart < _IDENTICAL:
                findings.fail(
                    requirement,
                    f"the same vector of {shown_input(one.argument)} from {one.argument.model} "
                    f"and {other.argument.model}",
                    "two different vectors: the list describes two models",
                    one.exchange,
                    other.exchange,
                )


def _described_differently(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.get("canonical_slug") != other.get("canonical_slug") and any(
        one.get(field) != other.get(field) for field in ("context_length", "architecture", "created")
    )


def _listed(table: Table, model: str) -> dict[str, Any]:
    """Return the entry of a model in the list, {} when it has none."""
    found = table.entries.get(model)
    entry: dict[str, Any] = json.loads(next(iter(found))) if found else {}
    return entry


# Counts and costs


def _tokens(table: Table, known: Laws, findings: Findings, ask: Ask | None) -> None:
    """The tokens of an input depend on model and input alone."""
    requirement = f"{_EMBED}/usage/tokens-follow-input"

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
            f"{shown_input(shown.outlier.argument)}{_more(found.count)}",
            f"the same number: the requests differ {_in(shown.factors)}",
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


def _token_ids(table: Table, findings: Findings) -> None:
    """Token ids count one each, and what a model adds to each list is always as much."""
    requirement = f"{_EMBED}/usage/token-ids-counted"
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


def _batches(table: Table, known: Laws, findings: Findings) -> None:
    """The tokens of all batches and single inputs are sums of one number for each input."""
    requirement = f"{_EMBED}/usage/batch-is-sum-of-singles"
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
            least = sum(bool(_words(argument)) for argument in batch.arguments)
            if batch.tokens < least:
                findings.fail(
                    requirement,
                    f"{batch.tokens} tokens for {len(batch.arguments)} inputs, {least} of them with words",
                    f"at least {least}",
                    batch.exchange,
                )
            continue
        if abs(implied.value - batch.tokens) > _HALF:
            findings.fail(
                requirement,
                f"{batch.tokens} tokens for {len(batch.arguments)} inputs",
                f"{implied.value:.0f} tokens, as the same inputs count in {len(implied.of)} other "
                f"request{'' if len(implied.of) == 1 else 's'}",
                batch.exchange,
                *implied.of[:3],
            )


_HALF = 0.5
_MOST_SUMS = 300
"""Batches of one model that are held against each other; those of a long run could take minutes."""


def _longer(table: Table, findings: Findings) -> None:
    """A text of four times the words counts more tokens."""
    requirement = f"{_EMBED}/usage/longer-text-costs-more"
    counted: dict[Any, list[tuple[int, Sighting[int]]]] = {}
    for (argument, provider), group in table.tokens.items():
        text = argument.text
        if text is not None and text.isascii() and _is_read_whole(table, argument, provider):
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


def _prices(table: Table, findings: Findings) -> None:
    """A cost is the tokens times the listed price."""
    requirement = f"{_EMBED}/usage/cost-follows-price"
    for (model, _), bills in table.bills.items():
        entry = _listed(table, model)
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


def _bills(table: Table, findings: Findings) -> None:
    """Each token of a model costs the same, as exactly as the cost is written."""
    requirement = f"{_EMBED}/usage/cost-follows-tokens"
    parts: dict[Any, list[Bill]] = {}
    for (model, provider), all_bills in table.bills.items():
        for bill in all_bills if not varies(_listed(table, model)) else ():
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
    for bill in bills:
        apart = abs(bill.cost - fee - rate * bill.tokens)
        if apart > max(0.002 * abs(bill.cost), quantum * (1 + bill.tokens / reference.tokens)):
            return bill, reference
    return None


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


# Statuses and names


def _statuses(table: Table, findings: Findings, ask: Ask | None) -> None:
    """A refusal depends on the request alone, and not on how it is written or when it is sent."""
    requirement = f"{_EMBED}/determinism/refusals-repeat"
    result = compare([list(group) for group in table.statuses.values()], _same_status)
    findings.compared[requirement] += result.repeated
    refused = [] if ask is None else list(_refused_in_context(table, ask))
    for found in (*result.contradictions, *refused):
        one, other = found.outlier, found.reference
        if any(_may_be_too_long(a.exchange, b.exchange.request_body) for a, b in ((one, other), (other, one))):
            continue
        named = requirement
        if found.factors:
            named = f"{_EMBED}/{found.factors[0].requirement(one.argument, one.context, other.context)}"
        findings.fail(
            named,
            f"{one.value} and {other.value} for {shown_input(one.argument)}{_more(found.count)}",
            f"the same status: the requests differ {_in(found.factors)}",
            one.exchange,
            other.exchange,
        )


_MUCH_LONGER, _FEW_BYTES = 1.3, 4096
_MOST_REFUSED = 3
"""Refused requests of which it is asked whether they are refused without their context, too."""


def _refused_in_context(table: Table, ask: Ask) -> Iterator[Contradiction[int]]:
    """Yield requests of the contract that are refused, and answered when all is taken away that must not matter."""
    base64 = {
        seen.argument.model for group in table.vectors.values() for seen in group if "base64" in seen.context.encoding
    }
    meetable = {contexts.canonical(fields["provider"]) for fields in PREFERENCES.values() if fields}
    tried: list[tuple[Factor, ...]] = []
    for one in sorted((group[0] for group in table.statuses.values() if group[0].value in _REFUSED), key=order):
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
        tried.append(factors)
        exchange = ask(request)
        if exchange.status == 200:
            reference = Sighting(one.argument, plain, exchange.status, exchange, one.dimensions)
            yield narrow(Contradiction(reference, one, factors), ask, _read_status, _same_status)
        if len(tried) >= _MOST_REFUSED:
            return


_REFUSED = (400, 404, 415, 422)


def _may_be_too_long(refused: Exchange, answered: bytes | None) -> bool:
    """Return whether a body may be refused for its length, which another way of writing it does not have."""
    length = len(refused.request_body or b"")
    return refused.status in _REFUSED and length > max(_FEW_BYTES, _MUCH_LONGER * len(answered or b""))


def _same_status(one: int, other: int) -> bool:
    return one == other


def _read_status(exchange: Exchange, place: int) -> int | None:  # noqa: ARG001
    return exchange.status


def _names(table: Table, findings: Findings) -> None:
    """No two answers share an `id`; a model goes by one name."""
    fresh, alike = f"{_EMBED}/response/id-fresh", f"{_EMBED}/response/model-named-alike"
    findings.compared[fresh] += len(table.ids) - 1 if table.ids else 0
    for name, exchanges in table.ids.items():
        if len(exchanges) > 1:
            findings.fail(fresh, f"the id {name!r} in {len(exchanges)} answers", "an id of its own", *exchanges[:2])
            break
    for (asked, _), named in table.names.items():
        findings.compared[alike] += 1
        if len(named) > 1:
            first, second = itertools.islice(named.items(), 2)
            findings.fail(
                alike,
                f"the models {first[0]!r} and {second[0]!r} in answers to requests for {asked!r}",
                "one name",
                first[1],
                second[1],
            )


def _fields(table: Table, findings: Findings) -> None:
    """All answers of a model and provider have the same fields, of the same types."""
    requirement = f"{_EMBED}/response/fields-alike"
    for (model, _, _), seen in table.fields.items():
        findings.compared[requirement] += 1
        if len(seen) > 1:
            (one, first), (other, second) = itertools.islice(seen.items(), 2)
            differing_fields = ", ".join(sorted(one - other)) or "no more", ", ".join(sorted(other - one)) or "no more"
            findings.fail(
                requirement,
                f"{differing_fields[0]} in one answer of {model}, {differing_fields[1]} in another",
                "the same fields in all answers",
                first,
                second,
            )


# The model list


def _entries(table: Table, findings: Findings) -> None:
    """An entry of the model list is the same wherever it stands."""
    requirement = f"{_LIST}/catalog/entries-agree"
    findings.compared[requirement] += len(table.entries) if len(table.pages) > 1 else 0
    for name, seen in table.entries.items():
        if len(seen) > 1:
            (one, first), (other, second) = itertools.islice(seen.items(), 2)
            fields = [
                field
                for field in {**json.loads(one), **json.loads(other)}
                if json.loads(one).get(field) != json.loads(other).get(field)
            ]
            findings.fail(
                requirement, f"two entries of {name!r} that differ in {', '.join(fields)}", "one entry", first, second
            )
            break


def _pages(table: Table, findings: Findings) -> None:
    """Pages are slices of the one list, and each names its size."""
    wholes = [page for page in table.pages if page.readings == ((0, None),)]
    if not wholes:
        return
    whole = wholes[0]
    repeats, total = f"{_LIST}/catalog/repeats-agree", f"{_LIST}/pagination/total-count-is-whole"
    slices = f"{_LIST}/pagination/pages-are-slices"
    findings.compared[repeats] += len(wholes) - 1
    for page in wholes[1:]:
        if page.ids != whole.ids:
            findings.fail(
                repeats,
                "other models, or another order, the second time",
                "the same list",
                page.exchange,
                whole.exchange,
            )
            break
    for page in table.pages:
        findings.compared[total] += 1
        findings.compared[slices] += page is not whole
        if type(page.total) is not int or page.total != len(whole.ids):
            findings.fail(
                total,
                f"total_count {json.dumps(page.total)}",
                f"{len(whole.ids)}, the models there are",
                page.exchange,
                whole.exchange,
            )
        if page not in wholes:
            wrong = [_not_a_slice(page.ids, offset, limit, whole.ids) for offset, limit in page.readings]
            plainest, *others = wrong
            if plainest is not None and None not in others:
                findings.fail(slices, *plainest, page.exchange, whole.exchange)
            elif (astray := _not_leading_on(page, whole)) is not None:
                findings.fail(f"{_LIST}/pagination/next-leads-on", *astray, page.exchange, whole.exchange)


def _not_leading_on(page: Page, whole: Page) -> tuple[str, str] | None:
    """Return what `links.next` of a page is and what it must be; None when it may lead to the model after its last."""
    if len(page.readings) != 1 or not page.ids:
        return None
    end = page.readings[0][0] + len(page.ids)
    if page.next is None:
        left = len(whole.ids) - end
        return None if left <= 0 else (f"links.next null with {left} more models", "the address of the next page")
    offsets = [value for name, value in parse_qsl(urlsplit(str(page.next)).query) if name == "offset"]
    if offsets and offsets != [str(end)] and end < len(whole.ids):
        return f"offset={offsets[-1]} in links.next of a page that ends before {end}", f"offset={end}"
    return None


def _not_a_slice(
    ids: tuple[str, ...], offset: int, limit: int | None, whole: tuple[str, ...]
) -> tuple[str, str] | None:
    """Return what a page holds and what it must hold; None when it is a slice: a page may be shorter than asked."""
    most = len(whole) if limit is None else limit
    expected = whole[offset : offset + most]
    if ids and ids == expected[: len(ids)]:
        return None
    if not ids and not expected:
        return None
    asked = f"offset={offset}" + ("" if limit is None else f", limit={limit}")
    if len(ids) > most:
        return f"{len(ids)} models with {asked}", f"at most {most}"
    place = next((at for at, (a, b) in enumerate(zip(ids, expected, strict=False)) if a != b), len(expected))
    found = json.dumps(ids[place]) if place < len(ids) else "no model"
    wanted = json.dumps(expected[place]) if place < len(expected) else "no model"
    return f"{found} at position {place} with {asked}", f"{wanted}, as in the whole list"


# Words


def shown_input(argument: Argument) -> str:
    """Return an input as JSON, shortened."""
    text = argument.input
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}… ({len(text)} characters of JSON)"


def _in(factors: Sequence[Factor]) -> str:
    if not factors:
        return "in nothing but the time"
    return "only in " + " and ".join(factor.name for factor in factors)


def _places(one: Sighting[Any], other: Sighting[Any]) -> str:
    if one.context.size == other.context.size == 1:
        return ""
    size = one.context.size
    place = f", one at position {one.context.place} of {size}" if size > 1 else ", one alone"
    size = other.context.size
    return place + (f", the other at position {other.context.place} of {size}" if size > 1 else ", the other alone")


def _more(count: int) -> str:
    return "" if count < 2 else f" (and {count - 1} more such vectors)" if count > 2 else " (and 1 more)"


def _shown_words(words: frozenset[str]) -> str:
    shown = sorted(words)[:4]
    return ", ".join(json.dumps(one[:_MAX_SHOWN]) for one in shown)
