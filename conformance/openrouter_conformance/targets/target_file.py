"""Target files: a server to check, described in YAML by `target.schema.json`."""

from __future__ import annotations

import datetime as dt
import difflib
import functools
import json
from importlib import resources
from pathlib import Path
from typing import Any

import attrs
import jsonschema_rs

from openrouter_conformance.errors import UsageError
from openrouter_conformance.foreign_text import shortened
from openrouter_conformance.known_deviations import Kind, KnownDeviation
from openrouter_conformance.targets import positioned_yaml
from openrouter_conformance.targets.ceilings import Ceilings
from openrouter_conformance.targets.positioned_yaml import Positioned

SUFFIXES = (".yaml", ".yml")
SHIPPED = "openrouter.yaml"
"""The file of the live API, in this package."""

_OWN_HEADERS = ("authorization", "connection", "content-length", "content-type", "host", "transfer-encoding")
_MASK = "<value>"
"""Stands in place of values of the file, which may be secret, in messages of the validator."""


@attrs.frozen
class FromVariable:
    """The value of a header that an environment variable of this name holds."""

    variable: str


@attrs.frozen
class TargetFile:
    """What a target file says; a field is None where it says nothing.

    `model` is the one to check, `others` are the other ones that may be asked.
    """

    address: str | None = None
    key_variable: str | None = None
    headers: tuple[tuple[str, str | FromVariable], ...] = ()
    model: str | None = None
    others: tuple[str, ...] | None = None
    features: frozenset[str] = frozenset()
    ceilings: Ceilings = attrs.field(factory=Ceilings)
    known: tuple[KnownDeviation, ...] = ()


def is_file(name: str) -> bool:
    """Return whether a target's name is the path of a file, and neither a word nor a URL."""
    return "://" not in name and (name.endswith(SUFFIXES) or Path(name).is_file())


def read(name: str) -> TargetFile:
    """Return what the target file at the path `name` says; UsageError, with line and column, when it is wrong."""
    path = Path(name)
    try:
        with path.open("rb") as opened:
            content = opened.read(positioned_yaml.MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{name}: the target file cannot be read ({error.strerror or error}).") from None
    if len(content) > positioned_yaml.MAX_BYTES:
        raise UsageError(f"{name}: no target file: it has more than {positioned_yaml.MAX_BYTES} bytes.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UsageError(f"{name}, line {line}: no UTF-8; save the file in that encoding.") from None
    return parse(text, name)


@functools.cache
def shipped() -> TargetFile:
    """Return the file of the live API, which this package has."""
    text = resources.files("openrouter_conformance.targets").joinpath(SHIPPED).read_text("utf-8")
    return parse(text, SHIPPED)


def parse(text: str, label: str) -> TargetFile:
    """Return what a target file says; UsageError, naming `label`, line and column, when it is wrong."""
    document = positioned_yaml.read(text, label)
    _check(document, label)
    said: dict[str, Any] = document.value
    models = tuple(said.get("models", ()))
    return TargetFile(
        address=said.get("address"),
        key_variable=said.get("key_env"),
        headers=tuple(
            (name, FromVariable(value["env"]) if isinstance(value, dict) else value)
            for name, value in said.get("headers", {}).items()
        ),
        model=models[0] if models else None,
        others=models[1:] or None,
        features=frozenset(said.get("features", ())),
        ceilings=Ceilings(**said.get("ceilings", {})),
        known=tuple(_known(document, at, label) for at in range(len(said.get("known_deviations", ())))),
    )


@functools.cache
def schema() -> dict[str, Any]:
    """Return the JSON Schema of target files."""
    text = resources.files("openrouter_conformance.targets").joinpath("target.schema.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@functools.cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema(), validate_formats=True, mask=_MASK)


def _check(document: Positioned, label: str) -> None:
    """Raise UsageError by the first place that is wrong."""
    if not isinstance(document.value, dict):
        raise UsageError(f"{label}, line 1: no target file: its top is no mapping, such as `address: https://…`.")
    problems = [_problem(document, error) for error in _validator().iter_errors(document.value)]
    problems += [
        (("headers", name), f"the suite itself sets the header {name}")
        for name in document.value.get("headers", {})
        if not problems and name.lower() in _OWN_HEADERS
    ]
    if problems:
        path, sentence = min(problems, key=lambda problem: document.places.get(problem[0], (0, 0)))
        raise UsageError(f"{label}, {document.where(path)}: {sentence}.")


def _problem(document: Positioned, error: jsonschema_rs.ValidationError) -> tuple[positioned_yaml.Path, str]:
    """Return where a document breaks the schema, and what is wrong there; no value of the file is quoted."""
    path = tuple(error.instance_path)
    node, described = _described(error.schema_path)
    if error.schema_path[-1] == "additionalProperties":
        value = functools.reduce(lambda inner, step: inner[step], path, document.value)
        allowed = list(node["properties"])
        strange = next(name for name in value if name not in allowed)
        close = difflib.get_close_matches(strange, allowed, n=1)
        hint = f"did you mean {close[0]}" if close else f"expected {', '.join(allowed)}"
        return (*path, strange), f"{shortened(strange)!r} is no field here; {hint}"
    name = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".") or "the file"
    return path, f"{_wrong(error, name)}; expected: {described}".rstrip(".")


def _wrong(error: jsonschema_rs.ValidationError, name: str) -> str:
    """Return what is wrong with the value that is called `name`."""
    match error.schema_path[-1]:
        case "required":
            return f"{name} has no {error.message.split(chr(34))[1]}"
        case "anyOf":
            return f"{name} is neither of what may stand here"
        case _:
            return shortened(error.message.splitlines()[0].replace(_MASK, name))


def _described(path: list[str | int]) -> tuple[dict[str, Any], str]:
    """Return the schema that a path ends in, and the description nearest to it."""
    node: Any = schema()
    described = str(node["description"])
    for step in path[:-1]:
        node = node[step]
        if isinstance(node, dict) and isinstance(node.get("description"), str):
            described = node["description"]
    return node, described


def _known(document: Positioned, at: int, label: str) -> KnownDeviation:
    said: dict[str, Any] = document.value["known_deviations"][at]
    line, _ = document.places["known_deviations", at]
    for before, other in enumerate(document.value["known_deviations"][:at]):
        if other["id"] == said["id"]:
            first, _ = document.places["known_deviations", before]
            raise UsageError(
                f"{label}, {document.where(('known_deviations', at, 'id'))}: "
                f"{shortened(said['id'])} has an entry in line {first} already; keep one."
            )
    return KnownDeviation(
        id=said["id"],
        kind=Kind(said.get("kind", Kind.FAILS)),
        reason=said["reason"].strip(),
        link=said.get("link"),
        since=dt.date.fromisoformat(said["since"]),
        expires=dt.date.fromisoformat(said["expires"]) if "expires" in said else None,
        place=f"{label}, line {line}",
    )
