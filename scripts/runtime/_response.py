"""What an HTTP response means: a typed result, an `ApiError` or a `ContractError`."""

import email.utils
import math
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Generic, TypeAlias, TypeVar

import httpx
from attrs import field, frozen

from . import _accelerators
from ._decoding import Decoder, DecodingError, decode_bytes, decode_null, is_deep
from ._float_buffers import Numbers, put_numbers, take_numbers
from ._model import AnswerModel, JsonModel, decode_received
from ._redaction import without_key
from ._types import is_instance
from .errors import ApiError, ContractError, error_class

T = TypeVar("T")

_BOM = b"\xef\xbb\xbf"  # the byte order mark that some servers put before UTF-8
_LONGEST_QUOTE = 500  # characters of a body that is not JSON which an error message quotes

# White space, and characters with which a server could forge lines of a log, or command a terminal.
_CONTROLS = re.compile("[\\s\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")
_CODE = re.compile("[0-9]{1,9}")  # of an error, as a number or a string
# Waits between these are until a time in seconds since 1970; greater ones in milliseconds, smaller ones from now.
_EARLIEST_EPOCH, _LATEST_EPOCH = 1_000_000_000, 100_000_000_000


@frozen
class Success(Generic[T]):
    """A successful response: `status`, `headers`, `content` (the body) and `result`; `error` is None."""

    status: int
    headers: httpx.Headers
    content: bytes = field(repr=False)
    result: T
    error: None = None


@frozen
class Failure:
    """A failed response: `status`, `headers`, `content` (without the key) and `error`; `result` is None."""

    status: int
    headers: httpx.Headers
    content: bytes = field(repr=False)
    error: ApiError | ContractError
    result: None = None


Response: TypeAlias = Success[T] | Failure
"""What a detailed call returns: `if response.error is None` tells which, also to type checkers."""


def parse_response(response: httpx.Response, decoders: Mapping[int, Decoder[T]], body: JsonModel | None = None) -> T:
    """Return the typed result of a successful response, decoded by its status, and compared with the request's body.

    `ApiError` when the response is an error, whatever its status; `ContractError` when its body is not as agreed."""
    try:
        result = _parse_content(response, decoders, body)
        if not getattr(result, "deviations", ()) or without_key(response).content == response.content:
            return result
    except (ApiError, ContractError):
        pass
    # The server may have echoed the key: parsed again without it, no error and no deviation shows it.
    return _parse_content(without_key(response), decoders, body)


def send_detailed(
    send: Callable[[httpx.Request], httpx.Response], request: httpx.Request, parse: Callable[[httpx.Response], T]
) -> Response[T]:
    """Send a request and return the response with everything around its result; its error stands in `.error`."""
    try:
        response = send(request)
        return Success(response.status_code, response.headers, response.content, parse(response))
    except (ApiError, ContractError) as error:
        return _failure(error)


async def send_detailed_async(
    send: Callable[[httpx.Request], Awaitable[httpx.Response]],
    request: httpx.Request,
    parse: Callable[[httpx.Response], T],
) -> Response[T]:
    """Do as `send_detailed`, without blocking."""
    try:
        response = await send(request)
        return Success(response.status_code, response.headers, response.content, parse(response))
    except (ApiError, ContractError) as error:
        return _failure(error)


def parse_json(content: bytes) -> Any:
    """Return the JSON value in a body, white space before it or not; raise `ContractError` for any other body."""
    try:
        return _accelerators.parse_json(content.removeprefix(_BOM))
    except RecursionError:
        raise ContractError("$", "JSON", "JSON that nests too deeply") from None
    except ValueError as error:
        reason = str(error).partition("\n")[0][:100]
        received = f"{len(content)} bytes that are not JSON ({reason})" if content else "an empty body"
        raise ContractError("$", "JSON", received) from None


def _failure(error: ApiError | ContractError) -> Failure:
    if error.response is None:
        raise error
    return Failure(error.response.status_code, error.response.headers, error.response.content, error)


