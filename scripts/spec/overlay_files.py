"""Overlay files → actions, checked when they are read.

An overlay is a YAML file of actions (see `spec.overlays`). Our own keys stand beside those of the specification:

- `x-evidence` and `x-date` say why a correction is true and since when; corrections must carry both;
- `x-rule` names a rule of the table that the reader of the folder gives.

A folder of documentation only writes `title`, `description` and `summary`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import jsonpath

from spec.errors import InputError, shorten
from spec.load import parse_tree
from spec.overlays import DOCUMENTATION_KEYS, JSONPATH, Action, Rule

_OVERLAY_KEYS = {"overlay", "info", "extends", "actions"}
_ACTION_KEYS = {"target", "description", "update", "remove", "copy", "x-rule", "x-evidence", "x-date"}
_VERBS = ("update", "remove", "copy", "x-rule")
_VERSION = re.compile(r"1\.[01]\.[0-9]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_overlays(
    folder: Path,
    *,
    rules: Mapping[str, Rule] | None = None,
    evidence_required: bool = False,
    documentation_only: bool = False,
) -> list[Action]:
    """Return the actions of all `*.overlay.yaml` files in a folder, by file name, then by position.

    Args:
        folder: where the overlay files lie; a folder that is not there has no actions.
        rules: the rules that `x-rule` may name.
        evidence_required: whether each action must carry `x-evidence` and an ISO `x-date`.
        documentation_only: whether actions may write nothing but `title`, `description` and `summary`.

    Raises:
        InputError: a file is no overlay, or an action is malformed; the sentence names file and action.

    """
    actions = []
    for path in sorted(folder.glob("*.overlay.yaml")):
        for where, data, action in _read_file(path, rules or {}):
            if evidence_required:
                _check_evidence(where, data)
            if documentation_only:
                _check_documentation(where, action)
            actions.append(attrs.evolve(action, documentation_only=documentation_only))
    return actions


def _read_file(path: Path, rules: Mapping[str, Rule]) -> Iterator[tuple[str, dict[str, Any], Action]]:
    """Yield (file and position, data, action) for each action of a file."""
    overlay = parse_tree(path.read_bytes(), path.name)
    if not isinstance(overlay, dict):
        raise InputError(f"{path.name} holds {shorten(overlay, 40)} where an overlay (a mapping) is expected.")
    version = overlay.get("overlay")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise InputError(f"{path.name}: 'overlay' is {shorten(version, 40)}, expected 1.0.x or 1.1.x.")
    _check_keys(path.name, overlay, _OVERLAY_KEYS)
    _check_info(path.name, overlay.get("info"))
    actions = overlay.get("actions")
    if not isinstance(actions, list) or not actions:
        raise InputError(f"{path.name}: 'actions' is not a list with at least one action.")
    for position, data in enumerate(actions, start=1):
        where = f"{path.name}, action {position}"
        action = _read_action(where, data, rules)
        yield where, data, attrs.evolve(action, file=path.name, position=position, version=version[:3])


def _check_info(file: str, info: Any) -> None:
    for key in ("title", "version"):
        if not isinstance(info, dict) or not isinstance(info.get(key), str):
            raise InputError(f"{file}: 'info' has no text {key!r}: an overlay says what it is, and in which version.")


def _read_action(where: str, data: Any, rules: Mapping[str, Rule]) -> Action:
    if not isinstance(data, dict) or not isinstance(data.get("target"), str):
        raise InputError(f"{where}: expected a mapping with a 'target'.")
    _check_keys(where, data, _ACTION_KEYS)
    verbs = [verb for verb in _VERBS if verb in data and not (verb == "remove" and data[verb] is False)]
    if len(verbs) != 1:
        raise InputError(f"{where}: has {verbs or 'no verb'}, expected exactly one of {list(_VERBS)}.")
    verb, argument = verbs[0], data[verbs[0]]
    _check_path(where, "target", data["target"])
    _check_argument(where, verb, argument, rules)
    return Action(
        file="",
        position=0,
        target=data["target"],
        verb=verb,
        argument=argument,
        description=str(data.get("description", "")),
        rule=rules[argument] if verb == "x-rule" else None,
    )


def _check_argument(where: str, verb: str, argument: Any, rules: Mapping[str, Rule]) -> None:
    if verb == "remove" and argument is not True:
        raise InputError(f"{where}: 'remove' is {shorten(argument, 40)}, expected true.")
    if verb == "x-rule" and (not isinstance(argument, str) or argument not in rules):
        raise InputError(f"{where}: unknown rule {shorten(argument)}, expected one of {sorted(rules)}.")
    if verb == "copy":
        _check_path(where, "copy", argument)


def _check_keys(where: str, mapping: dict[str, Any], known: set[str]) -> None:
    """Refuse a key that is neither known nor an extension."""
    for key in sorted(mapping.keys() - known):
        if not key.startswith("x-"):
            raise InputError(f"{where}: unknown key {shorten(key)}, expected one of {sorted(known)}.")


def _check_path(where: str, key: str, path: Any) -> None:
    if not isinstance(path, str):
        raise InputError(f"{where}: '{key}' is {shorten(path, 40)}, expected an RFC 9535 JSONPath.")
    try:
        JSONPATH.compile(path)
    except jsonpath.JSONPathError as error:
        raise InputError(f"{where}: '{key}' is no RFC 9535 JSONPath: {error}.") from error


def _check_evidence(where: str, data: dict[str, Any]) -> None:
    if not isinstance(data.get("x-evidence"), str) or not data["x-evidence"].strip():
        raise InputError(f"{where}: a correction without 'x-evidence'; say what shows that upstream is wrong.")
    date = data.get("x-date")
    try:
        if not _DATE.fullmatch(str(date)):
            raise ValueError(date)
        dt.date.fromisoformat(str(date))
    except ValueError as error:
        raise InputError(f"{where}: 'x-date' is {shorten(date, 40)}, expected a day as YYYY-MM-DD.") from error


def _check_documentation(where: str, action: Action) -> None:
    if action.verb != "update":
        raise InputError(f"{where}: documentation may only use 'update', not '{action.verb}'.")
    other = _first_other(action.argument)
    if other is not None:
        keys = ", ".join(sorted(DOCUMENTATION_KEYS))
        raise InputError(f"{where}: documentation may only write {keys}, not {shorten(other)}.")


def _first_other(value: Any) -> Any:
    """Return the first key or value in a value that is not documentation, or None."""
    if not isinstance(value, dict):
        return value
    for key, held in value.items():
        if not (key in DOCUMENTATION_KEYS and isinstance(held, str)) and (other := _first_other(held)) is not None:
            return key if other is held else other
    return None
