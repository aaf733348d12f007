"""Upstream → a commit-ready state, or nothing: `tox -e update`.

Writes the pin, says what changed on the wire, checks that every overlay still has an effect, generates the client and
runs the suite on the mock. When any of it fails, pin, lock and client are as they were. Exits 0 when all is in place or
unchanged, 1 when the suite fails on what was made, 2 when the document, an overlay or the client is refused.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from spec.diff import render
from spec.diff.accepted import review
from spec.diff.compare import compare
from spec.diff.versions import bump_of, next_version, package_version
from spec.errors import InputError, describe_failure
from spec.files import locked, replace_files
from spec.lock import lock_path, read_lock
from spec.operations import ALL
from spec.pin import build_pin
from spec.source import Source

REPOSITORY = Path(__file__).resolve().parent.parent
_HELD = ".swap-update-"
"""What the folders of a run begin with; git and the source distribution leave them out, as those of generate.py."""
_COMPLETE = "complete"
"""The file that says that such a folder has all copies, and that they are wanted."""
_SUITE = ("-m", "openrouter_conformance", "run", "mock", "--profile", "quick", "--quiet")


def main(arguments: Sequence[str] | None = None, repository: Path = REPOSITORY) -> int:
    """Run the command; return the exit code."""
    parser = argparse.ArgumentParser(prog="update_contract.py", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="where the body of a pull request goes")
    options, rest = parser.parse_known_args(arguments)
    pin = repository / "openapi.yaml"
    written = [pin, lock_path(pin), repository / "generated"]
    try:
        with locked(repository):
            if _undo_killed_runs(written, repository):
                print("update_contract.py: a run was killed: pin, lock and client are as before it", file=sys.stderr)
            before = pin.read_bytes() if pin.exists() else None
            with _restored_on_failure(written, repository):
                _run([repository / "scripts" / "update_spec.py", *rest, "--output", pin], repository, 2)
                _run([repository / "scripts" / "generate.py"], repository, 2)
                _run(_SUITE, repository, 1)
        summary = _summary(before, pin, repository)
        if options.markdown:
            replace_files({options.markdown: ("\n".join(render.as_markdown(summary)) + "\n").encode()})
        print(render.summary(summary))
    except _StepError as failed:
        print(f"update_contract.py: {failed}; pin, lock and client are as they were.", file=sys.stderr)
        return failed.code
    except KeyboardInterrupt:
        print("update_contract.py: interrupted; pin, lock and client are as they were.", file=sys.stderr)
        return 130
    except Exception as error:  # noqa: BLE001 - whatever happens, a person gets one sentence and no traceback
        print(f"update_contract.py: {describe_failure(error, 'the document')}", file=sys.stderr)
        return 2
    return 0


class _StepError(Exception):
    """A step failed, and has said why; `code` is what this command exits with."""

    def __init__(self, name: str, code: int) -> None:
        super().__init__(f"{name} failed")
        self.code = code


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def _run(command: Sequence[object], repository: Path, code: int) -> None:
    """Run a step by this interpreter, its output on the terminal; raise `_StepError` when it fails."""
    sys.stdout.flush()
    packages = os.pathsep.join(str(repository / folder) for folder in ("generated", "conformance"))
    environment = {**os.environ, "PYTHONPATH": packages}  # the client that was just made, wherever that is
    done = subprocess.run([sys.executable, *map(str, command)], cwd=repository, env=environment, check=False)
    if done.returncode:
        named = next((Path(str(word)).name for word in command if not str(word).startswith("-")), "a step")
        raise _StepError("the suite on the mock" if command is _SUITE else named, code)


@contextlib.contextmanager
def _restored_on_failure(paths: Sequence[Path], repository: Path) -> Iterator[None]:
    """Put files and folders back as they were, if the work inside fails or is interrupted.

    If it is killed, `_undo_killed_runs` does that from the copies that stay in the repository.
    """
    held = Path(tempfile.mkdtemp(prefix=_HELD, dir=repository))
    for path, copy in _copies(paths, held).items():
        if path.is_dir():
            shutil.copytree(path, copy)
        elif path.exists():
            shutil.copy2(path, copy)
    (held / _COMPLETE).touch()
    try:
        yield
    except BaseException:
        _put_all_back(paths, held)
        raise
    (held / _COMPLETE).unlink()
    shutil.rmtree(held)


def _undo_killed_runs(paths: Sequence[Path], repository: Path) -> bool:
    """Put files and folders back as they were before a run that was killed; return whether there was one."""
    left = sorted(repository.glob(f"{_HELD}*"))
    undone = [held for held in left if (held / _COMPLETE).exists()]
    for held in left:
        if held in undone:
            _put_all_back(paths, held)
        else:
            shutil.rmtree(held)  # it had changed nothing yet, or was done
    return bool(undone)


def _put_all_back(paths: Sequence[Path], held: Path) -> None:
    for path, copy in _copies(paths, held).items():
        _put_back(path, copy)
    (held / _COMPLETE).unlink()
    shutil.rmtree(held)


def _copies(paths: Sequence[Path], held: Path) -> dict[Path, Path]:
    return {path: held / str(number) for number, path in enumerate(paths)}


def _put_back(path: Path, copy: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    if copy.is_dir():
        shutil.copytree(copy, path)
    elif copy.exists():
        shutil.copy2(copy, path)


def _summary(before: bytes | None, pin: Path, repository: Path) -> render.Diff:
    """Return what changed between the pin as it was and as it is."""
    after = build_pin(Source(pin.read_bytes(), pin.name), [ALL], tolerate_absent=True).tree
    try:
        old = build_pin(Source(before or b"", pin.name), [ALL], tolerate_absent=True).tree
    except InputError:
        old = after  # there was none, or it could not be read, which update_spec.py has said
    changes = compare(old, after)
    version = package_version(repository / "pyproject.toml")
    upstream = read_lock(lock_path(pin)).get("upstream", {})
    label = f"the document of {upstream.get('date', 'today')}"
    return render.Diff("the pin", label, changes, review(changes, []), version, next_version(version, bump_of(changes)))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _interrupted)
    sys.exit(main())