def _parse_content(response: httpx.Response, decoders: Mapping[int, Decoder[T]], body: JsonModel | None) -> T:
    status, content = response.status_code, response.content
    if not response.is_success:
        answer: Any = content.decode(errors="replace")
        with suppress(ContractError):
            answer = parse_json(content)
        raise _api_error(response, answer)
    try:
        if status not in decoders:
            raise ContractError("$", f"status {' or '.join(map(str, decoders))}", f"status {status}")
        decoder = decoders[status]
        if decoder is decode_bytes or decoder is decode_null:  # the body is not JSON, or there is none
            return decoder(content if decoder is decode_bytes else None, None)
        remaining, taken = take_numbers(content)
        try:
            return _decode_success(response, parse_json(remaining), taken, decoder, body)
        except (ApiError, ContractError):
            if not taken:
                raise
        return _decode_success(response, parse_json(content), [], decoder, body)
    except ContractError as error:
        error.response = response
        raise


def _decode_success(
    response: httpx.Response, answer: Any, taken: list[Numbers], decoder: Decoder[T], body: JsonModel | None
) -> T:
    """Decode an answer that came with a status of success and may carry an error all the same."""
    error = _object(answer).get("error")
    claims_error = is_instance(error, dict, str) and bool(error)
    try:
        result: T = decode_received(decoder, answer)
    except DecodingError as fault:
        if claims_error:
            raise _api_error(response, answer) from None
        raise fault.as_contract_error() from None
    if claims_error and "error" in getattr(result, "additional_properties", ()):
        raise _api_error(response, answer)
    if taken and not put_numbers(result, taken):
        raise ContractError("$.data", "items with the arrays that were taken out", "others")
    if isinstance(result, AnswerModel):
        result._check(body)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    return result


def _api_error(response: httpx.Response, body: Any) -> ApiError:
    body = response.content.decode(errors="replace") if is_deep([body]) else body
    error = _object(body).get("error")
    fields = _object(error)
    metadata = _object(fields.get("metadata"))
    codes = [str(fields.get(name)) for name in ("code", "http_status")]
    status, code = response.status_code, next((int(code) for code in codes if _CODE.fullmatch(code)), None)
    return error_class(status, code)(
        status=status,
        code=code,
        message=_message(fields.get("message"), error, body, response),
        metadata=metadata,
        retry_after=_retry_after(response.headers, metadata),
        body=body,
        response=response,
    )


def _object(value: Any) -> dict[str, Any]:
    """Return a JSON object as it is, and an empty one for anything else."""
    fields: dict[str, Any] = value if is_instance(value, dict) else {}
    return fields


def _message(message: Any, error: Any, body: Any, response: httpx.Response) -> str:
    for candidate in (message, error, _object(body).get("message", body)):
        text = _CONTROLS.sub(" ", candidate).strip() if isinstance(candidate, str) else ""
        if text:
            return f"{text[:_LONGEST_QUOTE]}…" if candidate is body and len(text) > _LONGEST_QUOTE else text
    if response.is_redirect and (location := _CONTROLS.sub(" ", response.headers.get("location", "")).strip()):
        return f"redirects to {location[:_LONGEST_QUOTE]}, which is not followed; correct base_url"
    return (_CONTROLS.sub(" ", response.reason_phrase) if response.is_error else "") or "no message"


def _retry_after(headers: httpx.Headers, metadata: Mapping[str, Any]) -> float | None:
    """Return the seconds to wait, wherever the server says it: header, metadata, or a reset time."""
    inner = {name.lower(): value for name, value in _object(metadata.get("headers")).items()}
    waits = (
        _seconds(headers.get("retry-after-ms"), 0.001),
        _seconds(headers.get("retry-after")),
        _seconds(metadata.get("retry_after_seconds")),
        _seconds(inner.get("retry-after")),
        _seconds(inner.get("x-ratelimit-reset")),
        _seconds(headers.get("x-ratelimit-reset")),
    )
    return next((seconds for seconds in waits if seconds is not None), None)


def _seconds(value: Any, unit: float = 1) -> float | None:
    """Return how long to wait: so many units from now, or until a date or a time since 1970."""
    try:
        date = email.utils.parsedate_tz(value) if isinstance(value, str) else None
        moment = email.utils.mktime_tz(date) if date else float(value) * unit
    except (TypeError, ValueError, OverflowError):
        return None
    if isinstance(value, bool) or not 0 <= moment < math.inf:
        return None
    if not date and moment < _EARLIEST_EPOCH:
        return moment
    return max(0.0, (moment / 1000 if moment >= _LATEST_EPOCH else moment) - time.time())
