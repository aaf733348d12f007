"""Runs as records, made by hand: what tests of reports render."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openrouter_conformance import excerpts
from openrouter_conformance.report import records
from openrouter_conformance.report.records import RunRecords
from openrouter_conformance.status import Status, conclude

CURL = (
    "curl -sS -X POST http://127.0.0.1:8000/api/v1/embeddings -H 'Content-Type: application/json' "
    """-H "Authorization: Bearer $CONFORMANCE_API_KEY" --data-binary '{"model":"acme/m","input":["a","b"]}'"""
)
BODY = (
    b'{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.0123,-0.045,'
    + b"0.5," * 1533
    + b"0.5]}]}"
)


def result(name: str, status: str = "passed", **fields: Any) -> dict[str, Any]:
    """Return the record of a requirement."""
    operation, facet, _ = name.split("/")
    return {
        "record": "result",
        "id": name,
        "operation": operation,
        "facet": facet,
        "level": "required",
        "text": "There are as many items in `data` as inputs.",
        "source": "#/paths/~1embeddings/post/responses/200/content/application~1json/schema/properties/data",
        "status": status,
        "reason": None,
        "exchanges": 3,
        "seconds": 0.1,
        **fields,
    }


def failure(received: str = "1 item in `data`", expected: str = "2, one per input", **fields: Any) -> dict[str, Any]:
    """Return what shows that a server breaks a requirement."""
    exchange = {"curl": CURL, "status": 200, "headers": [], "body": excerpts.of_body(BODY), "failure": None}
    return {"received": received, "expected": expected, "exchanges": [exchange], **fields}


PASSED = [result(f"create-embeddings/response/fact-{place}") for place in range(3)]
FAILED = result(
    "create-embeddings/response/one-vector-per-input",
    "failed",
    reason="1 item in `data`",
    failure=failure(count=13),
)
BLOCKED = [
    result("create-embeddings/order/batch", "blocked", reason="rests on it", blocked_by=FAILED["id"]),
    result(
        "create-embeddings/order/twins", "blocked", reason="rests on it", blocked_by="create-embeddings/order/batch"
    ),
]
WARNING = result(
    "create-embeddings/protocol/open-to-browsers",
    "warning",
    level="observed",
    reason="no header",
    failure=failure("Access-Control-Allow-Origin null", "*"),
)
NOT_APPLICABLE = [
    result(f"create-embeddings/token-ids/{name}", "not-applicable", reason="the target does not offer token-ids: 400")
    for name in ("one", "two")
]


KNOWN = result(
    "create-embeddings/errors/body-named",
    "known",
    reason="400 {}",
    failure=failure("400 {}", "an error body"),
    known={
        "entry": "create-embeddings/errors/*",
        "kind": "flaky",
        "reason": "The proxy answers some errors by itself.",
        "link": "https://issues.example/7",
        "since": "2026-08-01",
        "expires": "2026-12-31",
    },
)
UNNEEDED = [
    {"entry": "create-embeddings/response/fact-0", "problem": "passes", "place": "target.yaml, line 7"},
    {"entry": "create-embeddings/response/fact-1", "problem": "expired", "place": "target.yaml, line 11"},
    {"entry": "create-embedings/*", "problem": "unknown", "place": "target.yaml, line 15"},
]


def run(
    *results: dict[str, Any],
    strict: bool = False,
    stopped: str | None = None,
    unneeded: Sequence[dict[str, Any]] = (),
) -> RunRecords:
    """Return the records of a whole run, valid."""
    statuses = [Status(one["status"]) for one in results]
    run = RunRecords(
        {
            "record": "header",
            "suite": "1",
            "generators": {},
            "contract": {"date": None, "digest": f"sha256:{'0' * 64}"},
            "target": {"name": "mock", "url": None, "start": "export CONFORMANCE_API_KEY=k; openrouter-mock --key k &"},
            "model": "acme/m",
            "profile": "quick",
            "seed": 0,
            "strict": strict,
            "started": "2026-01-01T00:00:00+00:00",
        },
        results,
        {
            "record": "footer",
            "conclusion": conclude(statuses, strict=strict, unneeded=bool(unneeded)).value,
            "totals": {status.value: statuses.count(status) for status in Status},
            "features": dict.fromkeys(("base64", "dimensions", "multimodal", "token-ids"), "supported"),
            "requests": 50,
            "dollars": 0.000123,
            "bill": {"requests": 50, "tokens": 6150, "dollars": 0.000123},
            "known_deviations": list(unneeded),
            "stopped": stopped,
            "seconds": 5.53,
            "finished": "2026-01-01T00:00:05+00:00",
        },
    )
    for record in run:
        records.validator().validate(record)
    return run


ALL = (*PASSED, FAILED, *BLOCKED, WARNING, *NOT_APPLICABLE)

HOSTILE = (
    "</script></code></pre></details><script>document.title='owned'</script><img src=x onerror=alert(1)>"
    "\x00\x1b[31m\u202egnp.exe\u2066\u2028&amp;\"'>` ``` | @here ![x](http://192.0.2.1/x) \r\n# heading {{7*7}}"
)
"""What a server sends to script, break or fool the page of whoever reads its report."""


def hostile_run(*, repeated: int = 1) -> RunRecords:
    """Return a run in which all that a server decides is hostile."""
    exchange = {
        "curl": f"curl -sS 'http://127.0.0.1/{HOSTILE * repeated}'",
        "status": 200,
        "headers": [["x-hostile", HOSTILE * repeated], ["content-type", "text/html"]] * repeated,
        "body": HOSTILE * repeated,
        "failure": HOSTILE,
    }
    shown = {"received": HOSTILE * repeated, "expected": HOSTILE, "replay": HOSTILE, "exchanges": [exchange, exchange]}
    made = run(
        result("create-embeddings/response/a", "failed", reason=HOSTILE, failure=shown),
        result("create-embeddings/response/b", "error", reason=HOSTILE),
        result("create-embeddings/response/c", "not-applicable", reason=HOSTILE),
        result("create-embeddings/response/d", "warning", reason=HOSTILE, failure=shown),
        stopped=HOSTILE,
    )
    header = {**made.header, "model": HOSTILE, "target": {"name": HOSTILE, "url": None, "start": None}}
    return RunRecords(header, made.results, made.footer)


def known_run() -> RunRecords:
    """Return a run with known deviations: one that fails, and an entry that is to be deleted."""
    known = result(
        "create-embeddings/usage/cost",
        "known",
        reason="no `cost`",
        failure=failure("no `cost` in `usage`", "a number"),
        known={
            "entry": "create-embeddings/usage/cost",
            "kind": "fails",
            "reason": "billing is not wired up yet",
            "link": "https://tracker.example/17",
            "since": "2026-01-01",
            "expires": "2026-12-31",
        },
    )
    made = run(*PASSED)
    footer = {
        **made.footer,
        "conclusion": "does-not-conform",
        "totals": {**made.footer["totals"], "known": 1},
        "known_deviations": [
            {"entry": "create-embeddings/order/*", "problem": "passes", "place": "target.yaml, line 12"}
        ],
    }
    return RunRecords(made.header, (*PASSED, known), footer)
