"""Decoders: functions from parsed JSON to typed values, which raise `DecodingError` with the path to what is wrong.

`decode_*` functions are decoders; `*_decoder` functions make decoders of others. Which decoder belongs to a declared
type is decided in `_model`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence, Sized
from typing import Any, Self, TypeAlias, TypeVar

from ._types import OpenEnum, is_instance
from .errors import ContractError

T = TypeVar("T")
Known = TypeVar("Known", bound=OpenEnum)

Decoder: TypeAlias = Callable[[Any], T]


class DecodingError(Exception):
    """A value is not what its declared type says. Each level of the value that the error passes adds its step.

    Attributes:
        expected: what the type says.
        received: what was there instead, shortened.
        wrong_type: whether the type is wrong, and not only the value.
        wrong_literal: whether a constant has another string: the object is of another kind than the decoder's.

    """

    def __init__(self, expected: str, received: str, *, wrong_type: bool = True, wrong_literal: bool = False) -> None:
        super().__init__(expected, received)
        self.expected = expected
        self.received = received
        self.wrong_type = wrong_type
        self.wrong_literal = wrong_literal
        self._steps: list[str | int] = []

    def inside(self, step: str | int) -> Self:
        """Return the error as seen from one level further out: a property name or a position."""
        self._steps.insert(0, step)
        return self

    @property
    def progress(self) -> tuple[int, ...]:
        """How far the decoder got before the error: a longer or greater tuple is further into the value."""
        return tuple(step if isinstance(step, int) else 0 for step in self._steps)

    @property
    def path(self) -> str:
        """Where the value is wrong, as a JSONPath."""
        return "$" + "".join(_path_segment(step) for step in self._steps)

    def as_contract_error(self) -> ContractError:
        """Return the error that a caller sees when the value came from a server."""
        return ContractError(self.path, self.expected, self.received)

    def as_argument_error(self) -> TypeError | ValueError:
        """Return the error that a caller sees when the value is an argument of theirs; it names the field."""
        error_class = TypeError if self.wrong_type else ValueError
        field = self.path.removeprefix("$").removeprefix(".")
        return error_class(f"{field}: expected {self.expected}, received {self.received}")


def decode_any(value: Any) -> Any:
    """Return any JSON value as it is."""
    return value


def decode_null(value: Any) -> None:
    """Accept null only."""
    if value is not None:
        raise _unexpected(value, "null")


def decode_bool(value: Any) -> bool:
    """Accept true and false."""
    if isinstance(value, bool):
        return value
    raise _unexpected(value, "true or false")


def decode_string(value: Any) -> str:
    """Accept a string."""
    if isinstance(value, str):
        return value
    raise _unexpected(value, "a string")


def decode_bytes(value: Any) -> bytes:
    """Accept bytes: a file of a form, or a body that is not JSON."""
    if isinstance(value, bytes):
        return value
    raise _unexpected(value, "bytes")


def decode_int(value: Any) -> int:
    """Accept an integer, also one written with a fraction of zero, such as 8.0."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise _unexpected(value, "an integer")


