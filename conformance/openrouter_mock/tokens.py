"""A small deterministic tokenizer, because real ones need a download.

A text and its token ids must give the same vector, different texts different vectors, and texts that
share words similar vectors. So a token id encodes everything about its piece of text that vectors are made
of: from the highest bit, 15 bits for the first four letters, 20 for the word in lower case, 16 for the piece
exactly as written, and 1 for a space before it. With 52 bits, every JSON parser reads it as an exact number.

A piece is a run of up to 12 letters and digits, one other character, or a run of up to 12 white-space
characters; one space before a word belongs to the word. The pieces of a text, joined, are the text.
"""

from __future__ import annotations

import functools
import hashlib
import re

_PIECE = re.compile(r"( ?)(\w{1,12}|[^\w\s]|\s{1,12})")
LONGEST_PIECE = 13
"""The maximum number of characters of one token, including a space before it."""
_STEM_LETTERS = 4
_SPACE_BITS, _EXACT_BITS, _WORD_BITS, _STEM_BITS = 1, 16, 20, 15


def _hash(text: str, bits: int) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little") & ((1 << bits) - 1)


@functools.lru_cache(maxsize=2**14)
def _id_of(space: str, piece: str) -> int:
    word = piece.casefold()
    identity = _hash("stem " + word[:_STEM_LETTERS], _STEM_BITS)
    identity = identity << _WORD_BITS | _hash("word " + word, _WORD_BITS)
    identity = identity << _EXACT_BITS | _hash("exact " + piece, _EXACT_BITS)
    return identity << _SPACE_BITS | bool(space)


def tokenize(text: str) -> tuple[int, ...]:
    """Return the token ids of *text*, each below 2**52; the empty text has none."""
    return tuple(_id_of(space, piece) for space, piece in _PIECE.findall(text))


def word_of(token: int) -> int:
    """Return the part of a token id that all spellings of a word share, whatever their case and spacing."""
    return token >> (_EXACT_BITS + _SPACE_BITS)


def stem_of(token: int) -> int:
    """Return the part of a token id that words with the same first letters share."""
    return token >> (_WORD_BITS + _EXACT_BITS + _SPACE_BITS)


def tokenize_bytes(kind: str, content: bytes, *, chunk: int = 4096) -> tuple[int, ...]:
    """Return the token ids of a medium of *kind*: one per *chunk* bytes, at least one, none shared with text."""
    starts = range(0, max(len(content), 1), chunk)
    return tuple(_id_of("", f"{kind} {_fingerprint(content[start : start + chunk])}") for start in starts)


def _fingerprint(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
