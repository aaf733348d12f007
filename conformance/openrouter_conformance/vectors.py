"""Vectors as answers carry them, and how alike two of them are."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

import numpy as np

from openrouter_conformance import excerpts
from openrouter_conformance.errors import CheckFailure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from openrouter_conformance.exchange import Exchange

SAME = 1 - 1e-4
"""Cosine from which two vectors count as the same."""

ALIKE = 0.99
"""Cosine from which two vectors are of one model, though computed by two providers in their number formats."""

FEWEST = 8
"""Numbers of vectors that must differ: of one number there are two directions, and of three still few."""

_FLOAT32 = 4


def decode(embedding: Any, place: str, exchange: Exchange) -> NDArray[np.float64]:
    """Return the vector of one item, shape (length,); CheckFailure when it is none."""
    if isinstance(embedding, str):
        return _from_base64(embedding, place, exchange)
    if not isinstance(embedding, list) or any(type(number) not in (int, float) for number in embedding):
        raise CheckFailure(
            f"{place} is no vector: {excerpts.of_value(embedding, 120)}", "a JSON array of numbers", exchange
        )
    try:
        return np.asarray(embedding, dtype=np.float64)
    except OverflowError:
        raise CheckFailure(
            f"{place} holds a number out of range", "numbers that a float32 can hold", exchange
        ) from None


def _from_base64(text: str, place: str, exchange: Exchange) -> NDArray[np.float64]:
    try:
        octets = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise CheckFailure(f"{place} is no base64: {error}", "float32 bytes in base64", exchange) from None
    if len(octets) % _FLOAT32:
        raise CheckFailure(f"{place} holds {len(octets)} bytes", "a multiple of 4 bytes, float32 each", exchange)
    with np.errstate(invalid="ignore"):
        return np.frombuffer(octets, dtype="<f4").astype(np.float64)


def cosine(one: NDArray[np.floating[Any]], other: NDArray[np.floating[Any]]) -> float:
    """Return the cosine of two vectors; -1 when their lengths differ, one is zero or not finite."""
    one, other = one.astype(np.float64), other.astype(np.float64)
    if one.shape != other.shape or not (np.isfinite(one).all() and np.isfinite(other).all()):
        return -1.0
    largest = np.abs(one).max(initial=0.0), np.abs(other).max(initial=0.0)
    if 0.0 in largest:
        return -1.0
    one, other = one / largest[0], other / largest[1]
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


def same(one: NDArray[np.floating[Any]], other: NDArray[np.floating[Any]]) -> bool:
    """Say whether two vectors are the same in length and, nearly, in direction."""
    return cosine(one, other) >= SAME


def compare(one: NDArray[np.floating[Any]], other: NDArray[np.floating[Any]]) -> str:
    """Return in a phrase how two vectors differ."""
    if one.shape != other.shape:
        return f"lengths {one.size} and {other.size}"
    return f"cosine {cosine(one, other):.6f}"
