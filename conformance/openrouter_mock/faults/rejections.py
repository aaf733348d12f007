"""Faults that reject, or crash on, what the contract allows."""

# What a stage returns is known to the stage only:
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from openrouter_mock.call import HTTPError, is_token_ids
from openrouter_mock.faults.fault import Stage, fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from openrouter_mock import pagination
    from openrouter_mock.call import Call, Input, Response
    from openrouter_mock.validation import ValidationError

    Errors = list[ValidationError]

_KNOWN = {"input", "model", "dimensions", "encoding_format", "input_type", "provider", "user"}
_SAMPLING = {"seed", "max_tokens", "temperature", "top_p", "stop", "frequency_penalty", "presence_penalty"}
_SAMPLING |= {"logit_bias", "logprobs", "top_logprobs", "response_format"}


def _crash() -> HTTPError:
    return HTTPError(500, "Internal Server Error")


def _crash_on_text(inputs: Stage, call: Call, bad: Callable[[str], bool]) -> list[Input]:
    """Return the inputs; crash when a text among them is *bad*."""
    given: list[Input] = inputs(call)
    if any(isinstance(each.source, str) and bad(each.source) for each in given):
        raise _crash()
    return given


def _reject_fields(validation_errors: Stage, call: Call, names: set[str]) -> Errors:
    found: Errors = validation_errors(call)
    rejected = sorted(names & set(call.fields)) if isinstance(call.fields, dict) else []
    if rejected:
        raise HTTPError(400, f"{rejected[0]}: unknown field")
    return found


@fault("validation_errors")
def refuses_unknown_fields(validation_errors: Stage, call: Call) -> Errors:
    """An undocumented field is rejected."""
    unknown = set(call.fields) - _KNOWN - _SAMPLING if isinstance(call.fields, dict) else set()
    return _reject_fields(validation_errors, call, unknown)


@fault("validation_errors")
def refuses_sampling_parameters(validation_errors: Stage, call: Call) -> Errors:
    """Sampling parameters, which the model pages list, are rejected."""
    return _reject_fields(validation_errors, call, _SAMPLING)


@fault("validation_errors")
def refuses_user(validation_errors: Stage, call: Call) -> Errors:
    """The field `user` is rejected."""
    return _reject_fields(validation_errors, call, {"user"})


@fault("validation_errors")
def refuses_input_type(validation_errors: Stage, call: Call) -> Errors:
    """The field `input_type` is rejected."""
    return _reject_fields(validation_errors, call, {"input_type"})


@fault("validation_errors")
def refuses_provider_preferences(validation_errors: Stage, call: Call) -> Errors:
    """The field `provider` is rejected."""
    return _reject_fields(validation_errors, call, {"provider"})


@fault("validation_errors")
def refuses_encoding_format(validation_errors: Stage, call: Call) -> Errors:
    """The field `encoding_format` is rejected, even as `float`."""
    return _reject_fields(validation_errors, call, {"encoding_format"})


@fault("validation_errors")
def refuses_null_preferences(validation_errors: Stage, call: Call) -> Errors:
    """A provider preference of null, which the contract allows, is rejected."""
    found: Errors = validation_errors(call)
    preferences = call.fields.get("provider") if isinstance(call.fields, dict) else None
    if isinstance(preferences, dict) and None in preferences.values():
        raise HTTPError(400, "provider: null is not allowed")
    return found


@fault("validation_errors")
def refuses_single_text(validation_errors: Stage, call: Call) -> Errors:
    """A single text is rejected: only lists are accepted."""
    if isinstance(call.fields, dict) and isinstance(call.fields.get("input"), str):
        raise HTTPError(400, "input: expected a list")
    return validation_errors(call)


@fault("inputs")
def refuses_batches(inputs: Stage, call: Call) -> list[Input]:
    """More than one input is rejected."""
    given: list[Input] = inputs(call)
    if len(given) > 1:
        raise HTTPError(400, "input: only one text is taken")
    return given


@fault("inputs")
def refuses_words_for_nothing(inputs: Stage, call: Call) -> list[Input]:
    """A text that is a word for a missing value, such as `NaN`, is rejected."""
    given: list[Input] = inputs(call)
    if any(each.source in ("NaN", "nan", "null", "None", "N/A") for each in given):
        raise HTTPError(400, "input: a value is missing")
    return given


