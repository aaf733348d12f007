"""The key redacted from what a target answers, in whatever form the target wrote it there."""

from __future__ import annotations

import base64
import functools
import re
from collections.abc import Callable, Iterator, Sequence

Redact = Callable[[bytes], bytes]
"""Returns the bytes with every form of the key replaced by the name of its variable."""

_SHORTEST_SECRET = 6
"""Characters from which on a key is redacted; shorter ones are placeholders such as `none`."""
_LONGEST_WORD = 15
"""Letters up to which the part after the prefix may be an ordinary word: then only the whole key is redacted."""
_SHORTEST_START, _SHORTEST_END = 8, 12
"""Characters from which on the start of a secret, if it is two thirds of it as well, and its end are redacted."""
_PREFIX = re.compile(r"sk-or-(?:v\d+-)?", re.IGNORECASE)
_WORDS = re.compile(r"(?:[a-z]*|[A-Z]*|[A-Z][a-z]*|\d{1,2})(?:[-_./ ](?:[a-z]*|[A-Z]*|[A-Z][a-z]*|\d{1,2}))*")
_SEARCHED_AT_ONCE = 24
"""Letters in one pattern: it takes long to make one of a token of thousands."""
_GAP = r"(?:\x00|\\{1,7}u0000){0,3}"
_MIRRORED_GAP = r"(?:\x00|0000u\\{1,7}){0,3}"
"""The zero bytes of UTF-16 and UTF-32 between two letters, plain or escaped; and the same read from right to left."""
_CAN_HIDE_LETTERS = (b"\\", b"%", b"#", b"\0")
"""What every escape has in it."""
_LONGEST_BEFORE = 2000
"""Bytes that the prefix of a key takes at most."""
_LONGEST_LETTER = 80
"""Bytes that one letter takes at most, with what stands before it, in any of the forms that are searched for."""


def redactor_of(secrets: Sequence[tuple[str | None, str]]) -> Redact:
    """Return a function that redacts several secrets, each given with its variable, as `redactor` does."""
    redacting = [redactor(secret, variable) for secret, variable in secrets if secret is not None]

    def redact(content: bytes) -> bytes:
        for one in redacting:
            content = one(content)
        return content

    return redact


def redactor(key: str | None, variable: str) -> Redact:
    """Return a function that replaces `key` in an answer by `$variable`.

    Redacted in any case, forwards and backwards: the key, and the secret in it without its `sk-or-…` prefix, plain or
    with JSON's escapes, percent signs, HTML's character references or as UTF-16; the start of the secret, from two
    thirds of it on, and its end, from 12 characters on; the secret in hexadecimal digits and in Base64, also as a part
    of something longer. What may be words is redacted only where it is whole.
    """
    if key is None or len(key) < _SHORTEST_SECRET:
        return lambda content: content
    search = _Search(key)
    name = f"${variable}".encode()

    def redact(content: bytes) -> bytes:
        spans = sorted(search.spans(content))
        return _replaced(content, spans, name) if spans else content

    return redact


class _Search:
    """Finds a key in any form."""

    def __init__(self, key: str) -> None:
        secret = _secret(key)
        prefix = key.removesuffix(secret)
        start, end = _cuts(secret)
        self._start = _Run(secret, start, before=prefix)
        self._end = _Run(secret[::-1], end, mirrored=True)
        self._backwards = _Run(key[::-1], len(secret))
        self._encoded = _base64(secret.encode())
        hexadecimal = secret.encode().hex().encode()
        self._hexadecimal = re.compile(hexadecimal)
        plain = (secret[:start], secret[len(secret) - end :], secret[::-1])
        self._signs = [hexadecimal, *(part.lower().encode() for part in plain), *_CAN_HIDE_LETTERS]
        self._any_sign = re.compile(b"|".join(map(re.escape, self._signs)))
        self._longest = _LONGEST_LETTER * len(key)

    def spans(self, content: bytes) -> Iterator[tuple[int, int]]:
        """Yield where the key begins and ends in `content`, some places more than once."""
        if any(form in content for form in self._encoded):
            yield from (found.span() for found in re.finditer(b"|".join(map(re.escape, self._encoded)), content))
        lowered = content.lower()
        for start, end in self._windows(lowered):
            yield from ((start + first, start + last) for first, last in self._spans(lowered[start:end]))

    def _windows(self, lowered: bytes) -> Iterator[tuple[int, int]]:
        """Yield the parts of an answer to search in, around each sign of the key or of an escape: most have none."""
        if not any(sign in lowered for sign in self._signs):
            return
        found = self._any_sign.search(lowered)
        while found is not None:
            at = found.start()
            yield max(0, at - self._longest), at + 2 * self._longest
            found = self._any_sign.search(lowered, at + self._longest)

    def _spans(self, lowered: bytes) -> Iterator[tuple[int, int]]:
        yield from self._start.spans(lowered)
        length = len(lowered)
        yield from ((length - last, length - first) for first, last in self._end.spans(lowered[::-1]))
        yield from self._backwards.spans(lowered)
        yield from (found.span() for found in self._hexadecimal.finditer(lowered))


