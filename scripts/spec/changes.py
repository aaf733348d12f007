"""What differs between two trees, as lines for a person."""

import json
from collections.abc import Iterator
from typing import Any

from spec.tree import escape


def list_changes(old: Any, new: Any) -> list[str]:
    """Return what leads from an old tree to a new one, one line per change.

    A line is `+ pointer: value`, `- pointer: value` or `~ pointer: old → new`; pointers are JSON Pointers. A list of
    plain values (an enum, `required`) is compared as a set, any other by position.
    """
    before, after = dict(_leaves(old, "")), dict(_leaves(new, ""))
    lines = []
    for place in sorted(before.keys() | after.keys()):
        pointer = place.partition("\0")[0] or "/"
        if place not in after:
            lines.append(f"- {pointer}: {before[place]}")
        elif place not in before:
            lines.append(f"+ {pointer}: {after[place]}")
        elif before[place] != after[place]:
            lines.append(f"~ {pointer}: {before[place]} → {after[place]}")
    return lines


def _leaves(node: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield from _leaves(value, f"{where}/{escape(str(key))}")
    elif isinstance(node, list) and node and not any(isinstance(item, dict | list) for item in node):
        for item in node:
            yield f"{where}\0{_text(item)}", _text(item)
    elif isinstance(node, list) and node:
        for index, item in enumerate(node):
            yield from _leaves(item, f"{where}/{index}")
    else:
        yield where, _text(node)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)  # in ASCII: nothing in it can command a terminal
