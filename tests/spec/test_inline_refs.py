"""References that overlays need in place are replaced by what they name, and the meaning stays."""

import copy
from typing import Any

import pytest

from schemas_at import canonical_form, positions
from spec.errors import InputError
from spec.inline_refs import inline_refs
from variations import PIN, REF, hoisted

REQUEST = "POST /embeddings request application/json"


def pin() -> Any:
    """Return the pin, to be changed."""
    return copy.deepcopy(PIN)


def test_inlining_keeps_the_meaning() -> None:
    """Before and after, every body and parameter accepts the same."""
    inlined = inline_refs(hoisted(pin()))
    for position, schema in positions(inlined).items():
        before = canonical_form(PIN, positions(PIN)[position])
        assert before == canonical_form(inlined, schema), position


def test_the_document_given_stays_as_it_is() -> None:
    """Inlining works on a copy, and what is put in two places is two things."""
    tree = hoisted(pin())
    before = copy.deepcopy(tree)
    inlined = inline_refs(tree)
    assert tree == before
    responses = inlined["paths"]["/embeddings"]["post"]["responses"]
    responses["400"]["description"] = "changed"
    assert tree == before


def test_a_body_that_contains_itself_is_left_a_reference() -> None:
    """Inlining it would never end."""
    tree = pin()
    post = tree["paths"]["/embeddings"]["post"]["requestBody"]["content"]["application/json"]
    post["schema"]["properties"]["again"] = {"$ref": REF + "Again"}
    tree["components"]["schemas"]["Again"] = post["schema"]
    post["schema"] = {"$ref": REF + "Again"}
    assert positions(inline_refs(tree))[REQUEST] == {"$ref": REF + "Again"}


def test_a_schema_that_a_discriminator_chooses_stays_a_component() -> None:
    """A mapping can only name components."""
    tree = pin()
    media = tree["paths"]["/embeddings"]["post"]["responses"]["200"]["content"]["application/json"]
    name = "PostEmbeddingsResponsesContentApplicationJsonSchemaCat"
    tree["components"]["schemas"][name] = {"type": "object", "properties": {"kind": {"type": "string"}}}
    media["schema"]["properties"]["pet"] = {"oneOf": [{"$ref": REF + name}]}
    assert "$ref" not in str(positions(inline_refs(tree))["POST /embeddings 200 application/json"]["properties"]["pet"])
    media["schema"]["properties"]["pet"]["discriminator"] = {"propertyName": "kind", "mapping": {"cat": REF + name}}
    pet = positions(inline_refs(tree))["POST /embeddings 200 application/json"]["properties"]["pet"]
    assert pet["oneOf"] == [{"$ref": REF + name}]


def test_references_that_multiply_without_end_are_refused() -> None:
    """Unions that each hold the next one twice double with every step: 24 of them would be 16 million schemas."""
    tree = pin()
    for step in range(24):
        below = {"$ref": REF + f"S{step + 1}"}
        branch = {"type": "object", "properties": {"a": below, "b": below}}
        tree["components"]["schemas"][f"S{step}"] = {"anyOf": [branch, {"type": "string"}]}
    tree["components"]["schemas"]["S24"] = {"type": "string"}
    media = tree["paths"]["/embeddings"]["post"]["responses"]["200"]["content"]["application/json"]
    media["schema"]["properties"]["deep"] = {"$ref": REF + "S0"}
    with pytest.raises(InputError, match="references would have to be replaced by what they name"):
        inline_refs(tree)
