"""The pin, varied as upstream has varied its document over time, and as it may yet."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import yaml

Tree: TypeAlias = dict[str, Any]
Variation: TypeAlias = Callable[[Tree], None]
REF = "#/components/schemas/"
NULL = {"type": "null"}
PIN: Tree = yaml.safe_load((Path(__file__).parents[1] / "openapi.yaml").read_text(encoding="utf-8"))


def varied(variations: list[Variation]) -> Tree:
    """Return the pin after some variations."""
    tree = copy.deepcopy(PIN)
    for vary in variations:
        vary(tree)
    return tree


def schemas(tree: Tree) -> Any:
    """Return the components under `schemas`."""
    return tree["components"]["schemas"]


def call(tree: Tree) -> Any:
    """Return the operation createEmbeddings."""
    return tree["paths"]["/embeddings"]["post"]


def listing(tree: Tree) -> Any:
    """Return the operation listEmbeddingsModels."""
    return tree["paths"]["/embeddings/models"]["get"]


def sent(tree: Tree) -> Any:
    """Return the properties of a request."""
    return call(tree)["requestBody"]["content"]["application/json"]["schema"]["properties"]


def received(tree: Tree) -> Any:
    """Return the properties of a success."""
    return call(tree)["responses"]["200"]["content"]["application/json"]["schema"]["properties"]


def both(tree: Tree, **properties: Any) -> None:
    """Add properties to requests and to successes."""
    for place in (sent(tree), received(tree)):
        place.update(copy.deepcopy(properties))


def thing(**properties: Any) -> Tree:
    """Return the schema of an object."""
    return {
        "type": "object",
        "properties": {name: {"type": kind} if isinstance(kind, str) else kind for name, kind in properties.items()},
    }


# What upstream has done.


def inlines_provider_preferences(tree: Tree) -> None:
    """As in 2025."""
    sent(tree)["provider"] = copy.deepcopy(schemas(tree)["ProviderPreferences"])


def makes_max_price_nullable_in_place(tree: Tree) -> None:
    """The inline object that gives the generator two models of one name."""
    schemas(tree)["ProviderPreferences"]["properties"]["max_price"]["type"] = ["object", "null"]


def writes_prices_as_numbers_twice(tree: Tree) -> None:
    """As the rendering of the documentation did."""
    prices = schemas(tree)["ProviderPreferences"]["properties"]["max_price"]["properties"]
    for name in prices:
        prices[name] = {"anyOf": [{"type": "number"}, {"type": "string"}, {"type": "number"}]}


def adds_statuses(tree: Tree) -> None:
    """Statuses of the documentation's table, a range and a default."""
    answers = call(tree)["responses"]
    for status in ("403", "412", "418", "422", "504", "4XX", "default"):
        answers[status] = copy.deepcopy(answers["400"])


def adds_response_properties(tree: Tree) -> None:
    """Twenty revisions did so: also objects in objects, enumerations, lists of objects."""
    received(tree).update(
        provider={"type": "string"},
        fingerprint={"type": ["string", "null"]},
        service=thing(tier={"type": "string", "enum": ["a", "b"]}, deep=thing(x="integer")),
        kind={"type": "string", "enum": ["x", "y"]},
        kind_or_null={"type": ["string", "null"], "enum": ["x", "y", None]},
        warnings={"type": "array", "items": thing(code="string", text="string")},
    )


def renames_error_schemas(tree: Tree) -> None:
    """One of them gets the name of the shared body, with another content."""
    answers = call(tree)["responses"]
    schemas(tree)["ErrorResponse"] = thing(oops="string") | {"required": ["oops"]}
    answers["400"]["content"]["application/json"]["schema"] = {"$ref": REF + "ErrorResponse"}
    schemas(tree)["Unauthorised"] = schemas(tree).pop("UnauthorizedResponse")
    answers["401"]["content"]["application/json"]["schema"] = {"$ref": REF + "Unauthorised"}


