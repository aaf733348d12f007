"""Which model and which of its endpoints serve a request."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from . import catalogue, scenarios
from .call import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .catalogue import Endpoint, Model

_PER_MILLION = 1_000_000
_AMOUNT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_PRICED = ("prompt", "completion", "request", "image", "audio")
_SLOWER = {"p50": 1.0, "p75": 1.25, "p90": 1.5, "p99": 2.0}
"""How much slower than the median a percentile is: invented, like the medians."""


def choose_model(name: str) -> Model:
    """Return the model that *name* names; raise a 404 `Refusal` when there is none, as the guide says."""
    model = catalogue.find(name) or scenarios.model(name)
    if model is None:
        shown = name if len(name) <= 100 else f"{name[:100]}…"
        raise Refusal(404, f"model: no embedding model is named {shown!r}; GET /embeddings/models lists them")
    return model


def check_length(model: Model, length: int | None) -> None:
    """Raise a 400 `Refusal` naming the limit when *model* has no vectors of *length*."""
    if length is None or length == model.native_length:
        return
    if model.lengths is not None and length not in model.lengths:
        choice = ", ".join(map(str, model.lengths))
        raise Refusal(400, f"dimensions: {length} is not a length that {model.id} has; it has {choice}")
    if length > model.longest:
        raise Refusal(400, f"dimensions: {length} is more than the {model.longest} that {model.id} has at most")


def choose_endpoint(model: Model, preferences: dict[str, Any] | None) -> Endpoint:
    """Return the endpoint of *model* that `provider` prefers; raise a 404 `Refusal` if none fits."""
    if not preferences:
        return model.endpoints[0]
    wanted = {name: value for name, value in preferences.items() if value is not None}
    remaining = list(model.endpoints)
    for field, admits in _filters(model, wanted):
        remaining = [endpoint for endpoint in remaining if admits(endpoint)]
        if not remaining:
            raise Refusal(
                404,
                f"provider.{field}: no endpoint of {model.id} fits",
                metadata={"failed_routing_step": field},
            )
    return _sorted(remaining, wanted)[0]


def _filters(model: Model, wanted: dict[str, Any]) -> Iterable[tuple[str, Callable[[Endpoint], bool]]]:
    if wanted.get("only"):
        yield "only", lambda endpoint: _names(endpoint, wanted["only"])
    if "ignore" in wanted:
        yield "ignore", lambda endpoint: not _names(endpoint, wanted["ignore"])
    if wanted.get("data_collection") == "deny":
        yield "data_collection", lambda endpoint: not endpoint.keeps_data
    if wanted.get("zdr"):
        yield "zdr", lambda endpoint: endpoint.zero_retention
    if wanted.get("quantizations"):
        yield "quantizations", lambda endpoint: endpoint.quantization in wanted["quantizations"]
    if ceilings := wanted.get("max_price"):
        limits = {kind: _amount(kind, ceilings[kind]) for kind in _PRICED if kind in ceilings}
        yield "max_price", lambda endpoint: all(_asks(model, endpoint, kind) <= limits[kind] for kind in limits)
    if wanted.get("order") and wanted.get("allow_fallbacks") is False:
        yield "order", lambda endpoint: _names(endpoint, wanted["order"])


def _sorted(endpoints: list[Endpoint], wanted: dict[str, Any]) -> list[Endpoint]:
    """Return *endpoints*, the most wanted first: by `order`, then by what is preferred, then by `sort`."""
    order = [_simple(name) for name in wanted.get("order", [])]
    ranks: list[Callable[[Endpoint], Any]] = [
        lambda endpoint: order.index(_simple(endpoint.provider)) if _names(endpoint, order) else len(order),
        lambda endpoint: not _is_quick(endpoint, wanted.get("preferred_max_latency")),
        lambda endpoint: not _is_strong(endpoint, wanted.get("preferred_min_throughput")),
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


def _is_quick(endpoint: Endpoint, preference: float | dict[str, Any] | None) -> bool:
    """Return whether the latency at each percentile preferred is within its cutoff."""
    cutoffs = _cutoffs(preference)
    return all(endpoint.latency * _SLOWER[percentile] <= cutoff for percentile, cutoff in cutoffs.items())


def _is_strong(endpoint: Endpoint, preference: float | dict[str, Any] | None) -> bool:
    """Return whether the throughput at each percentile preferred reaches its cutoff."""
    cutoffs = _cutoffs(preference)
    return all(endpoint.throughput / _SLOWER[percentile] >= cutoff for percentile, cutoff in cutoffs.items())


def _cutoffs(preference: float | dict[str, Any] | None) -> dict[str, float]:
    """Return the cutoff by percentile; a number alone is that of the median."""
    given: dict[str, Any] = preference if isinstance(preference, dict) else {"p50": preference}
    return {name: float(given[name]) for name in _SLOWER if given.get(name) is not None}


def _asks(model: Model, endpoint: Endpoint, kind: str) -> Decimal:
    """Return what *endpoint* asks for a *kind* of use: for a million tokens of the prompt, for one of anything else.

    The list does not say how many tokens an image has, so its price is taken for that of one token.
    """
    if kind == "prompt":
        return endpoint.prompt_price * _PER_MILLION
    return Decimal(model.listed["pricing"].get(kind, 0))


def _amount(kind: str, value: float | str) -> Decimal:
    """Return US dollars; raise a 400 `Refusal` when *value* is no amount of money."""
    text = str(value).strip()
    try:
        amount = Decimal(text if _AMOUNT.fullmatch(text) else "NaN")
    except InvalidOperation:  # an exponent beyond reason
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise Refusal(400, f"provider.max_price.{kind}: {text[:100]!r} is not an amount of US dollars")
    return amount


def _simple(name: str) -> str:
    """Return a provider's name without case and punctuation: `Google AI Studio` is `google-ai-studio`."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _names(endpoint: Endpoint, names: Iterable[str]) -> bool:
    return _simple(endpoint.provider) in map(_simple, names)
