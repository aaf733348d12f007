"""The way from a pin to the contract: corrected, documented, and without what nothing reaches."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

import upstream
from schemas_at import positions, validator
from spec.canonical import json_text
from spec.contract import build_contract
from spec.errors import InputError
from variations import hoisted

PIN: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "openapi.yaml").read_text(encoding="utf-8"))
CONTRACT, _ = build_contract(PIN)
REQUEST = "POST /embeddings request application/json"
ANSWER = "POST /embeddings 200 application/json"


def pin() -> Any:
    """Return the pin, to be changed."""
    return copy.deepcopy(PIN)


def test_the_pin_is_left_as_it_is() -> None:
    """Building works on a copy, and building again gives the same."""
    before = json_text(PIN)
    assert json_text(build_contract(PIN)[0]) == json_text(CONTRACT)
    assert json_text(PIN) == before


def test_nothing_is_kept_that_nothing_reaches() -> None:
    """Of the bodies per status only the shared one remains."""
    names = set(CONTRACT["components"]["schemas"])
    assert {"ErrorResponse", "ErrorDetail"} <= names
    assert not [name for name in names if name.endswith(("ResponseErrorData", "RequestResponse"))]


@pytest.mark.parametrize(
    ("position", "document", "accepted"),
    [
        (REQUEST, {"model": "m", "input": "text"}, True),
        (REQUEST, {"model": "m", "input": ""}, False),
        (REQUEST, {"model": "m", "input": []}, False),
        (REQUEST, {"model": "m", "input": [[]]}, False),
        (REQUEST, {"model": "m", "input": [9906.0, 1]}, True),
        (REQUEST, {"model": "m", "input": [1.5]}, False),
        (REQUEST, {"model": "m", "input": [[1, -1]]}, False),
        (REQUEST, {"model": "m", "input": "x", "provider": {"max_price": {"prompt": 1, "completion": "2"}}}, True),
        (REQUEST, {"model": "m", "input": "x", "provider": {"max_price": {"prompt": True}}}, False),
        (ANSWER, {"object": "list", "model": "m", "data": [], "provider": "OpenAI"}, True),
        (ANSWER, {"object": "list", "model": "m", "data": [], "provider": 1}, False),
        ("POST /embeddings 429 application/json", {"error": {"message": "m"}}, True),
        ("POST /embeddings 403 application/json", {"error": {"message": "m", "code": 403}, "user_id": "u"}, True),
        ("POST /embeddings default application/json", {"success": False, "error": {"name": "ZodError", "message": "[]"}}, True),
        ("POST /embeddings default application/json", {"error": {"code": 400}}, False),
        ("GET /embeddings/models query offset", None, False),
        ("GET /embeddings/models query offset", 0, True),
    ],
)  # fmt: skip
def test_the_contract_accepts_what_the_live_api_is_known_to(position: str, document: Any, accepted: object) -> None:
    """Each correction shows in what is accepted and what is not."""
    assert validator(CONTRACT, positions(CONTRACT)[position]).is_valid(document) is accepted


def test_the_model_list_needs_no_key_and_embeddings_do() -> None:
    """One operation lifts the security of the document."""
    assert CONTRACT["security"]
    assert CONTRACT["paths"]["/embeddings/models"]["get"]["security"] == []
    assert "security" not in CONTRACT["paths"]["/embeddings"]["post"]


def test_no_query_parameter_has_a_default() -> None:
    """A client that sends the documented defaults asks for something else than one that sends nothing."""
    parameters = CONTRACT["paths"]["/embeddings/models"]["get"]["parameters"]
    assert [parameter["name"] for parameter in parameters if "default" in parameter["schema"]] == []


def test_enumerations_of_answers_are_open() -> None:
    """A tokenizer that nobody has heard of is valid; so is a field."""
    group = validator(CONTRACT, CONTRACT["components"]["schemas"]["ModelGroup"])
    assert group.is_valid("NoSuchFamily")
    assert not group.is_valid(1)


def test_components_and_what_stands_in_place_make_one_contract() -> None:
    """Overlays find their targets whichever way upstream writes bodies, answers, parameters and inputs."""
    contract, misses = build_contract(hoisted(pin()))
    assert [str(miss) for miss in misses] == []
    assert json_text(contract) == json_text(CONTRACT)


def test_failures_of_other_shapes_become_the_shared_one() -> None:
    """In place, under other names, as text, under our own name, without content, for other statuses: one body."""
    tree = pin()
    statuses = tree["paths"]["/embeddings"]["post"]["responses"]
    own = {"type": "object", "required": ["oops"], "properties": {"oops": {"type": "string"}}}
    tree["components"]["schemas"]["ErrorResponse"] = own
    statuses["400"]["content"]["application/json"]["schema"] = own
    statuses["401"]["content"]["application/json"]["schema"] = {"$ref": "#/components/schemas/ErrorResponse"}
    statuses["402"]["content"] = {"text/plain": {"schema": {"type": "string"}}}
    statuses["404"] = {"description": ""}
    statuses["418"] = statuses["5XX"] = statuses["default"] = {
        "description": "",
        "content": {"application/json": {"schema": own}},
    }
    contract, _ = build_contract(tree)
    assert contract["components"]["schemas"]["ErrorResponse"] == CONTRACT["components"]["schemas"]["ErrorResponse"]
    for status, answer in contract["paths"]["/embeddings"]["post"]["responses"].items():
        if status != "200":
            assert answer["content"] == {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorResponse"}}}


def test_a_pin_whose_schemas_all_stand_in_place_becomes_a_contract() -> None:
    """The shared error body is added although there is no section of schemas to add it to."""
    tree = upstream.minimal_document(
        {"/embeddings": {"post": {"operationId": "createEmbeddings", "responses": upstream.ANSWER}}}
    )
    contract, _ = build_contract(tree)
    assert sorted(contract["components"]["schemas"]) == ["ErrorDetail", "ErrorResponse"]


def test_a_folder_without_overlays_leaves_the_pin_as_the_contract(tmp_path: Path) -> None:
    """No overlay, no change and no miss."""
    contract, misses = build_contract(PIN, tmp_path)
    assert (json_text(contract), misses) == (json_text(PIN), [])


def test_a_correction_without_evidence_stops_the_building(tmp_path: Path) -> None:
    """Corrections are read strictly, whatever they change."""
    (tmp_path / "corrections").mkdir()
    actions = [{"target": "$.info", "update": {"title": "x"}}]
    overlay = {"overlay": "1.1.0", "info": {"title": "x", "version": "1"}, "actions": actions}
    (tmp_path / "corrections" / "a.overlay.yaml").write_text(yaml.safe_dump(overlay), encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.overlay\.yaml, action 1: a correction without 'x-evidence'"):
        build_contract(PIN, tmp_path)
