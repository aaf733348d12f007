"""Vectors for token ids: of L2 norm 1, similar for similar texts, identical on every machine and in every process.

Each feature of an input (a word, its first letters, the piece exactly as written, a pair of neighbors, the
whole) has a direction of its own: the product of two windows into fixed noise, one for each half of the
feature's hash. The directions are summed with integer weights, so that the order of summing changes nothing;
the sum is scaled to 20 bits so that its norm is exact too. A shorter vector is the beginning of the
longest one, normalized again.
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
# The weight of each kind of feature. The kinds are numbered so that equal values of two kinds differ.
_WORD_WEIGHT, _STEM_WEIGHT, _PIECE_WEIGHT, _PAIR_WEIGHT, _WHOLE_WEIGHT = 8, 3, 2, 2, 1
_WORD, _STEM, _PIECE, _PAIR, _WHOLE = range(5)
_MASK = 2**64 - 1
_STEPS = 2**20
_FEATURES_AT_ONCE = 64
_WEIGHT_IN_FLOAT32 = 2**10


@functools.lru_cache(maxsize=64)
def _windows(space: str, max_dimensions: int) -> NDArray[np.int16]:
    """Return the windows into two rows of noise: shape (2, offsets, *max_dimensions*)."""
    width = _OFFSETS + max_dimensions
    noise = hashlib.shake_256(f"noise {space}".encode("utf-8", "surrogatepass")).digest(2 * width)
    rows = np.frombuffer(noise, dtype=np.int8).reshape(2, width).astype(np.int16)
    return np.lib.stride_tricks.sliding_window_view(rows, max_dimensions, axis=1)


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
    """Return the weighted sum of the directions: integers below 2**53, so exact in any order.

    A float32, twice as fast, is exact too while a partial sum of directions, each within 2**14, stays within 2**24.
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


def direction(tokens: Sequence[int], *, space: str, max_dimensions: int) -> NDArray[np.float64]:
    """Return the direction of an input, *max_dimensions* integers, the same for all models with the same *space*."""
    total = _sum(_windows(space, max_dimensions), _features(tokens).items())
    steps: NDArray[np.float64] = np.rint(total * (_STEPS / np.abs(total).max()))
    return steps


def shorten(direction: NDArray[np.float64], dimensions: int) -> NDArray[np.float32]:
    """Return the first *dimensions* numbers of *direction*, normalized to L2 norm 1."""
    beginning = direction[:dimensions]
    norm = np.sqrt(np.dot(beginning, beginning))
    if not norm:
        first_axis: NDArray[np.float32] = np.eye(1, dimensions, dtype=np.float32)[0]
        return first_axis
    unit: NDArray[np.float32] = (beginning / norm).astype(np.float32)
    return unit
