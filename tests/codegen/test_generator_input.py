"""The generator's input accepts the same documents as the contract."""

import copy
import functools
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema_rs.canonical import Containment
from schemathesis import GenerationMode

from codegen.generator_input import build_generator_input, read_workarounds
from schemas_at import canonical_form, positions, validator, with_probes
from spec.canonical import json_text
from spec.contract import build_contract
from spec.overlays import apply

PIN = yaml.safe_load((Path(__file__).parents[2] / "openapi.yaml").read_text(encoding="utf-8"))
CONTRACT, _ = build_contract(PIN)
WORKAROUNDS = read_workarounds()
PROBED = with_probes(CONTRACT)
GENERATOR_INPUT, _ = apply(PROBED, WORKAROUNDS)
POSITIONS = sorted(positions(PROBED))
COMPONENTS = sorted(CONTRACT["components"]["schemas"])

SMALL = (
    st.none() | st.booleans() | st.integers(-2, 1001) | st.floats(-2, 2) | st.sampled_from(["", "a", "text", "float"])
)
VALUES = st.recursive(
    SMALL,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=6,
)


@functools.cache
def validators(position: str) -> tuple[Any, Any]:
    """Return the validators of one position: the contract's, and the generator's."""
    schemas = positions(PROBED)[position], positions(GENERATOR_INPUT)[position]
    return validator(PROBED, schemas[0]), validator(GENERATOR_INPUT, schemas[1])


@functools.cache
def documents(position: str) -> st.SearchStrategy[Any]:
    """Return documents that the contract's or the generator's schema of a position asks for, good and bad."""
    sources = []
    for document in (PROBED, GENERATOR_INPUT):
        body = {"required": True, "content": {"application/json": {"schema": positions(document)[position]}}}
        post = {"requestBody": body, "responses": {"200": {"description": ""}}}
        api = schemathesis.openapi.from_dict({**document, "security": [], "paths": {"/": {"post": post}}})
        sources += [
            api["/"]["POST"]
            .as_strategy(generation_mode=mode)
            .map(lambda case: case.body)
            .filter(lambda body: isinstance(body, dict | list | str | int | float | None))
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        ]
    return st.one_of(sources)


@st.composite
def changed(draw: st.DrawFn, documents: st.SearchStrategy[Any]) -> Any:
    """Draw a document and put something else somewhere in it, up to three times."""
    root = {"document": copy.deepcopy(draw(documents))}
    for _ in range(draw(st.integers(0, 3))):
        holder: Any = root
        while True:
            keys = sorted(holder) if isinstance(holder, dict) else range(len(holder))
            key = draw(st.sampled_from(keys))
            inner = holder[key]
            if not (isinstance(inner, dict | list) and inner) or draw(st.integers(0, 3)) == 0:
                break
            holder = inner
        if holder is root or draw(st.booleans()):
            holder[key] = draw(VALUES)
        else:
            del holder[key]
    return root["document"]


@pytest.mark.parametrize("position", POSITIONS)
def test_both_schemas_of_a_position_are_proved_to_accept_the_same(position: str) -> None:
    """Schema algebra says of the contract's schema and the generator's that each covers the other."""
    contract = canonical_form(PROBED, positions(PROBED)[position])
    generator = canonical_form(GENERATOR_INPUT, positions(GENERATOR_INPUT)[position])
    assert contract.covers(generator) == Containment.YES
    assert generator.covers(contract) == Containment.YES


def test_the_algebra_tells_a_schema_that_accepts_more() -> None:
    """A generator's schema that lets one null in more is not proved equal: the proof above can fail."""
    position = "POST /embeddings request application/json"
    loose = copy.deepcopy(GENERATOR_INPUT)
    model = loose["components"]["schemas"]["EmbeddingsRequest"]["properties"]["model"]
    model["type"] = ["string", "null"]
    contract = canonical_form(PROBED, positions(PROBED)[position])
    assert contract.covers(canonical_form(loose, positions(loose)[position])) != Containment.YES


@pytest.mark.parametrize("position", [name for name in POSITIONS if " 4" not in name and " 5" not in name])
def test_both_schemas_of_a_position_accept_the_same_documents(position: str) -> None:
    """Documents made from either schema, good, bad and changed at random, are valid for both or for neither."""
    contract, generator = validators(position)

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(changed(documents(position)))
    def check(document: Any) -> None:
        assert contract.is_valid(document) == generator.is_valid(document)

    check()


