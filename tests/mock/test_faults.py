"""The faults: each has a description, changes an answer, and changes nothing else."""

from __future__ import annotations

import inspect
import os
import re
import time
from pathlib import Path

import attrs
import pytest

from openrouter_conformance import fault_table
from openrouter_mock.app import create_app
from openrouter_mock.faults import FAULTS, batches, protocol, select
from openrouter_mock.faults.fault import Fault
from openrouter_mock.settings import MockSettings

from .effects import effects, summary
from .probes import KEY, PROBES, Seen, client_of, get, observe, raw
from .probes import body as body_of

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"

MOST_SHOWN = 2
"""Requirements that the page names for each fault."""

CONCERNED = {
    "items": r"(length of )?\$\.data\b",
    "encode": r"\$\.data\[\*\]\.embedding$",
    "vector": r"\$\.data\[\*\]\.embedding$",
    "embed": r"\$\.data\[\*\]\.embedding$",
    "usage": r"\$\.usage\b",
    "generation_id": r"\$\.id$|header x-generation-id$",
    "headers": r"header ",
    "error_body": r"\$\.(error|user_id|detail|message|code|metadata)\b",
    "authenticate": r"status (401 → \d+|\d+ → 401)$",
    "validation_errors": r"status (400 → 200|\d+ → 400|400 → 500)$|\$\.error\.message$",
    "check_context": r"status (400 → (200|500)|200 → 400)$",
    "embeddings": r"status \d+ → (502|429)$",
    "models": r"status \d+ → 401$",
    "parse": r"status (400|415) → (200|500)$|status 200 → 415$|\$\.(data|usage)\b",
    "route": r"status (400|404) → 200$|status 200 → 404$|header x-provider-name$|\$\.(provider|usage)\b",
    "inputs": r"status 200 → (400|500)$|status 400 → (200|500)$|(length of )?\$\.(data|usage)\b",
    "body": r"(length of )?\$\.",
    "window": r"status (400 → (200|500)|200 → 400)$|(length of )?\$\.(data|links)\b",
    "serialize": r"the body as a whole$|how the JSON is written$|header content-length$",
    "respond": r"status \d+ → (200|201|307)$|header |the body as a whole$",
    "error_response": r"status \d+ → \d+$|header |the body as a whole$|\$$",
    "wire": r"status 200 → (400|405)$|header content-length$",
    "page": r"(length of )?\$|status 200 → (404|500)$|header content-length$",
    "catalog": r"(length of )?\$\.(data|total_count|links)\b|header content-length$",
}
"""The differences that a fault of a stage may make, by the stage."""

ON_A_REAL_CONNECTION = {
    "mixes_up_two_answers_under_load": "the vectors of one answer in 5,000",
    "slow_answers": "the time that an answer takes",
    "drops_kept_connections": "the second call on a connection",
}
"""Faults that show only on a real connection, and what they change; each has a test of its own."""

WELL_KNOWN = """
    drops_last_vector reverses_batch_order ignores_dimensions base64_big_endian base64_float64
    batch_differs_from_singles drifts_between_calls nan_in_vector empty_data_for_base64 floats_for_base64
    error_code_differs_from_status error_without_message accepts_any_key accepts_missing_key index_from_one
    total_count_off_by_one ignores_offset pages_overlap links_next_never_null html_error_page
    ok_with_error_body leaks_key_in_error
"""


@pytest.fixture(scope="module")
def clean() -> list[tuple[str, Seen]]:
    """What the mock without a fault answers."""
    return list(observe(create_app()))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the delay of the slow fault."""
    monkeypatch.setattr(protocol, "SLOW_SECONDS", 0.05)


def test_there_are_a_hundred_faults() -> None:
    """The mock has at least a hundred faults."""
    assert len(FAULTS) >= 100


@pytest.mark.parametrize("name", WELL_KNOWN.split())
def test_well_known_faults_exist(name: str) -> None:
    """The faults that servers are known for are there under their names."""
    assert name in FAULTS


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_described_in_one_sentence(fault: Fault) -> None:
    """The description of a fault is one sentence, and its name says what is wrong."""
    assert re.fullmatch(r"[A-Z`'\"].*[^.]\.", fault.description)
    assert ". " not in fault.description
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", fault.name)


@pytest.fixture(scope="module")
def seen(clean: list[tuple[str, Seen]]) -> dict[str, dict[str, list[str]]]:
    """For each fault what it changes in the answers to all probes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(protocol, "SLOW_SECONDS", 0.0)
        faulty = {name: list(observe(create_app(MockSettings(faults=(name,))))) for name in FAULTS}
    crashes = [name for name, answers in faulty.items() if any(b"the mock failed" in each[2] for _, each in answers)]
    assert crashes == []
    return {name: effects(clean, answers) for name, answers in faulty.items()}


def test_a_fault_changes_an_answer(seen: dict[str, dict[str, list[str]]]) -> None:
    """Each fault, but those that only a real connection shows, changes the response to some probe."""
    assert {name for name, found in seen.items() if not found} == set(ON_A_REAL_CONNECTION)


def test_a_fault_is_single(seen: dict[str, dict[str, list[str]]]) -> None:
    """A fault changes what its stage returns and nothing else, and errors that it adds are regular ones."""
    repeats_everything = "repeats_answers_of_earlier_calls"
    strange = {
        name: kind
        for name, found in seen.items()
        for kind in found
        if name != repeats_everything and not re.match(CONCERNED[FAULTS[name].stage], kind)
    }
    assert strange == {}
    irregular = {name: kind for name, found in seen.items() for kind in found if re.match(r"status \d+ → \d+ ", kind)}
    assert irregular == {}


