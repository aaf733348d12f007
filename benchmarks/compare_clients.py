"""Compare clients at 1, 128 and 2048 texts of 1536 numbers, float and base64: `python benchmarks/compare_clients.py`.

Each contender runs in an environment of its own, made below `--environments`, against one loopback server with
ready-made bodies. Rounds are interleaved, so that a slow minute of the machine meets all of them; each figure is the
median over the rounds. The floor is httpx with orjson and base64 decoded by hand. Prints a Markdown table of ratios to
the floor, and how long 1,000 calls at once take; `--output FILE` puts both between the marks in a document as well.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import venv
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

HERE = Path(__file__).parent
REPOSITORY = HERE.parent
CONTENDERS = {
    "floor": ["httpx", "orjson"],
    "ours": [str(REPOSITORY)],
    "ours[fast]": [f"{REPOSITORY}[fast]"],
    "openai_python": ["openai", "numpy"],
    "openrouter_sdk": ["openrouter"],
}
SCRIPTS = {"ours[fast]": "ours"}
AT_ONCE = ("ours", "openai_python", "openrouter_sdk")
Figures: TypeAlias = dict[tuple[int, str, str], list[dict[str, float]]]
"""What each round measured, by count of texts, encoding and contender."""

BEGIN, END = "<!-- benchmark -->", "<!-- end of benchmark -->"
"""The marks in a document between which the table stands."""

SIZES = {1: 200, 128: 20, 2048: 3}
"""Calls to time, by count of texts."""


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--environments", type=Path, default=REPOSITORY / ".benchmarks")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    pythons = {name: environment(options.environments / name, needs) for name, needs in CONTENDERS.items()}
    with ready_made_server() as base_url:
        figures = measured(pythons, base_url, options.rounds)
    with ready_made_server("--delay", "0.5") as base_url:
        text = table(figures) + "\n" + table_at_once(measured_at_once(pythons, base_url, options.rounds))
    print(text)
    if options.output:
        write_between_marks(options.output, text)


@contextmanager
def ready_made_server(*options: str) -> Generator[str, None, None]:
    """Run the server; give its base URL."""
    command = [sys.executable, str(HERE / "ready_made_server.py"), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield server.stdout.readline().strip() if server.stdout else ""
        finally:
            server.terminate()


def write_between_marks(path: Path, text: str) -> None:
    """Put the table into a document, between the two marks that hold its place."""
    before, begin, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{path}: expected the marks {BEGIN} and {END} around the table, and found none")
    path.write_text(f"{before}{BEGIN}\n{text}{END}{after}", encoding="utf-8", newline="\n")


def environment(folder: Path, needs: list[str]) -> Path:
    """Return the interpreter of an environment with these packages, made if it is not there."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        venv.create(folder, with_pip=True, clear=True)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", *needs]
    subprocess.run(install, check=True)
    if str(REPOSITORY) in needs[0]:  # the version stays the same while the code changes
        subprocess.run([*install[:4], "--quiet", "--force-reinstall", "--no-deps", str(REPOSITORY)], check=True)
    return python


def measured(pythons: dict[str, Path], base_url: str, rounds: int) -> Figures:
    """Return the figures of all rounds by (count of texts, encoding, contender)."""
    figures: Figures = {}
    for _ in range(rounds):
        for count, calls in SIZES.items():
            for encoding in ("float", "base64"):
                for name, python in pythons.items():
                    script = HERE / "contenders" / f"{SCRIPTS.get(name, name)}.py"
                    command = [python, script, base_url, str(count), encoding, str(calls)]
                    result = subprocess.run(command, check=True, capture_output=True, text=True)
                    figures.setdefault((count, encoding, name), []).append(json.loads(result.stdout))
    return figures


def measured_at_once(pythons: dict[str, Path], base_url: str, rounds: int) -> dict[str, list[dict[str, float]]]:
    """Return what each round measured of 1,000 calls at once, by contender."""
    figures: dict[str, list[dict[str, float]]] = {name: [] for name in AT_ONCE}
    for _ in range(rounds):
        for name, runs in figures.items():
            command = [pythons[name], HERE / "contenders" / "at_once.py", name, base_url]
            result = subprocess.run(command, check=True, capture_output=True, text=True)
            runs.append(json.loads(result.stdout))
    return figures


def table_at_once(figures: dict[str, list[dict[str, float]]]) -> str:
    """Return the Markdown table of 1,000 calls at once."""
    lines = [
        "1,000 calls at once (asyncio, the server takes 0.5 s, timeout 5 s): answered / wall time / CPU.",
        "",
        "| " + " | ".join(f"`{name}`" for name in figures) + " |",
        "|" + " ---: |" * len(figures),
    ]
    median = {
        name: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for name, runs in figures.items()
    }
    cells = [f"{m['answered']:.0f} / {m['wall']:.1f} s / {m['cpu']:.1f} s" for m in median.values()]
    return "\n".join([*lines, "| " + " | ".join(cells) + " |"]) + "\n"


def table(figures: Figures) -> str:
    """Return the Markdown table: the floor in absolute figures, the others as ratios to it."""
    median = {
        key: {measure: statistics.median(run[measure] for run in runs) for measure in runs[0]}
        for key, runs in figures.items()
    }
    others = [name for name in CONTENDERS if name != "floor"]
    rounds = len(next(iter(figures.values())))
    said = "one round" if rounds == 1 else f"median of {rounds} rounds"
    about = (
        f"CPU per call / wall time per call / peak memory of the process. {platform.python_implementation()} "
        f"{platform.python_version()}, {platform.machine()}; {said}."
    )
    lines = [
        about,
        "",
        "| texts | encoding | floor | " + " | ".join(f"`{name}`" for name in others) + " |",
        "| ---: | --- | ---: |" + " ---: |" * len(others),
    ]
    for count, encoding in dict.fromkeys((count, encoding) for count, encoding, _ in figures):
        floor = median[count, encoding, "floor"]
        cells = [f"{floor['cpu'] * 1e3:.2f} ms / {floor['wall'] * 1e3:.2f} ms / {floor['peak']:.0f} MiB"]
        for name in others:
            mine = median[count, encoding, name]
            cells.append(" / ".join(f"{mine[measure] / floor[measure]:.2f}" for measure in ("cpu", "wall", "peak")))
        lines.append(f"| {count} | {encoding} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
