"""An environment per client, so that each has the versions it wants: a virtual environment, or a folder of Node's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
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
    made_of = json.dumps({"packages": client.packages, "python": sys.version})
    stamp = folder / _STAMP
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != made_of:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (_install_in_node if client.in_node else _install_in_python)(client, folder)
        stamp.write_text(made_of, encoding="utf-8")
    if not client.in_node:
        return [str(_python(folder)), str(_PROGRAMS / client.program)]
    for program in _PROGRAMS.glob("*.mjs"):  # Node looks for packages beside the program
        shutil.copy(program, folder)
    return [node() or "node", str(folder / client.program)]


def variables(client: Client) -> dict[str, str]:
    """Return the environment variables of the program: no keys, addresses, proxies or paths of the caller's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _UNWANTED and not name.upper().endswith(_UNWANTED_ENDINGS)
    }
    return kept | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"} | client.variables


def _python(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _install_in_python(client: Client, folder: Path) -> None:
    _run([sys.executable, "-m", "venv", str(folder)], folder, client)
    _run([str(_python(folder)), "-m", "pip", "install", "--quiet", *client.packages], folder, client)


def _install_in_node(client: Client, folder: Path) -> None:
    (folder / "package.json").write_text('{"private": true, "type": "module"}\n', encoding="utf-8")
    npm = shutil.which("npm") or "npm"
    _run(
        [npm, "install", "--save-exact", "--no-audit", "--no-fund", "--ignore-scripts", *client.packages],
        folder,
        client,
    )


def _run(command: list[str], folder: Path, client: Client) -> None:
    # The versions that this project is tested with are none of the client's business.
    kept = {name: value for name, value in os.environ.items() if name not in {"PIP_CONSTRAINT", "PYTHONPATH"}}
    try:
        result = subprocess.run(
            command, cwd=folder, env=kept, capture_output=True, text=True, check=False, timeout=_INSTALL_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InstallError(f"{client.name}: installing {' '.join(client.packages)} failed: {error}") from None
    if result.returncode != 0:
        words = " ".join((result.stderr or result.stdout).strip().splitlines()[-3:])
        raise InstallError(f"{client.name}: installing {' '.join(client.packages)} failed: {words}")
