"""The peers to run, read from `peers.toml`, and the explanations of what is found in them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import attrs
import yaml

FOLDER = Path(__file__).parent


@attrs.frozen
class Peer:
    """Another server; `peers.toml` says what each field is."""

    name: str
    packages: tuple[str, ...]
    command: tuple[str, ...]
    base: str
    model: str
    key: str
    variables: dict[str, str] = attrs.field(factory=dict)
    note: str = ""
    most_findings: int = 15
    """Of one run; where there are more, several have one cause, and the suite should say so."""

    @property
    def in_node(self) -> bool:
        """Whether its packages are Node's, which are written name@version."""
        return "==" not in self.packages[0]

    @property
    def environment(self) -> str:
        """The folder of its environment, which those with the same packages share."""
        name = self.packages[0].replace("==", "@").rpartition("@")[0]
        return "-".join("".join(sign if sign.isalnum() else " " for sign in name.lower()).split())


def read_peers(path: Path = FOLDER / "peers.toml") -> list[Peer]:
    """Return the peers of a file in its order."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["peer"]
    return [
        Peer(**{**entry, "packages": tuple(entry["packages"]), "command": tuple(entry["command"])}) for entry in entries
    ]


def read_explanations(path: Path = FOLDER / "explanations.yaml") -> dict[str, dict[str, str]]:
    """Return why each finding is true of a peer: a sentence by name of the peer and id of the requirement."""
    found: dict[str, dict[str, str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found