def writes_errors_in_place(tree: Tree) -> None:
    """Every body stands where it is used."""
    for answer in call(tree)["responses"].values():
        for media in answer.get("content", {}).values():
            name = media["schema"].get("$ref", "").removeprefix(REF)
            media["schema"] = copy.deepcopy(schemas(tree).get(name, media["schema"]))


def documents_no_errors(tree: Tree) -> None:
    """As older revisions of the model list nearly did."""
    call(tree)["responses"] = {"200": call(tree)["responses"]["200"]}


def narrows_the_request(tree: Tree) -> None:
    """As before 2025-11-18: texts and token ids, and neither dimensions nor input type."""
    inputs = sent(tree)["input"]
    inputs["anyOf"] = [branch for branch in inputs["anyOf"] if "properties" not in branch.get("items", {})]
    for name in ("dimensions", "input_type", "user"):
        del sent(tree)[name]


def widens_the_request(tree: Tree) -> None:
    """More kinds of input, more types for dimensions, an object with an enumeration."""
    sent(tree)["input"]["anyOf"] += [thing(url="string") | {"required": ["url"]}, {"type": "null"}]
    sent(tree)["dimensions"] = {"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]}
    sent(tree)["extra"] = thing(mode={"type": "string", "enum": ["fast", "slow"]})


def moves_the_model_list(tree: Tree) -> None:
    """Back to where it was until 2025-11."""
    tree["paths"]["/models/embeddings"] = tree["paths"].pop("/embeddings/models")


def names_no_operations(tree: Tree) -> None:
    """Neither operationId nor tag."""
    for operation in (call(tree), listing(tree)):
        del operation["operationId"], operation["tags"]


def renames_the_security_scheme(tree: Tree) -> None:
    """Another name, asked for by each operation."""
    tree["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    del tree["security"]
    for operation in (call(tree), listing(tree)):
        operation["security"] = [{"bearer": []}]


def writes_bodies_as_components(tree: Tree) -> None:
    """Request, success, input and usage under names of their own."""
    schemas(tree).update(EmbeddingInput=sent(tree)["input"], Usage=received(tree)["usage"])
    sent(tree)["input"], received(tree)["usage"] = {"$ref": REF + "EmbeddingInput"}, {"$ref": REF + "Usage"}
    for name, holder in (
        ("EmbeddingsRequest", call(tree)["requestBody"]),
        ("EmbeddingsResult", call(tree)["responses"]["200"]),
    ):
        schemas(tree)[name] = holder["content"]["application/json"]["schema"]
        holder["content"]["application/json"]["schema"] = {"$ref": REF + name}


def writes_other_parts_as_components(tree: Tree) -> None:
    """Answers, bodies and parameters are referred to."""
    parts = tree["components"]
    parts["responses"] = {f"Answer{status}": answer for status, answer in call(tree)["responses"].items()}
    call(tree)["responses"] = {
        status: {"$ref": f"#/components/responses/Answer{status}"} for status in call(tree)["responses"]
    }
    parts["requestBodies"] = {"Body": call(tree)["requestBody"]}
    call(tree)["requestBody"] = {"$ref": "#/components/requestBodies/Body"}
    parts["parameters"] = {parameter["name"]: parameter for parameter in listing(tree)["parameters"]}
    listing(tree)["parameters"] = [{"$ref": f"#/components/parameters/{name}"} for name in parts["parameters"]]


def adds_parameters(tree: Tree) -> None:
    """Of every type, required and not, in query and header."""
    types: dict[str, Any] = {
        "flag": {"type": "boolean"}, "category": {"type": "string", "enum": ["a", "b"]},
        "many": {"type": "array", "items": {"type": "string"}}, "either": {"type": ["string", "integer"]},
        "class": {"type": "string"}, "since": {"type": "string", "format": "date-time"},
    }  # fmt: skip
    listing(tree)["parameters"] += [{"name": name, "in": "query", "schema": schema} for name, schema in types.items()]
    listing(tree)["parameters"].append(
        {"name": "needed", "in": "query", "required": True, "schema": {"type": "string"}}
    )
    call(tree)["parameters"] = [{"name": "X-Title", "in": "header", "schema": {"type": "string"}}]


# What upstream may do.


def makes_all_model_fields_nullable(tree: Tree) -> None:
    """Every field of every schema of the model list, references included."""
    for name, schema in schemas(tree).items():
        if name.startswith(("Model", "Public", "Top", "Default", "Pricing")):
            for key, field in schema.get("properties", {}).items():
                if key in {"data", "links"}:
                    continue
                if "$ref" in field:
                    schema["properties"][key] = {"anyOf": [field, NULL]}
                elif isinstance(field.get("type"), str):
                    field["type"] = [field["type"], "null"]


def adds_odd_enumerations(tree: Tree) -> None:
    """Of numbers, of mixed types, without types, of one value, of null, of values whose names clash."""
    both(
        tree,
        numbers={"type": "integer", "enum": [1, 2, 3]},
        fractions={"type": "number", "enum": [0.5, 1.5]},
        mixed={"enum": ["a", 1, None, True]},
        untyped={"enum": ["a", "b", None]},
        one={"type": "integer", "enum": [1]},
        nothing={"enum": [None]},
        truth={"type": "boolean", "enum": [True]},
        single_or_null={"type": ["string", "null"], "enum": ["a", None]},
        clashing={"type": "string", "enum": ["a-b", "a_b", "A-B", "1", "-", "", "class", "None"]},
    )


def adds_unions_of_nameless_objects(tree: Tree) -> None:
    """By `anyOf`, by `oneOf`, with and without null, nested."""
    one, two = thing(a="string") | {"required": ["a"]}, thing(b=thing(c="integer")) | {"required": ["b"]}
    both(
        tree,
        choice={"anyOf": [one, two]},
        other={"oneOf": [one, two, NULL]},
        deep={"anyOf": [{"anyOf": [one, NULL]}, {"type": "string"}]},
    )


def adds_a_discriminated_union(tree: Tree) -> None:
    """In place and as a component."""
    schemas(tree).update(
        Cat=thing(kind={"type": "string", "enum": ["cat"]}, lives="integer") | {"required": ["kind"]},
        Dog=thing(kind={"type": "string", "enum": ["dog"]}, name="string") | {"required": ["kind"]},
    )
    pet = {
        "oneOf": [{"$ref": REF + "Cat"}, {"$ref": REF + "Dog"}],
        "discriminator": {"propertyName": "kind", "mapping": {"cat": REF + "Cat", "dog": REF + "Dog"}},
    }
    schemas(tree)["Pet"] = copy.deepcopy(pet)
    both(tree, pet=pet, pets={"type": "array", "items": {"$ref": REF + "Pet"}})


def adds_circles(tree: Tree) -> None:
    """An object in itself, two in each other, and a union of anything JSON can say."""
    schemas(tree).update(
        Tree=thing(
            value="string",
            children={"type": "array", "items": {"$ref": REF + "Tree"}},
            parent={"anyOf": [{"$ref": REF + "Tree"}, NULL]},
        ),
        Left=thing(right={"$ref": REF + "Right"}),
        Right=thing(left={"$ref": REF + "Left"}),
        Json={"anyOf": [{"type": "string"}, {"type": "array", "items": {"$ref": REF + "Json"}}]},
    )
    both(tree, root={"$ref": REF + "Tree"}, left={"$ref": REF + "Left"}, json={"$ref": REF + "Json"})


def adds_maps_and_lists(tree: Tree) -> None:
    """Maps of numbers and of objects, lists of anything and of lists, tuples, several types at once."""
    schemas(tree)["Named"] = {"type": "object", "additionalProperties": thing(x="integer")}
    both(
        tree,
        prices={"type": "object", "additionalProperties": {"type": "number"}},
        named={"$ref": REF + "Named"},
        anything={"type": "array"},
        matrix={"type": "array", "items": {"type": "array", "items": {"type": "number"}}},
        pair={"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]},
        several={"type": ["string", "array", "null"], "items": {"type": "string"}},
        all=True,
        none=False,
    )


def adds_compositions(tree: Tree) -> None:
    """All of two objects, aliases, primitives under names, negations, defaults that fit and that do not."""
    schemas(tree).update(
        Base=thing(base="string") | {"required": ["base"]},
        Derived={"allOf": [{"$ref": REF + "Base"}, thing(more="integer")]},
        Alias={"$ref": REF + "Base"},
        Slug={"type": "string"},
        MaybeNumber={"type": ["number", "null"]},
    )
    both(
        tree,
        derived={"$ref": REF + "Derived"},
        alias={"$ref": REF + "Alias"},
        slug={"$ref": REF + "Slug"},
        number={"$ref": REF + "MaybeNumber"},
        not_x={"type": "string", "not": {"enum": ["x"]}},
        wrong={"type": "integer", "default": "no"},
        dated={"type": ["string", "null"], "format": "date-time"},
    )


def adds_awkward_names(tree: Tree) -> None:
    """Keywords, signs, digits, capitals, and names that differ only in those."""
    names = ("class", "from", "id", "type", "x-y", "@at", "1st", "list", "UPPER", "camelCase", "_private", "$dollar")
    both(tree, **{name: {"type": "string"} for name in (*names, "a_b", "aB")})


def hoisted(tree: Tree) -> Tree:
    """Write as components what the pin has in place, and return the document."""
    post = tree["paths"]["/embeddings"]["post"]
    schemas, media = tree["components"]["schemas"], post["requestBody"]["content"]["application/json"]
    schemas["EmbeddingInput"] = media["schema"]["properties"]["input"]
    media["schema"]["properties"]["input"] = {"$ref": "#/components/schemas/EmbeddingInput"}
    schemas["CreateEmbeddingsRequest"] = media["schema"]
    media["schema"] = {"$ref": "#/components/schemas/CreateEmbeddingsRequest"}
    tree["components"]["responses"] = {f"Answer{status}": held for status, held in post["responses"].items()}
    post["responses"] = {status: {"$ref": f"#/components/responses/Answer{status}"} for status in post["responses"]}
    tree["components"]["requestBodies"] = {"Body": post["requestBody"]}
    post["requestBody"] = {"$ref": "#/components/requestBodies/Body"}
    models = tree["paths"]["/embeddings/models"]["get"]
    tree["components"]["parameters"] = {parameter["name"]: parameter for parameter in models["parameters"]}
    models["parameters"] = [{"$ref": f"#/components/parameters/{name}"} for name in tree["components"]["parameters"]]
    return tree


GROUPS: dict[str, list[Variation]] = {
    "earlier": [
        inlines_provider_preferences, narrows_the_request, documents_no_errors,
        renames_the_security_scheme, moves_the_model_list,
    ],
    "prices": [
        makes_max_price_nullable_in_place, writes_prices_as_numbers_twice, adds_statuses, writes_errors_in_place,
        widens_the_request, adds_parameters, names_no_operations,
    ],
    "components": [
        renames_error_schemas, writes_bodies_as_components, writes_other_parts_as_components,
    ],
    "answers": [adds_response_properties, makes_all_model_fields_nullable, adds_odd_enumerations],
    "shapes": [
        adds_unions_of_nameless_objects, adds_a_discriminated_union, adds_circles, adds_maps_and_lists,
        adds_compositions, adds_awkward_names,
    ],
}  # fmt: skip
"""Variations that go together, so that few runs show them all."""
