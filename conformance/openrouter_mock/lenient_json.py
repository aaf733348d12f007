"""JSON that is valid and yet beyond what most parsers take."""

from __future__ import annotations

import json
import sys
from typing import Any, NoReturn

import orjson

_MOST_DIGITS = 25
"""Digits from which a whole number is beyond 64 bits, and need not be read to know it."""


def read(body: bytes) -> Any:
    """Return the JSON value in *body* as JavaScript, in which the live gateway is written, reads it.

    Numbers beyond a float become the greatest one, and half of a surrogate pair becomes U+FFFD. Raise `ValueError` when
    the body is not JSON, `RecursionError` when it is nested too deep.
    """
    value = json.loads(body.decode(), parse_float=_number, parse_int=_whole, parse_constant=_refuse)
    written = json.dumps(value, ensure_ascii=False)
    return orjson.loads(written.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))


def _number(digits: str) -> float:
    number = float(digits)
    return max(-sys.float_info.max, min(number, sys.float_info.max))


def _whole(digits: str) -> int | float:
    number = int(digits) if len(digits) < _MOST_DIGITS else 2**64
    return number if -(2**63) <= number < 2**64 else _number(digits)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
