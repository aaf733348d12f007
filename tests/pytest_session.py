"""A pytest session in a project of its own, with chosen plugins, as the users of this package's plugins run it."""

import os
import subprocess
import sys
from pathlib import Path

import attrs


@attrs.frozen
class Ran:
    """A pytest session that has ended."""

    code: int
    out: str
    """Both streams."""
    outcomes: dict[str, int]
    """The counts of the last line: `{"passed": 2, "failed": 1}`."""


def run_pytest(folder: Path, plugins: tuple[str, ...], test: str, *arguments: str, **environment: str) -> Ran:
    """Write *test* into a file of *folder* and run pytest there with *plugins* alone, and with warnings as errors.

    Args:
        folder: An empty folder; files that are there already, such as a `conftest.py`, take part.
        plugins: Modules to load, each with `-p`; `cacheprovider` among them keeps what `--lf` needs in *folder*.
        test: The source of the test file.
        arguments: Further arguments of pytest.
        environment: Variables to set; an empty `PYTEST_DISABLE_PLUGIN_AUTOLOAD` loads the installed plugins too.

    """
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n", encoding="utf-8")
    (folder / "test_it.py").write_text(test, encoding="utf-8")
    loaded = [part for name in plugins if name != "cacheprovider" for part in ("-p", name)]
    loaded += [] if "cacheprovider" in plugins else ["-p", "no:cacheprovider"]
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *loaded, "--strict-markers", "-q", *arguments],
        cwd=folder,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))},
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(result.returncode, result.stdout + result.stderr, _outcomes(result.stdout))


def _outcomes(printed: str) -> dict[str, int]:
    """Return the counts of the last line that has some: `2 passed, 1 failed in 0.1s`."""
    for line in reversed(printed.splitlines()):
        parts = line.strip("= ").rpartition(" in ")[0].split(", ")
        if all(part.split(" ")[0].isdigit() for part in parts):
            return {part.split(" ")[1]: int(part.split(" ")[0]) for part in parts}
    return {}
