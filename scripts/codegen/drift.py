"""Drift: how the committed client, and what it was generated from, differ from what would be generated now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from spec.files import list_files
from spec.lock import lock_path


def pin_is_edited(lock: dict[str, Any], generated: dict[str, Any]) -> bool:
    """Tell whether the pin is not the one that `update_spec.py` wrote.

    Args:
        lock: the lock as it is.
        generated: its section `generated` as it would be written now.

    """
    now = generated["inputs"]["pin"]
    return bool(lock.get("pin", {}).get("sha256", now) != now)


def changed_inputs(spec: Path, lock: dict[str, Any], generated: dict[str, Any]) -> list[str]:
    """Return a sentence for each input and tool that is not the one the lock names; arguments as `pin_is_edited`."""
    name = lock_path(spec).name
    if pin_is_edited(lock, generated):
        return [f"{spec.name} is not the pin that {name} describes"]
    recorded = lock.get("generated", {})
    if not isinstance(recorded.get("inputs"), dict) or not isinstance(recorded.get("tools"), dict):
        return [f"{name} does not say what the client was generated from"]
    return [
        f"{what} is not what the client was generated from ({name} has {recorded[part].get(what)}, here it is {now})"
        for part in ("inputs", "tools")
        for what, now in generated[part].items()
        if recorded[part].get(what) != now
    ]


def changed_files(package: Path, target: Path) -> list[str]:
    """Return a sentence for each file that differs between a new package and the one that is there."""
    new = {path.relative_to(package).as_posix(): path.read_bytes() for path in list_files(package)}
    old = {path.relative_to(target).as_posix(): path.read_bytes() for path in list_files(target)}
    verbs = {(True, False): "is missing", (False, True): "does not belong there", (True, True): "differs"}
    return [
        f"{target.name}/{name} {verbs[name in new, name in old]}"
        for name in sorted(new | old)
        if new.get(name) != old.get(name)
    ]
