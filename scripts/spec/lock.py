"""`openapi.lock.json`: where the pin came from (`upstream`, `pin`) and what was made of it (`made`)."""

import json
from pathlib import Path
from typing import Any

from spec.errors import Refusal
from spec.files import replace_files

SECTIONS = ("made", "pin", "upstream")


def lock_path(pin: Path) -> Path:
    """Return the lock of *pin*, beside it: `openapi.yaml` has `openapi.lock.json`."""
    return pin.with_name(f"{pin.stem}.lock.json")


def read_lock(path: Path) -> dict[str, Any]:
    """Return the lock at *path*, section by section; empty when there is none.

    Raises Refusal when the file is there and is no lock: its `made` section would be lost.
    """
    try:
        lock = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        lock = None
    if not isinstance(lock, dict) or not all(isinstance(section, dict) for section in lock.values()):
        raise Refusal(f"{path} is not a lock (a JSON object of sections): restore it or delete it.")
    return lock


def render_lock(lock: dict[str, Any]) -> bytes:
    """Return *lock* as it is written: indented, keys sorted, one line break at the end."""
    return (json.dumps(lock, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def write_section(path: Path, name: str, section: dict[str, Any]) -> bool:
    """Put *section* into the lock at *path* under *name*, leaving the others alone.

    Returns whether the file changed; an unchanged lock is not touched. Raises Refusal as `read_lock`.
    """
    if name not in SECTIONS:
        raise ValueError(f"a lock has the sections {', '.join(SECTIONS)}, not {name!r}")
    new = render_lock(read_lock(path) | {name: section})
    if path.exists() and path.read_bytes() == new:
        return False
    replace_files({path: new})
    return True
