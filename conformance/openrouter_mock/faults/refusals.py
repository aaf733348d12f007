"""Flaws that refuse, or fall over, what the contract allows."""

# What a stage returns is known to the stage only:
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from openrouter_mock.call import Refusal, is_token_ids
from openrouter_mock.faults.fault import Stage, fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from openrouter_mock import pages
    from openrouter_mock.call import Answer, Call, Input
    from openrouter_mock.validation import Problem

    Problems = list[Problem]

_KNOWN = {"input", "model", "dimensions", "encoding_format", "input_type", "provider", "user"}
_SAMPLING = {"seed", "max_tokens", "temperature", "top_p", "stop", "frequency_penalty", "presence_penalty"}
_SAMPLING |= {"logit_bias", "logprobs", "top_logprobs", "response_format"}


def _crash() -> Refusal:
    return Refusal(500, "Internal Server Error")


def _unless_text(inputs: Stage, call: Call, bad: Callable[[str], bool]) -> list[Input]:
    """Return the inputs; fall over when a text among them is *bad*."""
    given: list[Input] = inputs(call)
    if any(isinstance(each.source, str) and bad(each.source) for each in given):
        raise _crash()
    return given


def _refuse_fields(problems: Stage, call: Call, names: set[str]) -> Problems:
    found: Problems = problems(call)
    refused = sorted(names & set(call.fields)) if isinstance(call.fields, dict) else []
    if refused:
        raise Refusal(400, f"{refused[0]}: unknown field")
    return found


@fault("problems")
def refuses_unknown_fields(problems: Stage, call: Call) -> Problems:
    """A field that is not documented is refused."""
    unknown = set(call.fields) - _KNOWN - _SAMPLING if isinstance(call.fields, dict) else set()
    return _refuse_fields(problems, call, unknown)


@fault("problems")
def refuses_sampling_parameters(problems: Stage, call: Call) -> Problems:
    """Sampling parameters, which the model pages list, are refused."""
    return _refuse_fields(problems, call, _SAMPLING)


@fault("problems")
def refuses_user(problems: Stage, call: Call) -> Problems:
    """The field `user` is refused."""
    return _refuse_fields(problems, call, {"user"})


@fault("problems")
def refuses_input_type(problems: Stage, call: Call) -> Problems:
    """The field `input_type` is refused."""
    return _refuse_fields(problems, call, {"input_type"})


@fault("problems")
def refuses_provider_preferences(problems: Stage, call: Call) -> Problems:
    """The field `provider` is refused."""
    return _refuse_fields(problems, call, {"provider"})


@fault("problems")
def refuses_encoding_format(problems: Stage, call: Call) -> Problems:
    """The field `encoding_format` is refused, even as `float`."""
    return _refuse_fields(problems, call, {"encoding_format"})


@fault("problems")
def refuses_null_preferences(problems: Stage, call: Call) -> Problems:
    """A provider preference of null, which the contract allows, is refused."""
    found: Problems = problems(call)
    preferences = call.fields.get("provider") if isinstance(call.fields, dict) else None
    if isinstance(preferences, dict) and None in preferences.values():
        raise Refusal(400, "provider: null is not allowed")
    return found


@fault("problems")
def refuses_single_text(problems: Stage, call: Call) -> Problems:
    """Only lists of texts are taken, not a text."""
    if isinstance(call.fields, dict) and isinstance(call.fields.get("input"), str):
        raise Refusal(400, "input: expected a list")
    return problems(call)


@fault("inputs")
def refuses_batches(inputs: Stage, call: Call) -> list[Input]:
    """More than one input is refused."""
    given: list[Input] = inputs(call)
    if len(given) > 1:
        raise Refusal(400, "input: only one text is taken")
    return given


@fault("inputs")
def refuses_token_ids(inputs: Stage, call: Call) -> list[Input]:
    """Token ids are refused."""
    given: list[Input] = inputs(call)
    if any(is_token_ids(each.source) for each in given):
        raise Refusal(400, "input: expected text")
    return given


@fault("inputs")
def crashes_on_token_ids(inputs: Stage, call: Call) -> list[Input]:
    """Token ids make the server fall over."""
    given: list[Input] = inputs(call)
    if any(is_token_ids(each.source) for each in given):
        raise _crash()
    return given


@fault("problems")
def refuses_token_ids_as_floats(problems: Stage, call: Call) -> Problems:
    """The token id 9906.0, which is 9906 in JSON, is refused."""
    batch = call.fields.get("input") if isinstance(call.fields, dict) else None
    if isinstance(batch, list) and any(isinstance(each, float) for each in batch):
        raise Refusal(400, "input: expected whole numbers")
    return problems(call)


@fault("parse")
def refuses_charset_in_content_type(parse: Stage, call: Call) -> Any:
    """The content type is taken only when it is application/json and nothing else, without a charset."""
    if ";" in call.headers.get("content-type", ""):
        raise Refusal(415, "Content-Type: send application/json")
    return parse(call)


@fault("inputs")
def crashes_on_emoji(inputs: Stage, call: Call) -> list[Input]:
    """A character beyond the first 65,536 makes the server fall over."""
    return _unless_text(inputs, call, lambda text: any(ord(letter) > 0xFFFF for letter in text))


@fault("inputs")
def crashes_beyond_latin1(inputs: Stage, call: Call) -> list[Input]:
    """A character beyond Latin-1 makes the server fall over."""
    return _unless_text(inputs, call, lambda text: any(ord(letter) > 0xFF for letter in text))


