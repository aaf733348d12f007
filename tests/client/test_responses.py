"""Responses of success: typed, complete, and open where the world grows."""

from __future__ import annotations

import json
from typing import Any, assert_type

import httpx
import pytest

from client.calls import Call, client_with_response, fixture
from openrouter_embeddings import (
    ApiError,
    ContractError,
    EmbeddingsRequest,
    EmbeddingsResponse,
    Failure,
    ModelsListResponse,
    OutputModality,
    Success,
    create_embeddings,
    list_embeddings_models,
)

VECTORS = ["embeddings_float", "embeddings_base64", "embeddings_older"]


@pytest.mark.parametrize("name", VECTORS)
def test_a_response_is_typed_whichever_way_it_was_asked_for(
    call: Call, parser: str, one_text: EmbeddingsRequest, name: str
) -> None:
    """All four ways return the fields of the response, and writing them gives the response again."""
    body = fixture(name)
    result = call(client_with_response(200, body), one_text)
    assert isinstance(result, EmbeddingsResponse)
    assert result.to_dict() == body
    assert [item.index for item in result.data] == list(range(len(body["data"])))
    assert result.id == body["id"]
    assert result.usage is not None
    assert result.deviations == ()
    assert result.usage.cost == body["usage"]["cost"]


def test_float_and_base64_read_as_the_same_vectors() -> None:
    """A caller needs no branch: `vectors` gives the same numbers for both encodings."""
    asked_for_floats = EmbeddingsResponse.from_dict(fixture("embeddings_float")).vectors(1)
    asked_for_base64 = EmbeddingsResponse.from_dict(fixture("embeddings_base64")).vectors(1)
    assert [list(vector) for vector in asked_for_base64] == [list(vector) for vector in asked_for_floats]
    assert [vector.typecode for vector in asked_for_base64 + asked_for_floats] == ["f"] * 2


def test_details_that_an_older_response_lacks_are_none() -> None:
    """What is absent is None, and is no deviation: the contract does not require it."""
    usage = EmbeddingsResponse.from_dict(fixture("embeddings_older")).usage
    assert usage is not None
    assert (usage.is_byok, usage.cost_details, usage.prompt_tokens_details) == (None, None, None)


@pytest.mark.parametrize("space", [b"\n         \n", b"\r\n\t ", b" " * 10_000, b"\xef\xbb\xbf", b"\xef\xbb\xbf \n"])
def test_white_space_and_a_byte_order_mark_before_the_json_are_no_fault(
    parser: str, one_text: EmbeddingsRequest, space: bytes
) -> None:
    """The live API keeps connections open by sending white space first."""
    body = fixture("embeddings_float")
    client = client_with_response(200, space + json.dumps(body).encode() + b"\n")
    assert create_embeddings.sync(client=client, body=one_text).to_dict() == body


def test_a_page_of_models_is_typed_to_the_last_field(parser: str) -> None:
    """Every field of the model list is read, and writing the page gives the response again."""
    body = fixture("models_page")
    page = list_embeddings_models.sync(client=client_with_response(200, body))
    assert page.to_dict() == body
    assert not any(model.additional_properties for model in page.data)
    assert page.data[1].benchmarks is not None
    assert page.data[1].benchmarks["design_arena"][0]["elo"] == 1210.5
    assert page.links is not None
    assert page.links.next == "/api/v1/embeddings/models?offset=2&limit=2"


def test_unknown_values_of_enumerations_survive() -> None:
    """A value that the contract does not know is a member like others, and is written back as it came."""
    body = fixture("models_page")
    model = ModelsListResponse.from_dict(body).data[1]
    assert model.architecture is not None
    assert model.architecture.output_modalities is not None
    modality = model.architecture.output_modalities[1]
    assert modality == "decisions"
    assert isinstance(modality, OutputModality)
    assert model.supported_parameters == ["max_tokens", "a_parameter_of_tomorrow"]
    assert model.reasoning is not None
    assert model.reasoning["supported_efforts"] == ["low", None, "utmost"]
    assert model.to_dict() == body["data"][1]


