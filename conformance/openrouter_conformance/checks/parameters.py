"""Fields and headers beside the input: taken, and without effect where they mean nothing.

That they have no effect is held against all answers of the run (see `oracle.relations`); here each is sent alone,
unless it was answered beside others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openrouter_conformance import answers, excerpts
from openrouter_conformance.checks.registry import check
from openrouter_conformance.contexts import factors
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.exchange import JSON_HEADERS, Request
from openrouter_conformance.operations import CREATE_EMBEDDINGS
from openrouter_conformance.samples import TEXT
from openrouter_conformance.session import json_bytes

if TYPE_CHECKING:
    from openrouter_conformance.session import Session

_QUERIES = ("beta=true", "api-version=2024-10-21", "key=value&x")
"""Queries that clients are told to add for other servers; the contract names none."""


@check("create-embeddings/parameters/unknown-fields-ignored")
def unknown_fields_ignored(session: Session) -> None:
    """Fields that the contract does not name, one that other APIs know among them, and a query."""
    _accepted(session, *session.choose(("unknown", "stream"), "unknown fields"))
    path = f"{CREATE_EMBEDDINGS.path}?{session.one_of(_QUERIES, 'queries')}"
    operation = CREATE_EMBEDDINGS.operation_id
    exchange = session.send(Request("POST", path, json_bytes(session.request(TEXT)), JSON_HEADERS, operation=operation))
    if exchange.status is not None and exchange.status not in (200, 400, 422):  # to refuse it is to read it
        raise CheckFailure(exchange.outline(), f"200 for POST {path}", exchange)


@check("create-embeddings/parameters/sampling-ignored")
def sampling_ignored(session: Session) -> None:
    """The sampling parameters that model pages list as accepted."""
    _accepted(session, "sampling")


@check("create-embeddings/parameters/user-accepted")
def user_accepted(session: Session) -> None:
    """An end user's identifier, of any characters."""
    _accepted(session, *session.choose(("user", "long user"), "users"))


@check("create-embeddings/parameters/input-type-accepted")
def input_type_accepted(session: Session) -> None:
    """A kind of input, known to the model or not."""
    session.require_plain()
    for kind in session.choose(("search_query", "search_document"), "input types"):
        if session.was_answered("input_type", kind):
            continue
        exchange = session.ask(TEXT, input_type=kind)
        if answers.is_refusal(exchange):
            raise CheckFailure(exchange.outline(), f"200 with input_type {excerpts.of_value(kind)}", exchange)
    session.ask(TEXT, input_type="a_kind_of_its_own")  # may be refused, but must not crash


@check("create-embeddings/parameters/attribution-accepted")
def attribution_accepted(session: Session) -> None:
    """The headers with which applications name themselves, what they accept, and an empty cookie."""
    session.require_plain()
    others = [(name, headers) for name, headers in factors.HEADERS.items() if name not in ("plain", "chunked")]
    for name, headers in session.choose(others, "headers"):
        if session.was_answered("headers", name):
            continue
        exchange = session.post(session.request(TEXT), headers=headers)
        if exchange.status is not None and exchange.status != 200:
            raise CheckFailure(exchange.outline(), f"200 with these headers ({name})", exchange)


def _accepted(session: Session, *names: str) -> None:
    session.require_plain()
    for name in names:
        if session.was_answered("fields", name):
            continue
        fields = factors.FIELDS[name]
        exchange = session.ask(TEXT, **fields)
        if exchange.status is not None and exchange.status != 200:
            raise CheckFailure(exchange.outline(), f"200 with {', '.join(map(excerpts.of_value, fields))}", exchange)