def test_what_each_fault_changes_is_written_down(seen: dict[str, dict[str, list[str]]]) -> None:
    """`docs/faults.md` says of every fault what it changes, so that a change of one shows in a diff.

    After an intended change: `CONFORMANCE_GOLDEN=write pytest tests/mock/test_faults.py`, then read the diff.
    """
    page = described(seen)
    if os.environ.get("CONFORMANCE_GOLDEN") == "write":
        PAGE.write_text(page, encoding="utf-8", newline="\n")
    assert page == PAGE.read_text(encoding="utf-8")


def described(seen: dict[str, dict[str, list[str]]]) -> str:
    """Return the page on all faults, with a table for each kind."""
    lines = [
        "# The faults of the mock",
        "",
        f"The mock can have {len(FAULTS)} faults, each a mistake that servers make: `openrouter-mock --fault NAME`, repeatable,",
        "or `MockSettings(faults=(NAME,))` from Python. The suite tests its checks on them; an SDK can test how it handles",
        "a faulty server.",
        "",
        f'"What differs" says how a mock with the fault differs from one without over {len(PROBES)} requests of every kind:',
        "the difference, and in which responses or in how many. They differ in nothing else.",
        "",
        '"Caught by" names the requirements that a mock with the fault fails in a quick run, the most specific first, as',
        "measured by `tox -e kill-rate`; `openrouter-conformance explain NAME` lists all of them.",
    ]
    module = None
    for name, fault in FAULTS.items():
        if (home := inspect.getmodule(fault.override)) is not module:
            module = home
            heading = (inspect.getdoc(module) or "").splitlines()[0].removesuffix(".")
            lines += ["", f"## {heading}", "", "| fault | what is wrong | what differs | caught by |"]
            lines += ["| --- | --- | --- | --- |"]
        differs = summary(seen[name]) or ON_A_REAL_CONNECTION[name]
        lines.append(f"| `{name}` | {fault.description} | {differs} | {_caught_by(name)} |")
    return "\n".join(lines) + "\n"


def _caught_by(name: str) -> str:
    """Return the requirements that catch a fault, shortened to the most specific, or why none does."""
    table = fault_table.load()
    catching = table.catching(name)
    if not catching:
        return f"nothing: {table.reason(name)}"
    shown = ", ".join(f"`{requirement}`" for requirement in catching[:MOST_SHOWN])
    return shown + (f" and {len(catching) - MOST_SHOWN} more" if len(catching) > MOST_SHOWN else "")


def test_slow_answers_take_longer() -> None:
    """The slow fault makes an answer wait."""
    client = client_of(create_app(MockSettings(faults=("slow_answers",))))
    started = time.perf_counter()
    client.get("/embeddings/models?limit=1")
    assert time.perf_counter() - started >= protocol.SLOW_SECONDS


def test_clean_mocks_agree(clean: list[tuple[str, Seen]]) -> None:
    """Two mocks without faults answer every probe alike, so that a difference is due to a fault."""
    assert clean == list(observe(create_app()))


def test_an_answer_to_an_empty_batch_is_as_any_other() -> None:
    """The fault that accepts an empty batch changes nothing about the form of the usage."""
    client = client_of(create_app(MockSettings(faults=("accepts_empty_batch",))))
    nothing, something = (raw("", body_of(batch)) for batch in ([], ["cat"]))
    usages = [
        client.post("/embeddings", content=p.body, headers=p.headers).json()["usage"] for p in (nothing, something)
    ]
    assert usages[0].keys() == usages[1].keys()
    assert usages[0]["cost"] == 0


def test_faults_combine() -> None:
    """Two faults named together both show."""
    client = client_of(create_app(MockSettings(faults=("index_from_one", "provider_null"))))
    probe = raw("", body_of("cat"))
    answer = client.post("/embeddings", content=probe.body, headers=probe.headers).json()
    assert [answer["data"][0]["index"], answer["provider"]] == [1, None]


def test_an_unknown_fault_is_rejected_with_a_hint() -> None:
    """An unknown fault is rejected, and the most similar one is named."""
    with pytest.raises(ValueError, match="no fault is named 'drop_last_vector': did you mean 'drops_last_vector'"):
        create_app(MockSettings(faults=("drop_last_vector",)))


def test_faults_keep_their_order() -> None:
    """Faults are installed in the order in which they were named."""
    names = ["total_count_of_page", "adds_a_vector"]
    assert [fault.name for fault in select(names)] == names


def test_a_fault_leaves_other_mocks_alone() -> None:
    """A mock with a fault changes nothing of a mock beside it."""
    faulty = client_of(create_app(MockSettings(faults=("total_count_off_by_one",))))
    beside = client_of(create_app())
    probe = get("", "/embeddings/models")
    assert [each.get(probe.path).json()["total_count"] for each in (faulty, beside)] == [32, 31]


def test_a_fault_is_a_value() -> None:
    """A fault cannot be changed once it is made."""
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        next(iter(FAULTS.values())).name = "other"  # type: ignore[misc]


def test_an_answer_in_many_is_mixed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Now and then a call is answered with the vectors of the one before, of as many inputs."""
    monkeypatch.setattr(batches, "MIXED_UP_EVERY", 3)
    client = client_of(create_app(MockSettings(faults=("mixes_up_two_answers_under_load",))))
    headers = {"Authorization": f"Bearer {KEY}-mixed-up"}
    answers = [
        client.post("/embeddings", content=body_of(text), headers=headers).json()["data"]
        for text in ("cat", "dog", "owl")
    ]
    assert answers[2] == answers[1] != answers[0]
