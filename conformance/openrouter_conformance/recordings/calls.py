"""One recorded call in the words of its recorder, read into one form.

Recorders name the same things differently: the address is `uri` (VCR, vcrpy, Betamax) or `url` (HAR, go-vcr, PHP-VCR);
a body is a string, an object with `string`, `base64_string` or `text` and `encoding`, or JSON that somebody unfolded by
hand; headers are an object of texts or lists, or a list of pairs; a status is a number, or an object with `code`.
What else a body may be, and does not tell what was sent, is left out and never judged.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import attrs

from openrouter_conformance import content_coding
from openrouter_conformance.foreign_text import shortened

MAX_BODY = 64 * 2**20
"""Bytes that a body has at most, decompressed."""
_METHOD_IN_ADDRESS = re.compile(r"([A-Z]{3,7}) (\S+)")
_ADDRESS = ("uri", "url")
_BODY = ("body", "parsed_body", "postData", "content", "body_text")
_OF_ARCHIVES = frozenset({"postData", "content"})
"""The bodies of a HAR file, which are never JSON that somebody unfolded."""
_TEXT = ("string", "text")
_BESIDE_TEXT = frozenset({"encoding", "mimeType", "size", "compression", "params", "comment", "file", "charset"})
_HIDDEN = re.compile(
    r"\W*(?:redacted|filtered|scrubbed|masked|removed|hidden|omitted|sanitized|anonymized)\W*|[*xX•█]{3,}",
    re.IGNORECASE,
)
"""What stands in the place of a text that somebody did not want to be seen."""


class NotRecordedError(Exception):
    """A recorded call lacks what is needed to judge it: the message is a phrase, such as `without a status`."""


@attrs.frozen
class RecordedCall:
    """A request and its response as they were recorded.

    Attributes:
        method: in upper case; None where it is not known.
        url: the whole address; None where it is not known.
        request_headers: those recorded, in order.
        request_body: None where there was none, or it is not known.
        status: of the response.
        headers: of the response; recorders leave some out.
        body: of the response, decompressed.

    """

    method: str | None
    url: str | None
    request_headers: tuple[tuple[str, str], ...] = attrs.field(repr=False)
    request_body: bytes | None = attrs.field(repr=False)
    status: int
    headers: tuple[tuple[str, str], ...] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)


def read_call(recorded: Any) -> RecordedCall:
    """Return a call that some recorder wrote; NotRecordedError when it lacks a response."""
    if not isinstance(recorded, dict) or not isinstance(recorded.get("response"), dict):
        raise NotRecordedError("without a response")
    request = recorded.get("request")
    request = request if isinstance(request, dict) else {}
    response = recorded["response"]
    method, url = _address(request)
    status = _status(response)
    if status // 100 == 3:
        raise NotRecordedError("redirected, or answered from a cache of the client")
    headers = tuple(_headers(response.get("headers")))
    body = _body(response)
    if body is None:
        raise NotRecordedError("without the body of its response")
    return RecordedCall(
        method=method,
        url=url,
        request_headers=tuple(_headers(request.get("headers"))),
        request_body=_sent(request),
        status=status,
        headers=headers,
        body=_decompressed(body, headers),
    )


def _address(request: dict[str, Any]) -> tuple[str | None, str | None]:
    method = request.get("method")
    method = method.upper().removeprefix(":") if isinstance(method, str) and method else None
    url = next((request[name] for name in _ADDRESS if isinstance(request.get(name), str)), None)
    if url is not None and (found := _METHOD_IN_ADDRESS.fullmatch(url)):
        method, url = method or found[1], found[2]
    try:
        urlsplit(url or "")
    except ValueError:
        raise NotRecordedError("with an address that is none") from None
    return method, url


def _status(response: dict[str, Any]) -> int:
    status: Any = response.get("status_code", response.get("code", response.get("status")))
    if isinstance(status, dict):
        status = status.get("code", status.get("status_code"))
    if isinstance(status, str) and status[:3].isdecimal():  # go-vcr has `200 OK`
        status = int(status[:3])
    if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 599:
        raise NotRecordedError("without a status")
    return status


def _headers(recorded: Any) -> Iterator[tuple[str, str]]:
    """Yield name and value of each header."""
    if isinstance(recorded, dict):
        for name, values in recorded.items():
            for value in values if isinstance(values, list) else [values]:
                yield str(name), str(value)
    for pair in recorded if isinstance(recorded, list) else ():
        if isinstance(pair, dict) and "name" in pair:
            yield str(pair["name"]), str(pair.get("value", ""))
        elif isinstance(pair, list) and len(pair) == 2:
            yield str(pair[0]), str(pair[1])


def _body(message: dict[str, Any]) -> bytes | None:
    """Return the body of a request or a response, None where there is none, or nobody kept it."""
    name = next((name for name in _BODY if message.get(name) is not None), None)
    value = None if name is None else message[name]
    if isinstance(value, dict) and (name in _OF_ARCHIVES or set(value) <= {*_TEXT, "base64_string", *_BESIDE_TEXT}):
        return _unwrapped(value)
    if value is None:
        return None
    if isinstance(value, str | bytes):
        return value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")
    try:
        return json.dumps(value, separators=(",", ":")).encode()  # somebody unfolded the JSON
    except (TypeError, ValueError, RecursionError):
        raise NotRecordedError("with a body that is no JSON") from None


def _sent(request: dict[str, Any]) -> bytes | None:
    """Return the body of a request; None where its input was made unreadable, so that it tells nothing."""
    body = _body(request)
    try:
        sent = json.loads(body) if body else None
    except (ValueError, RecursionError):
        return body
    given = sent.get("input") if isinstance(sent, dict) else None
    texts = given if isinstance(given, list) else [given]
    return None if any(isinstance(text, str) and _HIDDEN.fullmatch(text) for text in texts) else body


def _unwrapped(value: dict[str, Any]) -> bytes | None:
    """Return the body in an object that says how it is written down; None where it has none."""
    if value.get("file") or "_file" in value:
        raise NotRecordedError("with the body in another file")
    written = value.get("base64_string")
    if isinstance(written, str):
        return _from_base64(written)
    text = next((value[name] for name in _TEXT if isinstance(value.get(name), str | bytes)), None)
    if text is None:
        return b"" if "string" in value else None  # vcrpy has `string: null` where nothing was sent
    if isinstance(text, bytes):
        return text
    body = _from_base64(text) if value.get("encoding") == "base64" else text.encode("utf-8", "surrogateescape")
    size = value.get("size")
    if isinstance(size, int) and size > len(body) and not _is_json(body):
        raise NotRecordedError("with a part of the body of its response")
    return body


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _from_base64(text: str) -> bytes:
    try:
        if text.startswith("["):  # Polly.js: one text for each chunk, in a list
            return b"".join(base64.b64decode(chunk) for chunk in json.loads(text))
        return base64.b64decode(text)
    except (binascii.Error, ValueError, TypeError):
        raise NotRecordedError("with a body that is no base64") from None


def _decompressed(body: bytes, headers: tuple[tuple[str, str], ...]) -> bytes:
    """Return the body without the coding that a header names: some recorders keep it, some have undone it."""
    coding = ",".join(value for name, value in headers if name.lower() == "content-encoding")
    decoder = content_coding.Body(coding, MAX_BODY)
    try:
        decoder.add(body)
        return decoder.whole()
    except content_coding.TooLongError:
        raise NotRecordedError(f"with a body of more than {MAX_BODY} bytes") from None
    except content_coding.CodingError:
        if _is_text(body):
            return body
        raise NotRecordedError(f"with a body in {shortened(coding)}, which is not read here") from None


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
