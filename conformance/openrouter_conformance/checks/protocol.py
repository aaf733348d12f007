"""HTTP around the operations: content types, methods, paths."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import attrs

from openrouter_conformance import answers, campaign, excerpts, sample_requests
from openrouter_conformance.checks.registry import check, exchange_check, shared_check, shared_exchange_check
from openrouter_conformance.contexts import factors
from openrouter_conformance.errors import CheckFailure, NotApplicable
from openrouter_conformance.exchange import IDENTITY, NOT_COMPRESSED, READS_CHUNKS, Request
from openrouter_conformance.samples import TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openrouter_conformance.contract import Contract
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.operations import Operation
    from openrouter_conformance.session import Session

_PROMPT_SECONDS = 2.0
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@shared_exchange_check("protocol/json-content-type")
def json_content_type(exchange: Exchange, contract: Contract, operation: Operation) -> bool:  # noqa: ARG001
    """The content type of every answer."""
    if exchange.status is None or not exchange.body or exchange.may_lack("Content-Type"):
        return False
    kind = (exchange.header("Content-Type") or "").split(";")[0].strip().lower()
    if kind != "application/json":
        raise CheckFailure(
            f"{exchange.status} with Content-Type {excerpts.of_value(kind)}", "application/json", exchange
        )
    return True


@shared_exchange_check("protocol/one-way-to-tell-the-end")
def one_way_to_tell_the_end(exchange: Exchange, contract: Contract, operation: Operation) -> bool:  # noqa: ARG001
    """Where an answer ends is given by its length or by chunks, and not by both."""
    if exchange.status is None:
        return False
    if exchange.header("Content-Length") is not None and exchange.header("Transfer-Encoding") is not None:
        raise CheckFailure("an answer with both Content-Length and Transfer-Encoding", "one of them", exchange)
    return True


@shared_check("protocol/json-content-type")
@shared_check("protocol/one-way-to-tell-the-end")
def success_and_errors(session: Session, operation: Operation) -> None:
    """A success and a few errors, for the exchange checks."""
    sample_requests.send_success_and_errors(session, operation)
    if not session.contract.takes_body(operation):
        campaign.run(session, operation)


@shared_check("protocol/other-methods-refused")
def other_methods_refused(session: Session, operation: Operation) -> None:
    """Methods that the contract does not have at the path."""
    for exchange in _other_methods(session, operation):
        if exchange.status not in (404, 405, 501):
            raise CheckFailure(exchange.outline(), f"405 for {exchange.method} {operation.path}", exchange)


@shared_check("protocol/other-methods-explained")
def other_methods_explained(session: Session, operation: Operation) -> None:
    """The error body of methods that the contract does not have at the path."""
    for exchange in _other_methods(session, operation):
        if not isinstance(exchange.json, dict) or "error" not in exchange.json:
            raise CheckFailure(exchange.outline(), "a JSON error body", exchange)


@shared_check("protocol/allow-header")
def allow_header(session: Session, operation: Operation) -> None:
    """405, with an `Allow` header that names the method there is."""
    for exchange in _other_methods(session, operation):
        if exchange.status != 405:
            raise CheckFailure(exchange.outline(), "405", exchange)
        if operation.method not in (exchange.header("Allow") or "").upper():
            expected = f"an Allow header that names {operation.method}"
            raise CheckFailure(f"405 with Allow {excerpts.of_value(exchange.header('Allow'))}", expected, exchange)


@shared_check("protocol/charset-accepted")
def charset_accepted(session: Session, operation: Operation) -> None:
    """`application/json` with a charset, in any case."""
    if operation.asks_model:
        session.require_plain()
    kinds = ("application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON")
    for kind in session.choose(kinds, "charsets"):
        exchange = sample_requests.send(session, operation, headers=(("Content-Type", kind),))
        if exchange.status != 200:
            raise CheckFailure(exchange.outline(), f"200 with Content-Type {excerpts.of_value(kind)}", exchange)


@shared_check("protocol/body-complete")
def body_complete(session: Session, operation: Operation) -> None:
    """As many bytes as `Content-Length` says."""
    exchange = sample_requests.send(session, operation)
    length = exchange.header("Content-Length")
    if exchange.status is None:
        raise CheckFailure(exchange.outline(), "a whole answer", exchange)
    if length is not None and exchange.header("Content-Encoding") is None and length != str(len(exchange.body)):
        raise CheckFailure(f"{len(exchange.body)} bytes after Content-Length {length}", "the same number", exchange)


@shared_check("protocol/head-has-no-body")
def head_has_no_body(session: Session, operation: Operation) -> None:
    """HEAD: the status of GET, and nothing after the headers."""
    exchange = session.send(attrs.evolve(sample_requests.sample(session, operation), method="HEAD", key=None))
    if exchange.status != 200 or exchange.body:
        raise CheckFailure(exchange.outline(), "200 without a body", exchange)


@shared_check("protocol/compressed-body-read-or-refused")
def compressed_body_read_or_refused(session: Session, operation: Operation) -> None:
    """The sample request in gzip: read like any other, or refused as a coding that is not taken."""
    plain = sample_requests.sample(session, operation)
    if operation.asks_model:
        session.require_plain()
    body = plain.body or b""
    for coding, packed in session.choose(
        (("gzip", gzip.compress(body, mtime=0)), ("deflate", zlib.compress(body))), "codings"
    ):
        exchange = session.send(
            attrs.evolve(plain, body=packed, headers=(*plain.headers, ("Content-Encoding", coding)))
        )
        if exchange.status not in (200, 400, 415, 422):
            raise CheckFailure(exchange.outline(), f"200, 415 or 400 for a body in {coding}", exchange)


@shared_check("protocol/expectation-met")
def expectation_met(session: Session, operation: Operation) -> None:
    """The sample request with `Expect: 100-continue`, which curl sends with long bodies."""
    if operation.asks_model:
        session.require_plain()
    plain = sample_requests.sample(session, operation)
    exchange = session.send(attrs.evolve(plain, headers=(*plain.headers, ("Expect", "100-continue"))))
    if exchange.status not in (200, 417):
        raise CheckFailure(exchange.outline(), "200 with Expect: 100-continue, or 417", exchange)


@check("create-embeddings/protocol/chunked-bodies-read")
def chunked_bodies_read(session: Session) -> None:
    """The plainest request in chunks; where others in chunks were answered, all is said by those."""
    session.require_plain()
    if session.ask(TEXT).http_version != READS_CHUNKS:
        raise NotApplicable("the target speaks an older HTTP, whose servers need not read chunks")
    if session.was_answered("headers", "chunked"):
        return
    exchange = session.post(session.request(TEXT), headers=factors.HEADERS["chunked"])
    if exchange.status not in (None, 200, 411):
        raise CheckFailure(exchange.outline(), "200 for a body in chunks, or 411", exchange)


@check("create-embeddings/protocol/unknown-paths-are-404")
def unknown_paths_are_404(session: Session) -> None:
    """Addresses where nothing is served."""
    paths = ("/embeddings/no-such-thing", "/embedding", "/embeddings/models/no-such-thing/again")
    for path in session.choose(paths, "paths"):
        exchange = session.send(Request("GET", path))
        if exchange.status not in (404, 405):
            raise CheckFailure(exchange.outline(), f"404 for {path}", exchange)


@exchange_check("create-embeddings/protocol/compressed-when-accepted")
def compressed_when_accepted(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """No `Content-Encoding` in answers to requests that take none."""
    if exchange.status is None or not {IDENTITY, NOT_COMPRESSED} & set(exchange.request_headers):
        return False
    coding = exchange.header("Content-Encoding") or "identity"
    if coding.lower() != "identity":
        raise CheckFailure(f"Content-Encoding {excerpts.of_value(coding)}", "an answer as it is", exchange)
    return True


@check("create-embeddings/protocol/compressed-when-accepted")
def takes_identity_alone(session: Session) -> None:
    """A request that takes no compressed answer, for the exchange check; the one in chunks does not either."""
    name = "chunked" if session.ask(TEXT).http_version == READS_CHUNKS else "plain bytes"
    if not session.was_answered("headers", name):
        session.post(session.request(TEXT), headers=factors.HEADERS[name])


@exchange_check("create-embeddings/protocol/generation-header")
def generation_header(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """The generation's identifier in a header of every answer, the same as in the body."""
    found = answers.answered(exchange)
    if found is None or exchange.may_lack("X-Generation-Id"):
        return False
    header, name = exchange.header("X-Generation-Id"), found.answer.body.get("id")
    if header is None or header != name:
        raise CheckFailure(
            f"X-Generation-Id {excerpts.of_value(header)} with id {excerpts.of_value(name)}", "the same id", exchange
        )
    return True


@exchange_check("create-embeddings/protocol/open-to-browsers")
def open_to_browsers(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """Every answer may be read by pages of any origin."""
    if answers.answered(exchange) is None or exchange.may_lack("Access-Control-Allow-Origin"):
        return False
    origin = exchange.header("Access-Control-Allow-Origin")
    if origin != "*":
        raise CheckFailure(f"Access-Control-Allow-Origin {excerpts.of_value(origin)}", "*", exchange)
    return True


@check("create-embeddings/protocol/answers-in-time")
def answers_in_time(session: Session) -> None:
    """The quicker of two answers to a short text."""
    tried = [session.ask(TEXT), session.ask(TEXT)]
    quickest = min(tried, key=lambda exchange: exchange.seconds)
    if quickest.seconds > _PROMPT_SECONDS:
        raise CheckFailure("an answer that takes over two seconds", "an answer within two seconds", quickest)


def _other_methods(session: Session, operation: Operation) -> Iterator[Exchange]:
    others = [method for method in _METHODS if method not in session.contract.methods(operation)]
    for method in session.choose(others, "methods"):
        yield session.send(Request(method, operation.path))
