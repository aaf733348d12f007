"""Responses of `POST /embeddings` to valid requests, and the limits of the models."""

from __future__ import annotations

import base64
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pytest

from openrouter_mock import catalog, tokens
from openrouter_mock.app import create_app
from openrouter_mock.settings import MockSettings

from .probes import KEY, MODEL, body, client_of, raw

if TYPE_CHECKING:
    import httpx

PNG = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
MULTIMODAL = "google/gemini-embedding-2"


def post(client: httpx.Client, given: Any, **fields: Any) -> httpx.Response:
    """Post a request for three-number vectors of *given*."""
    probe = raw("", body(given, **fields))
    return client.post("/embeddings", content=probe.body, headers=probe.headers)


def embeddings(client: httpx.Client, given: Any, **fields: Any) -> list[Any]:
    """Return the embeddings of *given*."""
    response = post(client, given, **fields)
    assert response.status_code == 200, response.text
    return [item["embedding"] for item in response.json()["data"]]


def error_of(client: httpx.Client, given: Any, **fields: Any) -> tuple[int, str]:
    """Return the status and the message of the error response to *given*."""
    response = post(client, given, **fields)
    error = response.json()["error"]
    assert error["code"] == response.status_code
    return response.status_code, error["message"]


def test_the_fields_come_in_the_order_of_the_live_api(client: httpx.Client) -> None:
    """A success has the fields of the live API in its order."""
    answer = post(client, ["Ruby", "Python"]).json()
    assert list(answer) == ["object", "data", "model", "usage", "provider", "id"]
    assert [list(item) for item in answer["data"]] == [["object", "embedding", "index"]] * 2
    assert list(answer["usage"]) == ["prompt_tokens", "total_tokens", "cost", "is_byok", "cost_details"]


def test_the_fixed_fields_have_their_values(client: httpx.Client) -> None:
    """`object` is `list` and `embedding`, and the model has its provider's name for it."""
    answer = post(client, "Ruby").json()
    assert answer["object"] == "list"
    assert answer["data"][0]["object"] == "embedding"
    assert answer["model"] == "text-embedding-3-small"
    assert answer["provider"] == "OpenAI"


def test_a_model_with_open_weights_has_their_name(client: httpx.Client) -> None:
    """The `model` of a response is the name of the weights where they are open."""
    answer = post(client, "Ruby", model="qwen/qwen3-embedding-8b").json()
    assert answer["model"] == "Qwen/Qwen3-Embedding-8B"


def test_the_id_has_the_real_form(client: httpx.Client) -> None:
    """An id is `gen-emb-`, seconds since 1970, and 20 letters or digits; it is in the headers too."""
    response = post(client, "Ruby")
    assert re.fullmatch(r"gen-emb-\d{10}-[0-9A-Za-z]{20}", response.json()["id"])
    assert response.headers["X-Generation-Id"] == response.json()["id"]


def test_ids_differ(client: httpx.Client) -> None:
    """No two answers have the same id."""
    assert len({post(client, "Ruby").json()["id"] for _ in range(5)}) == 5


def test_pages_of_other_origins_may_read_answers(client: httpx.Client) -> None:
    """The headers let a browser's page read the answer and the exposed headers."""
    headers = post(client, "Ruby").headers
    assert headers["Content-Type"] == "application/json"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Access-Control-Expose-Headers"] == "X-Generation-Id,X-Provider-Name,cf-ray"
    assert headers["X-Provider-Name"] == "OpenAI"


def test_usage_counts_tokens_at_the_listed_price(client: httpx.Client) -> None:
    """The tokens are those of the mock's tokenizer, and the cost is their number times the listed price."""
    usage = post(client, ["Ruby is great", "Python"]).json()["usage"]
    count = len(tokens.tokenize("Ruby is great")) + 1
    cost = float(count * Decimal("0.00000002"))
    assert usage == {
        "prompt_tokens": count,
        "total_tokens": count,
        "cost": cost,
        "is_byok": False,
        "cost_details": {
            "upstream_inference_cost": cost,
            "upstream_inference_prompt_cost": cost,
            "upstream_inference_completions_cost": 0,
        },
    }


def test_media_cost_what_is_listed_for_them(client: httpx.Client) -> None:
    """A token of an image or of audio has the price that the model list gives that medium, others that of text."""
    audio = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
    text = {"type": "text", "text": "cat"}
    for part, price in ((text, "0.0000002"), (PNG, "0.00000045"), (audio, "0.0000065")):
        usage = post(client, [{"content": [part]}], model="google/gemini-embedding-2").json()["usage"]
        assert usage["cost"] == float(usage["prompt_tokens"] * Decimal(price))


