"""The base of every model, and the decoder of every declared type: `decoder_for(list[Usage])` makes lists of `Usage`.

Fields that the contract does not know are kept."""

from __future__ import annotations

import sys
import typing
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import partial
from operator import index
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, Union, get_args, get_origin

from attrs import NOTHING, define, field, fields, frozen

from . import _decoding
from ._accelerators import parse_json
from ._decoding import Decoder, DecodingError, Tolerated, decode_inside, decode_mapping, describe, is_deep
from ._types import UNSET, Null, OpenEnum, Unset, is_instance
from .errors import ContractError

# Characters and items that a repr shows; of longer ones it shows the beginning and the length.
_LONGEST_TEXT = 80
_LONGEST_LIST = 6


@typing.dataclass_transform(kw_only_default=True, field_specifiers=(field,))
class _ModelType(type):
    """Makes an attrs class of each model when it is declared: its fields are the arguments of its constructor."""

    def __new__(cls, name: str, bases: tuple[type[Any], ...], namespace: dict[str, Any]) -> Any:
        model = super().__new__(cls, name, bases, namespace)
        return model if "__attrs_attrs__" in namespace else define(model, kw_only=True, repr=False)


class JsonModel(metaclass=_ModelType):
    """A JSON object whose subclasses declare its fields.

    Attributes:
        additional_properties: fields that the contract does not know, by name. They are encoded as they came."""

    additional_properties: dict[str, Any] = field(factory=dict)
    __attrs_attrs__: ClassVar[tuple[Any, ...]]

    @classmethod
    def from_dict(cls, source: Any) -> Self:
        """Return the object that parsed JSON stands for, or raise `ContractError` with the path of what is wrong."""
        try:
            result: Self = decode_received(partial(decode_model, cls), source)
        except DecodingError as error:
            raise error.as_contract_error() from None
        return result

    def to_dict(self) -> dict[str, Any]:
        """Return the object as plain JSON values; fields that are absent are left out."""
        result: dict[str, Any] = {}
        for model_field in _fields_of(type(self)):
            value = getattr(self, model_field.name)
            if value is None:
                value = self._encode_none(model_field)
            if value is not UNSET:
                result[model_field.key] = encode(value)
        unknown = self.additional_properties
        if not is_instance(unknown, Mapping):
            raise TypeError(f"additional_properties: expected a mapping, received {describe(unknown)}")
        for key, value in unknown.items():
            if key in result:
                raise ValueError(f"additional_properties: {key!r} is a field of its own; set it there")
            if value is not UNSET:
                result[key] = encode(value)
        return result

    def __repr__(self) -> str:
        shown = [(attribute.name, getattr(self, attribute.name)) for attribute in fields(type(self))]
        own = [(name, value) for name, value in shown if name not in _SHARED]
        own += [(name, value) for name, value in shown if name in _SHARED and name[0] != "_" and value]
        texts = [f"{name}={_short_repr(value)}" for name, value in own if value is not None and value is not UNSET]
        return f"{type(self).__name__}({', '.join(texts)})"

    def _encode_none(self, model_field: _ModelField) -> Any:
        """Return what stands for None in a field: `UNSET` where None leaves it out."""
        return None if model_field.nullable or model_field.required else UNSET


class AnswerModel(JsonModel):
    """A JSON object of an answer. Fields that are absent, or not what the contract says, are None.

    Attributes:
        deviations: on the object that `sync` or `from_dict` returned: where it is not what the contract says, each
            with its `path`, `expected` and `received`."""

    deviations: tuple[ContractError, ...] = field(default=(), init=False, eq=False)
    _received: dict[str, Any] | None = field(default=None, init=False, eq=False)

    def _check(self, request: JsonModel | None) -> None:
        """Raise `ContractError` where the answer does not fit its request, or contradicts itself."""

    def leave_as_text(self, name: str, text: memoryview) -> None:
        """Parse the JSON of a field when it is first read."""
        self._received = {**(self._received or {}), name: text}
        delattr(self, name)

    if not TYPE_CHECKING:  # which would take any name for that of a field

        def __getattr__(self, name: str) -> Any:
            text = None if name == "_received" else (self._received or {}).get(name)
            if isinstance(text, memoryview):
                setattr(self, name, parse_json(bytes(text)))
                self._received.pop(name, None)
            return object.__getattribute__(self, name)

    def _encode_none(self, model_field: _ModelField) -> Any:
        if self._received is not None:
            return self._received.get(model_field.key, UNSET)  # as it came: null, a misfit, or nothing
        return None if model_field.nullable and model_field.required else UNSET


