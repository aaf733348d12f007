"""Fuzz the client: `tox -e fuzz -- --answers 200000 --exchanges 20000 --seed N`.

Mutated answers go through a transport without a network (`answers.py`), raw exchanges through a loopback server that
breaks HTTP (`raw_exchanges.py`). Whatever arrives, a call returns a result or one of the three documented errors,
within its deadline; no error shows a secret of the request, and each can be pickled. Exit code 1 when one does not.
Every failure is printed with the command that repeats it alone.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from client.fuzz.answers import make_case, run_case
from client.fuzz.raw_exchanges import Server, make_exchange, run_exchange

_PART = 500
"""Cases that a process runs at a time."""

_AT_ONCE = 12
"""Raw exchanges under way at once in a process: many of them wait."""

_SHOWN = 10
"""Failures that are printed."""


class Failure(NamedTuple):
    """A case that went wrong: its kind and number, what is wrong, what arrived, and which mutations are enough."""

    kind: str
    number: int
    problem: str
    case: str
    kept: tuple[int, ...] = ()


class Part(NamedTuple):
    """What came of some cases."""

    outcomes: Counter[str]
    failures: list[Failure]


def run_answers(seed: int, numbers: range) -> Part:
    """Run mutated answers; a failure is reduced to the mutations without which it is none."""
    part = Part(Counter(), [])
    for number in numbers:
        problem = run_case(make_case(seed, number), part.outcomes)
        if problem:
            kept = _enough(seed, number)
            case = make_case(seed, number, kept)
            part.failures.append(Failure("answers", number, run_case(case, Counter()) or problem, str(case), kept))
    return part


def _enough(seed: int, number: int) -> tuple[int, ...]:
    kept = tuple(int(name.split()[0]) for name in make_case(seed, number).mutations)
    for position in kept:
        fewer = tuple(other for other in kept if other != position)
        if run_case(make_case(seed, number, fewer), Counter()):
            kept = fewer
    return kept


def run_exchanges(seed: int, numbers: range) -> Part:
    """Run raw exchanges, some at once."""

    def run(number: int) -> Part:
        exchange = make_exchange(seed, number)
        outcomes: Counter[str] = Counter()
        problem = run_exchange(exchange, server, number, outcomes)
        return Part(outcomes, [Failure("exchanges", number, problem, str(exchange))] if problem else [])

    with Server() as server, ThreadPoolExecutor(_AT_ONCE) as pool:
        parts = list(pool.map(run, numbers))
    outcomes = sum((part.outcomes for part in parts), Counter[str]())
    return Part(outcomes, [failure for part in parts for failure in part.failures])


def main() -> None:
    """Run what the options ask for, print figures and failures."""
    parser = argparse.ArgumentParser(prog="tox -e fuzz --", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--answers", type=int, default=200_000, help="how many mutated answers")
    parser.add_argument("--exchanges", type=int, default=20_000, help="how many raw HTTP exchanges")
    parser.add_argument("--seed", type=int, help="repeats a run; default: a random one, which is printed")
    parser.add_argument("--only", metavar="KIND:NUMBER", help="one case: answers:17 or exchanges:5")
    parser.add_argument("--keep", metavar="N,N", help="with --only answers:N, the mutations to apply")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    if options.only:
        sys.exit(_repeat(seed, options.only, options.keep))
    failures: list[Failure] = []
    with ProcessPoolExecutor(options.processes) as pool:
        for kind, run, count in (
            ("answers", run_answers, options.answers),
            ("exchanges", run_exchanges, options.exchanges),
        ):
            started = time.monotonic()
            outcomes: Counter[str] = Counter()
            parts = list(_parts(count))
            for numbers, part in zip(parts, pool.map(partial(run, seed), parts), strict=True):
                outcomes += part.outcomes
                failures += part.failures
                print(f"{numbers.stop:,} {kind}, {len(failures)} failures", end="\r", file=sys.stderr, flush=True)
            took = time.monotonic() - started
            counts = ", ".join(f"{name} {number:,}" for name, number in outcomes.most_common())
            print(f"{count:,} {kind} in {took:.0f} s ({count / took:.0f} per second): {counts}", flush=True)
    for failure in failures[:_SHOWN]:
        keep = f" --keep {','.join(map(str, failure.kept))}" if failure.kept else ""
        print(f"\ntox -e fuzz -- --seed {seed} --only {failure.kind}:{failure.number}{keep}")
        print(f"{failure.problem}\n{failure.case}")
    print(f"{len(failures)} failures")
    sys.exit(1 if failures else 0)


def _parts(count: int) -> Iterator[range]:
    for start in range(0, count, _PART):
        yield range(start, min(count, start + _PART))


def _repeat(seed: int, only: str, keep: str | None) -> int:
    kind, _, number = only.partition(":")
    if kind not in {"answers", "exchanges"} or not number.isdigit():
        sys.exit(f"--only: expected answers:NUMBER or exchanges:NUMBER, received {only!r}")
    outcomes: Counter[str] = Counter()
    if kind == "answers":
        case = make_case(seed, int(number), tuple(map(int, keep.split(","))) if keep else None)
        problem = run_case(case, outcomes)
        print(case)
    else:
        exchange = make_exchange(seed, int(number))
        with Server() as server:
            problem = run_exchange(exchange, server, int(number), outcomes)
        print(exchange)
    print(problem or f"as it should be: {', '.join(+outcomes)}")
    return 1 if problem else 0


if __name__ == "__main__":
    main()