def test_media_are_counted_apart(client: httpx.Client) -> None:
    """The usage of a multimodal input counts its tokens by medium."""
    parts = [{"content": [{"type": "text", "text": "a cat"}, PNG]}]
    usage = post(client, parts, model=MULTIMODAL).json()["usage"]
    assert usage["prompt_tokens_details"] == {"image_tokens": 1, "text_tokens": 2}
    assert usage["prompt_tokens"] == 3


@pytest.mark.parametrize("model", catalog.models(), ids=lambda model: model.id)
def test_every_listed_model_answers_at_its_native_dimensions(client: httpx.Client, model: catalog.Model) -> None:
    """Each model of the list gives vectors of its native dimensions and L2 norm 1."""
    [vector] = embeddings(client, "cat", model=model.id, dimensions=None)
    assert len(vector) == model.native_dimensions
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)


def test_a_model_answers_to_its_canonical_slug(client: httpx.Client) -> None:
    """The canonical slug names the same model as the id."""
    by_slug = embeddings(client, "cat", model="thenlper/gte-base-20251117", dimensions=None)
    assert by_slug == embeddings(client, "cat", model="thenlper/gte-base", dimensions=None)


def test_models_disagree(client: httpx.Client) -> None:
    """Two models give one text different vectors."""
    by_model = [embeddings(client, "cat", model=f"qwen/qwen3-embedding-{size}") for size in ("4b", "8b")]
    assert by_model[0] != by_model[1]


def test_a_list_of_one_text_is_that_text(client: httpx.Client) -> None:
    """A text and a list of only that text have the same vector."""
    assert embeddings(client, ["cat"]) == embeddings(client, "cat")


def test_token_ids_as_floats_are_whole_numbers(client: httpx.Client) -> None:
    """9906.0 is the token id 9906."""
    assert embeddings(client, [9906.0, 1917.0]) == embeddings(client, [9906, 1917])


def test_the_tokens_of_a_text_give_its_vector(client: httpx.Client) -> None:
    """Equal tokens give equal vectors, however they come: as text, ids, ids in a batch, or a text part."""
    ids = list(tokens.tokenize("a cat"))
    [vector] = embeddings(client, "a cat", model=MULTIMODAL)
    assert embeddings(client, ids, model=MULTIMODAL) == [vector]
    assert embeddings(client, [ids, [1]], model=MULTIMODAL)[0] == vector
    assert embeddings(client, [{"content": [{"type": "text", "text": "a cat"}]}], model=MULTIMODAL) == [vector]


def test_whole_floats_are_accepted_as_dimensions(client: httpx.Client) -> None:
    """`dimensions` of 8.0 are 8, for JSON makes no difference."""
    assert len(embeddings(client, "cat", dimensions=8.0)[0]) == 8


def test_base64_is_little_endian_float32(client: httpx.Client) -> None:
    """The string of `base64` holds the numbers of `float` as little-endian float32."""
    [floats] = embeddings(client, "cat", dimensions=50, encoding_format="float")
    [encoded] = embeddings(client, "cat", dimensions=50, encoding_format="base64")
    decoded = np.frombuffer(base64.b64decode(encoded, validate=True), dtype="<f4")
    assert decoded.tolist() == np.array(floats, dtype=np.float32).tolist()


def test_media_change_the_vector(client: httpx.Client) -> None:
    """Different images have different vectors, equal images equal ones."""
    other = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    first, again, second = (embeddings(client, [{"content": [x]}], model=MULTIMODAL) for x in (PNG, PNG, other))
    assert first == again
    assert first != second


@pytest.mark.parametrize("kind", ["input_audio", "input_video", "input_file"])
def test_all_media_are_read(client: httpx.Client, kind: str) -> None:
    """Audio, video and files are embedded by a model that reads them."""
    parts = [{"content": [{"type": kind, kind: {"data": "AAAA", "format": "x"}}]}]
    assert len(embeddings(client, parts, model=MULTIMODAL)) == 1


def test_media_of_one_kind_are_not_those_of_another(client: httpx.Client) -> None:
    """The same bytes as audio and as video have different vectors."""
    audio, video = (
        embeddings(client, [{"content": [{"type": kind, kind: {"data": "AAAA"}}]}], model=MULTIMODAL)
        for kind in ("input_audio", "input_video")
    )
    assert audio != video


@pytest.mark.parametrize(
    "fields",
    [
        {"seed": 1, "max_tokens": 5, "temperature": 0.3, "top_p": 1, "stop": ["x"], "logprobs": True},
        {"frequency_penalty": 1, "presence_penalty": 1, "logit_bias": {"1": 2}, "response_format": {}},
        {"anything": [1, {"at": "all"}]},
        {"user": "someone", "input_type": "search_query"},
    ],
)
def test_fields_that_do_not_concern_embeddings_change_nothing(client: httpx.Client, fields: dict[str, Any]) -> None:
    """Sampling parameters, unknown fields, `user` and `input_type` are accepted and change no vector."""
    assert embeddings(client, "cat", **fields) == embeddings(client, "cat")


