"""What is done with one fault, in a process of its own: `python -m conformance.random_faults.worker TASK < JSON`.

Each task reads the fault from stdin (null: the mock as it is) and writes its result as JSON to stdout.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import attrs

from .fault import Fault, install

START_SECONDS = 30.0


@attrs.frozen
class Finished:
    """How a task ended: `result` is what it wrote; without one `reason` says why there is none."""

    result: Any
    reason: str = ""


def perform(task: str, fault: Fault | None, seconds: float, **options: Any) -> Finished:
    """Perform a task in a process of its own, ended after so many *seconds*."""
    given = json.dumps({"fault": None if fault is None else attrs.asdict(fault), "options": options})
    command = [sys.executable, "-m", f"{__package__}.worker", task]
    try:
        done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return Finished(None, f"not finished within {seconds:.0f} s")
    if done.returncode:
        return Finished(None, (done.stderr.strip().splitlines() or ["no message"])[-1][:300])
    return Finished(json.loads(done.stdout.splitlines()[-1]))


def start() -> dict[str, Any]:
    """Answer the plainest requests; the result has their statuses, 0 for no answer."""
    from openrouter_mock.server import MockServer  # noqa: PLC0415 - after the fault is installed
    from openrouter_mock.settings import MockSettings  # noqa: PLC0415

    from . import differential  # noqa: PLC0415

    plain = differential.probes()[2]
    with MockServer(MockSettings(keys=(differential.KEY,))) as mock:
        requests = [plain, differential.Probe("GET", "/embeddings/models")]
        return {"statuses": [answer.status for answer in differential.ask(mock.url, requests)]}


def suite(profile: str, seed: int, *, reach: bool = False) -> dict[str, Any]:
    """Run the suite; the result has the ids that failed, gave a warning or an error, and why it stopped early.

    With *reach*, it has what the run asked for as well: the most inputs, the longest text, the models.
    """
    from openrouter_conformance import requirements, runner  # noqa: PLC0415
    from openrouter_conformance.errors import TargetError  # noqa: PLC0415
    from openrouter_conformance.status import Status  # noqa: PLC0415

    asked: dict[str, Any] = {"inputs": 0, "characters": 0, "models": []}
    if reach:
        _watch(asked)
    known = requirements.load()
    plan = runner.Plan("mock", [one.id for one in known], profile=profile, seed=seed, requirements=known)
    try:
        records = runner.run(plan, {})
    except TargetError as error:
        return {"failed": [], "warned": [], "errors": [], "stopped": str(error), "reach": asked}
    named = {status: [record["id"] for record in records.with_status(status)] for status in Status}
    return {
        "failed": named[Status.FAILED],
        "warned": named[Status.WARNING],
        "errors": named[Status.ERROR],
        "stopped": records.footer["stopped"],
        "reach": asked,
    }


def _watch(asked: dict[str, Any]) -> None:
    """Let *asked* grow by what each answered call asks for."""
    from openrouter_mock.service import Service  # noqa: PLC0415

    embed = Service.embed

    def watched(self: Service, call: Any, given: Any) -> Any:
        found = embed(self, call, given)
        asked["inputs"] = max(asked["inputs"], len(call.inputs))
        asked["characters"] = max(asked["characters"], sum(map(len, given.texts)))
        asked["models"] = sorted({*asked["models"], call.fields["model"]})
        return found

    Service.embed = watched  # type: ignore[method-assign]


def differences(seed: int, count: int) -> list[list[str]]:
    """Ask the mock many requests; the result has what is kept of each answer."""
    from openrouter_mock.server import MockServer  # noqa: PLC0415
    from openrouter_mock.settings import MockSettings  # noqa: PLC0415

    from . import comparison, differential  # noqa: PLC0415

    requests = differential.probes(seed)[:count]
    with MockServer(MockSettings(keys=(differential.KEY,))) as mock:
        answers = differential.ask(mock.url, requests)
    return [[one.digest, one.view, one.shown] for one in comparison.look(requests, answers)]


TASKS: dict[str, Callable[..., Any]] = {"start": start, "suite": suite, "differences": differences}


def main() -> None:
    """Perform the task that the command line names."""
    given = json.load(sys.stdin)
    if given["fault"] is not None:
        install(Fault(**given["fault"]))
    result = TASKS[sys.argv[1]](**given["options"])
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
