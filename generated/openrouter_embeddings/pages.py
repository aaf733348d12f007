# Copied by `python scripts/generate.py` from scripts/runtime: do not edit here.
"""Page after page of a list, from servers that may be wrong about where it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from .errors import ContractError
from .types import UNSET, Unset

MOST_PAGES = 10_000
"""Pages after which a list is taken to have no end."""

P = TypeVar("P")
"""A page of a list: an object whose `data` are the items, and whose `links.next` says where the next page is."""


def pages(fetch: Callable[[int | Unset], P], offset: int | Unset | None) -> Iterator[P]:
    """Yield the pages from `offset` on, each fetched when it is asked for.

    Args:
        fetch: returns the page that begins at an offset; `UNSET` asks without an offset.
        offset: where to begin.

    Raises:
        ContractError: the server repeats a page, leads backwards, or leads on past its own `total_count` (or past
            10,000 pages), and so would never end.

    """
    course = _Course(offset)
    while not course.ended:
        page = fetch(course.offset)
        course.follow(page)
        yield page


async def pages_async(fetch: Callable[[int | Unset], Awaitable[P]], offset: int | Unset | None) -> AsyncIterator[P]:
    """Yield the pages from `offset` on as `pages` does, without blocking."""
    course = _Course(offset)
    while not course.ended:
        page = await fetch(course.offset)
        course.follow(page)
        yield page


class _Course:
    """Where a walk through the pages stands."""

    def __init__(self, offset: int | Unset | None) -> None:
        self.offset: int | Unset = UNSET if offset is None else offset
        self.ended = False
        self._position = offset if isinstance(offset, int) else 0
        self._seen: list[list[Any]] = []

    def follow(self, page: Any) -> None:
        """Move to the page after this one, or end: on an empty page, and where `links.next` is null or missing."""
        following = getattr(page.links, "next", None)
        if not page.data or not isinstance(following, str):
            self.ended = True
            return
        if page.data in self._seen:
            raise ContractError("another page", f"an earlier page again at offset {self._position}").inside("data")
        self._seen.append(page.data)
        total = getattr(page, "total_count", UNSET)
        if len(self._seen) > MOST_PAGES or (isinstance(total, int) and self._position + len(page.data) > total):
            raise (
                ContractError("null after the last page", f"another page after {total} items")
                .inside("next")
                .inside("links")
            )
        position = _offset_of(following, self._position + len(page.data))
        if position <= self._position:
            raise (
                ContractError(f"an offset beyond {self._position}", f"offset {position}", wrong_type=False)
                .inside("next")
                .inside("links")
            )
        self.offset = self._position = position


def _offset_of(address: str, otherwise: int) -> int:
    """Return the offset that the address of a page names, else the one that follows from the count of items."""
    try:
        named = parse_qs(urlsplit(address).query).get("offset", [""])[0]
    except ValueError:
        return otherwise
    return int(named) if named.isascii() and named.isdigit() and len(named) < 10 else otherwise
