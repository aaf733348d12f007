"""The embedding models that the mock serves: the real ones, as the live API listed them in August 2026.

`catalogue.json` holds facts only. Under `listed` stands the model as the model list gives it (without
its prose), under `embedding` what answering takes. The prices of the first endpoint are the listed
ones; latency, throughput and the second endpoints are invented, fixed, and there for routing to decide on.
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
    """A provider that serves a model, and on which terms."""

    provider: str
    """Name as the contract's `ProviderName` writes it."""
    prompt_price: Decimal
    """US dollars per input token."""
    quantization: str
    """Number format of the weights, as the contract's `Quantization` writes it."""
    keeps_data: bool
    """Whether it may keep or train on the inputs; `data_collection: deny` excludes it then."""
    zero_retention: bool
    """Whether `zdr: true` admits it."""
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
    """What answers give as `model`."""
    native_length: int
    """Length of its vectors when `dimensions` is not given."""
    longest: int
    """The greatest `dimensions` it takes."""
    lengths: tuple[int, ...] | None
    """The only `dimensions` it takes; None: every one from 1 to `longest`."""
    endpoints: tuple[Endpoint, ...]
    """Who serves it, the default choice first."""

    @property
    def id(self) -> str:
        """The identifier that requests name."""
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
        """US dollars per token of an image, an audio or a video, where the price is another than that of text."""
        prices = self.listed["pricing"]
        return {kind: Decimal(prices[kind]) for kind in ("image", "audio", "video") if kind in prices}

    @property
    def modalities(self) -> frozenset[str]:
        """The kinds of input that it reads, such as `text` and `image`."""
        return frozenset(self.listed["architecture"]["input_modalities"])


def _model(entry: dict[str, Any]) -> Model:
    facts = entry["embedding"]
    listed = {**entry["listed"], "description": _description(entry["listed"], facts["native_length"])}
    endpoints = (Endpoint(**{**each, "prompt_price": Decimal(each["prompt_price"])}) for each in facts["endpoints"])
    return Model(
        listed=listed,
        upstream_name=facts["upstream_name"],
        native_length=facts["native_length"],
        longest=facts["longest"],
        lengths=None if facts["lengths"] is None else tuple(facts["lengths"]),
        endpoints=tuple(endpoints),
    )


def _description(listed: dict[str, Any], length: int) -> str:
    inputs = " and ".join(listed["architecture"]["input_modalities"])
    return f"Turns {inputs} of up to {listed['context_length']:,} tokens into vectors of {length:,} numbers."


@functools.cache
def models() -> tuple[Model, ...]:
    """Return the models in the order of the model list, newest first."""
    text = resources.files(__package__).joinpath("catalogue.json").read_text(encoding="utf-8")
    return tuple(_model(entry) for entry in json.loads(text))


@functools.cache
def _by_name() -> dict[str, Model]:
    return {model.canonical_slug: model for model in models()} | {model.id: model for model in models()}


def find(name: str) -> Model | None:
    """Return the model whose identifier or canonical slug is *name*, or None."""
    return _by_name().get(name)
