"""The table of observations: what each exchange of a run says, by what it says it about, with its context."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlsplit

import attrs
import numpy as np

from openrouter_conformance import answers, vectors
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.exchange import ALLOWED, OWN_KEYS
from openrouter_conformance.operations import CREATE_EMBEDDINGS, LIST_EMBEDDINGS_MODELS
from openrouter_conformance.oracle import context as contexts
from openrouter_conformance.oracle.context import Argument, Context, canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from openrouter_conformance.contract import Contract
    from openrouter_conformance.exchange import Exchange

K = TypeVar("K")
V = TypeVar("V")

_EVIDENCE = "evidence"

COST = "cost"
_OF_EACH = frozenset({"object", "data", "model", "usage", "id", "provider", "error"})
_OF_EACH_USAGE = frozenset({"prompt_tokens", "total_tokens"})
"""Fields of which there is a requirement that they are there."""

_OF_LENGTH = frozenset({411, 413})
"""Statuses that say something about the bytes of a request: that they were not counted, or are too many."""

_ASKING_MORE = frozenset({"expect", "content-encoding"})
"""Headers that ask a server for something that it may refuse."""

TEMPORARY = frozenset({408, 429})
"""Statuses that say nothing about the request; so do those from 500 on."""


@attrs.frozen
class Sighting(Generic[V]):
    """One value that was seen: of which argument, in which context, in which exchange.

    `dimensions` is the length that was asked for, None when none was; `provider` is who answered, where that is told.
    """

    argument: Argument
    context: Context
    value: V = attrs.field(eq=False, repr=False)
    exchange: Exchange = attrs.field(eq=False, repr=False)
    dimensions: int | None = None
    provider: str | None = None


@attrs.frozen
class Page:
    """A page of the model list: what was asked, what came.

    `readings` are the offsets and limits that a server may have understood: several where a parameter was repeated.
    """

    exchange: Exchange = attrs.field(repr=False)
    readings: tuple[tuple[int, int | None], ...]
    ids: tuple[str, ...]
    total: Any
    next: Any = None


@attrs.frozen
class Batch:
    """The tokens that an answer counts for all of its inputs together; `context` is that of the first."""

    arguments: tuple[Argument, ...]
    context: Context
    tokens: int
    exchange: Exchange = attrs.field(repr=False)


@attrs.frozen
class Bill:
    """What an answer says it cost, US dollars, for so many tokens; `routed` by a preference or not.

    `field` is where it stands in the usage: what a request cost is said as a whole and in parts.
    """

    tokens: int
    cost: float
    routed: bool
    exchange: Exchange = attrs.field(repr=False)
    field: str = COST


class Table:
    """Everything that was observed in a run.

    Attributes:
        vectors: by argument, length and provider.
        tokens: of single inputs, by argument and provider.
        batches: the counts of several inputs, by provider.
        bills: by model and provider.
        statuses: by the request, whatever its spelling.
        fields: the fields that answers have, by model, provider and the types of parts that inputs have.
        names: the `model` of answers, by the model asked for and the provider.
        ids: the exchanges that carried each `id`.
        entries: of the model list, by id: the entry as canonical JSON.
        pages: of the model list.

    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self.vectors: dict[tuple[Argument, int, str | None], list[Sighting[NDArray[np.float32]]]] = defaultdict(list)
        self.tokens: dict[tuple[Argument, str | None], list[Sighting[int]]] = defaultdict(list)
        self.batches: dict[str | None, list[Batch]] = defaultdict(list)
        self.bills: dict[tuple[str, str | None], list[Bill]] = defaultdict(list)
        self.statuses: dict[str, list[Sighting[int]]] = defaultdict(list)
        self.fields: dict[tuple[str, str | None, frozenset[str]], dict[frozenset[str], Exchange]] = defaultdict(dict)
        self.names: dict[tuple[str, str | None], dict[str, Exchange]] = defaultdict(dict)
        self.ids: dict[str, list[Exchange]] = defaultdict(list)
        self.entries: dict[str, dict[str, Exchange]] = defaultdict(dict)
        self.pages: list[Page] = []

    def add(self, exchange: Exchange) -> None:
        """Enter what an exchange says that breaks nothing by itself."""
        if exchange.status is None or exchange.status in TEMPORARY or exchange.status >= 500:
            return
        if exchange.derived.get(ALLOWED) is False:
            return
        if _is_of_a_stranger(exchange):
            return  # which is a finding of its own
        exchange.derived[_EVIDENCE] = exchange.stripped()
        if exchange.operation == CREATE_EMBEDDINGS.operation_id and exchange.method == CREATE_EMBEDDINGS.method:
            self._add_status(exchange)
            if exchange.status == 200:
                self._add_embeddings(exchange)
        elif exchange.operation == LIST_EMBEDDINGS_MODELS.operation_id and exchange.method == "GET":
            self._add_page(exchange)

    def listed(self, model: str) -> dict[str, Any]:
        """Return the entry of a model in the list, {} when it has none."""
        found = self.entries.get(model)
        entry: dict[str, Any] = json.loads(next(iter(found))) if found else {}
        return entry

    def sort(self, order: Callable[[Sighting[Any]], Any]) -> None:
        """Sort all that was observed, so that nothing follows from which answer came first."""
        self.vectors = _sorted(self.vectors, order)
        self.tokens = _sorted(self.tokens, order)
        self.statuses = _sorted(self.statuses, order)
        self.batches = _sorted(self.batches, lambda one: one.exchange.request_body or b"")
        self.bills = _sorted(self.bills, lambda one: (one.tokens, one.cost, one.exchange.request_body or b""))
        self.pages.sort(key=lambda one: (one.exchange.url, one.ids, str(one.total), str(one.next)))

    def _add_status(self, exchange: Exchange) -> None:
        """Enter the status of a request that the contract allows, by what it asks for and not how."""
        request = exchange.request
        if (
            request is None
            or exchange.status in _OF_LENGTH
            or not self._contract.allows_body(CREATE_EMBEDDINGS, request.body or b"")
        ):
            return
        found = list(contexts.read(request))
        kinds = [value for name, value in request.headers if name.lower() == "content-type"]
        kind = kinds[0].partition(";")[0].strip().lower() if kinds else ""
        if any(name.lower() in _ASKING_MORE for name, _ in request.headers):
            return
        if not found or kind != "application/json" or request.key not in (True, "bearer {key}"):
            return
        argument, context, dimensions = found[0]
        asked = (context.encoding, context.listed, context.others, context.provider, dimensions)
        key = canonical([attrs.astuple(argument), asked])
        self.statuses[key].append(
            Sighting(argument, context, int(exchange.status or 0), exchange.derived[_EVIDENCE], dimensions)
        )

    def _add_embeddings(self, exchange: Exchange) -> None:
        request, shown = exchange.request, exchange.derived[_EVIDENCE]
        try:
            answer = answers.embedded(exchange)
        except CheckFailure:
            return
        name = answer.body.get("id")
        if isinstance(name, str) and name:
            self.ids[name].append(shown)
        found = list(contexts.read(request)) if request is not None else []
        if not found:
            return
        provider = answer.provider
        model = answer.body.get("model")
        if isinstance(model, str):
            self.names[found[0][0].model, provider].setdefault(model, shown)
        parts = frozenset(part for argument, _, _ in found for part in _part_types(argument))
        self.fields[found[0][0].model, provider, parts].setdefault(_fields_of(answer.body), shown)
        self._add_usage(answer, [argument for argument, _, _ in found], found[0][1], provider, shown)
        if len(answer.items) != len(found):
            return
        try:
            decoded = answer.vectors
        except CheckFailure:
            return
        for (argument, context, dimensions), vector in zip(found, decoded, strict=True):
            if not vector.size or not vector.any():
                continue
            if dimensions is not None and dimensions != vector.size:
                continue
            with np.errstate(over="ignore", invalid="ignore"):
                kept = vector.astype(np.float32)
            self.vectors[argument, int(vector.size), provider].append(
                Sighting(argument, context, kept, shown, dimensions, provider)
            )

    def _add_usage(
        self,
        answer: answers.Embedded,
        arguments: list[Argument],
        context: Context,
        provider: str | None,
        shown: Exchange,
    ) -> None:
        usage = answer.usage or {}
        tokens, cost = usage.get("prompt_tokens"), usage.get("cost")
        if type(tokens) is not int or tokens < 1:
            return
        if len(arguments) == 1:
            sighting = Sighting(arguments[0], context, tokens, shown)
            self.tokens[arguments[0], provider].append(sighting)
        else:
            self.batches[provider].append(Batch(tuple(arguments), context, tokens, shown))
        if any(one.input.startswith("{") for one in arguments):
            return
        details = usage.get("cost_details")
        costs = {f"cost_details.{name}": value for name, value in details.items()} if isinstance(details, dict) else {}
        for field, value in {COST: cost, **costs}.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                bill = Bill(tokens, float(value), bool(context.provider), shown, field)
                self.bills[arguments[0].model, provider].append(bill)

    def _add_page(self, exchange: Exchange) -> None:
        if exchange.status != 200:
            return
        try:
            page = answers.page(exchange)
        except CheckFailure:
            return
        for model in page.models:
            name = model.get("id")
            if isinstance(name, str):
                self.entries[name].setdefault(canonical(model), exchange.derived[_EVIDENCE])
        asked = parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True)
        if not all(name in ("offset", "limit") and value.isdecimal() for name, value in asked):
            return
        offsets = [int(value) for name, value in asked if name == "offset"] or [0]
        limits: list[int | None] = [int(value) for name, value in asked if name == "limit"] or [None]
        readings = tuple(itertools.product(offsets, limits))
        ids = tuple(str(name) for name in page.ids)
        self.pages.append(Page(exchange.derived[_EVIDENCE], readings, ids, page.total_count, page.next))


