"""The flaws: each has its words, shows itself, and is one flaw among many that are not there."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from openrouter_conformance.mock.app import create_app
from openrouter_conformance.mock.fault import Fault
from openrouter_conformance.mock.faults import FAULTS, choose
from openrouter_conformance.mock.flaws import wire
from openrouter_conformance.mock.settings import MockSettings

from .probes import Seen, client_of, get, observe, raw
from .probes import body as body_of

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
    """Let the slow fault be slow for a moment only."""
    monkeypatch.setattr(wire, "SLOWNESS", 0.05)


def test_there_are_a_hundred_faults() -> None:
    """The mock can lie in at least a hundred ways."""
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


@pytest.mark.parametrize("name", sorted(set(FAULTS) - {"slow_answers"}))
def test_a_fault_changes_an_answer(name: str, clean: list[tuple[str, Seen]]) -> None:
    """Some probe is answered differently by the mock with the fault, and never by a crash of the mock."""
    faulty = observe(create_app(MockSettings(faults=(name,))))
    for (probe, expected), (_, received) in zip(clean, faulty, strict=True):
        assert b"the mock failed" not in received[2], f"{name} crashed on the probe {probe!r}"
        if received != expected:
            return
    pytest.fail(f"{name} answers all {len(clean)} probes as the clean mock does")


def test_slow_answers_take_longer() -> None:
    """The slow fault makes an answer wait."""
    client = client_of(create_app(MockSettings(faults=("slow_answers",))))
    started = time.perf_counter()
    client.get("/embeddings/models?limit=1")
    assert time.perf_counter() - started >= wire.SLOWNESS


def test_clean_mocks_agree(clean: list[tuple[str, Seen]]) -> None:
    """Two clean mocks answer every probe alike, so that a difference is the doing of a fault."""
    assert clean == list(observe(create_app()))


@pytest.mark.parametrize(
    "name", ["index_from_one", "base64_big_endian", "accepts_empty_text", "prices_as_numbers", "accepts_any_limit"]
)
def test_a_fault_is_single(name: str, clean: list[tuple[str, Seen]]) -> None:
    """What a fault does not concern is answered as the clean mock answers it."""
    concerned: dict[str, Callable[[Any], bool]] = {
        "index_from_one": lambda seen: b'"index"' in seen[2],
        "base64_big_endian": lambda seen: b'"embedding":"' in seen[2],
        "accepts_empty_text": lambda seen: b"shorter than 1" in seen[2],
        "prices_as_numbers": lambda seen: b'"pricing"' in seen[2] or not seen[2],
        "accepts_any_limit": lambda seen: b'"limit: ' in seen[2],
    }
    faulty = observe(create_app(MockSettings(faults=(name,))))
    others = [(one, two) for one, two in zip(clean, faulty, strict=True) if not concerned[name](one[1])]
    assert others
    assert [one for one, _ in others] == [two for _, two in others]


def test_faults_combine() -> None:
    """Two faults named together both show."""
    client = client_of(create_app(MockSettings(faults=("index_from_one", "provider_null"))))
    probe = raw("", body_of("cat"))
    answer = client.post("/embeddings", content=probe.body, headers=probe.headers).json()
    assert [answer["data"][0]["index"], answer["provider"]] == [1, None]


def test_an_unknown_fault_is_refused_with_a_hint() -> None:
    """A fault that does not exist is refused, and the one probably meant is named."""
    with pytest.raises(ValueError, match="no fault is named 'drop_last_vector': did you mean 'drops_last_vector'"):
        create_app(MockSettings(faults=("drop_last_vector",)))


def test_faults_keep_their_order() -> None:
    """Faults are plugged in the order in which they were named."""
    names = ["total_count_of_page", "adds_a_vector"]
    assert [fault.name for fault in choose(names)] == names


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
