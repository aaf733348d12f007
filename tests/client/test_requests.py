"""What the client sends: bodies, query, headers."""

from __future__ import annotations

import json
from typing import Any

import httpx
import numpy as np
import pytest

from client.calls import KEY, fixture
from openrouter_embeddings import (
    UNSET,
    AudioPart,
    Client,
    DataCollection,
    EmbeddingsRequest,
    EncodingFormat,
    FilePart,
    ImagePart,
    ImageUrl,
    MaxPrice,
    MultimodalInput,
    MultimodalMedia,
    PercentileLatencyCutoffs,
    ProviderName,
    ProviderPreferences,
    ProviderSort,
    ProviderSortConfig,
    ProviderSortKey,
    Quantization,
    SortPartition,
    TextPart,
    VideoPart,
    __version__,
    create_embeddings,
    list_embeddings_models,
)

PARTS: list[tuple[Any, Any]] = [
    (TextPart(text="hi"), {"type": "text", "text": "hi"}),
    (
        ImagePart(image_url=ImageUrl(url="https://acme.example/a.png")),
        {"type": "image_url", "image_url": {"url": "https://acme.example/a.png"}},
    ),
    (
        AudioPart(input_audio=MultimodalMedia(data="UklGRg==", format="wav")),
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
    ),
    (
        VideoPart(input_video=MultimodalMedia(data="AAAA")),
        {"type": "input_video", "input_video": {"data": "AAAA"}},
    ),
    (
        FilePart(input_file=MultimodalMedia(data="JVBERg==", format="pdf")),
        {"type": "input_file", "input_file": {"data": "JVBERg==", "format": "pdf"}},
    ),
]

INPUTS: dict[str, tuple[Any, Any]] = {
    "one text": ("été 🚀", "été 🚀"),
    "several texts": (["a", "b"], ["a", "b"]),
    "tokens of one text": ([9906, 0], [9906, 0]),
    "tokens of several texts": ([[1, 2], [3]], [[1, 2], [3]]),
    "multimodal": (
        [MultimodalInput(content=[part for part, _ in PARTS])],
        [{"content": [json_ for _, json_ in PARTS]}],
    ),
}


def sent(client: Client, body: EmbeddingsRequest) -> Any:
    """The body of the request, as the server parses it."""
    return json.loads(create_embeddings.build(client=client, body=body).content)


@pytest.mark.parametrize("form", INPUTS)
def test_each_input_form_is_sent_as_the_contract_writes_it(unreachable: Client, form: str) -> None:
    """All five forms of input arrive as their JSON."""
    given, expected = INPUTS[form]
    assert sent(unreachable, EmbeddingsRequest(model="m", input=given)) == {"model": "m", "input": expected}


@pytest.mark.parametrize("form", INPUTS)
def test_each_input_form_reads_back(form: str) -> None:
    """Reading what was written gives an equal request, of the same types."""
    request = EmbeddingsRequest(model="m", input=INPUTS[form][0])
    back = EmbeddingsRequest.from_dict(json.loads(json.dumps(request.to_dict())))
    assert back == request
    assert type(back.input) is type(request.input)


@pytest.mark.parametrize(("part", "expected"), PARTS, ids=lambda value: type(value).__name__)
def test_each_part_needs_no_type_and_reads_back_as_its_class(part: Any, expected: Any) -> None:
    """The kind of a part is filled in, and it alone decides the class that is read."""
    assert part.to_dict() == expected
    back = MultimodalInput.from_dict({"content": [expected]}).content[0]
    assert (type(back), back) == (type(part), part)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("a", "b"), ["a", "b"]),
        (range(3), [0, 1, 2]),
        (((1, 2), (3,)), [[1, 2], [3]]),
        ((MultimodalInput(content=(TextPart(text="x"),)),), [{"content": [{"type": "text", "text": "x"}]}]),
    ],
)
def test_any_sequence_serves_as_a_list(unreachable: Client, given: Any, expected: Any) -> None:
    """Tuples and ranges are sent as JSON arrays."""
    assert sent(unreachable, EmbeddingsRequest(model="m", input=given))["input"] == expected


