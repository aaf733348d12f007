"""Extends tox's search for interpreters, so that `py312` runs wherever pyenv has installed 3.12.

tox searches the PATH, where pyenv shows only the versions that are switched on; its others stand in a folder each below
`PYENV_ROOT` (`~/.pyenv` when that is not set). Where there is no pyenv, or `TOX_DISCOVER` is set, nothing changes.
"""

import os
import re
import sys
from pathlib import Path

from tox.config.cli.parser import ToxParser
from tox.plugin import impl

_CPYTHON = re.compile(r"3\.(\d+)\.(\d+)")


def installed_interpreters(pyenv: Path) -> list[Path]:
    """Return the CPython 3 executables that a pyenv folder holds, the newest first."""
    found = [
        (int(version[1]), int(version[2]), folder / "bin" / "python")
        for folder in pyenv.glob("versions/*")
        if (version := _CPYTHON.fullmatch(folder.name))
    ]
    return [python for *_, python in sorted(found, reverse=True) if python.is_file()]


@impl
def tox_add_option(parser: ToxParser) -> None:  # noqa: ARG001 - the hook runs before tox reads TOX_DISCOVER
    """Name the interpreters to tox by the variable that it has for them, the running one first."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    if found := installed_interpreters(pyenv):
        os.environ.setdefault("TOX_DISCOVER", ";".join(map(str, [sys.executable, *found])))
