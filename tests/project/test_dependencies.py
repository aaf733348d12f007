"""What the project requires: bounds that are tested, and an exact version of everything that tox installs."""

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hatchling import build
from packaging.requirements import Requirement

from .lowest_versions import lowest, normalized, pins, requirements

REPOSITORY = Path(__file__).parents[2]
SETTINGS: dict[str, Any] = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))


def required(group: str) -> Iterator[str]:
    """Yield the requirements of a dependency group and of those that it includes."""
    for entry in SETTINGS["dependency-groups"][group]:
        if isinstance(entry, str):
            yield entry
        else:
            yield from required(entry["include-group"])


def reachable(*, anywhere: bool) -> set[str]:
    """Return the distributions that tox needs: what is required, what that requires, and so on.

    Args:
        anywhere: Whether to follow requirements of other platforms and versions of Python, too.
    """
    build_requirements = [*SETTINGS["build-system"]["requires"], *build.get_requires_for_build_editable()]
    groups = [one for group in ("dev", "browser") for one in required(group)]
    pending = [Requirement(one) for one in [*requirements(), *groups, *build_requirements]]
    found: set[tuple[str, frozenset[str]]] = set()
    while pending:
        requirement = pending.pop()
        here = normalized(requirement.name), frozenset(requirement.extras)
        if here in found:
            continue
        found.add(here)
        try:
            needs = importlib.metadata.requires(requirement.name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # for another platform, or for building only
        pending.extend(one for one in map(Requirement, needs) if _applies(one, here[1], anywhere=anywhere))
    return {name for name, _ in found}


def _applies(requirement: Requirement, extras: frozenset[str], *, anywhere: bool) -> bool:
    marker = requirement.marker
    if marker is None or (anywhere and "extra" not in str(marker)):
        return True
    return any(marker.evaluate({"extra": extra}) for extra in ("", *extras))


def test_everything_that_tox_installs_is_pinned() -> None:
    """Nothing is installed in a version that is not written down."""
    assert sorted(reachable(anywhere=False) - set(pins())) == []


def test_every_pin_is_of_use() -> None:
    """What nothing requires any longer leaves constraints.txt."""
    assert sorted(set(pins()) - reachable(anywhere=True)) == []


def test_installed_versions_are_the_pinned_ones() -> None:
    """The tests speak for the versions that are written down."""
    needed = reachable(anywhere=False)
    installed = {normalized(one.metadata["Name"]): one.version for one in importlib.metadata.distributions()}
    different = {name: installed[name] for name in needed & set(installed) if installed[name] != pins().get(name)}
    assert different == {}


def test_pins_lie_within_the_bounds() -> None:
    """What is tested is what users may install."""
    for requirement in map(Requirement, requirements()):
        assert pins()[normalized(requirement.name)] in requirement.specifier, requirement


@pytest.mark.parametrize("requirement", ["attrs", "attrs<27", "attrs==26.1.0"])
def test_requirement_without_a_lower_bound_is_an_error(requirement: str) -> None:
    """The lowest versions are tested, so that each requirement names its own."""
    with pytest.raises(ValueError, match=re.escape(f"requires '{requirement}' without a lower bound")):
        lowest(requirement)


def test_lowest_versions_are_the_bounds_and_the_pins(tmp_path: Path) -> None:
    """The constraints of `tox -e lowest` hold the lower bound of each requirement, and all else as pinned."""
    file = tmp_path / "lowest.txt"
    subprocess.run([sys.executable, REPOSITORY / "tests" / "project" / "lowest_versions.py", file], check=True)
    written = dict(line.split("==") for line in file.read_text(encoding="utf-8").splitlines())
    bounds = {normalized(one.name): one.specifier for one in map(Requirement, requirements())}
    assert {name for name in written if written[name] != pins()[name]} <= set(bounds)
    for name, bound in bounds.items():
        assert f">={written[name]}" in map(str, bound)
    assert written.keys() == pins().keys()
