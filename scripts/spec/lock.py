"""`openapi.lock.json`: where the pin came from (`upstream`, `pin`) and what was generated from it (`generated`)."""

import json
from pathlib import Path
from typing import Any

from spec.errors import InputError


def lock_path(pin: Path) -> Path:
    """Return the path of the lock of a pin, beside it: `openapi.yaml` has `openapi.lock.json`."""
    return pin.with_name(f"{pin.stem}.lock.json")


def read_lock(path: Path) -> dict[str, Any]:
    """Return the lock at a path, section by section; empty when there is none.

    Raises:
        InputError: the file is there and is no lock; what another command noted in it would be lost.

    """
    try:
        lock = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        lock = None
    if not isinstance(lock, dict) or not all(isinstance(section, dict) for section in lock.values()):
        raise InputError(f"{path} is not a lock (a JSON object of sections): restore it or delete it.")
    return lock


def render_lock(lock: dict[str, Any]) -> bytes:
    """Return a lock as it is written: indented, keys sorted, one line break at the end."""
    return (json.dumps(lock, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()