@fault("check_context")
def refuses_texts_that_fit(check_context: Stage, call: Call, given: Input) -> None:
    """A text of more than 128 tokens is rejected, though the model is listed to read longer ones."""
    check_context(call, given)
    if isinstance(given.source, str) and len(given.tokens) > 128:
        raise HTTPError(400, f"{given.path}: at most 128 tokens are read")


@fault("route")
def does_not_know_a_listed_model(route: Stage, call: Call) -> None:
    """The last model of the list is answered with 404 when it is asked."""
    if (name := call.fields["model"]) == "qwen/qwen3-embedding-4b":
        raise HTTPError(404, f"model: no embedding model is named {name!r}; GET /embeddings/models lists them")
    route(call)


@fault("window")
def refuses_the_highest_limit(window: Stage, call: Call) -> pagination.Window:
    """A `limit` of 1,000, the highest that the contract allows, is rejected."""
    if "limit=1000" in call.query.split("&"):
        raise HTTPError(400, "limit: less than 1000")
    return window(call)


@fault("inputs")
def refuses_token_ids(inputs: Stage, call: Call) -> list[Input]:
    """Token ids are rejected."""
    given: list[Input] = inputs(call)
    if any(is_token_ids(each.source) for each in given):
        raise HTTPError(400, "input: expected text")
    return given


@fault("inputs")
def crashes_on_token_ids(inputs: Stage, call: Call) -> list[Input]:
    """Token ids crash the server."""
    given: list[Input] = inputs(call)
    if any(is_token_ids(each.source) for each in given):
        raise _crash()
    return given


@fault("validation_errors")
def refuses_token_ids_as_floats(validation_errors: Stage, call: Call) -> Errors:
    """The token id 9906.0, which is 9906 in JSON, is rejected."""
    batch = call.fields.get("input") if isinstance(call.fields, dict) else None
    if isinstance(batch, list) and any(isinstance(each, float) for each in batch):
        raise HTTPError(400, "input: expected whole numbers")
    return validation_errors(call)


@fault("validation_errors")
def refuses_expectations(validation_errors: Stage, call: Call) -> Errors:
    """A request with `Expect: 100-continue` is rejected."""
    if "expect" in call.headers:
        raise HTTPError(400, "Expect: not supported")
    return validation_errors(call)


@fault("parse")
def refuses_charset_in_content_type(parse: Stage, call: Call) -> Any:
    """A content type with a charset is rejected."""
    if ";" in call.headers.get("content-type", ""):
        raise HTTPError(415, "Content-Type: send application/json")
    return parse(call)


@fault("inputs")
def crashes_on_emoji(inputs: Stage, call: Call) -> list[Input]:
    """A character beyond the basic multilingual plane crashes the server."""
    return _crash_on_text(inputs, call, lambda text: any(ord(letter) > 0xFFFF for letter in text))


@fault("inputs")
def crashes_beyond_latin1(inputs: Stage, call: Call) -> list[Input]:
    """A character beyond Latin-1 crashes the server."""
    return _crash_on_text(inputs, call, lambda text: any(ord(letter) > 0xFF for letter in text))


@fault("inputs")
def crashes_on_nul(inputs: Stage, call: Call) -> list[Input]:
    """The character NUL crashes the server."""
    return _crash_on_text(inputs, call, lambda text: "\0" in text)


@fault("inputs")
def crashes_on_combining_marks(inputs: Stage, call: Call) -> list[Input]:
    """A combining mark crashes the server."""
    return _crash_on_text(inputs, call, lambda text: any(map(unicodedata.combining, text)))


@fault("inputs")
def crashes_on_white_space(inputs: Stage, call: Call) -> list[Input]:
    """A text of white space alone crashes the server."""
    return _crash_on_text(inputs, call, lambda text: not text.strip())


@fault("inputs")
def crashes_on_line_breaks(inputs: Stage, call: Call) -> list[Input]:
    """A line break crashes the server."""
    return _crash_on_text(inputs, call, lambda text: "\n" in text)


@fault("inputs")
def crashes_on_long_texts(inputs: Stage, call: Call) -> list[Input]:
    """A text of more than 1,000 characters crashes the server."""
    return _crash_on_text(inputs, call, lambda text: len(text) > 1000)


