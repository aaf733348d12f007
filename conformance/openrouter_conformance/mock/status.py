"""The page at `/`, for a person with a browser: what is served, what can be asked for, what was asked lately."""

from __future__ import annotations

import html
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

from . import catalogue
from .call import Answer, Call
from .scenarios import HEADER, MODEL_PREFIX, SCENARIOS
from .settings import MockSettings

_KEPT = 50
_COLUMNS = ("time", "method", "path", "status", "ms", "model", "inputs", "title", "referer", "categories")
_STYLE = "body{font:16px/1.5 system-ui;margin:2rem auto;max-width:60rem}td,th{text-align:left;padding:0 1rem 0 0}"


class Journal:
    """The latest calls, without keys and without what was embedded."""

    def __init__(self) -> None:
        self._records: deque[tuple[float, dict[str, Any]]] = deque(maxlen=_KEPT)

    def note(self, call: Call, answer: Answer, seconds: float) -> dict[str, Any]:
        """Keep what *call* was and how it was answered; return it, ready for a log."""
        record = {
            "method": call.method,
            "path": call.path,
            "status": answer.status,
            "milliseconds": round(seconds * 1000, 1),
            "model": call.model.id if call.model else None,
            "inputs": len(call.inputs),
            "title": call.headers.get("x-openrouter-title", call.headers.get("x-title")),
            "referer": call.headers.get("http-referer"),
            "categories": call.headers.get("x-openrouter-categories"),
        }
        self._records.append((time.time(), record))
        return record

    def latest(self) -> list[tuple[str, ...]]:
        """Return the calls kept, the latest first: the time of day and what `note` told."""
        return [(_clock(seconds), *map(str, record.values())) for seconds, record in reversed(self._records)]


def page(settings: MockSettings, journal: Journal, *, base: str) -> Answer:
    """Return the page; *base* is the path under which the API lies."""
    models = [
        (model.id, str(model.native_length), str(model.context_length), str(model.listed["pricing"]["prompt"]))
        for model in catalogue.models()
    ]
    happenings = [(MODEL_PREFIX + name, each.description) for name, each in SCENARIOS.items()]
    text = "".join(
        (
            f"<!DOCTYPE html><html lang=en><meta charset=utf-8><title>OpenRouter mock</title><style>{_STYLE}</style>",
            f"<h1>OpenRouter mock</h1><p>The API lies under <code>{base}</code>: ",
            f"<code>POST {base}/embeddings</code> and <code>GET {base}/embeddings/models</code>.",
            f"<p>Faults: {html.escape(', '.join(settings.faults) or 'none')}.",
            f"<h2>Scenarios</h2><p>Ask by model, by the end of the key, or by the header <code>{HEADER}</code>.",
            _table(("model", "what happens"), happenings),
            "<h2>Models</h2>",
            _table(("model", "numbers per vector", "tokens at most", "US dollars per token"), models),
            "<h2>Latest calls</h2>",
            _table(
                ("time", "method", "path", "status", "ms", "model", "inputs", "title", "referer", "categories"),
                journal.latest(),
            ),
        )
    )
    return Answer(200, {"Content-Type": "text/html; charset=utf-8"}, text.encode("utf-8", "replace"))


def _clock(seconds: float) -> str:
    return time.strftime("%H:%M:%S UTC", time.gmtime(seconds))


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    def row(cells: tuple[str, ...], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    return f"<table>{row(head, 'th')}{''.join(row(cells, 'td') for cells in rows)}</table>"