_SHARED = {attribute.name for attribute in fields(AnswerModel)}


def encode(value: Any) -> Any:
    """Return a value as plain JSON: models as objects, enumerations as their values, sequences as lists."""
    if type(value) in _SCALARS:
        return value
    if isinstance(value, JsonModel):
        return value.to_dict()
    if isinstance(value, Enum):
        return value.value
    if is_instance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    if is_instance(value, Sequence) and not is_instance(value, str, bytes, bytearray, memoryview):
        return [encode(item) for item in value]
    try:
        return index(value)  # an integer of numpy, for example
    except TypeError:
        return value


def decode_received(decoder: Decoder[Any], source: Any) -> Any:
    """Decode an answer, and leave in its `deviations` what could be done without."""
    tolerated: list[DecodingError] = []
    result = decoder(source, tolerated)
    if isinstance(result, AnswerModel):
        result.deviations = tuple(error.as_contract_error() for error in tolerated)
    return result


def decode_model(model: type[Any], source: Any, tolerated: Tolerated = None) -> Any:
    """Return an object of a model class, or raise `DecodingError` where a field is missing or not what its type says.

    Where `tolerated` is a list, it takes the errors of the fields that an answer can do without."""
    remaining = dict(decode_mapping(source))
    tolerated = tolerated if issubclass(model, AnswerModel) else None
    values: dict[str, Any] = {}
    received: dict[str, Any] = {}
    for model_field in _fields_of(model):
        present = model_field.key in remaining
        if not present and not model_field.required:
            continue
        value = remaining.pop(model_field.key, None)
        if present and (type(value) in model_field.kept or value == model_field.constant):
            values[model_field.name] = value
            continue
        known = len(tolerated or ())
        try:
            if not present:
                raise DecodingError("a value", "nothing").inside(model_field.key)
            result = decode_inside(model_field.key, model_field.decoder, value, tolerated)
        except DecodingError as error:
            if tolerated is None or model_field.indispensable:
                raise
            tolerated[known:] = [error]
            result = None
        values[model_field.name] = result
        if result is None and present:
            received[model_field.key] = value
    if (remaining or received) and is_deep(remaining, received):
        raise DecodingError("JSON", "JSON that nests too deeply")
    decoded = model(additional_properties=remaining, **values)
    if isinstance(decoded, AnswerModel):
        decoded._received = received  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    return decoded


def decoder_for(declared: Any) -> Decoder[Any]:
    """Return the decoder of a type as models and operations declare it: `list[Usage]`, `Annotated[int, Range(1)]`."""
    origin, arguments = get_origin(declared), get_args(declared)
    if declared in _PLAIN:
        return _PLAIN[declared]
    if origin is Annotated:
        return _decoding.bounded_decoder(arguments[1], decoder_for(arguments[0]))
    if origin in {Union, UnionType}:
        return _decoder_for_union(arguments)
    if origin is Literal:
        return _decoding.literal_decoder(arguments[0])
    if origin in {list, Sequence}:
        return _decoding.decode_floats if arguments[0] is float else _decoding.list_decoder(decoder_for(arguments[0]))
    if origin is dict:
        return decode_mapping if arguments[1] is Any else _decoding.dict_decoder(decoder_for(arguments[1]))
    if is_instance(declared, type) and issubclass(declared, OpenEnum):
        return _decoding.enum_decoder(declared)
    return partial(decode_model, declared)


