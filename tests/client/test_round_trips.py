"""Every model decodes what it encodes and encodes what it decodes, for any values at all."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs
import jsonschema_rs
import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import openrouter_embeddings
from openrouter_embeddings import Unset, models
from openrouter_embeddings._model import JsonModel
from openrouter_embeddings._types import UNSET, Length, Null, OpenEnum

MODELS: dict[str, type[JsonModel]] = {
    name: model
    for name, model in sorted(vars(models).items())
    if isinstance(model, type) and issubclass(model, JsonModel) and model.__module__ == models.__name__
}
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example, HealthCheck.filter_too_much]
trials = settings(max_examples=30, deadline=None, suppress_health_check=SLOW)
few_trials = settings(trials, max_examples=8)

texts = st.text(st.characters(codec="utf-8"), max_size=8)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=4,
)


def written(value: Any) -> Any:
    """What arrives when a value is sent as JSON."""
    return json.loads(json.dumps(value, allow_nan=False))


def values_of(declared: Any) -> st.SearchStrategy[Any]:
    """Any value that a type hint of a model allows."""
    arguments = get_args(declared)
    match get_origin(declared):
        case origin if declared == Null:
            return st.none()
        case origin if origin is Annotated and isinstance(arguments[1], Length):
            return values_of(arguments[0]).filter(lambda value: len(value) >= arguments[1].minimum)
        case origin if origin is Annotated:
            return st.integers(min_value=int(arguments[1].minimum))
        case origin if origin in {Union, UnionType}:
            return st.one_of([values_of(member) for member in arguments])
        case origin if origin is Literal:
            return st.just(arguments[0])
        case origin if origin is dict:
            return st.dictionaries(texts, values_of(arguments[1]), max_size=2)
        case origin if origin is not None:
            return st.lists(values_of(arguments[0]), max_size=3)
    plain: dict[Any, st.SearchStrategy[Any]] = {
        Any: json_values,
        NoneType: st.none(),
        Unset: st.just(UNSET),
        bool: st.booleans(),
        int: st.integers(),
        float: st.floats(allow_nan=False, allow_infinity=False),
        str: texts,
    }
    if declared in plain:
        return plain[declared]
    if issubclass(declared, OpenEnum):
        return st.sampled_from(list(declared)) | texts.map(declared)
    return st.deferred(lambda: objects_of(declared))


def objects_of(model: type[JsonModel]) -> st.SearchStrategy[JsonModel]:
    """Any object of a model, unknown fields included."""
    hints = get_type_hints(model, localns=vars(models), include_extras=True)
    declared = [field for field in attrs.fields(model) if not field.inherited]
    hints = {field.name: hints[field.name] for field in declared}
    keys = {field.metadata.get("json", field.name) for field in declared} | {"additional_properties"}
    unknown = st.dictionaries(texts.filter(lambda key: key not in keys), json_values, max_size=2)
    return st.builds(model, additional_properties=unknown, **{name: values_of(hint) for name, hint in hints.items()})


def without_none(value: Any) -> Any:
    """A value in which None stands for everything that is absent."""
    if isinstance(value, JsonModel):
        fields = [field.name for field in attrs.fields(type(value)) if not field.inherited]
        own = {name: without_none(getattr(value, name)) for name in fields}
        return type(value).__name__, own, value.additional_properties
    if isinstance(value, list):
        return [without_none(item) for item in value]
    return None if value is UNSET else value


@cache
def contract_schemas() -> dict[str, Any]:
    """The schema of each model by its class name: components, and what carries a title inline."""
    folder = Path(openrouter_embeddings.__file__).parent
    document = yaml.safe_load((folder / "openapi.yaml").read_text(encoding="utf-8"))
    schemas: dict[str, Any] = {}

    def collect(node: Any) -> None:
        if isinstance(node, list):
            for item in node:
                collect(item)
        elif isinstance(node, dict):
            if "properties" in node and isinstance(node.get("title"), str):
                schemas[node["title"]] = node
            for item in node.values():
                collect(item)

    collect(document)
    return {**document["components"]["schemas"], **schemas}


@cache
def generated() -> schemathesis.schemas.BaseSchema:
    """A document with one operation per model, whose body is that model: schemathesis makes such bodies."""
    schemas = contract_schemas()
    return schemathesis.openapi.from_dict(
        {
            "openapi": "3.1.0",
            "info": {"title": "models", "version": "1"},
            "components": {"schemas": schemas},
            "paths": {
                f"/{name}": {
                    "post": {
                        "requestBody": {
                            "required": True,
                            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}},
                        },
                        "responses": {"200": {"description": "none is sent"}},
                    }
                }
                for name in MODELS
            },
        }
    )


def contract_json(name: str) -> st.SearchStrategy[Any]:
    """Any JSON that the contract allows for a model, but the null that some may be."""
    cases = generated()[f"/{name}"]["POST"].as_strategy()
    return cases.map(lambda case: case.body).filter(lambda body: isinstance(body, dict))


def test_each_model_has_its_schema_in_the_contract() -> None:
    """No class is without a schema, so that the properties below speak of them all."""
    assert len(MODELS) > 25
    assert set(MODELS) <= set(contract_schemas())


@pytest.mark.parametrize("name", MODELS)
def test_decoding_what_was_encoded_gives_an_equal_object(name: str) -> None:
    """decode(encode(x)) == x for any object, through JSON text; in requests None and `UNSET` are both absence."""
    model = MODELS[name]

    @trials
    @given(objects_of(model))
    def holds(value: JsonModel) -> None:
        assert without_none(model.from_dict(written(value.to_dict()))) == without_none(value)

    holds()


@pytest.mark.parametrize("name", MODELS)
def test_encoding_what_was_decoded_gives_the_same_json(name: str) -> None:
    """encode(decode(json)) == json for any JSON that the contract allows: every such response can be decoded."""
    model = MODELS[name]
    validator = jsonschema_rs.Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": {"schemas": contract_schemas()}}
    )

    @(few_trials if name in {"Model", "ModelsListResponse"} else trials)
    @given(contract_json(name))
    def holds(document: Any) -> None:
        assert validator.is_valid(document)
        assert model.from_dict(document).to_dict() == document

    holds()


@pytest.mark.parametrize("name", MODELS)
def test_encoding_what_was_decoded_keeps_unknown_fields(name: str) -> None:
    """The same holds for JSON with fields that the contract does not know, whatever their values."""
    model = MODELS[name]
    keys = {field.metadata.get("json", field.name) for field in attrs.fields(model)}
    unknown = st.dictionaries(texts.filter(lambda key: key not in keys), json_values, min_size=1, max_size=3)

    @few_trials
    @given(objects_of(model).map(lambda value: written(value.to_dict())), unknown)
    def holds(document: Any, fields: dict[str, Any]) -> None:
        whole = {**document, **fields}
        result = model.from_dict(whole)
        assert result.to_dict() == whole
        assert fields.items() <= result.additional_properties.items()

    holds()
