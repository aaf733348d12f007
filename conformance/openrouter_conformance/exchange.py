"""One request and its answer, as evidence: without the key, and repeatable with curl."""

from __future__ import annotations

import base64
import functools
import re
import shlex
from typing import Any

import attrs
import orjson

from openrouter_conformance.foreign_text import printable

_SHOWN_BODY = 400
_KEPT_BODY = 4 * _SHOWN_BODY
_KEPT_HEADERS = 8192
"""Bytes of a body, and characters of all headers, that are left of an answer which has been checked."""

_LONGEST_ARGUMENT = 100_000
"""Bytes of a body up to which it is an argument of curl: Linux takes 131,072 for one, and more through a pipe."""

_LARGEST_JSON = {b",": 8_000_000, b":": 1_000_000, b"{": 250_000, b"[": 250_000}
"""How often each sign may stand in a body that is parsed: a few megabytes of `[[],[],…]` would become gigabytes.

A hundred times as many objects as the largest batch, and as many numbers as 2,048 vectors of 3,072 take.
"""


@attrs.frozen
class Request:
    """What the suite is about to send; `path` is relative to the base URL and may carry a query.

    `key` is True for `Bearer` and the target's own key, None for no `Authorization`, or a value of that
    header, in which `{key}` stands for the target's key.
    `operation` is the operationId that the request belongs to, or None.
    `fresh_connection` sends it over a connection that is opened for it and closed after it; else one that was used
    before may serve.
    """

    method: str
    path: str
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    key: bool | str | None = True
    operation: str | None = None
    fresh_connection: bool = False


_KEPT = ("breaches",)
"""What is kept of what was worked out from an answer, when only the evidence is kept."""


