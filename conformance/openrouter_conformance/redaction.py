"""The key redacted from what a target answers, in whatever form the target wrote it there."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

Redact = Callable[[bytes], bytes]
"""Returns the bytes with every form of the key replaced by the name of its variable."""

_SHORTEST_SECRET = 6
"""Characters from which on a key is redacted; shorter ones are placeholders such as `none`."""
_LONGEST_WORD = 15
"""Letters up to which the part after the prefix may be an ordinary word: then only the whole key is redacted."""
_PREFIX = re.compile(r"sk-or-(?:v\d+-)?", re.IGNORECASE)
_CAN_HIDE_LETTERS = (b"\\u", b"\\/", b"%")


def redactor(key: str | None, variable: str) -> Redact:
    """Return a function that replaces `key` in an answer by `$variable`.

    Redacted in any case, with or without JSON's escapes and percent signs, forwards and backwards: the key,
    and the secret in it without its `sk-or-…` prefix; and the secret in Base64, also as a part of something
    longer. A secret that may be a word is redacted as a part of the whole key only.
    """
    if key is None or len(key) < _SHORTEST_SECRET:
        return lambda content: content
    secret = _secret(key)
    spelt = [form for one in dict.fromkeys((key, secret)) for form in (one, one[::-1])]
    encoded = _encoded(secret.encode())
    pattern = re.compile(
        b"|".join([b"(?i:" + _spelling(form) + b")" for form in spelt] + [re.escape(form) for form in encoded])
    )
    plain = tuple(form.lower().encode() for form in (secret, secret[::-1]))
    name = f"${variable}".encode()

    def redact(content: bytes) -> bytes:
        lowered = content.lower()
        signs = (*plain, *_CAN_HIDE_LETTERS)
        if any(sign in lowered for sign in signs) or any(form in content for form in encoded):
            return pattern.sub(lambda _: name, content)
        return content  # the pattern is slow, and long answers are many

    return redact


def _secret(key: str) -> str:
    """Return what is secret in `key`: the part after the prefix, or all where that part may be a word."""
    rest = _PREFIX.sub("", key, count=1) if _PREFIX.match(key) else key
    is_word = rest.isalpha() and len(rest) <= _LONGEST_WORD
    return key if len(rest) < _SHORTEST_SECRET or is_word else rest


def _spelling(text: str) -> bytes:
    """Return the pattern of `text`, each character plain or escaped as JSON and addresses do, up to three times."""
    return "".join(
        rf"(?:\\{{0,7}}{re.escape(letter)}|\\{{1,7}}u{ord(letter):04x}|%(?:25){{0,3}}{ord(letter):02x})"
        for letter in text
    ).encode()


def _encoded(secret: bytes) -> list[bytes]:
    """Return what all Base64 texts have in common that hold `secret` at any place, in both alphabets."""
    forms: list[bytes] = []
    for lead in range(3):
        first = -(-lead * 8 // 6)  # the first character that is made of the secret's bits alone
        last = (lead + len(secret)) * 8 // 6
        form = base64.b64encode(b"\0" * lead + secret)[first:last]
        forms += [form, form.replace(b"/", b"\\/"), form.translate(bytes.maketrans(b"+/", b"-_"))]
    return list(dict.fromkeys(forms))
