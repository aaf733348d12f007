"""Successful answers, taken apart strictly enough to reason about them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import attrs

from openrouter_conformance import vectors
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.exchange import ALLOWED, excerpt

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from openrouter_conformance.exchange import Exchange

_OK = 200


@attrs.frozen(slots=False)
class Embedded:
    """A 200 of createEmbeddings; `exchange` is the evidence, stripped of what `body` holds."""

    exchange: Exchange
    body: dict[str, Any]
    items: list[dict[str, Any]]

    @functools.cached_property
    def vectors(self) -> list[NDArray[np.float64]]:
        """The vectors in the order of the array, shape (length,) each; CheckFailure when one cannot be decoded."""
        return [
            vectors.decode(item.get("embedding"), f"data[{place}].embedding", self.exchange)
            for place, item in enumerate(self.items)
        ]

    @property
    def usage(self) -> dict[str, Any] | None:
        """The `usage` object, or None when the answer has none."""
        usage = self.body.get("usage")
        return usage if isinstance(usage, dict) else None

    @property
    def provider(self) -> str | None:
        """Who served the request, or None when the answer does not say."""
        provider = self.body.get("provider")
        return provider if isinstance(provider, str) else None


@attrs.frozen
class Page:
    """A 200 of listEmbeddingsModels; `exchange` is the evidence, stripped of what `models` holds."""

    exchange: Exchange
    models: list[dict[str, Any]]
    total_count: Any
    next: Any

    @property
    def ids(self) -> list[Any]:
        """The models' identifiers in the order of the page."""
        return [model.get("id") for model in self.models]


def embedded(exchange: Exchange, count: int | None = None) -> Embedded:
    """Return `exchange` as a successful answer, of `count` items if given; CheckFailure when it is not one."""
    body = _successful(exchange)
    items = body.get("data")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise CheckFailure(f"200 {excerpt(exchange.body)}", "a body whose `data` is an array of objects", exchange)
    if count is not None and len(items) != count:
        found = f"{len(items)} item{'' if len(items) == 1 else 's'}"
        raise CheckFailure(f"{found} in `data`", f"{count}, one per input", exchange)
    return Embedded(exchange.stripped(), body, items)


@attrs.frozen
class Answered:
    """A successful answer of createEmbeddings beside what was asked: the fields of the request, its inputs."""

    answer: Embedded
    sent: dict[str, Any]
    inputs: list[Any]


def answered(exchange: Exchange) -> Answered | None:
    """Return a readable 200 beside its request, which keeps the contract; None for any other exchange."""
    if exchange.derived.get(ALLOWED, True) is not True:
        return None  # what is made of a request that breaks the contract is nothing to hold against the rest
    if "answered" not in exchange.derived:
        exchange.derived["answered"] = _answered(exchange)
    found: Answered | None = exchange.derived["answered"]
    return found


def _answered(exchange: Exchange) -> Answered | None:
    sent = exchange.sent
    if not isinstance(sent, dict) or "input" not in sent or exchange.method != "POST":
        return None
    try:
        answer = embedded(exchange)
    except CheckFailure:
        return None
    return Answered(answer, sent, inputs_of(sent["input"]))


def inputs_of(value: Any) -> list[Any]:
    """Return the inputs of an `input`: a text and the token ids of one text are one input."""
    if not isinstance(value, list):
        return [value]
    is_tokens = bool(value) and all(isinstance(one, int | float) and not isinstance(one, bool) for one in value)
    return [value] if is_tokens else value


def page(exchange: Exchange) -> Page:
    """Return `exchange` as a page of the model list; CheckFailure when it is not one."""
    body = _successful(exchange)
    models = body.get("data")
    if not isinstance(models, list) or not all(isinstance(model, dict) for model in models):
        raise CheckFailure(f"200 {excerpt(exchange.body)}", "a body whose `data` is an array of models", exchange)
    links = body.get("links")
    return Page(
        exchange.stripped(), models, body.get("total_count"), links.get("next") if isinstance(links, dict) else None
    )


def is_refusal(exchange: Exchange) -> bool:
    """Say whether the target answered that it cannot or will not do what was asked (a 4xx about the request)."""
    return exchange.status in (400, 404, 413, 415, 422)


def _successful(exchange: Exchange) -> dict[str, Any]:
    if exchange.status != _OK:
        raise CheckFailure(exchange.outline(), "200", exchange)
    if exchange.json_fault is not None:
        raise CheckFailure(f"200 with a body that is no JSON ({exchange.json_fault})", "a JSON object", exchange)
    if not isinstance(exchange.json, dict):
        raise CheckFailure(f"200 {excerpt(exchange.body)}", "a JSON object", exchange)
    return exchange.json
