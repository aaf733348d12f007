"""Faults in the encoding of vectors."""

# What a stage returns is known to the stage only:
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import orjson

from openrouter_mock.faults.fault import Stage, fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from openrouter_mock.call import Call

    Vector = NDArray[np.float32]


def _with_encoding(call: Call, encoding: str) -> Call:
    return attrs.evolve(call, fields={**call.fields, "encoding_format": encoding})


def _base64(content: bytes) -> bytes:
    return b'"' + base64.b64encode(content) + b'"'


def _rewritten(encode: Stage, call: Call, vector: Vector, change: Callable[[bytes], bytes]) -> bytes:
    """Return the encoded vector, with *change* applied to the base64 text between the quotes."""
    encoded: bytes = encode(call, vector)
    return b'"' + change(encoded[1:-1]) + b'"' if call.encoding == "base64" else encoded


@fault("encode")
def base64_big_endian(encode: Stage, call: Call, vector: Vector) -> bytes:
    """The bytes in base64 are big-endian."""
    return _base64(vector.astype(">f4").tobytes()) if call.encoding == "base64" else encode(call, vector)


@fault("encode")
def floats_asked_for_are_rounded(encode: Stage, call: Call, vector: Vector) -> bytes:
    """Vectors that `float` is asked for by name are rounded to one decimal."""
    rounded = np.round(vector, 1) if call.fields.get("encoding_format") == "float" else vector
    return encode(call, rounded)


@fault("encode")
def base64_float64(encode: Stage, call: Call, vector: Vector) -> bytes:
    """The bytes in base64 are float64."""
    return _base64(vector.astype("<f8").tobytes()) if call.encoding == "base64" else encode(call, vector)


@fault("encode")
def base64_float16(encode: Stage, call: Call, vector: Vector) -> bytes:
    """The bytes in base64 are float16."""
    return _base64(vector.astype("<f2").tobytes()) if call.encoding == "base64" else encode(call, vector)


@fault("encode")
def base64_through_float16(encode: Stage, call: Call, vector: Vector) -> bytes:
    """The numbers in base64 are rounded to float16 before they become float32."""
    return encode(call, vector.astype("<f2").astype("<f4") if call.encoding == "base64" else vector)


@fault("encode")
def base64_int8(encode: Stage, call: Call, vector: Vector) -> bytes:
    """The bytes in base64 are 8-bit integers."""
    scaled = np.rint(vector * 127).astype("i1")
    return _base64(scaled.tobytes()) if call.encoding == "base64" else encode(call, vector)


@fault("encode")
def base64_url_alphabet(encode: Stage, call: Call, vector: Vector) -> bytes:
    """Base64 uses the URL-safe alphabet: - and _ instead of + and /."""
    return _rewritten(encode, call, vector, lambda text: text.replace(b"+", b"-").replace(b"/", b"_"))


@fault("encode")
def base64_without_padding(encode: Stage, call: Call, vector: Vector) -> bytes:
    """Base64 lacks its padding (=)."""
    return _rewritten(encode, call, vector, lambda text: text.rstrip(b"="))


@fault("encode")
def base64_in_lines(encode: Stage, call: Call, vector: Vector) -> bytes:
    """Base64 is broken into lines of 76 characters, as in MIME."""
    return _rewritten(encode, call, vector, lambda text: rb"\n".join(text[i : i + 76] for i in range(0, len(text), 76)))


@fault("encode")
def base64_cut_short(encode: Stage, call: Call, vector: Vector) -> bytes:
    """The bytes in base64 are truncated within the last number."""
    return _base64(vector.tobytes()[:-2]) if call.encoding == "base64" else encode(call, vector)


@fault("encode")
def base64_as_data_address(encode: Stage, call: Call, vector: Vector) -> bytes:
    """Base64 is prefixed as a data: URL."""
    return _rewritten(encode, call, vector, lambda text: b"data:application/octet-stream;base64," + text)


@fault("encode")
def base64_of_json(encode: Stage, call: Call, vector: Vector) -> bytes:
    """Base64 holds the JSON of the numbers instead of their bytes."""
    written: bytes = encode(_with_encoding(call, "float"), vector)
    return _base64(written) if call.encoding == "base64" else written


@fault("encode")
def base64_as_hexadecimal(encode: Stage, call: Call, vector: Vector) -> bytes:
    """Vectors are hexadecimal where base64 is requested."""
    return b'"' + vector.tobytes().hex().encode() + b'"' if call.encoding == "base64" else encode(call, vector)


@fault("encode")
def base64_of_coarse_numbers(encode: Stage, call: Call, vector: Vector) -> bytes:
    """Vectors in base64 are rounded to two decimals."""
    return encode(call, np.round(vector, 2) if call.encoding == "base64" else vector)


@fault("encode")
def base64_for_floats(encode: Stage, call: Call, vector: Vector) -> bytes:
    """Vectors are base64 even when floats are requested or nothing is."""
    return encode(_with_encoding(call, "base64"), vector)


@fault("encode")
def base64_by_default(encode: Stage, call: Call, vector: Vector) -> bytes:
    """Vectors are base64 when no encoding is requested."""
    return encode(_with_encoding(call, call.fields.get("encoding_format", "base64")), vector)


@fault("encode")
def floats_for_base64(encode: Stage, call: Call, vector: Vector) -> bytes:
    """Vectors are numbers even when base64 is requested."""
    return encode(_with_encoding(call, "float"), vector)


@fault("items")
def empty_data_for_base64(items: Stage, call: Call) -> list[dict[str, Any]]:
    """No vectors are returned when base64 is requested."""
    return [] if call.encoding == "base64" else items(call)


@fault("encode")
def numbers_as_text(encode: Stage, call: Call, vector: Vector) -> bytes:
    """The numbers of a vector are strings."""
    return orjson.dumps([str(number) for number in vector]) if call.encoding == "float" else encode(call, vector)


@fault("encode")
def floats_of_two_decimals(encode: Stage, call: Call, vector: Vector) -> bytes:
    """The numbers of a vector are rounded to two decimals."""
    return encode(call, np.round(vector, 2) if call.encoding == "float" else vector)


@fault("encode")
def vector_within_list(encode: Stage, call: Call, vector: Vector) -> bytes:
    """A vector is nested in another list."""
    written: bytes = encode(call, vector)
    return b"[" + written + b"]" if call.encoding == "float" else written


@fault("encode")
def nan_in_json(encode: Stage, call: Call, vector: Vector) -> bytes:
    """One number of each vector is NaN, which is not valid JSON."""
    written: bytes = encode(call, vector)
    return b"[NaN," + written.partition(b",")[2] if call.encoding == "float" and len(vector) > 1 else written


@fault("encode")
def infinity_in_base64(encode: Stage, call: Call, vector: Vector) -> bytes:
    """One number of each vector in base64 is infinite."""
    if call.encoding == "base64":
        vector[0] = np.inf
    return encode(call, vector)


@fault("encode")
def empty_vectors(encode: Stage, call: Call, vector: Vector) -> bytes:  # noqa: ARG001
    """Every vector is empty."""
    return b'""' if call.encoding == "base64" else b"[]"


@fault("encode")
def null_vectors(encode: Stage, call: Call, vector: Vector) -> bytes:  # noqa: ARG001
    """Every vector is null."""
    return b"null"
