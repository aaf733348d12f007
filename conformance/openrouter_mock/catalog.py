"""The embedding models that the mock serves: the real ones, as the live API listed them in August 2026.

`catalog.json` holds facts only: under `listed` the model as the model list gives it, without its
description; under `embedding` what the mock needs to embed with it. The first endpoint has the listed
price; latency, throughput and all further endpoints are invented, so that routing has a choice.
"""

from __future__ import annotations

import functools
import json
from decimal import Decimal
from importlib import resources
from typing import Any

import attrs


@attrs.frozen
class Endpoint:
    """A provider that serves a model, and its terms."""

    provider: str
    """Name as the contract's `ProviderName` writes it."""
    prompt_price: Decimal
    """US dollars per input token."""
    quantization: str
    """Number format of the weights, as the contract's `Quantization` writes it."""
    retains_data: bool
    """Whether it may store or train on the inputs; `data_collection: deny` excludes it then."""
    zero_data_retention: bool
    """Whether `zdr: true` allows it."""
    latency: float
    """Seconds to the first byte."""
    throughput: float
    """Input tokens per second."""


@attrs.frozen
class Model:
    """An embedding model."""

    listed: dict[str, Any] = attrs.field(repr=False)
    """The model as the model list gives it; read-only."""
    upstream_name: str
    """The `model` of responses."""
    native_dimensions: int
    """The dimensions of its vectors when the request has no `dimensions`."""
    max_dimensions: int
    """The greatest `dimensions` it accepts."""
    allowed_dimensions: tuple[int, ...] | None
    """The only `dimensions` it accepts; None: all from 1 to `max_dimensions`."""
    endpoints: tuple[Endpoint, ...]
    """The providers that serve it, the default first."""

    @property
    def id(self) -> str:
        """The identifier that requests use."""
        return str(self.listed["id"])

    @property
    def canonical_slug(self) -> str:
        """The permanent identifier of this version."""
        return str(self.listed["canonical_slug"])

    @property
    def context_length(self) -> int:
        """The longest input, tokens."""
        return int(self.listed["context_length"])

    @functools.cached_property
    def media_prices(self) -> dict[str, Decimal]:
        """US dollars per token of an image, an audio or a video, where it differs from the price of text."""
        prices = self.listed["pricing"]
        return {kind: Decimal(prices[kind]) for kind in ("image", "audio", "video") if kind in prices}

    @property
    def modalities(self) -> frozenset[str]:
        """The kinds of input that it accepts, such as `text` and `image`."""
        return frozenset(self.listed["architecture"]["input_modalities"])


def _model(entry: dict[str, Any]) -> Model:
    facts = entry["embedding"]
    listed = {**entry["listed"], "description": _description(entry["listed"], facts["native_dimensions"])}
    endpoints = (Endpoint(**{**each, "prompt_price": Decimal(each["prompt_price"])}) for each in facts["endpoints"])
    return Model(
        listed=listed,
        upstream_name=facts["upstream_name"],
        native_dimensions=facts["native_dimensions"],
        max_dimensions=facts["max_dimensions"],
        allowed_dimensions=None if facts["allowed_dimensions"] is None else tuple(facts["allowed_dimensions"]),
        endpoints=tuple(endpoints),
    )


def _description(listed: dict[str, Any], dimensions: int) -> str:
    inputs = " and ".join(listed["architecture"]["input_modalities"])
    return f"Turns {inputs} of up to {listed['context_length']:,} tokens into vectors of {dimensions:,} numbers."


@functools.cache
def models() -> tuple[Model, ...]:
    """Return the models in the order of the model list, newest first."""
    text = resources.files("openrouter_mock").joinpath("catalog.json").read_text(encoding="utf-8")
    return tuple(_model(entry) for entry in json.loads(text))


@functools.cache
def _by_name() -> dict[str, Model]:
    return {model.canonical_slug: model for model in models()} | {model.id: model for model in models()}


def find(name: str) -> Model | None:
    """Return the model whose identifier or canonical slug is *name*, or None."""
    return _by_name().get(name)
