# Copied by `python scripts/generate.py` from scripts/runtime: do not edit here.
"""Faster parts for the two steps that take the time, when the extra `fast` is installed.

The results are the same, but for numbers beyond the range of floats in fields that the contract does not know: the
faster parser refuses them, the standard library makes them infinite.
"""

from __future__ import annotations

import base64
import importlib
import json
import re
from collections.abc import Callable
from typing import Any, NoReturn

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _parse_json(content: bytes) -> Any:
    """Parse as the faster parser does, which refuses halves of surrogate pairs."""
    value = json.loads(content.decode(), parse_constant=_refuse_constant)
    if b"\\u" in content and _SURROGATE.search(content):
        json.dumps(value, ensure_ascii=False).encode()
    return value


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
