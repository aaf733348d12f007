"""`offset`, `limit` and `links.next`: pages that add up to the list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from openrouter_conformance import answers, excerpts
from openrouter_conformance.checks.registry import check, exchange_check
from openrouter_conformance.contexts.pages import HIGHEST_LIMIT
from openrouter_conformance.errors import CheckFailure, NotApplicable
from openrouter_conformance.exchange import Request
from openrouter_conformance.operations import LIST_EMBEDDINGS_MODELS

if TYPE_CHECKING:
    from openrouter_conformance.answers import Page
    from openrouter_conformance.contract import Contract
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.session import Session

_OK = 200
_MORE_PAGES = 3
"""How many pages are followed beyond those that the profile asks for."""


@exchange_check("list-embeddings-models/pagination/good-bounds-answered")
def good_bounds_answered(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """Every request with bounds that the contract allows, each given once."""
    asked = parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True)
    bounds = dict(asked)
    if exchange.method != "GET" or not asked or len(bounds) < len(asked) or not bounds.keys() <= {"offset", "limit"}:
        return False
    if not all(re.fullmatch("0|[1-9][0-9]{0,6}", value) for value in bounds.values()):
        return False
    if not 1 <= int(bounds.get("limit", 1)) <= HIGHEST_LIMIT:
        return False
    if answers.is_refusal(exchange):
        raise CheckFailure(exchange.outline(), f"200 for {urlencode(bounds)}", exchange)
    return exchange.status == _OK


@check("list-embeddings-models/pagination/whole-list-by-default")
def whole_list_by_default(session: Session) -> None:
    """One page without parameters, and no next one."""
    page = session.whole_list
    if page.next is not None:
        raise CheckFailure(
            f"links.next {excerpts.of_value(page.next)}", "null: without parameters the list comes whole", page.exchange
        )


@check("list-embeddings-models/pagination/next-ends")
def next_ends(session: Session) -> None:
    """No next page after the last."""
    count = len(session.whole_list.models)
    for query in session.choose(
        ({"offset": max(0, count - 2), "limit": min(2, max(1, count))}, {"offset": count, "limit": 5}), "ends"
    ):
        page = session.page(**query)
        if page.next is not None:
            raise CheckFailure(f"links.next {excerpts.of_value(page.next)} on the last page", "null", page.exchange)


@check("list-embeddings-models/pagination/next-leads-on")
def next_leads_on(session: Session) -> None:
    """Following `links.next` from the first page visits the whole list once."""
    whole = session.whole_list.ids
    _need_several(whole)
    page = session.page(offset=0, limit=_page_size(session))
    found = list(page.ids)
    for _ in range(session.profile.pages + _MORE_PAGES):
        if page.next is None or not page.ids or len(found) > len(whole):
            break
        page = _follow(session, page)
        found += page.ids
    # A server whose pages are smaller than asked for may have more of them than a run can afford to follow.
    expected = whole[: len(found)] if page.next is not None and page.ids else whole
    if found != expected:
        which = "whole list" if expected is whole else "beginning of the list"
        raise CheckFailure(
            f"{len(found)} models along links.next: {_difference(found, expected)}",
            f"the {len(expected)} models of the {which} in its order",
            page.exchange,
        )


@check("list-embeddings-models/pagination/next-keeps-limit")
def next_keeps_limit(session: Session) -> None:
    """The page that `links.next` leads to is no larger than the one it comes from."""
    limit = _page_size(session)
    page = session.page(offset=0, limit=limit)
    if page.next is None:
        raise NotApplicable("the first page names no next page")
    for _ in range(2):
        following = _follow(session, page)
        if len(following.models) > limit:
            raise CheckFailure(
                f"{len(following.models)} models behind links.next of limit={limit}",
                f"at most {limit}",
                page.exchange,
                following.exchange,
            )
        if following.next is None:
            return
        page = following


@check("list-embeddings-models/pagination/next-stays-on-host")
def next_stays_on_host(session: Session) -> None:
    """`links.next` leads to this server: SDKs that follow it take the key along."""
    page = session.page(offset=0, limit=1)
    if not isinstance(page.next, str):
        raise NotApplicable("the first page of one model names no next page")
    host = urlsplit(page.next).netloc
    if host and host != urlsplit(session.target.url).netloc:
        raise CheckFailure(
            f"links.next on the host {excerpts.of_value(host)}",
            "an address on this host, or a relative one",
            page.exchange,
        )
    list_path = urlsplit(session.target.url).path + LIST_EMBEDDINGS_MODELS.path
    led_to = urlsplit(urljoin(session.target.url + LIST_EMBEDDINGS_MODELS.path, page.next)).path
    if led_to != list_path and list_path.endswith(led_to):
        raise CheckFailure(
            f"links.next {excerpts.of_value(page.next)}, which leads to {led_to}",
            f"an address of {list_path}",
            page.exchange,
        )


@check("list-embeddings-models/pagination/bad-bounds-refused")
def bad_bounds_refused(session: Session) -> None:
    """Offsets and limits that are none."""
    queries: tuple[dict[str, Any], ...] = (
        {"limit": 0},
        *([{"limit": HIGHEST_LIMIT + 1}] if len(session.models) <= HIGHEST_LIMIT else []),
        {"limit": -1},
        {"limit": "ten"},
        {"offset": -1},
        {"offset": 1.5},
    )
    for query in session.choose(queries, "bounds"):
        exchange = session.get_models(**query)
        if exchange.status not in (400, 422):
            raise CheckFailure(exchange.outline(), f"400 for {urlencode(query)}", exchange)


def _page_size(session: Session) -> int:
    """Return the size of pages of which the list has as many as the profile tries, and one more."""
    return min(HIGHEST_LIMIT, max(1, -(-len(session.whole_list.ids) // (session.profile.pages + 1))))


def _need_several(ids: list[object]) -> None:
    if len(ids) < 2:
        raise NotApplicable("the list has too few models to page through")


def _follow(session: Session, page: Page) -> Page:
    """Fetch the page that `links.next` leads to: its query, on the list's own path of this target."""
    parts = urlsplit(page.next) if isinstance(page.next, str) else None
    if parts is None or not parts.path.endswith(LIST_EMBEDDINGS_MODELS.path) or not parse_qsl(parts.query):
        raise CheckFailure(
            f"links.next {excerpts.of_value(page.next)}",
            "an address of the model list with a query, or null",
            page.exchange,
        )
    path = f"{LIST_EMBEDDINGS_MODELS.path}?{parts.query}"
    request = Request("GET", path, key=None, operation=LIST_EMBEDDINGS_MODELS.operation_id)
    exchange = session.send(request)
    return session.usable(exchange, lambda: answers.page(exchange))


def _difference(found: list[object], whole: list[object]) -> str:
    missing = [name for name in whole if name not in found]
    doubled = [name for name in whole if found.count(name) > 1]
    strange = [name for name in found if name not in whole]
    for names, what in ((missing, "missing"), (doubled, "more than once"), (strange, "not in the list")):
        if names:
            return f"{excerpts.of_value(names[0])} {what}" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
    return "another order"
