"""`offset`, `limit` and `links.next`: pages that add up to the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from hypothesis import strategies as st

from openrouter_conformance import answers
from openrouter_conformance.checks.registry import check
from openrouter_conformance.errors import CheckFailure, NotApplicable
from openrouter_conformance.exchange import Request
from openrouter_conformance.operations import LIST_EMBEDDINGS_MODELS
from openrouter_conformance.properties import check_property

if TYPE_CHECKING:
    from openrouter_conformance.answers import Page
    from openrouter_conformance.session import Session

_MOST_PAGES = 100


@check("list-embeddings-models/pagination/total-count-is-whole")
def total_count_is_whole(session: Session) -> None:
    """The size of the whole list, on every page of it."""
    whole = session.page()
    for page in (whole, session.page(limit=1), session.page(offset=len(whole.models) + 1, limit=1)):
        if page.total_count != len(whole.models) or isinstance(page.total_count, bool):
            raise CheckFailure(
                f"total_count {page.total_count!r}", f"{len(whole.models)}, the models there are", page.exchange
            )


@check("list-embeddings-models/pagination/whole-list-by-default")
def whole_list_by_default(session: Session) -> None:
    """One page without parameters, and no next one."""
    page = session.page()
    if page.next is not None:
        raise CheckFailure(f"links.next {page.next!r}", "null: without parameters the list comes whole", page.exchange)


@check("list-embeddings-models/pagination/pages-add-up")
def pages_add_up(session: Session) -> None:
    """The pages by offset, one after another, are the list."""
    whole = session.page().ids
    _need_several(whole)

    def add_up_to_the_list(limit: int) -> None:
        found: list[object] = []
        page = None
        for offset in range(0, len(whole), limit):
            page = session.page(offset=offset, limit=limit)
            found += page.ids
        if found != whole and page is not None:
            raise CheckFailure(
                f"pages of {limit} that hold {len(found)} models: {_difference(found, whole)}",
                f"the {len(whole)} models of the whole list in its order",
                page.exchange,
            )

    sizes = st.integers(min_value=max(1, len(whole) // session.profile.pages), max_value=len(whole) + 1)
    check_property(session, sizes, add_up_to_the_list, examples=[max(1, len(whole) // 2)])


@check("list-embeddings-models/pagination/limit-bounds-pages")
def limit_bounds_pages(session: Session) -> None:
    """Pages as full as the limit allows, and no fuller."""
    whole = session.page().ids
    _need_several(whole)
    count = len(whole)
    for limit in sorted({1, 2, max(1, count - 1), count, 1000}):
        page = session.page(limit=limit)
        if len(page.models) != min(limit, count):
            raise CheckFailure(f"{len(page.models)} models with limit={limit}", f"{min(limit, count)}", page.exchange)


@check("list-embeddings-models/pagination/offset-skips")
def offset_skips(session: Session) -> None:
    """The models from the offset on."""
    whole = session.page().ids

    def begins_at(offset: int) -> None:
        page = session.page(offset=offset)
        if page.ids != whole[offset:][: len(page.ids)] or (offset < len(whole) and not page.ids):
            first = page.ids[0] if page.ids else "no model"
            raise CheckFailure(
                f"a page at offset={offset} that begins with {first!r}", f"{whole[offset : offset + 1]}", page.exchange
            )

    check_property(
        session, st.integers(min_value=0, max_value=len(whole)), begins_at, examples=[0, 1, max(0, len(whole) - 1)]
    )


@check("list-embeddings-models/pagination/empty-past-the-end")
def empty_past_the_end(session: Session) -> None:
    """A page of nothing beyond the last model, as SDKs that fetch one page more need it."""
    count = len(session.page().models)
    for offset in (count, count + 7, 10_000):
        page = session.page(offset=offset, limit=5)
        if page.models:
            raise CheckFailure(f"{len(page.models)} models at offset={offset} of {count}", "none", page.exchange)


@check("list-embeddings-models/pagination/next-ends")
def next_ends(session: Session) -> None:
    """No next page after the last."""
    count = len(session.page().models)
    for query in (
        {"offset": max(0, count - 1), "limit": 5},
        {"offset": count, "limit": 5},
        {"offset": 0, "limit": 1000},
    ):
        if query["offset"] + query["limit"] < count:
            continue
        page = session.page(**query)
        if page.next is not None:
            raise CheckFailure(f"links.next {page.next!r} on the last page", "null", page.exchange)


@check("list-embeddings-models/pagination/next-leads-on")
def next_leads_on(session: Session) -> None:
    """Following `links.next` from the first page visits the whole list once."""
    whole = session.page().ids
    _need_several(whole)
    limit = max(1, len(whole) // session.profile.pages)
    page = session.page(offset=0, limit=limit)
    found = list(page.ids)
    for _ in range(_MOST_PAGES):
        if page.next is None:
            break
        page = _follow(session, page)
        found += page.ids
        if len(found) > len(whole):
            break
    if found != whole:
        raise CheckFailure(
            f"{len(found)} models along links.next: {_difference(found, whole)}",
            f"the {len(whole)} models of the whole list in its order",
            page.exchange,
        )


@check("list-embeddings-models/pagination/next-keeps-limit")
def next_keeps_limit(session: Session) -> None:
    """The page that `links.next` leads to is no larger than the one it comes from."""
    page = session.page(offset=0, limit=1)
    if page.next is None:
        raise NotApplicable("the first page of one model names no next page")
    following = _follow(session, page)
    if len(following.models) > 1:
        raise CheckFailure(
            f"{len(following.models)} models behind links.next of limit=1", "1", page.exchange, following.exchange
        )


@check("list-embeddings-models/pagination/next-stays-on-host")
def next_stays_on_host(session: Session) -> None:
    """`links.next` leads to this server: SDKs that follow it take the key along."""
    page = session.page(offset=0, limit=1)
    if not isinstance(page.next, str):
        raise NotApplicable("the first page of one model names no next page")
    host = urlsplit(page.next).netloc
    if host and host != urlsplit(session.target.url).netloc:
        raise CheckFailure(
            f"links.next on the host {host!r}", "an address on this host, or a relative one", page.exchange
        )


@check("list-embeddings-models/pagination/bad-bounds-refused")
def bad_bounds_refused(session: Session) -> None:
    """Offsets and limits that are none."""
    queries: tuple[dict[str, Any], ...] = (
        {"limit": 0},
        {"limit": 1001},
        {"limit": -1},
        {"limit": "ten"},
        {"offset": -1},
        {"offset": "ten"},
        {"offset": 1.5},
    )
    for query in queries:
        exchange = session.get_models(**query)
        if exchange.status not in (400, 422):
            raise CheckFailure(exchange.outline(), f"400 for {query}", exchange)


def _need_several(ids: list[object]) -> None:
    if len(ids) < 2:
        raise NotApplicable("the list has too few models to page through")


def _follow(session: Session, page: Page) -> Page:
    """Fetch the page that `links.next` leads to: its query, on the list's own path of this target."""
    parts = urlsplit(page.next) if isinstance(page.next, str) else None
    if parts is None or not parts.path.endswith(LIST_EMBEDDINGS_MODELS.path) or not parse_qsl(parts.query):
        raise CheckFailure(
            f"links.next {page.next!r}", "an address of the model list with a query, or null", page.exchange
        )
    path = f"{LIST_EMBEDDINGS_MODELS.path}?{parts.query}"
    request = Request("GET", path, key=None, operation=LIST_EMBEDDINGS_MODELS.operation_id)
    return answers.page(session.recorder.send(request))


def _difference(found: list[object], whole: list[object]) -> str:
    missing = [name for name in whole if name not in found]
    doubled = [name for name in whole if found.count(name) > 1]
    strange = [name for name in found if name not in whole]
    for names, what in ((missing, "missing"), (doubled, "more than once"), (strange, "not in the list")):
        if names:
            return f"{names[0]!r} {what}" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
    return "another order"