@attrs.frozen(slots=False)
class Exchange:
    """A request and its answer.

    `status` is None when no answer came; `failure` then says why. `url` is the address as it is shown
    to people. The target's key stands in no field: `Authorization` is written `Bearer $VARIABLE`, and so is
    the key in an answer, which `key_echoed` tells of. `compressed` is whether the answer has a Content-Encoding;
    `body` is decompressed.

    `number` is the place in the order of sending, from 1; `fresh_connection` says whether a connection was opened
    for it, `in_flight` how many other requests were under way when it was sent. `full_length` is None, or the
    length that the body had before it was cut to an excerpt (see `stripped`).
    `request` is what was sent, where that is known; `derived` keeps what was worked out from the answer, so that it is
    worked out once.
    """

    operation: str | None
    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: bytes | None
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = attrs.field(default=b"", repr=False)
    seconds: float = attrs.field(default=0.0, eq=False)
    failure: str | None = None
    key_echoed: bool = False
    request: Request | None = attrs.field(default=None, eq=False, repr=False)
    derived: dict[str, Any] = attrs.field(factory=dict, eq=False, repr=False)
    compressed: bool = attrs.field(default=False, eq=False)
    number: int = attrs.field(default=0, eq=False)
    fresh_connection: bool = attrs.field(default=False, eq=False)
    in_flight: int = attrs.field(default=0, eq=False)
    full_length: int | None = attrs.field(default=None, eq=False)

    def stripped(self) -> Exchange:
        """Return the exchange as evidence to be kept: with an excerpt of the body, and nothing parsed.

        What it shows to people (`outline`, `excerpt`, `curl`) stays the same; `json` is not for it any more.
        """
        if self.full_length is not None:
            return self
        return attrs.evolve(
            self,
            body=self.body[:_KEPT_BODY],
            full_length=len(self.body),
            headers=_first_headers(self.headers),
            derived={name: self.derived[name] for name in _KEPT if name in self.derived},
        )

    def header(self, name: str) -> str | None:
        """Return the first value of the answer's header `name`, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @functools.cached_property
    def _parsed(self) -> tuple[Any, str | None]:
        if self.full_length is not None:
            raise RuntimeError("an exchange that was stripped for evidence has no whole body to parse")
        if self._excess is not None:
            return None, self._excess
        try:
            return orjson.loads(self.body), None
        except orjson.JSONDecodeError as error:
            return None, str(error)

    @functools.cached_property
    def _excess(self) -> str | None:
        for sign, most in _LARGEST_JSON.items():
            if self.body.count(sign) > most:
                return f"it has over {most:,} times `{sign.decode()}`, more than the suite reads"
        return None

    @property
    def is_oversized(self) -> bool:
        """Whether the body has more values than any parser is to be given."""
        return self._excess is not None

    @property
    def json(self) -> Any:
        """The answer's body as JSON; None when it is not JSON (see `json_fault`)."""
        return self._parsed[0]

    @property
    def json_fault(self) -> str | None:
        """Why the body is not JSON, or too much of it, or None when it is."""
        return self._parsed[1]

    @property
    def sent(self) -> Any:
        """The request's body as JSON, or None when it is absent or not JSON."""
        try:
            return None if self.request_body is None else orjson.loads(self.request_body)
        except orjson.JSONDecodeError:
            return None

    def excerpt(self) -> str:
        """Return the start of the answer's body on one line."""
        return _excerpt(self.body, _SHOWN_BODY, len(self.body) if self.full_length is None else self.full_length)

    def outline(self) -> str:
        """Return the answer in a phrase: status and the start of the body, or why there is none."""
        if self.status is None:
            return self.failure or "no answer"
        return f"{self.status} {self.excerpt()}" if self.body else f"{self.status} without a body"

    def curl(self) -> str:
        """Return a POSIX shell line that sends the same request; the key is read from the environment."""
        words = ["curl", "-sS"]
        words += ["--compressed"] if self.compressed else []
        words += ["--globoff"] if set("[]{}") & set(self.url) else []
        words += ["--head"] if self.method == "HEAD" else ["-X", shlex.quote(self.method)]
        words.append(shlex.quote(self.url))
        for name, value in self.request_headers:
            words += ["-H", _quote_header(f"{name}: {value}" if value else f"{name};")]
        if self.request_body is None:
            return " ".join(words)
        if not any(name.lower() == "content-type" for name, _ in self.request_headers):
            words += ["-H", "Content-Type:"]  # curl would send one of its own with a body
        text = _as_shell_text(self.request_body)
        piped = " ".join([*words, "--data-binary", "@-"])
        if text is None:
            return f"printf %s {base64.b64encode(self.request_body).decode()} | base64 -d | {piped}"
        if len(self.request_body) > _LONGEST_ARGUMENT:
            return f"printf %s {shlex.quote(text)} | {piped}"
        return " ".join([*words, "--data-binary", shlex.quote(text)])


def as_evidence(exchange: Exchange) -> Exchange:
    """Return `exchange.stripped()`: the converter of fields that hold evidence."""
    return exchange.stripped()


def excerpt(body: bytes, limit: int = _SHOWN_BODY) -> str:
    """Return the body as one line of at most about `limit` characters."""
    return _excerpt(body, limit, len(body))


def _excerpt(body: bytes, limit: int, length: int) -> str:
    text = body[: 4 * limit].decode("utf-8", errors="replace")
    line = printable(" ".join(text.split()))
    return line if len(line) <= limit and length <= 4 * limit else f"{line[:limit]}… ({length} bytes)"


def _first_headers(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return as many of the first headers as fit."""
    left = _KEPT_HEADERS
    fitting = 0
    for name, value in headers:
        left -= len(name) + len(value)
        if left < 0:
            break
        fitting += 1
    return headers[:fitting]


def _quote_header(text: str) -> str:
    """Quote a header so that only the variable that stands for the key is expanded."""
    if re.fullmatch(r"Authorization: [A-Za-z]+ \$[A-Za-z_][A-Za-z0-9_]*", text):
        return f'"{text}"'
    return shlex.quote(text)


def _as_shell_text(body: bytes) -> str | None:
    """Return the body as text that a terminal, a shell and curl pass on unchanged, or None when it cannot be."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return None if not text.isprintable() or text.startswith("@") else text
