"""The key in an answer: redacted out in every form that shows it, and nothing else with it."""

from __future__ import annotations

import base64
import json
import time
from urllib.parse import quote

import pytest
from hypothesis import given
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


@pytest.mark.parametrize("body", [b"\\" * 200_000 + b"\\u", b"%25" * 60_000, b"sk-or-v1-" * 20_000 + b"\\u"])
def test_hostile_answer_costs_little(body: bytes) -> None:
    """An answer made to keep the search busy is searched in a time that grows with its length alone."""
    started = time.process_time()
    redactor(_KEY, "K")(body)
    assert time.process_time() - started < 5
