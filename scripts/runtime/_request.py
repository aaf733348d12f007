"""Requests of the operations: arguments and bodies are validated and encoded before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from ._decoding import DecodingError, describe
from ._model import JsonModel, decode_model, decoder_for
from ._types import UNSET, Unset

if TYPE_CHECKING:
    from .client import Client

T = TypeVar("T")

_parsed_address = lru_cache(maxsize=64)(httpx.URL)
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def build_request(
    client: Client,
    method: str,
    path: str,
    *,
    params: Mapping[str, Any] | None = None,
    body: JsonModel | Unset = UNSET,
    body_type: type[JsonModel] = JsonModel,
    form: Mapping[str, tuple[str | None, bytes]] | None = None,
    secured: bool = True,
) -> httpx.Request:
    """Return the request of one operation, ready to be sent by any httpx transport.

    The path has its parameters filled in. What is `UNSET` or None in `params`, the query, is left out. A body is sent
    as JSON, a `form` as multipart fields of (file name or None, content). A `secured` operation needs a key.
    `TypeError` and `ValueError` name the field of the body that is wrong, or say that there is no key."""
    settings = client._request_settings(secured=secured)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    base_url, headers, timeout = settings
    content = None
    if body is not UNSET:
        content = _encode(validate_body(body, body_type))
        headers = [header for header in headers if header[0].lower() != b"content-type"]
        headers.append((b"Content-Type", b"application/json"))
    address, extensions = _parsed_address(base_url + path), {"timeout": timeout.as_dict()}
    query = {name: value for name, value in (params or {}).items() if value is not UNSET and value is not None}
    return httpx.Request(
        method, address, params=query or None, headers=headers, content=content, files=form, extensions=extensions
    )


def validate_argument(name: str, value: T | Unset | None, declared: Any) -> T | Unset:
    """Return an argument that goes into the query or a header, or raise `TypeError` or `ValueError` naming it.

    None and `UNSET` leave it out."""
    if isinstance(value, Unset) or value is None:
        return UNSET
    try:
        result: T = decoder_for(declared)(value, None)
    except DecodingError as error:
        raise error.inside(name).as_argument_error() from None
    return result


def validate_body(body: JsonModel, body_type: type[JsonModel]) -> dict[str, Any]:
    """Return a body as plain JSON values, after decoding it by the contract; a wrong field is an error."""
    if not isinstance(body, body_type):
        raise TypeError(f"body: expected {body_type.__name__}, received {describe(body)}")
    document = body.to_dict()
    try:
        decode_model(type(body), document)
    except DecodingError as error:
        raise error.as_argument_error() from None
    return document


def _encode(document: dict[str, Any]) -> bytes:
    """Return an object as JSON bytes, or raise an error that names the field that JSON has no way to write."""
    try:
        return _JSON.encode(document).encode()
    except (TypeError, ValueError, RecursionError) as error:
        if len(document) > 1:
            return b"".join(_encode({name: value}) for name, value in document.items())  # one of them raises
        name, reason = next(iter(document)), str(error)
        if isinstance(error, UnicodeEncodeError):
            reason = "a text holds half of a surrogate pair, which UTF-8 cannot write"
        elif isinstance(error, RecursionError):
            reason = "nests too deeply to be written as JSON"
        raise (TypeError if isinstance(error, TypeError) else ValueError)(f"{name}: {reason}") from None
