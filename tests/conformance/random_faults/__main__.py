"""Measure which random faults the suite catches: `python -m conformance.random_faults --seed N --count N`.

Each fault is drawn anew from the seed: half are small changes of the mock's source, half are wrong results in a random
context. The suite runs against the mock with the fault, quick at first, default where quick catches nothing. What it
does not catch is asked many other requests, and sorted by how the answers differ from those of the mock as it is:

- equivalent: they do not, or in nothing but what the contract leaves free
- out of reach: they do, for requests that are larger than those of a default run, for other models, or for bytes that
  are no HTTP, which the suite's client cannot send
- missed: they do, for a request that a default run could have made

Exits with 0 when nothing was missed, 1 when something was, 2 for wrong options.
"""

from __future__ import annotations

import argparse
import collections
import random
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs
import rich.console

from . import ast_faults, context_faults, differential
from .differential import Probe
from .fault import Fault
from .worker import Finished, perform

FAMILIES: dict[str, Callable[[random.Random, str], Fault]] = {
    "ast": ast_faults.draw,
    "context": context_faults.draw,
}
_RUN_SECONDS = {"quick": 90.0, "default": 180.0}
_ASK_SECONDS = 180.0
_CRASHES = (0, 500)
EQUIVALENT, OUT_OF_REACH, MISSED = "equivalent", "out of reach", "missed"


@attrs.frozen
class Outcome:
    """What became of one fault.

    Attributes:
        fault: the fault.
        caught_by: the profile that caught it, None when none did.
        found: the requirements that failed or gave a warning, or why the run ended early or not at all.
        errors: requirements whose check broke down, which is a bug of the suite.
        category: of a survivor.
        example: of a survivor, the smallest request whose answers differ, and both answers.

    """

    fault: Fault
    caught_by: str | None = None
    found: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    category: str | None = None
    example: str = ""

    def shown(self) -> str:
        """Return the lines of a report about a survivor."""
        lines = [f"### {self.fault.name}: {self.fault.description} in {self.fault.module} ({self.category})", ""]
        lines += ["```diff", self.fault.shown(), "```"]
        if self.errors:
            lines.append(f"errors of the suite: {', '.join(self.errors)}")
        return "\n".join([*lines, self.example, ""])


@attrs.frozen
class Baseline:
    """What is known of the mock without a fault: its answers to many requests, and what a default run asks for."""

    answers: list[list[str]] = attrs.field(repr=False)
    reach: Mapping[str, Any]


def draw(family: str, seed: int, number: int, seconds: float = 30.0) -> tuple[Fault, int]:
    """Return a fault with which the mock starts and does not crash at the plainest request, and how many did not."""
    chooser = random.Random(f"{family} {seed} {number}")
    redrawn = 0
    while True:
        fault = FAMILIES[family](chooser, f"{family}-{seed}-{number}")
        started = perform("start", fault, seconds)
        if started.result is not None and not set(started.result["statuses"]) & set(_CRASHES):
            return fault, redrawn
        redrawn += 1


def baseline(suite_seed: int, probe_seed: int, count: int = differential.COUNT) -> Baseline:
    """Return what is known of the mock without a fault; RuntimeError when the suite finds something in it."""
    run = _run(None, "default", suite_seed, reach=True)
    if run.result is None or run.result["failed"] or run.result["warned"] or run.result["errors"]:
        raise RuntimeError(f"the suite does not pass without a fault: {run.reason or run.result}")
    asked = perform("differences", None, _ASK_SECONDS, seed=probe_seed, count=count)
    if asked.result is None:
        raise RuntimeError(f"the mock does not answer without a fault: {asked.reason}")
    return Baseline(asked.result, run.result["reach"])


def check(fault: Fault, known: Baseline, suite_seed: int, probe_seed: int) -> Outcome:
    """Return what becomes of one fault."""
    errors: tuple[str, ...] = ()
    for profile in _RUN_SECONDS:
        run = _run(fault, profile, suite_seed)
        if run.result is None:
            return Outcome(fault, profile, (run.reason,))
        errors = tuple(run.result["errors"])
        found = (*run.result["failed"], *run.result["warned"])
        if found or run.result["stopped"]:
            return Outcome(fault, profile, found or (run.result["stopped"],), errors)
    category, example = compare(fault, known, probe_seed)
    return Outcome(fault, None, (), errors, category, example)


def compare(fault: Fault, known: Baseline, probe_seed: int) -> tuple[str, str]:
    """Return the category of a survivor, and an example."""
    asked = perform("differences", fault, _ASK_SECONDS, seed=probe_seed, count=len(known.answers))
    if asked.result is None:
        return MISSED, f"requests are left unanswered: {asked.reason}"
    pairs = list(zip(differential.probes(probe_seed), known.answers, asked.result, strict=False))
    differing = [(request, clean, faulty) for request, clean, faulty in pairs if clean[1] != faulty[1]]
    if not differing:
        count = sum(clean[0] != faulty[0] for _, clean, faulty in pairs)
        what = f"{count} differ in what the contract leaves free" if count else "are the same"
        return EQUIVALENT, f"of {len(pairs)} answers {what}"
    within = [one for one in differing if is_within(one[0], one[1], known.reach)]
    request, clean, faulty = min(within or differing, key=lambda one: len(one[0].body or b""))
    broken = sum(not one[0].is_http for one in differing)
    return MISSED if within else OUT_OF_REACH, "\n".join(
        [
            f"{len(differing)} of {len(pairs)} answers differ, {len(within)} of them within reach"
            + (f", {broken} to bytes that are no HTTP" if broken else "")
            + "; the smallest:",
            f"- request: `{request.shown()}`",
            f"- without the fault: `{clean[2]}`",
            f"- with it: `{faulty[2]}`",
            f"- seen as: {_difference(clean[1], faulty[1])}",
        ]
    )


