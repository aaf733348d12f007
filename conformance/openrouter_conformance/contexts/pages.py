"""The requests in which a run sees the model list: whole, with a key and without, and in pages."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from openrouter_conformance.exchange import Request
from openrouter_conformance.operations import LIST_EMBEDDINGS_MODELS

if TYPE_CHECKING:
    from openrouter_conformance.session import Session


HIGHEST_LIMIT = 1000
"""The longest page that may be asked for."""

Query = dict[str, int] | list[tuple[str, int]]


def requests(session: Session) -> list[Request]:
    """Return the requests for pages of the list, of every size that the profile tries, with a key and without."""
    count = len(session.models)
    half = min(HIGHEST_LIMIT, max(1, count // 2))
    queries: list[Query] = [{"limit": 1}, {"offset": half, "limit": max(1, half - 1)}, {"offset": count}]
    if session.profile.pages > 1:
        queries += [
            {"offset": min(3, half)},
            {"offset": max(0, count - 1), "limit": 5},
            {"limit": min(count + 1, HIGHEST_LIMIT)},
            {"limit": HIGHEST_LIMIT},
        ]
        queries += [{"offset": offset, "limit": half} for offset in range(0, count, half)][:3]
        queries += [[("limit", half), ("limit", 1)], [("offset", 1), ("limit", 2), ("offset", half)]]  # either is right
    for size in range(2, session.profile.pages):
        step = min(HIGHEST_LIMIT, max(1, count // (size + 1)))
        queries += [{"offset": offset, "limit": step} for offset in range(0, min(count, 8 * step), step)]
    chooser = random.Random(f"{session.seed}/pages")  # noqa: S311
    return [_request(query, key=chooser.choice((None, None, True))) for query in queries]


def whole() -> list[Request]:
    """Return the requests for the whole list, without a key and with it."""
    return [_request({}, key=key) for key in (None, True)]


def _request(query: Query, *, key: bool | None = None) -> Request:
    operation = LIST_EMBEDDINGS_MODELS
    path = operation.path + (f"?{urlencode(query)}" if query else "")
    return Request(operation.method, path, key=key, operation=operation.operation_id)
