"""What is said of other servers: each finding is explained, and nothing else is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from openrouter_conformance import requirements
from openrouter_conformance.report.records import RunRecords
from openrouter_conformance.status import Status
from peers import known_deviations
from peers.catalog import FOLDER, Peer, read_explanations, read_peers
from peers.run import StartError, main, serving
from peers.table import Run, markdown, problems

PEER = Peer("Server", ("server==1.0",), ("serve",), "/v1", "model", "key", note="A server.", most_findings=2)
FIRST, SECOND, THIRD = (one.id for one in requirements.load()[:3])


def run(*failed: str, profile: str = "quick", error: str | None = None, stopped: str | None = None) -> Run:
    """Return a run in which requirements failed."""
    results: list[dict[str, Any]] = [{"id": name, "status": Status.FAILED, "reason": None} for name in failed]
    if error:
        results.append({"id": error, "status": Status.ERROR, "reason": "the check crashed"})
    totals = {"failed": len(failed), "blocked": 4, "warning": 5}
    return Run(
        "Server", profile, 1.6, RunRecords({}, tuple(results), {"requests": 7, "totals": totals, "stopped": stopped})
    )


def test_a_finding_without_an_explanation_is_a_problem_that_names_it() -> None:
    """The sentence has server, profile and requirement."""
    assert problems([PEER], [run(FIRST, SECOND)], {"Server": {FIRST: "It is so."}}) == [
        f"Server, quick: {SECOND} has no explanation"
    ]


def test_an_explanation_of_another_server_explains_nothing() -> None:
    """Explanations are each server's own."""
    assert problems([PEER], [run(FIRST)], {"Other": {FIRST: "It is so."}}) == [
        f"Server, quick: {FIRST} has no explanation"
    ]


def test_explained_findings_are_no_problem() -> None:
    """Nor is an explanation of what was not found this time."""
    assert problems([PEER], [run(FIRST)], {"Server": {FIRST: "It is so.", SECOND: "At times."}}) == []


def test_more_findings_than_causes_are_a_problem() -> None:
    """A server has at most so many findings, explained or not."""
    explained = {"Server": dict.fromkeys((FIRST, SECOND, THIRD), "It is so.")}
    assert problems([PEER], [run(FIRST, SECOND, THIRD)], explained) == [
        "Server, quick: 3 findings, more than 2: which have one cause?"
    ]


def test_what_the_suite_could_not_do_is_a_problem() -> None:
    """A check that crashed, and a run that did not come to its end."""
    assert problems([PEER], [run(error=FIRST, stopped="It left.")], {}) == [
        f"Server, quick: {FIRST}: the check crashed",
        "Server, quick: the run stopped: It left.",
    ]


def test_the_page_shows_each_finding_once_with_profiles_and_explanation() -> None:
    """A row per requirement, whatever profiles found it."""
    page = markdown(
        [PEER], [run(FIRST), run(FIRST, SECOND, profile="default")], {"Server": {FIRST: "One.", SECOND: "Two."}}
    )
    assert f"| `{FIRST}` | quick, default | One. |" in page
    assert f"| `{SECOND}` | default | Two. |" in page
    assert "| Server | `server==1.0` | quick | 7 | 2 | 1 | 4 | 5 |" in page


def test_explanations_are_of_servers_and_requirements_that_there_are() -> None:
    """No explanation is left of what has another name now."""
    known, names = {one.id for one in requirements.load()}, {peer.name for peer in read_peers()}
    explanations = read_explanations()
    assert set(explanations) == names
    assert [name for found in explanations.values() for name in found if name not in known] == []


def test_versions_are_exact() -> None:
    """Each package is pinned, and servers that share packages share an environment."""
    peers = {peer.name: peer for peer in read_peers()}
    assert [
        package
        for peer in peers.values()
        for package in peer.packages
        if "@" not in package[1:] and "==" not in package
    ] == []
    assert peers["Prism"].environment == peers["Prism -d"].environment == "stoplight-prism-cli"
    assert peers["LiteLLM proxy"].environment == "litellm-proxy"
    assert [peer.name for peer in peers.values() if peer.in_node] == ["Prism", "Prism -d", "aimock"]


def test_a_server_that_ends_at_once_is_named_with_its_last_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nobody waits for a process that is gone."""
    program = tmp_path / "server.py"
    program.write_text("raise SystemExit('no fixtures here')", encoding="utf-8")
    monkeypatch.setattr("peers.run.environments.install", lambda *_, **__: tmp_path)
    peer = Peer("Server", ("server==1.0",), ("python", str(program)), "", "model", "key")
    with pytest.raises(StartError, match="Server does not listen on its port: no fixtures here"), serving(peer):
        pass


def test_an_unknown_name_is_refused_with_the_names_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    """The command ends with 2."""
    with pytest.raises(SystemExit, match="2"):
        main(["Postman"])
    assert "no server is named Postman: there are Prism, Prism -d, LiteLLM proxy" in capsys.readouterr().err


def test_what_is_mended_is_the_only_entry_to_delete() -> None:
    """Three runs that end as they are to end are no problem; each that does not is one sentence."""
    entries = [known_deviations.MENDED, FIRST]
    stale = (1, f"FAILED\nKnown deviations to delete, which fail this run:\n  {known_deviations.MENDED}\n")
    assert known_deviations.problems((1, ""), (0, ""), stale, entries) == []
    assert len(known_deviations.problems((0, ""), (1, ""), (0, ""), [])) == 3
    both = (1, f"{stale[1]}  {FIRST}")
    assert len(known_deviations.problems((1, ""), (0, ""), both, entries)) == 1


def test_the_mended_proxy_differs_in_its_configuration_alone(tmp_path: Path) -> None:
    """The same program with the same models, and a hook that lies beside its configuration."""
    peer = next(one for one in read_peers() if one.name == known_deviations.NAME)
    other = known_deviations.mended(peer, tmp_path)
    assert [part for part in other.command if part not in peer.command] == [str(tmp_path / "litellm.yaml")]
    assert (tmp_path / "known_keys.py").exists()
    written = yaml.safe_load((tmp_path / "litellm.yaml").read_text(encoding="utf-8"))
    first = yaml.safe_load((FOLDER / "litellm.yaml").read_text(encoding="utf-8"))
    assert written["general_settings"].pop("custom_auth") == "known_keys.user_api_key_auth"
    assert written == first
