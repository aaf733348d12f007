"""What models, operations and client share: the absent value, open enumerations, the description of the contract."""

import math
from enum import Enum, StrEnum
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from attrs import frozen


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = "UNSET"

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET
"""The value of a field of a request that is left out. It is false in a condition."""

Null: TypeAlias = Annotated[None, "null"]
"""None where the contract allows null: it is sent as null. Elsewhere None in a request leaves the field out."""


@frozen
class Range:
    """The `minimum` and the `maximum` that a number may have: `Annotated[int, Range(1, 1000)]`."""

    minimum: float = -math.inf
    maximum: float = math.inf

    def __str__(self) -> str:
        if self.maximum == math.inf:
            return f"{self.minimum:.15g} or more"
        if self.minimum == -math.inf:
            return f"{self.maximum:.15g} or less"
        return f"{self.minimum:.15g} to {self.maximum:.15g}"


@frozen
class Length(Range):
    """The same for the count of characters or items: `Annotated[str, Length(1)]`."""


class OpenEnum(StrEnum):
    """Known values of a string that may take others: an unknown value becomes a member that is not listed.

    Members are strings: `Quantization.INT8 == "int8"`, and `Quantization("int3") == "int3"` although the
    contract does not know it."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member


@frozen
class Contract:
    """The contract that a package was generated from.

    Attributes:
        date: the day of the published document, or the day it was downloaded, YYYY-MM-DD; None when it is not known.
        digest: SHA-256 of `openapi.yaml` in the package."""

    date: str | None
    digest: str


def is_instance(value: Any, *classes: type[Any]) -> bool:
    """Return whether a value is an instance of one of the classes; unlike `isinstance`, leaves its type `Any`.

    Type checkers narrow `Any` to `list[Unknown]` and the like after `isinstance`, and then report every use of it."""
    return isinstance(value, classes)


def checked_type(name: str, value: Any, expected: str, *classes: type[Any]) -> Any:
    """Return an argument, or raise `TypeError` where it is of none of the classes; True and False are no numbers."""
    if isinstance(value, bool) or not isinstance(value, classes):
        raise TypeError(f"{name}: expected {expected}, received a {type(value).__name__}")
    return value
