"""What the repository as a whole keeps to."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def tracked_files() -> Iterator[Path]:
    """Yield the files that git tracks, or, outside a checkout, all but the hidden ones."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        yield from (REPOSITORY / name for name in listed.stdout.decode().split("\0") if name)
    else:
        files = (path for path in REPOSITORY.rglob("*") if path.is_file())
        yield from (path for path in files if not any(part.startswith(".") for part in path.parts))


def test_constraints_hold_exact_versions_and_no_addresses() -> None:
    """Each line is a comment or `name==version`, and the tools whose output is committed are among them."""
    lines = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.+!]*", pin) for pin in pins)
    names = {pin.split("==")[0].lower().replace("_", "-") for pin in pins}
    assert {"openapi-python-client", "ruff", "mypy", "hypothesis", "schemathesis", "jsonschema-rs"} <= names


def test_no_file_names_a_package_index_or_a_home_folder() -> None:
    """Where packages come from is the business of whoever installs, and paths of one machine are of no use elsewhere."""
    # Written apart, so that this file does not match itself.
    forbidden = re.compile("|".join(["pypi" + r"\.org", "registry" + r"\.npmjs", "/home" + "/[a-z]", "/root" + "/"]))
    found = [
        path.relative_to(REPOSITORY).as_posix()
        for path in tracked_files()
        if path.is_file() and forbidden.search(path.read_text(encoding="utf-8", errors="ignore"))
    ]
    assert found == []


def test_every_python_file_has_a_docstring_that_says_what_it_is() -> None:
    """The first statement of each module, scripts and tests included, is its docstring."""
    bare = [
        path.relative_to(REPOSITORY).as_posix()
        for path in tracked_files()
        if path.suffix == ".py"
        and path.is_file()
        and not re.match(r'(#[^\n]*\n)*\s*"""', path.read_text(encoding="utf-8"))
        and "/models/" not in path.as_posix()
        and path.read_text(encoding="utf-8").strip()
    ]
    assert bare == []