def test_every_component_is_among_the_positions() -> None:
    """The probe has a property for each component, and the workarounds keep it there."""
    for document in (PROBED, GENERATOR_INPUT):
        assert sorted(positions(document)["POST /probe request application/json"]["properties"]) == COMPONENTS


# Any schema at all.

NAMES = st.sampled_from("abc")
TYPES = st.sampled_from(["string", "number", "integer", "boolean", "object", "array", "null"])
SCALARS = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.5, "", "a", "A", "a-a", "a_a", "b"])
ENUMS = st.lists(SCALARS, min_size=1, max_size=4, unique_by=lambda value: (type(value).__name__, value))
LEAVES: st.SearchStrategy[Any] = st.one_of(
    st.booleans(),
    st.just({}),
    TYPES.map(lambda name: {"type": name}),
    st.lists(TYPES, min_size=2, max_size=3, unique=True).map(lambda names: {"type": names}),
    ENUMS.map(lambda values: {"enum": values}),
    SCALARS.map(lambda value: {"const": value}),
    st.lists(st.sampled_from(["a", "b", "a-b"]), min_size=1, max_size=3, unique=True).map(
        lambda values: {"type": ["string", "null"], "enum": [*values, None]}
    ),
    st.just({"$ref": "#/components/schemas/Enumeration"}),
    st.just({"$ref": "#/components/schemas/Object"}),
    st.just({"type": "string", "default": "a"}),
)


def composed(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return schemas made of others."""
    some = st.lists(inner, min_size=1, max_size=3)
    types = st.sampled_from(["object", ["object", "null"]])
    return st.one_of(
        some.map(lambda parts: {"anyOf": parts}),
        some.map(lambda parts: {"oneOf": parts}),
        some.map(lambda parts: {"allOf": parts}),
        inner.map(lambda part: {"allOf": [part, {"anyOf": [part, {"type": "null"}]}]}),
        inner.map(lambda part: {"type": "array", "items": part}),
        st.builds(
            lambda kind, parts, extra: {"type": kind, "properties": parts, "additionalProperties": extra},
            types,
            st.dictionaries(NAMES, inner, min_size=1, max_size=2),
            inner,
        ),
        st.builds(
            lambda part, more: {**more, "description": "d", **part} if isinstance(part, dict) else part,
            inner,
            inner.filter(lambda part: isinstance(part, dict)),
        ),
    )


SCHEMAS = st.recursive(LEAVES, composed, max_leaves=6)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    SCHEMAS,
    SCHEMAS,
    st.lists(
        st.recursive(
            SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2), max_leaves=4
        ),
        min_size=5,
        max_size=12,
    ),
)
def test_any_schema_keeps_its_meaning(schema: Any, component: Any, values: list[Any]) -> None:
    """Whatever upstream may write, in place or as a component, the generator's form of it accepts the same."""
    component = {"allOf": [component]} if isinstance(component, bool) else component
    body = {"type": "object", "properties": {"value": schema, "named": {"$ref": "#/components/schemas/Drawn"}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/": {"post": {"requestBody": {"content": {"application/json": {"schema": body}}}, "responses": {"200": {"description": ""}}}}},
        "components": {
            "schemas": {
                "Drawn": component,
                "Enumeration": {"type": ["string", "null"], "enum": ["a", "b", None]},
                "Object": {"type": ["object", "null"], "properties": {"a": {"type": "integer"}}},
            }
        },
    }  # fmt: skip
    worked_around, _ = apply(document, WORKAROUNDS)
    position = "POST / request application/json"
    before, after = (validator(one, positions(one)[position]) for one in (document, worked_around))
    for value in values:
        for key in ("value", "named"):
            assert before.is_valid({key: value}) == after.is_valid({key: value}), json_text(
                [key, value, schema, component]
            )


def test_each_workaround_has_its_effect_on_the_contract() -> None:
    """No action is there for nothing: one that the generator no longer needs is found at once."""
    _, misses = build_generator_input(CONTRACT)
    assert [str(miss) for miss in misses] == []
    assert WORKAROUNDS
    assert all(action.description for action in WORKAROUNDS)


def test_without_overlays_the_contract_is_the_generators_input(tmp_path: Path) -> None:
    """No workaround, no change and no miss; the contract given is not touched."""
    before = json_text(CONTRACT)
    generator_input, misses = build_generator_input(CONTRACT, tmp_path)
    assert (json_text(generator_input), misses) == (before, [])
    assert json_text(CONTRACT) == before
