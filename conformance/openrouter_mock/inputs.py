"""From the `input` field, in any of its five forms, to the things to embed."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from .call import Input, Medium, Refusal

if TYPE_CHECKING:
    from .catalogue import Model

MOST_INPUTS = 2048
"""The most inputs in one request."""

_MEDIA = {"image_url": "image", "input_audio": "audio", "input_video": "video", "input_file": "file"}


def read(field: Any, model: Model) -> list[Input]:
    """Return what the contract-valid *field* asks to embed, in order.

    Raise `Refusal` when the model cannot take it: too many inputs, or a medium that it does not read.
    """
    inputs = _read(field)
    if len(inputs) > MOST_INPUTS:
        raise Refusal(400, f"input: {len(inputs)} inputs are more than the {MOST_INPUTS} that {model.id} takes at once")
    for each in inputs:
        _check_media(each, model)
    return inputs


def _read(field: Any) -> list[Input]:
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
    """Return token ids as whole numbers: some clients send 9906 as 9906.0, and JSON makes no difference."""
    return tuple(map(int, numbers))


def _part(part: dict[str, Any]) -> str | Medium:
    if part["type"] == "text":
        return str(part["text"])
    medium = part[part["type"]]
    return Medium(_MEDIA[part["type"]], _content(medium.get("url") or medium.get("data") or ""))


def _content(address: str) -> bytes:
    """Return the bytes that *address* holds itself: the base64 of a `data:` address or of nothing else."""
    encoded = address.split(",", 1)[-1] if address.startswith("data:") else address
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return address.encode("utf-8", "surrogatepass")


def _check_media(given: Input, model: Model) -> None:
    if isinstance(given.source, str):
        return
    kinds = {part.kind for part in given.source if isinstance(part, Medium)}
    for kind in sorted(kinds - model.modalities):
        reads = ", ".join(sorted(model.modalities))
        raise Refusal(400, f"{given.where}: {model.id} does not read {kind}; it reads {reads}")
