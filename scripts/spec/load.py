"""Bytes of a published document → a plain tree of mappings, lists, text, numbers, booleans and null.

JSON is read as JSON, everything else as YAML (see `spec.yaml_reader`). Anything but one whole, harmless document is
refused in one sentence.
"""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from spec.errors import InputError, shorten
from spec.yaml_reader import MAX_DEPTH, MAX_NODES, read_yaml, too_deep, too_large

MAX_TEXT = 64 * 2**20
"""Characters accepted in all texts, aliases counted as often as they are used; published: 0.75 million."""


def read_document(path: Path) -> dict[str, Any]:
    """Return the document in a file; see `parse_document`."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from None
    return parse_document(raw, str(path))


def parse_document(raw: bytes, label: str) -> dict[str, Any]:
    """Return the OpenAPI 3.0 or 3.1 document in some bytes.

    Keys are text; a status code written as a number becomes text.

    Args:
        raw: the document in UTF-8.
        label: its name in messages.

    Raises:
        InputError: it is not one whole, harmless document; the sentence says what was found and what was expected.

    """
    tree = parse_tree(raw, label)
    if not isinstance(tree, dict):
        raise InputError(f"{label} holds {shorten(tree, 40)} where an OpenAPI document (a mapping) is expected.")
    _check_version(tree, label)
    return tree


def parse_tree(raw: bytes, label: str) -> Any:
    """Return the JSON or YAML value in some bytes, whatever it describes; refuses as `parse_document` does."""
    text = _decode(raw, label)
    if text[:1] in "{[":
        tree = _parse_json(text, label)
    else:
        tree = read_yaml(text, label)
        _check_whole(text, label)
    _check_size(tree, label)
    return tree


def _decode(raw: bytes, label: str) -> str:
    if raw[:2] == b"\x1f\x8b":
        raise InputError(f"{label} is gzip-compressed: unpack it first.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{label} is not UTF-8 text (byte {error.start} is 0x{raw[error.start]:02x}): YAML or JSON in "
            "UTF-8 is expected."
        ) from None
    text = text.lstrip("\n\r\t ") if text.lstrip("\n\r\t ")[:1] in {"{", "["} else text
    if not text.strip():
        raise InputError(f"{label} is empty: an OpenAPI document is expected.")
    if re.match(r"\s*<[!?a-zA-Z]", text):
        raise InputError(f"{label} is an HTML or XML page, not an OpenAPI document: check the address.")
    return text


def _parse_json(text: str, label: str) -> Any:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in items:
            if key in result:
                raise InputError(f"{label} has the key {shorten(key)} twice in one mapping: keep one.")
            result[key] = value
        return result

    def constant(name: str) -> NoReturn:
        raise InputError(f"{label} holds {name}, which is no JSON number: give a finite one.")

    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except json.JSONDecodeError as error:
        fault = f"{label} is neither JSON ({error.msg}, line {error.lineno}, column {error.colno})"
    except RecursionError:
        raise InputError(too_deep(label)) from None
    except ValueError:
        raise InputError(f"{label} holds a number of too many digits.") from None
    try:
        return read_yaml(text, label)  # a YAML document may begin with a brace as well
    except InputError as error:
        raise InputError(f"{fault} nor YAML: {error}") from None


def _check_whole(text: str, label: str) -> None:
    """Refuse a block document that ends inside a line: nothing else in it says that it is complete."""
    if not text.endswith(("\n", "...")):
        last = text.count("\n") + 1
        raise InputError(
            f"{label} ends inside line {last}, as a document cut short does: fetch it again, or end it with "
            "a line break if it is whole."
        )


def _check_size(tree: Any, label: str) -> None:
    """Refuse a tree too deep or too large, aliases expanded, and values no JSON reader would take."""
    stack = [iter((tree,))]
    nodes = characters = 0
    while stack:
        try:
            value = next(stack[-1])
        except StopIteration:
            stack.pop()
            continue
        nodes += 1
        if nodes > MAX_NODES:
            raise InputError(too_large(label))
        if isinstance(value, dict | list):
            if len(stack) > MAX_DEPTH:
                raise InputError(too_deep(label))
            stack.append(_parts(value))
        elif isinstance(value, str):
            characters += len(value)
            if characters > MAX_TEXT:
                raise InputError(f"{label} expands to more than {MAX_TEXT} characters: it is an alias bomb.")
            _check_text(value, label)
        elif isinstance(value, float) and not math.isfinite(value):
            raise InputError(f"{label} holds a number beyond the range of a double: give a finite one.")


def _parts(value: dict[str, Any] | list[Any]) -> Iterator[Any]:
    if isinstance(value, list):
        return iter(value)
    return (part for item in value.items() for part in item)


def _check_text(text: str, label: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InputError(f"{label} holds {shorten(text)}, half of a surrogate pair: it is no text.") from None


def _check_version(tree: dict[str, Any], label: str) -> None:
    for other in ("swagger", "asyncapi", "arazzo", "overlay"):
        if other in tree:
            raise InputError(
                f"{label} is {other} {shorten(tree[other], 20)}: an OpenAPI 3.0 or 3.1 document is expected."
            )
    if "openapi" not in tree:
        raise InputError(
            f"{label} has no `openapi` field: it is no OpenAPI document, or it was cut short; fetch it again."
        )
    if not re.fullmatch(r"3\.[01](\.[0-9]+)?", str(tree["openapi"])):
        raise InputError(f"{label} is OpenAPI {shorten(tree['openapi'], 20)}: version 3.0 or 3.1 is expected.")
