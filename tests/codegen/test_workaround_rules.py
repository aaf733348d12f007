"""Each rule of the generator workarounds does what its name says, and leaves the rest alone."""

from codegen import workaround_rules as rules
from one_operation import answer, components, document, ref


def test_open_alternatives_move_from_a_component_to_the_references_to_it() -> None:
    """The component is one enumeration; references say that null or any string will do, and keep their descriptions."""
    opened = {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "string"}, {"type": "null"}]}
    tree = document({"E": opened}, answer={"type": "object", "properties": {"e": {**ref("E"), "description": "d"}}})
    rules.move_open_alternatives(tree, [("components", "schemas", "E")])
    assert components(tree)["E"] == {"type": "string", "enum": ["a"]}
    assert answer(tree)["properties"]["e"] == {
        "description": "d",
        "anyOf": [ref("E"), {"type": "string"}, {"type": "null"}],
    }


def test_the_security_of_the_document_is_that_of_operations_without_their_own() -> None:
    """An operation that needs no key keeps saying so."""
    tree = document({})
    tree["security"] = [{"key": []}]
    tree["paths"]["/public"] = {"get": {"security": []}}
    rules.security_per_operation(tree, [("paths", "/o", "post"), ("paths", "/public", "get")])
    assert tree["paths"]["/o"]["post"]["security"] == [{"key": []}]
    assert tree["paths"]["/public"]["get"]["security"] == []


def test_the_description_of_a_parameter_is_that_of_its_schema() -> None:
    """A schema with a description of its own keeps it; a parameter without a schema is left alone."""
    tree = document({})
    tree["paths"]["/o"]["post"]["parameters"] = [
        {"name": "a", "description": "A", "schema": {"type": "string"}},
        {"name": "b", "description": "B", "schema": {"type": "string", "description": "own"}},
        {"name": "c", "description": "C", "content": {}},
    ]
    rules.describe_parameter_schemas(tree, [("paths", "/o", "post", "parameters", n) for n in range(3)])
    a, b, c = tree["paths"]["/o"]["post"]["parameters"]
    assert (a["schema"]["description"], b["schema"]["description"], "schema" in c) == ("A", "own", False)
