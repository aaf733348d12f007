"""Faults in validation: what the contract forbids is accepted."""

# What a stage returns is known to the stage only:
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import attrs
import orjson

from openrouter_mock import inputs, pagination
from openrouter_mock.call import HTTPError
from openrouter_mock.faults.fault import Stage, fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from openrouter_mock.call import Call, Input
    from openrouter_mock.validation import ValidationError

    Errors = list[ValidationError]

_SOME_MODEL = "openai/text-embedding-3-small"
_UNICODE_ESCAPE = re.compile(rb"(?<!\\)(\\u)")


def _accept(
    validation_errors: Stage, call: Call, field: str, repair: Callable[[Any], Any], *, when: bool = True
) -> Errors:
    """Return the validation errors of *call*; *when* true, without those of *field*, which *repair* makes valid."""
    found: Errors = validation_errors(call)
    if not when or not isinstance(call.fields, dict):
        return found
    accepted = [error for error in found if error.path[:1] == (field,)]
    if accepted:
        call.fields = {**call.fields, field: repair(call.fields.get(field))}
    return [error for error in found if error not in accepted]


def _ignore(validation_errors: Stage, call: Call, field: str, *, when: bool = True) -> Errors:
    """Return the validation errors of *call*; *when* true, without those of *field*, which is removed if invalid."""
    found = _accept(validation_errors, call, field, lambda _: None, when=when)
    if when and isinstance(call.fields, dict):
        call.fields = {name: value for name, value in call.fields.items() if (name, value) != (field, None)}
    return found


def _field(call: Call, name: str) -> Any:
    return call.fields.get(name) if isinstance(call.fields, dict) else None


