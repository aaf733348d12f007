"""Routing: which model and which of its endpoints serve a request."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from . import catalog, scenarios
from .call import HTTPError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .catalog import Endpoint, Model

_PER_MILLION = 1_000_000
_AMOUNT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_PRICED = ("prompt", "completion", "request", "image", "audio")
_SLOWDOWN = {"p50": 1.0, "p75": 1.25, "p90": 1.5, "p99": 2.0}
"""Latency at each percentile, relative to the median: invented, like the medians."""


def choose_model(name: str) -> Model:
    """Return the model called *name*; raise `HTTPError` 404, as OpenRouter's guide says, when there is none."""
    model = catalog.find(name) or scenarios.model(name)
    if model is None:
        shown = name if len(name) <= 100 else f"{name[:100]}…"
        raise HTTPError(404, f"model: no embedding model is named {shown!r}; GET /embeddings/models lists them")
    return model


def check_dimensions(model: Model, dimensions: int | None) -> None:
    """Raise `HTTPError` 400 naming the limit when *model* has no vectors of *dimensions*."""
    if dimensions is None or dimensions == model.native_dimensions:
        return
    allowed = model.allowed_dimensions
    if allowed is not None and dimensions not in allowed:
        choice = ", ".join(map(str, allowed))
        raise HTTPError(400, f"dimensions: {dimensions} is not a length that {model.id} has; it has {choice}")
    if dimensions > model.max_dimensions:
        most = model.max_dimensions
        raise HTTPError(400, f"dimensions: {dimensions} is more than the {most} that {model.id} has at most")


def choose_endpoint(model: Model, preferences: dict[str, Any] | None) -> Endpoint:
    """Return the endpoint of *model* that the `provider` preferences choose; raise `HTTPError` 404 if none fits."""
    if not preferences:
        return model.endpoints[0]
    wanted = {name: value for name, value in preferences.items() if value is not None}
    remaining = list(model.endpoints)
    for field, allows in _filters(model, wanted):
        remaining = [endpoint for endpoint in remaining if allows(endpoint)]
        if not remaining:
            raise HTTPError(
                404,
                f"provider.{field}: no endpoint of {model.id} fits",
                metadata={"failed_routing_step": field},
            )
    return _sorted(remaining, wanted)[0]


def _filters(model: Model, wanted: dict[str, Any]) -> Iterable[tuple[str, Callable[[Endpoint], bool]]]:
    """Yield the preferences that exclude endpoints: each with a predicate for the endpoints that it allows."""
    if wanted.get("only"):
        yield "only", lambda endpoint: _is_listed(endpoint, wanted["only"])
    if "ignore" in wanted:
        yield "ignore", lambda endpoint: not _is_listed(endpoint, wanted["ignore"])
    if wanted.get("data_collection") == "deny":
        yield "data_collection", lambda endpoint: not endpoint.retains_data
    if wanted.get("zdr"):
        yield "zdr", lambda endpoint: endpoint.zero_data_retention
    if wanted.get("quantizations"):
        yield "quantizations", lambda endpoint: endpoint.quantization in wanted["quantizations"]
    if ceilings := wanted.get("max_price"):
        limits = {kind: _amount(kind, ceilings[kind]) for kind in _PRICED if kind in ceilings}
        yield "max_price", lambda endpoint: all(_price(model, endpoint, kind) <= limits[kind] for kind in limits)
    if wanted.get("order") and wanted.get("allow_fallbacks") is False:
        yield "order", lambda endpoint: _is_listed(endpoint, wanted["order"])


def _sorted(endpoints: list[Endpoint], wanted: dict[str, Any]) -> list[Endpoint]:
    """Return *endpoints*, the preferred first: by `order`, then by preferred latency and throughput, then by `sort`."""
    order = [_normalized(name) for name in wanted.get("order", [])]
    ranks: list[Callable[[Endpoint], Any]] = [
        lambda endpoint: order.index(_normalized(endpoint.provider)) if _is_listed(endpoint, order) else len(order),
        lambda endpoint: not _meets_latency(endpoint, wanted.get("preferred_max_latency")),
        lambda endpoint: not _meets_throughput(endpoint, wanted.get("preferred_min_throughput")),
        _sort_key(wanted.get("sort")),
    ]
    return sorted(endpoints, key=lambda endpoint: [rank(endpoint) for rank in ranks])


def _sort_key(sort: str | dict[str, Any] | None) -> Callable[[Endpoint], Any]:
    by = sort.get("by") if isinstance(sort, dict) else sort
    keys: dict[str | None, Callable[[Endpoint], Any]] = {
        "price": lambda endpoint: endpoint.prompt_price,
        "latency": lambda endpoint: endpoint.latency,
        "throughput": lambda endpoint: -endpoint.throughput,
    }
    return keys.get(by, lambda _: 0)


def _meets_latency(endpoint: Endpoint, preference: float | dict[str, Any] | None) -> bool:
    """Return whether the latency at each given percentile is within its cutoff."""
    cutoffs = _cutoffs(preference)
    return all(endpoint.latency * _SLOWDOWN[percentile] <= cutoff for percentile, cutoff in cutoffs.items())


def _meets_throughput(endpoint: Endpoint, preference: float | dict[str, Any] | None) -> bool:
    """Return whether the throughput at each given percentile reaches its cutoff."""
    cutoffs = _cutoffs(preference)
    return all(endpoint.throughput / _SLOWDOWN[percentile] >= cutoff for percentile, cutoff in cutoffs.items())


def _cutoffs(preference: float | dict[str, Any] | None) -> dict[str, float]:
    """Return the cutoffs by percentile; a bare number is that of the median."""
    given: dict[str, Any] = preference if isinstance(preference, dict) else {"p50": preference}
    return {name: float(given[name]) for name in _SLOWDOWN if given.get(name) is not None}


def _price(model: Model, endpoint: Endpoint, kind: str) -> Decimal:
    """Return the price of *endpoint* in US dollars: of a million tokens for `prompt`, of one unit for any other *kind*.

    The list does not say how many tokens an image has, so its price is used as that of one token.
    """
    if kind == "prompt":
        return endpoint.prompt_price * _PER_MILLION
    return Decimal(model.listed["pricing"].get(kind, 0))


def _amount(kind: str, value: float | str) -> Decimal:
    """Return *value* in US dollars; raise `HTTPError` 400 when it is not an amount of money."""
    text = str(value).strip()
    try:
        amount = Decimal(text if _AMOUNT.fullmatch(text) else "NaN")
    except InvalidOperation:  # the exponent is too large
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise HTTPError(400, f"provider.max_price.{kind}: {text[:100]!r} is not an amount of US dollars")
    return amount


def _normalized(name: str) -> str:
    """Return a provider's name without case and punctuation: `Google AI Studio` is `google-ai-studio`."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _is_listed(endpoint: Endpoint, names: Iterable[str]) -> bool:
    """Return whether the provider of *endpoint* is among *names*."""
    return _normalized(endpoint.provider) in map(_normalized, names)
