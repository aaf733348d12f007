"""The model list: its contents and its pagination."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openrouter_mock import catalog, pagination

if TYPE_CHECKING:
    import httpx

PATH = "/embeddings/models"
PATIENT = settings(deadline=None)
"""Time says nothing on a machine that is shared."""


def listed(client: httpx.Client, **query: Any) -> dict[str, Any]:
    """Return the page for *query*."""
    response = client.get(f"{PATH}?{urlencode(query)}")
    assert response.status_code == 200, response.text
    page: dict[str, Any] = response.json()
    return page


def ids(page: dict[str, Any]) -> list[str]:
    """Return the ids of the models on *page*."""
    return [model["id"] for model in page["data"]]


def test_the_whole_list_comes_without_parameters(client: httpx.Client) -> None:
    """Without `offset` and `limit` all 31 models come on one page."""
    page = listed(client)
    assert [len(page["data"]), page["total_count"], page["links"]] == [31, 31, {"next": None}]


def test_the_list_needs_no_key_and_takes_any(client: httpx.Client) -> None:
    """The list is public, even to those who send a key that is unknown."""
    assert client.get(PATH, headers={"authorization": "Bearer unknown"}).status_code == 200


def test_models_are_named_once(client: httpx.Client) -> None:
    """No two models have the same id or canonical slug."""
    models = listed(client)["data"]
    assert len({model["id"] for model in models}) == len({model["canonical_slug"] for model in models}) == 31


def test_models_write_embeddings(client: httpx.Client) -> None:
    """Every model has `embeddings` as its only output."""
    assert all(model["architecture"]["output_modalities"] == ["embeddings"] for model in listed(client)["data"])


def test_models_are_described_by_their_facts(client: httpx.Client) -> None:
    """Each description says what the model reads, how much of it, and the dimensions of its vectors."""
    described = {model["id"]: model["description"] for model in listed(client)["data"]}
    assert (
        described["openai/text-embedding-3-small"] == "Turns text of up to 8,192 tokens into vectors of 1,536 numbers."
    )
    assert len(described) == 31


def test_the_newest_model_comes_first(client: httpx.Client) -> None:
    """The list is in the order of its dates, the newest first."""
    created = [model["created"] for model in listed(client)["data"]]
    assert created == sorted(created, reverse=True)


@pytest.mark.parametrize("model", catalog.models(), ids=lambda model: model.id)
def test_the_first_endpoint_has_the_listed_price(model: catalog.Model) -> None:
    """The listed price is that of the first endpoint."""
    assert model.endpoints[0].prompt_price == Decimal(model.listed["pricing"]["prompt"])


@pytest.mark.parametrize("model", catalog.models(), ids=lambda model: model.id)
def test_the_native_dimensions_are_allowed(model: catalog.Model) -> None:
    """The native dimensions are among the allowed ones, all of which are within the maximum."""
    allowed = model.allowed_dimensions or (model.native_dimensions,)
    assert model.native_dimensions in allowed
    assert max(allowed) <= model.max_dimensions


@PATIENT
@given(limit=st.integers(1, 40))
def test_the_pages_make_the_list(client: httpx.Client, limit: int) -> None:
    """Following `links.next` from the first page gives the whole list once, in order, whatever the limit."""
    page = listed(client, limit=limit)
    collected = ids(page)
    while following := page["links"]["next"]:
        assert following.startswith("/api/v1/embeddings/models?")
        assert len(page["data"]) == limit
        page = client.get(f"http://mock{following}").json()
        assert page["total_count"] == 31
        collected += ids(page)
    assert collected == ids(listed(client))


@PATIENT
@given(offset=st.integers(0, 10**30), limit=st.integers(1, 1000))
def test_a_page_is_a_part_of_the_list(client: httpx.Client, offset: int, limit: int) -> None:
    """A page holds the models from `offset` on, at most `limit`; beyond the last it is empty."""
    page = listed(client, offset=offset, limit=limit)
    assert ids(page) == ids(listed(client))[offset : offset + limit]
    assert (page["links"]["next"] is None) == (offset + limit >= 31)


def test_a_page_past_the_end_is_empty(client: httpx.Client) -> None:
    """Clients that ask for one page more get an empty one."""
    assert listed(client, offset=31, limit=500) == {"data": [], "total_count": 31, "links": {"next": None}}


def test_offset_alone_has_a_limit(client: httpx.Client) -> None:
    """With `offset` alone a page holds up to 500 models."""
    assert len(listed(client, offset=1)["data"]) == 30
    assert pagination.parse_window("offset=1").limit == 500


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=-1", "limit"),
        ("limit=", "limit"),
        ("limit=ten", "limit"),
        ("limit=1.5", "limit"),
        ("limit=%2B5", "limit"),
        ("limit=%D9%A3", "limit"),
        ("limit=1&limit=2", "limit"),
        ("limit=1e2", "limit"),
        ("offset=-1", "offset"),
        ("offset=", "offset"),
        ("offset=x", "offset"),
        ("offset=%00", "offset"),
        ("offset=%ff", "offset"),
        ("offset=0&offset=0", "offset"),
        ("offset=null&limit=x", "offset"),
    ],
)
def test_a_bad_parameter_is_named(client: httpx.Client, query: str, name: str) -> None:
    """A parameter that is not a whole number, out of bounds or given twice is rejected by its name."""
    response = client.get(f"{PATH}?{query}")
    assert response.status_code == 400
    assert response.json()["error"]["message"].startswith(f"{name}: ")


def test_other_parameters_are_ignored(client: httpx.Client) -> None:
    """A parameter that is not documented changes nothing."""
    assert listed(client, use_rss="true") == listed(client)


def test_head_has_the_headers_of_get(client: httpx.Client) -> None:
    """HEAD is answered as GET, without the body."""
    head, full = client.head(PATH), client.get(PATH)
    assert head.content == b""
    assert dict(head.headers) == dict(full.headers)


def test_an_unknown_name_is_no_model() -> None:
    """Nothing is found under a name that is not listed."""
    assert catalog.find("example/none") is None
