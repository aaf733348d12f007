"""The clients to run, read from `clients.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import attrs

FOLDER = Path(__file__).parent
_WANTED = {"name", "packages", "program", "encoding", "input", "retries", "errors"}


@attrs.frozen
class Client:
    """One client: where it comes from, and what it is known to do."""

    name: str
    packages: tuple[str, ...]
    """Requirements with exact versions: `openai==1.2.3`, for Node `openai@1.2.3`."""
    program: str
    """File in `programs/`."""
    encoding: str
    """The `encoding_format` it sends unasked; `none` when it leaves the field out."""
    input: str
    """`texts` or `token ids`."""
    retries: bool
    """Whether it tries again after a 429."""
    errors: dict[int, str]
    """The type of exception for 401, 404 and 429."""
    environment: str
    """Name of the folder of its environment."""
    models: bool = False
    """Whether it also lists the models."""
    note: str = ""
    variables: dict[str, str] = attrs.field(factory=dict)

    @property
    def in_node(self) -> bool:
        """Whether it runs in Node."""
        return self.program.endswith(".mjs")

    @property
    def slug(self) -> str:
        """Its name in lower-case letters, digits and hyphens."""
        return "-".join("".join(sign if sign.isalnum() else " " for sign in self.name.lower()).split())


def read_clients(path: Path = FOLDER / "clients.toml") -> list[Client]:
    """Return the clients of *path* in its order; raise `ValueError` naming what is wrong with one."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["client"]
    return [_client(entry, path) for entry in entries]


def _client(entry: dict[str, Any], path: Path) -> Client:
    name = entry.get("name", "without a name")
    if missing := sorted(_WANTED - entry.keys()):
        raise ValueError(f"{path.name}: the client {name} lacks {', '.join(missing)}: add them")
    if unknown := sorted(entry.keys() - {field.name for field in attrs.fields(Client)}):
        raise ValueError(f"{path.name}: the client {name} has {', '.join(unknown)}, which mean nothing: remove them")
    errors = {int(status): kind for status, kind in entry["errors"].items()}
    if errors.keys() != {401, 404, 429}:
        raise ValueError(f"{path.name}: the client {name} names errors for {sorted(errors)}: expected 401, 404, 429")
    client = Client(**{"environment": name, **entry, "packages": tuple(entry["packages"]), "errors": errors})
    return attrs.evolve(client, environment=attrs.evolve(client, name=client.environment).slug)
