"""The measuring that all contenders share; standard library only, since each runs in an environment of its own."""

import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any, TypeAlias

MODEL = "openai/text-embedding-3-small"
KEY = "sk-or-v1-benchmark"

WARM_UP = 0.3
"""Seconds of calls before those that are timed: what is imported on first use starts threads that settle down first."""

Call: TypeAlias = Callable[[list[str], str], list[Any]]
"""Texts and encoding in, the vectors out."""


def measure(prepare: Callable[[str], Call]) -> None:
    """Time a contender and print one JSON object: CPU and wall seconds per call, and peak memory in MiB.

    The command line gives base URL, count of texts, encoding, and calls to time. `prepare` takes the base URL and
    returns the call.
    """
    base_url, count, encoding, calls = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    texts = [f"text number {number}" for number in range(count)]
    call = prepare(base_url)
    vectors = call(texts, encoding)
    if len(vectors) != count or len(vectors[0]) != 1536:
        raise SystemExit(f"expected {count} vectors of 1536 numbers, got {len(vectors)} of {len(vectors[0])}")
    del vectors
    began = time.perf_counter()
    while time.perf_counter() - began < WARM_UP:
        call(texts, encoding)
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(calls):
        call(texts, encoding)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu": cpu / calls, "wall": wall / calls, "peak": peak}))
