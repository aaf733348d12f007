"""A copy of the client and of its sources, to be changed by a test, and the commands run in it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).parents[1]
PACKAGE = "openrouter_embeddings"


class Outcome(NamedTuple):
    """What a command left: its exit code, and the lines of both streams."""

    code: int
    out: list[str]
    err: list[str]


def copy_checkout(folder: Path) -> Path:
    """Copy pin, lock, scripts, client and pyproject.toml into a folder, and return it."""
    unwanted = shutil.ignore_patterns("__pycache__", ".*_cache")
    for name in ("scripts", "generated"):
        shutil.copytree(REPOSITORY / name, folder / name, ignore=unwanted)
    for name in ("openapi.yaml", "openapi.lock.json", "pyproject.toml"):
        shutil.copyfile(REPOSITORY / name, folder / name)
    return folder


def generate(checkout: Path, *arguments: object, **environment: str) -> Outcome:
    """Run the checkout's own `generate.py` as a person does, somewhere else, with some variables set."""
    return run(
        [sys.executable, str(checkout / "scripts" / "generate.py"), *map(str, arguments)],
        checkout.parent,
        PYTHONDONTWRITEBYTECODE="1",
        **environment,
    )


def run(command: list[str], folder: Path, **environment: str) -> Outcome:
    """Run a command in a folder."""
    result = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    return Outcome(result.returncode, result.stdout.splitlines(), result.stderr.splitlines())


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file below a folder, Python's caches left out."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
