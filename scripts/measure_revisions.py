"""How long a revision takes to slice, compare and generate: `python scripts/measure_revisions.py FOLDER`.

FOLDER holds published documents with dates in their names. Revisions in between are made from each two neighbors, by
taking each difference between them with some probability; each is sliced and compared with the earlier neighbor, and
of some the client is generated. Prints a Markdown table of processor time. Exit code 1 when a target is missed, an
operation is lost, or anything but a refusal is raised.
"""

import argparse
import copy
import itertools
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from spec.diff.compare import compare
from spec.errors import InputError
from spec.load import parse_document
from spec.operations import KNOWN, list_operations
from spec.pin import build_pin
from spec.source import Source

SCRIPTS = Path(__file__).resolve().parent
SLICE_AND_DIFF = 2.0
WITH_GENERATION = 15.0
"""The targets, in seconds of processor time for one revision."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sweep; return the exit code."""
    options = _parser().parse_args(arguments)
    paths = sorted(path for path in options.folder.iterdir() if path.name.startswith("openrouter-"))
    trees = [parse_document(path.read_bytes(), path.name) for path in paths]
    compared: list[float] = []
    generated: list[float] = []
    faults: list[str] = []
    for number, (old, new) in enumerate(itertools.islice(_revisions(trees), options.revisions)):
        try:
            seconds, pin = _slice_and_compare(old, new)
            compared.append(seconds)
            faults += [f"revision {number} lost {name}" for name in _lost(new, pin)]
            if number < options.generate:
                generated.append(seconds + _generate(pin))
        except InputError as refused:
            print(f"revision {number} is refused: {refused}", file=sys.stderr)
        except Exception as error:  # noqa: BLE001 - that is what the sweep is for
            faults.append(f"revision {number}: {type(error).__name__}: {error}")
    for fault in faults:
        print(fault, file=sys.stderr)
    print("| | revisions | median s | longest s | target s |", "|---|---|---|---|---|", sep="\n")
    print(_row("slice and diff", compared, SLICE_AND_DIFF))
    print(_row("with generation", generated, WITH_GENERATION))
    late = max(compared, default=0) > SLICE_AND_DIFF or max(generated, default=0) > WITH_GENERATION
    return 1 if faults or late else 0


def _revisions(trees: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """Yield pairs of a document and a revision of it without end: the neighbors first, then what lies between."""
    yield from itertools.pairwise(trees)
    for seed in itertools.count():
        chance = random.Random(seed)  # noqa: S311 - it draws documents, not secrets
        index = chance.randrange(len(trees) - 1)
        yield trees[index], _between(trees[index], trees[index + 1], chance, chance.choice((0.1, 0.3, 0.6)))


def _between(old: Any, new: Any, chance: random.Random, share: float, depth: int = 0) -> Any:
    """Return a tree with about a share of the differences between two; components of both are kept."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return copy.deepcopy(new if chance.random() < share else old)
    result = {}
    for key in dict.fromkeys([*old, *new]):
        if key in old and key in new:
            result[key] = _between(old[key], new[key], chance, share, depth + 1)
        elif depth == 2 or (chance.random() < share) == (key in new):
            result[key] = copy.deepcopy(old[key] if key in old else new[key])
    return result


def _slice_and_compare(old: Any, new: Any) -> tuple[float, bytes]:
    """Return the processor time that slicing a revision and comparing it took, and its pin."""
    before = build_pin(Source(json.dumps(old).encode(), "old"), tolerate_absent=True)
    raw = json.dumps(new).encode()
    started = time.process_time()
    pin = build_pin(Source(raw, "new"), tolerate_absent=True)
    compare(before.tree, pin.tree)
    return time.process_time() - started, pin.text


def _lost(document: Any, pin: bytes) -> list[str]:
    """Return the known operations that a document has, under a name or path of theirs, and its pin has not."""
    kept = {operation.name for operation in list_operations(parse_document(pin, "the pin"))}
    places = {place: name for name, known in KNOWN.items() for place in known}
    found = {places.get((operation.method, operation.path)) for operation in list_operations(document)}
    return sorted(name for name in found - kept if name)


def _generate(pin: bytes) -> float:
    """Generate the client of a pin; return the processor time that took, that of its tools included."""
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder) / "openapi.yaml"
        spec.write_bytes(pin)
        command = [SCRIPTS / "generate.py", "--spec", spec, "--output", folder, "--tolerate-misses"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        lines = done.stderr.splitlines() or [f"exit code {done.returncode}"]
        raise InputError(lines[-1])
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _row(name: str, seconds: Sequence[float], target: float) -> str:
    if not seconds:
        return f"| {name} | 0 | | | {target:g} |"
    return f"| {name} | {len(seconds)} | {statistics.median(seconds):.2f} | {max(seconds):.2f} | {target:g} |"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="published documents with dates in their names")
    parser.add_argument("--revisions", type=int, default=100, metavar="N", help="how many (100)")
    parser.add_argument("--generate", type=int, default=5, metavar="N", help="of how many the client is generated (5)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
