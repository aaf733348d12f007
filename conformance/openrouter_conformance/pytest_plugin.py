"""The requirements as tests: `pytest --conformance-target URL`.

pytest loads this module in every session of an environment that has the distribution. So it imports
nothing but pytest; the suite is imported when a target is given.
"""

from __future__ import annotations

import fnmatch
import os
import shutil
import signal
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from _pytest.runner import collect_one_node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openrouter_conformance.known_deviations import KnownDeviation
    from openrouter_conformance.report.records import Record, RunRecords
    from openrouter_conformance.targets import Ceilings
    from openrouter_conformance.targets.target_file import TargetFile

MARKER = "conformance"
"""The mark of every requirement that is run as a test: `-m conformance` runs these alone."""

_USAGE, _NOT_CHECKED = 4, 3
_FOLDER = "conformance_folder"
"""Where the workers of pytest-xdist share the one run; in their `workerinput`."""


_CEILINGS: tuple[tuple[str, type[int | float], str, str], ...] = (
    ("max-requests", int, "N", "stop after so many requests"),
    ("max-tokens", int, "N", "stop after so many input tokens, a byte of text counted as one"),
    ("max-dollars", float, "USD", "stop before more US dollars are spent"),
    ("rate", float, "N", "requests a second, at most"),
    ("concurrency", int, "N", "requests under way at once, at most"),
    ("time", float, "SECONDS", "stop after so long"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the suite, all of which begin with `--conformance-`."""
    group = parser.getgroup("conformance", "conformance with OpenRouter's embeddings contract")
    option = group.addoption
    option("--conformance-target", metavar="TARGET", help="check this: a URL, a target file, `mock` or `live`")
    option("--conformance-profile", choices=("quick", "default", "deep"), default="default", help="how much effort")
    option("--conformance-strict", action="store_true", help="let warnings fail, too")
    option("--conformance-known", metavar="FILE", help="a file with known deviations, in place of the target's")
    for name, kind, metavar, text in _CEILINGS:
        option(f"--conformance-{name}", type=kind, metavar=metavar, help=text)
    option("--conformance-seed", type=int, default=0, metavar="N", help="chooses the generated requests")
    option("--conformance-only", action="append", default=[], metavar="GLOB", help="check these requirements alone")
    option("--conformance-skip", action="append", default=[], metavar="GLOB", help="leave these requirements out")
    option("--conformance-model", metavar="ID", help="the model to ask (default: the target's, else the cheapest)")
    option("--conformance-key-env", metavar="NAME", help="the environment variable that holds the target's key")


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark; refuse ceilings that are none, and to run without the extra."""
    config.addinivalue_line("markers", f"{MARKER}: a requirement on the server given by --conformance-target")
    if config.getoption("conformance_target") is None:
        return
    for name, *_ in _CEILINGS:
        value = config.getoption(f"conformance_{name.replace('-', '_')}")
        if value is not None and not 0 < value < float("inf"):
            raise pytest.UsageError(f"--conformance-{name} {value:g}: write a number above 0")
    try:
        from openrouter_conformance import runner  # noqa: F401, PLC0415 - heavy, and needed from here on
    except ModuleNotFoundError as error:
        from openrouter_mock.cli import missing_extra  # noqa: PLC0415

        raise pytest.UsageError(missing_extra(error, "--conformance-target", "conformance")) from None


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where all workers share the one run."""
    config: pytest.Config = node.config
    if config.getoption("conformance_target") is not None:
        if _SHARED not in config.stash:
            config.stash[_SHARED] = tempfile.mkdtemp(prefix="openrouter-conformance-")
        node.workerinput[_FOLDER] = config.stash[_SHARED]


_SHARED = pytest.StashKey[str]()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove what the workers have shared."""
    if _SHARED in config.stash:
        shutil.rmtree(config.stash[_SHARED], ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add a test per requirement when a target is given, after all others."""
    if config.getoption("conformance_target") is None:
        return
    suite = RequirementSuite.from_parent(session, name=MARKER, nodeid=MARKER)
    suite.prepare()
    report = collect_one_node(suite)
    suite.ihook.pytest_collectreport(report=report)  # so that they are counted as collected
    items.extend(one for one in report.result or () if isinstance(one, pytest.Item))


class RequirementSuite(pytest.Collector):
    """The requirements on one target; all that are left after selection are checked when the first is asked for."""

    _selected: tuple[str, ...] = ()
    _described: TargetFile | None = None
    _records: RunRecords | None = None

    def prepare(self) -> None:
        """Read what is asked for; UsageError when it cannot be followed."""
        from openrouter_conformance import requirements  # noqa: PLC0415 - heavy, and seldom used
        from openrouter_conformance.errors import UsageError  # noqa: PLC0415
        from openrouter_conformance.targets import describe  # noqa: PLC0415

        known, options = requirements.load(), self.config.option
        try:
            selected = requirements.select(known, options.conformance_only, options.conformance_skip)
            self._described = describe(options.conformance_target, known_deviations=options.conformance_known)
        except UsageError as error:
            raise pytest.UsageError(_as_option(error)) from None
        self._selected = tuple(one.id for one in known if one.id in selected)

    def collect(self) -> list[pytest.Item]:
        """Return a test per requirement that the globs select, and one of the known deviations if there are any."""
        assert self._described is not None
        items: list[pytest.Item] = [RequirementItem.from_parent(self, name=name) for name in self._selected]
        if self._described.known:
            items.append(KnownDeviationsItem.from_parent(self, name="known-deviations", known=self._described.known))
        for item in items:
            self.ihook.pytest_itemcollected(item=item)
        return items

    def record(self, requirement: str) -> Record:
        """Return the record of a requirement, as `results.jsonl` has it; end the session when none can be made."""
        return next(record for record in self._run_once().results if record["id"] == requirement)

    def unneeded(self, requirement: str) -> Record | None:
        """Return the entry of the known deviations that names a requirement and is to be deleted, for all passes."""
        return next(
            (
                one
                for one in self._run_once().unneeded
                if one["problem"] == "passes" and fnmatch.fnmatchcase(requirement, one["entry"])
            ),
            None,
        )

    def _run_once(self) -> RunRecords:
        if self._records is None:
            shared = getattr(self.config, "workerinput", {}).get(_FOLDER)
            self._records = self._run() if shared is None else self._shared_run(Path(shared))
        return self._records

    def _shared_run(self, folder: Path) -> RunRecords:
        """Return the records of the one run that the workers of pytest-xdist share: the first of them makes it."""
        from filelock import FileLock  # noqa: PLC0415 - nothing heavy until it is used

        from openrouter_conformance.report import records  # noqa: PLC0415

        problem = folder / "problem"
        with FileLock(folder / "lock"):
            if problem.exists():
                self._end(problem.read_text("utf-8"), _NOT_CHECKED)
            if not (folder / records.FILE_NAME).exists():
                try:
                    records.write(folder, self._run())
                except NotCheckedError as error:
                    problem.write_text(str(error), "utf-8")
                    raise
            return records.read(folder / records.FILE_NAME)

    def _run(self) -> RunRecords:
        from openrouter_conformance import runner  # noqa: PLC0415 - heavy, and seldom used
        from openrouter_conformance.errors import TargetError, UsageError  # noqa: PLC0415
        from openrouter_conformance.interruption import INTERRUPTED, Interruption  # noqa: PLC0415

        options = self.config.option
        with warnings.catch_warnings():
            warnings.simplefilter("default")  # a warning that the session makes an error is no fault of the target
            plan = runner.Plan(
                target=options.conformance_target,
                selected=frozenset(item.name for item in self.session.items if isinstance(item, RequirementItem)),
                profile=options.conformance_profile,
                seed=options.conformance_seed,
                model=options.conformance_model,
                key_variable=options.conformance_key_env,
                strict=options.conformance_strict,
                limits=_limits(options),
                known_deviations=options.conformance_known,
            )
            try:
                with Interruption(signal.SIGINT) as interruption:
                    records = runner.run(plan, os.environ, interruption=interruption)
            except UsageError as error:
                self._end(_as_option(error), _USAGE)
            except TargetError as error:
                self._end(str(error), _NOT_CHECKED)
            except Exception as error:  # noqa: BLE001 - else each test would run the suite anew, and crash anew
                self._end(f"the suite failed, not the target: {type(error).__name__}: {error}", _NOT_CHECKED)
        if records.footer["stopped"] == INTERRUPTED:
            raise KeyboardInterrupt
        return records

    def _end(self, sentence: str, code: int) -> NoReturn:
        """End the session with one sentence."""
        from openrouter_conformance.foreign_text import printable  # noqa: PLC0415 - nothing heavy until it is used

        if not hasattr(self.config, "workerinput"):
            pytest.exit(printable(sentence), returncode=code)
        self.session.shouldstop = printable(sentence)  # which the process that the workers report to is told of
        raise NotCheckedError(printable(sentence))


class RequirementItem(pytest.Item):
    """One requirement as a test.

    A failed one fails. A warning is an expected failure, and fails with `--conformance-strict`; a known deviation is
    one, too, and fails when it passes. What does not apply to the target, or rests on a failed requirement, is skipped
    with the reason. An error of the suite is an error, and so is what a run that stopped did not come to.
    """

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        self.add_marker(MARKER)

    def setup(self) -> None:
        """Run the suite, unless an earlier requirement led to it; an error of the suite is raised here."""
        try:
            record = self._record()
        except NotCheckedError as error:
            pytest.fail(str(error), pytrace=False)
        if record["status"] in ("error", "not-run"):
            pytest.fail(_no_result(record), pytrace=False)

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
            case "known":
                pytest.xfail(printable(record["known"]["reason"]))
            case "passed" if (entry := self._suite.unneeded(self.name)) is not None:
                raise UnneededError(f"[XPASS(strict)] {entry['entry']} passes: delete its entry in {entry['place']}")
            case "warning" if not self.config.option.conformance_strict:
                pytest.xfail(reason)
            case "failed" | "warning":
                raise RequirementFailedError(record)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return what failed and the request that shows it, without a traceback."""
        if isinstance(excinfo.value, RequirementFailedError | UnneededError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return where the test stands: nowhere in a file, so only its name counts."""
        return self.path, None, self.name

    @property
    def _suite(self) -> RequirementSuite:
        assert isinstance(self.parent, RequirementSuite)
        return self.parent

    def _record(self) -> Record:
        return self._suite.record(self.name)


class KnownDeviationsItem(pytest.Item):
    """The known deviations as a test: it fails by entries that are over, or name no requirement."""

    def __init__(self, known: Sequence[KnownDeviation], **fields: Any) -> None:
        super().__init__(**fields)
        self._known = known
        self.add_marker(MARKER)

    def runtest(self) -> None:
        """Fail by the entries that are to be deleted whatever the target does."""
        import datetime as dt  # noqa: PLC0415 - nothing that others need

        from openrouter_conformance import expected_failures, requirements  # noqa: PLC0415
        from openrouter_conformance.report.labels import PROBLEMS  # noqa: PLC0415

        today, ids = dt.datetime.now(dt.UTC).date(), [one.id for one in requirements.load()]
        found = [(entry, expected_failures.outdated(entry, ids, today)) for entry in self._known]
        problems = [f"{one.place}: {one.id}: {PROBLEMS[problem]}" for one, problem in found if problem is not None]
        if problems:
            raise UnneededError("\n".join(problems))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the entries, without a traceback."""
        return str(excinfo.value) if isinstance(excinfo.value, UnneededError) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return where the test stands: nowhere in a file, so only its name counts."""
        return self.path, None, self.name


class UnneededError(Exception):
    """An entry of the known deviations is to be deleted."""


class NotCheckedError(Exception):
    """The target cannot be checked; the message is one sentence."""


class RequirementFailedError(Exception):
    """The target breaks a requirement."""

    def __init__(self, record: Record) -> None:
        from openrouter_conformance.report import records  # noqa: PLC0415 - nothing heavy until it is used

        super().__init__(records.evidence(record))


def _no_result(record: Record) -> str:
    """Return why there is no result of a requirement: the suite failed, or the run stopped; no target is to blame."""
    from openrouter_conformance.foreign_text import printable  # noqa: PLC0415 - nothing heavy until it is used

    what = "not run" if record["status"] == "not-run" else "the suite failed, not the target"
    return f"{what}: {printable(record['reason'])}"


def _limits(options: Any) -> Ceilings:
    """Return the ceilings that are named as options."""
    from openrouter_conformance.targets import Ceilings  # noqa: PLC0415 - nothing heavy until it is used

    return Ceilings(
        requests=options.conformance_max_requests,
        per_second=options.conformance_rate,
        tokens=options.conformance_max_tokens,
        dollars=options.conformance_max_dollars,
        seconds=options.conformance_time,
        concurrency=options.conformance_concurrency,
    )


def _as_option(error: Exception) -> str:
    """Return the sentence of *error* with the suite's options as they are called here."""
    text = str(error)
    for name in ("only", "skip", "key-env", "model", "known"):
        text = text.replace(f"--{name}", f"--conformance-{name}")
    return text
