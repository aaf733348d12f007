"""Which parts of a request are secret, and texts in which no secret can be read, however a server echoed it."""

import base64
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
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
_SHORTEST_PART: Final = 32  # bytes of a spelling from which on half of it is redacted as well
_LONGEST_LETTER: Final = 100  # bytes that a letter takes at most with its escapes
_WINDOW: Final = 2**18  # bytes of content whose escapes are held in memory at once

# \u0041, \x41, %41 and %2541, &#x41; and &#65;, however often their backslashes and ampersands were escaped; at last
# what means nothing within a key: other backslashes, and the zero bytes of UTF-16.
_ESCAPE: Final = re.compile(
    rb"\\+u([0-9a-f]{4})|(?:\\+x|%(?:25)*)([0-9a-f]{2})"
    rb"|&(?:amp;)*#(?:x0*([0-9a-f]{1,5})|0*([0-9]{1,6}));|\\+|\0+",
    re.IGNORECASE,
)
_NOISE: Final = re.compile(rb"[\\\0]+")
# Letters in lower case, and those of base64 for URLs as in plain base64.
_COMPARABLE: Final = bytes.maketrans(b"-_ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"+/abcdefghijklmnopqrstuvwxyz")


def secrets_of(request: httpx.Request) -> list[str]:
    """Return what no error may show of a request, the longest first.

    These are the values of headers and query parameters with a secret name, without the scheme before a key, long
    values of headers that are not known to be public, and the password in the address."""
    params = request.url.params.multi_items() if request.url.query else ()
    secrets = {request.url.password, *(value for name, value in params if _SECRET_NAME.search(name))}
    for name, value in request.headers.multi_items():
        if _is_secret(name, value):
            secrets.update(_secrets_in(name.lower(), value))
    return sorted((secret for secret in secrets if len(secret) >= _SHORTEST_SECRET), key=len, reverse=True)


def redacted(content: bytes, secrets: Sequence[str]) -> bytes:
    """Return content with the secrets replaced by `***`, however they are written, as is at least half of a long one.

    They are found as they are, in hex and in base64, with any of the escapes of JSON, URLs and HTML, and as UTF-16.
    """
    longest = _LONGEST_LETTER * max(map(len, secrets), default=0)
    size = max(_WINDOW, longest)
    spans: set[tuple[int, int]] = set()
    for begin in range(0, len(content), size):
        found = _spans(content[begin : begin + size + longest], secrets)
        spans.update((begin + start, begin + stop) for start, stop in found)
    pieces: list[bytes] = []
    done = 0
    for start, stop in sorted(spans):
        pieces += [content[done:start], b"***"] if start >= done else []
        done = max(done, stop)
    return b"".join([*pieces, content[done:]])


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
    url = request.url.copy_with(userinfo=b"", query=redacted(request.url.query, secrets) or None)
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


@lru_cache(maxsize=64)
def _spellings(secret: str) -> Sequence[bytes]:
    """Return a secret as it is, in hex, and as the three middles that base64 gives it inside a longer text."""
    plain = secret.encode("utf-8", "surrogatepass")
    encoded = [base64.b64encode(bytes(before) + plain) for before in range(3)]
    middles = (text[(0, 2, 3)[before] : (before + len(plain)) * 8 // 6] for before, text in enumerate(encoded))
    in_url = quote(plain, safe="").encode()  # where noise within its escapes keeps them from being read
    texts = (_without_escapes(plain, _ESCAPE)[0], _NOISE.sub(b"", plain), in_url, plain.hex().encode(), *middles)
    return list(dict.fromkeys(text.translate(_COMPARABLE) for text in texts))


def _spans(content: bytes, secrets: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield where in content each spelling of a secret, or at least half of a long one, begins and ends."""
    for pattern in (_ESCAPE, _NOISE):  # what looks like an escape may be letters of the secret behind a backslash
        plain, starts = _without_escapes(content, pattern)
        plain = plain.translate(_COMPARABLE)
        for spelling in (spelling for secret in secrets for spelling in _spellings(secret)):
            for first, last in _places(spelling, plain):
                escape = pattern.match(content, starts[last])
                yield starts[first], escape.end() if escape else starts[last] + 1
        if len(plain) == len(content):
            return


def _places(spelling: bytes, text: bytes) -> Iterator[tuple[int, int]]:
    """Yield the first and the last byte in a text of each spelling of a secret, or of at least half of a long one."""
    length = len(spelling)
    needed, size = (length, length) if length < _SHORTEST_PART else (length // 2, length // 4)
    for offset in range(0, length - size + 1, size):  # each half of it holds a whole quarter
        place = text.find(spelling[offset : offset + size])
        while place >= 0:
            first, last, begin = place, place + size, place - offset
            while first > max(0, begin) and text[first - 1] == spelling[first - begin - 1]:
                first -= 1
            while last < min(len(text), begin + length) and text[last] == spelling[last - begin]:
                last += 1
            if last - first >= needed:
                yield first, last - 1
            place = text.find(spelling[offset : offset + size], last)


def _without_escapes(content: bytes, pattern: re.Pattern[bytes]) -> tuple[bytes, Sequence[int]]:
    """Return content with letters in the place of escapes, and for each byte of that where in content it begins."""
    pieces: list[bytes] = []
    starts: list[int] = []
    done = 0
    for found in pattern.finditer(content):
        code = int(found[found.lastindex], 10 if found.lastindex == 4 else 16) if found.lastindex else 0
        letter = chr(code).encode("utf-8", "surrogatepass") if code else b""
        pieces += content[done : found.start()], letter
        starts += *range(done, found.start()), *[found.start()] * len(letter)
        done = found.end()
    rest = range(done, len(content))
    return b"".join([*pieces, content[done:]]), [*starts, *rest] if pieces else rest
