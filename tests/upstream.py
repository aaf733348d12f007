"""Upstream documents for the tests of `scripts`, and `update_spec.py` run on them as a person runs it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import yaml

import update_spec

DOCUMENTS = Path(__file__).parent / "spec" / "documents"
PUBLISHED = DOCUMENTS / "published.yaml"


class Outcome(NamedTuple):
    """What a run of the command left: exit code, and the lines of both streams."""

    code: int
    out: list[str]
    err: list[str]


def run(capsys: Any, *arguments: object) -> Outcome:
    """Run `update_spec.py` in this process."""
    code = update_spec.main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return Outcome(code, captured.out.splitlines(), captured.err.splitlines())


def published() -> dict[str, Any]:
    """Return the tree of `published.yaml`, to be changed by a test."""
    tree: dict[str, Any] = yaml.safe_load(PUBLISHED.read_text("utf-8"))
    return tree


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    """Return `published.yaml` after a change, as YAML."""
    tree = published()
    change(tree)
    return yaml.safe_dump(tree, allow_unicode=True).encode()


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file in a folder with its bytes and the time it was last written."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


ANSWER = {"200": {"description": "x"}}


def minimal_document(paths: dict[str, Any], **components: Any) -> dict[str, Any]:
    """Return a document with these paths and components, and nothing else."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": paths,
        "components": components,
    }
