"""Vectors as arrays of float32 numbers, whichever way the server encoded them."""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeAlias

from ._accelerators import decode_base64
from ._decoding import describe
from .errors import ContractError

if TYPE_CHECKING:
    _Floats: TypeAlias = "array[float]"
else:
    _Floats = array  # which says what it holds only since Python 3.12

_BYTES_PER_NUMBER = 4
_HIGHEST_BYTE = 3 if sys.byteorder == "little" else 0


class Vector(_Floats):
    """The float32 numbers of a vector: an `array("f")` with a short repr.

    It can be indexed, changed, compared, pickled and copied; `numpy.asarray(vector)` shares its memory.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        beginning = ", ".join(f"{number:.7g}" for number in self[:3])
        return f"<Vector of {len(self)}: {beginning}{', …' if len(self) > 3 else ''}>"


def decode_vector(embedding: str | Sequence[float]) -> Vector:
    """Return a vector as float32 numbers.

    Args:
        embedding: what the server sent: a list of numbers, or little-endian float32 bytes in base64.

    Raises:
        ContractError: the text is not base64 or not a whole count of numbers, or a number is not finite.

    """
    return _from_base64(embedding) if isinstance(embedding, str) else _from_numbers(embedding)


def decode_vectors(data: Sequence[Any], expected: int | None = None, length: int | None = None) -> list[Vector]:
    """Return the vectors of a response in the order of the inputs.

    Args:
        data: the items of the response, each with its `vector` and its `index`.
        expected: how many inputs were sent; None does not check.
        length: how many numbers were asked for; None only checks that it is the same for all.

    Raises:
        ContractError: there are more or fewer vectors than inputs, an item stands at another place than its `index`
            says, a vector is empty or of another length, or one cannot be decoded.

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
        if isinstance(item.index, int) and item.index != position:
            raise ContractError(f"{path}.index", f"{position}, as the order is that of the inputs", f"{item.index}")
        if not vector or (length and len(vector) != length):
            raise ContractError(f"{path}.embedding", f"{length or 'one or more'} numbers", f"{len(vector)}")
        if len(vector) != len(vectors[0] if vectors else vector):
            raise ContractError(f"{path}.embedding", f"{len(vectors[0])} numbers, as before", f"{len(vector)}")
        vectors.append(vector)
    return vectors


def check_vectors(data: Sequence[Any], request: Any) -> None:
    """Raise `ContractError` where vectors do not fit the `input` and `dimensions` of the request, if it is given."""
    dimensions = getattr(request, "dimensions", None)
    inputs = getattr(request, "input", None)
    decode_vectors(data, None if inputs is None else count_inputs(inputs), int(dimensions) if dimensions else None)


def count_inputs(inputs: Any) -> int:
    """Return how many vectors an input asks for: one for a text or the token ids of a text, else one per item."""
    return 1 if isinstance(inputs, str) or isinstance(inputs[0], SupportsIndex) else len(inputs)


def _vector_of(source: Any) -> Vector:
    made: Any = Vector("f", source)  # a plain array to type checkers
    vector: Vector = made
    return vector


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
    vector = _vector_of(data)
    if sys.byteorder == "big":
        vector.byteswap()
    return vector if _is_finite(vector) else _refuse(vector)


def _from_numbers(items: Sequence[Any]) -> Vector:
    try:
        vector = _vector_of(items)
    except (TypeError, OverflowError):
        return _refuse(items)
    return vector if _is_finite(vector) else _refuse(items)


def _is_finite(vector: Vector) -> bool:
    """Return whether no number is infinite or NaN; most vectors are seen to be so by their highest bytes alone."""
    if not vector:
        return True
    highest = bytes(memoryview(vector).cast("B")[_HIGHEST_BYTE::_BYTES_PER_NUMBER])
    return (b"\x7f" not in highest and b"\xff" not in highest) or all(map(math.isfinite, vector))


def _refuse(items: Sequence[Any]) -> Vector:
    """Raise the error of the first item that is no finite float32 number."""
    for position, item in enumerate(items):
        try:
            fits = not isinstance(item, bool) and math.isfinite(array("f", [item])[0])
        except (TypeError, OverflowError):
            fits = False
        if not fits:
            raise ContractError(f"$.embedding[{position}]", "a finite float32 number", describe(item))
    return _vector_of(items)
