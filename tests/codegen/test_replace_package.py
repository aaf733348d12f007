"""The new package takes the place of the old one whole, or not at all."""

import sys
from pathlib import Path

import pytest

from checkout import REPOSITORY, contents, run
from codegen import replace_package
from codegen.generator import GENERATED_HEADER
from spec.errors import InputError


def test_the_old_client_comes_back_when_the_lock_cannot_be_written(tmp_path: Path) -> None:
    """Package and lock change together or not at all, and nothing is left beside them."""
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "a.py").write_text("new", encoding="utf-8")
    (tmp_path / "there" / "package").mkdir(parents=True)
    (tmp_path / "there" / "package" / "a.py").write_text("old", encoding="utf-8")
    before = contents(tmp_path)
    with (
        pytest.raises(OSError, match="disk"),
        replace_package.installed(tmp_path / "new", tmp_path / "there" / "package"),
    ):
        raise OSError("disk")
    assert contents(tmp_path) == before
    with replace_package.installed(tmp_path / "new", tmp_path / "there" / "package"):
        pass
    assert contents(tmp_path / "there") == {"package/a.py": b"new"}


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    """The folders of a replacement that never ended go; what only looks alike stays."""
    target = tmp_path / "package"
    for name in ("old", "new"):
        (tmp_path / ".swap-package-x1" / name).mkdir(parents=True)
    (tmp_path / ".swap-package-x1" / "new" / "a.py").touch()
    (tmp_path / ".swap-other").mkdir()
    replace_package.remove_leftovers(target)
    assert [path.name for path in tmp_path.iterdir()] == [".swap-other"]


KILLED_BETWEEN_THE_RENAMES = """
import os, pathlib, sys
from codegen import replace_package
rename = pathlib.Path.rename
pathlib.Path.rename = lambda path, to: os._exit(9) if path.name == "new" else rename(path, to)
with replace_package.installed(pathlib.Path("new"), pathlib.Path("there/package")):
    pass
"""


def test_the_old_package_comes_back_after_a_kill_between_the_renames(tmp_path: Path) -> None:
    """The next run finds the package gone and its old one aside, puts that back, and says so; once."""
    for folder in ("new", "there/package"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.py").write_text(folder, encoding="utf-8")
    scripts = str(REPOSITORY / "scripts")
    killed = run([sys.executable, "-c", KILLED_BETWEEN_THE_RENAMES], tmp_path, PYTHONPATH=scripts)
    target = tmp_path / "there" / "package"
    assert (killed.code, killed.err, target.exists()) == (9, [], False)
    assert replace_package.recover(target)
    assert contents(target) == {"a.py": b"there/package"}
    assert not replace_package.recover(target)
    replace_package.remove_leftovers(target)
    assert list(target.parent.iterdir()) == [target]


def test_package_that_is_there_is_not_replaced_by_an_older_one(tmp_path: Path) -> None:
    """What a run left that was killed after the second rename is not put back."""
    (tmp_path / "package").mkdir()
    (tmp_path / ".swap-package-x1" / "old").mkdir(parents=True)
    (tmp_path / ".swap-package-x1" / "old" / "a.py").touch()
    assert not replace_package.recover(tmp_path / "package")
    assert contents(tmp_path / "package") == {}


def test_a_replacement_leaves_what_the_next_run_removes(tmp_path: Path) -> None:
    """While a package is replaced, the folder beside it is one that `remove_leftovers` knows."""
    (tmp_path / "new").mkdir()
    target = tmp_path / "there" / "package"
    with replace_package.installed(tmp_path / "new", target):
        assert len(list(target.parent.iterdir())) == 2
        replace_package.remove_leftovers(target)
        assert list(target.parent.iterdir()) == [target]


def test_only_files_with_our_header_are_replaced(tmp_path: Path) -> None:
    """A file without it stops the replacement by name; one that has it, and a package that is not there, do not."""
    replace_package.check_replaceable(tmp_path / "nothing")
    (tmp_path / "a.py").write_text(GENERATED_HEADER, encoding="utf-8")
    (tmp_path / "py.typed").touch()
    replace_package.check_replaceable(tmp_path)
    (tmp_path / "b.py").write_text("mine = 1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"b\.py is not a file that this command has written"):
        replace_package.check_replaceable(tmp_path)