@fault("inputs")
def crashes_on_large_batches(inputs: Stage, call: Call) -> list[Input]:
    """More than 16 inputs crash the server."""
    given: list[Input] = inputs(call)
    if len(given) > 16:
        raise _crash()
    return given


@fault("inputs")
def crashes_on_repeated_texts(inputs: Stage, call: Call) -> list[Input]:
    """A text that occurs twice in a batch crashes the server."""
    given: list[Input] = inputs(call)
    if len({each.source for each in given}) < len(given):
        raise _crash()
    return given


@fault("check_context")
def crashes_beyond_context(check_context: Stage, call: Call, given: Input) -> None:
    """An input longer than the context of the model crashes the server."""
    try:
        check_context(call, given)
    except HTTPError:
        raise _crash() from None


@fault("parse")
def crashes_on_malformed_json(parse: Stage, call: Call) -> Any:
    """A body that is not JSON crashes the server."""
    try:
        return parse(call)
    except HTTPError as error:
        if error.message.startswith("body:"):
            raise _crash() from None
        raise


@fault("parse")
def crashes_on_byte_order_mark(parse: Stage, call: Call) -> Any:
    """A byte order mark before the JSON crashes the server."""
    if call.body.startswith(b"\xef\xbb\xbf"):
        raise _crash()
    return parse(call)


@fault("validation_errors")
def crashes_on_missing_input(validation_errors: Stage, call: Call) -> Errors:
    """A body without `input` crashes the server."""
    if isinstance(call.fields, dict) and "input" not in call.fields:
        raise _crash()
    return validation_errors(call)


@fault("validation_errors")
def crashes_on_missing_model(validation_errors: Stage, call: Call) -> Errors:
    """A body without `model` crashes the server."""
    if isinstance(call.fields, dict) and "model" not in call.fields:
        raise _crash()
    return validation_errors(call)


@fault("validation_errors")
def crashes_on_wrong_types(validation_errors: Stage, call: Call) -> Errors:
    """A field of the wrong type crashes the server."""
    found: Errors = validation_errors(call)
    if any("is not of type" in problem.message or "none of the forms" in problem.message for problem in found):
        raise _crash()
    return found


@fault("validation_errors")
def crashes_on_body_that_is_no_object(validation_errors: Stage, call: Call) -> Errors:
    """A body that is not an object crashes the server."""
    if not isinstance(call.fields, dict):
        raise _crash()
    return validation_errors(call)


@fault("validation_errors")
def crashes_on_empty_batch(validation_errors: Stage, call: Call) -> Errors:
    """An empty batch crashes the server."""
    if isinstance(call.fields, dict) and call.fields.get("input") == []:
        raise _crash()
    return validation_errors(call)


@fault("validation_errors")
def crashes_on_dimensions_zero(validation_errors: Stage, call: Call) -> Errors:
    """`dimensions` of 0 crashes the server."""
    if isinstance(call.fields, dict) and call.fields.get("dimensions") == 0:
        raise _crash()
    return validation_errors(call)


@fault("window")
def crashes_on_bad_offset(window: Stage, call: Call) -> pagination.Window:
    """An invalid `offset` crashes the server."""
    try:
        return window(call)
    except HTTPError as error:
        if error.message.startswith("offset"):
            raise _crash() from None
        raise


@fault("page")
def crashes_beyond_the_last_page(page: Stage, call: Call, asked: pagination.Window) -> dict[str, Any]:
    """A page beyond the last crashes the server."""
    found: dict[str, Any] = page(call, asked)
    if not found["data"]:
        raise _crash()
    return found


@fault("page")
def refuses_page_beyond_the_last(page: Stage, call: Call, asked: pagination.Window) -> dict[str, Any]:
    """A page beyond the last is answered with 404 instead of an empty list."""
    found: dict[str, Any] = page(call, asked)
    if not found["data"]:
        raise HTTPError(404, "offset: there is no such page")
    return found


@fault("embeddings")
def fails_every_fifth_call(embeddings: Stage, call: Call) -> Response:
    """Every fifth call fails with 502."""
    if call.number % 5 == 4:
        raise HTTPError(502, "Provider returned error")
    return embeddings(call)


@fault("embeddings")
def runs_out_after_twenty_calls(embeddings: Stage, call: Call) -> Response:
    """From the twenty-first call on every call is rate-limited, without Retry-After."""
    if call.number >= 20:
        raise HTTPError(429, "Rate limit exceeded")
    return embeddings(call)
