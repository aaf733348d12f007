"""Flaws that let through what the contract forbids."""

# What a stage returns is known to the stage only:
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs
import orjson

from openrouter_mock import inputs, pages
from openrouter_mock.call import Refusal
from openrouter_mock.faults.fault import Stage, fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from openrouter_mock.call import Call, Input
    from openrouter_mock.validation import Problem

    Problems = list[Problem]

_SOME_MODEL = "openai/text-embedding-3-small"
_UNICODE_ESCAPE = re.compile(rb"(?<!\\)(\\u)")


def _without(problems: Stage, call: Call, field: str, repair: Callable[[Any], Any]) -> Problems:
    """Return the problems but those of *field*, which *repair* puts right so that answering goes on."""
    found: Problems = problems(call)
    if not isinstance(call.fields, dict):
        return found
    wrong = [problem for problem in found if problem.path[:1] == (field,)]
    if wrong:
        call.fields = {**call.fields, field: repair(call.fields.get(field))}
    return [problem for problem in found if problem not in wrong]


def _ignored(problems: Stage, call: Call, field: str) -> Problems:
    """Return the problems but those of *field*, which is answered as if it were not there."""
    found = _without(problems, call, field, lambda _: None)
    if isinstance(call.fields, dict):
        call.fields = {name: value for name, value in call.fields.items() if (name, value) != (field, None)}
    return found


def _when(applies: bool, accept: Callable[[], Problems], problems: Stage, call: Call) -> Problems:  # noqa: FBT001
    found: Problems = accept() if applies else problems(call)
    return found


def _field(call: Call, name: str) -> Any:
    return call.fields.get(name) if isinstance(call.fields, dict) else None