def _is_list_with(value: Any, wanted: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and any(map(wanted, value))


@fault("validation_errors")
def accepts_missing_input(validation_errors: Stage, call: Call) -> Errors:
    """A body without `input` is accepted."""
    missing = isinstance(call.fields, dict) and "input" not in call.fields
    return _accept(validation_errors, call, "input", lambda _: "?", when=missing)


@fault("validation_errors")
def accepts_missing_model(validation_errors: Stage, call: Call) -> Errors:
    """A body without `model` is answered by a default model."""
    missing = isinstance(call.fields, dict) and "model" not in call.fields
    return _accept(validation_errors, call, "model", lambda _: _SOME_MODEL, when=missing)


@fault("validation_errors")
def accepts_model_of_any_type(validation_errors: Stage, call: Call) -> Errors:
    """A `model` that is not a string is answered by a default model."""
    given = _field(call, "model") is not None
    return _accept(validation_errors, call, "model", lambda _: _SOME_MODEL, when=given)


@fault("route")
def accepts_unknown_model(route: Stage, call: Call) -> None:
    """An unknown model is answered by another model."""
    try:
        route(call)
    except HTTPError as error:
        if not error.message.startswith("model:"):
            raise
        call.fields = {**call.fields, "model": _SOME_MODEL}
        route(call)


@fault("validation_errors")
def accepts_null_input(validation_errors: Stage, call: Call) -> Errors:
    """An `input` of null is accepted."""
    null = isinstance(call.fields, dict) and "input" in call.fields and call.fields["input"] is None
    return _accept(validation_errors, call, "input", lambda _: "null", when=null)


@fault("validation_errors")
def accepts_number_as_input(validation_errors: Stage, call: Call) -> Errors:
    """An `input` that is a number is read as text."""
    number = isinstance(_field(call, "input"), int | float)
    return _accept(validation_errors, call, "input", str, when=number)


@fault("validation_errors")
def accepts_object_as_input(validation_errors: Stage, call: Call) -> Errors:
    """An `input` that is an object is read as text."""
    given = isinstance(_field(call, "input"), dict)
    return _accept(validation_errors, call, "input", str, when=given)


@fault("validation_errors")
def accepts_empty_text(validation_errors: Stage, call: Call) -> Errors:
    """An empty text is accepted."""
    empty = _field(call, "input") == ""
    return _accept(validation_errors, call, "input", lambda text: text, when=empty)


@fault("validation_errors")
def accepts_empty_text_in_batch(validation_errors: Stage, call: Call) -> Errors:
    """A batch with an empty text is accepted."""
    empty = _is_list_with(_field(call, "input"), lambda each: each == "")
    return _accept(validation_errors, call, "input", lambda batch: batch, when=empty)


@fault("validation_errors")
def accepts_empty_batch(validation_errors: Stage, call: Call) -> Errors:
    """An empty batch is answered with no vectors."""
    empty = _field(call, "input") == []
    return _accept(validation_errors, call, "input", lambda batch: batch, when=empty)


@fault("validation_errors")
def accepts_empty_token_list(validation_errors: Stage, call: Call) -> Errors:
    """A batch with an empty token list is accepted."""
    empty = _is_list_with(_field(call, "input"), lambda each: each == [])
    return _accept(validation_errors, call, "input", lambda batch: [x or [0] for x in batch], when=empty)


@fault("validation_errors")
def accepts_mixed_batch(validation_errors: Stage, call: Call) -> Errors:
    """A batch of texts and numbers is read as texts."""
    batch = _field(call, "input")
    kinds = set(map(type, batch)) if isinstance(batch, list) else set()
    mixed = str in kinds and kinds - {str} <= {int, float} and kinds != {str}
    return _accept(validation_errors, call, "input", lambda b: [str(x) for x in b], when=mixed)


@fault("validation_errors")
def accepts_null_in_batch(validation_errors: Stage, call: Call) -> Errors:
    """A null within a batch is accepted."""
    null = _is_list_with(_field(call, "input"), lambda each: each is None)
    return _accept(validation_errors, call, "input", lambda b: [x or "null" for x in b], when=null)


@fault("validation_errors")
def accepts_negative_token_ids(validation_errors: Stage, call: Call) -> Errors:
    """Negative token ids are accepted."""
    negative = _is_list_with(_field(call, "input"), lambda each: isinstance(each, int) and each < 0)
    return _accept(validation_errors, call, "input", lambda b: [abs(x) for x in b], when=negative)


@fault("validation_errors")
def accepts_fractional_token_ids(validation_errors: Stage, call: Call) -> Errors:
    """Fractional token ids are accepted."""
    batch = _field(call, "input")
    numbers = bool(batch) and isinstance(batch, list) and all(isinstance(x, int | float) and x >= 0 for x in batch)
    return _accept(validation_errors, call, "input", lambda b: [int(x) for x in b], when=numbers)


@fault("validation_errors")
def accepts_dimensions_below_one(validation_errors: Stage, call: Call) -> Errors:
    """`dimensions` of 0 and less are ignored."""
    length = _field(call, "dimensions")
    low = isinstance(length, int | float) and length < 1
    return _ignore(validation_errors, call, "dimensions", when=low)


@fault("validation_errors")
def accepts_fractional_dimensions(validation_errors: Stage, call: Call) -> Errors:
    """Fractional `dimensions` are rounded."""
    fraction = isinstance(_field(call, "dimensions"), float)
    return _accept(validation_errors, call, "dimensions", lambda x: int(x) or 1, when=fraction)


@fault("validation_errors")
def accepts_dimensions_as_text(validation_errors: Stage, call: Call) -> Errors:
    """`dimensions` as a string is read as a number."""
    text = isinstance(_field(call, "dimensions"), str)
    return _accept(validation_errors, call, "dimensions", lambda x: int(x) if x.isdecimal() else 1, when=text)


@fault("route")
def accepts_dimensions_above_native(route: Stage, call: Call) -> None:
    """`dimensions` above the maximum of the model are answered with its native vector."""
    try:
        route(call)
    except HTTPError as error:
        if "is more than" not in error.message:
            raise
        call.fields = {name: value for name, value in call.fields.items() if name != "dimensions"}
        route(call)


@fault("validation_errors")
def accepts_any_encoding_format(validation_errors: Stage, call: Call) -> Errors:
    """An unknown `encoding_format` is ignored."""
    return _ignore(validation_errors, call, "encoding_format")


@fault("validation_errors")
def accepts_user_of_any_type(validation_errors: Stage, call: Call) -> Errors:
    """A `user` that is not a string is accepted."""
    return _ignore(validation_errors, call, "user")


@fault("validation_errors")
def accepts_input_type_of_any_type(validation_errors: Stage, call: Call) -> Errors:
    """An `input_type` that is not a string is accepted."""
    return _ignore(validation_errors, call, "input_type")


@fault("validation_errors")
def accepts_any_provider_preferences(validation_errors: Stage, call: Call) -> Errors:
    """Provider preferences are not validated."""
    return _ignore(validation_errors, call, "provider")


@fault("validation_errors")
def accepts_body_that_is_no_object(validation_errors: Stage, call: Call) -> Errors:
    """A body that is not an object is embedded as the input."""
    if not isinstance(call.fields, dict):
        call.fields = {"input": str(call.fields), "model": _SOME_MODEL}
    return validation_errors(call)


@fault("parse")
def accepts_malformed_json(parse: Stage, call: Call) -> Any:
    """A body that is not JSON is embedded as the input."""
    try:
        return parse(call)
    except HTTPError as error:
        if not error.message.startswith("body: not valid"):
            raise
        return {"input": call.body.decode("utf-8", "replace"), "model": _SOME_MODEL}


@fault("parse")
def accepts_empty_body(parse: Stage, call: Call) -> Any:
    """An empty body is accepted."""
    return parse(call) if call.body.strip() else {"input": "?", "model": _SOME_MODEL}


@fault("parse")
def accepts_nan_in_json(parse: Stage, call: Call) -> Any:
    """The literal NaN in a body is read as null."""
    try:
        return parse(call)
    except HTTPError:
        return parse(attrs.evolve(call, body=call.body.replace(b"NaN", b"null")))


@fault("parse")
def joins_repeated_fields(parse: Stage, call: Call) -> Any:
    """A text that a body gives twice under one name is read as one text, as web frameworks do with forms."""

    def joined(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            both = isinstance(value, str) and isinstance(found.get(name), str)
            found[name] = f"{found[name]},{value}" if both else value
        return found

    fields = parse(call)
    return json.loads(call.body, object_pairs_hook=joined) if isinstance(fields, dict) else fields


@fault("parse")
def accepts_broken_utf8(parse: Stage, call: Call) -> Any:
    """Bytes that are not UTF-8 are replaced by U+FFFD."""
    return parse(attrs.evolve(call, body=call.body.decode("utf-8", "replace").encode()))


@fault("parse")
def mangles_unicode_escapes(parse: Stage, call: Call) -> Any:
    r"""A `\u` escape in a text is embedded as its six literal characters."""
    return parse(attrs.evolve(call, body=_UNICODE_ESCAPE.sub(rb"\\\1", call.body)))


@fault("parse")
def accepts_any_content_type(parse: Stage, call: Call) -> Any:
    """A body is read as JSON, whatever its content type."""
    return parse(attrs.evolve(call, headers={**call.headers, "content-type": "application/json"}))


@fault("parse")
def accepts_trailing_garbage(parse: Stage, call: Call) -> Any:
    """Bytes after the JSON object in a body are ignored."""
    end = call.body.rfind(b"}") + 1
    return parse(attrs.evolve(call, body=call.body[:end] or call.body))


@fault("check_context")
def accepts_texts_beyond_context(check_context: Stage, call: Call, given: Input) -> None:
    """Inputs longer than the context of the model are accepted."""
    del check_context, call, given


@fault("window")
def accepts_any_limit(window: Stage, call: Call) -> pagination.Window:
    """An invalid `limit` is ignored."""
    return _without_parameter(window, call, "limit")


@fault("window")
def accepts_any_offset(window: Stage, call: Call) -> pagination.Window:
    """An invalid `offset` is ignored."""
    return _without_parameter(window, call, "offset")


def _without_parameter(window: Stage, call: Call, name: str) -> pagination.Window:
    try:
        return window(call)
    except HTTPError as error:
        if not error.message.startswith(f"{name}:"):
            raise
        rest = "&".join(part for part in call.query.split("&") if not part.startswith(name))
        return window(attrs.evolve(call, query=rest))


@fault("inputs")
def accepts_media_it_cannot_read(inputs_stage: Stage, call: Call) -> list[Input]:
    """A medium that the model does not read is embedded as the text of its JSON."""
    try:
        return inputs_stage(call)
    except HTTPError:
        return inputs.parse([orjson.dumps(each).decode() for each in call.fields["input"]], call.chosen_model)
