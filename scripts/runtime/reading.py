"""Readers: functions from parsed JSON to typed values, which raise `ContractError` with the path of the fault.

The declared types say it all: `reader_of(list[Usage])` takes what the JSON parser made and returns a list of `Usage`.
What the contract does not know is kept, not refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence, Sized
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, Union, get_args, get_origin

from attrs import frozen

from .errors import ContractError
from .types import OpenEnum, Unset

T = TypeVar("T")
Known = TypeVar("Known", bound=OpenEnum)

Reader: TypeAlias = Callable[[Any], T]


@frozen
class AtLeast:
    """Says in an annotation that a number is not less than `bound`."""

    bound: float


def reader_of(declared: Any) -> Reader[Any]:
    """Return the reader of a declared type.

    Args:
        declared: a type as the models and operations declare it: `int`, `str | None`, `list[Usage]`,
            `Literal["list"]`, `Annotated[int, AtLeast(1)]`, a class with `from_dict`, an open enumeration.

    """
    origin, arguments = get_origin(declared), get_args(declared)
    if declared in _PLAIN:
        return _PLAIN[declared]
    if origin is Annotated:
        return at_least(arguments[1].bound, reader_of(arguments[0]))
    if origin in {Union, UnionType}:
        return _union_of(arguments)
    if origin is Literal:
        return constant(arguments[0])
    if origin in {list, Sequence}:
        # A batch of vectors holds millions of numbers: they are checked when they are used.
        return numbers if arguments[0] is float else list_of(reader_of(arguments[0]))
    if origin is dict:
        return mapping if arguments[1] is Any else mapping_of(reader_of(arguments[1]))
    if is_a(declared, type) and issubclass(declared, OpenEnum):
        return open_enum(declared)
    read: Reader[Any] = declared.from_dict
    return read


def _union_of(members: tuple[Any, ...]) -> Reader[Any]:
    is_open = any(isinstance(member, type) and issubclass(member, OpenEnum) for member in members)
    skipped = {Unset, NoneType, str} if is_open else {Unset, NoneType}
    readers = [reader_of(member) for member in members if member not in skipped]
    read = readers[0] if len(readers) == 1 else one_of(*readers)
    return nullable(read) if NoneType in members else read


def anything(value: Any) -> Any:
    """Return any JSON value as it is."""
    return value


def null(value: Any) -> None:
    """Accept null only."""
    if value is not None:
        raise _unexpected(value, "null")


def boolean(value: Any) -> bool:
    """Accept true and false."""
    if isinstance(value, bool):
        return value
    raise _unexpected(value, "true or false")


def string(value: Any) -> str:
    """Accept a string."""
    if isinstance(value, str):
        return value
    raise _unexpected(value, "a string")


def binary(value: Any) -> bytes:
    """Accept bytes: a file of a form, or an answer that is not JSON."""
    if isinstance(value, bytes):
        return value
    raise _unexpected(value, "bytes")


def integer(value: Any) -> int:
    """Accept a whole number, also one written with a fraction of zero, such as 8.0."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise _unexpected(value, "an integer")


def number(value: Any) -> float:
    """Accept a finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _unexpected(value, "a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise _unexpected(value, "a finite number", wrong_type=False)
    return value


def numbers(value: Any) -> list[float]:
    """Accept a list, and leave its items for later: a list of vectors holds millions."""
    if is_a(value, list):
        items: list[float] = value
        return items
    raise _unexpected(value, "a list of numbers")


def mapping(value: Any) -> dict[str, Any]:
    """Accept a JSON object of any form."""
    if is_a(value, Mapping):
        fields: Mapping[str, Any] = value
        return fields if isinstance(fields, dict) else dict(fields)
    raise _unexpected(value, "an object")


def constant(expected: T) -> Reader[T]:
    """Accept one value only: the kind of an object."""

    def read(value: Any) -> T:
        if value == expected:
            return expected
        error = _unexpected(value, repr(expected), wrong_type=not isinstance(value, str))
        error.other_kind = not error.wrong_type
        raise error

    return read


def open_enum(known: type[Known]) -> Reader[Known]:
    """Accept any string, as a member of `known`; unknown ones survive."""

    def read(value: Any) -> Known:
        return known(string(value))

    return read


def at_least(bound: float, read: Reader[T]) -> Reader[T]:
    """Accept what `read` accepts and is not less than `bound`."""

    def bounded(value: Any) -> T:
        result: Any = read(value)
        if result < bound:
            raise _unexpected(value, f"{bound:g} or more", wrong_type=False)
        return result  # type: ignore[no-any-return]

    return bounded


def list_of(read: Reader[T]) -> Reader[list[T]]:
    """Accept a list whose items `read` accepts; in a request any sequence will do, but for text and bytes."""

    def read_list(value: Any) -> list[T]:
        if not is_a(value, Sequence) or is_a(value, str, bytes, bytearray, memoryview):
            raise _unexpected(value, "a list")
        items: Sequence[Any] = value
        position = 0
        result: list[T] = []
        try:
            for position, item in enumerate(items):  # noqa: B007
                result.append(read(item))
        except ContractError as error:
            raise error.inside(position) from None
        return result

    return read_list


def mapping_of(read: Reader[T]) -> Reader[dict[str, T]]:
    """Accept an object whose values `read` accepts."""

    def read_mapping(value: Any) -> dict[str, T]:
        result: dict[str, T] = {}
        for key, item in mapping(value).items():
            try:
                result[key] = read(item)
            except ContractError as error:
                raise error.inside(key) from None
        return result

    return read_mapping


def nullable(read: Reader[T]) -> Reader[T | None]:
    """Accept null, and what `read` accepts."""

    def read_nullable(value: Any) -> T | None:
        return None if value is None else read(value)

    return read_nullable


def one_of(*readers: Reader[Any]) -> Reader[Any]:
    """Accept what the first of the readers accepts that accepts it.

    When none does, the error is the one that got furthest into the value, of those that know the object's kind.
    """

    def read(value: Any) -> Any:
        errors: list[ContractError] = []
        for reader in readers:
            try:
                return reader(value)
            except ContractError as error:
                # With its traceback it would hold this frame, and so the value, until the garbage collector comes.
                errors.append(error.with_traceback(None))
        of_this_kind = [error for error in errors if not (error.other_kind and len(error.progress) == 1)] or errors
        furthest = max(of_this_kind, key=lambda error: error.progress)
        there = [error for error in of_this_kind if error.path == furthest.path]
        furthest.expected = " or ".join(dict.fromkeys(error.expected for error in there))
        furthest.wrong_type = all(error.wrong_type for error in there)
        raise furthest from None

    return read


def is_a(value: Any, *kinds: type[Any]) -> bool:
    """Tell whether a value is of one of these kinds; to a type checker it stays any, and so does what is inside."""
    return isinstance(value, kinds)


def describe(value: Any) -> str:
    """Return a value as a message may quote it: its kind, and its beginning."""
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


def _unexpected(value: Any, expected: str, *, wrong_type: bool = True) -> ContractError:
    return ContractError(expected, describe(value), wrong_type=wrong_type)


_PLAIN: Mapping[Any, Reader[Any]] = {
    Any: anything,
    NoneType: null,
    bool: boolean,
    float: number,
    int: integer,
    str: string,
    bytes: binary,
}
