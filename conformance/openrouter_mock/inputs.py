"""Parses the `input` field, in any of its five forms, into the inputs to embed."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from .call import HTTPError, Input, Medium

if TYPE_CHECKING:
    from .catalog import Model

MAX_INPUTS = 2048
"""The maximum number of inputs in one request."""

_MEDIA = {"image_url": "image", "input_audio": "audio", "input_video": "video", "input_file": "file"}


def parse(field: Any, model: Model) -> list[Input]:
    """Return the inputs in the valid *field*, in order.

    Raises:
        HTTPError: 400; there are too many inputs, or *model* does not accept a medium among them.

    """
    inputs = _parse(field)
    if len(inputs) > MAX_INPUTS:
        raise HTTPError(
            400, f"input: {len(inputs)} inputs are more than the {MAX_INPUTS} that {model.id} takes at once"
        )
    for each in inputs:
        _check_media(each, model)
    return inputs


def _parse(field: Any) -> list[Input]:
    if isinstance(field, str):
        return [Input(field)]
    if field and isinstance(field[0], int | float):
        return [Input(_tokens(field))]
    return [Input(_source(each), f"input.{position}", position) for position, each in enumerate(field)]


def _source(each: Any) -> str | tuple[int, ...] | tuple[str | Medium, ...]:
    if isinstance(each, str):
        return each
    return _tokens(each) if isinstance(each, list) else tuple(map(_part, each["content"]))


def _tokens(numbers: list[int | float]) -> tuple[int, ...]:
    """Return token ids as integers: some clients send 9906 as 9906.0, which is the same number in JSON."""
    return tuple(map(int, numbers))


def _part(part: dict[str, Any]) -> str | Medium:
    if part["type"] == "text":
        return str(part["text"])
    medium = part[part["type"]]
    return Medium(_MEDIA[part["type"]], _content(medium.get("url") or medium.get("data") or ""))


def _content(url: str) -> bytes:
    """Return the bytes of a `data:` URL or of plain base64; of any other URL, the URL itself."""
    encoded = url.split(",", 1)[-1] if url.startswith("data:") else url
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return url.encode("utf-8", "surrogatepass")


def _check_media(given: Input, model: Model) -> None:
    if isinstance(given.source, str):
        return
    kinds = {part.kind for part in given.source if isinstance(part, Medium)}
    for kind in sorted(kinds - model.modalities):
        reads = ", ".join(sorted(model.modalities))
        raise HTTPError(400, f"{given.path}: {model.id} does not read {kind}; it reads {reads}")
