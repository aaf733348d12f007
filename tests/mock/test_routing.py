"""Which endpoint serves a request under which preferences."""

from __future__ import annotations

from typing import Any

import pytest

from openrouter_mock import catalog, contract, routing
from openrouter_mock.call import HTTPError

MODEL = routing.choose_model("qwen/qwen3-embedding-8b")
"""A model that three providers serve, with different terms."""


def test_the_table_of_the_model_is_as_these_tests_read_it() -> None:
    """The endpoints are Nebius (fp8), DeepInfra (bf16, faster), SiliconFlow (fp8, more expensive, retains data)."""
    assert [(each.provider, each.quantization, each.retains_data) for each in MODEL.endpoints] == [
        ("Nebius", "fp8", False),
        ("DeepInfra", "bf16", False),
        ("SiliconFlow", "fp8", True),
    ]


@pytest.mark.parametrize(
    ("preferences", "provider"),
    [
        (None, "Nebius"),
        ({}, "Nebius"),
        ({"order": None, "zdr": None, "max_price": {}}, "Nebius"),
        ({"order": ["SiliconFlow", "DeepInfra"]}, "SiliconFlow"),
        ({"order": ["siliconflow"]}, "SiliconFlow"),
        ({"order": ["OpenAI"]}, "Nebius"),
        ({"order": ["OpenAI", "DeepInfra"], "allow_fallbacks": False}, "DeepInfra"),
        ({"only": ["DeepInfra", "SiliconFlow"]}, "DeepInfra"),
        ({"ignore": ["Nebius"]}, "DeepInfra"),
        ({"only": ["SiliconFlow"], "data_collection": "allow"}, "SiliconFlow"),
        ({"quantizations": ["bf16"]}, "DeepInfra"),
        ({"sort": "throughput"}, "DeepInfra"),
        ({"sort": "price"}, "Nebius"),
        ({"sort": {"by": "throughput", "partition": "none"}}, "DeepInfra"),
        ({"sort": {"by": None}}, "Nebius"),
        ({"sort": "exacto"}, "Nebius"),
        ({"sort": "latency", "ignore": ["Nebius"]}, "DeepInfra"),
        ({"preferred_min_throughput": 20_000}, "DeepInfra"),
        ({"preferred_min_throughput": {"p50": 20_000}}, "DeepInfra"),
        ({"preferred_max_latency": 0.1}, "Nebius"),
        ({"preferred_max_latency": {"p99": 0.1}, "order": ["DeepInfra"]}, "DeepInfra"),
        ({"max_price": {"prompt": 0.01}, "order": ["SiliconFlow"]}, "Nebius"),
        ({"max_price": {"prompt": "0.02"}, "order": ["SiliconFlow"]}, "SiliconFlow"),
        ({"data_collection": "deny", "order": ["SiliconFlow"]}, "Nebius"),
        ({"zdr": True, "order": ["SiliconFlow"]}, "Nebius"),
        ({"require_parameters": True, "enforce_distillable_text": False}, "Nebius"),
    ],
    ids=str,
)
def test_preferences_decide(preferences: dict[str, Any] | None, provider: str) -> None:
    """The endpoint is the first that fits, in the preferred order."""
    assert routing.choose_endpoint(MODEL, preferences).provider == provider


@pytest.mark.parametrize(
    ("preferences", "step"),
    [
        ({"only": ["OpenAI"]}, "only"),
        ({"ignore": ["Nebius", "DeepInfra", "SiliconFlow"]}, "ignore"),
        ({"only": ["SiliconFlow"], "data_collection": "deny"}, "data_collection"),
        ({"only": ["SiliconFlow"], "zdr": True}, "zdr"),
        ({"quantizations": ["fp4"]}, "quantizations"),
        ({"max_price": {"prompt": 0}}, "max_price"),
        ({"max_price": {"image": -1}}, "max_price"),
        ({"order": ["OpenAI"], "allow_fallbacks": False}, "order"),
    ],
    ids=str,
)
def test_when_no_endpoint_fits_the_preference_is_named(preferences: dict[str, Any], step: str) -> None:
    """Preferences that leave no endpoint are answered 404, naming the one that left none."""
    with pytest.raises(HTTPError) as raised:
        routing.choose_endpoint(MODEL, preferences)
    assert raised.value.status == 404
    assert raised.value.message.startswith(f"provider.{step}:")
    assert raised.value.metadata == {"failed_routing_step": step}


def test_a_medium_may_be_too_dear() -> None:
    """A highest price for images leaves out a model that asks for more."""
    reads_images = catalog.find("google/gemini-embedding-2")
    assert reads_images
    assert routing.choose_endpoint(reads_images, {"max_price": {"image": "0.00000045", "request": 0}})
    with pytest.raises(HTTPError, match="max_price"):
        routing.choose_endpoint(reads_images, {"max_price": {"image": "0.00000044"}})


@pytest.mark.parametrize(
    ("preferences", "provider"),
    [
        ({"preferred_max_latency": {"p99": 0.7}}, "Google AI Studio"),
        ({"preferred_max_latency": {"p50": 0.4, "p90": 0.5}}, "Google AI Studio"),
        ({"preferred_max_latency": {"p50": 0.4, "p90": None}}, "Google"),
        ({"preferred_min_throughput": {"p75": 24000}}, "Google AI Studio"),
        ({"preferred_min_throughput": {"p75": 20000}}, "Google"),
    ],
    ids=str,
)
def test_preferences_are_by_percentile(preferences: dict[str, Any], provider: str) -> None:
    """All percentiles that are given count, each slower than the median."""
    model = catalog.find("google/gemini-embedding-2")
    assert model
    assert routing.choose_endpoint(model, preferences).provider == provider


@pytest.mark.parametrize("name", ["only", "ignore", "order", "quantizations"])
def test_an_empty_list_prefers_nothing(name: str) -> None:
    """A preference without entries is none."""
    assert routing.choose_endpoint(MODEL, {name: []}) is MODEL.endpoints[0]


@pytest.mark.parametrize("price", ["cheap", "", "nan", "inf", "1_0", "٣", "1e99999999999999999999"])
def test_a_price_is_an_amount_of_money(price: str) -> None:
    """A `max_price` that is not a number is rejected by its name."""
    with pytest.raises(HTTPError) as raised:
        routing.choose_endpoint(MODEL, {"max_price": {"prompt": price}})
    assert raised.value.status == 400
    assert raised.value.message.startswith("provider.max_price.prompt:")


def test_every_provider_is_one_of_the_contract() -> None:
    """The table names providers and quantizations as the contract does."""
    schemas = contract.document()["components"]["schemas"]
    endpoints = [each for model in catalog.models() for each in model.endpoints]
    assert {each.provider for each in endpoints} <= set(schemas["ProviderName"]["enum"])
    assert {each.quantization for each in endpoints} <= set(schemas["Quantization"]["enum"])
