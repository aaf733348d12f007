"""What the models and operations share: the absent value, open enumerations, the detailed answer."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import Final, Generic, Literal, TypeVar

import httpx
from attrs import field, frozen

from .errors import ApiError, ContractError

T = TypeVar("T")


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = "UNSET"

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET
"""A field that is not there, as distinct from one that is null. It is false in a condition."""


class OpenEnum(StrEnum):
    """Known values of a string that may take others: an unknown value becomes a member that is not listed.

    Members are strings: `Quantization.INT8 == "int8"`, and `Quantization("int3") == "int3"` although the
    contract does not know it.
    """

    @classmethod
    def _missing_(cls, value: object) -> OpenEnum | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member


@frozen
class Contract:
    """Which contract a package was made from.

    Attributes:
        date: the day of the published document, or the day it was taken in, YYYY-MM-DD; None when it is not known.
        digest: SHA-256 of `openapi.yaml` in the package.

    """

    date: str | None
    digest: str


@frozen
class Response(Generic[T]):
    """An answer with everything around it.

    Attributes:
        status: the HTTP status as a plain integer.
        headers: the headers, case-insensitive.
        content: the body as it came, decompressed.
        result: the parsed body, or None when there is an error.
        error: what `sync` would have raised, or None when there is a result.

    """

    status: int
    headers: httpx.Headers
    content: bytes = field(repr=False)
    result: T | None
    error: ApiError | ContractError | None
