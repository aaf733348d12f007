"""Faster implementations of the steps that take the time, when the extra `fast` is installed, imported on first use.

The results are the same, but for numbers beyond the range of floats in fields that the contract does not know: the
faster parser refuses them, the standard library makes them infinite."""

import base64
import importlib
import json
import re
from functools import cache
from typing import Any, NoReturn

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_LONG_BODY, _MANY_VALUES = 2**14, 64  # less is not worth the memory of the faster parser, which is 1 MiB


def parse_json(content: bytes) -> Any:
    """Return the JSON value in UTF-8 bytes, or raise `ValueError`, or `RecursionError` where it nests too deeply."""
    is_small = len(content) < _LONG_BODY and content.count(b",") < _MANY_VALUES
    return stdlib_parse_json(content) if is_small else fast_parse_json(content)


def fast_parse_json(content: bytes) -> Any:
    """Do as `parse_json`, by the faster parser if it is installed."""
    return accelerated("msgspec.json", "decode", stdlib_parse_json)(content)


def decode_base64(text: str) -> bytes:
    """Return the bytes that base64 stands for, or raise `ValueError` for a wrong character or wrong padding."""
    data: bytes = accelerated("pybase64", "b64decode", base64.b64decode)(text, validate=True)
    return data


def stdlib_parse_json(content: bytes) -> Any:
    """Return the JSON value in UTF-8 bytes; as the faster parser does, refuse halves of surrogate pairs."""
    value = _DECODER.decode(content.decode())
    if b"\\" in content and _SURROGATE.search(content):
        json.dumps(value, ensure_ascii=False).encode()
    return value


@cache
def accelerated(module: str, name: str, standard: Any = None) -> Any:
    """Return a function or class of a package of the extra, or what stands in for it when it is not installed."""
    try:
        return getattr(importlib.import_module(module), name)
    except ImportError:
        return standard


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
