"""A composite action, run as GitHub runs it: each `run` step by bash, with the files and variables of a runner.

Of actions that a step uses, those below are stood in for; nothing is fetched.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import attrs
import yaml

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_PASSED_ON = ("HOME", "PATH", "LANG", "HTTP_PROXY", "HTTPS_PROXY", "SSL_CERT_FILE")
_STEP_SECONDS = 900


@attrs.define
class Job:
    """What has become of a job: its summary, what it printed, what it kept, and how it ended."""

    folder: Path
    exit_code: int = 0
    printed: str = ""
    outputs: dict[str, dict[str, str]] = attrs.field(factory=dict)
    kept: dict[str, list[str]] = attrs.field(factory=dict)

    @property
    def summary(self) -> str:
        """The Markdown that the job shows."""
        path = self.folder / "summary.md"
        return path.read_text("utf-8") if path.exists() else ""


def load(path: Path) -> dict[str, Any]:
    """Return an action or a workflow as data."""
    loaded: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return loaded


def run_steps(
    action: Mapping[str, Any],
    inputs: Mapping[str, str],
    job: Job,
    *,
    action_path: Path,
    variables: Mapping[str, str] | None = None,
    without: Collection[str] = (),
) -> Job:
    """Run the steps of a composite action in the folder of a job, until one fails.

    Args:
        action: the action.
        inputs: what the workflow gives; the others have their defaults.
        job: whose folder is the working directory.
        action_path: where the action's repository is checked out.
        variables: of the job's environment, such as keys.
        without: the names of steps that are left out.

    """
    strange = set(inputs) - set(action["inputs"])
    assert not strange, f"the action has no input {strange}"
    values = {name: str(one.get("default", "")) for name, one in action["inputs"].items()} | dict(inputs)
    context = {f"inputs.{name}": value for name, value in values.items()}
    context["github.action_path"] = str(action_path)
    for step in action["runs"]["steps"]:
        if step["name"] in without:
            continue
        for name, outputs in job.outputs.items():
            context |= {f"steps.{name}.outputs.{key}": value for key, value in outputs.items()}
        if not _applies(step.get("if", "true"), context):
            continue
        if "uses" in step:
            name = step["uses"].partition("@")[0]
            job.outputs[step.get("id", name)] = _USED[name](_resolved(step.get("with", {}), context), job)
            continue
        job.exit_code = _run(step, context, job, variables or {})
        if job.exit_code:
            break
    return job


def _run(step: Mapping[str, Any], context: Mapping[str, str], job: Job, variables: Mapping[str, str]) -> int:
    assert step["shell"] == "bash"
    assert not _EXPRESSION.search(step["run"]), "an expression in a script is code that a caller may inject"
    output = job.folder / "output"
    output.write_text("")
    environment = {
        **{name: value for name, value in os.environ.items() if name in _PASSED_ON or name.startswith("PIP_")},
        **variables,
        **_resolved(step.get("env", {}), context),
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(job.folder / "summary.md"),
        "RUNNER_TEMP": str(job.folder / "temp"),
    }
    (job.folder / "temp").mkdir(exist_ok=True)
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=job.folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_STEP_SECONDS,
        check=False,
    )
    job.printed += f"--- {step['name']}\n{done.stdout}"
    if "id" in step:
        pairs = (line.partition("=") for line in output.read_text().splitlines())
        job.outputs[step["id"]] = {name: value for name, _, value in pairs}
    return done.returncode


def _resolved(texts: Mapping[str, Any], context: Mapping[str, str]) -> dict[str, str]:
    return {name: _EXPRESSION.sub(lambda found: context[found[1]], str(text)) for name, text in texts.items()}


def _applies(condition: str, context: Mapping[str, str]) -> bool:
    """Return whether a condition holds: `true`, or one value compared with the empty text."""
    found = _EXPRESSION.fullmatch(condition)
    if found is None:
        return condition == "true"
    name, operator, text = found[1].split()
    assert (operator, text) == ("!=", "''")
    return context[name] != ""


def _set_up_python(options: Mapping[str, str], job: Job) -> dict[str, str]:
    return {"python-path": sys.executable}


def _upload_artifact(options: Mapping[str, str], job: Job) -> dict[str, str]:
    folder = job.folder / options["path"]
    job.kept[options["name"]] = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return {}


_USED: Mapping[str, Callable[[Mapping[str, str], Job], dict[str, str]]] = {
    "actions/setup-python": _set_up_python,
    "actions/upload-artifact": _upload_artifact,
}
