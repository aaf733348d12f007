"""Run real clients against the mock, each in an environment of its own: `python -m interop.run [NAME …]`.

Prints a result per client and check, and writes them to `docs/clients.md` when every client was run.
Exits with 0 when all checks passed, 1 when one failed, 2 for an unknown name. Clients for Node are skipped, and named, where
Node is missing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import httpx

from openrouter_mock import tokens
from openrouter_mock.server import MockServer
from openrouter_mock.settings import MockSettings

from . import environments, table
from .catalog import Client, read_clients
from .check_results import BATCH, MODELS, ONE, RECOVERS, check_outcome, check_sent, failed
from .recording import Recording

MODEL = "openai/text-embedding-3-small"
TEXTS = [
    "the last of the first",
    "A cat sat on the mat.",
    "café, naïveté, 東京 🐈",
    "a cat sat on the mat",
    "0",
]
"""A batch in no particular order: two that are almost the same, one that is not ASCII, one that is a number."""

_RUN_SECONDS = 120
_AT_ONCE = 3


@attrs.frozen
class Bench:
    """What all clients are run against."""

    mock: MockServer
    recording: Recording
    vectors: list[list[float]]
    """The mock's own vectors of `TEXTS`, fetched one by one and without any client."""
    models: list[str]
    """The ids of the mock's models."""


def run(clients: Sequence[Client], settings: MockSettings) -> list[table.Row]:
    """Run *clients* and return a row for each, in their order."""
    with MockServer(settings) as mock, ThreadPoolExecutor(_AT_ONCE) as pool:
        vectors, models = _own_answers()
        bench = Bench(mock, Recording(mock.service), vectors, models)
        by_environment: dict[str, list[Client]] = {}
        for client in clients:
            by_environment.setdefault(client.environment, []).append(client)
        # Clients that share an environment come one after the other: the first of them makes it.
        groups = pool.map(lambda group: [_row(client, bench) for client in group], by_environment.values())
        rows = {row.client.name: row for group in groups for row in group}
    return [rows[client.name] for client in clients]


def _own_answers() -> tuple[list[list[float]], list[str]]:
    """Return what a clean mock itself answers over plain HTTP: the vectors of `TEXTS`, and the ids of its models."""
    with MockServer() as mock, httpx.Client(headers={"Authorization": f"Bearer {mock.key}"}, trust_env=False) as plain:
        bodies = [{"model": MODEL, "input": text, "encoding_format": "float"} for text in TEXTS]
        answers = [plain.post(f"{mock.url}/embeddings", json=body).raise_for_status().json() for body in bodies]
        listed = plain.get(f"{mock.url}/embeddings/models").raise_for_status().json()["data"]
    return [answer["data"][0]["embedding"] for answer in answers], [model["id"] for model in listed]


def _row(client: Client, bench: Bench) -> table.Row:
    if client.in_node and environments.node() is None:
        return table.Row(client, (), skipped="Node and npm are not installed")
    try:
        command = environments.prepare(client)
    except environments.InstallError as error:
        return table.Row(client, (failed("installation", str(error)),))
    calls = _calls(client, page=len(bench.models))
    outcomes, last_words = _outcomes(client, command, {"url": bench.mock.url, "calls": calls, "tokens": _tokens()})
    expected: dict[str, Any] = {
        ONE: bench.vectors[1:2],
        BATCH: bench.vectors,
        RECOVERS: bench.vectors,
        MODELS: bench.models,
    }
    results = []
    for call in calls:
        check = call["check"]
        sent = bench.recording.of(call["key"])
        results.append(check_outcome(client, check, outcomes.get(check), sent, expected.get(check)))
        if check == BATCH:
            results.append(check_sent(client, sent))
    return table.Row(client, tuple(results), last_words=last_words)


def _calls(client: Client, *, page: int) -> list[dict[str, Any]]:
    """Return the calls that *client* is to make, each with a key of its own.

    Models are listed in pages as long as the whole list, so that one page past the end may be asked for.
    """
    once = f"mock/rate-limited-once-{client.slug}"
    calls: list[dict[str, Any]] = [
        {"check": ONE, "model": MODEL, "texts": TEXTS[1:2]},
        {"check": BATCH, "model": MODEL, "texts": TEXTS},
        {"check": "401", "model": MODEL, "texts": TEXTS[:1], "key": f"sk-unknown-{client.slug}"},
        {"check": "404", "model": "openai/no-such-model", "texts": TEXTS[:1]},
        {"check": "429", "model": "mock/rate-limited", "texts": TEXTS[:1]},
        {"check": RECOVERS, "model": once, "texts": TEXTS},
    ]
    if client.models:
        calls.append({"check": MODELS, "model": MODEL, "texts": [], "page": page})
    usual = {"page": None}
    return [{"key": f"sk-or-v1-{client.slug}.{number}", **usual, **call} for number, call in enumerate(calls)]


def _tokens() -> dict[str, list[int]]:
    return {text: list(tokens.tokenize(text)) for text in TEXTS}


def _outcomes(client: Client, command: list[str], plan: dict[str, Any]) -> tuple[dict[str, dict[str, Any]], str]:
    """Run a client's program; return what it reported by check, and the end of what it said on standard error."""
    try:
        result = subprocess.run(
            command,
            input=json.dumps(plan),
            env=environments.variables(client.variables),
            cwd=environments.HOME / client.environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=_RUN_SECONDS,
        )
        out, err = result.stdout, result.stderr
    except subprocess.TimeoutExpired as late:
        out, err = _text(late.stdout), f"stopped after {_RUN_SECONDS} seconds: {_text(late.stderr)}"
    lines = [json.loads(line) for line in out.splitlines() if line.startswith("{") and line.endswith("}")]
    return {line["check"]: line for line in lines}, err[-2000:]


def _text(stream: str | bytes | None) -> str:
    return stream.decode("utf-8", "replace") if isinstance(stream, bytes) else stream or ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    known = read_clients()
    parser = argparse.ArgumentParser(prog="python -m interop.run", description="Run real clients against the mock.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="the clients to run; all when none is named")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME", help="fault to inject into the mock; repeatable"
    )
    given = parser.parse_args(arguments)
    if unknown := sorted(set(given.names) - {client.name for client in known}):
        parser.error(f"no client is named {', '.join(unknown)}: there are {', '.join(client.name for client in known)}")
    chosen = [client for client in known if not given.names or client.name in given.names]
    try:
        settings = MockSettings(faults=tuple(given.fault))
        rows = run(chosen, settings)
    except ValueError as error:
        parser.error(str(error))
    print(table.plain(rows))  # noqa: T201 - it is what the command is for
    if not given.names and not given.fault and all(row.ran for row in rows):
        table.write(rows)
    return 0 if all(row.passed for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
