"""A parser for valid JSON that most parsers reject: huge numbers and unpaired surrogates."""

from __future__ import annotations

import json
import sys
from typing import Any, NoReturn

import orjson

_MAX_DIGITS = 25
"""Integers with more digits exceed 64 bits, which can be told without converting them."""


def parse(body: bytes) -> Any:
    """Return the JSON value in *body* as JavaScript, in which the live gateway is written, parses it.

    Numbers beyond a float become the greatest float, and an unpaired surrogate becomes U+FFFD.

    Raises:
        ValueError: The body is not JSON.
        RecursionError: It is nested too deep.

    """
    value = json.loads(body.decode(), parse_float=_float, parse_int=_integer, parse_constant=_reject_constant)
    serialized = json.dumps(value, ensure_ascii=False)
    return orjson.loads(serialized.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))


def _float(digits: str) -> float:
    number = float(digits)
    return max(-sys.float_info.max, min(number, sys.float_info.max))


def _integer(digits: str) -> int | float:
    number = int(digits) if len(digits) < _MAX_DIGITS else 2**64
    return number if -(2**63) <= number < 2**64 else _float(digits)


def _reject_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not valid JSON")
