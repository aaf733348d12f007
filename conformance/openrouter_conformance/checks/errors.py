"""What an error says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openrouter_conformance import answers
from openrouter_conformance.checks.registry import holds_for_every_exchange, proves
from openrouter_conformance.checks.response import TEXT
from openrouter_conformance.verdicts import Violation

if TYPE_CHECKING:
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.session import Session

UNKNOWN_MODEL = "conformance/no-such-model"


_TRACES = (b"Traceback (most recent call last)", b"\\n    at ", b"site-packages", b"node_modules")


def _is_failure(exchange: Exchange, operation: str) -> bool:
    failed = exchange.status is not None and exchange.status >= 400
    return failed and exchange.operation == operation and exchange.method != "HEAD"


def _error(exchange: Exchange) -> dict[str, object]:
    error = exchange.json.get("error") if isinstance(exchange.json, dict) else None
    return error if isinstance(error, dict) else {}


def _code_equals_status(exchange: Exchange, operation: str) -> bool:
    code = _error(exchange).get("code")
    if not _is_failure(exchange, operation) or code is None:
        return False
    if isinstance(code, bool) or code != exchange.status:
        raise Violation(f"status {exchange.status} with error.code {code!r}", "the same number", exchange)
    return True


def _has_message(exchange: Exchange, operation: str) -> bool:
    if not _is_failure(exchange, operation):
        return False
    message = _error(exchange).get("message")
    if not isinstance(message, str) or not message.strip():
        raise Violation(exchange.outline(), "an error.message with words in it", exchange)
    return True


@holds_for_every_exchange("create-embeddings/errors/code-equals-status")
def error_code(exchange: Exchange) -> bool:
    """`error.code` and the status, where there is a code."""
    return _code_equals_status(exchange, "createEmbeddings")


@holds_for_every_exchange("list-embeddings-models/errors/code-equals-status")
def list_error_code(exchange: Exchange) -> bool:
    """`error.code` and the status of the model list's errors, where there is a code."""
    return _code_equals_status(exchange, "listEmbeddingsModels")


@holds_for_every_exchange("create-embeddings/errors/message-not-empty")
def error_message(exchange: Exchange) -> bool:
    """Words in `error.message`."""
    return _has_message(exchange, "createEmbeddings")


@holds_for_every_exchange("list-embeddings-models/errors/message-not-empty")
def list_error_message(exchange: Exchange) -> bool:
    """Words in `error.message` of the model list's errors."""
    return _has_message(exchange, "listEmbeddingsModels")


@holds_for_every_exchange("create-embeddings/errors/no-error-in-success")
def hidden_error(exchange: Exchange) -> bool:
    """No error body under a 200."""
    if exchange.operation != "createEmbeddings" or exchange.status != 200 or not isinstance(exchange.json, dict):
        return False
    if "error" in exchange.json:
        raise Violation(exchange.outline(), "the status that the error is about", exchange)
    return True


@holds_for_every_exchange("create-embeddings/errors/no-trace")
def error_discretion(exchange: Exchange) -> bool:
    """No stack trace and no path of the server's in an error."""
    if exchange.operation is None or exchange.status is None or exchange.status < 400:
        return False
    for mark in _TRACES:
        if mark in exchange.body:
            shown = mark.decode().strip()
            raise Violation(f"an error that shows the server's inside ({shown!r})", "an error without it", exchange)
    return True


@proves("create-embeddings/errors/code-equals-status")
@proves("create-embeddings/errors/message-not-empty")
@proves("create-embeddings/errors/no-error-in-success")
@proves("create-embeddings/errors/no-trace")
def provoked_errors(session: Session) -> None:
    """One error of each common kind, for the standing checks to see."""
    session.post(session.request(TEXT), key=None)
    session.ask(TEXT, model=UNKNOWN_MODEL)
    session.ask("", dimensions=0)
    session.post(raw=b"{")
    session.ask(TEXT)


@proves("list-embeddings-models/errors/code-equals-status")
@proves("list-embeddings-models/errors/message-not-empty")
def provoked_list_errors(session: Session) -> None:
    """Errors of the model list, for the standing checks to see."""
    session.get_models(limit=0)
    session.get_models(offset="ten")


@proves("create-embeddings/errors/unknown-model-refused")
def unknown_model(session: Session) -> None:
    """A model that is not listed."""
    for name in (UNKNOWN_MODEL, "no-slash", "../../etc/passwd", "openai/", " "):
        exchange = session.ask(TEXT, model=name)
        allowed = (404, 400) if name == UNKNOWN_MODEL else (404, 400, 422)
        if exchange.status not in allowed:
            expected = " or ".join(map(str, allowed))
            raise Violation(exchange.outline(), f"{expected} for the model {name!r}", exchange)


@proves("create-embeddings/errors/body-names-the-field")
def error_helpfulness(session: Session) -> None:
    """The name of the field that is wrong, in the message."""
    for field, value in (("dimensions", -1), ("encoding_format", "hex"), ("input", 7), ("model", 7)):
        exchange = session.ask(TEXT, **{field: value})
        if not answers.is_refusal(exchange):
            raise Violation(exchange.outline(), f"400 for {field}={value!r}", exchange)
        if field.encode() not in exchange.body:
            raise Violation(exchange.outline(), f"a message that names {field!r}", exchange)
