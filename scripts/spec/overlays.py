"""OpenAPI Overlays 1.0/1.1, applied strictly: an action that matches nothing or changes nothing is an error.

An overlay is a YAML file of actions; each names the nodes it means by an RFC 9535 JSONPath (`target`) and then
merges (`update`), deletes (`remove`) or duplicates (`copy`). Our own keys stand beside them:

- `x-evidence` and `x-date` say why a correction is true and since when; corrections must carry both;
- `x-rule` names a rewriting in `spec.rules` for what JSONPath cannot say (reachability, renaming); the rule
  gets the matched nodes and must change something like every other action.

A folder of documentation only writes words (`title`, `description`, `summary`), and only on what is there: the words
for a property that a document does not have are reported, never turned into a property.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import jsonpath

from spec.canonical import json_text
from spec.errors import Refusal, shorten
from spec.load import parse_tree
from spec.rules import RULES

_ACTION_KEYS = {"target", "description", "update", "remove", "copy", "x-rule", "x-evidence", "x-date"}
_VERBS = ("update", "remove", "copy", "x-rule")
WORDS = frozenset({"title", "description", "summary"})
"""The keywords that a person reads and a validator does not."""

_OVERLAY_KEYS = {"overlay", "info", "extends", "actions"}
_VERSION = re.compile(r"1\.[01]\.[0-9]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ENVIRONMENT = jsonpath.JSONPathEnvironment(strict=True)


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
        version: of the specification: in 1.0 a list merged into a list is one item more, in 1.1 the two are joined.
        words_only: whether it may write nothing but words, on nothing but what is there.

    """

    file: str
    position: int
    target: str
    verb: str
    argument: Any
    description: str
    version: str = "1.1"
    words_only: bool = False

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


class _Misfit(Exception):  # noqa: N818 - it never leaves this module
    """The value of an action does not go together with the node it is meant for."""


def read_folder(folder: Path, *, evidence_required: bool = False, words_only: bool = False) -> list[Action]:
    """Return the actions of all `*.overlay.yaml` files in a folder, by file name, then by position.

    Args:
        folder: where the overlay files lie; a folder that is not there has no actions.
        evidence_required: whether each action must carry `x-evidence` and an ISO `x-date`.
        words_only: whether actions may write nothing but `title`, `description` and `summary`.

    Raises:
        Refusal: a file is no overlay, or an action is malformed, naming file and action.

    """
    return [
        action
        for path in sorted(folder.glob("*.overlay.yaml"))
        for action in _read_file(path, evidence_required=evidence_required, words_only=words_only)
    ]


def apply(document: Any, actions: Sequence[Action]) -> tuple[Any, list[Miss]]:
    """Return a copy of `document` with all actions applied in order, and the actions that had no effect."""
    result = _copied(document)
    misses: list[Miss] = []
    for action in actions:
        result, reasons = _applied(action, result)
        misses += [Miss(action=action, reason=reason) for reason in reasons]
    return result, misses


def _applied(action: Action, document: Any) -> tuple[Any, list[str]]:
    """Return the document after one action, and in words what the action did not do."""
    matches = [found.parts for found in _ENVIRONMENT.finditer(action.target, document)]
    if not matches:
        return document, ["matches nothing"]
    result = _copied(document)
    try:
        reasons = _perform(action, result, matches)
    except _Misfit as misfit:
        return document, [str(misfit)]
    # Python holds 1, 1.0 and true to be equal, JSON does not.
    return result, reasons or ([] if json_text(result) != json_text(document) else ["changes nothing"])


def _read_file(path: Path, *, evidence_required: bool, words_only: bool) -> Iterator[Action]:
    overlay = parse_tree(path.read_bytes(), path.name)
    if not isinstance(overlay, dict):
        raise Refusal(f"{path.name} holds {shorten(overlay, 40)} where an overlay (a mapping) is expected.")
    version = overlay.get("overlay")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise Refusal(f"{path.name}: 'overlay' is {shorten(version, 40)}, expected 1.0.x or 1.1.x.")
    if unknown := _unknown(overlay, _OVERLAY_KEYS):
        raise Refusal(f"{path.name}: unknown key {unknown}, expected one of {sorted(_OVERLAY_KEYS)}.")
    actions = overlay.get("actions")
    if not isinstance(actions, list) or not actions:
        raise Refusal(f"{path.name}: 'actions' is not a list with at least one action.")
    for position, data in enumerate(actions, start=1):
        where = f"{path.name}, action {position}"
        action = _read_action(where, data)
        if evidence_required:
            _check_evidence(where, data)
        if words_only:
            _check_words(where, action)
        yield attrs.evolve(action, file=path.name, position=position, version=version[:3], words_only=words_only)


def _read_action(where: str, data: Any) -> Action:
    if not isinstance(data, dict) or not isinstance(data.get("target"), str):
        raise Refusal(f"{where}: expected a mapping with a 'target'.")
    if unknown := _unknown(data, _ACTION_KEYS):
        raise Refusal(f"{where}: unknown key {unknown}, expected one of {sorted(_ACTION_KEYS)}.")
    verbs = [verb for verb in _VERBS if verb in data]
    if len(verbs) != 1:
        raise Refusal(f"{where}: has {verbs or 'no verb'}, expected exactly one of {list(_VERBS)}.")
    verb, argument = verbs[0], data[verbs[0]]
    if verb == "remove" and argument is not True:
        raise Refusal(f"{where}: 'remove' is {shorten(argument, 40)}, expected true.")
    if verb == "x-rule" and (not isinstance(argument, str) or argument not in RULES):
        raise Refusal(f"{where}: unknown rule {shorten(argument)}, expected one of {sorted(RULES)}.")
    _check_path(where, "target", data["target"])
    if verb == "copy":
        _check_path(where, "copy", argument)
    return Action(
        file="",
        position=0,
        target=data["target"],
        verb=verb,
        argument=argument,
        description=str(data.get("description", "")),
    )


