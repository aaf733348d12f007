# Copied by `python scripts/generate.py` from scripts/runtime: do not edit here.
"""Faster parts for the two steps that take the time, when the extra `fast` is installed; the results are the same."""

from __future__ import annotations

import base64
import importlib
import json
import math
import re
from collections.abc import Callable
from typing import Any, NoReturn

_LARGE = re.compile(rb"[eE]\+?[0-9]{3}|[0-9]{300}")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"the number {text[:20]} is out of range")
    return number


def _parse_json(content: bytes) -> Any:
    """Parse as the faster parser does, which refuses numbers beyond floats and halves of surrogate pairs."""
    finite = _finite if _LARGE.search(content) else None
    value = json.loads(content.decode(), parse_constant=_refuse_constant, parse_float=finite)
    if _SURROGATE.search(content):
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
