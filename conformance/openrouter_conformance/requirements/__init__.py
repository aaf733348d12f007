"""What a server must do, as data: `<operation>/<facet>.yaml`, and `each-operation/<facet>.yaml` for every operation.

An entry is named by the last part of its id; operation and facet are its folder and its file. The check of a
requirement stands in the module of `openrouter_conformance.checks` that is named after the facet.
"""

from __future__ import annotations

import enum
import fnmatch
import functools
import re
from importlib import resources
from typing import TYPE_CHECKING, Any

import attrs
import yaml

from openrouter_conformance import contract as contracts
from openrouter_conformance.contract import pointer_of
from openrouter_conformance.errors import HarnessError, UsageError
from openrouter_conformance.operations import OPERATIONS
from openrouter_conformance.status import Level

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openrouter_conformance.contract import Contract
    from openrouter_conformance.operations import Operation

FACETS = (
    "schema",
    "response",
    "vectors",
    "order",
    "encoding",
    "dimensions",
    "determinism",
    "token-ids",
    "multimodal",
    "texts",
    "parameters",
    "routing",
    "usage",
    "catalog",
    "pagination",
    "auth",
    "errors",
    "validation",
    "protocol",
)
"""The sides of an operation that are looked at, in the order in which they are checked and reported."""

EACH_OPERATION = "each-operation"

FOUNDATIONS = (
    "schema/no-server-error",
    "schema/status-documented",
    "errors/no-error-in-success",
    "auth/known-key-accepted",
)
"""What every other requirement rests on, in each exchange: an answer that fails one of these says nothing else."""

INDEPENDENT = ("auth/key-not-echoed", "errors/no-trace")
"""What is held against any answer, whatever else is wrong with it."""

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_FIELDS = {"level", "text", "source"}
_OPTIONAL = {"rests_on"}
_SHARED_OPTIONAL = {"rests_on", "where"}


class Where(enum.StrEnum):
    """Which operations a requirement of `each-operation` is for."""

    SECURED = "secured"
    BODY = "body"
    GET = "get"


