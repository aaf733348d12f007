"""The tools that write and check the package, run as commands of this interpreter."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from collections.abc import Mapping

from spec.errors import InputError

_PYTHON = (sys.executable, "-P")  # a folder named like a tool, where the command is run, stays unseen


def run_python(arguments: list[str], failure: str, environment: Mapping[str, str] | None = None) -> None:
    """Run this interpreter with some arguments.

    Args:
        arguments: what follows the interpreter, such as `-m` and the name of a tool.
        failure: what it means when the command fails, to stand before what the command printed.
        environment: the variables of the command, instead of those of this process.

    Raises:
        InputError: the exit code is not 0.

    """
    result = subprocess.run(
        [*_PYTHON, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        env=environment,
    )
    if result.returncode != 0:
        raise InputError(f"{failure}: {_summary(result)}")


def versions() -> dict[str, str]:
    """Return the exact versions of the tools whose output the package is."""
    return {name: importlib.metadata.version(name) for name in ("openapi-python-client", "ruff")}


def _summary(result: subprocess.CompletedProcess[str]) -> str:
    """Return the first lines of what a tool printed, on one line; the last one of a traceback."""
    lines = [line.strip() for line in (result.stdout + result.stderr).splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("Generating ")]
    shown = lines[-1:] if any("Traceback (most recent call last)" in line for line in lines) else lines[:6]
    return " | ".join(shown) or f"exit code {result.returncode}"
