"""Pages of the model list, from servers that are right and from servers that are not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from client.calls import client_with_handler, fixture
from openrouter_embeddings import ApiError, Client, ContractError, list_embeddings_models

MODEL = fixture("models_page")["data"][0]
TOTAL = 7


def page(items: list[int], following: Any) -> dict[str, Any]:
    """A page of numbered models, and the address of the page after it."""
    models = [{**MODEL, "id": f"acme/embed-{number}"} for number in items]
    return {"data": models, "total_count": TOTAL, "links": {"next": following}}


def in_pages(request: httpx.Request) -> httpx.Response:
    """A right server of seven models; the whole list comes in one page unless asked otherwise."""
    asked = request.url.params
    offset, limit = int(asked.get("offset", 0)), int(asked.get("limit", TOTAL))
    end = offset + limit
    following = f"/api/v1/embeddings/models?offset={end}&limit={limit}" if end < TOTAL else None
    return httpx.Response(200, json=page(list(range(TOTAL))[offset:end], following))


def listing(client: Client, **asked: int) -> list[str]:
    """The ids of all models on all pages."""
    return [model.id for model in list_embeddings_models.iterate(client=client, **asked)]


def listing_async(client: Client, **asked: int) -> list[str]:
    """The same without blocking."""

    async def collect() -> list[str]:
        return [model.id async for model in list_embeddings_models.iterate_async(client=client, **asked)]

    return asyncio.run(collect())


Listing = Callable[..., list[str]]


@pytest.fixture(params=[listing, listing_async], ids=["sync", "async"])
def listed(request: pytest.FixtureRequest) -> Listing:
    """The ids of all models on all pages, by either kind of call."""
    call: Listing = request.param
    return call


def names(first: int = 0) -> list[str]:
    """The ids from one model on."""
    return [f"acme/embed-{number}" for number in range(first, TOTAL)]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 1000])
def test_pages_of_any_size_add_up_to_the_list(listed: Listing, limit: int) -> None:
    """Every model comes once, in order."""
    assert listed(client_with_handler(in_pages), limit=limit) == names()


def test_without_a_limit_one_page_is_asked_for(listed: Listing) -> None:
    """The whole list comes in one call that has no query."""
    queries: list[bytes] = []

    def remember(request: httpx.Request) -> httpx.Response:
        queries.append(request.url.query)
        return in_pages(request)

    assert listed(client_with_handler(remember)) == names()
    assert queries == [b""]


def test_pages_begin_where_asked(listed: Listing) -> None:
    """`offset` skips models before the first page."""
    assert listed(client_with_handler(in_pages), offset=3, limit=2) == names(3)


def test_a_page_is_fetched_when_it_is_needed() -> None:
    """Who stops after the first page pays for one."""
    asked = 0

    def count(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return in_pages(request)

    next(list_embeddings_models.iterate(client=client_with_handler(count), limit=2))
    assert asked == 1


def test_an_empty_page_ends_the_list(listed: Listing) -> None:
    """Also when it names a page after it."""

    def never_null(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params.get("offset", 0))
        return httpx.Response(200, json=page(list(range(TOTAL))[offset : offset + 2], f"?offset={offset + 2}&limit=2"))

    assert listed(client_with_handler(never_null), limit=2) == names()


@pytest.mark.parametrize(
    "following", ["/api/v1/embeddings/models", "?cursor=abc", "http://[", "?offset=x", "?offset=-1"]
)
def test_an_address_without_an_offset_leads_on_by_the_count(listed: Listing, following: str) -> None:
    """Where the next page begins follows from how many models have come."""

    def vague(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params.get("offset", 0))
        items = list(range(TOTAL))[offset : offset + 2]
        return httpx.Response(200, json=page(items, following if offset + 2 < TOTAL else None))

    assert listed(client_with_handler(vague), limit=2) == names()


def test_a_server_that_repeats_a_page_is_found_out(listed: Listing) -> None:
    """The same models at another offset would go on for ever."""

    def stuck(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params.get("offset", 0))
        return httpx.Response(200, json=page([0, 1], f"?offset={offset + 2}"))

    with pytest.raises(ContractError, match=r"^\$\.data: expected another page"):
        listed(client_with_handler(stuck), limit=2)


def test_a_server_that_goes_round_in_circles_is_found_out(listed: Listing) -> None:
    """Pages that take turns for ever are repeats too."""

    def circling(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params.get("offset", 0))
        return httpx.Response(200, json=page([offset % 3], f"?offset={offset + 1}"))

    with pytest.raises(ContractError, match=r"^\$\.data: expected another page"):
        listed(client_with_handler(circling), limit=1)


def test_a_server_that_makes_up_models_for_ever_is_found_out(listed: Listing) -> None:
    """Pages that are always new end where `total_count` says that the list does."""

    def endless(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params.get("offset", 0))
        return httpx.Response(200, json=page([offset, offset + 1], f"?offset={offset + 2}"))

    with pytest.raises(ContractError, match=r"^\$\.links\.next: expected null after the last page"):
        listed(client_with_handler(endless), limit=2)


@pytest.mark.parametrize("following", [0, 1, 2])
def test_a_server_that_leads_backwards_is_found_out(listed: Listing, following: int) -> None:
    """The next page begins after this one."""

    def backwards(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=page([2, 3], f"?offset={following}"))

    with pytest.raises(ContractError, match=r"^\$\.links\.next: expected an offset beyond 2"):
        listed(client_with_handler(backwards), offset=2, limit=2)


def test_a_failure_on_a_later_page_is_raised_there(listed: Listing) -> None:
    """Pages before it have been handed out; the error is that of the call."""

    def failing(request: httpx.Request) -> httpx.Response:
        return in_pages(request) if request.url.params.get("offset", "0") == "0" else httpx.Response(529)

    with pytest.raises(ApiError, match="ProviderOverloaded"):
        listed(client_with_handler(failing), limit=2)


def test_pages_come_whole_when_asked_for() -> None:
    """`iterate_pages` yields the pages themselves, with what stands around the models."""
    client = client_with_handler(in_pages)
    pages = list(list_embeddings_models.iterate_pages(client=client, limit=3))
    assert [len(part.data) for part in pages] == [3, 3, 1]
    assert {part.total_count for part in pages} == {TOTAL}

    async def count() -> list[int]:
        return [len(part.data) async for part in list_embeddings_models.iterate_pages_async(client=client, limit=3)]

    assert asyncio.run(count()) == [3, 3, 1]


@pytest.mark.parametrize("name", ["iterate", "iterate_async", "iterate_pages", "iterate_pages_async"])
def test_a_wrong_argument_is_found_at_the_call(unreachable: Client, name: str) -> None:
    """Not when the first item is asked for, which may be elsewhere."""
    iterate = getattr(list_embeddings_models, name)
    with pytest.raises(TypeError, match=r"^limit: expected an integer, received the string 'x'$"):
        iterate(client=unreachable, limit="x")
    with pytest.raises(ValueError, match=r"^offset: expected 0 or more, received the number -1$"):
        iterate(client=unreachable, offset=-1)


def test_a_page_without_links_is_not_the_last_one_while_the_total_says_more(listed: Listing) -> None:
    """Upstream may drop the links: no model is lost then."""

    def without_links(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params.get("offset", 0))
        whole = page(list(range(TOTAL))[offset : offset + 2], None)
        del whole["links"]
        return httpx.Response(200, json=whole)

    assert listed(client_with_handler(without_links), limit=2) == names()
