"""Shards: a run on several machines and on one say the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openrouter_conformance import requirements, runner
from openrouter_conformance.errors import UsageError
from openrouter_conformance.merging import merge
from openrouter_conformance.report import records
from openrouter_conformance.report.records import RunRecords
from openrouter_conformance.shards import Shard, groups, of_shard
from openrouter_conformance.status import Status, deciding

from .conftest import Printed
from .example_runs import FAILED, KNOWN, PASSED, failure, known_run, result, run

Command = Callable[..., Printed]
_KNOWN = requirements.load()
_ALL = frozenset(one.id for one in _KNOWN)
_MODEL_NAMED, _RESTING = "create-embeddings/response/model-named", "create-embeddings/response/model-named-alike"


def _ran(faults: tuple[str, ...], selected: frozenset[str] = _ALL) -> RunRecords:
    return runner.run(runner.Plan("mock", selected, profile="quick", faults=faults), {})


def _marked(part: RunRecords, index: int, count: int) -> RunRecords:
    return attrs.evolve(part, header={**part.header, "shard": {"index": index, "count": count}})


def _said(whole: RunRecords) -> list[dict[str, Any]]:
    """Return what a run says of each requirement, without times, numbers of exchanges, and what differs by chance."""
    said = []
    for one in whole.results:
        if one["id"] == "create-embeddings/vectors/models-differ":
            continue  # what is asked for the list's sake of other models is seen in the shard of the list alone
        shown = one.get("failure")
        curls = [each["curl"] for each in shown["exchanges"]] if shown else []
        texts = [shown[name] for name in ("received", "expected")] if shown else []
        said.append(
            {name: one.get(name) for name in ("id", "status", "reason", "blocked_by")} | {"shown": texts + curls}
        )
    return said


@pytest.mark.parametrize(
    "faults",
    [
        ("drops_last_vector", "model_missing"),
        ("error_without_envelope",),
        ("lists_a_model_twice",),
    ],
    ids="+".join,
)
def test_merged_shards_say_what_one_run_says(faults: tuple[str, ...]) -> None:
    """Statuses, reasons, causes and shown requests are those of an unsharded run, and so is the conclusion."""
    parts = [_marked(_ran(faults, of_shard(_KNOWN, _ALL, Shard(index, 2))), index, 2) for index in (1, 2)]
    merged = merge([(str(place), part) for place, part in enumerate(parts)])
    whole = _ran(faults)
    assert _said(merged) == _said(whole)
    for name in ("conclusion", "features", "stopped"):
        assert merged.footer[name] == whole.footer[name]
    assert sum(merged.footer["totals"].values()) == sum(whole.footer["totals"].values())
    assert merged.header == {**whole.header, "started": merged.header["started"], "target": merged.header["target"]}
    for record in merged:
        records.validator().validate(record)


@given(selected=st.sets(st.sampled_from(sorted(_ALL)), min_size=1), data=st.data())
def test_each_requirement_is_in_one_shard_with_its_operation(selected: set[str], data: st.DataObject) -> None:
    """Shards are disjoint, leave nothing out, are never empty, and never part an operation."""
    count = data.draw(st.integers(1, len(groups(_KNOWN, selected))))
    parts = [of_shard(_KNOWN, selected, Shard(index, count)) for index in range(1, count + 1)]
    assert sorted(name for part in parts for name in part) == sorted(selected)
    assert all(parts)
    operations = [{name.split("/")[0] for name in part} for part in parts]
    assert len(set().union(*operations)) == sum(map(len, operations))


def test_more_shards_than_operations_are_refused() -> None:
    """No shard is empty: the sentence says how many there may be."""
    with pytest.raises(UsageError, match=r"--shard 1/3: .* are on 2 operations, .*; 2 is the most shards"):
        of_shard(_KNOWN, _ALL, Shard(1, 3))


def test_commands_make_shards_and_merge_them(command: Command, tmp_path: Path) -> None:
    """`run --shard` writes which part it is, and `merge` exits as one run would."""
    only = ("--only", "*/errors/*", "--profile", "quick", "--quiet")
    for index in (1, 2):
        folder = tmp_path / str(index)
        assert command("run", *only, "--shard", f"{index}/2", "--report", folder).code == 0
        assert records.read(folder / "results.jsonl").header["shard"] == {"index": index, "count": 2}
    merged = command("merge", tmp_path / "1", tmp_path / "2", "--output", tmp_path / "merged.jsonl")
    assert (merged.code, merged.err) == (0, "")
    assert merged.out.startswith("CONFORMS: ")
    made = records.read(tmp_path / "merged.jsonl")
    assert "shard" not in made.header
    checked = [one for one in made.results if one["status"] != "deselected"]
    assert {one["id"] for one in checked} == {name for name in _ALL if "/errors/" in name}


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/2/3", "/", "-1/2", "1/99999999999999999999"])
def test_what_is_no_shard_is_refused(command: Command, text: str) -> None:
    """The sentence says how a shard is written."""
    printed = command("run", f"--shard={text}")
    assert printed.code == 2
    assert "is not I/N, a part and their number, such as 1/2" in printed.err


_HEAD = run().header


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"target": {**_HEAD["target"], "start": "other &"}}, "its target is other &, not export"),
        ({"contract": {"date": None, "digest": f"sha256:{'1' * 64}"}}, "its contract is sha256:1111"),
        ({"profile": "deep"}, "its profile is deep, not quick"),
        ({"seed": 7}, "its seed is 7, not 0"),
        ({"model": "other/m"}, "its model is other/m, not acme/m"),
        ({"strict": True}, "its strictness is strict, not not strict"),
        ({"suite": "2"}, "its version of the suite is 2, not 1"),
        ({"generators": {"hypothesis": "7"}}, "its generators is hypothesis 7, not"),
    ],
)
def test_runs_that_are_no_parts_of_one_are_refused(change: dict[str, Any], problem: str) -> None:
    """The sentence names the file and what differs."""
    other = attrs.evolve(run(), header={**_HEAD, **change})
    with pytest.raises(UsageError) as refused:
        merge([("a.jsonl", run()), ("b.jsonl", other)])
    assert str(refused.value).startswith(f"b.jsonl is no part of the run of a.jsonl: {problem}")


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ([(1, 2)], "shard 2/2 is missing: pass the results of all 2."),
        ([(1, 3), (3, 3)], "shard 2/3 is missing: pass the results of all 3."),
        ([(1, 2), (2, 2), (1, 2)], "shard 1/2 is there twice: pass each once."),
        ([(1, 2), (2, 3)], "these are shards of runs in 2 and in 3 parts: merge those of one run."),
        ([(1, 2), None], "1 is no shard, but 0 is: merge the shards of one run."),
    ],
)
def test_shards_must_all_be_there_once(parts: list[tuple[int, int] | None], problem: str) -> None:
    """A report of some of the shards would not be that of the run."""
    named = [(str(place), run() if part is None else _marked(run(), *part)) for place, part in enumerate(parts)]
    with pytest.raises(UsageError) as refused:
        merge(named)
    assert str(refused.value) == problem


def _named(name: str, status: str = "passed", **fields: Any) -> dict[str, Any]:
    return result(name, status, **({"reason": None} if status == "passed" else {"reason": "x"}) | fields)


@pytest.mark.parametrize(
    ("one", "other", "stands"),
    [
        ("passed", "failed", "failed"),
        ("error", "failed", "failed"),
        ("error", "passed", "error"),
        ("not-run", "passed", "not-run"),
        ("blocked", "passed", "passed"),
        ("not-applicable", "passed", "passed"),
        ("deselected", "not-applicable", "not-applicable"),
        ("deselected", "deselected", "deselected"),
    ],
)
def test_what_was_seen_outweighs_what_was_not(one: str, other: str, stands: str) -> None:
    """Of two runs over one requirement the same stands as of two sources of evidence in one run."""
    fields: dict[str, Any] = {"failed": {"failure": failure()}, "blocked": {"blocked_by": "create-embeddings/usage/a"}}
    runs = [run(_named(_MODEL_NAMED, status, **fields.get(status, {}))) for status in (one, other)]
    for order in (runs, runs[::-1]):
        merged = merge([(str(place), each) for place, each in enumerate(order)])
        assert [each["status"] for each in merged.results] == [stands]


def test_a_failure_that_rests_on_one_of_another_run_is_blocked_by_it() -> None:
    """There is one finding for each cause, wherever its evidence was found."""
    base = run(_named(_MODEL_NAMED, "failed", failure=failure()))
    resting = run(_named("create-embeddings/schema/answers-match", "failed", failure=failure(count=4)))
    merged = merge([("a", base), ("b", resting)])
    found = {one["id"]: one for one in merged.results}
    rests = next(one for one in _KNOWN if one.id == "create-embeddings/schema/answers-match")
    assert rests.is_based_on(next(one for one in _KNOWN if one.id == _MODEL_NAMED))
    assert found[rests.id]["status"] == "blocked"
    assert found[rests.id]["blocked_by"] == _MODEL_NAMED
    assert merged.footer["totals"]["failed"] == 1
    for record in merged:
        records.validator().validate(record)


def test_requests_add_up_and_an_unfinished_part_makes_the_whole_unfinished() -> None:
    """The bill is that of all machines; a part that was stopped leaves the conclusion open."""
    parts = [run(_named(_MODEL_NAMED)), run(stopped="over its ceiling")]
    merged = merge([(str(place), each) for place, each in enumerate(parts)])
    assert merged.footer["requests"] == 100
    assert merged.footer["dollars"] == 0.000246
    assert merged.footer["seconds"] == 5.53
    assert merged.footer["stopped"] == "over its ceiling"
    assert merged.footer["conclusion"] == "stopped"


def test_requirements_of_another_version_are_refused() -> None:
    """What this version does not know, it cannot tell the cause of."""
    with pytest.raises(UsageError, match=r"^a\.jsonl: this version of the suite has no requirement "):
        merge([("a.jsonl", run(*PASSED))])


def test_an_entry_that_is_to_be_deleted_fails_the_merged_run() -> None:
    """What a part says of known deviations, and its bill, stand in the report of all."""
    known = known_run()
    footer = {
        **known.footer,
        "known_deviations": [{"entry": "create-embeddings/*", "problem": "passes", "place": "t"}],
    }
    missed = RunRecords(known.header, (_named(_MODEL_NAMED),), footer)
    alone = merge([("b", missed)])
    assert [one["problem"] for one in alone.footer["known_deviations"]] == ["passes"]
    assert alone.footer["conclusion"] == "does-not-conform"
    assert alone.footer["bill"] == {"requests": 50, "tokens": 6150, "dollars": 0.000123}


def test_what_rests_on_a_known_deviation_fails_no_merged_run() -> None:
    """A known deviation is accepted with all that could not be tried for it; another failure is not."""
    accepted = {**KNOWN, "id": _MODEL_NAMED}
    blocked = _named(_RESTING, "blocked", blocked_by=_MODEL_NAMED)
    assert merge([("a", run(accepted, blocked))]).footer["conclusion"] == "conforms"
    resting = ("b", Status.BLOCKED, "a")
    assert deciding([("a", Status.KNOWN, None), resting]) == [Status.KNOWN]
    assert deciding([("a", Status.FAILED, None), resting]) == [Status.FAILED, Status.BLOCKED]


def test_failed_runs_again_what_failed_and_what_rested_on_it(command: Command, tmp_path: Path) -> None:
    """`--failed` chooses what failed, what the suite could not judge, and what was blocked; `--only` narrows it."""
    open_ones = {
        _MODEL_NAMED: _named(_MODEL_NAMED, "failed", failure=failure()),
        _RESTING: _named(_RESTING, "blocked", blocked_by=_MODEL_NAMED),
        "create-embeddings/errors/no-trace": _named("create-embeddings/errors/no-trace", "error"),
        "create-embeddings/auth/challenge-given": _named("create-embeddings/auth/challenge-given", "not-run"),
    }
    before = run(*open_ones.values(), _named("create-embeddings/auth/known-key-accepted"), FAILED)
    path = records.write(tmp_path / "before", before)
    assert command("run", "--quiet", "--profile", "quick", "--failed", path, "--report", tmp_path / "after").code == 0
    again = records.read(tmp_path / "after" / "results.jsonl").results
    wanted = {name for name in open_ones if name in _ALL} | ({FAILED["id"]} & _ALL)
    assert {one["id"] for one in again if one["status"] != "deselected"} == wanted
    narrow = command("run", "--quiet", "--failed", path.parent, "--only", "list-*")
    assert narrow.code == 2
    assert "leave none of what failed" in narrow.err


def test_failed_of_a_run_without_failures_is_refused(command: Command, tmp_path: Path) -> None:
    """Nothing to check again is no success: the sentence says so."""
    path = records.write(tmp_path, run(*PASSED))
    printed = command("run", "--failed", path)
    assert printed.code == 2
    assert "nothing failed in that run" in printed.err


@pytest.mark.parametrize("status", [status for status in Status if status not in (Status.FAILED, Status.WARNING)])
def test_every_status_can_be_merged(status: Status) -> None:
    """A result of any status is merged, those of replays and of soaks among them; what was seen stands before it."""
    fields = {"blocked_by": FAILED["id"]} if status is Status.BLOCKED else {}
    unseen = {**KNOWN, "id": _MODEL_NAMED} if status is Status.KNOWN else _named(_MODEL_NAMED, status.value, **fields)
    parts = [_named(FAILED["id"], "failed", failure=failure()), unseen]
    merged = merge([("a", run(*parts)), ("b", run(*parts))])
    assert [one["status"] for one in merged.results if one["id"] == _MODEL_NAMED] == [status]