@fault("inputs")
def crashes_on_nul(inputs: Stage, call: Call) -> list[Input]:
    """The character NUL makes the server fall over."""
    return _unless_text(inputs, call, lambda text: "\0" in text)


@fault("inputs")
def crashes_on_combining_marks(inputs: Stage, call: Call) -> list[Input]:
    """A combining mark makes the server fall over."""
    return _unless_text(inputs, call, lambda text: any(map(unicodedata.combining, text)))


@fault("inputs")
def crashes_on_white_space(inputs: Stage, call: Call) -> list[Input]:
    """A text of nothing but white space makes the server fall over."""
    return _unless_text(inputs, call, lambda text: not text.strip())


@fault("inputs")
def crashes_on_line_breaks(inputs: Stage, call: Call) -> list[Input]:
    """A line break makes the server fall over."""
    return _unless_text(inputs, call, lambda text: "\n" in text)


@fault("inputs")
def crashes_on_long_texts(inputs: Stage, call: Call) -> list[Input]:
    """A text of more than 1,000 characters makes the server fall over."""
    return _unless_text(inputs, call, lambda text: len(text) > 1000)


@fault("inputs")
def crashes_on_large_batches(inputs: Stage, call: Call) -> list[Input]:
    """More than 16 inputs make the server fall over."""
    given: list[Input] = inputs(call)
    if len(given) > 16:
        raise _crash()
    return given


@fault("inputs")
def crashes_on_repeated_texts(inputs: Stage, call: Call) -> list[Input]:
    """A text that occurs twice in a batch makes the server fall over."""
    given: list[Input] = inputs(call)
    if len({each.source for each in given}) < len(given):
        raise _crash()
    return given


@fault("check_context")
def crashes_beyond_context(check_context: Stage, call: Call, given: Input) -> None:
    """An input longer than the model reads makes the server fall over."""
    try:
        check_context(call, given)
    except Refusal:
        raise _crash() from None


@fault("parse")
def crashes_on_malformed_json(parse: Stage, call: Call) -> Any:
    """A body that is not JSON makes the server fall over."""
    try:
        return parse(call)
    except Refusal as refusal:
        if refusal.message.startswith("body:"):
            raise _crash() from None
        raise


@fault("parse")
def crashes_on_byte_order_mark(parse: Stage, call: Call) -> Any:
    """A byte order mark before the JSON makes the server fall over."""
    if call.body.startswith(b"\xef\xbb\xbf"):
        raise _crash()
    return parse(call)


@fault("problems")
def crashes_on_missing_input(problems: Stage, call: Call) -> Problems:
    """A body without `input` makes the server fall over."""
    if isinstance(call.fields, dict) and "input" not in call.fields:
        raise _crash()
    return problems(call)


@fault("problems")
def crashes_on_missing_model(problems: Stage, call: Call) -> Problems:
    """A body without `model` makes the server fall over."""
    if isinstance(call.fields, dict) and "model" not in call.fields:
        raise _crash()
    return problems(call)


@fault("problems")
def crashes_on_wrong_types(problems: Stage, call: Call) -> Problems:
    """A field of the wrong type makes the server fall over."""
    found: Problems = problems(call)
    if any("is not of type" in problem.message or "none of the forms" in problem.message for problem in found):
        raise _crash()
    return found


@fault("problems")
def crashes_on_body_that_is_no_object(problems: Stage, call: Call) -> Problems:
    """A body that is no object makes the server fall over."""
    if not isinstance(call.fields, dict):
        raise _crash()
    return problems(call)


@fault("problems")
def crashes_on_empty_batch(problems: Stage, call: Call) -> Problems:
    """A batch of nothing makes the server fall over."""
    if isinstance(call.fields, dict) and call.fields.get("input") == []:
        raise _crash()
    return problems(call)


@fault("problems")
def crashes_on_dimensions_zero(problems: Stage, call: Call) -> Problems:
    """`dimensions` of 0 makes the server fall over."""
    if isinstance(call.fields, dict) and call.fields.get("dimensions") == 0:
        raise _crash()
    return problems(call)


@fault("window")
def crashes_on_bad_offset(window: Stage, call: Call) -> pages.Window:
    """An `offset` that is not documented makes the server fall over."""
    try:
        return window(call)
    except Refusal as refusal:
        if refusal.message.startswith("offset"):
            raise _crash() from None
        raise


@fault("page")
def crashes_beyond_the_last_page(page: Stage, call: Call, asked: pages.Window) -> dict[str, Any]:
    """A page beyond the last makes the server fall over."""
    found: dict[str, Any] = page(call, asked)
    if not found["data"]:
        raise _crash()
    return found


@fault("page")
def refuses_page_beyond_the_last(page: Stage, call: Call, asked: pages.Window) -> dict[str, Any]:
    """A page beyond the last is answered 404 instead of empty."""
    found: dict[str, Any] = page(call, asked)
    if not found["data"]:
        raise Refusal(404, "offset: there is no such page")
    return found


@fault("embeddings")
def fails_every_fifth_call(embeddings: Stage, call: Call) -> Answer:
    """Every fifth call fails for no reason of the caller's."""
    if call.number % 5 == 4:
        raise Refusal(502, "Provider returned error")
    return embeddings(call)


@fault("embeddings")
def runs_out_after_twenty_calls(embeddings: Stage, call: Call) -> Answer:
    """From the twentieth call on everything is refused as too much, without saying until when."""
    if call.number >= 20:
        raise Refusal(429, "Rate limit exceeded")
    return embeddings(call)
