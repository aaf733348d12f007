"""From what a client reported and what it sent, to a result per check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from .catalog import Client
from .recording import Request

ONE, BATCH, SENT, MODELS, RECOVERS = "one text", "batch in order", "sends", "models", "after one 429"
CHECKS = (ONE, BATCH, SENT, "401", "404", "429", RECOVERS, MODELS)
"""Every check, in the order of the table."""

_LIKE = 0.999_999
"""Least cosine of two equal vectors, one of which may have been rounded to float32 on its way."""


@attrs.frozen
class CheckResult:
    """What one check of one client came to."""

    check: str
    passed: bool
    says: str
    """What was seen, in few words."""


def passed(check: str, says: str) -> CheckResult:
    """Return the result on a check that passed."""
    return CheckResult(check, passed=True, says=says)


def failed(check: str, says: str) -> CheckResult:
    """Return the result on a check that failed."""
    return CheckResult(check, passed=False, says=says)


def check_outcome(
    client: Client, check: str, outcome: dict[str, Any] | None, requests: Sequence[Request], expected: Any
) -> CheckResult:
    """Return the result on *check*; *outcome* is None when the client's program never came to it.

    *expected* are the mock's own vectors for `one text`, `batch in order` and `after one 429`; its list of model ids for
    `models`; and is not looked at for the others.
    """
    if outcome is None:
        return failed(check, "the program ended, or its time was up, before it came to this")
    if check == MODELS:
        return _check_models(outcome, expected)
    if check.isdigit():
        return _check_error(client, check, int(check), outcome, requests)
    if check == RECOVERS:
        return _check_recovery(client, outcome, requests, expected)
    problem = _vectors_differ(outcome, expected)
    return passed(check, "yes") if problem is None else failed(check, problem)


def check_sent(client: Client, requests: Sequence[Request]) -> CheckResult:
    """Return the result on the form and encoding of *requests*, which the client chose by itself."""
    seen = sorted({f"{request.input}, {request.encoding}" for request in requests})
    wanted = f"{client.input}, {client.encoding}"
    if seen == [wanted]:
        return passed(SENT, wanted)
    return failed(SENT, f"sent {'; '.join(seen) or 'nothing'}; expected {wanted}")


def _check_models(outcome: dict[str, Any], expected: list[str]) -> CheckResult:
    if "error" in outcome:
        return failed(MODELS, _unexpected(outcome["error"]))
    if outcome["models"] == expected:
        return passed(MODELS, f"all {len(expected)}")
    return failed(MODELS, f"{len(outcome['models'])} models; expected the {len(expected)} of the mock in order")


def _check_error(
    client: Client, check: str, status: int, outcome: dict[str, Any], requests: Sequence[Request]
) -> CheckResult:
    wanted = client.errors[status]
    error = outcome.get("error")
    if error is None:
        return failed(check, f"no error; expected {wanted}")
    if wanted not in error["types"] or error["status"] != status:
        return failed(check, f"{_unexpected(error)}; expected {wanted} with status {status}")
    tries = len(requests)
    if any(request.status != status for request in requests) or not requests:
        return failed(check, f"{wanted}, but the mock answered {[request.status for request in requests]}")
    if status != 429 and tries != 1:
        return failed(check, f"{wanted} after {tries} requests; expected one, for trying again cannot help")
    if status == 429 and (tries > 1) != client.retries:
        return failed(check, f"{wanted} after {tries} requests; expected {'more' if client.retries else 'one'}")
    return passed(check, f"`{wanted}`" + (f", {tries} requests" if tries > 1 else ""))


def _check_recovery(
    client: Client, outcome: dict[str, Any], requests: Sequence[Request], expected: Sequence[Sequence[float]]
) -> CheckResult:
    statuses = [request.status for request in requests]
    if not client.retries:
        error = outcome.get("error")
        if statuses == [429] and error is not None and client.errors[429] in error["types"]:
            return passed(RECOVERS, "raises: it never tries again")
        return failed(RECOVERS, f"the mock answered {statuses}; expected one request and {client.errors[429]}")
    problem = _vectors_differ(outcome, expected)
    if problem is not None:
        return failed(RECOVERS, problem)
    if statuses != [429, 200]:
        return failed(RECOVERS, f"the mock answered {statuses}; expected [429, 200]")
    return passed(RECOVERS, "tries again")


def _vectors_differ(outcome: dict[str, Any], expected: Sequence[Sequence[float]]) -> str | None:
    """Return in what the vectors of *outcome* differ from the *expected* ones; None when they are the same."""
    if "error" in outcome:
        return _unexpected(outcome["error"])
    given = outcome["vectors"]
    if len(given) != len(expected):
        return f"{len(given)} vectors for {len(expected)} texts"
    for place, (mine, theirs) in enumerate(zip(given, expected, strict=True)):
        if len(mine) != len(theirs):
            return f"vector {place} has {len(mine)} numbers; expected {len(theirs)}"
        likeness = _cosine(mine, theirs)
        if not likeness >= _LIKE:
            return f"vector {place} is another one: its cosine with the mock's own is {likeness:.6f}"
    return None


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    left, right = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    lengths = float(np.linalg.norm(left) * np.linalg.norm(right))
    return float(left @ right) / lengths if lengths else 0.0


def _unexpected(error: dict[str, Any]) -> str:
    return f"{next(iter(error['types']), 'an unnamed error')}, status {error['status']}: {error['message'][:200]}"
