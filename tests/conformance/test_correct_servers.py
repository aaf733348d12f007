"""The suite finds nothing in servers that keep the contract, however they are built."""

from __future__ import annotations

import contextlib
import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from openrouter_conformance import contract, requirements, runner
from openrouter_conformance.operations import CREATE_EMBEDDINGS, LIST_EMBEDDINGS_MODELS
from openrouter_conformance.status import Status
from openrouter_conformance.targets import Ceilings

from .servers import SERVERS, Server

_ACCUSING = (Status.FAILED, Status.ERROR, Status.NOT_RUN)
_TEMPORARY = (429, 503)

each_server = pytest.mark.parametrize("server", SERVERS.values(), ids=list(SERVERS))


def _verdicts(server: Server, seed: int) -> dict[str, tuple[str, str | None]]:
    """Return status and reason of each requirement after a quick run against the server, started anew."""
    known = requirements.load()
    with server.start() as url:
        # One request at a time: which of two providers serves a request may follow from which came first.
        plan = runner.Plan(
            url,
            [one.id for one in known],
            profile="quick",
            seed=seed,
            requirements=known,
            limits=Ceilings(concurrency=1, dollars=100),
        )
        records = runner.run(plan, {"CONFORMANCE_API_KEY": server.key})
    return {record["id"]: (record["status"], record["reason"]) for record in records.results}


@pytest.mark.correct_servers
@each_server
def test_correct_server_is_not_accused_and_gets_the_same_verdicts_again(server: Server) -> None:
    """No requirement fails, errs or is left out, and a second run with the same seed says the same of each."""
    first, second = _verdicts(server, 0), _verdicts(server, 0)
    assert {name: verdict for name, verdict in first.items() if verdict[0] in _ACCUSING} == {}
    assert {name: status for name, (status, _) in first.items()} == {
        name: status for name, (status, _) in second.items()
    }


@each_server
def test_server_answers_as_documented(server: Server) -> None:
    """A text, a text without the key and the model list are answered with the documented bodies."""
    documented = contract.shipped()
    with server.start() as url, httpx.Client(base_url=url, trust_env=False) as client:
        listed = client.get("/embeddings/models")
        model = next(
            entry["id"] for entry in listed.json()["data"] if "text" in entry["architecture"]["input_modalities"]
        )
        body = {"model": model, "input": "A harbour at dawn"}
        refused = client.post("/embeddings", json=body)
        authorization = {"Authorization": f"Bearer {server.key}"}
        answers = [client.post("/embeddings", json=body, headers=authorization) for _ in range(3)]
    embedded = next(answer for answer in answers if answer.status_code not in _TEMPORARY)
    assert (listed.status_code, refused.status_code, embedded.status_code) == (200, 401, 200)
    assert documented.response_validator(LIST_EMBEDDINGS_MODELS, 200).is_valid(listed.json())
    assert documented.response_validator(CREATE_EMBEDDINGS, 401).is_valid(refused.json())
    assert documented.response_validator(CREATE_EMBEDDINGS, 200).is_valid(embedded.json())


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"input": ""},
        {"input": []},
        {"input": [[]]},
        {"input": [7, "seven"]},
        {"input": "a", "dimensions": 0},
        {"input": "a", "dimensions": 1.5},
        {"input": "a", "dimensions": None},
        {"input": "a", "dimensions": True},
        {"input": "a", "encoding_format": None},
        {"input": "a", "encoding_format": "hex"},
        {"input": "a", "user": 7},
        {"input": "a", "provider": {"orders": []}},
        {"input": "a", "provider": {"max_price": None}},
        {"input": "a", "provider": {"max_price": {"prompt": None}}},
        {"input": "a", "provider": {"sort": {"by": "size"}}},
        {"input": "a", "provider": {"quantizations": ["int3"]}},
        {"input": "a", "provider": {"preferred_max_latency": {"p50": "1"}}},
        {"input": "a", "provider": {"only": [None]}},
    ],
    ids=json.dumps,
)
def test_no_server_takes_what_the_contract_forbids(
    body: dict[str, Any], running: dict[str, tuple[httpx.Client, str]]
) -> None:
    """Each server refuses a request that breaks the contract with 400 or 422."""
    found = {
        name: client.post("/embeddings", json={"model": model, **body}).status_code
        for name, (client, model) in running.items()
    }
    assert {name: status for name, status in found.items() if status not in (400, 422)} == {}


@pytest.fixture(scope="module")
def running() -> Iterator[dict[str, tuple[httpx.Client, str]]]:
    """Give a client of each server and a model that it lists, by name; all are started once for this module."""
    trust = ssl.create_default_context()  # made once: it takes longer than all the rest
    with contextlib.ExitStack() as stack:
        found = {}
        for name, server in SERVERS.items():
            url, headers = stack.enter_context(server.start()), {"Authorization": f"Bearer {server.key}"}
            client = stack.enter_context(httpx.Client(base_url=url, headers=headers, verify=trust, trust_env=False))
            found[name] = client, client.get("/embeddings/models").json()["data"][-1]["id"]
        yield found


def test_no_server_uses_the_mock() -> None:
    """Code that is shared with the mock would share its mistakes."""
    folder = Path(__file__).with_name("servers")
    assert [path.name for path in folder.glob("*.py") if "import openrouter_mock" in path.read_text("utf-8")] == []
    assert [path.name for path in folder.glob("*.py") if "from openrouter_mock" in path.read_text("utf-8")] == []