@attrs.frozen
class Requirement:
    """One thing that a server must do.

    Attributes:
        operation: the operation that it is about.
        facet: the side of the operation, such as `response` or `auth`.
        name: what it says, in kebab-case.
        level: how much it weighs.
        text: what a server does, one sentence.
        source: a JSON pointer into the contract (`#/…`), or a document or recorded fact in words.
        shared: whether every operation has it.
        rests_on: globs of facet/name: what must hold before this one can be tried, of the same operation.

    """

    operation: Operation
    facet: str
    name: str
    level: Level
    text: str
    source: str
    shared: bool = False
    rests_on: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Its name in reports and on the command line: operation/facet/name."""
        return f"{self.operation.slug}/{self.facet}/{self.name}"

    def is_based_on(self, other: Requirement) -> bool:
        """Return whether this requirement says that it rests on another."""
        name = f"{other.facet}/{other.name}"
        return self.operation == other.operation and any(fnmatch.fnmatchcase(name, glob) for glob in self.rests_on)

    def is_void_after(self, other: Requirement) -> bool:
        """Return whether an exchange that fails another requirement says nothing about this one."""
        if self.is_based_on(other):
            return True
        own, base = f"{self.facet}/{self.name}", f"{other.facet}/{other.name}"
        if base not in FOUNDATIONS or own in INDEPENDENT or self.operation != other.operation:
            return False
        return own not in FOUNDATIONS or FOUNDATIONS.index(own) > FOUNDATIONS.index(base)

    @property
    def check_id(self) -> str:
        """The name under which its checks are registered."""
        return f"{EACH_OPERATION if self.shared else self.operation.slug}/{self.facet}/{self.name}"


@functools.cache
def load() -> tuple[Requirement, ...]:
    """Return the requirements on the operations of the suite; HarnessError when a file breaks its own rules."""
    return load_for(OPERATIONS, contracts.shipped())


def load_for(operations: Sequence[Operation], contract: Contract) -> tuple[Requirement, ...]:
    """Return the requirements on `operations`: facet by facet, those of every operation first."""
    found = tuple(
        requirement
        for operation in operations
        for facet in FACETS
        for folder in (EACH_OPERATION, operation.slug)
        for requirement in parse(_entries(folder, facet), operation, facet, contract, shared=folder == EACH_OPERATION)
    )
    known = {one.id for one in found}
    if len(known) < len(found):
        twice = next(one.id for one in found if sum(one.id == other.id for other in found) > 1)
        raise HarnessError(f"{twice} stands in {EACH_OPERATION} and in the folder of its operation: keep one")
    return found


def parse(
    entries: Any, operation: Operation, facet: str, contract: Contract, *, shared: bool = False
) -> Iterator[Requirement]:
    """Yield the entries of one file as requirements on `operation`; HarnessError naming the one that is malformed."""
    place = f"{EACH_OPERATION if shared else operation.slug}/{facet}.yaml"
    if not isinstance(entries, dict):
        raise HarnessError(f"{place}: the top is no mapping from names to requirements")
    for name, entry in entries.items():
        _check(f"{place}: {name}", name, entry, shared=shared)
        if shared and not _applies(entry.get("where"), operation, contract):
            continue
        words = {"operation": pointer_of(operation), "method": operation.method}
        text, source = (entry[field].format(**words) if shared else entry[field] for field in ("text", "source"))
        if source.startswith("#"):
            try:
                contract.resolve(source)
            except LookupError as error:
                raise HarnessError(f"{place}: {name}: {error}") from None
        rests_on = tuple(entry.get("rests_on", ()))
        yield Requirement(operation, facet, name, Level(entry["level"]), text, source, shared, rests_on)


def select(requirements: Sequence[Requirement], only: Sequence[str] = (), skip: Sequence[str] = ()) -> frozenset[str]:
    """Return the ids that some glob of `only` (all, when empty) matches and none of `skip`.

    Raises UsageError when a glob matches no requirement at all, or nothing is left to check.
    """
    for option, globs in (("--only", only), ("--skip", skip)):
        for glob in globs:
            if not any(fnmatch.fnmatchcase(requirement.id, glob) for requirement in requirements):
                raise UsageError(
                    f"{option} {glob!r} matches none of the {len(requirements)} requirements; "
                    "`openrouter-conformance requirements` lists them."
                )
    selected = frozenset(
        requirement.id
        for requirement in requirements
        if (not only or any(fnmatch.fnmatchcase(requirement.id, glob) for glob in only))
        and not any(fnmatch.fnmatchcase(requirement.id, glob) for glob in skip)
    )
    if not selected:
        raise UsageError("--only and --skip together leave no requirement to check.")
    return selected


def files() -> list[tuple[str, str]]:
    """Return (folder, facet) of every file of requirements."""
    root = resources.files(__name__)
    folders = sorted(entry.name for entry in root.iterdir() if entry.is_dir() and _NAME.fullmatch(entry.name))
    return [
        (folder, file.name.removesuffix(".yaml"))
        for folder in folders
        for file in sorted(root.joinpath(folder).iterdir(), key=lambda file: file.name)
    ]


def _entries(folder: str, facet: str) -> Any:
    if (folder, facet) not in _known_files():
        return {}
    return yaml.safe_load(resources.files(__name__).joinpath(folder, f"{facet}.yaml").read_text("utf-8"))


@functools.cache
def _known_files() -> frozenset[tuple[str, str]]:
    found = frozenset(files())
    strange = sorted(facet for _, facet in found if facet not in FACETS)
    if strange:
        raise HarnessError(f"{strange[0]}.yaml: no facet of this name; FACETS lists them")
    return found


def _check(place: str, name: Any, entry: Any, *, shared: bool) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise HarnessError(f"{place}: the name must be in kebab-case")
    fields = set(entry) if isinstance(entry, dict) else set()
    if not _FIELDS <= fields <= _FIELDS | (_SHARED_OPTIONAL if shared else _OPTIONAL):
        raise HarnessError(f"{place}: must have exactly the fields {sorted(_FIELDS)}")
    if entry["level"] not in list(Level):
        raise HarnessError(f"{place}: level {entry['level']!r} is none of {', '.join(Level)}")
    if entry.get("where", Where.BODY) not in list(Where):
        raise HarnessError(f"{place}: where {entry['where']!r} is none of {', '.join(Where)}")
    rests_on = entry.get("rests_on", [])
    if not isinstance(rests_on, list) or not all(isinstance(one, str) and "/" in one for one in rests_on):
        raise HarnessError(f"{place}: rests_on must be a list of facet/name")
    for field in ("text", "source"):
        if not isinstance(entry[field], str) or not entry[field].strip():
            raise HarnessError(f"{place}: {field} must be a text")
    if not entry["text"].endswith(".") or "should" in entry["text"].split():
        raise HarnessError(f"{place}: text must be one sentence that states a fact")


def _applies(where: str | None, operation: Operation, contract: Contract) -> bool:
    match where:
        case Where.SECURED:
            return contract.is_secured(operation)
        case Where.BODY:
            return contract.takes_body(operation)
        case Where.GET:
            return operation.method == "GET"
        case _:
            return True
