"""YAML 1.2 → a plain tree, event by event through libyaml.

`no` and `2024-01-01` stay text, the stack never grows with the input, and every fault is known by line and column.
"""

import re
from typing import Any, NamedTuple, NoReturn

import yaml

from spec.errors import InputError, shorten

MAX_DEPTH = 100
"""Levels of nesting accepted; the published documents have 22."""

MAX_NODES = 2_000_000
"""Mappings, lists and scalars accepted, aliases counted as often as they are used; published: 73,000."""

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


def read_yaml(text: str, label: str) -> Any:
    """Return the value of the one YAML document in a text.

    Raises:
        InputError: it is not YAML, holds a second document, an unknown tag or a key twice, or is nested too deep.

    """
    return _Reader(text, label).read()


def too_deep(label: str) -> str:
    """Return the sentence for a document that is nested too deep."""
    return f"{label} is nested deeper than {MAX_DEPTH} levels: a published document needs fewer."


def too_large(label: str) -> str:
    """Return the sentence for a document of too many values."""
    return f"{label} expands to more than {MAX_NODES} values: it is an alias bomb or no contract."


class _Open(NamedTuple):
    """A mapping or list whose end has not been read yet; `keys` holds the key that waits for its value."""

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
        self._nodes = 0
        self._root: Any = None

    def read(self) -> Any:
        try:
            for event in yaml.parse(self._text, Loader=yaml.CSafeLoader):
                self._take(event)
        except yaml.reader.ReaderError as error:
            raise InputError(
                f"{self._label} holds the character {shorten(chr(error.character))} at offset "
                f"{error.position}, which no YAML document may hold."
            ) from None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "an unknown place"
            raise InputError(f"{self._label} is not YAML at {place}: {error.problem or error.context}.") from None
        except yaml.YAMLError as error:
            raise InputError(f"{self._label} is not YAML: {error}.") from None
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
            raise InputError(too_deep(self._label))
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._put(value, event)
        if event.anchor:
            self._anchors.pop(event.anchor, None)  # an alias inside would refer to a value not yet complete
        self._open.append(_Open(value, [], event.anchor))

    def _put(self, value: Any, event: Any) -> None:
        """Hand a value to the innermost open collection: as a list's item, a key, or a key's value."""
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise InputError(too_large(self._label))
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
        raise InputError(f"{self._label}, line {mark.line + 1}, column {mark.column + 1}: {what}.")
