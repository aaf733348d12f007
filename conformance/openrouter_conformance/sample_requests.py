"""One request of an operation that the target answers: what checks of any operation vary in key, method or headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from openrouter_conformance import campaign
from openrouter_conformance.errors import NotApplicable
from openrouter_conformance.exchange import JSON_HEADERS, Request
from openrouter_conformance.session import json_bytes

if TYPE_CHECKING:
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.operations import Operation
    from openrouter_conformance.session import Session


def send(
    session: Session,
    operation: Operation,
    *,
    key: bool | str | None = True,
    headers: tuple[tuple[str, str], ...] | None = None,
    again: bool = False,
) -> Exchange:
    """Send the sample request of `operation` and return what came back.

    Args:
        session: the run.
        operation: what is asked for.
        key: as in `Request`.
        headers: in place of those that the request has.
        again: whether to send it although it was sent before.

    Raises:
        NotApplicable: the operation has no sample of its own, and no generated request was answered 200.

    """
    request = attrs.evolve(sample(session, operation), key=key)
    return session.send(request if headers is None else attrs.evolve(request, headers=headers), again=again)


def send_success_and_errors(session: Session, operation: Operation) -> None:
    """Send the sample request of `operation`, without a key and malformed as well, for the exchange checks to see."""
    send(session, operation)
    if session.contract.is_secured(operation):
        send(session, operation, key=None)
    if session.contract.takes_body(operation):
        session.send(Request(operation.method, operation.path, b"{", JSON_HEADERS, operation=operation.operation_id))


def sample(session: Session, operation: Operation) -> Request:
    """Return the sample request of `operation`; errors as for `send`."""
    if operation.sample is None:
        return _answered_request(session, operation)
    if not session.contract.takes_body(operation):
        return Request(operation.method, operation.path, operation=operation.operation_id)
    body = {**operation.sample}
    if operation.asks_model:
        body = {"model": session.model, **session.target.request_defaults, **operation.sample}
    return Request(operation.method, operation.path, json_bytes(body), JSON_HEADERS, operation=operation.operation_id)


def _answered_request(session: Session, operation: Operation) -> Request:
    answered = [one for one in campaign.run(session, operation) if one.generated.valid and one.exchange.status == 200]
    if not answered:
        raise NotApplicable(f"no generated request to {operation.operation_id} was answered 200")
    return campaign.smallest(answered).generated.request
