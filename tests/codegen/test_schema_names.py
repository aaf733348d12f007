"""Every schema that is to be a class becomes a component of the class's name."""

from typing import Any

from codegen.schema_names import titles_as_names
from one_operation import REF, answer, components, document, ref


def titled(tree: dict[str, Any]) -> list[str]:
    """Apply the rule of titles to all that has one; return what it reports."""
    return titles_as_names(tree, [("paths", "/o", "post", "responses", "200", "content", "application/json", "schema")])


def test_an_inline_schema_with_a_title_becomes_a_component() -> None:
    """Its place refers to it, and it needs no title any more."""
    tree = document({}, answer={"type": "object", "title": "Answer", "properties": {"x": {"type": "string"}}})
    assert titled(tree) == []
    assert answer(tree) == ref("Answer")
    assert components(tree) == {"Answer": {"type": "object", "properties": {"x": {"type": "string"}}}}


def test_equal_schemas_share_a_component_whatever_their_descriptions() -> None:
    """Two places with one title and one structure refer to one component."""
    part = {"type": "object", "title": "Part", "properties": {"description": {"type": "string"}}}
    tree = document({}, answer={"anyOf": [part, {"type": "array", "items": {**part, "description": "d"}}]})
    assert titled(tree) == []
    assert answer(tree) == {"anyOf": [ref("Part"), {"type": "array", "items": ref("Part")}]}


def test_of_different_schemas_with_one_title_the_second_gets_its_owners_name_in_front() -> None:
    """A third one keeps its place; that is reported, and nothing is lost."""
    one, two, three = ({"type": "object", "title": "Part", "properties": {name: {}}} for name in "abc")
    tree = document({"Owner": {"type": "object", "properties": {"x": one, "y": two, "z": three}}}, answer=ref("Owner"))
    assert titled(tree) == ["finds two different schemas titled 'Part'"]
    fields = components(tree)["Owner"]["properties"]
    assert (fields["x"], fields["y"]) == (ref("Part"), ref("OwnerPart"))
    assert fields["z"] == {"type": "object", "properties": {"c": {}}}


def test_a_component_is_renamed_to_its_title_with_all_references() -> None:
    """References follow, those of discriminators too; a title beside a reference renames what it refers to."""
    union = {
        "oneOf": [ref("Old"), ref("Kept")],
        "discriminator": {"propertyName": "k", "mapping": {"o": REF + "Old", "k": REF + "Kept"}},
    }
    tree = document(
        {"Old": {"type": "object", "title": "New"}, "Kept": {"type": "object"}, "Union": union},
        answer={**ref("Union"), "title": "Choice"},
    )
    assert titled(tree) == []
    assert answer(tree) == ref("Choice")
    assert components(tree)["Choice"] == {
        "oneOf": [ref("New"), ref("Kept")],
        "discriminator": {"propertyName": "k", "mapping": {"o": REF + "New", "k": REF + "Kept"}},
    }
    assert sorted(components(tree)) == ["Choice", "Kept", "New"]


def test_alternatives_without_a_title_are_called_after_the_property() -> None:
    """One gets the name of component and property, several get numbers; a name that is taken is left to its owner."""
    choice = {"type": "object", "properties": {"x": {"type": "string"}}}
    values = {"type": "string", "enum": ["a", "b"]}
    properties = {
        "data_kind": {"anyOf": [values, {"type": "null"}]},
        "choice": {"oneOf": [choice, values, {"type": "string"}]},
        "taken": {"anyOf": [values, {"type": "null"}]},
    }
    tree = document({"Thing": {"type": "object", "properties": properties}, "ThingTaken": choice}, answer=ref("Thing"))
    assert titled(tree) == []
    assert components(tree)["Thing"]["properties"] == {
        "data_kind": {"anyOf": [ref("ThingDataKind"), {"type": "null"}]},
        "choice": {"oneOf": [ref("ThingChoice1"), ref("ThingChoice2"), {"type": "string"}]},
        "taken": {"anyOf": [values, {"type": "null"}]},
    }
    assert components(tree)["ThingDataKind"] == values


def test_a_value_with_a_title_is_not_a_schema() -> None:
    """What a list of values holds is left alone, whatever its keys are called."""
    values = [{"title": "a", "properties": {}}, {"title": "b"}]
    tree = document({}, answer={"type": "object", "properties": {"kind": {"not": {"not": {"enum": values}}}}})
    assert titled(tree) == []
    assert components(tree) == {}
    assert answer(tree)["properties"]["kind"] == {"not": {"not": {"enum": values}}}
