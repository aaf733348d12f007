"""Files on disk: written together or not at all, listed and digested in a fixed order."""

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from filelock import FileLock, Timeout

from spec.canonical import digest
from spec.errors import InputError


def replace_files(contents: Mapping[Path, bytes]) -> None:
    """Put the bytes of each file in place, in the order given, each written aside beside its target first.

    Missing folders are created.

    Raises:
        InputError: a file cannot be written; those already replaced have their old bytes back, and nothing is left.

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
        raise InputError(f"{path} cannot be written: {error.strerror or error}; nothing was changed.") from None
    finally:
        for left in aside.values():
            with contextlib.suppress(OSError):
                left.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other runs from writing into a folder meanwhile; one that is not there yet is not kept from them.

    Raises:
        InputError: another run is writing there.

    """
    if not folder.is_dir():
        yield
        return
    lock = FileLock(folder / ".swap-lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise InputError(f"another run writes into {folder}: start this one when it has ended.") from None
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows deletes no open file
            Path(lock.lock_file).unlink()
        lock.release()


def list_files(folder: Path) -> list[Path]:
    """Return the files below a folder in a fixed order, Python's caches left out."""
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def digest_of_folder(folder: Path) -> str:
    """Return the digest of all files below a folder, names included, Python's caches left out."""
    lines = [f"{path.relative_to(folder).as_posix()} {digest(path.read_bytes())}\n" for path in list_files(folder)]
    return digest("".join(lines).encode())


def digest_of_file(path: Path) -> str:
    """Return the digest of a file; raises InputError when it cannot be read."""
    try:
        return digest(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from None


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