def test_unknown_fields_survive_at_every_level() -> None:
    """Fields that the contract does not know are kept, reachable by name, and written back."""
    body = fixture("embeddings_float")
    body["tomorrow"] = {"a": [1, None]}
    body["usage"]["tomorrow"] = None
    body["usage"]["cost_details"]["tomorrow"] = "x"
    body["data"][0]["tomorrow"] = 1
    result = EmbeddingsResponse.from_dict(body)
    assert result.additional_properties == {"tomorrow": {"a": [1, None]}}
    assert result.to_dict() == body


def test_a_null_that_the_contract_does_not_allow_counts_as_absent() -> None:
    """Optional fields that come as null are None; where the contract does not allow it, that is a deviation."""
    body = fixture("embeddings_float")
    for name in ("id", "provider"):
        body[name] = None
    for name in ("cost", "is_byok", "prompt_tokens_details", "cost_details"):
        body["usage"][name] = None
    body["data"][0]["index"] = None
    result = EmbeddingsResponse.from_dict(body)
    assert (result.id, result.provider, result.data[0].index) == (None, None, None)
    assert result.usage is not None
    assert (result.usage.cost, result.usage.is_byok, result.usage.prompt_tokens_details) == (None, None, None)
    assert result.usage.cost_details is None
    assert sorted(deviation.path for deviation in result.deviations) == [
        "$.data[0].index",
        "$.id",
        "$.provider",
        "$.usage.cost",
        "$.usage.is_byok",
        "$.usage.prompt_tokens_details",
    ]
    assert {deviation.received for deviation in result.deviations} == {"null"}
    assert result.to_dict() == body


def test_a_whole_number_may_be_written_with_a_fraction_of_zero() -> None:
    """`8.0` is the integer 8, as JSON Schema has it."""
    body = fixture("embeddings_float")
    body["usage"]["prompt_tokens"] = 9.0
    usage = EmbeddingsResponse.from_dict(body).usage
    assert usage is not None
    assert (usage.prompt_tokens, type(usage.prompt_tokens)) == (9, int)


def test_a_number_beyond_the_range_of_floats_is_kept(parser: str) -> None:
    """An integer of 400 digits is a number like others: it is neither refused nor does it break the reader."""
    body = json.dumps(fixture("embeddings_float")).replace("1.8e-07", "1" * 200)
    usage = create_embeddings.parse(httpx.Response(200, content=body.encode())).usage
    assert usage is not None
    assert usage.cost == pytest.approx(int("1" * 200))


def test_reading_leaves_the_source_alone() -> None:
    """`from_dict` takes nothing out of the dictionary that it reads."""
    body = fixture("models_page")
    ModelsListResponse.from_dict(body)
    assert body == fixture("models_page")


def test_the_detailed_response_holds_everything(one_text: EmbeddingsRequest) -> None:
    """Status, headers, content and result stand side by side; the error is None."""
    content = json.dumps(fixture("embeddings_float")).encode()
    response = create_embeddings.sync_detailed(
        client=client_with_response(200, content, {"X-Generation-Id": "gen-emb-1"}), body=one_text
    )
    assert (response.status, type(response.status)) == (200, int)
    assert response.headers["x-generation-id"] == "gen-emb-1"
    assert response.content == content
    assert response.error is None
    assert response.result == EmbeddingsResponse.from_dict(json.loads(content))
    assert "0.0" not in repr(response).partition("result=")[0]


@pytest.mark.parametrize("status", [201, 202, 204, 206])
def test_an_undocumented_success_departs_from_the_contract(
    call: Call, one_text: EmbeddingsRequest, status: int
) -> None:
    """Only the documented status of success carries a result."""
    error = call(client_with_response(status, fixture("embeddings_float")), one_text)
    assert isinstance(error, ContractError)
    assert str(error) == f"$: expected status 200, received status {status}"


@pytest.mark.parametrize("claim", [{"message": "Failed midway", "code": 502}, "Failed midway"])
def test_a_result_beside_an_error_is_a_failure(one_text: EmbeddingsRequest, claim: Any) -> None:
    """Data that come together with an error are not handed out as a success."""
    body = {**fixture("embeddings_float"), "error": claim}
    with pytest.raises(ApiError, match="Failed midway"):
        create_embeddings.sync(client=client_with_response(200, body), body=one_text)