def decode_float(value: Any) -> float:
    """Accept a finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _unexpected(value, "a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise _unexpected(value, "a finite number", wrong_type=False)
    return value


def decode_floats(value: Any) -> list[float]:
    """Accept a list and leave its items unchecked: a batch of vectors holds millions, checked when they are used."""
    if is_instance(value, list):
        items: list[float] = value
        return items
    raise _unexpected(value, "a list of numbers")


def decode_mapping(value: Any) -> dict[str, Any]:
    """Accept a JSON object with any fields."""
    if is_instance(value, Mapping):
        fields: Mapping[str, Any] = value
        return fields if isinstance(fields, dict) else dict(fields)
    raise _unexpected(value, "an object")


def literal_decoder(expected: T) -> Decoder[T]:
    """Accept one value only: the constant that tells of which kind an object is."""

    def decode(value: Any) -> T:
        if value == expected:
            return expected
        is_string = isinstance(value, str)
        raise DecodingError(repr(expected), describe(value), wrong_type=not is_string, wrong_literal=is_string)

    return decode


def enum_decoder(enum: type[Known]) -> Decoder[Known]:
    """Accept any string, as a member of the enumeration; unknown values are kept."""

    def decode(value: Any) -> Known:
        return enum(decode_string(value))

    return decode


def minimum_decoder(minimum: float, decoder: Decoder[T]) -> Decoder[T]:
    """Accept what the decoder accepts and is not less than the minimum."""

    def decode(value: Any) -> T:
        number: Any = decoder(value)
        if number < minimum:
            raise _unexpected(value, f"{minimum:g} or more", wrong_type=False)
        result: T = number
        return result

    return decode


def list_decoder(decoder: Decoder[T]) -> Decoder[list[T]]:
    """Accept a list whose items the decoder accepts; any sequence but text and bytes counts as a list in a request."""

    def decode(value: Any) -> list[T]:
        if not is_instance(value, Sequence) or is_instance(value, str, bytes, bytearray, memoryview):
            raise _unexpected(value, "a list")
        items: Sequence[Any] = value
        result: list[T] = []
        for position, item in enumerate(items):
            try:
                result.append(decoder(item))
            except DecodingError as error:
                raise error.inside(position) from None
        return result

    return decode


def dict_decoder(decoder: Decoder[T]) -> Decoder[dict[str, T]]:
    """Accept an object whose values the decoder accepts."""

    def decode(value: Any) -> dict[str, T]:
        result: dict[str, T] = {}
        for key, item in decode_mapping(value).items():
            try:
                result[key] = decoder(item)
            except DecodingError as error:
                raise error.inside(key) from None
        return result

    return decode


def nullable_decoder(decoder: Decoder[T]) -> Decoder[T | None]:
    """Accept null, and what the decoder accepts."""

    def decode(value: Any) -> T | None:
        return None if value is None else decoder(value)

    return decode


def union_decoder(*decoders: Decoder[Any]) -> Decoder[Any]:
    """Accept what one of the decoders accepts; the first that does decides the type.

    When none does, the error is the one that got furthest into the value, among decoders of the object's kind.
    """

    def decode(value: Any) -> Any:
        errors: list[DecodingError] = []
        for decoder in decoders:
            try:
                return decoder(value)
            except DecodingError as error:
                # With its traceback it would hold this frame, and so the value, until the garbage collector comes.
                errors.append(error.with_traceback(None))
        of_this_kind = [error for error in errors if not (error.wrong_literal and len(error.progress) == 1)] or errors
        furthest = max(of_this_kind, key=lambda error: error.progress)
        there = [error for error in of_this_kind if error.path == furthest.path]
        furthest.expected = " or ".join(dict.fromkeys(error.expected for error in there))
        furthest.wrong_type = all(error.wrong_type for error in there)
        raise furthest from None

    return decode


def describe(value: Any) -> str:
    """Return a value as an error message quotes it: its type, and its beginning."""
    size = len(value) if isinstance(value, Sized) else 0
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return f"the string {value[:40]!r}{'…' if len(value) > 40 else ''}"
        case float() | int():
            return f"the number {_shortened(value)}"
        case list() | tuple():
            return f"a list of {size}"
        case Mapping():
            return f"an object with {size} fields"
        case _:
            return f"a {type(value).__name__}"


def _shortened(value: float) -> str:
    return f"{value:.17g}" if isinstance(value, float) or abs(value) < 2**63 else "beyond 64 bits"


def _path_segment(step: str | int) -> str:
    return f".{step}" if isinstance(step, str) and step.isidentifier() else f"[{step!r}]"


def _unexpected(value: Any, expected: str, *, wrong_type: bool = True) -> DecodingError:
    return DecodingError(expected, describe(value), wrong_type=wrong_type)
