"""The exchanges in the results.jsonl of a run: the evidence of its failures, as far as it stands there whole."""

from __future__ import annotations

import base64
import gzip
import shlex
from collections.abc import Callable, Sequence
from typing import Any

from openrouter_conformance.recordings.calls import NotRecordedError, RecordedCall

_NOT_WHOLE = "of which the results show a part only"


def calls_in_results(records: Sequence[Any]) -> list[Callable[[], RecordedCall]]:
    """Return what reads each exchange of the records."""
    exchanges = [
        exchange
        for record in records
        if isinstance(record, dict) and isinstance(record.get("failure"), dict)
        for exchange in record["failure"].get("exchanges", ())
    ]
    return [lambda exchange=exchange: _read(exchange) for exchange in exchanges]  # type: ignore[misc]


def _read(exchange: dict[str, Any]) -> RecordedCall:
    """Return the exchange of a record; NotRecordedError when there was no response, or only a part of it is there."""
    if exchange.get("status") is None:
        raise NotRecordedError("without a response")
    body = exchange.get("body", "")
    if "body_base64" in exchange or "…" in body:
        raise NotRecordedError(_NOT_WHOLE)
    method, url, headers, sent = _of_curl(exchange["curl"])
    return RecordedCall(
        method=method,
        url=url,
        request_headers=headers,
        request_body=sent,
        status=exchange["status"],
        headers=tuple((name, value) for name, value in exchange["headers"]),
        body=body.encode("utf-8", "surrogateescape"),
    )


def _of_curl(line: str) -> tuple[str, str, tuple[tuple[str, str], ...], bytes | None]:
    """Return method, address, headers and body of a `curl` line, as `Exchange.curl` writes it."""
    try:
        words = shlex.split(line)
        piped, words = (words[: words.index("|")], words) if words[0] == "printf" else ([], words)
        body = base64.b64decode(piped[2]) if piped else None
        if body is not None and "gunzip" in words:
            body = gzip.decompress(body)
        return _arguments(words[words.index("curl") + 1 :], body)
    except (ValueError, IndexError, OSError, EOFError):
        raise NotRecordedError(_NOT_WHOLE) from None


def _arguments(words: list[str], body: bytes | None) -> tuple[str, str, tuple[tuple[str, str], ...], bytes | None]:
    method, url = "GET", ""
    headers: list[tuple[str, str]] = []
    left = iter(words)
    for word in left:
        if word == "-X":
            method = next(left)
        elif word == "--head":
            method = "HEAD"
        elif word == "-H":
            name, _, value = next(left).partition(":")
            headers.append((name.rstrip(";"), value.strip()))
        elif word == "--data-binary":
            data = next(left)
            body = body if data == "@-" else data.encode("utf-8", "surrogateescape")
        elif not word.startswith("-"):
            url = word
    return method, url, tuple(headers), body
