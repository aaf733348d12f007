"""Hypothesis strategies, one home for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_WORDS = (
    "river", "copper", "violin", "harbour", "seven", "quietly", "yeast", "orbit", "lantern", "debt",
    "über", "façade", "naïve", "журнал", "облако", "東京", "音楽", "مدينة", "כוכב", "नदी", "ภูเขา", "한국어",
    "🚀", "👩‍🔬", "π≈3.14", "C++", "$5", "<b>", "{}", "\\n", '"quoted"', "100%",
)  # fmt: skip

_LETTERS = st.characters(codec="utf-8", categories=("L", "N", "P", "S"))

UNUSUAL_TEXTS = (
    "\0",
    "before\0after",
    " ",
    "\n\t ",
    "\u00a0",
    "\ufeff byte order mark",
    "e\u0301 and \u00e9",
    "👨‍👩‍👧‍👦🏳️‍🌈",
    "\U0010ffff",
    "\ufffe\uffff",
    "half a pair \ud800",
    "\u202eright to left\u202c",
    "مرحبا بالعالم",
    "日本語のテキスト",
    "<script>alert(1)</script>",
    "'; DROP TABLE vectors; --",
    "%s %n {0} ${x}",
    "a" * 2000,
    "<|endoftext|>",
    "\x1b[31mred\x7f",
    "-",
)
"""Texts that servers have been seen to stumble over."""


def texts() -> SearchStrategy[str]:
    """Texts of words in several scripts, never blank: every server of text embeddings reads them."""
    words = st.one_of(st.sampled_from(_WORDS), st.text(_LETTERS, min_size=1, max_size=8))
    return st.lists(words, min_size=1, max_size=6).map(" ".join)


def batches(most: int, least: int = 1) -> SearchStrategy[list[str]]:
    """Lists of `least` to `most` texts; some occur twice."""
    return st.lists(texts(), min_size=least, max_size=most)


def distinct_batches(most: int) -> SearchStrategy[list[str]]:
    """Lists of 2 to `most` texts of which no two have the same words."""
    words = st.lists(st.sampled_from(_WORDS[:10]), min_size=1, max_size=3, unique=True)
    return st.lists(words.map(sorted).map(" ".join), min_size=2, max_size=most, unique=True)


def anything_printable_or_not() -> SearchStrategy[str]:
    """Texts of any Unicode scalar values at all, controls and noncharacters included, not empty."""
    return st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)


def token_lists(most: int = 12) -> SearchStrategy[list[int]]:
    """Token ids that the tokenizers of embedding models know."""
    return st.lists(st.integers(min_value=1, max_value=20_000), min_size=1, max_size=most)


def lengths(native: int) -> SearchStrategy[int]:
    """Lengths that a model which can shorten its vectors of `native` numbers may be asked for."""
    return st.one_of(st.integers(min_value=max(1, min(native, 8)), max_value=native), st.just(native))
