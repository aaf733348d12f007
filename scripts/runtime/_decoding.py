"""Decoders: functions from parsed JSON to typed values, which raise `DecodingError` with the path to what is wrong.

`decode_*` functions are decoders; `*_decoder` functions make decoders of others. Which decoder belongs to a declared
type is decided in `_model`. Every decoder takes the value and a list: objects of answers add to it the errors that
they can do without. With None in its place decoding is strict: every error is raised."""

import math
import operator
from collections.abc import Callable, Mapping, Sequence, Sized
from types import NoneType
from typing import Any, Self, TypeAlias, TypeVar, cast

from attrs import define, field

from ._types import Length, OpenEnum, Range, is_instance
from .errors import ContractError

T = TypeVar("T")
Known = TypeVar("Known", bound=OpenEnum)


@define(slots=False, eq=False, repr=False, auto_exc=False)
class DecodingError(Exception):
    """A value is `received` where its type says `expected`. Each level of the value that the error passes adds a step.

    It has `wrong_type` when not only the value is wrong, and `wrong_literal` when a constant has another string: the
    object is then of another kind than the decoder's."""

    expected: str
    received: str
    wrong_type: bool = field(default=True, kw_only=True)
    wrong_literal: bool = field(default=False, kw_only=True)
    _steps: list[str | int] = field(factory=list, init=False)

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
        return "$" + "".join(f".{step}" if str(step).isidentifier() else f"[{step!r}]" for step in self._steps)

    def as_contract_error(self) -> ContractError:
        """Return what a caller sees when the value came from a server: as an error, or among the deviations."""
        return ContractError(self.path, self.expected, self.received)

    def as_argument_error(self) -> TypeError | ValueError:
        """Return the error that a caller sees when the value is an argument of theirs; it names the field."""
        error_class = TypeError if self.wrong_type else ValueError
        name = self.path.removeprefix("$").removeprefix(".")
        return error_class(f"{name}: expected {self.expected}, received {self.received}")


Tolerated: TypeAlias = list[DecodingError] | None
"""The errors that an answer can do without, so far; None where there are none such: in requests."""

Decoder: TypeAlias = Callable[[Any, Tolerated], T]


def decode_inside(step: str | int, decoder: Decoder[T], value: Any, tolerated: Tolerated) -> T:
    """Decode what is one level further in; every error that comes of it says so."""
    known = len(tolerated or ())
    try:
        return decoder(value, tolerated)
    except DecodingError as error:
        raise error.inside(step) from None
    finally:
        for deviation in tolerated[known:] if tolerated else ():
            deviation.inside(step)


def decode_any(value: Any, _: Tolerated = None) -> Any:
    """Return any JSON value as it is."""
    return value


def instance_decoder(kind: type[T], expected: str) -> Decoder[T]:
    """Accept instances of a class, as they are."""

    def decode(value: Any, _: Tolerated = None) -> T:
        if isinstance(value, kind):
            return value
        raise unexpected(value, expected)

    return decode


decode_null = instance_decoder(NoneType, "null")
decode_bool = instance_decoder(bool, "true or false")
decode_string = instance_decoder(str, "a string")
decode_bytes = instance_decoder(bytes, "bytes")
decode_floats = instance_decoder(cast("type[list[float]]", list), "a list of numbers")
"""Leaves the items unchecked: a batch of vectors holds millions, which are checked as they are converted."""


