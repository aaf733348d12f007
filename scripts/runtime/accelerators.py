"""Faster parts for the two steps that take the time, when the extra `fast` is installed; the results are the same."""

from __future__ import annotations

import base64
import importlib
import json
from collections.abc import Callable
from typing import Any, NoReturn


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _parse_json(content: bytes) -> Any:
    return json.loads(content.decode(), parse_constant=_refuse_constant)


def _faster(module: str, name: str, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    try:
        faster: Callable[..., Any] = getattr(importlib.import_module(module), name)
    except ImportError:
        return otherwise
    return faster


parse_json: Callable[[bytes], Any] = _faster("msgspec.json", "decode", _parse_json)
"""Return the JSON value in UTF-8 bytes; raises `ValueError`, or `RecursionError` when it nests too deeply."""

decode_base64: Callable[..., bytes] = _faster("pybase64", "b64decode", base64.b64decode)
"""Return the bytes that base64 stands for; with `validate=True` raises `ValueError` on any other character."""
