"""Vectors as buffers of float32 numbers, whichever way the server encoded them.

A buffer is a `memoryview` of format "f": indexable, sliceable, with a length, and read by numpy without a copy
(`numpy.asarray(vector)`). It cannot be written to: copy it first.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ._accelerators import decode_base64
from ._decoding import describe
from ._types import UNSET
from .errors import ContractError

if TYPE_CHECKING:
    Vector: TypeAlias = memoryview[float]
else:
    Vector = memoryview  # which says what it holds to type checkers only

_BYTES_PER_NUMBER = 4


def decode_vector(embedding: str | Sequence[float]) -> Vector:
    """Return a vector as float32 numbers.

    Args:
        embedding: what the server sent: a list of numbers, or little-endian float32 bytes in base64.

    Raises:
        ContractError: the text is not base64 or not a whole count of numbers, or an item of the list is not a finite
            number; the numbers inside base64 are taken as they are.

    """
    return _from_base64(embedding) if isinstance(embedding, str) else _from_numbers(embedding)


def decode_vectors(data: Sequence[Any], expected: int | None) -> list[Vector]:
    """Return the vectors of a response in the order of the inputs.

    Args:
        data: the items of the response, each with its `vector` and its `index`.
        expected: how many inputs were sent; None does not check.

    Raises:
        ContractError: there are more or fewer vectors than inputs, an item stands at another place than its `index`
            says, vectors differ in length, or one cannot be decoded.

    """
    if expected is not None and len(data) != expected:
        raise ContractError("$.data", f"{expected} vectors, one per input", f"{len(data)}")
    vectors: list[Vector] = []
    for position, item in enumerate(data):
        path = f"$.data[{position}]"
        try:
            vector: Vector = item.vector
        except ContractError as error:
            raise ContractError(path + error.path.removeprefix("$"), error.expected, error.received) from None
        if item.index is not UNSET and item.index != position:
            raise ContractError(f"{path}.index", f"{position}", f"{item.index}")
        if vectors and len(vector) != len(vectors[0]):
            raise ContractError(path, f"{len(vectors[0])} numbers, as before", f"{len(vector)}")
        vectors.append(vector)
    return vectors


def _from_base64(text: str) -> Vector:
    try:
        data = b"" if len(text) % 4 else decode_base64(text)
    except ValueError:
        data = b""
    if text and not data:
        raise ContractError("$.embedding", "base64", describe(text))
    if len(data) % _BYTES_PER_NUMBER:
        expected = f"a multiple of {_BYTES_PER_NUMBER} bytes in base64"
        raise ContractError("$.embedding", expected, f"{len(data)} bytes")
    if sys.byteorder == "little":
        return memoryview(data).cast("f")
    numbers = array("f", data)
    numbers.byteswap()
    return memoryview(numbers.tobytes()).cast("f")


def _from_numbers(items: Sequence[Any]) -> Vector:
    try:
        numbers = array("f", items)
        # One sum finds any infinity or NaN among the numbers, in a tenth of the time of a look at each.
        if math.isfinite(sum(numbers)):
            return memoryview(numbers.tobytes()).cast("f")
    except (TypeError, OverflowError):
        pass
    for position, item in enumerate(items):
        if isinstance(item, bool) or not isinstance(item, (int, float)) or not _fits(item):
            raise ContractError(f"$.embedding[{position}]", "a finite float32 number", describe(item))
    return memoryview(array("f", items).tobytes()).cast("f")


def _fits(item: float) -> bool:
    try:
        return math.isfinite(array("f", [item])[0])
    except OverflowError:
        return False
