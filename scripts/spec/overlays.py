"""OpenAPI Overlays 1.0/1.1, applied strictly: an action that matches nothing or changes nothing is a miss.

An action names the nodes it means by an RFC 9535 JSONPath (`target`) and then merges a value into them (`update`),
deletes them (`remove`), merges another node into them (`copy`), or hands them to a rule (`x-rule`), for what JSONPath
cannot say. `spec.overlay_files` reads actions from files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import attrs
import jsonpath

from spec.canonical import json_text
from spec.errors import InputError
from spec.tree import Place, copy_tree, node_at

Rule: TypeAlias = Callable[[Any, Sequence[Place]], list[str] | None]
"""Edits a document in place, given the places that a target matched; may return sentences on what it could not do."""

JSONPATH = jsonpath.JSONPathEnvironment(strict=True)

DOCUMENTATION_KEYS = frozenset({"title", "description", "summary"})
"""The keywords that a person reads and a validator does not."""


@attrs.frozen(kw_only=True)
class Action:
    """One action of an overlay file.

    Attributes:
        file: the name of the file it stands in.
        position: its place in that file, from 1.
        target: the JSONPath of the nodes it means.
        verb: `update`, `remove`, `copy` or `x-rule`.
        argument: what stands beside the verb: the value to merge, `true`, a JSONPath or the name of a rule.
        description: what it is for.
        rule: the rule that the argument of `x-rule` names.
        version: of the specification: in 1.0 a list merged into a list is one item more, in 1.1 the two are joined.
        documentation_only: whether it may write nothing but `DOCUMENTATION_KEYS`, on nothing but what is there.

    """

    file: str
    position: int
    target: str
    verb: str
    argument: Any
    description: str
    rule: Rule | None = None
    version: str = "1.1"
    documentation_only: bool = False

    @property
    def where(self) -> str:
        """The file, position and target, as messages name them."""
        return f"{self.file}, action {self.position} (target {self.target})"


@attrs.frozen(kw_only=True)
class Miss:
    """An action that had no effect on the document at hand, and why."""

    action: Action
    reason: str

    def __str__(self) -> str:
        """Return the miss as one line: where, and what did not happen."""
        return f"{self.action.where} {self.reason}"

    @property
    def advice(self) -> str:
        """What it means, and what to do: nothing is deleted without a person who has read it."""
        action = self.action
        if action.documentation_only:
            gone = self.reason.removeprefix("finds no ").removesuffix(" to describe")
            what = action.target if gone == self.reason else f"{action.target}.{gone}"
            return f"upstream has removed or renamed {what}, which {action.file} describes: delete or move its words"
        removed = action.verb == "remove" and self.reason == "matches nothing"
        if removed or self.reason == "changes nothing":
            return f"retire me: upstream has mended this itself; delete action {action.position} of {action.file}"
        return (
            f"upstream no longer has what action {action.position} of {action.file} changes: delete the action if that "
            "is gone, correct its target if it has moved"
        )


class _MismatchError(Exception):
    """The value of an action does not go together with the node it is meant for."""


def apply(document: Any, actions: Sequence[Action]) -> tuple[Any, list[Miss]]:
    """Return a copy of a document with all actions applied in order, and the actions that had no effect."""
    result = copy_tree(document)
    misses: list[Miss] = []
    for action in actions:
        result, reasons = _applied(action, result)
        misses += [Miss(action=action, reason=reason) for reason in reasons]
    return result, misses


def check_effects(misses: Sequence[Miss], *, tolerate: bool) -> None:
    """Refuse actions that have no effect, unless they are tolerated, as for a document of another date."""
    if misses and not tolerate:
        raise InputError(
            f"{len(misses)} overlay actions have no effect on this pin. Where upstream has fixed this, remove the "
            "action; where it has moved or dropped what the action means, correct its target (for a document of "
            "another date: --tolerate-misses)."
        )


def _applied(action: Action, document: Any) -> tuple[Any, list[str]]:
    """Return the document after one action, and in sentences what the action did not do."""
    matches = list(dict.fromkeys(found.parts for found in JSONPATH.finditer(action.target, document)))
    if not matches:
        return document, ["matches nothing"]
    result = copy_tree(document)
    try:
        reasons = _perform(action, result, matches)
    except _MismatchError as mismatch:
        return document, [str(mismatch)]
    # Python holds 1, 1.0 and true to be equal, JSON does not.
    return result, reasons or ([] if json_text(result) != json_text(document) else ["changes nothing"])


def _perform(action: Action, document: Any, places: Sequence[Place]) -> list[str]:
    """Carry an action out in place; return in sentences what it could not do.

    Raises:
        _MismatchError: the action does not go together with what it matched; the document may be half changed.

    """
    if action.rule:
        return action.rule(document, places) or []
    if action.documentation_only:
        return list(dict.fromkeys(line for place in places for line in _describe(document, place, action)))
    if action.verb == "remove":
        _remove(document, places)
        return []
    _check_alike(document, places)
    value = _source(action.argument, document) if action.verb == "copy" else action.argument
    for place in places:
        _merge_at(document, place, value, action.version)
    return []


def _check_alike(document: Any, places: Sequence[Place]) -> None:
    """Refuse to merge one value into nodes of different kinds: what it would mean differs from node to node."""
    names = sorted({_type_name(node_at(document, place)) for place in places})
    if len(names) > 1:
        raise _MismatchError(f"matches {' and '.join(names)}, expected nodes of one kind")


def _remove(document: Any, places: Sequence[Place]) -> None:
    """Delete nodes from the back, so that indexes in a list stay true while its items go."""
    for place in sorted(places, key=_sortable, reverse=True):
        if not place:
            raise _MismatchError("cannot remove the whole document")
        del node_at(document, place[:-1])[place[-1]]


def _sortable(place: Place) -> list[tuple[int, str]]:
    return [(part, "") if isinstance(part, int) else (-1, part) for part in place]


def _source(path: str, document: Any) -> Any:
    """Return a copy of the one node that a JSONPath matches."""
    sources = list(JSONPATH.finditer(path, document))
    if len(sources) != 1:
        raise _MismatchError(f"copies from {path}, which matches {len(sources)} nodes, expected exactly one")
    return copy_tree(sources[0].obj)


def _merge_at(document: Any, place: Place, value: Any, version: str) -> None:
    old = node_at(document, place)
    if isinstance(old, list):
        old.extend(copy_tree(value) if isinstance(value, list) and version != "1.0" else [copy_tree(value)])
    elif isinstance(old, dict) and isinstance(value, dict):
        old.update(_merged(old, value))
    elif place:
        node_at(document, place[:-1])[place[-1]] = _merged(old, value)
    else:
        raise _MismatchError(f"cannot merge {_type_name(value)} into {_type_name(old)}")


def _merged(old: Any, new: Any) -> Any:
    """Return two values merged: objects merge, lists are joined, primitives are replaced, anything else is refused."""
    if _type_name(old) != _type_name(new):
        raise _MismatchError(f"cannot merge {_type_name(new)} into {_type_name(old)}")
    if isinstance(old, dict):
        return old | {key: _merged(old[key], value) if key in old else copy_tree(value) for key, value in new.items()}
    return [*old, *copy_tree(new)] if isinstance(old, list) else new


def _type_name(value: Any) -> str:
    return "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else "a single value"


def _describe(document: Any, place: Place, action: Action) -> list[str]:
    """Write documentation on a node and on what is below it; return what there is none of."""
    found = node_at(document, place)
    return [f"finds no {path} to describe" for path in _write_documentation(found, action.argument, "")]


def _write_documentation(node: Any, documentation: Any, path: str) -> Iterator[str]:
    if not isinstance(node, dict) or not isinstance(documentation, dict):
        yield path or "object"
        return
    for key, value in documentation.items():
        if key in DOCUMENTATION_KEYS and isinstance(value, str) and isinstance(node.get(key, ""), str):
            node[key] = value
        elif key in node:
            yield from _write_documentation(node[key], value, f"{path}.{key}".lstrip("."))
        else:
            yield f"{path}.{key}".lstrip(".")