def _part_types(argument: Argument) -> Iterator[str]:
    """Yield the types of the parts of a multimodal input."""
    if argument.input.startswith("{"):
        content = argument.value.get("content")
        for part in content if isinstance(content, list) else ():
            yield str(part.get("type")) if isinstance(part, dict) else ""


def _is_of_a_stranger(exchange: Exchange) -> bool:
    """Return whether a request that needs the target's key had another one, or none."""
    request = exchange.request
    if request is None or not exchange.headers_complete or exchange.method == LIST_EMBEDDINGS_MODELS.method:
        return False  # recorders leave keys out
    return request.key not in OWN_KEYS


def _fields_of(body: dict[str, Any]) -> frozenset[str]:
    """Return the places of the fields that not every answer must have, with the type of each."""
    found = {f"{name}: {_type(value)}" for name, value in body.items() if name not in _OF_EACH}
    usage = body.get("usage")
    for name, value in usage.items() if isinstance(usage, dict) else ():
        if name not in _OF_EACH_USAGE:
            found.add(f"usage.{name}: {_type(value)}")
        for part, inner in value.items() if isinstance(value, dict) else ():
            found.add(f"usage.{name}.{part}: {_type(inner)}")
    return frozenset(found)


def _type(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__


def _sorted(groups: dict[K, list[V]], order: Callable[[V], Any]) -> dict[K, list[V]]:
    return defaultdict(list, {key: sorted(groups[key], key=order) for key in sorted(groups, key=str)})


def same_vector(one: NDArray[Any], other: NDArray[Any], tolerance: float) -> bool:
    """Return whether two vectors agree in direction, to a cosine of 1 - `tolerance`, and in norm."""
    if one.shape == other.shape and np.array_equal(one, other, equal_nan=True):
        return True
    if vectors.cosine(one, other) < 1 - tolerance:
        return False
    norms = float(np.linalg.norm(one.astype(np.float64))), float(np.linalg.norm(other.astype(np.float64)))
    return abs(norms[0] - norms[1]) <= _NORM * max(norms)


_NORM = 0.01
"""How much the norms of two equal vectors may differ, relatively."""
