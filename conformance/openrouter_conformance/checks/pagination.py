"""`offset`, `limit` and `links.next`: pages that add up to the list."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from hypothesis import strategies as st

from openrouter_conformance import answers
from openrouter_conformance.checks.registry import proves
from openrouter_conformance.exchange import Request
from openrouter_conformance.property import for_all
from openrouter_conformance.verdicts import NotApplicable, Violation

if TYPE_CHECKING:
    from openrouter_conformance.answers import Page
    from openrouter_conformance.session import Session

_MOST_PAGES = 100


@proves("list-embeddings-models/pagination/total-count-is-whole")
def total_count(session: Session) -> None:
    """The size of the whole list, on every page of it."""
    whole = session.page()
    for page in (whole, session.page(limit=1), session.page(offset=len(whole.models) + 1, limit=1)):
        if page.total_count != len(whole.models) or isinstance(page.total_count, bool):
            raise Violation(
                f"total_count {page.total_count!r}", f"{len(whole.models)}, the models there are", page.exchange
            )


@proves("list-embeddings-models/pagination/whole-list-by-default")
def default_page(session: Session) -> None:
    """One page without parameters, and no next one."""
    page = session.page()
    if page.next is not None:
        raise Violation(f"links.next {page.next!r}", "null: without parameters the list comes whole", page.exchange)


@proves("list-embeddings-models/pagination/pages-add-up")
def page_sum(session: Session) -> None:
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
            raise Violation(
                f"pages of {limit} that hold {len(found)} models: {_difference(found, whole)}",
                f"the {len(whole)} models of the whole list in its order",
                page.exchange,
            )

    sizes = st.integers(min_value=max(1, len(whole) // session.profile.pages), max_value=len(whole) + 1)
    for_all(session, sizes, add_up_to_the_list, max(1, len(whole) // 2))


@proves("list-embeddings-models/pagination/limit-bounds-pages")
def page_size(session: Session) -> None:
    """Pages as full as the limit allows, and no fuller."""
    whole = session.page().ids
    _need_several(whole)
    count = len(whole)
    for limit in sorted({1, 2, max(1, count - 1), count, 1000}):
        page = session.page(limit=limit)
        if len(page.models) != min(limit, count):
            raise Violation(f"{len(page.models)} models with limit={limit}", f"{min(limit, count)}", page.exchange)


@proves("list-embeddings-models/pagination/offset-skips")
def page_start(session: Session) -> None:
    """The models from the offset on."""
    whole = session.page().ids

    def begins_at(offset: int) -> None:
        page = session.page(offset=offset)
        if page.ids != whole[offset:][: len(page.ids)] or (offset < len(whole) and not page.ids):
            first = page.ids[0] if page.ids else "no model"
            raise Violation(
                f"a page at offset={offset} that begins with {first!r}", f"{whole[offset : offset + 1]}", page.exchange
            )

    for_all(session, st.integers(min_value=0, max_value=len(whole)), begins_at, 0, 1, max(0, len(whole) - 1))


@proves("list-embeddings-models/pagination/empty-past-the-end")
def page_past_the_end(session: Session) -> None:
    """A page of nothing beyond the last model, as SDKs that fetch one page more need it."""
    count = len(session.page().models)
    for offset in (count, count + 7, 10_000):
        page = session.page(offset=offset, limit=5)
        if page.models:
            raise Violation(f"{len(page.models)} models at offset={offset} of {count}", "none", page.exchange)


@proves("list-embeddings-models/pagination/next-ends")
def last_page(session: Session) -> None:
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
            raise Violation(f"links.next {page.next!r} on the last page", "null", page.exchange)


@proves("list-embeddings-models/pagination/next-leads-on")
def next_page(session: Session) -> None:
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
        raise Violation(
            f"{len(found)} models along links.next: {_difference(found, whole)}",
            f"the {len(whole)} models of the whole list in its order",
            page.exchange,
        )


@proves("list-embeddings-models/pagination/next-keeps-limit")
def next_page_size(session: Session) -> None:
    """The page that `links.next` leads to is no larger than the one it comes from."""
    page = session.page(offset=0, limit=1)
    if page.next is None:
        raise NotApplicable("the first page of one model names no next page")
    following = _follow(session, page)
    if len(following.models) > 1:
        raise Violation(
            f"{len(following.models)} models behind links.next of limit=1", "1", page.exchange, following.exchange
        )


@proves("list-embeddings-models/pagination/next-stays-on-host")
def next_page_host(session: Session) -> None:
    """`links.next` leads to this server: SDKs that follow it take the key along."""
    page = session.page(offset=0, limit=1)
    if not isinstance(page.next, str):
        raise NotApplicable("the first page of one model names no next page")
    host = urlsplit(page.next).netloc
    if host and host != urlsplit(session.target.url).netloc:
        raise Violation(f"links.next on the host {host!r}", "an address on this host, or a relative one", page.exchange)


@proves("list-embeddings-models/pagination/bad-bounds-refused")
def page_bounds(session: Session) -> None:
    """Offsets and limits that are none."""
    for query in (
        {"limit": 0},
        {"limit": 1001},
        {"limit": -1},
        {"limit": "ten"},
        {"offset": -1},
        {"offset": "ten"},
        {"offset": 1.5},
    ):
        exchange = session.get_models(**query)
        if exchange.status not in (400, 422):
            raise Violation(exchange.outline(), f"400 for {query}", exchange)


def _need_several(ids: list[object]) -> None:
    if len(ids) < 2:
        raise NotApplicable("the list has too few models to page through")


def _follow(session: Session, page: Page) -> Page:
    """Fetch the page that `links.next` leads to: its query, on the list's own path of this target."""
    parts = urlsplit(page.next) if isinstance(page.next, str) else None
    if parts is None or not parts.path.endswith("/embeddings/models") or not parse_qsl(parts.query):
        raise Violation(
            f"links.next {page.next!r}", "an address of the model list with a query, or null", page.exchange
        )
    request = Request("GET", f"/embeddings/models?{parts.query}", key=None, operation="listEmbeddingsModels")
    return answers.page(session.recorder.send(request))


def _difference(found: list[object], whole: list[object]) -> str:
    missing = [name for name in whole if name not in found]
    doubled = [name for name in whole if found.count(name) > 1]
    strange = [name for name in found if name not in whole]
    for names, what in ((missing, "missing"), (doubled, "more than once"), (strange, "not in the list")):
        if names:
            return f"{names[0]!r} {what}" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
    return "another order"
