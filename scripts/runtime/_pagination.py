"""Page after page of a list, from servers that may be wrong about where it ends."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from .errors import ContractError

MAX_PAGES = 10_000
"""Pages after which a list is taken to have no end."""

P = TypeVar("P")
"""A page of a list: an object whose `data` are the items, and whose `links.next` says where the next page is."""


def paginate(fetch: Callable[[int | None], P], offset: int | None) -> Iterator[P]:
    """Yield the pages from `offset` on, each fetched by its offset when it is needed; None asks without an offset.

    `ContractError` where it would never end: the server repeats a page, leads backwards, or on past its `total_count`
    (or past 10,000 pages)."""
    cursor = _Cursor(offset)
    while not cursor.ended:
        page = fetch(cursor.offset)
        cursor.advance(page)
        yield page


async def paginate_async(fetch: Callable[[int | None], Awaitable[P]], offset: int | None) -> AsyncIterator[P]:
    """Yield the pages from `offset` on as `paginate` does, without blocking."""
    cursor = _Cursor(offset)
    while not cursor.ended:
        page = await fetch(cursor.offset)
        cursor.advance(page)
        yield page


class _Cursor:
    """The position in a list of pages, and whether it has ended."""

    def __init__(self, offset: int | None) -> None:
        self.offset = offset
        self.ended = False
        self._position = int(offset or 0)
        self._seen: list[list[Any]] = []

    def advance(self, page: Any) -> None:
        """Move to the page after this one, or end: on an empty page, and where `links.next` is null.

        A page without links is the last one, unless its `total_count` says that there are more."""
        total = getattr(page, "total_count", None)
        reached = self._position + len(page.data)
        next_address = getattr(page.links, "next", None)
        if page.links is None and isinstance(total, int) and reached < total:
            next_address = ""
        if not page.data or not isinstance(next_address, str):
            self.ended = True
            return
        if page.data in self._seen:
            raise ContractError("$.data", "another page", f"an earlier page again at offset {self._position}")
        self._seen.append(page.data)
        if len(self._seen) > MAX_PAGES or (isinstance(total, int) and reached > total):
            raise ContractError("$.links.next", "null after the last page", f"another page after {total} items")
        position = reached
        with suppress(ValueError):
            offset = parse_qs(urlsplit(next_address).query).get("offset", [""])[0]
            position = int(offset) if re.fullmatch("[0-9]{1,9}", offset) else reached
        if position <= self._position:
            raise ContractError("$.links.next", f"an offset beyond {self._position}", f"offset {position}")
        self.offset = self._position = position
