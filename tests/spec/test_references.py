"""What a document refers to, and what is reached through references."""

from typing import Any

import pytest

from one_operation import REF, answer, document, ref
from spec.errors import InputError
from spec.openapi_objects import root_of
from spec.references import (
    Component,
    outside_components,
    reachable,
    reachable_objects,
    recursive_schemas,
    rename_references,
    resolve,
    schema_names,
)


def reachable_schemas(tree: dict[str, Any]) -> set[str]:
    """Return the names of the schemas that the operations of a document reach."""
    return schema_names(reachable(tree, [outside_components(tree)]))


def test_reached_are_components_behind_references_of_any_kind() -> None:
    """Steps through other sections, circles and discriminators count; what nothing leads to does not."""
    tree = document(
        {
            "A": {"properties": {"b": ref("B")}},
            "B": {"items": ref("A")},
            "C": {"discriminator": {"propertyName": "k", "mapping": {"d": REF + "D"}}},
            "D": {},
            "Lost": ref("A"),
        },
        answer=ref("A"),
    )
    tree["components"]["responses"] = {"Bad": {"content": {"application/json": {"schema": ref("C")}}}}
    tree["paths"]["/o"]["post"]["responses"]["400"] = {"$ref": "#/components/responses/Bad"}
    assert reachable_schemas(tree) == {"A", "B", "C", "D"}
    assert schema_names(reachable(tree, [root_of(ref("B"), "schema")])) == {"A", "B"}


def test_security_schemes_are_reached_by_name() -> None:
    """A requirement of the document or of an operation names a scheme without a `$ref`."""
    tree = document({})
    tree["security"] = [{"one": []}]
    tree["paths"]["/o"]["post"]["security"] = [{"two": []}]
    tree["components"]["securitySchemes"] = {name: {"type": "http"} for name in ("one", "two", "three")}
    found = reachable(tree, [outside_components(tree)])
    assert set(found) == {Component("securitySchemes", "one"), Component("securitySchemes", "two")}


def test_each_component_is_met_once() -> None:
    """Objects reached in several ways, or in a circle, are given once."""
    tree = document({"A": {"properties": {"a": ref("A"), "b": ref("A")}}}, answer={"anyOf": [ref("A"), ref("A")]})
    met = [position.where for position in reachable_objects(tree, [outside_components(tree)])]
    assert met.count("/components/schemas/A") == 1
    assert len(met) == len(set(met))


def test_values_and_names_are_not_taken_for_references() -> None:
    """A property called `$ref` and a default that looks like a reference lead nowhere."""
    schema = {"properties": {"$ref": {"type": "string"}}, "default": {"$ref": REF + "Gone"}, "enum": [{"$ref": 1}]}
    assert reachable_schemas(document({"A": {}}, answer=schema)) == set()


def test_a_property_called_mapping_is_not_a_discriminator() -> None:
    """Only the references of a real discriminator are followed and renamed."""
    tree = document({"A": {}}, answer={"properties": {"discriminator": {"mapping": {"x": 1}}, "a": ref("A")}})
    assert reachable_schemas(tree) == {"A"}
    rename_references(tree, {"A": "B"})
    assert answer(tree)["properties"] == {"discriminator": {"mapping": {"x": 1}}, "a": ref("B")}


def test_recursive_schemas_are_those_that_reach_themselves() -> None:
    """In one step or in several; a schema that only leads to a circle is not in it."""
    tree = document({"A": ref("B"), "B": {"items": ref("A")}, "C": ref("A"), "D": {"not": ref("D")}, "E": {}})
    assert recursive_schemas(tree) == {"A", "B", "D"}


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        (ref("Gone"), "refers to #/components/schemas/Gone, which the document does not have"),
        ({"$ref": 5}, "/$ref is 5 where text is expected"),
        ({"$ref": "https://example.com/a"}, "which leaves the document"),
        ({"$ref": "#/components/responses/R"}, "where #/components/schemas/<name> is expected"),
    ],
)
def test_a_bad_reference_is_named_with_its_place(schema: Any, sentence: str) -> None:
    """The sentence says where it stands and what was expected."""
    tree = document({}, answer={"properties": {"a": schema}})
    with pytest.raises(InputError, match="/properties/a") as refused:
        reachable(tree, [outside_components(tree)])
    assert sentence in str(refused.value)


def test_a_missing_component_is_named_with_the_place_that_refers_to_it() -> None:
    """A requirement of security and a choice of a discriminator have places of their own."""
    tree = document({}) | {"security": [{}, {"gone": []}]}
    with pytest.raises(InputError, match=r"^/security/1 refers to #/components/securitySchemes/gone, which"):
        reachable(tree, [outside_components(tree)])
    chosen = {"discriminator": {"propertyName": "k", "mapping": {"a/b": "Gone"}}}
    tree = document({}, answer=chosen)
    with pytest.raises(InputError, match=r"/schema/discriminator/mapping/a~1b refers to #/components/schemas/Gone"):
        reachable(tree, [outside_components(tree)])


def test_references_are_resolved_to_the_end_unless_they_run_in_a_circle() -> None:
    """A reference to a reference gives what the last one names."""
    tree = document({"A": ref("B"), "B": {"type": "string"}, "C": ref("D"), "D": ref("C")})
    assert resolve(tree, ref("A"), "schema", "") == {"type": "string"}
    with pytest.raises(InputError, match="leads only to itself"):
        resolve(tree, ref("C"), "schema", "")
