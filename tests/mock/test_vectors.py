"""The mathematics of the mock's vectors, and of its tokens."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from openrouter_mock import tokens, vectors

TEXTS = st.text(min_size=1, max_size=40)
TOKENS = st.lists(st.integers(0, 2**70), min_size=1, max_size=20)
LONGEST = 512
PATIENT = settings(deadline=None)
"""Time says nothing on a machine that is shared."""
PINNED = "8792efbf48c5d3def50b6325e4327b46769cd716d0a36efda8024a8ebc126a01"
"""SHA-256 of two vectors as little-endian float32."""

_DIGEST = """
import hashlib
from openrouter_mock import tokens, vectors
digest = hashlib.sha256()
for text in ("cat", "Kitten and кот 🐈", "x" * 5000):
    direction = vectors.direction(tokens.tokenize(text), space="s", max_dimensions=1536)
    digest.update(vectors.shorten(direction, 300).astype("<f4").tobytes())
print(digest.hexdigest())
"""


def vector(given: str | list[int], length: int = LONGEST, space: str = "space") -> np.ndarray:
    """Return the vector of a text or of token ids."""
    ids = tokens.tokenize(given) if isinstance(given, str) else given
    return vectors.shorten(vectors.direction(ids, space=space, max_dimensions=LONGEST), length)


def cosine(one: np.ndarray, two: np.ndarray) -> float:
    """Return the cosine of two unit vectors."""
    return float(one.astype(np.float64) @ two.astype(np.float64))


@PATIENT
@given(TEXTS, st.integers(1, LONGEST))
def test_vectors_have_unit_length(text: str, length: int) -> None:
    """Whatever the text and the length, a vector is finite and has the length 1."""
    found = vector(text, length)
    assert found.dtype == np.float32
    assert np.linalg.norm(found.astype(np.float64)) == pytest.approx(1, abs=1e-6)


@PATIENT
@given(TOKENS)
def test_token_ids_of_any_size_have_vectors(ids: list[int]) -> None:
    """Token ids may be as great as JSON writes them."""
    assert np.isfinite(vector(ids)).all()


@PATIENT
@given(TEXTS, st.integers(1, LONGEST))
def test_a_shorter_vector_is_the_beginning(text: str, length: int) -> None:
    """A shorter vector points where the beginning of the longer one does."""
    beginning = vector(text)[:length].astype(np.float64)
    assume(np.linalg.norm(beginning) > 0)
    assert cosine(beginning / np.linalg.norm(beginning), vector(text, length)) == pytest.approx(1, abs=1e-6)


@PATIENT
@given(TEXTS, TEXTS)
@example("cat", "Cat")
@example("a b", "a  b")
@example("a b", " a b")
@example("a b", "b a")
@example("e\u0301", "é")
@example("", " ")
def test_different_texts_have_different_vectors(one: str, two: str) -> None:
    """Two texts that differ at all differ in their vectors."""
    assume(one != two)
    assert vector(one).tolist() != vector(two).tolist()


@PATIENT
@given(TEXTS)
def test_the_same_text_has_the_same_vector(text: str) -> None:
    """One text has one vector."""
    assert vector(text).tolist() == vector(text).tolist()


@PATIENT
@given(
    st.lists(st.sampled_from(["river", "stone", "light", "market", "violin"]), min_size=2, max_size=5, unique=True),
    st.lists(st.sampled_from(["engine", "cloud", "paper", "winter", "garden"]), min_size=2, max_size=5, unique=True),
)
def test_shared_words_bring_texts_together(one: list[str], other: list[str]) -> None:
    """A text is closer to one with which it shares a word than to one with which it shares none."""
    base, sharing, apart = " ".join(one), " ".join([*other[1:], one[0]]), " ".join(other)
    assert cosine(vector(base), vector(sharing)) > cosine(vector(base), vector(apart))


def test_words_with_the_same_beginning_are_alike() -> None:
    """Forms of one word are closer than different words."""
    close, far = (cosine(vector("embedding"), vector(word)) for word in ("embeddings", "airplane"))
    assert close > far + 0.05


def test_the_nearest_document_is_the_one_about_the_question() -> None:
    """A semantic search over the mock's vectors ranks as a reader would where words are shared."""
    documents = ["The cat sat on the mat", "Stock prices fell today", "How to bake bread at home"]
    ranked = max(documents, key=lambda text: cosine(vector("Where does the cat sit?"), vector(text)))
    assert ranked == documents[0]


def test_spaces_are_unrelated() -> None:
    """Models of different spaces give one text unrelated vectors."""
    assert abs(cosine(vector("cat", space="one"), vector("cat", space="two"))) < 0.2


def test_the_vectors_of_today_are_those_of_tomorrow() -> None:
    """The numbers themselves are pinned: they are the same on every platform and in every version."""
    written = b"".join(vector(text, 300).astype("<f4").tobytes() for text in ("cat", "Kitten and кот 🐈"))
    assert hashlib.sha256(written).hexdigest() == PINNED


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_the_vectors_of_one_process_are_those_of_another(seed: str) -> None:
    """Neither the process nor its hash seed changes a vector."""
    here = hashlib.sha256()
    for text in ("cat", "Kitten and кот 🐈", "x" * 5000):
        direction = vectors.direction(tokens.tokenize(text), space="s", max_dimensions=1536)
        here.update(vectors.shorten(direction, 300).astype("<f4").tobytes())
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    there = subprocess.run([sys.executable, "-c", _DIGEST], env=environment, check=True, capture_output=True, text=True)
    assert there.stdout.strip() == here.hexdigest()


@PATIENT
@given(st.text(max_size=60))
def test_tokens_fit_into_a_json_number(text: str) -> None:
    """Every token id is a whole number that a float holds exactly."""
    assert all(0 <= token < 2**52 for token in tokens.tokenize(text))


@PATIENT
@given(st.text(min_size=1, max_size=60))
def test_every_character_is_in_a_token(text: str) -> None:
    """A text that is not empty has at least one token, and at most one per character."""
    assert 1 <= len(tokens.tokenize(text)) <= len(text)


@PATIENT
@given(st.lists(st.sampled_from(["cat", "dog", "Cat", "mouse"]), min_size=1, max_size=8))
def test_words_are_tokens(words: list[str]) -> None:
    """Short words are one token each, whose word does not depend on case or neighbours."""
    ids = tokens.tokenize(" ".join(words))
    assert len(ids) == len(words)
    assert [tokens.word_of(each) for each in ids] == [
        tokens.word_of(tokens.tokenize(word.lower())[0]) for word in words
    ]


def test_the_empty_text_has_no_tokens() -> None:
    """There is nothing in the empty text."""
    assert tokens.tokenize("") == ()


def test_long_media_have_more_tokens() -> None:
    """A medium has a token per 4096 bytes, at least one."""
    assert [len(tokens.tokenize_bytes("image", bytes(size))) for size in (0, 1, 4096, 4097)] == [1, 1, 1, 2]


def test_longer_texts_cost_more() -> None:
    """A text that goes on has more tokens."""
    counts = [len(tokens.tokenize("word " * count)) for count in range(1, 6)]
    assert all(fewer < more for fewer, more in pairwise(counts))
