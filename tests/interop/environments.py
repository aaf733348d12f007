"""Environments with versions of their own: a virtual environment, or a folder of Node's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .catalog import FOLDER, Client

HOME = FOLDER.parents[1] / ".clients"
"""Where the environments lie; it can be deleted at any time."""

_PROGRAMS = FOLDER / "programs"
_INSTALL_SECONDS = 900
_STAMP = "made_of.json"
_UNWANTED_ENDINGS = ("_API_KEY", "_PROXY", "_BASE_URL", "_API_BASE")
_UNWANTED = {"PYTHONPATH", "PYTHONHOME", "NODE_OPTIONS", "NODE_PATH"}


class InstallError(Exception):
    """An environment could not be made."""


def node() -> str | None:
    """Return the path of Node; None when it, or its npm, is missing."""
    return shutil.which("node") if shutil.which("npm") else None


def prepare(client: Client) -> list[str]:
    """Make the environment of *client* unless it is there; return the command that runs its program.

    Raise `InstallError` with the installer's last words when that fails.
    """
    folder = HOME / client.environment
    programs = install(folder, client.name, client.packages, in_node=client.in_node)
    if not client.in_node:
        return [str(programs / "python"), str(_PROGRAMS / client.program)]
    for program in _PROGRAMS.glob("*.mjs"):  # Node looks for packages beside the program
        shutil.copy(program, folder)
    return [node() or "node", str(folder / client.program)]


def install(folder: Path, name: str, packages: Sequence[str], *, in_node: bool) -> Path:
    """Make an environment with packages in a folder unless it is there; return the folder of its programs.

    Args:
        folder: where the environment lies; what else is there is deleted.
        name: what it is for, in messages.
        packages: requirements with exact versions: `openai==1.2.3`, for Node `openai@1.2.3`.
        in_node: whether the packages are Node's.

    Raises:
        InstallError: with the installer's last words.

    """
    made_of = json.dumps({"packages": packages, "python": sys.version})
    stamp = folder / _STAMP
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != made_of:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (_install_in_node if in_node else _install_in_python)(folder, name, packages)
        stamp.write_text(made_of, encoding="utf-8")
    return folder / "node_modules" / ".bin" if in_node else _programs(folder)


def variables(wanted: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables of a program: no keys, addresses, proxies or paths of the caller's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _UNWANTED and not name.upper().endswith(_UNWANTED_ENDINGS)
    }
    return kept | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"} | dict(wanted)


def _programs(folder: Path) -> Path:
    return folder / ("Scripts" if os.name == "nt" else "bin")


def _install_in_python(folder: Path, name: str, packages: Sequence[str]) -> None:
    _run([sys.executable, "-m", "venv", str(folder)], folder, name, packages)
    _run([str(_programs(folder) / "python"), "-m", "pip", "install", "--quiet", *packages], folder, name, packages)


def _install_in_node(folder: Path, name: str, packages: Sequence[str]) -> None:
    (folder / "package.json").write_text('{"private": true, "type": "module"}\n', encoding="utf-8")
    npm = shutil.which("npm") or "npm"
    command = [npm, "install", "--save-exact", "--no-audit", "--no-fund", "--ignore-scripts", *packages]
    _run(command, folder, name, packages)


def _run(command: list[str], folder: Path, name: str, packages: Sequence[str]) -> None:
    # The versions that this project is tested with are none of the other's business.
    kept = {key: value for key, value in os.environ.items() if key not in {"PIP_CONSTRAINT", "PYTHONPATH"}}
    try:
        result = subprocess.run(
            command, cwd=folder, env=kept, capture_output=True, text=True, check=False, timeout=_INSTALL_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InstallError(f"{name}: installing {' '.join(packages)} failed: {error}") from None
    if result.returncode != 0:
        words = " ".join((result.stderr or result.stdout).strip().splitlines()[-3:])
        raise InstallError(f"{name}: installing {' '.join(packages)} failed: {words}")
