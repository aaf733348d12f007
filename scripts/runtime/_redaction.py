"""Which parts of a request are secret, and texts in which no secret can be read, however a server echoed it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote

import httpx

_SECRET_NAME: Final = re.compile(r"auth|key|token|secret|cookie|passw|credential|session|signature", re.IGNORECASE)
"""What the name of a header or query parameter with a secret value has in it."""

# fmt: off
_PUBLIC_HEADERS: Final = frozenset({
    "accept", "accept-charset", "accept-encoding", "accept-language", "baggage", "cache-control", "connection",
    "content-encoding", "content-length", "content-type", "date", "host", "http-referer", "idempotency-key", "origin",
    "pragma", "prefer", "referer", "te", "traceparent", "tracestate", "transfer-encoding", "user-agent", "via",
    "x-correlation-id", "x-openrouter-categories", "x-openrouter-title", "x-request-id", "x-title",
})
# fmt: on
"""Headers whose values are no secrets, in lower case."""

_SHORTEST_SECRET: Final = 6
"""Characters from which on a value under a secret name is redacted; shorter ones are placeholders such as `none`."""

_SHORTEST_UNNAMED: Final = 16
"""The same under a name that says nothing: shorter values are words that a response may hold anyway."""


def secrets_of(request: httpx.Request) -> list[str]:
    """Return what no error may show of a request, the longest first.

    These are the values of headers and query parameters with a secret name, without the scheme before a key, and long
    values of headers that are not known to be public.
    """
    secrets: set[str] = set()
    for name, value in request.headers.multi_items():
        if _is_secret(name, value):
            secrets.update(_secrets_in(name.lower(), value))
    for name, value in request.url.params.multi_items() if request.url.query else ():
        if _SECRET_NAME.search(name):
            secrets.add(value)
    return sorted((secret for secret in secrets if len(secret) >= _SHORTEST_SECRET), key=len, reverse=True)


def redacted(content: bytes, secrets: Sequence[str]) -> bytes:
    """Return content with the secrets replaced by `***`: as they are, in a URL, in base64, or in JSON's escapes."""
    for secret in secrets:
        for spelling in _spellings(secret):
            content = content.replace(spelling, b"***")
        if b"\\" in content:  # JSON inside a text of JSON has its backslashes doubled
            escapes = (rf"(?:\\{{0,4}}{re.escape(letter)}|\\{{1,4}}u{ord(letter):04x})" for letter in secret)
            pattern = "".join(escapes).encode("latin-1", "replace")
            content = re.sub(pattern, b"***", content, flags=re.IGNORECASE)
    return content


def redacted_text(text: str, request: httpx.Request) -> str:
    """Return a text without the secrets of a request."""
    content = text.encode("utf-8", "surrogatepass")
    return redacted(content, secrets_of(request)).decode("utf-8", "surrogatepass")


def without_key(response: httpx.Response) -> httpx.Response:
    """Return a copy of a response, and of its request, in which no secret can be read, wherever it was echoed."""
    try:
        request: httpx.Request | None = response.request
    except RuntimeError:  # a response that was built by hand has no request
        return response
    assert request is not None
    secrets = secrets_of(request)
    headers = [
        (redacted(name, secrets), redacted(value, secrets))
        for name, value in response.headers.raw
        if name.lower() not in {b"content-encoding", b"transfer-encoding"}  # the content is decompressed
    ]
    extensions = {name: value for name, value in response.extensions.items() if name != "network_stream"}
    if "reason_phrase" in extensions:
        extensions["reason_phrase"] = redacted(extensions["reason_phrase"], secrets)
    sent = [(name, "***" if _is_secret(name, value) else value) for name, value in request.headers.multi_items()]
    url = request.url.copy_with(query=redacted(request.url.query, secrets)) if request.url.query else request.url
    return httpx.Response(
        response.status_code,
        headers=headers,
        content=redacted(response.content, secrets),
        extensions=extensions,
        request=httpx.Request(request.method, url, headers=sent, stream=httpx.ByteStream(b"")),
    )


def _is_secret(name: str, value: str) -> bool:
    if name.lower() in _PUBLIC_HEADERS:
        return False
    return len(value) >= _SHORTEST_UNNAMED or _SECRET_NAME.search(name) is not None


def _secrets_in(name: str, value: str) -> Iterator[str]:
    """Yield what is secret in the value of a header: without the names of cookies and the scheme before a key."""
    if name == "cookie":
        yield from (cookie.partition("=")[2].strip().strip('"') for cookie in value.split(";"))
        return
    scheme, _, rest = value.strip().partition(" ")
    yield rest.strip() or scheme
    if scheme.lower() == "basic":
        try:
            yield base64.b64decode(rest).decode("latin-1").partition(":")[2]
        except ValueError:
            return


def _spellings(secret: str) -> Iterator[bytes]:
    """Yield a secret as it is, as in a URL, and as the three middles that base64 gives it inside a longer text."""
    plain = secret.encode("utf-8", "surrogatepass")
    yield from dict.fromkeys((plain, quote(plain, safe="").encode()))
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + plain)
        middle = encoded[(0, 2, 3)[before] : (before + len(plain)) * 8 // 6]
        yield from dict.fromkeys((middle, middle.translate(bytes.maketrans(b"+/", b"-_"))))
