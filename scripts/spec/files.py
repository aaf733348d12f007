"""Files written as one: all of them, or none."""

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from spec.errors import Refusal


def replace_files(contents: Mapping[Path, bytes]) -> None:
    """Put *contents* in place, file by file in the order given, each written aside beside its target first.

    Folders are made as needed. When any step fails, the files already replaced get their old bytes back,
    what was written aside is removed, and a Refusal says which file could not be written.
    """
    aside: dict[Path, Path] = {}
    before: dict[Path, bytes | None] = {}
    path = Path()
    try:
        for path, data in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            before[path] = path.read_bytes() if path.exists() else None
            aside[path] = _write_aside(path, data)
        done: list[Path] = []
        try:
            for path in contents:
                aside[path].replace(path)
                done.append(path)
        except OSError:
            for replaced in reversed(done):
                _restore(replaced, before[replaced])
            raise
    except OSError as error:
        raise Refusal(f"{path} cannot be written: {error.strerror or error}; nothing was changed.") from None
    finally:
        for left in aside.values():
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)


def _write_aside(path: Path, data: bytes) -> Path:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.chmod(path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_umask())
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    return aside


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _restore(path: Path, data: bytes | None) -> None:
    if data is None:
        path.unlink(missing_ok=True)
    else:
        _write_aside(path, data).replace(path)
