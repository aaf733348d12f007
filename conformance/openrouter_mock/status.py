"""The page at `/`, for a person with a browser: what is served, what can be asked for, what was asked lately."""

from __future__ import annotations

import html
import re
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from . import catalogue
from .call import Answer, Call
from .scenarios import HEADER, MODEL_PREFIX, SCENARIOS
from .settings import MockSettings

_KEPT = 50
_COLUMNS = ("time", "method", "path", "status", "ms", "model", "inputs", "title", "referer", "categories")
_LONGEST = 200
_ANY_KEY = r"sk-[\w.~+/=-]+"
_QUOTED, _CODE = re.compile("`([^`]*)`"), r"<code>\1</code>"
_STYLE = (
    "body{font:16px/1.5 system-ui;margin:2rem auto;padding:0 1rem;max-width:76rem}div{overflow-x:auto}"
    "td,th{text-align:left;padding:0 1rem 0 0}"
)


@attrs.frozen
class Record:
    """What is remembered of a call, as the caller wrote it: a key may be anywhere."""

    time: float
    """Seconds since 1970."""
    method: str
    path: str
    status: int
    seconds: float
    """How long the answer took."""
    model: str | None
    inputs: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    """Header values by lower-case name."""


class Journal:
    """The latest calls, told without keys and without what was embedded."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        """Strike out what looks like a key, and *keys*, wherever a caller may have put them."""
        self._records: deque[Record] = deque(maxlen=_KEPT)
        longest_first = sorted(filter(None, keys), key=len, reverse=True)
        self._key = re.compile("|".join([*map(re.escape, longest_first), _ANY_KEY]))

    def note(self, call: Call, answer: Answer, seconds: float) -> Record:
        """Keep what *call* was and how it was answered, and return it."""
        model = call.model.id if call.model else _asked_model(call)
        if model is not None and len(model) > _LONGEST:
            model = self._safe(model)
        record = Record(
            time.time(), call.method, call.path, answer.status, seconds, model, len(call.inputs), call.headers
        )
        self._records.append(record)
        return record

    def told(self, record: Record) -> dict[str, Any]:
        """Return a record as a log tells it."""
        headers = record.headers
        return {
            "method": record.method,
            "path": self._safe(record.path),
            "status": record.status,
            "milliseconds": round(record.seconds * 1000, 1),
            "model": self._safe(record.model),
            "inputs": record.inputs,
            "title": self._safe(headers.get("x-openrouter-title", headers.get("x-title"))),
            "referer": self._safe(headers.get("http-referer")),
            "categories": self._safe(headers.get("x-openrouter-categories")),
        }

    def _safe(self, text: str | None) -> str | None:
        return text and self._key.sub("sk-…", text)[:_LONGEST]

    def latest(self) -> list[tuple[str, ...]]:
        """Return the calls kept, the latest first, as the page shows them."""
        return [
            (_clock(record.time), *("" if value is None else str(value) for value in self.told(record).values()))
            for record in reversed(self._records)
        ]


def _asked_model(call: Call) -> str | None:
    """Return the model that was asked for and not found; a body that is refused may have anything there."""
    asked = call.fields.get("model") if isinstance(call.fields, dict) else None
    return asked if isinstance(asked, str) else None


def page(settings: MockSettings, journal: Journal, *, base: str) -> Answer:
    """Return the page; *base* is the path under which the API lies."""
    models = [
        (model.id, str(model.native_length), str(model.context_length), str(model.listed["pricing"]["prompt"]))
        for model in catalogue.models()
    ]
    calls = journal.latest()
    happenings = [(MODEL_PREFIX + name, each.description) for name, each in SCENARIOS.items()]
    text = "".join(
        (
            "<!DOCTYPE html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
            f"<title>OpenRouter mock</title><style>{_STYLE}</style>",
            f"<h1>OpenRouter mock</h1><p>The API lies under <code>{base}</code>: ",
            f"<code>POST {base}/embeddings</code> and <code>GET {base}/embeddings/models</code>.",
            f"<p>Faults: {html.escape(', '.join(settings.faults) or 'none')}.",
            "<h2>Latest calls</h2>",
            _table(_COLUMNS, calls) if calls else "<p>None yet.",
            "<h2>Scenarios</h2><p>Ask by model, by the end of the key (<code>sk-or-v1-…-overloaded</code>), or by the ",
            f"header <code>{HEADER}</code>.",
            _table(("model", "what happens"), happenings),
            "<h2>Models</h2>",
            _table(("model", "numbers per vector", "tokens at most", "US dollars per token"), models),
        )
    )
    return Answer(200, {"Content-Type": "text/html; charset=utf-8"}, text.encode("utf-8", "replace"))


def _clock(seconds: float) -> str:
    return time.strftime("%H:%M:%S UTC", time.gmtime(seconds))


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    def row(cells: tuple[str, ...], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{_QUOTED.sub(_CODE, html.escape(cell))}</{tag}>" for cell in cells) + "</tr>"

    return f"<div><table>{row(head, 'th')}{''.join(row(cells, 'td') for cells in rows)}</table></div>"