def test_every_preference_is_sent_as_it_was_given(unreachable: Client) -> None:
    """All routing preferences arrive: constants as their values, unknown values as they are, null as null."""
    preferences = ProviderPreferences(
        allow_fallbacks=True,
        data_collection=DataCollection.DENY,
        enforce_distillable_text=None,
        ignore=["A Provider Of Tomorrow"],
        max_price=MaxPrice(prompt=0.1, request="0.5"),
        only=(ProviderName.OPENAI,),
        order=[ProviderName.NEBIUS, "xAI"],
        preferred_max_latency=PercentileLatencyCutoffs(p50=0.5, p99=None),
        preferred_min_throughput=50,
        quantizations=[Quantization.FP8, "int3"],
        require_parameters=False,
        sort=ProviderSortConfig(by=ProviderSortKey.PRICE, partition=SortPartition.NONE),
        zdr=True,
    )
    body = EmbeddingsRequest(
        model="m",
        input="x",
        dimensions=256,
        encoding_format=EncodingFormat.BASE64,
        input_type="search_query",
        user="u-1",
        provider=preferences,
    )
    assert sent(unreachable, body) == {
        "model": "m",
        "input": "x",
        "dimensions": 256,
        "encoding_format": "base64",
        "input_type": "search_query",
        "user": "u-1",
        "provider": {
            "allow_fallbacks": True,
            "data_collection": "deny",
            "enforce_distillable_text": None,
            "ignore": ["A Provider Of Tomorrow"],
            "max_price": {"prompt": 0.1, "request": "0.5"},
            "only": ["OpenAI"],
            "order": ["Nebius", "xAI"],
            "preferred_max_latency": {"p50": 0.5, "p99": None},
            "preferred_min_throughput": 50,
            "quantizations": ["fp8", "int3"],
            "require_parameters": False,
            "sort": {"by": "price", "partition": "none"},
            "zdr": True,
        },
    }


def test_the_short_form_of_sort_is_a_string(unreachable: Client) -> None:
    """`sort` takes a constant or a string as well as an object."""
    for sort in (ProviderSort.PRICE, "price"):
        body = EmbeddingsRequest(model="m", input="x", provider=ProviderPreferences(sort=sort))
        assert sent(unreachable, body)["provider"] == {"sort": "price"}


def test_fields_that_the_contract_does_not_know_are_sent(unreachable: Client) -> None:
    """Additional properties stand beside the declared fields; one that is set already cannot be set there again."""
    body = EmbeddingsRequest(model="m", input="x", additional_properties={"seed": 7, "dimensions": 8})
    assert sent(unreachable, body) == {"model": "m", "input": "x", "seed": 7, "dimensions": 8}
    twice = EmbeddingsRequest(model="m", input="x", additional_properties={"model": "other"})
    with pytest.raises(ValueError, match="additional_properties: 'model' is a field of its own"):
        create_embeddings.build(client=unreachable, body=twice)


def test_requests_say_who_sends_them_and_take_compressed_responses(one_text: EmbeddingsRequest) -> None:
    """An `http_client` lends its own default headers; without any, ours name this client."""
    seen: list[httpx.Headers] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return httpx.Response(500)

    defaults: list[dict[str, str]] = [{}, {"User-Agent": "acme/1", "X-Team": "search", "Authorization": "Bearer other"}]
    for headers in defaults:
        with httpx.Client(transport=httpx.MockTransport(respond), headers=headers) as http:
            create_embeddings.sync_detailed(client=Client("sk-or-v1-mine", http_client=http), body=one_text)
    assert seen[0]["User-Agent"] == f"openrouter-embeddings-python/{__version__}"
    assert "gzip" in seen[0]["Accept-Encoding"]
    assert (seen[1]["User-Agent"], seen[1]["X-Team"]) == ("acme/1", "search")
    assert seen[1]["Authorization"] == "Bearer sk-or-v1-mine"


def test_text_is_sent_in_utf_8(unreachable: Client, one_text: EmbeddingsRequest) -> None:
    """Text beyond ASCII is neither escaped nor lost."""
    request = create_embeddings.build(client=unreachable, body=EmbeddingsRequest(model="m", input="日本🚀\0"))
    assert "日本🚀".encode() in request.content
    assert json.loads(request.content)["input"] == "日本🚀\0"


def test_none_leaves_an_optional_field_out(unreachable: Client) -> None:
    """As `UNSET` does, in nested objects and in the query too; null is sent only where the contract allows it."""
    preferences = ProviderPreferences(max_price=MaxPrice(prompt=None, image=UNSET, request=1), sort=UNSET)
    body = EmbeddingsRequest(
        model="m",
        input="x",
        dimensions=None,
        encoding_format=None,
        input_type=None,
        user=UNSET,
        provider=preferences,
    )
    assert sent(unreachable, body) == {"model": "m", "input": "x", "provider": {"max_price": {"request": 1}}}
    nothing = EmbeddingsRequest(model="m", input="x", provider=ProviderPreferences(max_price=None, zdr=None))
    assert sent(unreachable, nothing)["provider"] == {"zdr": None}
    assert sent(unreachable, EmbeddingsRequest(model="m", input="x", provider=None))["provider"] is None
    assert list_embeddings_models.build(client=unreachable, limit=None, offset=None).url.query == b""


def test_integers_of_numpy_are_integers(unreachable: Client) -> None:
    """Token ids and lengths may come out of an array."""
    tokens: list[Any] = list(np.array([5, 7, 8], dtype=np.int64))
    body = EmbeddingsRequest(model="m", input=[tokens[:2]], dimensions=tokens[2])
    assert sent(unreachable, body) == {"model": "m", "input": [[5, 7]], "dimensions": 8}
    assert list_embeddings_models.build(client=unreachable, limit=tokens[0]).url.query == b"limit=5"


