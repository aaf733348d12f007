"""The action and the page on continuous integration: what they say is true, and their steps do it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from openrouter_conformance import cli
from openrouter_mock.server import MockServer
from openrouter_mock.settings import MockSettings

from .snippets import PAGE, blocks, workflows
from .steps import Job, load, run_steps

REPOSITORY = Path(__file__).parents[2]
ACTION = load(REPOSITORY / "action.yml")
GITLAB = load(REPOSITORY / ".gitlab" / "conformance.yml")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
_ONLY = "--only create-embeddings/response/* --skip */model-recognizable"


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """Give a job in which the suite is installed as the action installs it: here, what the tests run on."""
    folder = tmp_path / "temp" / "openrouter-conformance" / "bin"
    folder.mkdir(parents=True)
    command = folder / "openrouter-conformance"
    paths = os.pathsep.join(path for path in sys.path if path)
    words = f"PYTHONPATH={shlex.quote(paths)} exec {shlex.quote(sys.executable)} -m openrouter_conformance"
    command.write_text(f'#!/bin/sh\n{words} "$@"\n', "utf-8")
    command.chmod(0o755)
    return Job(tmp_path)


def _run(job: Job, faults: tuple[str, ...] = (), **inputs: str) -> Job:
    with MockServer(MockSettings(faults=faults)) as server:
        given = {"target": server.url, "profile": "quick", "options": _ONLY, **inputs}
        variables = {"CONFORMANCE_API_KEY": server.key}
        return run_steps(
            ACTION, given, job, action_path=REPOSITORY, variables=variables, without=("Install the suite",)
        )


def test_the_action_shows_and_keeps_the_reports_of_a_server_that_conforms(job: Job) -> None:
    """The summary says so, the artifact has every report, and the job passes."""
    _run(job)
    assert job.exit_code == 0, job.printed
    assert " conforms\n" in job.summary
    assert job.outputs["check"] == {"exit-code": "0"}
    assert job.kept == {"conformance-report": ["badge.json", "ctrf.json", "junit.xml", "report.html", "results.jsonl"]}


def test_the_action_fails_last_when_a_server_does_not_conform(job: Job) -> None:
    """Summary and artifact are there, and the job ends with the exit code of the run."""
    _run(job, ("drops_last_vector",))
    assert job.exit_code == 1
    assert "does not conform" in job.summary
    assert "create-embeddings/response/one-vector-per-input" in job.summary
    assert "report.html" in job.kept["conformance-report"]


def test_the_action_says_why_nothing_was_checked(job: Job) -> None:
    """A server that is not there leaves no report; the summary points to the log, which has the sentence."""
    _run(job, target="http://127.0.0.1:9/api/v1")
    assert job.exit_code == 3
    assert "was not checked" in job.summary
    assert "127.0.0.1:9" in job.printed
    assert job.kept == {"conformance-report": []}


def test_the_action_keeps_no_artifact_without_a_name(job: Job) -> None:
    """An empty name is no artifact, and the folder of the reports can be chosen."""
    _run(job, artifact="", report="there/it is")
    assert (job.exit_code, job.kept) == (0, {})
    assert (job.folder / "there" / "it is" / "report.html").exists()


def test_inputs_are_not_run_as_code(job: Job) -> None:
    """What a workflow passes on is a value, whatever is in it."""
    _run(
        job,
        model="$(touch owned)`touch owned`'; touch owned; '",
        options='--only */errors/* ; touch owned "$(touch owned)"',
    )
    assert job.exit_code == 2
    assert not list(job.folder.rglob("owned"))


@pytest.mark.parametrize("which", ["action", "workflows"])
def test_zizmor_finds_nothing(tmp_path: Path, which: str) -> None:
    """The action and the documented workflows are safe by the rules of zizmor."""
    paths = [REPOSITORY / "action.yml"]
    if which == "workflows":
        folder = tmp_path / ".github" / "workflows"
        folder.mkdir(parents=True)
        paths = [folder / f"{number}.yml" for number in range(len(workflows()))]
        for path, text in zip(paths, workflows(), strict=True):
            path.write_text(text, "utf-8")
        assert paths
    command = [str(Path(sys.executable).with_name("zizmor")), "--offline", "--no-progress", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_actions_of_others_are_pinned_by_commit() -> None:
    """Each action that a step uses is named by a full commit, with its version beside it."""
    text = (REPOSITORY / "action.yml").read_text("utf-8") + PAGE.read_text("utf-8")
    used = re.findall(r"uses: (actions/.*)", text)
    assert len(used) >= 3
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v[0-9.]+", one) for one in used)


def _options(*command: str) -> set[str]:
    """Return the options that a command of the suite has."""
    parser = cli.parser()
    for name in command:
        (commands,) = (one for one in parser._actions if one.choices and not one.option_strings)
        parser = commands.choices[name]  # type: ignore[index]
    return set(parser._option_string_actions)


def _commands(text: str) -> list[list[str]]:
    """Return the calls of the suite in a script, a list of words each."""
    calls = re.findall(r'(?:openrouter-conformance|"\$suite")\)?"?[ ]+(run|report|diff|merge)\b(.*)', text)
    return [[name, *_OPTION.findall(rest)] for name, rest in calls]


def test_every_option_that_is_named_exists() -> None:
    """Action, template and page name no command, option or input that is not there."""
    scripts = [step["run"] for step in ACTION["runs"]["steps"] if "run" in step]
    job = GITLAB[".openrouter-conformance"]
    pages = [path.read_text("utf-8") for path in (PAGE, REPOSITORY / "README.md")]
    texts = [*scripts, *job["script"], *job["after_script"], *pages]
    calls = [call for text in texts for call in _commands(text)]
    assert {name for name, *_ in calls} == {"run", "report", "diff", "merge"}
    for name, *options in calls:
        assert set(options) <= _options(name), (name, options)
    passed_on = [
        step["with"]["options"] for text in workflows() for step in _steps(text) if "options" in step.get("with", {})
    ]
    extended = [
        load_text(text)["gateway"]["variables"]["CONFORMANCE_OPTIONS"] for text in blocks("yaml") if "extends:" in text
    ]
    assert passed_on
    assert extended
    conditional = " ".join(scripts)
    for option in _OPTION.findall(" ".join([*passed_on, *extended])) + re.findall(r"\+=\((--[a-z-]+)", conditional):
        assert option in _options("run")


def load_text(text: str) -> dict[str, Any]:
    """Return a block of YAML as data."""
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def _steps(text: str) -> list[dict[str, Any]]:
    return [step for one in load_text(text)["jobs"].values() for step in one["steps"]]


def test_the_page_lists_the_inputs_of_the_action() -> None:
    """Each input stands in the table with its default; workflows give none that is not there."""
    rows = re.findall(r"^\| `([a-z-]+)` \|.*\|([^|]*)\|$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    defaults = {name: default.strip(" `") for name, default in rows}
    assert list(defaults) == list(ACTION["inputs"])
    for name, one in ACTION["inputs"].items():
        assert defaults[name] == one.get("default", "") or one.get("default") == ""
    given = {
        name
        for text in workflows()
        for step in _steps(text)
        if "openrouter" in step.get("uses", "")
        for name in step["with"]
    }
    assert given <= set(ACTION["inputs"])
    used = set(re.findall(r"inputs\.([a-z-]+)", (REPOSITORY / "action.yml").read_text("utf-8")))
    assert used == set(ACTION["inputs"])


def test_the_template_has_the_variables_that_the_page_sets() -> None:
    """What a job that extends the template sets is used in it, and so is each of its own variables."""
    job = GITLAB[".openrouter-conformance"]
    scripts = "\n".join([*job["before_script"], *job["script"], *job["after_script"]])
    assert all(f"${name}" in scripts for name in job["variables"])
    (extending,) = (load_text(text) for text in blocks("yaml") if "extends:" in text)
    assert extending["gateway"]["extends"] in GITLAB
    assert set(extending["gateway"]["variables"]) <= set(job["variables"])
    assert extending["include"] == [{"local": ".gitlab/conformance.yml"}]


def test_the_script_of_the_template_runs(job: Job, tmp_path: Path) -> None:
    """The steps of the GitLab job, run one after the other, check the mock and leave what the artifact names."""
    template = GITLAB[".openrouter-conformance"]
    (tmp_path / ".openrouter-conformance").symlink_to(tmp_path / "temp" / "openrouter-conformance")
    variables = {**template["variables"], "CONFORMANCE_PROFILE": "quick", "CONFORMANCE_OPTIONS": _ONLY}
    for script in (template["script"], template["after_script"]):
        subprocess.run(
            ["bash", "-eo", "pipefail", "-c", "\n".join(script)],
            cwd=tmp_path,
            env={**os.environ, **variables},
            check=True,
            capture_output=True,
        )
    made = {path.name for path in (tmp_path / "conformance-report").iterdir()}
    assert made >= {"results.jsonl", "junit.xml", "report.html", "badge.json"}
    assert template["artifacts"]["reports"]["junit"] == "conformance-report/junit.xml"


@pytest.mark.parametrize("script", [text for text in blocks("sh") if "openrouter-conformance" in text])
def test_the_scripts_of_the_page_run(job: Job, tmp_path: Path, script: str) -> None:
    """Each block of commands, as it stands there, ends well against the mock."""
    path = tmp_path / "temp" / "openrouter-conformance" / "bin"
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "line", [line for text in blocks("sh") for line in text.splitlines() if line.startswith("pytest")]
)
def test_the_pytest_lines_of_the_page_run(tmp_path: Path, line: str) -> None:
    """Each line, narrowed to a few requirements, passes against the mock."""
    words = [*shlex.split(line)[1:], "--conformance-only", "create-embeddings/usage/total-*", "-p", "no:cacheprovider"]
    words = [word for word in words if word != "--lf"]
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "openrouter_conformance.pytest_plugin", *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
