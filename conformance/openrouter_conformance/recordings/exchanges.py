"""Recorded calls of one server as the exchanges that checks know."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit, urlunsplit

import attrs

from openrouter_conformance.errors import UsageError
from openrouter_conformance.exchange import Exchange, Request
from openrouter_conformance.foreign_text import shortened
from openrouter_conformance.operations import CREATE_EMBEDDINGS, LIST_EMBEDDINGS_MODELS, OPERATIONS
from openrouter_conformance.recordings.calls import RecordedCall
from openrouter_conformance.redaction import redactor
from openrouter_conformance.targets.keys import OTHER_VARIABLE

_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key"})
_WITHOUT_MEANING = frozenset({"host", "content-length", "connection", "accept-encoding", "transfer-encoding"})
"""Headers of a request that a repetition sets anew."""
_SHOWN = 5


@attrs.frozen
class Server:
    """The exchanges with one server.

    Attributes:
        base_url: the part before `/embeddings`.
        exchanges: in the order of the recordings.
        other_calls: how many calls were of other paths, and no errors.

    """

    base_url: str
    exchanges: Sequence[Exchange]
    other_calls: int


def exchanges_of(calls: Sequence[RecordedCall], base_url: str | None = None) -> Server:
    """Return the exchanges with the server at `base_url`, or with the only one.

    An error of another path of the same API is taken for one of the operation with its method: gateways write their
    errors in one place. What other paths answer in another form, as a page or a file that is missing, is not.

    Raises:
        UsageError: no call is one of an operation, or several servers were asked and none was chosen.

    """
    chosen = _chosen(calls, base_url)
    found: list[Exchange] = []
    others = 0
    for number, call in enumerate(calls, start=1):
        operation = _operation_id(call, chosen)
        if operation is None:
            others += 1
        else:
            found.append(_exchange(call, operation, chosen, number))
    return Server(chosen, found, others)


def _chosen(calls: Sequence[RecordedCall], base_url: str | None) -> str:
    bases = Counter(base for call in calls if (base := _base(call)) is not None)
    if base_url is not None:
        wanted = base_url.rstrip("/")
        if wanted in bases:
            return wanted
        raise UsageError(f"--base-url {base_url}: no recorded call is one of that server; {_listed(bases)}.")
    if len(bases) != 1:
        choose = "; choose one with --base-url" if bases else ""
        raise UsageError(f"{_listed(bases)}{choose}.")
    return next(iter(bases))


def _listed(bases: Counter[str]) -> str:
    if not bases:
        return (
            f"the recordings have no call of POST …{CREATE_EMBEDDINGS.path} or GET …{LIST_EMBEDDINGS_MODELS.path}, "
            "by which a server is known"
        )
    shown = ", ".join(f"{shortened(base)} ({count})" for base, count in bases.most_common(_SHOWN))
    return f"the recordings have calls of {len(bases)} server{'s' if len(bases) > 1 else ''}: {shown}"


def _base(call: RecordedCall) -> str | None:
    """Return the base URL of a call of an operation, None for another."""
    operation = next((one for one in OPERATIONS if _is_of(call, one.method, one.path)), None)
    if operation is None or call.url is None:
        return None
    parts = urlsplit(call.url)
    path = parts.path.rstrip("/").removesuffix(operation.path)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], path, "", ""))


def _is_of(call: RecordedCall, method: str, path: str) -> bool:
    if call.url is None or (call.method or method) not in ({method, "HEAD"} if method == "GET" else {method}):
        return False
    return urlsplit(call.url).path.rstrip("/").endswith(path)


def _operation_id(call: RecordedCall, base: str) -> str | None:
    own = _base(call)
    if own is not None:
        found = next(one for one in OPERATIONS if _is_of(call, one.method, one.path))
        return found.operation_id if own == base else None
    if call.status < 400 or (call.url is not None and not call.url.startswith(f"{base}/")):
        return None
    if call.method not in (None, "GET", "HEAD", "POST") or not _tells_an_error(call.body):
        return None
    like = LIST_EMBEDDINGS_MODELS if call.method in ("GET", "HEAD") else CREATE_EMBEDDINGS
    return like.operation_id


def _tells_an_error(body: bytes) -> bool:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and "error" in told


def _exchange(call: RecordedCall, operation: str, base: str, number: int) -> Exchange:
    """Return the exchange, with the recorded key redacted; its `request` is None where the body is not known."""
    method = call.method or CREATE_EMBEDDINGS.method
    redact = redactor(_key(call), OTHER_VARIABLE)
    plain = [
        (name, value)
        for name, value in call.request_headers
        if name.lower() not in _SECRET_HEADERS | _WITHOUT_MEANING and not name.startswith(":")
    ]
    path = (call.url or "").removeprefix(base)
    known = call.request_body is not None or method != CREATE_EMBEDDINGS.method
    asked_with_key = any(name.lower() == "authorization" for name, _ in call.request_headers)
    shown = [*plain, ("Authorization", f"Bearer ${OTHER_VARIABLE}")] if asked_with_key else plain
    return Exchange(
        operation=operation,
        method=method,
        url=redact((call.url or base + CREATE_EMBEDDINGS.path).encode()).decode(),
        request_headers=tuple(shown),
        request_body=None if call.request_body is None else redact(call.request_body),
        status=call.status,
        headers=tuple((name, redact(value.encode()).decode()) for name, value in call.headers),
        body=redact(call.body),
        # The key is none of what a recording tells, so that nothing is held against it.
        request=Request(method, path, call.request_body, tuple(plain), None, operation) if known else None,
        number=number,
        headers_complete=False,
    )


def _key(call: RecordedCall) -> str | None:
    """Return the key of a call, unless the recorder has put something else in its place."""
    value = next((value for name, value in call.request_headers if name.lower() == "authorization"), "")
    key = value.rpartition(" ")[2]
    return key if key.startswith("sk-") or len(key) >= 20 else None