def _decoder_for_union(members: tuple[Any, ...]) -> Decoder[Any]:
    skipped = {Unset, NoneType, Null, str} if _is_open(members) else {Unset, NoneType, Null}
    decoders = [decoder_for(member) for member in members if member not in skipped] or [_decoding.decode_null]
    decoder = decoders[0] if len(decoders) == 1 else _decoding.union_decoder(*decoders)
    return _decoding.nullable_decoder(decoder) if NoneType in members or Null in members else decoder


def _is_open(members: tuple[Any, ...]) -> bool:
    """Return whether a string may be a member of an open enumeration."""
    return any(isinstance(member, type) and issubclass(member, OpenEnum) for member in members)


@frozen
class _ModelField:
    """A declared field: its attribute, its name in JSON, what the contract says of it, and its decoder.

    It is indispensable when an answer without it is of no use: its type does not allow None. A value that is the
    constant, or whose type is among `kept`, is what the decoder would return."""

    name: str
    key: str
    required: bool
    nullable: bool
    indispensable: bool
    decoder: Decoder[Any]
    constant: Any
    kept: frozenset[type[Any]]


_FIELDS: dict[type[Any], tuple[_ModelField, ...]] = {}  # of each model class that has been used


def _fields_of(model: type[Any]) -> tuple[_ModelField, ...]:
    if model not in _FIELDS:
        _FIELDS[model] = _declared_fields(model)
    return _FIELDS[model]


def _declared_fields(model: type[Any]) -> tuple[_ModelField, ...]:
    """Return the fields that a model class declares, constants first: they tell of which kind an object is."""
    # Given a namespace of its own, a field that is called as a type is not taken for it.
    hints = typing.get_type_hints(model, localns=dict(vars(sys.modules[model.__module__])), include_extras=True)
    declared: list[_ModelField] = []
    for attribute in fields(model):
        if attribute.name in _SHARED:
            continue
        hint = hints[attribute.name]
        members = get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)
        nullable = Null in members or Any in members
        is_constant = get_origin(members[0]) is Literal
        lists = sum(get_origin(member) is list for member in members)
        model_field = _ModelField(
            attribute.name,
            attribute.metadata.get("json", attribute.name),
            attribute.default is NOTHING or attribute.default not in {None, UNSET},
            nullable,
            not nullable and NoneType not in members,
            decoder_for(Any) if Any in members else _decoder_for_union(tuple(m for m in members if m is not NoneType)),
            get_args(members[0])[0] if is_constant else UNSET,
            frozenset() if _is_open(members) or lists > 1 else frozenset(_KEPT[m] for m in members if m in _KEPT),
        )
        declared.append(model_field)
    return tuple(sorted(declared, key=lambda model_field: model_field.constant is UNSET))


def _short_repr(value: Any) -> str:
    """Return the repr of a value; of a long text or list, its beginning and its length."""
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return f"{value[: _LONGEST_TEXT // 2]!r}… ({len(value)} characters)"
    if is_instance(value, list, tuple) and len(value) > _LONGEST_LIST:
        if isinstance(value[0], (int, float)):
            return f"<{len(value)} numbers>"
        return f"[{', '.join(map(_short_repr, value[: _LONGEST_LIST // 2]))}, … ({len(value)} items)]"
    if is_instance(value, list):
        return f"[{', '.join(map(_short_repr, value))}]"
    if is_instance(value, Mapping) and len(value) > _LONGEST_LIST:
        return f"<an object with {len(value)} fields>"
    return repr(value)


_PLAIN: Mapping[Any, Decoder[Any]] = {
    Any: _decoding.decode_any,
    NoneType: _decoding.decode_null,
    Null: _decoding.decode_null,
    bool: _decoding.decode_bool,
    float: _decoding.decode_float,
    int: _decoding.decode_int,
    str: _decoding.decode_string,
    bytes: _decoding.decode_bytes,
}

_SCALARS = frozenset({str, int, float, bool, NoneType})
# Declared types, with that of the values which their decoders return as they are.
_KEPT: Mapping[Any, type[Any]] = {str: str, int: int, float: int, bool: bool, list[float]: list}
