"""Every exchange of a run against the contract, and the schema-driven half made by schemathesis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openrouter_conformance import campaign, contract
from openrouter_conformance.checks.registry import holds_for_every_exchange, proves
from openrouter_conformance.verdicts import Violation

if TYPE_CHECKING:
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.session import Session

CREATE = "createEmbeddings"
LIST = "listEmbeddingsModels"


def _success_schema(exchange: Exchange, operation: str) -> bool:
    if exchange.operation != operation or exchange.status != 200 or exchange.method == "HEAD":
        return False
    if exchange.json_fault is not None:
        raise Violation(f"200 with a body that is no JSON ({exchange.json_fault})", "the documented object", exchange)
    fault = contract.explain(contract.response_validator(operation, 200), exchange.json)
    if fault is not None:
        raise Violation(f"a 200 that breaks the contract at {fault}", "the documented object", exchange)
    return True


def _error_schema(exchange: Exchange, operation: str) -> bool:
    if exchange.operation != operation or exchange.status is None or exchange.status < 400:
        return False
    if exchange.method == "HEAD":
        return False
    if exchange.json_fault is not None:
        raise Violation(exchange.outline(), "a JSON error body", exchange)
    fault = contract.explain(contract.response_validator(operation, exchange.status), exchange.json)
    if fault is not None:
        raise Violation(f"an error body that breaks the contract at {fault}", "the documented error body", exchange)
    return True


def _fields_documented(exchange: Exchange, operation: str) -> bool:
    if exchange.operation != operation or exchange.status != 200 or exchange.json is None:
        return False
    unknown = contract.undocumented_field(operation, exchange.json)
    if unknown is not None:
        raise Violation(f"a field that the contract does not name: {unknown}", "documented fields only", exchange)
    return True


def _no_server_error(exchange: Exchange, operation: str) -> bool:
    if exchange.operation != operation:
        return False
    if exchange.status is None:
        raise Violation(exchange.outline(), "an answer below 500", exchange)
    if exchange.status >= 500:
        raise Violation(exchange.outline(), "an answer below 500", exchange)
    return True


@holds_for_every_exchange("create-embeddings/schema/answers-match")
def embeddings_schema(exchange: Exchange) -> bool:
    """Answers of createEmbeddings against their schema."""
    return _success_schema(exchange, CREATE)


@holds_for_every_exchange("create-embeddings/schema/errors-match")
def embeddings_error_schema(exchange: Exchange) -> bool:
    """Errors of createEmbeddings against their schema."""
    return _error_schema(exchange, CREATE)


@holds_for_every_exchange("create-embeddings/schema/no-server-error")
def embeddings_survival(exchange: Exchange) -> bool:
    """Requests to createEmbeddings that end in a 5xx or in silence."""
    return _no_server_error(exchange, CREATE)


@holds_for_every_exchange("create-embeddings/schema/fields-documented")
def embeddings_documented_fields(exchange: Exchange) -> bool:
    """Fields of createEmbeddings' answers that the contract does not name."""
    return _fields_documented(exchange, CREATE)


@holds_for_every_exchange("list-embeddings-models/schema/fields-documented")
def models_documented_fields(exchange: Exchange) -> bool:
    """Fields of the model list that the contract does not name."""
    return _fields_documented(exchange, LIST)


@holds_for_every_exchange("list-embeddings-models/schema/answers-match")
def models_schema(exchange: Exchange) -> bool:
    """Answers of listEmbeddingsModels against their schema."""
    return _success_schema(exchange, LIST)


@holds_for_every_exchange("list-embeddings-models/schema/errors-match")
def models_error_schema(exchange: Exchange) -> bool:
    """Errors of listEmbeddingsModels against their schema."""
    return _error_schema(exchange, LIST)


@holds_for_every_exchange("list-embeddings-models/schema/no-server-error")
def models_survival(exchange: Exchange) -> bool:
    """Requests to listEmbeddingsModels that end in a 5xx or in silence."""
    return _no_server_error(exchange, LIST)


@proves("create-embeddings/schema/answers-match")
def embeddings_conformance(session: Session) -> None:
    """What schemathesis finds in the answers to requests made from the contract."""
    _conformance(session, CREATE, success=True)


@proves("create-embeddings/schema/errors-match")
def embeddings_error_conformance(session: Session) -> None:
    """What schemathesis finds in the refusals of requests made from the contract."""
    _conformance(session, CREATE, success=False)


@proves("list-embeddings-models/schema/answers-match")
def models_conformance(session: Session) -> None:
    """What schemathesis finds in the pages that requests made from the contract get."""
    _conformance(session, LIST, success=True)


@proves("list-embeddings-models/schema/errors-match")
def models_error_conformance(session: Session) -> None:
    """What schemathesis finds in the refusals of model list queries."""
    _conformance(session, LIST, success=False)


@proves("create-embeddings/schema/no-server-error")
@proves("create-embeddings/schema/fields-documented")
def embeddings_traffic(session: Session) -> None:
    """Requests made from the contract, for the standing checks to see."""
    campaign.run(session, CREATE)


@proves("list-embeddings-models/schema/fields-documented")
@proves("list-embeddings-models/schema/no-server-error")
def models_traffic(session: Session) -> None:
    """Queries made from the contract, for the standing checks to see."""
    campaign.run(session, LIST)


@proves("create-embeddings/schema/valid-requests-answered")
def embeddings_positive_acceptance(session: Session) -> None:
    """Requests that keep the contract, and what became of them."""
    _positive_acceptance(session, CREATE)


@proves("list-embeddings-models/schema/valid-queries-answered")
def models_positive_acceptance(session: Session) -> None:
    """Queries that keep the contract, and what became of them."""
    _positive_acceptance(session, LIST)


@proves("create-embeddings/schema/invalid-requests-refused")
def embeddings_negative_rejection(session: Session) -> None:
    """Requests that break the contract, and what became of them."""
    _negative_rejection(session, CREATE)


@proves("list-embeddings-models/schema/invalid-queries-refused")
def models_negative_rejection(session: Session) -> None:
    """Queries that break the contract, and what became of them."""
    _negative_rejection(session, LIST)


def _conformance(session: Session, operation: str, *, success: bool) -> None:
    broken = [
        one
        for one in campaign.run(session, operation)
        if one.failures and one.exchange.status is not None and (one.exchange.status < 400) == success
    ]
    if broken:
        shown = campaign.smallest(broken)
        raise Violation(shown.failures[0], "an answer as documented", shown.exchange)


def _positive_acceptance(session: Session, operation: str) -> None:
    # A valid request may pass a limit of the model (400, 422), of the routing (404) or of the gateway (413).
    valid = [one for one in campaign.run(session, operation) if one.generated.valid]
    campaign.raise_smallest(
        [one for one in valid if one.exchange.status not in (200, 400, 404, 413, 422)],
        "200 for a request that keeps the contract, or 400, 404, 413 or 422 for a limit of the model",
    )
    if not any(one.exchange.status == 200 for one in valid):
        campaign.raise_smallest(valid, "200 for at least one request that keeps the contract")


def _negative_rejection(session: Session, operation: str) -> None:
    campaign.raise_smallest(
        [
            one
            for one in campaign.run(session, operation)
            if one.generated.valid is False and one.exchange.status is not None and one.exchange.status < 400
        ],
        "4xx for a request that breaks the contract",
    )
