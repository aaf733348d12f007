"""What a person names on the command line, a file or a git revision → the bytes of a document."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from spec.errors import InputError, shorten
from spec.source import DEFAULT_LIMITS, Source, read_source

_SECONDS = 30


def read_revision(given: str, pin: Path) -> Source:
    """Return the document at a path, at `REVISION:PATH`, or the pin at a revision.

    Args:
        given: a path, `HEAD~1:openapi.yaml`, or a revision such as `v0.1.0`.
        pin: the pin that a revision alone stands for; its repository is asked.

    Raises:
        InputError: there is neither such a file nor such a revision.

    """
    if Path(given).exists():
        return read_source(given)
    if "://" in given:
        raise InputError(f"{shorten(given)} is an address: fetch it with update_spec.py, or save it as a file.")
    revision, colon, path = given.partition(":")
    if not colon:
        path = f"./{pin.name}"
    if not re.fullmatch(r"[A-Za-z0-9@][A-Za-z0-9._/@{}^~+-]*", revision) or not path:
        raise InputError(f"{shorten(given)} is neither a file nor a git revision such as HEAD~1 or HEAD~1:{pin.name}.")
    return Source(_show(f"{revision}:{path}", pin.resolve().parent), given)


def _show(name: str, folder: Path) -> bytes:
    command = ["git", "-C", str(folder), "show", "--no-textconv", name, "--"]
    try:
        shown = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
    except FileNotFoundError:
        raise InputError(f"{shorten(name)} is no file, and git is not installed to look it up as a revision.") from None
    except subprocess.TimeoutExpired:
        raise InputError(f"git did not show {shorten(name)} within {_SECONDS} seconds: save it as a file.") from None
    if shown.returncode:
        lines = shown.stderr.decode(errors="replace").strip().splitlines()
        raise InputError(f"{shorten(name)} is neither a file nor known to git: {lines[0] if lines else 'no reason'}.")
    if len(shown.stdout) > DEFAULT_LIMITS.size:
        raise InputError(
            f"{shorten(name)} is larger than {DEFAULT_LIMITS.size} bytes: a published document is smaller."
        )
    return shown.stdout
