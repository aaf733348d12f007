"""The page at `/`, for a browser: the latest calls, the scenarios and the models; and the log of calls behind it."""

from __future__ import annotations

import html
import re
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from . import catalog
from .call import Call, Response
from .scenarios import HEADER, MODEL_PREFIX, SCENARIOS
from .settings import MockSettings

_MAX_RECORDS = 50
_COLUMNS = ("time", "method", "path", "status", "ms", "model", "inputs", "title", "referer", "categories")
_MAX_LENGTH = 200
_KEY_PATTERN = r"sk-[\w.~+/=-]+"
_QUOTED, _CODE = re.compile("`([^`]*)`"), r"<code>\1</code>"
_STYLE = (
    "body{font:16px/1.5 system-ui;margin:2rem auto;padding:0 1rem;max-width:76rem}div{overflow-x:auto}"
    "td,th{text-align:left;padding:0 1rem 0 0}"
)


@attrs.frozen
class Record:
    """A call as the caller sent it: any text in it may contain a key, see `CallLog.redacted_fields`."""

    time: float
    """Unix time in seconds."""
    method: str
    path: str
    status: int
    seconds: float
    """The time to the response."""
    model: str | None
    inputs: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    """Header values by lower-case name."""


class CallLog:
    """The latest calls, shown without keys and inputs."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        """Redact whatever looks like a key, and *keys*, wherever a caller may have put them."""
        self._records: deque[Record] = deque(maxlen=_MAX_RECORDS)
        longest_first = sorted(filter(None, keys), key=len, reverse=True)
        self._key = re.compile("|".join([*map(re.escape, longest_first), _KEY_PATTERN]))

    def add(self, call: Call, response: Response, seconds: float) -> Record:
        """Record *call* and its *response*, and return the record."""
        model = call.model.id if call.model else _requested_model(call)
        if model is not None and len(model) > _MAX_LENGTH:
            model = self._redact(model)
        record = Record(
            time.time(), call.method, call.path, response.status, seconds, model, len(call.inputs), call.headers
        )
        self._records.append(record)
        return record

    def redacted_fields(self, record: Record) -> dict[str, Any]:
        """Return the fields of a record for logs and pages: without keys, and of bounded length."""
        headers = record.headers
        return {
            "method": record.method,
            "path": self._redact(record.path),
            "status": record.status,
            "milliseconds": round(record.seconds * 1000, 1),
            "model": self._redact(record.model),
            "inputs": record.inputs,
            "title": self._redact(headers.get("x-openrouter-title", headers.get("x-title"))),
            "referer": self._redact(headers.get("http-referer")),
            "categories": self._redact(headers.get("x-openrouter-categories")),
        }

    def _redact(self, text: str | None) -> str | None:
        return text and self._key.sub("sk-…", text)[:_MAX_LENGTH]

    def rows(self) -> list[tuple[str, ...]]:
        """Return the table of calls, the latest first; the columns are `_COLUMNS`."""
        return [
            (
                _clock(record.time),
                *("" if value is None else str(value) for value in self.redacted_fields(record).values()),
            )
            for record in reversed(self._records)
        ]


def _requested_model(call: Call) -> str | None:
    """Return the requested model that was not found; an invalid body may have any value there."""
    requested = call.fields.get("model") if isinstance(call.fields, dict) else None
    return requested if isinstance(requested, str) else None


def page(settings: MockSettings, call_log: CallLog, *, base: str) -> Response:
    """Return the page; *base* is the path of the API."""
    models = [
        (model.id, str(model.native_dimensions), str(model.context_length), str(model.listed["pricing"]["prompt"]))
        for model in catalog.models()
    ]
    calls = call_log.rows()
    scenarios = [(MODEL_PREFIX + name, each.description) for name, each in SCENARIOS.items()]
    text = "".join(
        (
            "<!DOCTYPE html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
            f"<title>OpenRouter mock</title><style>{_STYLE}</style>",
            f"<h1>OpenRouter mock</h1><p>The API is at <code>{base}</code>: ",
            f"<code>POST {base}/embeddings</code> and <code>GET {base}/embeddings/models</code>.",
            f"<p>Faults: {html.escape(', '.join(settings.faults) or 'none')}.",
            "<h2>Latest calls</h2>",
            _table(_COLUMNS, calls) if calls else "<p>None yet.",
            "<h2>Scenarios</h2><p>Triggered by the model, by the end of the key ",
            f"(<code>sk-or-v1-…-overloaded</code>), or by the header <code>{HEADER}</code>.",
            _table(("model", "effect"), scenarios),
            "<h2>Models</h2>",
            _table(("model", "dimensions", "context (tokens)", "US dollars per token"), models),
        )
    )
    return Response(200, {"Content-Type": "text/html; charset=utf-8"}, text.encode("utf-8", "replace"))


def _clock(seconds: float) -> str:
    return time.strftime("%H:%M:%S UTC", time.gmtime(seconds))


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    def row(cells: tuple[str, ...], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{_QUOTED.sub(_CODE, html.escape(cell))}</{tag}>" for cell in cells) + "</tr>"

    return f"<div><table>{row(head, 'th')}{''.join(row(cells, 'td') for cells in rows)}</table></div>"
