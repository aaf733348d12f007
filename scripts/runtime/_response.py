"""What an HTTP response means: a typed result, an `ApiError` or a `ContractError`."""

from __future__ import annotations

import datetime as dt
import email.utils
import math
import re
import time
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import httpx
from attrs import field, frozen

from . import _accelerators
from ._decoding import Decoder, DecodingError, decode_bytes, decode_null
from ._types import is_instance
from .errors import ApiError, ContractError

T = TypeVar("T")

BOM = b"\xef\xbb\xbf"
"""The byte order mark that some servers put before UTF-8."""

_SHORTEST_REDACTED_KEY = 6
"""Characters from which on a key is redacted in responses; shorter ones are placeholders such as `none`."""

_LONGEST_QUOTE = 500
"""Characters of a body that is not JSON which an error message quotes."""


@frozen
class Response(Generic[T]):
    """A response with everything around its result.

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


def parse_response(response: httpx.Response, decoders: Mapping[int, Decoder[T]]) -> T:
    """Return the typed result of a successful response.

    Args:
        response: the response, with its body read.
        decoders: the decoder of the body for each documented status of success.

    Raises:
        ApiError: the response is an error, whatever its status.
        ContractError: the response claims success and its body is not what the contract says.

    """
    try:
        return _parse_content(response, response.content, decoders)
    except (ApiError, ContractError):
        content = _redacted_content(response)
        if content == response.content:
            raise
    # The server echoed the key: the response is parsed again without it, so that no error shows it.
    return _parse_content(response, content, decoders)


def parse_response_detailed(response: httpx.Response, decoders: Mapping[int, Decoder[T]]) -> Response[T]:
    """Return the response with everything around its result; an error stands in `.error`, none is raised."""
    result: T | None = None
    failure: ApiError | ContractError | None = None
    try:
        result = parse_response(response, decoders)
    except (ApiError, ContractError) as error:
        failure = error
    return Response(response.status_code, response.headers, response.content, result, failure)


def parse_json(content: bytes) -> Any:
    """Return the JSON value in a body; white space before it is legal and common.

    Raises:
        ContractError: the body is not JSON in UTF-8, or nests deeper than the parser goes.

    """
    try:
        return _accelerators.parse_json(content.removeprefix(BOM))
    except RecursionError:
        raise ContractError("$", "JSON", "JSON that nests too deeply") from None
    except ValueError as error:
        received = f"{len(content)} bytes that are not JSON ({_first_line(str(error))})" if content else "an empty body"
        raise ContractError("$", "JSON", received) from None


def _parse_content(response: httpx.Response, content: bytes, decoders: Mapping[int, Decoder[T]]) -> T:
    status = response.status_code
    if not response.is_success:
        raise _api_error(response, _parsed_or_text(content))
    try:
        if status not in decoders:
            raise ContractError("$", f"status {' or '.join(map(str, decoders))}", f"status {status}")
        decoder = decoders[status]
        if decoder is decode_bytes or decoder is decode_null:  # the body is not JSON, or there is none
            return decoder(content if decoder is decode_bytes else None)
        return _decode_success(response, parse_json(content), decoder)
    except ContractError as error:
        error.response = response
        raise


def _decode_success(response: httpx.Response, body: Any, decoder: Decoder[T]) -> T:
    """Decode a body that came with a status of success and may carry an error all the same."""
    error = _object(body).get("error")
    claims_error = is_instance(error, dict, str) and bool(error)
    try:
        result = decoder(body)
    except DecodingError as fault:
        if claims_error:
            raise _api_error(response, body) from None
        raise fault.as_contract_error() from None
    if claims_error and "error" in getattr(result, "additional_properties", ()):
        raise _api_error(response, body)
    return result


def _api_error(response: httpx.Response, body: Any) -> ApiError:
    error = _object(body).get("error")
    fields = _object(error)
    metadata = _object(fields.get("metadata"))
    return ApiError(
        status=response.status_code,
        code=_code(fields),
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


def _parsed_or_text(content: bytes) -> Any:
    try:
        return parse_json(content)
    except ContractError:
        return content.decode(errors="replace")


def _redacted_content(response: httpx.Response) -> bytes:
    """Return the body with the key redacted, should the server have echoed it, plainly or in JSON's escapes."""
    try:
        authorization = response.request.headers.get("authorization", "")
    except RuntimeError:  # a response that was built by hand has no request
        return response.content
    key = authorization.removeprefix("Bearer ").strip()
    if len(key) < _SHORTEST_REDACTED_KEY:
        return response.content
    content = response.content.replace(key.encode(), b"***")
    if b"\\" not in content:
        return content
    escapes = "".join(rf"(?:\\?{re.escape(letter)}|\\u{ord(letter):04x})" for letter in key)
    return re.sub(escapes.encode(), b"***", content, flags=re.IGNORECASE)


def _code(error: Mapping[str, Any]) -> int | None:
    for name in ("code", "http_status"):
        value = error.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 9:
            return int(value)
    return None


def _message(message: Any, error: Any, body: Any, response: httpx.Response) -> str:
    for candidate in (message, error, _object(body).get("message", body)):
        if isinstance(candidate, str) and candidate.strip():
            text = candidate.strip()
            is_quote = candidate is body
            return f"{text[:_LONGEST_QUOTE]}…" if is_quote and len(text) > _LONGEST_QUOTE else text
    return (response.reason_phrase if response.is_error else "") or "no message"


def _retry_after(headers: httpx.Headers, metadata: Mapping[str, Any]) -> float | None:
    """Return the seconds to wait, wherever the server says it: header, metadata, or a reset time."""
    inner = {name.lower(): value for name, value in _object(metadata.get("headers")).items()}
    candidates = (
        _scaled(headers.get("retry-after-ms"), 0.001),
        _seconds_or_date(headers.get("retry-after")),
        _scaled(metadata.get("retry_after_seconds"), 1),
        _seconds_or_date(inner.get("retry-after")),
        _until(inner.get("x-ratelimit-reset")),
        _until(headers.get("x-ratelimit-reset")),
    )
    return next((seconds for seconds in candidates if seconds is not None), None)


def _scaled(value: Any, factor: float) -> float | None:
    try:
        seconds = math.nan if isinstance(value, bool) else float(value) * factor
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _seconds_or_date(value: Any) -> float | None:
    seconds = _scaled(value, 1)
    if seconds is not None or not isinstance(value, str):
        return seconds
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return max(0.0, moment.timestamp() - time.time())


def _until(epoch_milliseconds: Any) -> float | None:
    moment = _scaled(epoch_milliseconds, 0.001)
    return None if moment is None else max(0.0, moment - time.time())


def _first_line(text: str) -> str:
    return text.splitlines()[0][:100] if text else ""
