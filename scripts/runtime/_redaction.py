"""Which parts of a request are secret, and texts in which no secret can be read, however a server echoed it."""

import base64
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final
from urllib.parse import quote

import httpx

# What the name of a header or query parameter with a secret value has in it.
_SECRET_NAME: Final = re.compile(r"auth|key|token|secret|cookie|passw|credential|session|signature", re.IGNORECASE)

# fmt: off
_PUBLIC_HEADERS: Final = frozenset({
    "accept", "accept-charset", "accept-encoding", "accept-language", "baggage", "cache-control", "connection",
    "content-encoding", "content-length", "content-type", "date", "host", "http-referer", "idempotency-key", "origin",
    "pragma", "prefer", "referer", "te", "traceparent", "tracestate", "transfer-encoding", "user-agent", "via",
    "x-correlation-id", "x-openrouter-categories", "x-openrouter-title", "x-request-id", "x-title",
})
# fmt: on
"""Headers whose values are no secrets, in lower case."""

# Characters from which on values under a secret name, or a name that says nothing, are redacted: shorter ones are
# placeholders such as `none`, and words that a response may hold anyway.
_SHORTEST_SECRET, _SHORTEST_UNNAMED = 6, 16


def secrets_of(request: httpx.Request) -> list[str]:
    """Return what no error may show of a request, the longest first.

    These are the values of headers and query parameters with a secret name, without the scheme before a key, and long
    values of headers that are not known to be public."""
    params = request.url.params.multi_items() if request.url.query else ()
    secrets = {value for name, value in params if _SECRET_NAME.search(name)}
    for name, value in request.headers.multi_items():
        if _is_secret(name, value):
            secrets.update(_secrets_in(name.lower(), value))
    return sorted((secret for secret in secrets if len(secret) >= _SHORTEST_SECRET), key=len, reverse=True)


def redacted(content: bytes, secrets: Sequence[str]) -> bytes:
    """Return content with the secrets replaced by `***`: as they are, in a URL, in base64, or in JSON's escapes."""
    for secret in secrets:
        for spelling in _spellings(secret):
            content = content.replace(spelling, b"***")
        if b"\\" in content:  # JSON in a text of JSON doubles its backslashes
            escapes = (rf"(?:\\{{0,31}}{re.escape(letter)}|\\{{1,31}}u{ord(letter):04x})" for letter in secret)
            pattern = "".join(escapes).encode("latin-1", "replace")
            content = re.sub(pattern, b"***", content, flags=re.IGNORECASE)
    return content


def redacted_text(text: str, request: httpx.Request) -> str:
    """Return a text without the secrets of a request."""
    return redacted(text.encode(errors="surrogatepass"), secrets_of(request)).decode(errors="surrogatepass")


def without_key(response: httpx.Response) -> httpx.Response:
    """Return a copy of a response, and of its request, in which no secret can be read, wherever it was echoed."""
    try:
        request = response.request
    except RuntimeError:  # a response that was built by hand has no request
        return response
    secrets = secrets_of(request)
    headers = [  # the content is decompressed
        (redacted(name, secrets), redacted(value, secrets))
        for name, value in response.headers.raw
        if name.lower() not in {b"content-encoding", b"transfer-encoding"}
    ]
    extensions = {key: redacted(value, secrets) for key, value in response.extensions.items() if type(value) is bytes}
    sent = [(name, "***" if _is_secret(name, value) else value) for name, value in request.headers.multi_items()]
    url = request.url.copy_with(query=redacted(request.url.query, secrets)) if request.url.query else request.url
    request = httpx.Request(request.method, url, headers=sent, stream=httpx.ByteStream(b""))
    content = redacted(response.content, secrets)
    return httpx.Response(
        response.status_code, headers=headers, content=content, extensions=extensions, request=request
    )


def _is_secret(name: str, value: str) -> bool:
    telling = len(value) >= _SHORTEST_UNNAMED or _SECRET_NAME.search(name) is not None
    return telling and name.lower() not in _PUBLIC_HEADERS


def _secrets_in(name: str, value: str) -> Iterator[str]:
    """Yield what is secret in the value of a header: without the names of cookies and the scheme before a key."""
    if name == "cookie":
        yield from (cookie.partition("=")[2].strip().strip('"') for cookie in value.split(";"))
        return
    scheme, _, rest = value.strip().partition(" ")
    yield rest.strip() or scheme
    if scheme.lower() == "basic":
        with suppress(ValueError):
            yield base64.b64decode(rest).decode("latin-1").partition(":")[2]


def _spellings(secret: str) -> Iterator[bytes]:
    """Yield a secret as it is, as in a URL, and as the three middles that base64 gives it inside a longer text."""
    plain = secret.encode("utf-8", "surrogatepass")
    yield from dict.fromkeys((plain, quote(plain, safe="").encode()))
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + plain)
        middle = encoded[(0, 2, 3)[before] : (before + len(plain)) * 8 // 6]
        yield from dict.fromkeys((middle, middle.translate(bytes.maketrans(b"+/", b"-_"))))