class _Run:
    """Finds as many of the first letters of a text as there are, from `least` on, in bytes in lower case.

    The first few are one pattern, the others are looked up where it was found, as is what may stand `before`.
    `mirrored` is for bytes that are read from right to left.
    """

    def __init__(self, letters: str, least: int, *, before: str = "", mirrored: bool = False) -> None:
        first = min(least, _SEARCHED_AT_ONCE)
        spelling = _mirrored_spelling if mirrored else _spelling
        self._before = _ending(before) if before else None
        self._first = _pattern(spelling(letters[:first]))
        self._others = [_next_letter(letter, mirrored=mirrored) for letter in letters[first:]]
        self._least = least - first

    def spans(self, content: bytes) -> Iterator[tuple[int, int]]:
        for found in self._first.finditer(content):
            end, count = found.end(), 0
            for letter in self._others:
                another = letter.match(content, end)
                if another is None:
                    break
                end, count = another.end(), count + 1
            if count >= self._least:
                yield self._begin(content, found.start()), end

    def _begin(self, content: bytes, start: int) -> int:
        """Return where a secret begins that was found at `start`, with what stands before it."""
        found = self._before and self._before.search(content, max(0, start - _LONGEST_BEFORE), start)
        return found.start() if found else start


def _secret(key: str) -> str:
    """Return what is secret in `key`: the part after the prefix, or all where that part may be a word."""
    rest = _PREFIX.sub("", key, count=1) if _PREFIX.match(key) else key
    is_word = rest.isalpha() and len(rest) <= _LONGEST_WORD
    return key if len(rest) < _SHORTEST_SECRET or is_word else rest


def _cuts(secret: str) -> tuple[int, int]:
    """Return how many characters of its start, and of its end, give a secret away."""
    start = min(len(secret), max(_SHORTEST_START, -(-2 * len(secret) // 3)))
    end = min(len(secret), _SHORTEST_END)
    return (
        len(secret) if _WORDS.fullmatch(secret[:start]) else start,
        len(secret) if _WORDS.fullmatch(secret[len(secret) - end :]) else end,
    )


def _replaced(content: bytes, spans: Sequence[tuple[int, int]], name: bytes) -> bytes:
    """Return `content` with `name` in the place of all spans, which are sorted and may overlap."""
    pieces: list[bytes] = []
    done = 0
    for start, end in spans:
        if start >= done:
            pieces += [content[done:start], name]
        done = max(done, end)
    return b"".join([*pieces, content[done:]])


def _pattern(text: str) -> re.Pattern[bytes]:
    """Return a pattern for bytes in lower case.

    Each choice in it begins with a letter of its own, and none is to be tried in two cases: so the search passes over
    what begins otherwise at once, which makes it tenfold faster in an answer that is full of escapes.
    """
    return re.compile(text.encode())


@functools.cache
def _ending(text: str) -> re.Pattern[bytes]:
    return _pattern(f"(?:{_spelling(text)})\\Z")


@functools.cache
def _next_letter(letter: str, *, mirrored: bool) -> re.Pattern[bytes]:
    return _pattern(_MIRRORED_GAP + _mirrored_spelling(letter) if mirrored else _GAP + _spelling(letter))


def _spelling(text: str) -> str:
    """Return the pattern of `text`, each character plain or escaped, up to three times, as JSON, addresses or HTML do.

    Between the letters there may be the zero bytes of UTF-16.
    """
    return _GAP.join(map(_spelling_of_one, text))


def _spelling_of_one(letter: str) -> str:
    code, plain = ord(letter), re.escape(letter.lower())
    reference = rf"(?:amp;){{0,3}}#(?:0{{0,5}}{code}|x0{{0,5}}{code:x});"
    return (
        rf"(?:{plain}|\\\\{{0,6}}(?:{plain}|u{code:04x}|x{code:02x}|u0026{reference})"
        rf"|%(?:25){{0,3}}{code:02x}|&{reference}|%26{reference})"
    )


def _mirrored_spelling(text: str) -> str:
    """Return the pattern of `text` among bytes that are read from right to left, else as `_spelling` does."""
    ampersand = r"#(?:;pma){0,3}(?:&|6200u\\{1,7}|62%)"
    return _MIRRORED_GAP.join(
        rf"(?:{re.escape(letter.lower())}\\{{0,7}}|{f'{ord(letter):04x}'[::-1]}u\\{{1,7}}"
        rf"|{f'{ord(letter):02x}'[::-1]}x\\{{1,7}}"
        rf"|{f'{ord(letter):02x}'[::-1]}(?:52){{0,3}}%"
        rf"|;(?:{str(ord(letter))[::-1]}0{{0,5}}|{f'{ord(letter):x}'[::-1]}0{{0,5}}x){ampersand})"
        for letter in text
    )


def _base64(secret: bytes) -> list[bytes]:
    """Return what all Base64 texts have in common that hold `secret` at any place, in both alphabets."""
    forms: list[bytes] = []
    for lead in range(3):
        first = -(-lead * 8 // 6)  # the first character that is made of the secret's bits alone
        last = (lead + len(secret)) * 8 // 6
        form = base64.b64encode(b"\0" * lead + secret)[first:last]
        forms += [form, form.replace(b"/", b"\\/"), form.translate(bytes.maketrans(b"+/", b"-_"))]
    return list(dict.fromkeys(forms))