def decode_int(value: Any, _: Tolerated = None) -> int:
    """Accept an integer, also one written with a fraction of zero, such as 8.0, or one of another library's."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    try:
        if not isinstance(value, bool):
            return operator.index(value)  # pyright: ignore[reportArgumentType]
    except TypeError:
        pass
    raise unexpected(value, "an integer")


def decode_float(value: Any, _: Tolerated = None) -> float:
    """Accept a finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise unexpected(value, "a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise unexpected(value, "a finite number", wrong_type=False)
    return value


def decode_mapping(value: Any, _: Tolerated = None) -> dict[str, Any]:
    """Accept a JSON object with any fields."""
    if is_instance(value, Mapping):
        fields: Mapping[str, Any] = value
        return fields if isinstance(fields, dict) else dict(fields)
    raise unexpected(value, "an object")


def literal_decoder(expected: T) -> Decoder[T]:
    """Accept one value only: the constant that tells of which kind an object is."""

    def decode(value: Any, _: Tolerated = None) -> T:
        if value == expected:
            return expected
        is_string = isinstance(value, str)
        raise DecodingError(repr(expected), describe(value), wrong_type=not is_string, wrong_literal=is_string)

    return decode


def enum_decoder(enum: type[Known]) -> Decoder[Known]:
    """Accept any string, as a member of the enumeration; unknown values are kept."""
    return lambda value, _: enum(decode_string(value, None))


def bounded_decoder(bounds: Range, decoder: Decoder[T]) -> Decoder[T]:
    """Accept what the decoder accepts and is within the bounds."""
    counted, minimum, maximum = isinstance(bounds, Length), bounds.minimum, bounds.maximum

    def decode(value: Any, tolerated: Tolerated = None) -> T:
        result: Any = decoder(value, tolerated)
        if not minimum <= (len(result) if counted else result) <= maximum:
            kind = "" if not counted else "a string of " if isinstance(result, str) else "a list of "
            raise unexpected(value, f"{kind}{bounds}", wrong_type=False)
        accepted: T = result
        return accepted

    return decode


def list_decoder(decoder: Decoder[T]) -> Decoder[list[T]]:
    """Accept a list whose items the decoder accepts; any sequence but text and bytes counts as a list in a request."""

    def decode(value: Any, tolerated: Tolerated = None) -> list[T]:
        if not is_instance(value, Sequence) or is_instance(value, str, bytes, bytearray, memoryview):
            raise unexpected(value, "a list")
        if tolerated is None:  # the same, without a call for each item
            decoded: list[T] = []
            try:
                decoded += (decoder(item, None) for item in value)
            except DecodingError as error:
                raise error.inside(len(decoded)) from None
            return decoded
        return [decode_inside(position, decoder, item, tolerated) for position, item in enumerate(value)]

    return decode


def dict_decoder(decoder: Decoder[T]) -> Decoder[dict[str, T]]:
    """Accept an object whose values the decoder accepts."""
    return lambda value, tolerated: {
        key: decode_inside(key, decoder, item, tolerated) for key, item in decode_mapping(value).items()
    }


def nullable_decoder(decoder: Decoder[T]) -> Decoder[T | None]:
    """Accept null, and what the decoder accepts."""
    return lambda value, tolerated: None if value is None else decoder(value, tolerated)


def union_decoder(*decoders: Decoder[Any]) -> Decoder[Any]:
    """Accept what one of the decoders accepts: the first that finds nothing wrong, else the one that finds the least.

    When none does, the error is the one that got furthest into the value, among decoders of the object's kind."""

    def decode(value: Any, tolerated: Tolerated = None) -> Any:
        errors: list[DecodingError] = []
        usable: list[tuple[Any, list[DecodingError]]] = []
        for decoder in decoders:
            found: Tolerated = None if tolerated is None else []
            try:
                result = decoder(value, found)
            except DecodingError as error:
                # With its traceback it would hold this frame, and so the value, until the garbage collector comes.
                errors.append(error.with_traceback(None))
                continue
            if not found:
                return result
            of_another_kind = next((error for error in found if _is_of_another_kind(error)), None)
            if of_another_kind:
                errors.append(of_another_kind)
            else:
                usable.append((result, found))
        if tolerated is not None and usable:
            result, found = min(usable, key=lambda each: len(each[1]))
            tolerated += found
            return result
        raise _furthest(errors) from None

    return decode


def _is_of_another_kind(error: DecodingError) -> bool:
    return error.wrong_literal and len(error.progress) == 1


def _furthest(errors: list[DecodingError]) -> DecodingError:
    """Return the error that got furthest into the value; what is expected there is what any of the errors there say."""
    of_this_kind = [error for error in errors if not _is_of_another_kind(error)] or errors
    furthest = max(of_this_kind, key=lambda error: error.progress)
    there = [error for error in of_this_kind if error.path == furthest.path]
    furthest.expected = " or ".join(dict.fromkeys(error.expected for error in there))
    furthest.wrong_type = all(error.wrong_type for error in there)
    return furthest


def is_deep(*values: Any) -> bool:
    """Return whether lists or objects nest more than 100 levels: too deep to be sure to encode, copy or pickle them."""
    levels = 0
    while values and levels <= 100:
        inner: list[Any] = [item.values() if is_instance(item, dict) else item for item in values]
        values = tuple(item for items in inner for item in items if is_instance(item, dict, list))
        levels += 1
    return levels > 100


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
        case int() if abs(value) >= 2**63:
            return "the number beyond 64 bits"
        case float() | int():
            return f"the number {value:.17g}"
        case list() | tuple():
            return f"a list of {size}"
        case Mapping():
            return f"an object with {size} fields"
        case _:
            return f"a {type(value).__name__}"


def unexpected(value: Any, expected: str, *, wrong_type: bool = True) -> DecodingError:
    """Return the error of a value that is not what was expected."""
    return DecodingError(expected, describe(value), wrong_type=wrong_type)