def is_within(request: Probe, clean: Sequence[str], reach: Mapping[str, Any]) -> bool:
    """Return whether a request is no larger than those of a default run, for one of its models, and HTTP."""
    inputs = request.inputs
    if not request.is_http:
        return False
    if len(inputs) > reach["inputs"]:
        return False
    if max((len(one) for one in inputs if isinstance(one, str)), default=0) > reach["characters"]:
        return False
    return request.fields.get("model") in (*reach["models"], None) or '"status": 200' not in clean[1]


def _difference(clean: str, faulty: str) -> str:
    """Return the part of two texts in which they differ."""
    start = next((at for at, (one, other) in enumerate(zip(clean, faulty, strict=False)) if one != other), 0)
    start = max(0, start - 40)
    return f"`{clean[start : start + 160]}` against `{faulty[start : start + 160]}`"


def _run(fault: Fault | None, profile: str, seed: int, **options: Any) -> Finished:
    return perform("suite", fault, _RUN_SECONDS[profile], profile=profile, seed=seed, **options)


def summary(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the lines of a table: of each family, how many were caught, and what became of the others."""
    yield "| family | faults | quick | default | equivalent | out of reach | missed | caught of what can be caught |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for family in (*FAMILIES, ""):
        some = [one for one in outcomes if one.fault.name.startswith(family)]
        quick = sum(one.caught_by == "quick" for one in some)
        caught = sum(one.caught_by is not None for one in some)
        left = collections.Counter(one.category for one in some)
        base = caught + left[MISSED]
        rate = f"{caught} of {base}" + (f" = {caught / base:.0%} (quick {quick / base:.0%})" if base else "")
        yield (
            f"| {family or 'both'} | {len(some)} | {quick} | {caught} | {left[EQUIVALENT]} | {left[OUT_OF_REACH]} "
            f"| {left[MISSED]} | {rate} |"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m conformance.random_faults",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, help="chooses the faults (default: one that nobody has seen)")
    parser.add_argument("--count", type=int, default=20, help="faults, half of each family (default 20)")
    parser.add_argument("--suite-seed", type=int, default=0, help="seed of the runs of the suite (default 0)")
    parser.add_argument("--probe-seed", type=int, default=0, help="chooses the requests to survivors (default 0)")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="this fault alone, such as ast-7-3")
    given = parser.parse_args(arguments)
    if given.count < 1:
        parser.error("--count from 1")
    seed = secrets.randbelow(10**6) if given.seed is None else given.seed
    families = list(FAMILIES)
    names = given.only or [
        f"{families[place % len(families)]}-{seed}-{place // len(families)}" for place in range(given.count)
    ]
    try:
        drawn = [_parsed(name) for name in names]
    except ValueError:
        parser.error(f"--only {given.only[0]}: expected FAMILY-SEED-NUMBER, such as ast-7-3")
    show = _console().print
    show(f"seed {seed}, {len(drawn)} faults")
    known = baseline(given.suite_seed, given.probe_seed)
    show(f"reach of a default run: {known.reach}\n")
    outcomes, redrawn = [], 0
    try:
        for family, of, number in drawn:
            fault, more = draw(family, of, number)
            redrawn += more
            outcomes.append(check(fault, known, given.suite_seed, given.probe_seed))
            show(_line(outcomes[-1], verbose=bool(given.only)))
    except KeyboardInterrupt:
        show("\ninterrupted: the table is of the faults so far")
    show(f"\n{redrawn} more were drawn anew, because the mock did not start or crashed at the plainest request.\n")
    show("\n".join(summary(outcomes)))
    return 1 if any(one.category == MISSED for one in outcomes) else 0


def _console() -> rich.console.Console:
    return rich.console.Console(soft_wrap=True, highlight=False, markup=False)


def _line(outcome: Outcome, *, verbose: bool) -> str:
    """Return what is printed about a fault: of a survivor all there is to know."""
    if outcome.caught_by is None:
        return outcome.shown()
    found = ", ".join(outcome.found[:3]) + (f" and {len(outcome.found) - 3} more" if len(outcome.found) > 3 else "")
    lines = [f"- {outcome.fault.name} caught by {outcome.caught_by}: {found}"]
    if outcome.errors:
        lines.append(f"  errors of the suite: {', '.join(outcome.errors)}")
    return "\n".join([*lines, outcome.fault.shown()] if verbose else lines)


def _parsed(name: str) -> tuple[str, int, int]:
    family, seed, number = name.split("-")
    if family not in FAMILIES:
        raise ValueError(name)
    return family, int(seed), int(number)


if __name__ == "__main__":
    sys.exit(main())
