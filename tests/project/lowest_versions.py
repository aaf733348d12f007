"""Writes the constraints of `tox -e lowest`: the lowest versions that pyproject.toml allows, all others as pinned.

Usage: python tests/project/lowest_versions.py FILE
"""

import re
import sys
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(?:\[[\w,. -]+\])?\s*(?:>=(?P<lowest>[\w.]+))?")


def normalized(name: str) -> str:
    """Return the name of a distribution in the one spelling that compares equal."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements() -> list[str]:
    """Return what pyproject.toml says that the distribution and its extras require, but for its own extras."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    return [one for one in listed if not one.startswith(project["name"])]


def pins() -> dict[str, str]:
    """Return the versions of constraints.txt by normalized name."""
    lines = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {normalized(name): version for name, version in pairs}


def lowest(requirement: str) -> tuple[str, str]:
    """Return the normalized name in a requirement and its lower bound; raise `ValueError` when it has none."""
    match = _REQUIREMENT.match(requirement)
    if match is None or match["lowest"] is None:
        raise ValueError(
            f"pyproject.toml requires {requirement!r} without a lower bound: write NAME>=VERSION, the lowest that is tested"
        )
    return normalized(match["name"]), match["lowest"]


def main() -> None:
    """Write the file that the command line names."""
    versions = pins() | dict(map(lowest, requirements()))
    text = "".join(f"{name}=={version}\n" for name, version in sorted(versions.items()))
    Path(sys.argv[1]).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
