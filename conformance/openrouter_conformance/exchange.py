"""One request and its answer, as evidence: without the key, and repeatable with curl."""

from __future__ import annotations

import base64
import codecs
import functools
import gzip
import re
import shlex
from typing import Any

import attrs
import orjson

from openrouter_conformance import excerpts

_SHOWN_BODY = 400
_SHOWN_EVIDENCE = 6_000
_KEPT_BODY = 2**14
_KEPT_HEADERS = 8192
"""Bytes of a body, and characters of all headers, that are left of an answer which has been checked."""

_LONGEST_ARGUMENT = 4096
"""Characters of a body up to which it stands in a command as it is: longer ones fill screens, and overflow commands."""

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
    `may_be_unavailable` is for a model that this key, or nobody, may be able to ask now: an answer that says so
    is held against nobody, and not waited out.
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
    may_be_unavailable: bool = False

    @property
    def is_chunked(self) -> bool:
        """Whether the body is sent in chunks, and not after its length."""
        return CHUNKED in self.headers


IDENTITY = ("Accept-Encoding", "identity")
NOT_COMPRESSED = ("Accept-Encoding", "gzip;q=0, br;q=0, deflate;q=0, zstd;q=0, identity;q=0.5")
CHUNKED = ("Transfer-Encoding", "chunked")
READS_CHUNKS = "HTTP/1.1"
"""The version of HTTP whose servers read bodies in chunks; those of an older one need not."""

OWN_KEYS: tuple[bool | str, ...] = (True, "bearer {key}")
"""The spellings of the target's own key in a request."""

JSON_HEADERS = (("Content-Type", "application/json"),)
"""The headers of a request with a JSON body."""

ALLOWED, BREACHES, MAY_USE = "allowed", "breaches", "may use"
"""The names under which an exchange keeps whether the contract allows its request, what the answer breaks, and whether
its model was answered before, so that the key may use it."""

_KEPT = (ALLOWED, BREACHES, MAY_USE)
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
    length that the body had before it was cut (see `stripped`), and `shown` what a person is to see of it.
    `headers_complete` is False where a recorder may have left headers out, so that the lack of one shows nothing.
    `http_version` is that of the answer, such as `HTTP/1.1`, "" where it is not known.
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
    shown: str | None = attrs.field(default=None, eq=False, repr=False)
    headers_complete: bool = attrs.field(default=True, eq=False)
    http_version: str = attrs.field(default="", eq=False)

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

    def as_shown(self, places: tuple[int, ...] = ()) -> Exchange:
        """Return the evidence of a failure: stripped, with what a person is to see of the body.

        `places` are positions in arrays of which the items are shown in any case.
        """
        if self.full_length is not None:
            return self
        shown: dict[tuple[int, ...], str] = self.derived.setdefault("shown", {})
        if places not in shown:
            shown[places] = excerpts.of_body(self.body, _SHOWN_EVIDENCE, places)
        return attrs.evolve(self.stripped(), shown=shown[places])

    def header(self, name: str) -> str | None:
        """Return the first value of the answer's header `name`, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def may_lack(self, name: str) -> bool:
        """Return whether the header `name` is not there, and may have been left out by a recorder."""
        return not self.headers_complete and self.header(name) is None

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
        """Return the answer's body on one line, with long values shortened."""
        return self.shown if self.shown is not None else self._with_length(excerpt(self.body))

    def _with_length(self, text: str) -> str:
        cut = self.full_length is not None and self.full_length > len(self.body)
        return f"{text} ({self.full_length} bytes)" if cut else text

    @property
    def body_as_base64(self) -> str | None:
        """The kept part of a body that is no UTF-8, in base64; None when it is text."""
        try:
            codecs.getincrementaldecoder("utf-8")().decode(self.body)  # the last character may be cut
        except UnicodeDecodeError:
            return base64.b64encode(self.body[:_SHOWN_EVIDENCE]).decode()
        return None

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
        lines = _as_printf(self.request_body) if text is None else None
        if lines is not None and len(lines) <= _LONGEST_ARGUMENT:
            return f"printf {lines} | " + " ".join([*words, "--data-binary", "@-"])
        if text is None or len(text) > _LONGEST_ARGUMENT:
            return f"{_piped(self.request_body)} | " + " ".join([*words, "--data-binary", "@-"])
        return " ".join([*words, "--data-binary", shlex.quote(text)])


def as_evidence(exchange: Exchange) -> Exchange:
    """Return `exchange.stripped()`: the converter of fields that hold evidence."""
    return exchange.stripped()


def excerpt(body: bytes, limit: int = _SHOWN_BODY) -> str:
    """Return the body as one line of at most about `limit` characters, with long values shortened."""
    return excerpts.of_body(body, limit)


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
    """Quote a header so that only the variable that stands for the key, or for a secret, is expanded."""
    if re.fullmatch(r"(?:(?:Authorization|AUTHORIZATION): [A-Za-z]+|[A-Za-z0-9_-]+:) \$[A-Za-z_][A-Za-z0-9_]*", text):
        return f'"{text}"'
    return shlex.quote(text)


def _piped(body: bytes) -> str:
    """Return the shell commands that write a body, compressed where that makes the line much shorter."""
    packed = gzip.compress(body, mtime=0)
    if 2 * len(packed) < len(body):
        return f"printf %s {shlex.quote(base64.b64encode(packed).decode())} | base64 -d | gunzip"
    return f"printf %s {shlex.quote(base64.b64encode(body).decode())} | base64 -d"


def _as_printf(body: bytes) -> str | None:
    """Return text of several lines as the format of `printf`, or None when it has other signs than a shell shows."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    for sign, written in (("\\", "\\\\"), ("%", "%%"), ("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r")):
        text = text.replace(sign, written)
    return shlex.quote(text) if text.isprintable() else None


def _as_shell_text(body: bytes) -> str | None:
    """Return the body as text that a terminal, a shell and curl pass on unchanged, or None when it cannot be."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return None if not text.isprintable() or text.startswith("@") else text
