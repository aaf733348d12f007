"""What changes make of the package's version, by Semantic Versioning, and of its changelog, after Keep a Changelog."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

from spec.diff.compare import CALLERS, Change
from spec.diff.kinds import BREAKING, BUMPS, MAJOR, PATCH
from spec.diff.sentences import Line, group_lines
from spec.errors import InputError

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_SECTIONS = ("Added", "Changed", "Removed")
_UNRELEASED = "## Unreleased"


def bump_of(changes: Sequence[Change]) -> str | None:
    """Return what changes ask for, `major`, `minor` or `patch`; None where there are none."""
    if not changes:
        return None
    bumps = [MAJOR if change.severity == BREAKING else _bump(change) for change in changes]
    return min(bumps, key=BUMPS.index)


def _bump(change: Change) -> str:
    """Return what a change asks for; one that only servers are affected by leaves the client what it was, or more."""
    return change.kind.bump if change.affected else PATCH


def next_version(version: str, bump: str | None) -> str:
    """Return the version after a bump; below 1.0.0 a major one raises the minor number, all others the patch number."""
    found = _VERSION.fullmatch(version)
    if not found:
        raise InputError(f"the package's version is {version!r}: three numbers such as 1.2.3 are expected.")
    major, minor, patch = (int(number) for number in found.groups())
    if bump is None:
        return version
    place = BUMPS.index(bump) + (1 if major == 0 else 0)
    return [f"{major + 1}.0.0", f"{major}.{minor + 1}.0", *[f"{major}.{minor}.{patch + 1}"] * 2][place]


def package_version(settings: Path) -> str:
    """Return the version that a `pyproject.toml` names."""
    try:
        return str(tomllib.loads(settings.read_text("utf-8"))["project"]["version"])
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        raise InputError(f"{settings} names no version of the package ([project] version): it is needed.") from None


def changelog_entry(changes: Sequence[Change]) -> dict[str, list[str]]:
    """Return the lines of a changelog entry by section, in the order of `changes`; no section is empty."""
    entry: dict[str, list[str]] = {section: [] for section in _SECTIONS}
    for line in group_lines(changes):
        entry[_section(line)].append(f"- Contract: {_entry_line(line)}")
    return {section: lines for section, lines in entry.items() if lines}


def _section(line: Line) -> str:
    name = line.change.kind.name
    if name.endswith("-added") and CALLERS not in line.change.affected:
        return "Added"
    return "Removed" if name.endswith("-removed") else "Changed"


def _entry_line(line: Line) -> str:
    start = "**breaking**: " if line.change.severity == BREAKING else ""
    return f"{start}{line.change.operation}, {line.place}: {line.what}."


def add_to_changelog(text: str, entry: dict[str, list[str]]) -> str:
    """Return a changelog with an entry in its section `Unreleased`.

    Raises:
        InputError: it has no such section.

    """
    head, found, rest = text.partition(f"{_UNRELEASED}\n")
    if not found:
        raise InputError(f"the changelog has no section `{_UNRELEASED}`: add it above the latest version.")
    body, mark, older = rest.partition("\n## ")
    for section, lines in entry.items():
        body = _with_lines(body, section, [line for line in lines if line not in body.splitlines()])
    return f"{head}{found}{body}{mark}{older}"


def _with_lines(body: str, section: str, lines: list[str]) -> str:
    if not lines:
        return body
    block = "\n".join(lines)
    heading = f"### {section}\n"
    if heading not in body:
        return f"{body.rstrip()}\n\n{heading}\n{block}\n"
    before, _, after = body.partition(heading)
    own, mark, others = after.partition("\n### ")
    return f"{before}{heading}{own.rstrip()}\n{block}\n{mark}{others}"