def _is_list_with(value: Any, wanted: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and any(map(wanted, value))


@fault("problems")
def accepts_missing_input(problems: Stage, call: Call) -> Problems:
    """A body without `input` is answered."""
    missing = isinstance(call.fields, dict) and "input" not in call.fields
    return _when(missing, lambda: _without(problems, call, "input", lambda _: "?"), problems, call)


@fault("problems")
def accepts_missing_model(problems: Stage, call: Call) -> Problems:
    """A body without `model` is answered by some model."""
    missing = isinstance(call.fields, dict) and "model" not in call.fields
    return _when(missing, lambda: _without(problems, call, "model", lambda _: _SOME_MODEL), problems, call)


@fault("problems")
def accepts_model_of_any_type(problems: Stage, call: Call) -> Problems:
    """A `model` that is no string is answered by some model."""
    given = _field(call, "model") is not None
    return _when(given, lambda: _without(problems, call, "model", lambda _: _SOME_MODEL), problems, call)


@fault("route")
def accepts_unknown_model(route: Stage, call: Call) -> None:
    """A model that does not exist is answered by another."""
    try:
        route(call)
    except Refusal as refusal:
        if not refusal.message.startswith("model:"):
            raise
        call.fields = {**call.fields, "model": _SOME_MODEL}
        route(call)


@fault("problems")
def accepts_null_input(problems: Stage, call: Call) -> Problems:
    """An `input` of null is answered."""
    null = isinstance(call.fields, dict) and "input" in call.fields and call.fields["input"] is None
    return _when(null, lambda: _without(problems, call, "input", lambda _: "null"), problems, call)


@fault("problems")
def accepts_number_as_input(problems: Stage, call: Call) -> Problems:
    """An `input` that is a number is read as text."""
    number = isinstance(_field(call, "input"), int | float)
    return _when(number, lambda: _without(problems, call, "input", str), problems, call)


@fault("problems")
def accepts_object_as_input(problems: Stage, call: Call) -> Problems:
    """An `input` that is an object is read as text."""
    given = isinstance(_field(call, "input"), dict)
    return _when(given, lambda: _without(problems, call, "input", str), problems, call)


@fault("problems")
def accepts_empty_text(problems: Stage, call: Call) -> Problems:
    """The empty text is answered."""
    empty = _field(call, "input") == ""
    return _when(empty, lambda: _without(problems, call, "input", lambda text: text), problems, call)


@fault("problems")
def accepts_empty_text_in_batch(problems: Stage, call: Call) -> Problems:
    """A batch with an empty text is answered."""
    empty = _is_list_with(_field(call, "input"), lambda each: each == "")
    return _when(empty, lambda: _without(problems, call, "input", lambda batch: batch), problems, call)


@fault("problems")
def accepts_empty_batch(problems: Stage, call: Call) -> Problems:
    """A batch of nothing is answered with nothing."""
    empty = _field(call, "input") == []
    return _when(empty, lambda: _without(problems, call, "input", lambda batch: batch), problems, call)


@fault("problems")
def accepts_empty_token_list(problems: Stage, call: Call) -> Problems:
    """A batch with an empty token list is answered."""
    empty = _is_list_with(_field(call, "input"), lambda each: each == [])
    return _when(
        empty,
        lambda: _without(problems, call, "input", lambda batch: [x or [0] for x in batch]),
        problems,
        call,
    )


@fault("problems")
def accepts_mixed_batch(problems: Stage, call: Call) -> Problems:
    """A batch of texts and numbers is read as texts."""
    batch = _field(call, "input")
    kinds = set(map(type, batch)) if isinstance(batch, list) else set()
    mixed = str in kinds and kinds - {str} <= {int, float} and kinds != {str}
    return _when(mixed, lambda: _without(problems, call, "input", lambda b: [str(x) for x in b]), problems, call)


@fault("problems")
def accepts_null_in_batch(problems: Stage, call: Call) -> Problems:
    """A null within a batch is answered."""
    null = _is_list_with(_field(call, "input"), lambda each: each is None)
    return _when(null, lambda: _without(problems, call, "input", lambda b: [x or "null" for x in b]), problems, call)


@fault("problems")
def accepts_negative_token_ids(problems: Stage, call: Call) -> Problems:
    """Token ids below zero are answered."""
    negative = _is_list_with(_field(call, "input"), lambda each: isinstance(each, int) and each < 0)
    return _when(negative, lambda: _without(problems, call, "input", lambda b: [abs(x) for x in b]), problems, call)


@fault("problems")
def accepts_fractional_token_ids(problems: Stage, call: Call) -> Problems:
    """Token ids that are no whole numbers are answered."""
    batch = _field(call, "input")
    numbers = bool(batch) and isinstance(batch, list) and all(isinstance(x, int | float) and x >= 0 for x in batch)
    return _when(numbers, lambda: _without(problems, call, "input", lambda b: [int(x) for x in b]), problems, call)


@fault("problems")
def accepts_dimensions_below_one(problems: Stage, call: Call) -> Problems:
    """`dimensions` of 0 and less are taken for not given."""
    length = _field(call, "dimensions")
    low = isinstance(length, int | float) and length < 1
    return _when(low, lambda: _ignored(problems, call, "dimensions"), problems, call)


@fault("problems")
def accepts_fractional_dimensions(problems: Stage, call: Call) -> Problems:
    """`dimensions` that is no whole number is rounded."""
    fraction = isinstance(_field(call, "dimensions"), float)
    return _when(fraction, lambda: _without(problems, call, "dimensions", lambda x: int(x) or 1), problems, call)


@fault("problems")
def accepts_dimensions_as_text(problems: Stage, call: Call) -> Problems:
    """`dimensions` that is a string is read as a number."""
    text = isinstance(_field(call, "dimensions"), str)
    return _when(
        text,
        lambda: _without(problems, call, "dimensions", lambda x: int(x) if x.isdecimal() else 1),
        problems,
        call,
    )


@fault("route")
def accepts_dimensions_above_native(route: Stage, call: Call) -> None:
    """`dimensions` beyond what the model has are answered with the longest vector."""
    try:
        route(call)
    except Refusal as refusal:
        if "is more than" not in refusal.message:
            raise
        call.fields = {name: value for name, value in call.fields.items() if name != "dimensions"}
        route(call)


@fault("problems")
def accepts_any_encoding_format(problems: Stage, call: Call) -> Problems:
    """An unknown `encoding_format` is taken for not given."""
    return _ignored(problems, call, "encoding_format")


@fault("problems")
def accepts_user_of_any_type(problems: Stage, call: Call) -> Problems:
    """A `user` that is no string is let through."""
    return _ignored(problems, call, "user")


@fault("problems")
def accepts_input_type_of_any_type(problems: Stage, call: Call) -> Problems:
    """An `input_type` that is no string is let through."""
    return _ignored(problems, call, "input_type")


@fault("problems")
def accepts_any_provider_preferences(problems: Stage, call: Call) -> Problems:
    """Provider preferences are not checked at all."""
    return _ignored(problems, call, "provider")


@fault("problems")
def accepts_body_that_is_no_object(problems: Stage, call: Call) -> Problems:
    """A body that is no object is taken for the input."""
    if not isinstance(call.fields, dict):
        call.fields = {"input": str(call.fields), "model": _SOME_MODEL}
    return problems(call)


@fault("parse")
def accepts_malformed_json(parse: Stage, call: Call) -> Any:
    """A body that is not JSON is taken for the input."""
    try:
        return parse(call)
    except Refusal as refusal:
        if not refusal.message.startswith("body: not valid"):
            raise
        return {"input": call.body.decode("utf-8", "replace"), "model": _SOME_MODEL}


@fault("parse")
def accepts_empty_body(parse: Stage, call: Call) -> Any:
    """An empty body is answered."""
    return parse(call) if call.body.strip() else {"input": "?", "model": _SOME_MODEL}


@fault("parse")
def accepts_nan_in_json(parse: Stage, call: Call) -> Any:
    """The bare word NaN in a body is read as null."""
    try:
        return parse(call)
    except Refusal:
        return parse(attrs.evolve(call, body=call.body.replace(b"NaN", b"null")))


@fault("parse")
def accepts_broken_utf8(parse: Stage, call: Call) -> Any:
    """Bytes that are not UTF-8 are replaced by question marks."""
    return parse(attrs.evolve(call, body=call.body.decode("utf-8", "replace").encode()))


@fault("parse")
def mangles_unicode_escapes(parse: Stage, call: Call) -> Any:
    r"""A `\u` escape in a text is taken for the letters that write it."""
    return parse(attrs.evolve(call, body=_UNICODE_ESCAPE.sub(rb"\\\1", call.body)))


@fault("parse")
def accepts_any_content_type(parse: Stage, call: Call) -> Any:
    """A body is read as JSON, whatever it is declared to be."""
    return parse(attrs.evolve(call, headers={**call.headers, "content-type": "application/json"}))


@fault("parse")
def accepts_trailing_garbage(parse: Stage, call: Call) -> Any:
    """Whatever follows the first JSON object in a body is not read."""
    end = call.body.rfind(b"}") + 1
    return parse(attrs.evolve(call, body=call.body[:end] or call.body))


@fault("check_context")
def accepts_texts_beyond_context(check_context: Stage, call: Call, given: Input) -> None:
    """Inputs longer than the model reads are answered."""
    del check_context, call, given


@fault("window")
def accepts_any_limit(window: Stage, call: Call) -> pages.Window:
    """A `limit` out of bounds, or no number at all, is taken for not given."""
    return _without_parameter(window, call, "limit")


@fault("window")
def accepts_any_offset(window: Stage, call: Call) -> pages.Window:
    """An `offset` out of bounds, or no number at all, is taken for not given."""
    return _without_parameter(window, call, "offset")


def _without_parameter(window: Stage, call: Call, name: str) -> pages.Window:
    try:
        return window(call)
    except Refusal as refusal:
        if not refusal.message.startswith(f"{name}:"):
            raise
        rest = "&".join(part for part in call.query.split("&") if not part.startswith(name))
        return window(attrs.evolve(call, query=rest))


@fault("inputs")
def accepts_media_it_cannot_read(inputs_stage: Stage, call: Call) -> list[Input]:
    """A medium that the model does not read is embedded by its address."""
    try:
        return inputs_stage(call)
    except Refusal:
        return inputs.read([orjson.dumps(each).decode() for each in call.fields["input"]], call.chosen_model)
