"""What an error says about itself."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from openrouter_conformance import answers, campaign, excerpts, sample_requests
from openrouter_conformance.checks.registry import check, shared_check, shared_exchange_check
from openrouter_conformance.contexts import plan
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.samples import TEXT, UNKNOWN_MODEL

if TYPE_CHECKING:
    from openrouter_conformance.contract import Contract
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.operations import Operation
    from openrouter_conformance.session import Session

_INSIDE = re.compile(
    rb"\b(?:10\.\d{1,3}|172\.(?:1[6-9]|2\d|3[01])|192\.168)\.\d{1,3}\.\d{1,3}\b|\.svc\.cluster\.local\b"
)
"""Addresses within a private network."""
_TRACES = (b"Traceback (most recent call last)", b"\\n    at ", b"site-packages", b"node_modules")


@shared_exchange_check("errors/code-equals-status")
def code_equals_status(exchange: Exchange, contract: Contract, operation: Operation) -> bool:  # noqa: ARG001
    """`error.code` and the status, where there is a code."""
    code = _error(exchange).get("code")
    if not _is_error(exchange) or code is None:
        return False
    if isinstance(code, bool) or code != exchange.status:
        raise CheckFailure(
            f"status {exchange.status} with error.code {excerpts.of_value(code)}", "the same number", exchange
        )
    return True


@shared_exchange_check("errors/code-present")
def code_present(exchange: Exchange, contract: Contract, operation: Operation) -> bool:  # noqa: ARG001
    """A number in `error.code`; whether it is the right one is for `errors/code-equals-status`."""
    if not _is_error(exchange) or not isinstance(exchange.json, dict):
        return False
    if _error(exchange).get("code") is None:
        raise CheckFailure(exchange.outline(), "an error with a code", exchange)
    return True


@shared_exchange_check("errors/message-not-empty")
def message_not_empty(exchange: Exchange, contract: Contract, operation: Operation) -> bool:  # noqa: ARG001
    """Words in `error.message`."""
    if not _is_error(exchange):
        return False
    message = _error(exchange).get("message")
    if not isinstance(message, str) or not message.strip():
        in_json = "" if isinstance(exchange.json, dict) else "JSON with "
        raise CheckFailure(exchange.outline(), f"{in_json}an error.message with words in it", exchange)
    return True


@shared_exchange_check("errors/no-error-in-success")
def no_error_in_success(exchange: Exchange, contract: Contract, operation: Operation) -> bool:  # noqa: ARG001
    """No error body under a 200."""
    if exchange.status != 200 or not isinstance(exchange.json, dict):
        return False
    if "error" in exchange.json:
        raise CheckFailure(exchange.outline(), "the status that the error is about", exchange)
    return True


@shared_exchange_check("errors/no-trace")
def no_trace(exchange: Exchange, contract: Contract, operation: Operation) -> bool:  # noqa: ARG001
    """No stack trace, no path of the server and no address within its network in an error."""
    if exchange.status is None or exchange.status < 400:
        return False
    for mark in _TRACES:
        if mark in exchange.body:
            shown = mark.decode().strip()
            raise CheckFailure(
                f"an error that shows the server's code ({excerpts.of_value(shown)})", "an error without it", exchange
            )
    inside = _INSIDE.search(exchange.body)
    if inside is not None and inside[0] not in _sent(exchange):
        raise CheckFailure(
            f"an error with an address within the server's network ({excerpts.of_value(inside[0].decode())})",
            "an error without it",
            exchange,
        )
    return True


def _sent(exchange: Exchange) -> bytes:
    """Return what the client knows: what it sent, and to whom."""
    headers = "\n".join(value for _, value in exchange.request_headers)
    return f"{exchange.url}\n{headers}\n".encode() + (exchange.request_body or b"")


@shared_check("errors/code-equals-status")
@shared_check("errors/message-not-empty")
@shared_check("errors/no-error-in-success")
@shared_check("errors/no-trace")
def provoked_errors(session: Session, operation: Operation) -> None:
    """A success, and errors of several kinds, for the exchange checks."""
    sample_requests.send_success_and_errors(session, operation)
    if operation.asks_model:
        session.ask(TEXT, model=UNKNOWN_MODEL)
        session.ask("", dimensions=0)
    else:
        campaign.run(session, operation)


@check("create-embeddings/errors/unknown-model-refused")
def unknown_model_refused(session: Session) -> None:
    """A model that is not listed."""
    around = plan.surroundings(session, "model")
    for name in session.choose((UNKNOWN_MODEL, "no-slash", f"../../etc/{'x' * 300}", "openai/", " "), "models"):
        exchange = session.ask(TEXT, **{**next(around), "model": name})
        allowed = (404, 400) if name == UNKNOWN_MODEL else (404, 400, 422)
        if exchange.status not in allowed:
            expected = " or ".join(map(str, allowed))
            raise CheckFailure(exchange.outline(), f"{expected} for the model {excerpts.of_value(name)}", exchange)


@check("create-embeddings/errors/body-names-the-field")
def body_names_the_field(session: Session) -> None:
    """The name of the field that is wrong, in the message."""
    wrong: tuple[tuple[str, object], ...] = (("dimensions", -1), ("encoding_format", "hex"), ("input", 7), ("model", 7))
    for field, value in session.choose(wrong, "fields"):
        exchange = session.ask(TEXT, **{field: value})
        if not answers.is_refusal(exchange):
            raise CheckFailure(exchange.outline(), f"400 for {field}={excerpts.of_value(value)}", exchange)
        if field not in json.dumps(exchange.json) and field.encode() not in exchange.body:
            raise CheckFailure(exchange.outline(), f"a message that names {excerpts.of_value(field)}", exchange)


def _is_error(exchange: Exchange) -> bool:
    return exchange.status is not None and exchange.status >= 400 and exchange.method != "HEAD"


def _error(exchange: Exchange) -> dict[str, object]:
    error = exchange.json.get("error") if isinstance(exchange.json, dict) else None
    return error if isinstance(error, dict) else {}