@pytest.mark.parametrize("text", ["\0", " ", "\n", "🐈", "e\u0301", "\u202e", "\ufeff", "\uffff", "x" * 20_000])
def test_odd_texts_are_texts(client: httpx.Client, text: str) -> None:
    """Every text but the empty one has a vector of its own."""
    assert embeddings(client, text, dimensions=50) != embeddings(client, "cat", dimensions=50)


def test_white_space_may_stand_before_the_answer() -> None:
    """With the setting, successes begin with the white space of the live API and are otherwise the same."""
    client = client_of(create_app(MockSettings(leading_whitespace=True)))
    response = post(client, "cat")
    assert response.content.startswith(b"\n         \n{")
    assert orjson.loads(response.content)["object"] == "list"
    assert client.get("/embeddings/models").content.startswith(b"{")


def test_the_seed_chooses_the_vectors() -> None:
    """The same seed gives the same vectors, another one others."""
    first, again, other = (embeddings(client_of(create_app(MockSettings(seed=seed))), "cat") for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_longer_vector_than_the_model_has_is_rejected(client: httpx.Client) -> None:
    """`dimensions` above the maximum of the model are rejected, naming it."""
    assert error_of(client, "cat", dimensions=1537) == (
        400,
        f"dimensions: 1537 is more than the 1536 that {MODEL} has at most",
    )


def test_a_model_of_fixed_length_does_not_shorten(client: httpx.Client) -> None:
    """A model without shortening rejects all `dimensions` but its own."""
    model = "openai/text-embedding-ada-002"
    assert error_of(client, "cat", model=model, dimensions=8) == (
        400,
        f"dimensions: 8 is not a length that {model} has; it has 1536",
    )
    assert len(embeddings(client, "cat", model=model, dimensions=1536)[0]) == 1536


def test_a_model_of_some_lengths_has_each_of_them(client: httpx.Client) -> None:
    """A model with several allowed dimensions accepts those and rejects others, naming them."""
    model = "voyageai/voyage-4"
    lengths = [len(embeddings(client, "cat", model=model, dimensions=n)[0]) for n in (256, 512, 1024, 2048)]
    assert lengths == [256, 512, 1024, 2048]
    status, message = error_of(client, "cat", model=model, dimensions=8)
    assert status == 400
    assert "256, 512, 1024, 2048" in message


def test_an_input_beyond_the_context_is_rejected(client: httpx.Client) -> None:
    """An input of more tokens than the model reads is rejected, and both numbers and the place are named."""
    status, message = error_of(client, ["cat", "cat " * 600], model="thenlper/gte-base", dimensions=None)
    assert (status, message) == (400, "input.1: 601 tokens are more than the 512 that thenlper/gte-base reads")


def test_too_many_inputs_are_rejected(client: httpx.Client) -> None:
    """A batch of more than 2048 inputs is rejected, 2048 are answered."""
    assert len(embeddings(client, ["cat"] * 2048)) == 2048
    assert error_of(client, ["cat"] * 2049)[1].startswith("input: 2049 inputs are more than the 2048")


def test_a_medium_that_the_model_does_not_read_is_rejected(client: httpx.Client) -> None:
    """An image for a text model is rejected, naming what the model reads."""
    assert error_of(client, [{"content": [PNG]}]) == (
        400,
        f"input.0: {MODEL} does not read image; it reads text",
    )


def test_an_unknown_model_is_not_found(client: httpx.Client) -> None:
    """A model that is not listed is answered 404, as the guide says."""
    status, message = error_of(client, "cat", model="example/none")
    assert status == 404
    assert "'example/none'" in message


def test_vectors_are_cached() -> None:
    """A text that was embedded before comes from the cache, with the same vector."""
    app = create_app()
    client, cache = client_of(app), app.service.cache
    assert cache is not None
    first = embeddings(client, ["cat", "dog"])
    assert len(cache) == 2
    assert embeddings(client, ["dog", "cat"]) == first[::-1]
    assert len(cache) == 2


def test_failures_after_the_key_name_the_account(client: httpx.Client) -> None:
    """An error for a known key has a `user_id`; one without a key does not."""
    assert "user_id" in post(client, "").json()
    assert list(client.post("/embeddings").json()) == ["error"]


def test_the_key_does_not_come_back(client: httpx.Client) -> None:
    """No answer repeats the key it was asked with."""
    for given in ("cat", "", None):
        response = post(client, given)
        assert KEY not in response.text + str(response.headers)
