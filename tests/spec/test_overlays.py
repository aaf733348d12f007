"""The applier follows the Overlay specification, and says where an overlay or an action of it is at fault."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from spec.errors import Refusal
from spec.overlays import Action, apply, read_folder

KEYS = st.sampled_from(["a", "b", "c", "description"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("xyz", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(KEYS, JSON, max_size=4)


def action(verb: str, target: str, argument: Any, **more: Any) -> Action:
    """Return an action as one file would hold it."""
    return Action(
        file="f.overlay.yaml", position=1, target=target, verb=verb, argument=argument, description="", **more
    )


def after(document: Any, *actions: Action) -> Any:
    """Return what the actions make of a document; each has its effect."""
    result, misses = apply(document, actions)
    assert [str(miss) for miss in misses] == []
    return result


def misses(document: Any, *actions: Action) -> list[str]:
    """Return what the actions did not do to a document."""
    result, found = apply(document, actions)
    assert found, result
    return [str(miss) for miss in found]


@pytest.mark.parametrize(
    ("document", "target", "value", "expected"),
    [
        ({"a": {"x": 1}}, "$.a", {"y": 2}, {"a": {"x": 1, "y": 2}}),
        ({"a": {"x": 1}}, "$.a", {"x": 2}, {"a": {"x": 2}}),
        ({"a": {"x": {"p": 1}}}, "$.a", {"x": {"q": 2}}, {"a": {"x": {"p": 1, "q": 2}}}),
        ({"a": {"x": [1]}}, "$.a", {"x": [2]}, {"a": {"x": [1, 2]}}),
        ({"a": {"x": "1"}}, "$.a", {"x": None}, {"a": {"x": None}}),
        ({"a": 1}, "$", {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1}, "$.a", 2, {"a": 2}),
        ({"a": [1]}, "$.a", 2, {"a": [1, 2]}),
        ({"a": [1]}, "$.a", {"x": 2}, {"a": [1, {"x": 2}]}),
        ({"a": [1]}, "$.a", [2, 3], {"a": [1, 2, 3]}),
        ({"a": {"p": {}, "q": {}}}, "$.a[*]", {"x": 1}, {"a": {"p": {"x": 1}, "q": {"x": 1}}}),
        ({"a": [{"n": 1}, {"n": 2}]}, "$.a[?@.n == 2]", {"x": 1}, {"a": [{"n": 1}, {"n": 2, "x": 1}]}),
    ],
)
def test_an_update_merges_objects_joins_lists_and_replaces_single_values(
    document: Any, target: str, value: Any, expected: Any
) -> None:
    """What the specification says of each pair of kinds holds, at the target and below it."""
    assert after(document, action("update", target, value)) == expected


def test_a_list_merged_into_a_list_is_one_item_more_in_version_1_0() -> None:
    """Version 1.0 appends the value, version 1.1 joins the lists."""
    assert after({"a": [1]}, action("update", "$.a", [2], version="1.0")) == {"a": [1, [2]]}
    assert after({"a": [1]}, action("update", "$.a", [2], version="1.1")) == {"a": [1, 2]}


@pytest.mark.parametrize(
    ("document", "target", "value"),
    [
        ({"a": {"x": 1}}, "$.a", 2),
        ({"a": {"x": 1}}, "$.a", {"x": [2]}),
        ({"a": {"x": [1]}}, "$.a", {"x": 2}),
        ({"a": {"x": [1]}}, "$.a", {"x": {"y": 2}}),
        ({"a": 1}, "$.a", {"x": 2}),
        ({"a": 1}, "$", [2]),
    ],
)
def test_values_of_different_kinds_do_not_merge(document: Any, target: str, value: Any) -> None:
    """The specification calls such a pair an error: nothing is changed, and the action is reported."""
    result, found = apply(document, [action("update", target, value)])
    assert result == document
    assert "cannot merge" in found[0].reason


def test_several_items_of_one_list_are_removed_together() -> None:
    """Positions stay true while items go, also past the tenth."""
    document = {"a": [{"n": n} for n in range(25)]}
    assert after(document, action("remove", "$.a[?@.n > 3]", argument=True)) == {"a": [{"n": n} for n in range(4)]}


def test_an_item_and_what_holds_it_are_removed_together() -> None:
    """A match inside another match does not stop the outer one from going."""
    assert after({"x": {"x": {"x": 1}}, "y": 1}, action("remove", "$..x", argument=True)) == {"y": 1}


def test_the_whole_document_is_not_removed() -> None:
    """A removal of the root is reported and leaves everything."""
    document = {"a": 1}
    result, found = apply(document, [action("remove", "$", argument=True)])
    assert (result, found[0].reason) == (document, "cannot remove the whole document")


def test_a_copy_merges_one_node_into_others() -> None:
    """The node named by `copy` is merged as a value would be, and is no alias of the original."""
    document = {"a": {"x": {"deep": [1]}}, "b": {}, "c": {"x": 0}}
    result = after(document, action("copy", "$.b", "$.a"))
    assert result == {"a": {"x": {"deep": [1]}}, "b": {"x": {"deep": [1]}}, "c": {"x": 0}}
    result["b"]["x"]["deep"].append(2)
    assert result["a"]["x"]["deep"] == [1]


@pytest.mark.parametrize(("source", "count"), [("$.nothing", 0), ("$.a[*]", 2)])
def test_a_copy_has_one_source(source: str, count: int) -> None:
    """No source, or more than one, is reported with the number found."""
    found = misses({"a": [{}, {}], "b": {}}, action("copy", "$.b", source))
    assert f"matches {count} nodes, expected exactly one" in found[0]


def test_actions_see_what_earlier_ones_did() -> None:
    """They are applied in order, each to the result of the one before."""
    first, second = action("update", "$", {"b": {}}), action("update", "$.b", {"c": 1})
    assert after({"a": 1}, first, second) == {"a": 1, "b": {"c": 1}}


def test_an_action_without_effect_is_named_by_file_position_and_target() -> None:
    """Matching nothing and changing nothing are two misses with a place each."""
    found = misses({"a": {"x": 1}}, action("update", "$.b", {"x": 1}), action("update", "$.a", {"x": 1}))
    assert found == [
        "f.overlay.yaml, action 1 (target $.b) matches nothing",
        "f.overlay.yaml, action 1 (target $.a) changes nothing",
    ]


def test_what_stands_in_two_places_is_two_things() -> None:
    """An object that a YAML alias put in two places is changed only in the one that is meant."""
    shared = {"x": 1}
    document = {"a": shared, "b": shared}
    assert after(document, action("update", "$.a", {"y": 2})) == {"a": {"x": 1, "y": 2}, "b": {"x": 1}}


def test_numbers_and_truth_values_are_different() -> None:
    """Turning 1 into true changes a document, although Python holds the two to be equal."""
    assert after({"a": 1}, action("update", "$.a", argument=True))["a"] is True


@given(OBJECTS, st.sampled_from(["$.a", "$..b", "$[*]", "$.a[*]", "$..[?@.a]", "$.a[0, 1]"]), JSON)
def test_the_document_given_is_never_touched(document: Any, target: str, value: Any) -> None:
    """Whatever the actions are, they work on a copy; a miss leaves even that as it was."""
    before = copy.deepcopy(document)
    for verb, argument in (("update", value), ("remove", True), ("copy", "$.c")):
        result, found = apply(document, [action(verb, target, argument)])
        assert document == before
        assert (result == before) == bool(found)


@given(OBJECTS, OBJECTS)
def test_a_merged_object_has_every_key_of_both(document: dict[str, Any], value: dict[str, Any]) -> None:
    """Nothing is lost, and what only one side has is as that side has it."""
    result, found = apply(document, [action("update", "$", value)])
    if found:
        assert result == document
        return
    assert result.keys() == document.keys() | value.keys()
    for key in result.keys() - (document.keys() & value.keys()):
        assert result[key] == (document | value)[key]


@given(st.lists(st.integers(0, 40), max_size=40))
def test_what_remains_of_a_list_keeps_its_order(items: list[int]) -> None:
    """Removing by a condition is filtering."""
    expected = [item for item in items if item >= 20]
    if expected == items:
        assert "matches nothing" in misses({"a": items}, action("remove", "$.a[?@ < 20]", argument=True))[0]
    else:
        assert after({"a": items}, action("remove", "$.a[?@ < 20]", argument=True)) == {"a": expected}


# Words.


def test_words_are_written_only_on_what_is_there() -> None:
    """The words for a property that a document does not have are reported and make no property."""
    document = {"properties": {"a": {"type": "string"}}}
    words = {"description": "D", "properties": {"a": {"description": "A"}, "b": {"description": "B"}}}
    result, found = apply(document, [action("update", "$", words, words_only=True)])
    assert result == {"description": "D", "properties": {"a": {"type": "string", "description": "A"}}}
    assert [miss.reason for miss in found] == ["finds no properties.b to describe"]


def test_a_property_called_description_is_described() -> None:
    """Words under a property's name are its words, not the name's value."""
    document = {"properties": {"description": {"type": "string"}}}
    words = {"properties": {"description": {"description": "D"}}}
    result = after(document, action("update", "$", words, words_only=True))
    assert result == {"properties": {"description": {"type": "string", "description": "D"}}}


def test_words_do_not_take_the_place_of_a_schema() -> None:
    """A string meant for the property called description leaves its schema alone."""
    document = {"properties": {"description": {"type": "string"}}}
    result, found = apply(document, [action("update", "$", {"properties": {"description": "D"}}, words_only=True)])
    assert (result, len(found)) == (document, 1)


# Files.


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
        (one_action(updaet={}), "action 1: unknown key 'updaet', expected one of"),
        (overlay(actions=[{"target": "$", "x-rule": "no-such-rule"}]), "action 1: unknown rule 'no-such-rule'"),
        (overlay(actions=[{"target": "$", "x-rule": ["open-responses"]}]), "action 1: unknown rule ['open-responses']"),
    ],
)
def test_a_malformed_overlay_is_refused_in_one_sentence(tmp_path: Path, data: Any, sentence: str) -> None:
    """The sentence names the file, the action, what was found and what was expected."""
    write(tmp_path, data)
    with pytest.raises(Refusal) as refused:
        read_folder(tmp_path)
    assert "one.overlay.yaml" in str(refused.value)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


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
    assert len(read_folder(tmp_path)) == 1
    with pytest.raises(Refusal, match=r"one\.overlay\.yaml, action 1: ") as refused:
        read_folder(tmp_path, evidence_required=True)
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
def test_documentation_only_writes_words(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    """Anything else in a folder of documentation is refused when it is read."""
    write(tmp_path, one_action(**changes))
    with pytest.raises(Refusal, match=r"one\.overlay\.yaml, action 1: ") as refused:
        read_folder(tmp_path, words_only=True)
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
    found = [(item.file, item.position, item.target) for item in read_folder(tmp_path)]
    assert found == [
        ("a.overlay.yaml", 1, "$.a0"),
        ("a.overlay.yaml", 2, "$.a1"),
        ("b.overlay.yaml", 1, "$.b0"),
        ("b.overlay.yaml", 2, "$.b1"),
    ]
