"""The exchanges of a run, kept as an HTTP archive (HAR): what was sent and what came back, without keys."""

from __future__ import annotations

import base64
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qsl, urlsplit

import harfile

from openrouter_conformance import version
from openrouter_conformance.errors import UsageError

if TYPE_CHECKING:
    from types import TracebackType

    from openrouter_conformance.exchange import Exchange

_HTTP = "HTTP/1.1"


class Archive:
    """Writes each exchange that it is given to a file, whole or not at all; a context manager.

    Args:
        path: of the file, which is there when the context has ended.

    Raises:
        UsageError: nothing can be written there.

    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._aside = path.with_name(path.name + ".part")
        try:
            self._file = self._aside.open("w", encoding="utf-8", errors="backslashreplace", newline="\n")
        except OSError as error:
            raise UsageError(f"--har {path}: cannot be written ({error.strerror}).") from None
        self._har = harfile.HarFile(self._file, creator=harfile.Creator("openrouter-conformance", version()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._har.close()
        self._file.close()
        self._aside.replace(self._path)

    def __call__(self, exchange: Exchange) -> None:
        """Add an exchange; one without an answer has the status 0 and the reason as its comment."""
        milliseconds = round(exchange.seconds * 1000, 3)
        self._har.add_entry(
            startedDateTime=dt.datetime.now(dt.UTC) - dt.timedelta(seconds=exchange.seconds),
            time=milliseconds,
            request=_request(exchange),
            response=_response(exchange),
            timings=harfile.Timings(send=0, wait=milliseconds, receive=0),
            comment=exchange.failure,
        )


def _pairs(pairs: tuple[tuple[str, str], ...] | list[tuple[str, str]]) -> list[harfile.Record]:
    return [harfile.Record(name=name, value=value) for name, value in pairs]


def _request(exchange: Exchange) -> harfile.Request:
    body = exchange.request_body
    kind = next((value for name, value in exchange.request_headers if name.lower() == "content-type"), "")
    posted = None if body is None else harfile.PostData(mimeType=kind, text=body.decode("utf-8", "backslashreplace"))
    return harfile.Request(
        method=exchange.method,
        url=exchange.url,
        httpVersion=_HTTP,
        headers=_pairs(exchange.request_headers),
        queryString=_pairs(parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True)),
        postData=posted,
        bodySize=-1 if body is None else len(body),
    )


def _response(exchange: Exchange) -> harfile.Response:
    body = exchange.body
    try:
        text, encoding = body.decode(), None
    except UnicodeDecodeError:
        text, encoding = base64.b64encode(body).decode(), "base64"
    return harfile.Response(
        status=exchange.status or 0,
        statusText="",
        httpVersion=_HTTP,
        headers=_pairs(exchange.headers),
        redirectURL=exchange.header("Location") or "",
        content=harfile.Content(
            size=len(body), mimeType=exchange.header("Content-Type") or "", text=text, encoding=encoding
        ),
        headersSize=-1,
        bodySize=-1,
    )
