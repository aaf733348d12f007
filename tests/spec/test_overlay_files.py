"""Overlay files are checked when they are read: what is wrong with one is said by file and action."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from spec.correction_rules import CORRECTION_RULES
from spec.errors import InputError
from spec.overlay_files import read_overlays


def overlay(**changes: Any) -> dict[str, Any]:
    """Return a good overlay, changed; None drops a key."""
    data: dict[str, Any] = {
        "overlay": "1.1.0",
        "info": {"title": "t", "version": "1"},
        "actions": [{"target": "$.a", "update": {"x": 1}, "x-evidence": "seen", "x-date": "2026-08-22"}],
    }
    return {key: value for key, value in (data | changes).items() if value is not None}


def one_action(**changes: Any) -> dict[str, Any]:
    """Return a good overlay whose action is changed; None drops a key."""
    data = overlay()["actions"][0] | changes
    return overlay(actions=[{key: value for key, value in data.items() if value is not None}])


def write(folder: Path, data: Any, name: str = "one.overlay.yaml") -> None:
    """Write an overlay file."""
    (folder / name).write_text(data if isinstance(data, str) else yaml.safe_dump(data), encoding="utf-8")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("[1, 2]\n", "one.overlay.yaml holds [1, 2] where an overlay (a mapping) is expected."),
        (overlay(overlay=None), "'overlay' is None, expected 1.0.x or 1.1.x."),
        (overlay(overlay="2.0.0"), "'overlay' is '2.0.0', expected 1.0.x or 1.1.x."),
        (overlay(overlay=1.1), "'overlay' is 1.1, expected 1.0.x or 1.1.x."),
        (overlay(info=None), "'info' has no text 'title': an overlay says what it is"),
        (overlay(info={"title": "Words", "version": 1.0}), "'info' has no text 'version': an overlay says what it is"),
        (overlay(actoins=[]), "unknown key 'actoins', expected one of"),
        (overlay(actions=None), "'actions' is not a list with at least one action."),
        (overlay(actions=[]), "'actions' is not a list with at least one action."),
        (overlay(actions=["$.a"]), "action 1: expected a mapping with a 'target'."),
        (one_action(target=None), "action 1: expected a mapping with a 'target'."),
        (one_action(target="$.a["), "action 1: 'target' is no RFC 9535 JSONPath:"),
        (one_action(target="a.b"), "action 1: 'target' is no RFC 9535 JSONPath:"),
        (one_action(update=None), "action 1: has no verb, expected exactly one of"),
        (one_action(remove=True), "action 1: has ['update', 'remove'], expected exactly one of"),
        (one_action(update=None, remove="yes"), "action 1: 'remove' is 'yes', expected true."),
        (one_action(update=None, copy=1), "action 1: 'copy' is 1, expected an RFC 9535 JSONPath."),
        (one_action(update=None, copy="$["), "action 1: 'copy' is no RFC 9535 JSONPath:"),
        (one_action(update=None, remove=False), "action 1: has no verb, expected exactly one of"),
        (one_action(updaet={}), "action 1: unknown key 'updaet', expected one of"),
        (overlay(actions=[{"target": "$", "x-rule": "no-such-rule"}]), "action 1: unknown rule 'no-such-rule'"),
        (overlay(actions=[{"target": "$", "x-rule": ["open-responses"]}]), "action 1: unknown rule ['open-responses']"),
    ],
)
def test_a_malformed_overlay_is_refused_in_one_sentence(tmp_path: Path, data: Any, sentence: str) -> None:
    """The sentence names the file, the action, what was found and what was expected."""
    write(tmp_path, data)
    with pytest.raises(InputError) as refused:
        read_overlays(tmp_path, rules=CORRECTION_RULES)
    assert "one.overlay.yaml" in str(refused.value)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_not_removing_is_the_default(tmp_path: Path) -> None:
    """`remove: false` beside an update says what holds without it."""
    write(tmp_path, one_action(remove=False))
    assert [action.verb for action in read_overlays(tmp_path)] == ["update"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"x-evidence": None}, "a correction without 'x-evidence'"),
        ({"x-evidence": "  "}, "a correction without 'x-evidence'"),
        ({"x-evidence": ["seen"]}, "a correction without 'x-evidence'"),
        ({"x-date": None}, "'x-date' is None, expected a day as YYYY-MM-DD."),
        ({"x-date": "22.8.2026"}, "expected a day as YYYY-MM-DD."),
        ({"x-date": "20260822"}, "expected a day as YYYY-MM-DD."),
        ({"x-date": "2026-02-30"}, "expected a day as YYYY-MM-DD."),
    ],
)
def test_a_correction_says_why_and_since_when(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    """Evidence and an ISO date are demanded of corrections, and of nothing else."""
    write(tmp_path, one_action(**changes))
    assert len(read_overlays(tmp_path)) == 1
    with pytest.raises(InputError, match=r"one\.overlay\.yaml, action 1: ") as refused:
        read_overlays(tmp_path, evidence_required=True)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"update": {"type": "string"}}, "may only write description, summary, title, not 'type'."),
        ({"update": {"properties": {"a": {"minimum": 1}}}}, "not 'minimum'."),
        ({"update": {"description": 1}}, "not 'description'."),
        ({"update": "words"}, "not 'words'."),
        ({"update": None, "remove": True}, "documentation may only use 'update', not 'remove'."),
    ],
)
def test_documentation_only_writes_documentation(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    """Anything else in a folder of documentation is refused when it is read."""
    write(tmp_path, one_action(**changes))
    with pytest.raises(InputError, match=r"one\.overlay\.yaml, action 1: ") as refused:
        read_overlays(tmp_path, documentation_only=True)
    assert sentence in str(refused.value)


def test_actions_come_by_file_name_then_by_position(tmp_path: Path) -> None:
    """The order of application is the order of the names, whatever order the folder is listed in."""
    for name in ("b", "a"):
        write(
            tmp_path,
            overlay(actions=[{"target": f"$.{name}{n}", "remove": True} for n in range(2)]),
            f"{name}.overlay.yaml",
        )
    write(tmp_path, "not an overlay", "notes.yaml")
    found = [(item.file, item.position, item.target) for item in read_overlays(tmp_path)]
    assert found == [
        ("a.overlay.yaml", 1, "$.a0"),
        ("a.overlay.yaml", 2, "$.a1"),
        ("b.overlay.yaml", 1, "$.b0"),
        ("b.overlay.yaml", 2, "$.b1"),
    ]


def test_a_rule_is_one_of_those_that_the_reader_is_given(tmp_path: Path) -> None:
    """The action carries the rule itself; a name of another table is unknown."""
    write(tmp_path, overlay(actions=[{"target": "$", "x-rule": "open-responses"}]))
    (action,) = read_overlays(tmp_path, rules=CORRECTION_RULES)
    assert action.rule is CORRECTION_RULES["open-responses"]
    with pytest.raises(InputError, match=r"unknown rule 'open-responses', expected one of \['generator-form'\]"):
        read_overlays(tmp_path, rules={"generator-form": CORRECTION_RULES["open-responses"]})
