"""What a server must do: `requirements.yaml`, loaded strictly."""

from __future__ import annotations

import enum
import fnmatch
import functools
import re
from importlib import resources
from typing import TYPE_CHECKING, Any

import attrs
import yaml

from openrouter_conformance import contract
from openrouter_conformance.verdicts import HarnessError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

_ID = re.compile(r"(create-embeddings|list-embeddings-models)/[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*")
_FIELDS = {"id", "level", "text", "source", "faults"}


class Level(enum.StrEnum):
    """How much a requirement weighs: a violated `observed` one is reported and fails no run."""

    REQUIRED = "required"
    EXPECTED = "expected"
    OBSERVED = "observed"


@attrs.frozen
class Requirement:
    """One thing that a server must do.

    `source` is a JSON pointer into the contract (`#/…`) or names a document or recorded fact in words;
    `faults` are the mock's flaws that the requirement's checks catch.
    """

    id: str
    level: Level
    text: str
    source: str
    faults: tuple[str, ...]

    @property
    def operation(self) -> str:
        """The operation, in kebab-case."""
        return self.id.split("/")[0]

    @property
    def facet(self) -> str:
        """The side of the operation that is looked at, such as `response` or `auth`."""
        return self.id.split("/")[1]


@functools.cache
def load() -> tuple[Requirement, ...]:
    """Return all requirements, in the order of the file; HarnessError when the file breaks its own rules."""
    text = resources.files("openrouter_conformance").joinpath("requirements.yaml").read_text("utf-8")
    return parse(yaml.safe_load(text))


def parse(entries: Any) -> tuple[Requirement, ...]:
    """Return `entries` as requirements; HarnessError naming the entry that is malformed, and how."""
    if not isinstance(entries, list):
        raise HarnessError("requirements.yaml: the top is no list")
    requirements = tuple(_requirement(entry, place) for place, entry in enumerate(entries))
    seen: set[str] = set()
    for requirement in requirements:
        if requirement.id in seen:
            raise HarnessError(f"requirements.yaml: {requirement.id} stands there twice")
        seen.add(requirement.id)
    return requirements


def select(requirements: Sequence[Requirement], only: Sequence[str] = (), skip: Sequence[str] = ()) -> frozenset[str]:
    """Return the ids that some glob of `only` (all, when empty) matches and none of `skip`.

    Raises UsageError when a glob matches no requirement at all, or nothing is left to judge.
    """
    for option, globs in (("--only", only), ("--skip", skip)):
        for glob in globs:
            if not any(fnmatch.fnmatchcase(requirement.id, glob) for requirement in requirements):
                raise UsageError(
                    f"{option} {glob!r} matches none of the {len(requirements)} requirements; "
                    "`openrouter-conformance requirements` lists them."
                )
    chosen = frozenset(
        requirement.id
        for requirement in requirements
        if (not only or any(fnmatch.fnmatchcase(requirement.id, glob) for glob in only))
        and not any(fnmatch.fnmatchcase(requirement.id, glob) for glob in skip)
    )
    if not chosen:
        raise UsageError("--only and --skip together leave no requirement to judge.")
    return chosen


def _requirement(entry: Any, place: int) -> Requirement:
    if not isinstance(entry, dict) or set(entry) != _FIELDS:
        raise HarnessError(f"requirements.yaml: entry {place} must have exactly the fields {sorted(_FIELDS)}")
    name = entry["id"]
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise HarnessError(f"requirements.yaml: {name!r} is no id of the form operation/facet/fact in kebab-case")
    if entry["level"] not in list(Level):
        raise HarnessError(f"requirements.yaml: {name}: level {entry['level']!r} is none of {', '.join(Level)}")
    for field in ("text", "source"):
        if not isinstance(entry[field], str) or not entry[field].strip():
            raise HarnessError(f"requirements.yaml: {name}: {field} must be a text")
    if not entry["text"].endswith(".") or "should" in entry["text"].split():
        raise HarnessError(f"requirements.yaml: {name}: text must be one sentence that states a fact")
    faults = entry["faults"]
    if not isinstance(faults, list) or not faults or not all(isinstance(fault, str) for fault in faults):
        raise HarnessError(f"requirements.yaml: {name}: faults must name at least one fault")
    if entry["source"].startswith("#"):
        try:
            contract.resolve(entry["source"])
        except LookupError as error:
            raise HarnessError(f"requirements.yaml: {name}: {error}") from None
    return Requirement(name, Level(entry["level"]), entry["text"], entry["source"], tuple(faults))
