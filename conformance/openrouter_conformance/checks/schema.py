"""Every exchange of a run against the contract, and the requests that schemathesis makes from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openrouter_conformance import campaign
from openrouter_conformance.breaches import breaches_of
from openrouter_conformance.checks.registry import shared_check, shared_exchange_check
from openrouter_conformance.contract import first_error
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.exchange import ALLOWED

if TYPE_CHECKING:
    from openrouter_conformance.contract import Contract
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.operations import Operation
    from openrouter_conformance.session import Session

_ANSWERED = (200, 400, 404, 413, 422)
"""What a valid request may get: it may pass a limit of the model (400, 422), the routing (404) or the gateway (413)."""


@shared_exchange_check("schema/answers-match")
def answers_match(exchange: Exchange, contract: Contract, operation: Operation) -> bool:
    """Every success against its schema."""
    if exchange.status != 200 or exchange.method == "HEAD":
        return False
    if contract.takes_body(operation) and exchange.derived.get(ALLOWED, True) is not True:
        return False  # the answer to a request that breaks the contract is shown by what accepted that
    if exchange.json_fault is not None:
        raise CheckFailure(
            f"200 with a body that is no JSON ({exchange.json_fault})", "the documented object", exchange
        )
    error = first_error(contract.response_validator(operation, 200), exchange.json)
    if error is not None:
        raise CheckFailure(f"a 200 that breaks the contract at {error}", "the documented object", exchange)
    return True


@shared_exchange_check("schema/errors-match")
def errors_match(exchange: Exchange, contract: Contract, operation: Operation) -> bool:
    """Every error against its schema."""
    if exchange.status is None or exchange.status < 400 or exchange.method == "HEAD":
        return False
    if exchange.json_fault is not None:
        raise CheckFailure(exchange.outline(), "a JSON error body", exchange)
    error = first_error(contract.response_validator(operation, exchange.status), exchange.json)
    if error is not None:
        raise CheckFailure(f"an error body that breaks the contract at {error}", "the documented error body", exchange)
    return True


@shared_exchange_check("schema/fields-documented")
def fields_documented(exchange: Exchange, contract: Contract, operation: Operation) -> bool:
    """Fields of successes that the contract does not name."""
    if exchange.status != 200 or exchange.json is None:
        return False
    unknown = contract.undocumented_field(operation, exchange.json)
    if unknown is not None:
        raise CheckFailure(f"a field that the contract does not name: {unknown}", "documented fields only", exchange)
    return True


@shared_exchange_check("schema/no-server-error")
def no_server_error(exchange: Exchange, contract: Contract, operation: Operation) -> bool:  # noqa: ARG001
    """Requests that end in a 5xx or in no answer."""
    if exchange.status is None or exchange.status >= 500:
        raise CheckFailure(exchange.outline(), "an answer below 500", exchange)
    return True


@shared_exchange_check("schema/status-documented")
def status_documented(exchange: Exchange, contract: Contract, operation: Operation) -> bool:
    """The status of every answer that is no error."""
    if exchange.status is None or exchange.status >= 400 or exchange.method != operation.method:
        return False
    documented = [status for status in contract.operation(operation)["responses"] if status.isdecimal()]
    if str(exchange.status) not in documented:
        where = exchange.header("Location")
        found = f"the status {exchange.status}" + (f", to {where}" if where else "")
        raise CheckFailure(found, "a documented success, or an error", exchange)
    return True


@shared_check("schema/answers-match")
def generated_answers_match(session: Session, operation: Operation) -> None:
    """What schemathesis finds in the answers to requests made from the contract."""
    _conformance(session, operation, success=True)


@shared_check("schema/errors-match")
def generated_errors_match(session: Session, operation: Operation) -> None:
    """What schemathesis finds in the refusals of requests made from the contract."""
    _conformance(session, operation, success=False)


@shared_check("schema/no-server-error")
@shared_check("schema/status-documented")
@shared_check("schema/fields-documented")
def generated_traffic(session: Session, operation: Operation) -> None:
    """Requests made from the contract, for the exchange checks."""
    campaign.run(session, operation)


@shared_check("schema/valid-requests-answered")
def valid_requests_answered(session: Session, operation: Operation) -> None:
    """Requests that keep the contract, and their statuses."""
    valid = [one for one in campaign.run(session, operation) if one.generated.valid]
    campaign.raise_smallest(
        [one for one in valid if one.exchange.status not in _ANSWERED and not breaches_of(one.exchange)],
        "200 for a request that keeps the contract, or 400, 404, 413 or 422 for a limit of the model",
    )
    if not any(one.exchange.status == 200 or breaches_of(one.exchange) for one in valid):
        campaign.raise_smallest(valid, "200 for at least one request that keeps the contract")


@shared_check("schema/invalid-requests-refused")
def invalid_requests_refused(session: Session, operation: Operation) -> None:
    """Requests that break the contract, and their statuses."""
    campaign.raise_smallest(
        [
            one
            for one in campaign.run(session, operation)
            if one.generated.valid is False and one.exchange.status is not None and one.exchange.status < 300
        ],
        "4xx for a request that breaks the contract",
    )


def _conformance(session: Session, operation: Operation, *, success: bool) -> None:
    failing = [
        one
        for one in campaign.run(session, operation)
        if one.failures
        and one.exchange.status is not None
        and (one.exchange.status < 400) == success
        and not breaches_of(one.exchange)
    ]
    if failing:
        shown = campaign.smallest(failing)
        raise CheckFailure(shown.failures[0], "an answer as documented", shown.exchange)
