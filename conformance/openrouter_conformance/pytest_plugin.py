"""The requirements as tests: `pytest --conformance-target URL`.

pytest loads this module in every session of an environment that has the distribution. So it imports
nothing but pytest; the suite is imported when a target is given.
"""

from __future__ import annotations

import io
import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

import pytest

MARKER = "conformance"
"""The mark of every requirement that is run as a test: `-m conformance` runs these alone."""

_USAGE, _UNJUDGED = 4, 3


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the suite, all of which begin with `--conformance-`."""
    group = parser.getgroup("conformance", "conformance with OpenRouter's embeddings contract")
    option = group.addoption
    option("--conformance-target", metavar="TARGET", help="judge this: a base URL, `mock` or `live`; a test each")
    option("--conformance-profile", choices=("quick", "default", "deep"), default="default", help="how much effort")
    option("--conformance-seed", type=int, default=0, metavar="N", help="chooses the generated requests")
    option("--conformance-only", action="append", default=[], metavar="GLOB", help="judge these requirements alone")
    option("--conformance-skip", action="append", default=[], metavar="GLOB", help="leave these requirements out")
    option("--conformance-model", metavar="ID", help="the model to ask (default: the target's, else the cheapest)")
    option("--conformance-key-env", metavar="NAME", help="the environment variable that holds the target's key")


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark; refuse to judge in several processes, each with ceilings of its own, or without the extra."""
    config.addinivalue_line("markers", f"{MARKER}: a requirement on the server given by --conformance-target")
    if config.getoption("conformance_target") is None:
        return
    if config.getoption("numprocesses", None) or hasattr(config, "workerinput"):
        raise pytest.UsageError("--conformance-target judges in one process; run it without -n, or with -n 0")
    try:
        from openrouter_conformance import run  # noqa: F401, PLC0415 - heavy, and needed from here on
    except ModuleNotFoundError as error:
        from openrouter_mock.cli import missing_extra  # noqa: PLC0415

        raise pytest.UsageError(missing_extra(error, "--conformance-target", "conformance")) from None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add a test per requirement when a target is given, after all others."""
    if config.getoption("conformance_target") is not None:
        items.extend(RequirementSuite.from_parent(session, name=MARKER, nodeid=MARKER).collect())


class RequirementSuite(pytest.Collector):
    """The requirements on one target; all that are left after selection are judged when the first is asked for."""

    _records: dict[str, dict[str, Any]] | None = None

    def collect(self) -> list[pytest.Item]:
        """Return a test per requirement that the globs choose."""
        from openrouter_conformance import requirements  # noqa: PLC0415 - heavy, and seldom used
        from openrouter_conformance.verdicts import UsageError  # noqa: PLC0415

        known = requirements.load()
        only, skip = (self.config.getoption(f"conformance_{name}") for name in ("only", "skip"))
        try:
            chosen = requirements.select(known, only, skip)
        except UsageError as error:
            raise pytest.UsageError(_as_option(error)) from None
        tests = [RequirementItem.from_parent(self, name=one.id) for one in known if one.id in chosen]
        return list(tests)

    def record(self, requirement: str) -> dict[str, Any]:
        """Return the record of a requirement, as `results.jsonl` has it; end the session when none can be made."""
        if self._records is None:
            self._records = self._judged()
        return self._records[requirement]

    def _judged(self) -> dict[str, dict[str, Any]]:
        from openrouter_conformance import run  # noqa: PLC0415 - heavy, and seldom used
        from openrouter_conformance.report import records, terminal  # noqa: PLC0415
        from openrouter_conformance.verdicts import TargetError, UsageError  # noqa: PLC0415

        option = self.config.getoption
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("default")  # a warning that the session makes an error is no fault of the target
            plan = run.Plan(
                target=option("conformance_target"),
                chosen=frozenset(item.name for item in self.session.items if item.parent is self),
                profile=option("conformance_profile"),
                seed=option("conformance_seed"),
                report=Path(folder),
                model=option("conformance_model"),
                key_variable=option("conformance_key_env"),
            )
            try:
                run.run(plan, os.environ, terminal.console(io.StringIO()))
            except UsageError as error:
                pytest.exit(_as_option(error), returncode=_USAGE)
            except TargetError as error:
                pytest.exit(str(error), returncode=_UNJUDGED)
            except Exception as error:  # noqa: BLE001 - else each test would judge anew, and crash anew
                pytest.exit(f"the suite failed, not the target: {type(error).__name__}: {error}", returncode=_UNJUDGED)
            _, *judged, _ = records.read(Path(folder) / records.FILE_NAME)
        return {record["id"]: record for record in judged}


class RequirementItem(pytest.Item):
    """One requirement as a test.

    A violated one fails; one of the level `observed` is expected to fail; what does not apply to the target is
    skipped with the reason; a failure of the suite itself is an error.
    """

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        self.add_marker(MARKER)

    def setup(self) -> None:
        """Judge, unless an earlier requirement led to it; a failure of the suite is raised here."""
        record = self._record()
        if record["verdict"] == "harness-error":
            raise NoVerdictError(record)

    def runtest(self) -> None:
        """Turn the verdict into an outcome."""
        record = self._record()
        if record["verdict"] == "not-applicable":
            pytest.skip(record["reason"])
        if record["verdict"] == "violated":
            if record["level"] == "observed":
                pytest.xfail(record["reason"])
            raise ViolatedError(record)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return what was violated and the request that shows it, without a traceback."""
        if isinstance(excinfo.value, ViolatedError | NoVerdictError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return where the test stands: nowhere in a file, so only its name counts."""
        return self.path, None, self.name

    def _record(self) -> dict[str, Any]:
        assert isinstance(self.parent, RequirementSuite)
        return self.parent.record(self.name)


class ViolatedError(Exception):
    """The target breaks a requirement."""

    def __init__(self, record: dict[str, Any]) -> None:
        from openrouter_conformance.report import records  # noqa: PLC0415 - nothing heavy until it is used

        super().__init__(records.evidence(record))


class NoVerdictError(Exception):
    """The suite failed at a requirement; the target is not to blame."""

    def __init__(self, record: dict[str, Any]) -> None:
        super().__init__(f"the suite failed, not the target: {record['reason']}")


def _as_option(error: Exception) -> str:
    """Return the sentence of *error* with the suite's options as they are called here."""
    text = str(error)
    for name in ("only", "skip", "key-env", "model"):
        text = text.replace(f"--{name}", f"--conformance-{name}")
    return text
