"""Vectors for token ids: the same on every machine and in every process, unit length, alike for like texts.

Each feature of an input (a word, its first letters, the piece exactly as written, a pair of neighbours, the
whole) has a direction of its own: the product of two windows into fixed noise, one for each half of the
feature's hash. The directions are summed with whole-number weights, which no order of summing can change;
the sum is brought to 20 bits so that its length is exact too. A shorter vector is the beginning of the
longest one, normalised again.
"""

from __future__ import annotations

import functools
import hashlib
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from . import tokens as tokenizer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

_OFFSETS = 2**16
# How much each kind of feature weighs. The kinds are numbered so that equal values of two kinds differ.
_WORD_WEIGHT, _STEM_WEIGHT, _PIECE_WEIGHT, _PAIR_WEIGHT, _WHOLE_WEIGHT = 8, 3, 2, 2, 1
_WORD, _STEM, _PIECE, _PAIR, _WHOLE = range(5)
_MASK = 2**64 - 1
_STEPS = 2**20
_FEATURES_AT_ONCE = 64
_WEIGHT_IN_FLOAT32 = 2**10


@functools.lru_cache(maxsize=64)
def _windows(space: str, longest: int) -> NDArray[np.int16]:
    """Return two rows of windows into noise, *longest* numbers each, one beginning at each offset."""
    width = _OFFSETS + longest
    noise = hashlib.shake_256(f"noise {space}".encode("utf-8", "surrogatepass")).digest(2 * width)
    rows = np.frombuffer(noise, dtype=np.int8).reshape(2, width).astype(np.int16)
    return np.lib.stride_tricks.sliding_window_view(rows, longest, axis=1)


def _mixed(kind: int, value: int) -> int:
    """Return 64 well-mixed bits for a feature (the finalizer of SplitMix64, folded over long values)."""
    bits = (kind + 1) * 0x9E3779B97F4A7C15 & _MASK
    while True:
        bits = (bits ^ (value & _MASK)) + 0x9E3779B97F4A7C15 & _MASK
        bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        bits = (bits ^ bits >> 27) * 0x94D049BB133111EB & _MASK
        bits ^= bits >> 31
        value >>= 64
        if value <= 0:
            return bits


@functools.lru_cache(maxsize=2**14)
def _features_of(token: int) -> tuple[int, int, int]:
    """Return the features of one token: of its word, of the word's first letters, and of the piece itself."""
    word, stem = _mixed(_WORD, tokenizer.word_of(token)), _mixed(_STEM, tokenizer.stem_of(token))
    return word, stem, _mixed(_PIECE, token)


def _features(tokens: Sequence[int]) -> Counter[int]:
    """Return the features of an input with their weights."""
    weights: Counter[int] = Counter()
    whole = before = 0
    for position, token in enumerate(tokens):
        word, stem, piece = _features_of(token)
        weights[word] += _WORD_WEIGHT
        weights[stem] += _STEM_WEIGHT
        weights[piece] += _PIECE_WEIGHT
        if position:
            weights[_mixed(_PAIR, before << 64 | piece)] += _PAIR_WEIGHT
        whole, before = _mixed(_WHOLE, whole << 64 | piece), piece
    weights[whole] += _WHOLE_WEIGHT
    return weights


def _sum(windows: NDArray[np.int16], features: Iterable[tuple[int, int]]) -> NDArray[np.float64]:
    """Return the weighted sum of the directions: whole numbers below 2**53, so exact in any order.

    A float32, twice as fast, is as exact while the sum of some directions, each within 2**14, stays within 2**24.
    """
    total = np.zeros(windows.shape[2])
    pairs = list(features)
    for start in range(0, len(pairs), _FEATURES_AT_ONCE):
        some = pairs[start : start + _FEATURES_AT_ONCE]
        bits = np.array([feature for feature, _ in some], dtype=np.uint64)
        weights = [weight for _, weight in some]
        exact = np.float32 if sum(weights) <= _WEIGHT_IN_FLOAT32 else np.float64
        products = windows[0][bits % _OFFSETS]
        products *= windows[1][(bits >> np.uint64(32)) % _OFFSETS]
        total += np.array(weights, dtype=exact) @ products.astype(exact)
    return total


def direction(tokens: Sequence[int], *, space: str, longest: int) -> NDArray[np.float64]:
    """Return the direction of an input, *longest* whole numbers; models with the same *space* agree on it."""
    total = _sum(_windows(space, longest), _features(tokens).items())
    steps: NDArray[np.float64] = np.rint(total * (_STEPS / np.abs(total).max()))
    return steps


def shorten(direction: NDArray[np.float64], length: int) -> NDArray[np.float32]:
    """Return the first *length* numbers of *direction* as a vector of unit length."""
    beginning = direction[:length]
    norm = np.sqrt(np.dot(beginning, beginning))
    if not norm:
        first_axis: NDArray[np.float32] = np.eye(1, length, dtype=np.float32)[0]
        return first_axis
    unit: NDArray[np.float32] = (beginning / norm).astype(np.float32)
    return unit