def test_no_query_is_sent_unless_asked_for(unreachable: Client) -> None:
    """Neither `offset` nor `limit` has a default that travels."""
    assert str(list_embeddings_models.build(client=unreachable).url) == "https://openrouter.ai/api/v1/embeddings/models"
    assert list_embeddings_models.build(client=unreachable, offset=0).url.query == b"offset=0"
    assert list_embeddings_models.build(client=unreachable, limit=5).url.query == b"limit=5"


def test_absent_fields_are_not_sent(unreachable: Client, one_text: EmbeddingsRequest) -> None:
    """A plain request holds its two fields and nothing else."""
    assert sent(unreachable, one_text) == {"model": "acme/embed-small", "input": "a text"}


def test_the_operation_decides_method_address_and_content_type(
    unreachable: Client, one_text: EmbeddingsRequest
) -> None:
    """`build` returns a request that any transport can send."""
    request = create_embeddings.build(client=unreachable, body=one_text)
    assert (request.method, str(request.url)) == ("POST", "https://openrouter.ai/api/v1/embeddings")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["accept"] == "application/json"


def test_attribution_travels_in_its_headers(one_text: EmbeddingsRequest) -> None:
    """The three attribution headers are sent when given, and none of them otherwise."""
    names = ["HTTP-Referer", "X-OpenRouter-Title", "X-OpenRouter-Categories"]
    client = Client(api_key="", http_referer="https://acme.example", title="Acme", categories="search,rag")
    headers = create_embeddings.build(client=client, body=one_text).headers
    assert [headers[name] for name in names] == ["https://acme.example", "Acme", "search,rag"]
    bare = create_embeddings.build(client=Client(api_key=""), body=one_text).headers
    assert not any(name in bare for name in names)


def test_the_key_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch, one_text: EmbeddingsRequest) -> None:
    """Without `api_key` the client takes `OPENROUTER_API_KEY`, with surrounding white space removed."""
    monkeypatch.setenv("OPENROUTER_API_KEY", f" {KEY}\n")
    assert create_embeddings.build(client=Client(), body=one_text).headers["authorization"] == f"Bearer {KEY}"
    other = create_embeddings.build(client=Client("sk-or-v1-other"), body=one_text)
    assert other.headers["authorization"] == "Bearer sk-or-v1-other"


def test_an_empty_key_sends_none(monkeypatch: pytest.MonkeyPatch, one_text: EmbeddingsRequest) -> None:
    """`api_key=""` asks without a key, even when the environment has one."""
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    assert "authorization" not in create_embeddings.build(client=Client(""), body=one_text).headers


def test_the_public_list_is_asked_without_the_key(unreachable: Client) -> None:
    """The key travels only where the contract asks for one."""
    assert "authorization" not in list_embeddings_models.build(client=unreachable).headers


def test_headers_of_a_copy_replace_those_of_the_original_whatever_their_case(one_text: EmbeddingsRequest) -> None:
    """A header is sent once; an Authorization of your own takes the place of the key."""
    client = Client("sk-or-v1-mine", title="a")
    copy = client.with_headers({"x-openrouter-title": "b", "authorization": "Basic eDp5", "X-Extra": "1"})
    headers = create_embeddings.build(client=copy, body=one_text).headers
    assert headers.get_list("X-OpenRouter-Title") == ["b"]
    assert headers.get_list("Authorization") == ["Basic eDp5"]
    assert headers["x-extra"] == "1"
    original = create_embeddings.build(client=client, body=one_text).headers
    assert original["x-openrouter-title"] == "a"
    assert original["authorization"] == "Bearer sk-or-v1-mine"
    assert "x-extra" not in original


def test_the_timeout_is_finite_unless_set_otherwise(one_text: EmbeddingsRequest) -> None:
    """Every request has a limit for connecting, writing, reading and waiting for the pool."""
    limits = create_embeddings.build(client=Client(""), body=one_text).extensions["timeout"]
    assert sorted(limits) == ["connect", "pool", "read", "write"]
    assert all(0 < seconds <= 60 for seconds in limits.values())
    original = Client("", timeout=9)
    copy = original.with_timeout(2.5)
    endless = Client("", timeout=httpx.Timeout(None))
    reads = [
        create_embeddings.build(client=client, body=one_text).extensions["timeout"]["read"]
        for client in (original, copy, endless)
    ]
    assert reads == [9, 2.5, None]


def test_a_request_can_be_sent_by_other_means(one_text: EmbeddingsRequest, unreachable: Client) -> None:
    """The halves suffice without `sync`: build, a transport of one's own, parse."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=fixture("embeddings_float")))
    with httpx.Client(transport=transport) as own:
        response = own.send(create_embeddings.build(client=unreachable, body=one_text))
    assert [item.index for item in create_embeddings.parse(response).data] == [0]
