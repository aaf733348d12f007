"""Known deviations of a real gateway, from the draft to the entry to delete: `python -m peers.known_deviations`.

A LiteLLM proxy in front of the mock is checked thrice, with the command and nothing else: `run --write-known` drafts its
known deviations (exit code 1), with them it conforms (0), and after one of them was mended in the configuration of the
proxy the run fails and names the entry to delete (1). Exits with 0 when it was so, else with 1.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import attrs
import yaml

from .catalog import FOLDER, Peer, read_peers
from .run import serving

NAME = "LiteLLM proxy"
MENDED = "create-embeddings/auth/unknown-key-refused"
"""What the hook in `known_keys.py` mends."""
_KNOWN = "known.yaml"


def mended(peer: Peer, folder: Path) -> Peer:
    """Return the proxy with a configuration, written to a folder, that names the hook."""
    shutil.copy(FOLDER / "known_keys.py", folder)
    config = yaml.safe_load((FOLDER / "litellm.yaml").read_text(encoding="utf-8"))
    config["general_settings"]["custom_auth"] = "known_keys.user_api_key_auth"
    path = folder / "litellm.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return attrs.evolve(peer, command=tuple(part.replace("{here}/litellm.yaml", str(path)) for part in peer.command))


def run(peer: Peer, *options: str, known: Path) -> tuple[int, str]:
    """Check the proxy with the command; return its exit code and what it printed.

    `{known}` in an option is the path of the file of known deviations.
    """
    with serving(peer) as url:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "openrouter_conformance", "run", url, "--profile", "quick"),
                *("--model", peer.model, *(option.replace("{known}", str(known)) for option in options)),
            ],
            env={**os.environ, "CONFORMANCE_API_KEY": peer.key, "COLUMNS": "120"},
            capture_output=True,
            text=True,
            check=False,
        )
    return done.returncode, done.stdout + done.stderr


def problems(drafted: tuple[int, str], kept: tuple[int, str], stale: tuple[int, str], entries: list[str]) -> list[str]:
    """Return what was not as it is to be, a sentence each.

    Args:
        drafted: exit code and output of the run that drafts the entries.
        kept: those of the run with the entries.
        stale: those of the run after one of them was mended.
        entries: the ids that were drafted.

    """
    found = []
    if drafted[0] != 1 or MENDED not in entries:
        found.append(f"the first run ended with {drafted[0]} and drafted {', '.join(entries) or 'nothing'}")
    if kept[0] != 0:
        found.append(f"with its known deviations the proxy does not conform: {kept[1][-500:]}")
    to_delete = stale[1].partition("Known deviations to delete")[2]
    if stale[0] != 1 or MENDED not in to_delete or any(entry in to_delete for entry in entries if entry != MENDED):
        found.append(f"after {MENDED} was mended the run ended with {stale[0]}: {stale[1][-500:]}")
    return found


def main() -> int:
    """Run the command; return its exit code."""
    peer = next(one for one in read_peers() if one.name == NAME)
    with tempfile.TemporaryDirectory(prefix="known-deviations-") as name:
        folder = Path(name)
        known = folder / _KNOWN
        drafted = run(peer, "--write-known", "{known}", known=known)
        draft = yaml.safe_load(known.read_text(encoding="utf-8")) if known.exists() else {}
        entries = [entry["id"] for entry in draft.get("known_deviations", ())]
        print(f"{NAME}: exit code {drafted[0]}, {len(entries)} deviations drafted", flush=True)  # noqa: T201
        kept = run(peer, "--known", "{known}", known=known)
        print(f"{NAME} with known deviations: exit code {kept[0]}", flush=True)  # noqa: T201
        stale = run(mended(peer, folder), "--known", "{known}", known=known)
        print(f"{NAME} with one of them mended: exit code {stale[0]}", flush=True)  # noqa: T201
        found = problems(drafted, kept, stale, entries)
    for problem in found:
        print(problem, file=sys.stderr)  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
