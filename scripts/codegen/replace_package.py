"""Put a verified package in the place of the old one, whole or not at all; only what is ours is replaced.

Two renames do it. A run that is killed between them leaves the old package aside: `recover` puts it back.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from codegen.generator import COPIED_HEADER, GENERATED_HEADER
from spec.errors import InputError
from spec.files import list_files

_OLD = "old"
_HEADERS = tuple(header.partition(" from ")[0].encode() for header in (COPIED_HEADER, GENERATED_HEADER))


def check_replaceable(package: Path) -> None:
    """Refuse a package with files that no run of this command has written, and that would be deleted with it."""
    for path in list_files(package):
        if path.name not in {"py.typed", "openapi.yaml"} and not path.read_bytes().startswith(_HEADERS):
            raise InputError(f"{path} is not a file that this command has written, and would be deleted: move it away.")


@contextlib.contextmanager
def installed(package: Path, target: Path) -> Iterator[None]:
    """Put a new package in the place of the old one, which comes back if that, or the work inside, fails.

    Args:
        package: the folder to copy.
        target: the folder to replace.

    """
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=_prefix(target), dir=target.parent))
    try:
        shutil.copytree(package, staged / "new")
        if target.exists():
            target.rename(staged / _OLD)
        try:
            (staged / "new").rename(target)
            yield
        except BaseException:
            if target.exists():
                target.rename(staged / "failed")
            if (staged / _OLD).exists():
                (staged / _OLD).rename(target)
            raise
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def recover(target: Path) -> bool:
    """Put back the old package that a run which was killed between the two renames left aside.

    Args:
        target: the folder of the package.

    Returns:
        Whether there was one; when the target is there, nothing is to be put back.

    """
    left = sorted(path for path in target.parent.glob(f"{_prefix(target)}*/{_OLD}") if list_files(path))
    if target.exists() or not left:
        return False
    left[-1].rename(target)
    return True


def remove_leftovers(target: Path) -> None:
    """Remove the folders that a run which was killed while it replaced a package left beside it."""
    for staged in sorted(target.parent.glob(f"{_prefix(target)}*")):
        shutil.rmtree(staged)


def _prefix(target: Path) -> str:
    return f".swap-{target.name}-"
