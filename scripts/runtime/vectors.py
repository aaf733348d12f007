"""Vectors as arrays of float32 numbers, whichever way the server encoded them."""

import math
import struct
import sys
from array import array
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

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

    It can be indexed, changed, compared, pickled and copied; `numpy.asarray(vector)` shares its memory."""

    __slots__ = ()

    def __repr__(self) -> str:
        beginning = ", ".join(f"{number:.7g}" for number in self[:3])
        return f"<Vector of {len(self)}: {beginning}{', …' if len(self) > 3 else ''}>"


def decode_vector(embedding: str | Sequence[float]) -> Vector:
    """Return the vector that a list of numbers stands for, or little-endian float32 bytes in base64."""
    return _from_base64(embedding) if isinstance(embedding, str) else _from_numbers(embedding)


def decode_vectors(data: Sequence[Any], expected: int | None = None, length: int | None = None) -> list[Vector]:
    """Return the vectors of items that have a `vector` and an `index`, in the order of the inputs.

    Raises:
        ContractError: there are not as many vectors as `expected`, an item stands at another place than its `index`
            says, a vector has not the `length` asked for or that of the others, or one cannot be decoded."""
    if expected is not None and len(data) != expected:
        raise ContractError("$.data", f"{expected} vectors, one per input", f"{len(data)}")
    vectors: list[Vector] = []
    for position, item in enumerate(data):
        try:
            vector: Vector = item.vector
        except ContractError as error:
            path = f"$.data[{position}]{error.path.removeprefix('$')}"
            raise ContractError(path, error.expected, error.received) from None
        if item.index != position and isinstance(item.index, int):
            order = f"{position}, as the order is that of the inputs"
            raise ContractError(f"$.data[{position}].index", order, f"{item.index}")
        vectors.append(vector)
        if not vector or len(vector) != (length or len(vectors[0])):
            numbers = f"{length or (len(vectors[0]) if vector else 'one or more')} numbers"
            numbers += "" if length or not vector else ", as before"
            raise ContractError(f"$.data[{position}].embedding", numbers, f"{len(vector)}")
    return vectors


def check_vectors(data: Sequence[Any], request: Any) -> None:
    """Raise `ContractError` where vectors do not fit the `input` and `dimensions` of the request, if it is given."""
    dimensions = getattr(request, "dimensions", None)
    inputs = getattr(request, "input", None)
    decode_vectors(data, None if inputs is None else count_inputs(inputs), int(dimensions) if dimensions else None)


def count_inputs(inputs: Any) -> int:
    """Return how many vectors an input asks for: one for a text or the token ids of a text, else one per item."""
    return 1 if isinstance(inputs, str) or hasattr(inputs[0], "__index__") else len(inputs)


def vector_of_bytes(data: bytes) -> Vector | None:
    """Return float32 numbers in the byte order of this machine as a vector; None when one is infinite or NaN."""
    made: Any = Vector("f", data)  # a plain array to type checkers
    vector: Vector = made
    highest = data[_HIGHEST_BYTE::_BYTES_PER_NUMBER]  # enough to see that the numbers of most vectors are finite
    finite = b"\x7f" not in highest and b"\xff" not in highest
    return vector if finite or all(map(math.isfinite, vector)) else None


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
    if sys.byteorder == "big":
        swapped = array("f", data)
        swapped.byteswap()
        data = swapped.tobytes()
    vector = vector_of_bytes(data)
    if vector is None:
        raise _error_in(array("f", data))
    return vector


def _from_numbers(items: Sequence[Any]) -> Vector:
    with suppress(struct.error):
        vector = vector_of_bytes(struct.pack(f"{len(items)}f", *items))
        if vector is not None:
            return vector
    raise _error_in(items)


def _error_in(items: Sequence[Any]) -> ContractError:
    """Return the error of the first item that is no finite float32 number; there is one."""
    wrong = 0
    with suppress(TypeError, OverflowError):
        while not isinstance(items[wrong], bool) and math.isfinite(array("f", [items[wrong]])[0]):
            wrong += 1
    return ContractError(f"$.embedding[{wrong}]", "a finite float32 number", describe(items[wrong]))