@pytest.mark.parametrize("claim", [None, {}, "", []])
def test_an_error_that_says_nothing_is_none(one_text: EmbeddingsRequest, claim: Any) -> None:
    """A null or empty `error` beside a whole result does not spoil it."""
    body = {**fixture("embeddings_float"), "error": claim}
    assert create_embeddings.sync(client=client_with_response(200, body), body=one_text).to_dict() == body


SIDE_FIELDS: dict[str, tuple[dict[str, Any], str]] = {
    "a cost in a string": ({"usage": {"prompt_tokens": 1, "total_tokens": 1, "cost": "0.1"}}, "$.usage.cost"),
    "no count of tokens": ({"usage": {"total_tokens": 1}}, "$.usage.prompt_tokens"),
    "a number as the id": ({"id": 5}, "$.id"),
    "usage that is none": ({"usage": []}, "$.usage"),
    "another constant": ({"object": "embeddings"}, "$.object"),
}


@pytest.mark.parametrize("name", SIDE_FIELDS)
def test_a_side_field_that_is_wrong_throws_no_vector_away(call: Call, one_text: EmbeddingsRequest, name: str) -> None:
    """It reads as None, is listed, and is written back as it came."""
    fields, path = SIDE_FIELDS[name]
    body = {**fixture("embeddings_float"), **fields}
    result = call(client_with_response(200, body), one_text)
    assert isinstance(result, EmbeddingsResponse)
    assert [deviation.path for deviation in result.deviations] == [path]
    assert len(result.vectors()) == 1
    assert result.to_dict() == body


def test_a_page_of_models_survives_what_one_model_lacks() -> None:
    """A model without links, a list without a count: all models are there, and the places are named."""
    body = fixture("models_page")
    del body["total_count"], body["data"][0]["links"]
    body["data"][1]["architecture"]["input_modalities"] = "text"
    page = list_embeddings_models.sync(client=client_with_response(200, body))
    assert [(deviation.path, deviation.received) for deviation in page.deviations] == [
        ("$.data[0].links", "nothing"),
        ("$.data[1].architecture.input_modalities", "the string 'text'"),
        ("$.total_count", "nothing"),
    ]
    assert (page.total_count, page.data[0].links, page.data[0].id) == (None, None, body["data"][0]["id"])
    assert page.to_dict() == body


@pytest.mark.parametrize("lacking", ["data", "id"])
def test_a_page_of_models_without_models_or_their_ids_is_refused(lacking: str) -> None:
    """Without those there is nothing to send."""
    body = fixture("models_page")
    del (body if lacking == "data" else body["data"][1])[lacking]
    with pytest.raises(ContractError, match=rf"^\$.*{lacking}: expected a value, received nothing"):
        list_embeddings_models.sync(client=client_with_response(200, body))


def test_the_repr_of_a_batch_is_short() -> None:
    """It shows the fields that are set, and of long lists and texts the length."""
    item = {"object": "embedding", "embedding": [0.25] * 1536}
    body = {"object": "list", "model": "m", "data": [item] * 256, "tomorrow": 1}
    shown = repr(EmbeddingsResponse.from_dict(body))
    assert len(shown) < 500
    assert "EmbeddingObject(embedding=<1536 numbers>, object='embedding'), … (256 items)]" in shown
    assert shown.endswith("model='m', object='list', additional_properties={'tomorrow': 1})")
    assert repr(EmbeddingsRequest(model="m", input="x")) == "EmbeddingsRequest(input='x', model='m')"


def test_a_detailed_response_narrows_on_its_error(one_text: EmbeddingsRequest) -> None:
    """Type checkers know that there is a result where there is no error."""
    client = client_with_response(200, fixture("embeddings_float"))
    response = create_embeddings.sync_detailed(client=client, body=one_text)
    assert response.error is None
    assert_type(response.result, EmbeddingsResponse)
    assert isinstance(response, Success)
    failed = create_embeddings.sync_detailed(client=client_with_response(500), body=one_text)
    assert failed.error is not None
    assert_type(failed.error, ApiError | ContractError)
    assert isinstance(failed, Failure)
