# Copied by `python scripts/generate.py` from scripts/runtime: do not edit here.
"""The base of every model: a typed JSON object that keeps the fields it does not know."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, ClassVar, Literal, Self, get_args, get_origin, get_type_hints

from attrs import define, field, fields, frozen

from .errors import ContractError
from .reading import Reader, is_a, mapping, reader_of
from .types import UNSET, Unset


@frozen
class _Field:
    """How one declared field is read: attribute, JSON key, whether the contract promises it, and its reader."""

    name: str
    key: str
    required: bool
    read: Reader[Any]


@define(kw_only=True)
class Record:
    """A JSON object whose subclasses declare its fields.

    Attributes:
        additional_properties: fields that the contract does not know, by name. They are written back as they came.

    """

    _plans: ClassVar[dict[type[Record], tuple[_Field, ...]]] = {}

    additional_properties: dict[str, Any] = field(factory=dict)

    @classmethod
    def from_dict(cls, source: Any) -> Self:
        """Return the object read from parsed JSON.

        A null that the contract does not allow in an optional field counts as absent.

        Raises:
            ContractError: a field is missing or is not what the contract says; its `path` says which.

        """
        left = dict(mapping(source))
        values = {}
        for declared in cls._plans.get(cls) or cls._plan():
            if declared.key not in left:
                if declared.required:
                    raise ContractError("a value", "nothing").inside(declared.key)
                continue
            value = left.pop(declared.key)
            try:
                values[declared.name] = declared.read(value)
            except ContractError as error:
                if value is not None or declared.required:
                    raise error.inside(declared.key) from None
        return cls(additional_properties=left, **values)

    def to_dict(self) -> dict[str, Any]:
        """Return the object as plain JSON values; fields that are `UNSET` are left out."""
        result: dict[str, Any] = {}
        for declared in self._plans.get(type(self)) or self._plan():
            value = getattr(self, declared.name)
            if value is not UNSET:
                result[declared.key] = to_json(value)
        for key, value in self.additional_properties.items():
            if key in result:
                raise ValueError(f"additional_properties: {key!r} is a field of its own; set it there")
            if value is not UNSET:
                result[key] = to_json(value)
        return result

    @classmethod
    def _plan(cls) -> tuple[_Field, ...]:
        """Return how the fields are read, worked out on first use from what the class declares.

        Constants come first: they tell whether an object is of this class at all.
        """
        # Models that know each other import each other for the type checker only: their names are in the package.
        siblings = vars(sys.modules[cls.__module__.rpartition(".")[0]])
        hints = get_type_hints(cls, localns=dict(siblings), include_extras=True)
        plan = tuple(
            _Field(
                attribute.name,
                attribute.metadata.get("json", attribute.name),
                Unset not in get_args(hints[attribute.name]),
                reader_of(hints[attribute.name]),
            )
            for attribute in sorted(fields(cls), key=lambda field: get_origin(hints[field.name]) is not Literal)
            if attribute.name != "additional_properties"
        )
        cls._plans[cls] = plan
        return plan


def to_json(value: Any) -> Any:
    """Return a value as plain JSON: records as objects, enumerations as their values, sequences as lists."""
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, Enum):
        return value.value
    if is_a(value, Mapping):
        fields_: Mapping[str, Any] = value
        return {key: to_json(item) for key, item in fields_.items()}
    if is_a(value, Sequence) and not is_a(value, str, bytes, bytearray, memoryview):
        items: Sequence[Any] = value
        return [to_json(item) for item in items]
    return value
