"""Whatever is sent, the mock's response is one that the contract documents."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openrouter_mock import catalog, contract, validation
from openrouter_mock.app import create_app

from .probes import KEY, MODEL, PROBES, observe

if TYPE_CHECKING:
    import httpx

HEADERS = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
PATIENT = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
"""Time says nothing on a machine that is shared."""

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
TOKENS = st.lists(st.integers(0, 2**40) | st.integers(0, 10**6).map(float), min_size=1, max_size=6)
MEDIA = st.builds(
    lambda kind, data: {"type": kind, kind: {"data": data}},
    st.sampled_from(["input_audio", "input_video", "input_file"]),
    st.text(max_size=20),
)
PART = (
    st.builds(lambda text: {"type": "text", "text": text}, TEXT)
    | st.builds(lambda url: {"type": "image_url", "image_url": {"url": url}}, st.text(max_size=20))
    | MEDIA
)
INPUT = (
    TEXT
    | st.lists(TEXT, min_size=1, max_size=5)
    | TOKENS
    | st.lists(TOKENS, min_size=1, max_size=4)
    | st.lists(
        st.builds(lambda parts: {"content": parts}, st.lists(PART, min_size=1, max_size=3)), min_size=1, max_size=3
    )
)
GOOD = st.fixed_dictionaries(
    {"input": INPUT, "model": st.sampled_from([model.id for model in catalog.models()])},
    optional={
        "dimensions": st.integers(1, 300),
        "encoding_format": st.sampled_from(["float", "base64"]),
        "user": st.text(max_size=5),
        "input_type": st.text(max_size=5),
        "provider": st.none() | st.fixed_dictionaries({}, optional={"zdr": st.booleans(), "order": st.lists(TEXT)}),
        "temperature": st.floats(0, 2),
    },
)
WRONG = GOOD.flatmap(
    lambda body: st.tuples(st.sampled_from([*body, "input", "model", "dimensions"]), JSON).map(
        lambda change: {**body, change[0]: change[1]}
    )
)


@functools.cache
def validator(path: str, method: str, status: str) -> jsonschema_rs.Draft202012Validator:
    """Return a validator of the bodies that the contract documents for *status*."""
    responses = contract.document()["paths"][path][method]["responses"]
    answer = responses.get(status, responses["default"])
    schema = {**answer["content"]["application/json"]["schema"], "components": contract.document()["components"]}
    return jsonschema_rs.Draft202012Validator(schema)


def check(path: str, method: str, response: httpx.Response) -> Any:
    """Return the body of *response*, once it is what the contract documents for its status."""
    assert response.status_code < 500, response.text
    document = orjson.loads(response.content)
    validator(path, method, str(response.status_code)).validate(document)
    if response.status_code != 200:
        assert document["error"]["code"] == response.status_code
        assert document["error"]["message"]
    return document


def embed(client: httpx.Client, content: bytes) -> httpx.Response:
    """Post *content* with a good key."""
    return client.post("/embeddings", content=content, headers=HEADERS)


@PATIENT
@given(sent=GOOD)
def test_good_bodies_are_answered(client: httpx.Client, sent: dict[str, Any]) -> None:
    """A valid body is answered with a vector per input, or rejected for a limit of the model
    or because no endpoint of it fits the preferences.
    """
    response = embed(client, orjson.dumps(sent))
    document = check("/embeddings", "post", response)
    if response.status_code == 200:
        assert [item["index"] for item in document["data"]] == list(range(len(document["data"])))
    elif response.status_code == 404:
        assert document["error"]["message"].startswith("provider.")
    else:
        assert response.status_code == 400
    assert response.status_code == 200 or sent["model"] in document["error"]["message"]


@PATIENT
@given(sent=WRONG | JSON)
def test_bad_bodies_are_rejected_with_the_field(client: httpx.Client, sent: Any) -> None:
    """An invalid body is rejected with 400 naming its first error, and a valid one is not."""
    errors = validation.validation_errors(orjson.loads(orjson.dumps(sent)))
    response = embed(client, orjson.dumps(sent))
    document = check("/embeddings", "post", response)
    if errors:
        assert response.status_code == 400
        assert document["error"]["message"].startswith(str(errors[0]))


@PATIENT
@given(content=st.binary(max_size=60))
def test_any_bytes_are_answered(client: httpx.Client, content: bytes) -> None:
    """Whatever bytes are sent, the answer is a documented one."""
    assert check("/embeddings", "post", embed(client, content))["error"]


@PATIENT
@given(query=st.text(alphabet="ofsetlimn=&%0123456789+-. é", max_size=20))
def test_any_query_is_answered(client: httpx.Client, query: str) -> None:
    """Whatever the query string, the response is a documented one."""
    check("/embeddings/models", "get", client.get("/embeddings/models", params={"offset": query}))
    check("/embeddings/models", "get", client.get(f"/embeddings/models?{query}"))


@PATIENT
@given(authorization=st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=30))
def test_any_authorization_is_answered(client: httpx.Client, authorization: str) -> None:
    """Whatever the key, the answer is a documented one."""
    headers = {b"content-type": b"application/json", b"authorization": authorization.encode("latin-1")}
    body = orjson.dumps({"input": "cat", "model": MODEL, "dimensions": 3})
    response = client.post("/embeddings", content=body, headers=headers)
    check("/embeddings", "post", response)
    assert response.status_code in {200, 401}


@PATIENT
@given(texts=st.lists(TEXT, min_size=1, max_size=6), encoding=st.sampled_from(["float", "base64"]))
def test_a_batch_is_its_texts(client: httpx.Client, texts: list[str], encoding: str) -> None:
    """A batch has the vectors that its texts have alone, and its usage is the sum of theirs."""
    rest = {"model": MODEL, "dimensions": 16, "encoding_format": encoding}
    batch = embed(client, orjson.dumps({"input": texts, **rest})).json()
    singles = [embed(client, orjson.dumps({"input": text, **rest})).json() for text in texts]
    assert [item["embedding"] for item in batch["data"]] == [one["data"][0]["embedding"] for one in singles]
    assert batch["usage"]["prompt_tokens"] == sum(one["usage"]["prompt_tokens"] for one in singles)


@PATIENT
@given(ids=st.lists(TOKENS, min_size=1, max_size=4))
def test_a_batch_of_token_lists_is_its_lists(client: httpx.Client, ids: list[list[float]]) -> None:
    """A batch of token lists has the vectors that the lists have alone."""
    rest = {"model": MODEL, "dimensions": 16}
    batch = embed(client, orjson.dumps({"input": ids, **rest})).json()
    singles = [embed(client, orjson.dumps({"input": each, **rest})).json() for each in ids]
    assert [item["embedding"] for item in batch["data"]] == [one["data"][0]["embedding"] for one in singles]


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.name)
def test_probes_are_answered_as_documented(client: httpx.Client, probe: Any) -> None:
    """The answer to each probe has a body of the contract, or none where there is none."""
    [(_, (status, headers, content))] = observe(create_app(), (probe,))
    assert status < 500
    if probe.method == "HEAD" or status == 204:
        assert content == b""
        return
    assert headers["content-type"] == "application/json"
    path = probe.path.partition("?")[0]
    documented = {"/embeddings": "post", "/embeddings/models": "get"}
    method = documented.get(path, "get")
    where = path if path in documented else "/embeddings/models"
    validator(where, method, str(status)).validate(orjson.loads(content))
