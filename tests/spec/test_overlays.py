"""The applier follows the Overlay specification, and says where an overlay or an action of it is at fault."""

import copy
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec.overlays import Action, apply

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


@pytest.mark.parametrize("target", ["$.a[0,0]", "$.a[0,-3]", "$.a[0,0:1]"])
def test_a_node_that_is_selected_twice_is_one_node(target: str) -> None:
    """A path may name a node twice: it goes once, and its neighbor stays."""
    assert after({"a": [1, 2, 3]}, action("remove", target, argument=True)) == {"a": [2, 3]}


def test_a_value_is_merged_once_into_a_node_that_is_selected_twice() -> None:
    """A list is not joined twice."""
    assert after({"a": {"x": [1]}}, action("update", "$['a','a']", {"x": [2]})) == {"a": {"x": [1, 2]}}


@pytest.mark.parametrize("document", [{"a": [1], "b": 2}, {"a": [1], "b": {}}, {"a": 1, "b": {}}])
def test_one_value_is_merged_into_nodes_of_one_kind(document: Any) -> None:
    """The specification wants all objects, all lists or all single values: else nothing is changed."""
    result, found = apply(document, [action("update", "$['a','b']", 3)])
    assert result == document
    assert "expected nodes of one kind" in found[0].reason


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


def test_a_correction_that_upstream_has_mended_is_to_be_retired() -> None:
    """What sets what is there already, or removes what is gone, names the action to delete; another may have moved."""
    _, found = apply(
        {"a": {"x": 1}},
        [action("update", "$.a", {"x": 1}), action("remove", "$.b", argument=True), action("update", "$.b", {"x": 1})],
    )
    mended, removed, moved = (miss.advice for miss in found)
    assert mended == removed
    assert mended == "retire me: upstream has mended this itself; delete action 1 of f.overlay.yaml"
    assert moved.startswith("upstream no longer has what action 1 of f.overlay.yaml changes: delete the action if")


def test_a_documented_property_that_upstream_removed_has_a_sentence_of_its_own() -> None:
    """It was not mended: its words have nothing left to describe."""
    words = attrs.evolve(action("update", "$.a", {"b": {"description": "x"}}), documentation_only=True)
    _, (miss,) = apply({"a": {}}, [words])
    assert miss.advice == (
        "upstream has removed or renamed $.a.b, which f.overlay.yaml describes: delete or move its words"
    )


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


# Documentation.


def test_documentation_is_written_only_on_what_is_there() -> None:
    """The description of a property that a document does not have is reported and makes no property."""
    document = {"properties": {"a": {"type": "string"}}}
    documentation = {"description": "D", "properties": {"a": {"description": "A"}, "b": {"description": "B"}}}
    result, found = apply(document, [action("update", "$", documentation, documentation_only=True)])
    assert result == {"description": "D", "properties": {"a": {"type": "string", "description": "A"}}}
    assert [miss.reason for miss in found] == ["finds no properties.b to describe"]


def test_a_property_called_description_is_described() -> None:
    """Documentation under a property's name is that of the property, not the name's value."""
    document = {"properties": {"description": {"type": "string"}}}
    documentation = {"properties": {"description": {"description": "D"}}}
    result = after(document, action("update", "$", documentation, documentation_only=True))
    assert result == {"properties": {"description": {"type": "string", "description": "D"}}}


def test_documentation_does_not_take_the_place_of_a_schema() -> None:
    """A string meant for the property called description leaves its schema alone."""
    document = {"properties": {"description": {"type": "string"}}}
    result, found = apply(
        document, [action("update", "$", {"properties": {"description": "D"}}, documentation_only=True)]
    )
    assert (result, len(found)) == (document, 1)
