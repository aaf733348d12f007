"""The page at `/`, for a browser: the latest calls, the scenarios and the models."""

from __future__ import annotations

import html
import ipaddress
import re
import time
from collections.abc import Sequence

from . import catalog
from .call import Call, HTTPError, Response
from .call_log import CallLog
from .scenarios import HEADER, MODEL_PREFIX, SCENARIOS
from .settings import MockSettings

_SHOWN_CALLS = 50
_COLUMNS = ("time", "method", "path", "status", "ms", "model", "inputs", "title", "referer", "categories")
_QUOTED, _CODE = re.compile("`([^`]*)`"), r"<code>\1</code>"
_STYLE = (
    "body{font:16px/1.5 system-ui;margin:2rem auto;padding:0 1rem;max-width:76rem}div{overflow-x:auto}"
    "td,th{text-align:left;padding:0 1rem 0 0}"
)


def page(call: Call, settings: MockSettings, call_log: CallLog, *, base: str) -> Response:
    """Return the page; *base* is the path of the API.

    Raises:
        HTTPError: 403 for another host than this machine: a web page elsewhere whose name leads here may not read it.

    """
    host = call.headers.get("host", "")
    if not (settings.allow_remote or _is_loopback(host)):
        raise HTTPError(
            403, f"Host: {host[:100]!r} is not this machine; open the page at http://localhost or 127.0.0.1"
        )
    models = [
        (model.id, str(model.native_dimensions), str(model.context_length), str(model.listed["pricing"]["prompt"]))
        for model in catalog.models()
    ]
    calls = _rows(call_log)
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


def _is_loopback(host: str) -> bool:
    """Return whether the header `Host` names this machine."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _rows(call_log: CallLog) -> list[tuple[str, ...]]:
    """Return the table of the latest calls, the latest first; the columns are `_COLUMNS`."""
    latest = reversed(call_log[-_SHOWN_CALLS:])
    return [
        (_clock(call.time), *("" if value is None else str(value) for value in call.outline().values()))
        for call in latest
    ]


def _clock(seconds: float) -> str:
    return time.strftime("%H:%M:%S UTC", time.gmtime(seconds))


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    def row(cells: tuple[str, ...], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{_QUOTED.sub(_CODE, html.escape(cell))}</{tag}>" for cell in cells) + "</tr>"

    return f"<div><table>{row(head, 'th')}{''.join(row(cells, 'td') for cells in rows)}</table></div>"
