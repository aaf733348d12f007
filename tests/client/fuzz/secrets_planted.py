"""The secrets that requests carry while a server misbehaves, and the search for them in whatever an error shows."""

from __future__ import annotations

import base64
import json
import math
import pickle
import random
import re
import traceback
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote

from client.calls import KEY
from openrouter_embeddings import ApiError, Client, ContractError, OpenRouterError, TransportError

DOCUMENTED = (TransportError, ApiError, ContractError)
"""What a call may raise after its arguments were accepted."""

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_ODD_KEY = "sk-or-\"a\\b/c+d%e'f<g>&h=0f3a9c2e5b1d"
_TOKEN = "tok/EN+7f3a9c2e5b1d"


class Credentials(NamedTuple):
    """One way to carry secrets: what `Client` takes, further headers, and what nobody may read of these."""

    name: str
    key: str
    headers: dict[str, str]
    in_headers: tuple[str, ...]

    def secrets(self, *, secured: bool) -> tuple[str, ...]:
        """Return what nobody may read; the model list is public, and its requests carry no key."""
        return (self.key, *self.in_headers) if self.key and secured else self.in_headers

    def client(self, base_url: str, **settings: Any) -> Client:
        """Return a client that sends them."""
        return Client(self.key, base_url, **settings).with_headers(self.headers)


CREDENTIALS = (
    Credentials("a key", KEY, {}, ()),
    Credentials("a key of odd characters", _ODD_KEY, {}, ()),
    Credentials("another scheme", "", {"Authorization": f"Token {_TOKEN}"}, (_TOKEN,)),
    Credentials("no scheme", "", {"authorization": _TOKEN}, (_TOKEN,)),
    Credentials("x-api-key", "", {"X-API-Key": KEY}, (KEY,)),
    Credentials("two secrets", KEY, {"X-My-Token": _TOKEN}, (_TOKEN,)),
    Credentials("a header without a telling name", KEY, {"X-Acme": _ODD_KEY}, (_ODD_KEY,)),
    Credentials("a cookie", "", {"Cookie": f"theme=dark; sid={_TOKEN}"}, (_TOKEN,)),
    Credentials(
        "a password for a proxy",
        KEY,
        {"Proxy-Authorization": "Basic " + base64.b64encode(f"user:{_TOKEN}".encode()).decode()},
        (_TOKEN,),
    ),
)


def spelled(rng: random.Random, secret: str) -> str:
    """Return a secret in one of the ways in which a server may echo it."""
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in secret)
    return rng.choice(
        [
            secret,
            secret,
            f"Bearer {secret}",
            f"No user for {secret}.",
            secret * 3,
            quote(secret, safe=""),
            json.dumps(secret),
            json.dumps({"error": secret}),
            json.dumps(json.dumps({"error": secret})),
            escaped,
            escaped.upper().replace("\\U", "\\u"),
            "\\u" + f"{ord(secret[0]):04X}" + secret[1:],
            secret.replace("/", "\\/"),
            base64.b64encode(rng.randbytes(rng.randrange(6)) + secret.encode() + rng.randbytes(2)).decode(),
            base64.urlsafe_b64encode(rng.randbytes(rng.randrange(6)) + secret.encode()).decode(),
            repr(secret.encode()),
        ]
    )


def problem_with(error: BaseException, secrets: tuple[str, ...]) -> str | None:
    """Return what is wrong with an error that a call raised: its class, what it shows, or its pickle; else None."""
    if not isinstance(error, DOCUMENTED):
        return "undocumented: " + "".join(traceback.format_exception(error))
    wait = getattr(error, "retry_after", None)
    if wait is not None and not 0 <= wait < math.inf:
        return f"asks to wait for {wait} seconds"
    if controls := _CONTROLS.findall(str(error)):
        return f"holds {controls} in its text, with which a server could command a terminal: {str(error)[:2000]!r}"
    for place, text in _texts_of(error):
        if shown := _secret_in(text, secrets):
            return f"shows {shown!r} in its {place}: {text[:2000]!r}"
    try:
        pickled = pickle.dumps(error)
        copy = pickle.loads(pickled)
    except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
        return f"cannot be pickled: {traceback.format_exc()[-2000:]}"
    if type(copy) is not type(error) or str(copy) != str(error):
        return f"differs from its copy: {error!r}, {copy!r}"
    if shown := _secret_in(pickled.decode("latin-1"), secrets):
        return f"shows {shown!r} in its pickle"
    return None


def problem_with_text(place: str, text: str, secrets: tuple[str, ...]) -> str | None:
    """Return that a text shows a secret, or None."""
    shown = _secret_in(text, secrets)
    return f"shows {shown!r} in {place}: {text[:2000]!r}" if shown else None


def _texts_of(error: OpenRouterError) -> Iterator[tuple[str, str]]:
    yield "text", str(error)
    yield "repr", repr(error)
    yield "traceback", "".join(traceback.format_exception(error))
    yield "attributes", repr({name: value for name, value in vars(error).items() if name != "response"})
    cause: BaseException | None = error.__cause__
    while cause is not None:
        yield "cause", f"{cause} {cause!r}"
        cause = cause.__cause__ or cause.__context__
    response = getattr(error, "response", None)
    if response is not None:
        yield "response", repr([response, response.reason_phrase, response.headers.raw, response.content])
        yield "request", repr([response.request, response.request.headers.raw, str(response.request.url)])


def _secret_in(text: str, secrets: tuple[str, ...]) -> str | None:
    text = re.sub(r"\\{65,}", " ", text)  # these are no escapes, however often they were doubled
    plain = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text).replace("\\", "")
    for secret in secrets:
        for spelling in _spellings(secret):
            if spelling in text or spelling in plain:
                return spelling
    return None


@cache
def _spellings(secret: str) -> list[str]:
    """Return a secret without escapes, in a URL, and in the middle of base64 of a longer text."""
    spellings = [secret.replace("\\", ""), secret, quote(secret, safe="")]
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + secret.encode())
        middle = encoded[(0, 2, 3)[before] : (before + len(secret)) * 8 // 6].decode()
        spellings += [middle, middle.translate(str.maketrans("+/", "-_"))]
    return spellings
