# Copied by `python scripts/generate.py` from scripts/runtime: do not edit here.
"""What an HTTP answer means: a typed result, an `ApiError` or a `ContractError`."""

from __future__ import annotations

import datetime as dt
import email.utils
import math
import re
import time
from collections.abc import Mapping
from typing import Any, TypeVar

import httpx

from . import accelerators
from .errors import ApiError, ContractError
from .reading import Reader, binary, is_a, null
from .types import Response

T = TypeVar("T")

BOM = b"\xef\xbb\xbf"
"""The mark that some servers put before UTF-8."""

_SHORTEST_SECRET = 6
"""Characters of a key from which on it is struck out of answers; shorter ones are placeholders such as `none`."""

_LONGEST_QUOTE = 500
"""Characters of a body that is not JSON which an error message quotes."""


def read_answer(response: httpx.Response, readers: Mapping[int, Reader[T]]) -> T:
    """Return the typed result of a successful answer.

    Args:
        response: the answer, with its body read.
        readers: the reader of the body for each documented status of success.

    Raises:
        ApiError: the answer is a failure, whatever its status.
        ContractError: the answer claims success and its body is not what the contract says.

    """
    try:
        return _read_content(response, response.content, readers)
    except (ApiError, ContractError):
        content = _without_key(response)
        if content == response.content:
            raise
    # The server echoed the key: the answer is read again without it, so that no error tells it.
    return _read_content(response, content, readers)


def detail(response: httpx.Response, readers: Mapping[int, Reader[T]]) -> Response[T]:
    """Return the answer with everything around it; failures stand in `.error`, none is raised."""
    result: T | None = None
    error: ApiError | ContractError | None = None
    try:
        result = read_answer(response, readers)
    except (ApiError, ContractError) as failure:
        error = failure
    return Response(response.status_code, response.headers, response.content, result, error)


def parse_json(content: bytes) -> Any:
    """Return the JSON value in a body; white space before it is legal and common.

    Raises:
        ContractError: the body is not JSON in UTF-8, or nests deeper than the parser goes.

    """
    try:
        return accelerators.parse_json(content.removeprefix(BOM))
    except RecursionError:
        raise ContractError("JSON", "JSON that nests too deeply") from None
    except ValueError as error:
        received = f"{len(content)} bytes that are not JSON ({_first_line(str(error))})" if content else "an empty body"
        raise ContractError("JSON", received) from None


def _read_content(response: httpx.Response, content: bytes, readers: Mapping[int, Reader[T]]) -> T:
    status = response.status_code
    if not response.is_success:
        raise _api_error(response, _parsed_or_text(content))
    try:
        if status not in readers:
            raise ContractError(f"status {' or '.join(map(str, readers))}", f"status {status}", wrong_type=False)
        read = readers[status]
        if read is binary or read is null:  # the body is not JSON, or there is none
            return read(content if read is binary else None)
        return _read_success(response, parse_json(content), read)
    except ContractError as error:
        error.response = response
        raise


def _read_success(response: httpx.Response, body: Any, read: Reader[T]) -> T:
    """Read a body that came with a status of success and may carry an error all the same."""
    error = _object(body).get("error")
    claims_error = is_a(error, dict, str) and bool(error)
    try:
        result = read(body)
    except ContractError:
        if claims_error:
            raise _api_error(response, body) from None
        raise
    if claims_error and "error" in getattr(result, "additional_properties", ()):
        raise _api_error(response, body)
    return result


def _api_error(response: httpx.Response, body: Any) -> ApiError:
    error = _object(body).get("error")
    detail_ = _object(error)
    metadata = _object(detail_.get("metadata"))
    return ApiError(
        status=response.status_code,
        code=_code(detail_),
        message=_message(detail_.get("message"), error, body, response),
        metadata=metadata,
        retry_after=_retry_after(response.headers, metadata),
        body=body,
        response=response,
    )


def _object(value: Any) -> dict[str, Any]:
    """Return a JSON object as it is, and an empty one for anything else."""
    fields: dict[str, Any] = value if is_a(value, dict) else {}
    return fields


def _parsed_or_text(content: bytes) -> Any:
    try:
        return parse_json(content)
    except ContractError:
        return content.decode(errors="replace")


def _without_key(response: httpx.Response) -> bytes:
    """Return the body with the key struck out, should the server have echoed it, plainly or in JSON's escapes."""
    try:
        authorization = response.request.headers.get("authorization", "")
    except RuntimeError:  # a response that was built by hand has no request
        return response.content
    key = authorization.removeprefix("Bearer ").strip()
    if len(key) < _SHORTEST_SECRET:
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
    """Return the seconds to wait, from wherever the server said it: header, metadata, or a reset time."""
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
