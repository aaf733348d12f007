"""The key in an answer: redacted out in every form that shows it, and nothing else with it."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openrouter_conformance.redaction import redactor

_SECRET = "3fA9/b07c+de41"
_KEY = f"sk-or-v1-{_SECRET}"
_NAME = b"$CONFORMANCE_API_KEY"


def _escaped(text: str) -> str:
    return "".join(f"\\u{ord(letter):04x}" for letter in text)


@pytest.mark.parametrize(
    "form",
    [
        _KEY,
        _KEY.upper(),
        _KEY.lower(),
        _KEY[::-1],
        _escaped(_KEY),
        _escaped(_KEY).upper().replace("\\U", "\\u"),
        json.dumps(json.dumps(_KEY).replace("/", "\\/")),
        json.dumps(json.dumps(_escaped(_KEY))),
        _SECRET,
        _escaped(_SECRET),
        _SECRET[::-1].upper(),
        quote(_KEY, safe=""),
        base64.b64encode(_KEY.encode()).decode(),
        base64.b64encode(_SECRET.encode()).decode(),
        base64.urlsafe_b64encode(f"Bearer {_KEY}".encode()).decode(),
        base64.b64encode(f"user:{_KEY}".encode()).decode().replace("/", "\\/"),
    ],
)
def test_form_of_the_key_is_redacted_out(form: str) -> None:
    """Whatever the target does to the key before it repeats it, nothing of the secret is left."""
    left = redactor(_KEY, "CONFORMANCE_API_KEY")(f'{{"seen":"{form}"}}'.encode())
    assert _NAME in left
    assert form.encode() not in left
    assert _SECRET.lower() not in left.decode().lower()


def _entities(text: str, form: str) -> str:
    return "".join(form.format(ord(letter)) for letter in text)


@pytest.mark.parametrize(
    "form",
    [
        _KEY.encode("utf-16-le"),
        _KEY.encode("utf-16-be"),
        _SECRET.upper().encode("utf-16"),
        _SECRET.encode("utf-32-le"),
        "\\u0000".join(_SECRET).encode(),
        _KEY.encode().hex().encode(),
        _KEY.encode().hex().upper().encode(),
        _SECRET.encode().hex().encode(),
        _entities(_KEY, "&#{};").encode(),
        _entities(_KEY, "&#x{:x};").encode(),
        _entities(_KEY, "&#X{:04X};").encode(),
        _entities(_KEY, "&amp;#{:05d};").encode(),
        json.dumps(_entities(_KEY, "&#{};")).replace("&", "\\u0026").encode(),
        "".join(f"%{ord(letter):02x}" for letter in _KEY).encode(),
        "".join(f"%25{ord(letter):02X}" for letter in _SECRET).encode(),
        "".join(f"\\x{ord(letter):02x}" for letter in _SECRET).encode(),
    ],
)
def test_encoded_key_is_redacted_out(form: bytes) -> None:
    """Other encodings and escapes of the key show it as well, and are replaced."""
    redacted = redactor(_KEY, "CONFORMANCE_API_KEY")(b'{"seen":"' + form + b'"}')
    assert _NAME in redacted
    assert len(redacted) < 60
    assert form not in redacted


_PARTS = [_SECRET[:length] for length in range(10, 14)] + [_SECRET[-length:] for length in (12, 13)]


@pytest.mark.parametrize("part", _PARTS)
@pytest.mark.parametrize(
    "form",
    [
        lambda text: text,
        str.upper,
        _escaped,
        lambda text: f"Bearer {text}…",
        lambda text: quote(text, safe=""),
        "\0".join,
        lambda text: _entities(text, "&#{};"),
        lambda text: _entities(text, "&#x{:x};"),
        lambda text: "".join(f"\\x{ord(letter):02x}" for letter in text),
    ],
)
def test_key_that_is_cut_short_is_redacted_out(part: str, form: Callable[[str], str]) -> None:
    """Two thirds of the secret from its start, or 12 characters from its end, give it away, and nothing of them stays."""
    redacted = redactor(_KEY, "CONFORMANCE_API_KEY")(b'{"seen":"' + form(part).encode() + b'"}')
    assert redacted.replace(b"Bearer ", b"").replace("…".encode(), b"") == b'{"seen":"' + _NAME + b'"}'


def test_prefix_goes_with_the_start_of_the_secret() -> None:
    """A key that is cut short is replaced from its first character on."""
    assert redactor(_KEY, "K")(_KEY[:-3].encode() + b"...") == b"$K..."


@settings(deadline=None)
@given(
    key=st.builds(
        lambda seed, length: f"sk-or-v1-{hashlib.sha256(seed).hexdigest()[:length]}", st.binary(), st.integers(24, 64)
    ),
    around=st.tuples(st.text(max_size=20), st.text(max_size=20)),
)
def test_short_parts_and_ordinary_text_are_left_alone(key: str, around: tuple[str, str]) -> None:
    """The prefix, fewer than two thirds of the secret, and fewer than 12 characters of its end say too little."""
    secret = key.removeprefix("sk-or-v1-")
    parts = (secret[: -(-2 * len(secret) // 3) - 1], secret[-11:], "sk-or-v1-", "text-embedding-3-small")
    for part in parts:
        body = json.dumps({"text": f"{around[0]} {part} {around[1]}", "é": "100 % &#233; \u00e9"}).encode()
        assert redactor(key, "K")(body) == body


_WORD = st.sampled_from(
    [
        "the",
        "embedding",
        "model",
        "text-embedding-3-small",
        "input",
        "of",
        "1536",
        "dimensions",
        "Bearer",
        "sk-or-v1-",
        "key",
        "&amp;",
        "%20",
    ]
)


@settings(deadline=None)
@given(
    words=st.lists(_WORD | st.text(max_size=8), max_size=40),
    key=st.sampled_from(
        [_KEY, "sk-or-v1-embeddings-service-of-acme", "text-embedding-gateway-2", "sk-or-test", _SECRET]
    ),
)
def test_ordinary_words_are_left_alone(words: list[str], key: str) -> None:
    """Text is not taken for a part of the key, though the key be made of words."""
    body = json.dumps(" ".join(words)).encode()
    assert redactor(key, "K")(body) == body


@pytest.mark.parametrize("key", [_KEY, "x" * 3000 + "7aQ"])
def test_long_answer_without_the_key_is_searched_fast(key: str) -> None:
    """What cannot hold the key costs about as much as looking for a few words in it."""
    body = json.dumps({"data": [0.123456789] * 100_000}).encode()
    redact = redactor(key, "K")
    started = time.process_time()
    for _ in range(10):
        assert redact(body) is body
    seconds = time.process_time() - started
    started = time.process_time()
    for _ in range(10):
        json.loads(body)
    assert seconds < time.process_time() - started


@given(key=st.from_regex(r"(sk-or-v1-)?[0-9a-f]{6,64}", fullmatch=True), around=st.tuples(st.binary(), st.binary()))
def test_base64_is_redacted_out_at_any_place(key: str, around: tuple[bytes, bytes]) -> None:
    """Base64 of anything that holds the key does not hold the secret any more."""
    whole = base64.b64encode(around[0] + key.encode() + around[1])
    assert redactor(key, "K")(whole) != whole


@pytest.mark.parametrize("key", [None, "", "none", "12345"])
def test_placeholder_is_no_secret(key: str | None) -> None:
    """A key shorter than six characters is a placeholder, and answers are left as they are."""
    body = b'{"error":"none of 12345"}'
    assert redactor(key, "K")(body) == body


@pytest.mark.parametrize("key", ["sk-or-v1-embedding", "sk-or-test", "sk-or-v1-x"])
def test_word_after_the_prefix_is_left_alone(key: str) -> None:
    """Where the part after the prefix may be a word, answers keep the word and lose the whole key."""
    redact = redactor(key, "K")
    body = b'{"object":"embedding","text":"test x"}'
    assert redact(body) == body
    assert redact(key.encode()) == b"$K"


@given(st.binary(max_size=300))
def test_answer_without_the_key_stays_as_it_is(body: bytes) -> None:
    """Bytes that do not hold the key come back unchanged."""
    assert redactor("sk-or-v1-0123456789abcdef0123456789abcdef", "K")(body) == body


@pytest.mark.parametrize(
    "body",
    [
        b"\\" * 200_000 + b"\\u",
        b"%25" * 60_000,
        b"sk-or-v1-" * 20_000 + b"\\u",
        b"\0" * 300_000,
        _SECRET.encode() * 20_000,
        _SECRET[-12:].encode() * 20_000,
        b"&amp;" * 60_000 + b"&#",
        b"\\u0000" * 50_000,
    ],
)
def test_hostile_answer_costs_little(body: bytes) -> None:
    """An answer made to keep the search busy is searched in a time that grows with its length alone."""
    started = time.process_time()
    redactor(_KEY, "K")(body)
    assert time.process_time() - started < 5
