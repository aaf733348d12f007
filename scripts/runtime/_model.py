"""The base of every model, and the decoder of every declared type.

The declared types say it all: `decoder_for(list[Usage])` takes what the JSON parser returned and gives a list of
`Usage`. Fields that the contract does not know are kept.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import partial
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Self, Union, get_args, get_origin, get_type_hints

from attrs import define, field, fields, frozen

from ._decoding import (
    Decoder,
    DecodingError,
    decode_any,
    decode_bool,
    decode_bytes,
    decode_float,
    decode_floats,
    decode_int,
    decode_mapping,
    decode_null,
    decode_string,
    dict_decoder,
    enum_decoder,
    list_decoder,
    literal_decoder,
    minimum_decoder,
    nullable_decoder,
    union_decoder,
)
from ._types import UNSET, OpenEnum, Unset, is_instance


@frozen
class Minimum:
    """The least value that a number may have, as its annotation says it: `Annotated[int, Minimum(1)]`.

    Attributes:
        value: the least value, allowed itself.

    """

    value: float


@define(kw_only=True)
class JsonModel:
    """A JSON object whose subclasses declare its fields.

    Attributes:
        additional_properties: fields that the contract does not know, by name. They are encoded as they came.

    """

    additional_properties: dict[str, Any] = field(factory=dict)

    @classmethod
    def from_dict(cls, source: Any) -> Self:
        """Return the object that parsed JSON stands for.

        A null that the contract does not allow in an optional field counts as absent.

        Raises:
            ContractError: a field is missing or is not what the contract says; its `path` says which.

        """
        try:
            result: Self = decode_model(cls, source)
        except DecodingError as error:
            raise error.as_contract_error() from None
        return result

    def to_dict(self) -> dict[str, Any]:
        """Return the object as plain JSON values; fields that are `UNSET` are left out."""
        result: dict[str, Any] = {}
        for model_field in _fields_of(type(self)):
            value = getattr(self, model_field.name)
            if value is not UNSET:
                result[model_field.key] = encode(value)
        for key, value in self.additional_properties.items():
            if key in result:
                raise ValueError(f"additional_properties: {key!r} is a field of its own; set it there")
            if value is not UNSET:
                result[key] = encode(value)
        return result


def encode(value: Any) -> Any:
    """Return a value as plain JSON: models as objects, enumerations as their values, sequences as lists."""
    if isinstance(value, JsonModel):
        return value.to_dict()
    if isinstance(value, Enum):
        return value.value
    if is_instance(value, Mapping):
        properties: Mapping[str, Any] = value
        return {key: encode(item) for key, item in properties.items()}
    if is_instance(value, Sequence) and not is_instance(value, str, bytes, bytearray, memoryview):
        items: Sequence[Any] = value
        return [encode(item) for item in items]
    return value


def decode_model(model: type[Any], source: Any) -> Any:
    """Return an object of a model class.

    Raises:
        DecodingError: a field is missing or is not what its type says.

    """
    remaining = dict(decode_mapping(source))
    values: dict[str, Any] = {}
    for model_field in _fields_of(model):
        if model_field.key not in remaining:
            if model_field.required:
                raise DecodingError("a value", "nothing").inside(model_field.key)
            continue
        value = remaining.pop(model_field.key)
        try:
            values[model_field.name] = model_field.decoder(value)
        except DecodingError as error:
            if value is not None or model_field.required:
                raise error.inside(model_field.key) from None
    return model(additional_properties=remaining, **values)


def decoder_for(declared: Any) -> Decoder[Any]:
    """Return the decoder of a declared type.

    Args:
        declared: a type as the models and operations declare it: `int`, `str | None`, `list[Usage]`,
            `Literal["list"]`, `Annotated[int, Minimum(1)]`, a model class, an open enumeration.

    """
    origin, arguments = get_origin(declared), get_args(declared)
    if declared in _PLAIN:
        return _PLAIN[declared]
    if origin is Annotated:
        return minimum_decoder(arguments[1].value, decoder_for(arguments[0]))
    if origin in {Union, UnionType}:
        return _decoder_for_union(arguments)
    if origin is Literal:
        return literal_decoder(arguments[0])
    if origin in {list, Sequence}:
        return decode_floats if arguments[0] is float else list_decoder(decoder_for(arguments[0]))
    if origin is dict:
        return decode_mapping if arguments[1] is Any else dict_decoder(decoder_for(arguments[1]))
    if is_instance(declared, type) and issubclass(declared, OpenEnum):
        return enum_decoder(declared)
    return partial(decode_model, declared)


def _decoder_for_union(members: tuple[Any, ...]) -> Decoder[Any]:
    is_open = any(isinstance(member, type) and issubclass(member, OpenEnum) for member in members)
    skipped = {Unset, NoneType, str} if is_open else {Unset, NoneType}
    decoders = [decoder_for(member) for member in members if member not in skipped]
    decoder = decoders[0] if len(decoders) == 1 else union_decoder(*decoders)
    return nullable_decoder(decoder) if NoneType in members else decoder


@frozen
class _ModelField:
    """A declared field: its attribute, its JSON key, whether the contract requires it, and its decoder."""

    name: str
    key: str
    required: bool
    decoder: Decoder[Any]


_FIELDS: dict[type[Any], tuple[_ModelField, ...]] = {}
"""The fields of each model class that has been used."""


def _fields_of(model: type[Any]) -> tuple[_ModelField, ...]:
    if model not in _FIELDS:
        _FIELDS[model] = _declared_fields(model)
    return _FIELDS[model]


def _declared_fields(model: type[Any]) -> tuple[_ModelField, ...]:
    """Return the fields that a model class declares, constants first: they tell of which kind an object is."""
    # Models that refer to each other import each other for type checkers only: their names are in the package.
    siblings = vars(sys.modules[model.__module__.rpartition(".")[0]])
    hints = get_type_hints(model, localns=dict(siblings), include_extras=True)
    return tuple(
        _ModelField(
            attribute.name,
            attribute.metadata.get("json", attribute.name),
            Unset not in get_args(hints[attribute.name]),
            decoder_for(hints[attribute.name]),
        )
        for attribute in sorted(fields(model), key=lambda attribute: get_origin(hints[attribute.name]) is not Literal)
        if attribute.name != "additional_properties"
    )


_PLAIN: Mapping[Any, Decoder[Any]] = {
    Any: decode_any,
    NoneType: decode_null,
    bool: decode_bool,
    float: decode_float,
    int: decode_int,
    str: decode_string,
    bytes: decode_bytes,
}
