"""Bytes of a published document → a plain tree of mappings, lists, text, numbers, booleans and null.

YAML is read as version 1.2 reads it, event by event through libyaml: `no` and `2024-01-01` stay text, the
stack never grows with the input, and every fault is known by line and column. JSON is read as JSON.
"""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import yaml

from spec.errors import Refusal, shorten

MAX_DEPTH = 100
"""Levels of nesting accepted; the published documents have 22."""

MAX_NODES = 2_000_000
"""Mappings, lists and scalars accepted, aliases counted as often as they are used; published: 120,000."""

_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL_OR_HEX = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TEXT_TAG = "tag:yaml.org,2002:str"
_TAGS = {None, "!", _TEXT_TAG, "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}


def read_document(path: Path) -> dict[str, Any]:
    """Return the document in the file at *path*; see `parse_document`."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Refusal(f"{path} cannot be read: {error.strerror or error}.") from None
    return parse_document(raw, str(path))


def parse_document(raw: bytes, label: str) -> dict[str, Any]:
    """Return the OpenAPI 3.0 or 3.1 document in *raw*; *label* names it in messages.

    Keys are text; a status code written as a number becomes text. Raises Refusal for anything that is not
    one whole, harmless document: the sentence says what was found, where, and what was expected.
    """
    tree = parse_tree(raw, label)
    if not isinstance(tree, dict):
        raise Refusal(f"{label} holds {shorten(tree, 40)} where an OpenAPI document (a mapping) is expected.")
    _check_version(tree, label)
    return tree


def parse_tree(raw: bytes, label: str) -> Any:
    """Return the JSON or YAML value in *raw*, whatever it describes; refuses as `parse_document` does."""
    text = _decode(raw, label)
    if text[:1] in "{[":
        tree = _parse_json(text, label)
    else:
        tree = _Reader(text, label).read()
        _check_whole(text, label)
    _check_size(tree, label)
    return tree


def _decode(raw: bytes, label: str) -> str:
    if raw[:2] == b"\x1f\x8b":
        raise Refusal(f"{label} is gzip-compressed: unpack it first.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refusal(
            f"{label} is not UTF-8 text (byte {error.start} is 0x{raw[error.start]:02x}): YAML or JSON in "
            "UTF-8 is expected."
        ) from None
    text = text.lstrip("\n\r\t ") if text.lstrip("\n\r\t ")[:1] in {"{", "["} else text
    if not text.strip():
        raise Refusal(f"{label} is empty: an OpenAPI document is expected.")
    if re.match(r"\s*<[!?a-zA-Z]", text):
        raise Refusal(f"{label} is an HTML or XML page, not an OpenAPI document: check the address.")
    return text


def _parse_json(text: str, label: str) -> Any:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(items)
        if len(result) != len(items):
            keys = [key for key, _ in items]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise Refusal(f"{label} has the key {shorten(twice)} twice in one mapping: keep one.")
        return result

    def constant(name: str) -> NoReturn:
        raise Refusal(f"{label} holds {name}, which is no JSON number: give a finite one.")

    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except json.JSONDecodeError as error:
        fault = f"{label} is neither JSON ({error.msg}, line {error.lineno}, column {error.colno})"
    except RecursionError:
        raise Refusal(_too_deep(label)) from None
    except ValueError:
        raise Refusal(f"{label} holds a number of too many digits.") from None
    try:
        return _Reader(text, label).read()  # a YAML document may begin with a brace as well
    except Refusal as refusal:
        raise Refusal(f"{fault} nor YAML: {refusal}") from None


def _too_deep(label: str) -> str:
    return f"{label} is nested deeper than {MAX_DEPTH} levels: a published document needs fewer."


def _check_whole(text: str, label: str) -> None:
    """Refuse a block document that ends inside a line: nothing else in it says that it is complete."""
    if not text.endswith(("\n", "...")):
        last = text.count("\n") + 1
        raise Refusal(
            f"{label} ends inside line {last}, as a document cut short does: fetch it again, or end it with "
            "a line break if it is whole."
        )


def _check_size(tree: Any, label: str) -> None:
    """Refuse a tree too deep or too large, aliases expanded, and values no JSON reader would take."""
    stack = [iter((tree,))]
    nodes = 0
    while stack:
        try:
            value = next(stack[-1])
        except StopIteration:
            stack.pop()
            continue
        nodes += 1
        if nodes > MAX_NODES:
            raise Refusal(f"{label} expands to more than {MAX_NODES} values: it is an alias bomb or no contract.")
        if isinstance(value, dict | list):
            if len(stack) > MAX_DEPTH:
                raise Refusal(_too_deep(label))
            stack.append(_parts(value))
        elif isinstance(value, str):
            _check_text(value, label)
        elif isinstance(value, float) and not math.isfinite(value):
            raise Refusal(f"{label} holds a number beyond the range of a double: give a finite one.")


def _parts(value: dict[str, Any] | list[Any]) -> Iterator[Any]:
    if isinstance(value, list):
        return iter(value)
    return (part for item in value.items() for part in item)


def _check_text(text: str, label: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refusal(f"{label} holds {shorten(text)}, half of a surrogate pair: it is no text.") from None


def _check_version(tree: dict[str, Any], label: str) -> None:
    for other in ("swagger", "asyncapi", "arazzo", "overlay"):
        if other in tree:
            raise Refusal(f"{label} is {other} {shorten(tree[other], 20)}: an OpenAPI 3.0 or 3.1 document is expected.")
    if "openapi" not in tree:
        raise Refusal(
            f"{label} has no `openapi` field: it is no OpenAPI document, or it was cut short; fetch it again."
        )
    if not re.fullmatch(r"3\.[01](\.[0-9]+)?", str(tree["openapi"])):
        raise Refusal(f"{label} is OpenAPI {shorten(tree['openapi'], 20)}: version 3.0 or 3.1 is expected.")


class _Open(NamedTuple):
    """A mapping or list whose end has not been read yet; *keys* holds the key that waits for its value."""

    value: dict[str, Any] | list[Any]
    keys: list[str]
    anchor: str | None


class _Reader:
    """One YAML document, built from libyaml's events on a stack of our own."""

    def __init__(self, text: str, label: str) -> None:
        self._text = text
        self._label = label
        self._open: list[_Open] = []
        self._anchors: dict[str, Any] = {}
        self._documents = 0
        self._root: Any = None

    def read(self) -> Any:
        try:
            for event in yaml.parse(self._text, Loader=yaml.CSafeLoader):
                self._take(event)
        except yaml.reader.ReaderError as error:
            raise Refusal(
                f"{self._label} holds the character {shorten(chr(error.character))} at offset "
                f"{error.position}, which no YAML document may hold."
            ) from None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "an unknown place"
            raise Refusal(f"{self._label} is not YAML at {place}: {error.problem or error.context}.") from None
        except yaml.YAMLError as error:
            raise Refusal(f"{self._label} is not YAML: {error}.") from None
        return self._root

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._put(self._scalar(event), event)
        elif isinstance(event, yaml.AliasEvent):
            self._put(self._alias(event), event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._begin(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            done = self._open.pop()
            if done.anchor:
                self._anchors[done.anchor] = done.value
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._refuse(event, "a second document begins: one document per file is expected")

    def _begin(self, event: Any) -> None:
        self._check_tag(event)
        if len(self._open) >= MAX_DEPTH:
            raise Refusal(_too_deep(self._label))
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._put(value, event)
        if event.anchor:
            self._anchors.pop(event.anchor, None)  # an alias inside would refer to a value not yet complete
        self._open.append(_Open(value, [], event.anchor))

    def _put(self, value: Any, event: Any) -> None:
        """Hand *value* to the innermost open collection: as a list's item, a key, or a key's value."""
        if not self._open:
            self._root = value
            return
        holder, keys, _ = self._open[-1]
        if isinstance(holder, list):
            holder.append(value)
        elif keys:
            holder[keys.pop()] = value
        else:
            key = self._key(value, event)
            if key in holder:
                self._refuse(event, f"the key {shorten(key)} stands twice in one mapping: keep one")
            holder[key] = None
            keys.append(key)

    def _key(self, value: Any, event: Any) -> str:
        if isinstance(value, str):
            if value == "<<" and event.implicit[0]:
                self._refuse(event, "merge keys (`<<`) are not part of YAML 1.2: write the keys out")
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(event.value) if isinstance(event, yaml.ScalarEvent) else str(value)
        return self._refuse(event, f"{shorten(value, 40)} stands as a key, where text is expected: quote it")

    def _scalar(self, event: Any) -> Any:
        self._check_tag(event)
        value = event.value if event.tag or not event.implicit[0] else self._plain(event)
        if event.anchor:
            self._anchors[event.anchor] = value
        return value

    def _plain(self, event: Any) -> Any:
        text: str = event.value
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if text[0] not in "+-.0123456789":
            return text
        try:
            if _INTEGER.fullmatch(text):
                return int(text)
            if _OCTAL_OR_HEX.fullmatch(text):
                return int(text, 0)
        except ValueError:
            self._refuse(event, "a number has too many digits")
        if _INFINITE.fullmatch(text):
            self._refuse(event, f"{text} is no JSON number: give a finite one, or quote it")
        return float(text) if _FLOAT.fullmatch(text) else text

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self._anchors:
            self._refuse(event, f"the alias *{event.anchor} refers to no complete value before it")
        return self._anchors[event.anchor]

    def _check_tag(self, event: Any) -> None:
        if event.tag not in _TAGS:
            self._refuse(event, f"the tag {shorten(event.tag)} is not accepted: plain values are expected")

    def _refuse(self, event: Any, what: str) -> NoReturn:
        mark = event.start_mark
        raise Refusal(f"{self._label}, line {mark.line + 1}, column {mark.column + 1}: {what}.")
