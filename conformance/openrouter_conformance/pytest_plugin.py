"""The requirements as tests: `pytest --conformance-target URL`.

pytest loads this module in every session of an environment that has the distribution. So it imports
nothing but pytest; the suite is imported when a target is given.
"""

from __future__ import annotations

import os
import signal
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from openrouter_conformance.report.records import Record, RunRecords

MARKER = "conformance"
"""The mark of every requirement that is run as a test: `-m conformance` runs these alone."""

_USAGE, _NOT_CHECKED = 4, 3


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the suite, all of which begin with `--conformance-`."""
    group = parser.getgroup("conformance", "conformance with OpenRouter's embeddings contract")
    option = group.addoption
    option("--conformance-target", metavar="TARGET", help="check this: a base URL, `mock` or `live`; a test each")
    option("--conformance-profile", choices=("quick", "default", "deep"), default="default", help="how much effort")
    option("--conformance-strict", action="store_true", help="let warnings fail, too")
    option("--conformance-concurrency", type=int, metavar="N", help="requests under way at once, at most")
    option("--conformance-time", type=float, metavar="SECONDS", help="stop after so long (default: no limit)")
    option("--conformance-seed", type=int, default=0, metavar="N", help="chooses the generated requests")
    option("--conformance-only", action="append", default=[], metavar="GLOB", help="check these requirements alone")
    option("--conformance-skip", action="append", default=[], metavar="GLOB", help="leave these requirements out")
    option("--conformance-model", metavar="ID", help="the model to ask (default: the target's, else the cheapest)")
    option("--conformance-key-env", metavar="NAME", help="the environment variable that holds the target's key")


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark; refuse to run in several processes, each with ceilings of its own, or without the extra."""
    config.addinivalue_line("markers", f"{MARKER}: a requirement on the server given by --conformance-target")
    if config.getoption("conformance_target") is None:
        return
    for name, least in (("concurrency", 1), ("time", 0)):
        value = config.getoption(f"conformance_{name}")
        if value is not None and not (least <= value < float("inf") and value > 0):
            raise pytest.UsageError(f"--conformance-{name} {value:g}: write a number above 0")
    if config.getoption("numprocesses", None) or hasattr(config, "workerinput"):
        raise pytest.UsageError("--conformance-target runs in one process; run it without -n, or with -n 0")
    try:
        from openrouter_conformance import runner  # noqa: F401, PLC0415 - heavy, and needed from here on
    except ModuleNotFoundError as error:
        from openrouter_mock.cli import missing_extra  # noqa: PLC0415

        raise pytest.UsageError(missing_extra(error, "--conformance-target", "conformance")) from None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add a test per requirement when a target is given, after all others."""
    if config.getoption("conformance_target") is not None:
        items.extend(RequirementSuite.from_parent(session, name=MARKER, nodeid=MARKER).collect())


class RequirementSuite(pytest.Collector):
    """The requirements on one target; all that are left after selection are checked when the first is asked for."""

    _records: dict[str, Record] | None = None

    def collect(self) -> list[pytest.Item]:
        """Return a test per requirement that the globs select."""
        from openrouter_conformance import requirements  # noqa: PLC0415 - heavy, and seldom used
        from openrouter_conformance.errors import UsageError  # noqa: PLC0415

        known = requirements.load()
        options = self.config.option
        try:
            selected = requirements.select(known, options.conformance_only, options.conformance_skip)
        except UsageError as error:
            raise pytest.UsageError(_as_option(error)) from None
        return [RequirementItem.from_parent(self, name=one.id) for one in known if one.id in selected]

    def record(self, requirement: str) -> Record:
        """Return the record of a requirement, as `results.jsonl` has it; end the session when none can be made."""
        if self._records is None:
            self._records = {record["id"]: record for record in self._run().results}
        return self._records[requirement]

    def _run(self) -> RunRecords:
        from openrouter_conformance import runner  # noqa: PLC0415 - heavy, and seldom used
        from openrouter_conformance.errors import TargetError, UsageError  # noqa: PLC0415
        from openrouter_conformance.foreign_text import printable  # noqa: PLC0415
        from openrouter_conformance.interruption import INTERRUPTED, Interruption  # noqa: PLC0415
        from openrouter_conformance.targets import Ceilings  # noqa: PLC0415

        options = self.config.option
        with warnings.catch_warnings():
            warnings.simplefilter("default")  # a warning that the session makes an error is no fault of the target
            plan = runner.Plan(
                target=options.conformance_target,
                selected=frozenset(item.name for item in self.session.items if item.parent is self),
                profile=options.conformance_profile,
                seed=options.conformance_seed,
                model=options.conformance_model,
                key_variable=options.conformance_key_env,
                strict=options.conformance_strict,
                limits=Ceilings(concurrency=options.conformance_concurrency, seconds=options.conformance_time),
            )
            try:
                with Interruption(signal.SIGINT) as interruption:
                    records = runner.run(plan, os.environ, interruption=interruption)
            except UsageError as error:
                pytest.exit(_as_option(error), returncode=_USAGE)
            except TargetError as error:
                pytest.exit(printable(str(error)), returncode=_NOT_CHECKED)
            except Exception as error:  # noqa: BLE001 - else each test would run the suite anew, and crash anew
                sentence = f"the suite failed, not the target: {type(error).__name__}: {error}"
                pytest.exit(printable(sentence), returncode=_NOT_CHECKED)
        if records.footer["stopped"] == INTERRUPTED:
            raise KeyboardInterrupt
        if records.footer["stopped"] is not None:
            pytest.exit(printable(records.footer["stopped"]), returncode=_NOT_CHECKED)
        return records


class RequirementItem(pytest.Item):
    """One requirement as a test.

    A failed one fails; a warning is an expected failure, and fails with `--conformance-strict`; what does not apply to
    the target, or rests on a failed requirement, is skipped with the reason; an error of the suite itself is an error.
    """

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        self.add_marker(MARKER)

    def setup(self) -> None:
        """Run the suite, unless an earlier requirement led to it; an error of the suite is raised here."""
        record = self._record()
        if record["status"] == "error":
            raise SuiteError(record)

    def runtest(self) -> None:
        """Turn the status into an outcome."""
        from openrouter_conformance.foreign_text import printable  # noqa: PLC0415 - nothing heavy until it is used

        record = self._record()
        reason = printable(record["reason"] or "")
        match record["status"]:
            case "not-applicable":
                pytest.skip(reason)
            case "blocked":
                pytest.skip(f"rests on {record['blocked_by']}, which failed")
            case "warning" if not self.config.option.conformance_strict:
                pytest.xfail(reason)
            case "failed" | "warning":
                raise RequirementFailedError(record)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return what failed and the request that shows it, without a traceback."""
        if isinstance(excinfo.value, RequirementFailedError | SuiteError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return where the test stands: nowhere in a file, so only its name counts."""
        return self.path, None, self.name

    def _record(self) -> Record:
        assert isinstance(self.parent, RequirementSuite)
        return self.parent.record(self.name)


class RequirementFailedError(Exception):
    """The target breaks a requirement."""

    def __init__(self, record: Record) -> None:
        from openrouter_conformance.report import records  # noqa: PLC0415 - nothing heavy until it is used

        super().__init__(records.evidence(record))


class SuiteError(Exception):
    """The suite failed at a requirement; the target is not to blame."""

    def __init__(self, record: Record) -> None:
        from openrouter_conformance.foreign_text import printable  # noqa: PLC0415 - nothing heavy until it is used

        super().__init__(f"the suite failed, not the target: {printable(record['reason'])}")


def _as_option(error: Exception) -> str:
    """Return the sentence of *error* with the suite's options as they are called here."""
    text = str(error)
    for name in ("only", "skip", "key-env", "model"):
        text = text.replace(f"--{name}", f"--conformance-{name}")
    return text
