"""HTTP around the operations: content types, methods, paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openrouter_conformance import answers
from openrouter_conformance.checks.registry import holds_for_every_exchange, proves
from openrouter_conformance.checks.response import TEXT
from openrouter_conformance.exchange import Request
from openrouter_conformance.verdicts import Violation

if TYPE_CHECKING:
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.session import Session

_PROMPT = 2.0
_OTHER_METHODS = {"/embeddings": ("GET", "PUT", "PATCH", "DELETE"), "/embeddings/models": ("POST", "PUT", "DELETE")}


def _json_content_type(exchange: Exchange, operation: str) -> bool:
    if exchange.operation != operation or exchange.status is None or not exchange.body:
        return False
    kind = (exchange.header("Content-Type") or "").split(";")[0].strip().lower()
    if kind != "application/json":
        raise Violation(f"{exchange.status} with Content-Type {kind or 'missing'!r}", "application/json", exchange)
    return True


@holds_for_every_exchange("create-embeddings/protocol/json-content-type")
def embeddings_content_type(exchange: Exchange) -> bool:
    """The content type of every answer of createEmbeddings."""
    return _json_content_type(exchange, "createEmbeddings")


@holds_for_every_exchange("list-embeddings-models/protocol/json-content-type")
def models_content_type(exchange: Exchange) -> bool:
    """The content type of every answer of listEmbeddingsModels."""
    return _json_content_type(exchange, "listEmbeddingsModels")


@holds_for_every_exchange("create-embeddings/protocol/one-way-to-tell-the-end")
def framing(exchange: Exchange) -> bool:
    """How each answer tells where it ends: by its length or by chunks, and not by both."""
    if exchange.status is None:
        return False
    if exchange.header("Content-Length") is not None and exchange.header("Transfer-Encoding") is not None:
        raise Violation("an answer with both Content-Length and Transfer-Encoding", "one of them", exchange)
    return True


@proves("create-embeddings/protocol/json-content-type")
def embeddings_kinds(session: Session) -> None:
    """A success and a few failures, for the standing check to see."""
    session.embed(TEXT, 1)
    session.post(session.request(TEXT), key=None)
    session.post(raw=b"{")
    session.ask("")
    session.ask(TEXT, model="conformance/no-such-model")


@proves("create-embeddings/protocol/one-way-to-tell-the-end")
def framed_kinds(session: Session) -> None:
    """A success, a refusal and the model list, for the standing check to see."""
    session.ask(TEXT)
    session.post(raw=b"{")
    session.get_models()


@proves("list-embeddings-models/protocol/json-content-type")
def models_kinds(session: Session) -> None:
    """A page and a refusal, for the standing check to see."""
    session.page()
    session.get_models(limit=0)


@proves("create-embeddings/protocol/other-methods-refused")
def embeddings_methods(session: Session) -> None:
    """Methods that createEmbeddings does not have."""
    _methods_refused(session, "/embeddings")


@proves("create-embeddings/protocol/other-methods-explained")
def embeddings_method_errors(session: Session) -> None:
    """What is said of methods that createEmbeddings does not have."""
    _methods_explained(session, "/embeddings")


@proves("list-embeddings-models/protocol/other-methods-refused")
def models_methods(session: Session) -> None:
    """Methods that listEmbeddingsModels does not have."""
    _methods_refused(session, "/embeddings/models")


@proves("list-embeddings-models/protocol/other-methods-explained")
def models_method_errors(session: Session) -> None:
    """What is said of methods that listEmbeddingsModels does not have."""
    _methods_explained(session, "/embeddings/models")


@proves("create-embeddings/protocol/allow-header")
def allowed_methods(session: Session) -> None:
    """405, with an `Allow` header that names the method there is."""
    exchange = session.recorder.send(Request("DELETE", "/embeddings"))
    if exchange.status != 405:
        raise Violation(exchange.outline(), "405", exchange)
    if "POST" not in (exchange.header("Allow") or "").upper():
        raise Violation(f"405 with Allow {exchange.header('Allow')!r}", "an Allow header that names POST", exchange)


@proves("create-embeddings/protocol/unknown-paths-are-404")
def unknown_paths(session: Session) -> None:
    """Addresses where nothing is."""
    for path in ("/embeddings/no-such-thing", "/embedding", "/embeddings/models/no-such-thing/again"):
        exchange = session.recorder.send(Request("GET", path))
        if exchange.status not in (404, 405):
            raise Violation(exchange.outline(), f"404 for {path}", exchange)


@proves("create-embeddings/protocol/charset-admitted")
def content_type_parameters(session: Session) -> None:
    """`application/json` with a charset, in any case."""
    for kind in ("application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON"):
        exchange = session.post(session.request(TEXT), headers=(("Content-Type", kind),))
        if exchange.status != 200:
            raise Violation(exchange.outline(), f"200 with Content-Type {kind!r}", exchange)
        answers.embedded(exchange, 1)


@proves("create-embeddings/protocol/body-complete")
def body_length(session: Session) -> None:
    """As many bytes as `Content-Length` says."""
    exchange = session.ask([TEXT] * 3)
    length = exchange.header("Content-Length")
    encoded = exchange.header("Content-Encoding")
    answers.embedded(exchange)
    if length is not None and encoded is None and length != str(len(exchange.body)):
        raise Violation(f"{len(exchange.body)} bytes after Content-Length {length}", "the same number", exchange)


@proves("create-embeddings/protocol/generation-header")
def generation_header(session: Session) -> None:
    """The generation's identifier in a header, the same as in the body."""
    answer = session.embed(TEXT, 1)
    header = answer.exchange.header("X-Generation-Id")
    if header is None or header != answer.body.get("id"):
        raise Violation(f"X-Generation-Id {header!r} with id {answer.body.get('id')!r}", "the same id", answer.exchange)


@proves("create-embeddings/protocol/open-to-browsers")
def cross_origin(session: Session) -> None:
    """Answers that pages of any origin may read."""
    answer = session.embed(TEXT, 1)
    origin = answer.exchange.header("Access-Control-Allow-Origin")
    if origin != "*":
        raise Violation(f"Access-Control-Allow-Origin {origin!r}", "*", answer.exchange)


@proves("list-embeddings-models/protocol/head-has-no-body")
def head(session: Session) -> None:
    """HEAD on the model list: the status of GET, and nothing after the headers."""
    exchange = session.get_models(method="HEAD")
    if exchange.status != 200 or exchange.body:
        raise Violation(exchange.outline(), "200 without a body", exchange)


@proves("create-embeddings/protocol/answers-in-time")
def promptness(session: Session) -> None:
    """The quicker of two answers to a short text."""
    tried = [session.ask(TEXT), session.ask(TEXT)]
    quickest = min(tried, key=lambda exchange: exchange.seconds)
    if quickest.seconds > _PROMPT:
        raise Violation("an answer that takes over two seconds", "an answer within two seconds", quickest)


def _methods_refused(session: Session, path: str) -> None:
    for method in _OTHER_METHODS[path]:
        exchange = session.recorder.send(Request(method, path))
        if exchange.status not in (404, 405, 501):
            raise Violation(exchange.outline(), f"405 for {method} {path}", exchange)


def _methods_explained(session: Session, path: str) -> None:
    for method in _OTHER_METHODS[path]:
        exchange = session.recorder.send(Request(method, path))
        if not isinstance(exchange.json, dict) or "error" not in exchange.json:
            raise Violation(exchange.outline(), "a JSON error body", exchange)
