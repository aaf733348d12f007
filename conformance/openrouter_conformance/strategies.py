"""Hypothesis strategies, one home for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

UNUSUAL_TEXTS = (
    "\0",
    "before\0after",
    "before\0behind",
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
    "null",
    "NaN",
    '["a list", "in a text"]',
)
"""Texts that servers have been seen to stumble over."""


def anything_printable_or_not() -> SearchStrategy[str]:
    """Texts of any Unicode scalar values at all, controls and noncharacters included, not empty."""
    return st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