def _unknown(mapping: dict[str, Any], known: set[str]) -> str | None:
    """Return the first key that is neither known nor an extension of somebody else, quoted."""
    return next((shorten(key) for key in sorted(mapping.keys() - known) if not key.startswith("x-")), None)


def _check_path(where: str, key: str, path: Any) -> None:
    if not isinstance(path, str):
        raise Refusal(f"{where}: '{key}' is {shorten(path, 40)}, expected an RFC 9535 JSONPath.")
    try:
        _ENVIRONMENT.compile(path)
    except jsonpath.JSONPathError as error:
        raise Refusal(f"{where}: '{key}' is no RFC 9535 JSONPath: {error}.") from error


def _check_evidence(where: str, data: dict[str, Any]) -> None:
    if not isinstance(data.get("x-evidence"), str) or not data["x-evidence"].strip():
        raise Refusal(f"{where}: a correction without 'x-evidence'; say what shows that upstream is wrong.")
    date = data.get("x-date")
    try:
        if not _DATE.fullmatch(str(date)):
            raise ValueError(date)
        dt.date.fromisoformat(str(date))
    except ValueError as error:
        raise Refusal(f"{where}: 'x-date' is {shorten(date, 40)}, expected a day as YYYY-MM-DD.") from error


def _check_words(where: str, action: Action) -> None:
    if action.verb != "update":
        raise Refusal(f"{where}: documentation may only use 'update', not '{action.verb}'.")
    stranger = _beside_words(action.argument)
    if stranger is not None:
        raise Refusal(f"{where}: documentation may only write {', '.join(sorted(WORDS))}, not {shorten(stranger)}.")


def _beside_words(value: Any) -> Any:
    """Return the first thing in a value that is not a word of documentation, or None."""
    if not isinstance(value, dict):
        return value
    for key, held in value.items():
        if not (key in WORDS and isinstance(held, str)) and (stranger := _beside_words(held)) is not None:
            return key if stranger is held else stranger
    return None


def _perform(action: Action, document: Any, places: Sequence[Sequence[str | int]]) -> list[str]:
    """Carry an action out in place; return in words what it could not do.

    Raises:
        _Misfit: the action does not go together with what it matched; the document may be half changed.

    """
    match action.verb:
        case "update" if action.words_only:
            return list(dict.fromkeys(line for place in places for line in _describe(document, place, action)))
        case "update":
            for place in places:
                _merge_at(document, place, action.argument, action.version)
        case "remove":
            # From the back, so that positions in a list stay true while its items go.
            for place in sorted(places, key=_sortable, reverse=True):
                if not place:
                    raise _Misfit("cannot remove the whole document")
                del _node(document, place[:-1])[place[-1]]
        case "copy":
            value = _one_node(action.argument, document)
            for place in places:
                _merge_at(document, place, value, action.version)
        case _:
            return RULES[action.argument](document, places) or []
    return []


def _one_node(path: str, document: Any) -> Any:
    sources = list(_ENVIRONMENT.finditer(path, document))
    if len(sources) != 1:
        raise _Misfit(f"copies from {path}, which matches {len(sources)} nodes, expected exactly one")
    return _copied(sources[0].obj)


def _merge_at(document: Any, place: Sequence[str | int], value: Any, version: str) -> None:
    old = _node(document, place)
    if isinstance(old, list):
        old.extend(_copied(value) if isinstance(value, list) and version != "1.0" else [_copied(value)])
    elif isinstance(old, dict) and isinstance(value, dict):
        old.update(_merged(old, value))
    elif place:
        _node(document, place[:-1])[place[-1]] = _merged(old, value)
    else:
        raise _Misfit(f"cannot merge {_kind(value)} into {_kind(old)}")


def _merged(old: Any, new: Any) -> Any:
    """Objects merge, lists are joined, primitives are replaced; anything else does not go together."""
    if _kind(old) != _kind(new):
        raise _Misfit(f"cannot merge {_kind(new)} into {_kind(old)}")
    if isinstance(old, dict):
        return old | {key: _merged(old[key], value) if key in old else _copied(value) for key, value in new.items()}
    return [*old, *_copied(new)] if isinstance(old, list) else new


def _describe(document: Any, place: Sequence[str | int], action: Action) -> list[str]:
    """Write words on a node and on what is below it; return what there is none of."""
    return [f"finds no {path} to describe" for path in _write_words(_node(document, place), action.argument, "")]


def _write_words(node: Any, words: Any, path: str) -> Iterator[str]:
    if not isinstance(node, dict) or not isinstance(words, dict):
        yield path or "object"
        return
    for key, value in words.items():
        if key in WORDS and isinstance(value, str) and isinstance(node.get(key, ""), str):
            node[key] = value
        elif key in node:
            yield from _write_words(node[key], value, f"{path}.{key}".lstrip("."))
        else:
            yield f"{path}.{key}".lstrip(".")


def _copied(value: Any) -> Any:
    """Return a copy in which nothing stands in two places, so that an edit of one leaves the other alone."""
    if isinstance(value, dict):
        return {key: _copied(held) for key, held in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _kind(value: Any) -> str:
    return "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else "a single value"


def _node(document: Any, place: Sequence[str | int]) -> Any:
    node = document
    for part in place:
        node = node[part]
    return node


def _sortable(place: Sequence[str | int]) -> list[tuple[int, str]]:
    return [(part, "") if isinstance(part, int) else (-1, part) for part in place]
