"""One request and its answer, as evidence: without the key, and repeatable with curl."""

from __future__ import annotations

import base64
import functools
import gzip
import re
import shlex
from typing import Any

import attrs
import orjson

from openrouter_conformance import excerpts

_SHOWN_BODY = 400
_LONGEST_ARGUMENT = 4096
"""Characters of a body up to which it stands in a command as it is: longer ones fill screens, and overflow commands."""


@attrs.frozen
class Request:
    """What the suite is about to send; `path` is relative to the base URL and may carry a query.

    `key` is True for `Bearer` and the target's own key, None for no `Authorization`, or a value of that
    header, in which `{key}` stands for the target's key.
    `operation` is the operationId that the request belongs to, or None; `fresh` asks for a connection of its own.
    """

    method: str
    path: str
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    key: bool | str | None = True
    operation: str | None = None
    fresh: bool = False


@attrs.frozen(slots=False)
class Exchange:
    """A request and its answer.

    `status` is None when no answer came; `failure` then says why. `url` is the address as it is shown
    to people. The target's key stands in no field: `Authorization` is written `Bearer $VARIABLE`, and so is
    the key in an answer, which `key_echoed` tells of. `request` is what was sent, where that is known; `derived` keeps
    what was worked out from the answer, so that it is worked out once.
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

    def header(self, name: str) -> str | None:
        """Return the first value of the answer's header `name`, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @functools.cached_property
    def _parsed(self) -> tuple[Any, str | None]:
        try:
            return orjson.loads(self.body), None
        except orjson.JSONDecodeError as error:
            return None, str(error)

    @property
    def json(self) -> Any:
        """The answer's body as JSON; None when it is not JSON (see `json_fault`)."""
        return self._parsed[0]

    @property
    def json_fault(self) -> str | None:
        """Why the body is not JSON, or None when it is."""
        return self._parsed[1]

    @property
    def sent(self) -> Any:
        """The request's body as JSON, or None when it is absent or not JSON."""
        try:
            return None if self.request_body is None else orjson.loads(self.request_body)
        except orjson.JSONDecodeError:
            return None

    def outline(self) -> str:
        """Return the answer in a phrase: status and the start of the body, or why there is none."""
        if self.status is None:
            return self.failure or "no answer"
        return f"{self.status} {excerpt(self.body)}" if self.body else f"{self.status} without a body"

    def curl(self) -> str:
        """Return a POSIX shell line that sends the same request; the key is read from the environment."""
        words = ["curl", "-sS"]
        words += ["--head"] if self.method == "HEAD" else ["-X", shlex.quote(self.method)]
        words.append(shlex.quote(self.url))
        for name, value in self.request_headers:
            words += ["-H", _quote_header(f"{name}: {value}")]
        if self.request_body is None:
            return " ".join(words)
        text = _as_shell_text(self.request_body)
        if text is None or len(text) > _LONGEST_ARGUMENT:
            return f"{_piped(self.request_body)} | " + " ".join([*words, "--data-binary", "@-"])
        return " ".join([*words, "--data-binary", shlex.quote(text)])


def excerpt(body: bytes, limit: int = _SHOWN_BODY) -> str:
    """Return the body as one line of at most about `limit` characters, with long values shortened."""
    return excerpts.of_body(body, limit)


def _quote_header(text: str) -> str:
    """Quote a header so that only the variable that stands for the key is expanded."""
    if re.fullmatch(r"Authorization: [A-Za-z]+ \$[A-Za-z_][A-Za-z0-9_]*", text):
        return f'"{text}"'
    return shlex.quote(text)


def _piped(body: bytes) -> str:
    """Return the shell commands that write a body, compressed where that makes the line much shorter."""
    packed = gzip.compress(body, mtime=0)
    if 2 * len(packed) < len(body):
        return f"printf %s {shlex.quote(base64.b64encode(packed).decode())} | base64 -d | gunzip"
    return f"printf %s {shlex.quote(base64.b64encode(body).decode())} | base64 -d"


def _as_shell_text(body: bytes) -> str | None:
    """Return the body as text that a terminal, a shell and curl pass on unchanged, or None when it cannot be."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return None if not text.isprintable() or text.startswith("@") else text
