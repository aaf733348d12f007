"""Errors for invalid requests: keys, methods, paths, content types and bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from openrouter_mock.app import create_app
from openrouter_mock.settings import MockSettings

from .probes import KEY, MODEL, body, client_of

if TYPE_CHECKING:
    import httpx

GOOD = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}


def message_of(response: httpx.Response, status: int) -> str:
    """Return the message of an error response with *status*."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    error = response.json()["error"]
    assert error["code"] == status
    return str(error["message"])


def parts(*given: Any) -> dict[str, Any]:
    """Return a body with one multimodal input of the parts *given*."""
    return {"model": MODEL, "input": [{"content": list(given)}]}


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({}, "input: missing; model: missing"),
        ({"input": "cat"}, "model: missing"),
        ({"input": None, "model": MODEL}, "input: null has none of the forms allowed"),
        ({"input": 5, "model": MODEL}, "input: 5 has none of the forms allowed"),
        ({"input": "", "model": MODEL}, 'input: "" is shorter than 1 character'),
        ({"input": ["a", "b", ""], "model": MODEL}, 'input.2: "" is shorter than 1 character'),
        ({"input": ["", ""], "model": MODEL}, 'input.0: "" is shorter than 1 character'),
        ({"input": [], "model": MODEL}, "input: [] has less than 1 item"),
        ({"input": [[1], []], "model": MODEL}, "input.1: [] has less than 1 item"),
        ({"input": ["a", 5], "model": MODEL}, 'input.1: 5 is not of type "string"'),
        ({"input": [5, "a"], "model": MODEL}, 'input.1: "a" is not of type "integer"'),
        ({"input": [True], "model": MODEL}, 'input.0: true is not of type "integer"'),
        ({"input": [-1], "model": MODEL}, "input.0: -1 is less than the minimum of 0"),
        ({"input": [1.5], "model": MODEL}, 'input.0: 1.5 is not of type "integer"'),
        ({"input": [{}], "model": MODEL}, "input.0.content: missing"),
        (parts(), "input.0.content: [] has less than 1 item"),
        (parts({"type": "text"}), "input.0.content.0.text: missing"),
        (parts({"type": "text", "text": ""}), 'input.0.content.0.text: "" is shorter than 1 character'),
        (parts({"type": "image_url", "image_url": {}}), "input.0.content.0.image_url.url: missing"),
        (parts({"type": "smell"}), 'input.0.content.0: {"type": "smell"} has none of the forms allowed'),
        ({"input": "a", "model": 5}, 'model: 5 is not of type "string"'),
        ({"input": "a", "model": MODEL, "dimensions": 0}, "dimensions: 0 is less than the minimum of 1"),
        ({"input": "a", "model": MODEL, "dimensions": "8"}, 'dimensions: "8" is not of type "integer"'),
        ({"input": "a", "model": MODEL, "dimensions": None}, 'dimensions: null is not of type "integer"'),
        ({"input": "a", "model": MODEL, "user": 5}, 'user: 5 is not of type "string"'),
        ({"input": "a", "model": MODEL, "provider": {"zdrr": True}}, "provider.zdrr: unknown field"),
        (5, 'body: 5 is not of type "object"'),
        ([1], 'body: [1] is not of type "object"'),
    ],
    ids=lambda value: orjson.dumps(value).decode()[:60] if not isinstance(value, str) else "",
)
def test_an_error_names_the_field(client: httpx.Client, sent: Any, message: str) -> None:
    """An invalid body is rejected with the path of the smallest invalid part."""
    response = client.post("/embeddings", content=orjson.dumps(sent), headers=GOOD)
    assert message_of(response, 400) == message


def test_an_error_is_short(client: httpx.Client) -> None:
    """A huge invalid value is shortened in the message."""
    response = client.post("/embeddings", content=body([["a" * 100_000]]), headers=GOOD)
    assert len(message_of(response, 400)) < 500


@pytest.mark.parametrize(
    ("content", "begins"),
    [
        (b"", "body: empty"),
        (b" \n ", "body: empty"),
        (b"{", "body: not valid JSON"),
        (b"cat", "body: not valid JSON"),
        (b'{"input": "cat", "x": NaN}', "body: not valid JSON"),
        (b'{"input": "cat", "x": Infinity}', "body: not valid JSON"),
        (b'{"input": "\xff"}', "body: not valid JSON"),
        (b"\xef\xbb\xbf{}", "body: not valid JSON"),
        (b"{} {}", "body: not valid JSON"),
        (b"[" * 100_000, "body: not valid JSON"),
    ],
)
def test_a_body_that_is_not_json_is_rejected(client: httpx.Client, content: bytes, begins: str) -> None:
    """Malformed JSON is rejected, whatever is wrong with it."""
    assert message_of(client.post("/embeddings", content=content, headers=GOOD), 400).startswith(begins)


def test_a_deep_body_is_answered(client: httpx.Client) -> None:
    """A field that is not documented may nest as deep as JSON parsers go."""
    deep = b"[" * 900 + b"]" * 900
    content = b'{"input": "cat", "dimensions": 3, "model": "%s", "x": %s}' % (MODEL.encode(), deep)
    assert client.post("/embeddings", content=content, headers=GOOD).status_code == 200


def test_of_two_equal_keys_the_last_counts(client: httpx.Client) -> None:
    """A key that occurs twice in an object has its last value."""
    content = b'{"dimensions": 3, "dimensions": 4, "input": "cat", "model": "%s"}' % MODEL.encode()
    response = client.post("/embeddings", content=content, headers=GOOD)
    assert len(response.json()["data"][0]["embedding"]) == 4


@pytest.mark.parametrize("given", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json"])
def test_another_content_type_is_rejected(client: httpx.Client, given: str) -> None:
    """A body with another content type than JSON is rejected with 415."""
    response = client.post("/embeddings", content=body("cat"), headers={**GOOD, "content-type": given})
    assert given in message_of(response, 415)


@pytest.mark.parametrize("given", ["application/json; charset=utf-8", "Application/JSON", "application/ld+json"])
def test_json_by_any_name_is_read(client: httpx.Client, given: str) -> None:
    """Parameters, case and suffix of a JSON content type make no difference."""
    response = client.post("/embeddings", content=body("cat"), headers={**GOOD, "content-type": given})
    assert response.status_code == 200


def test_a_body_without_content_type_is_read_as_json(client: httpx.Client) -> None:
    """A request that does not say what its body is means JSON."""
    response = client.post("/embeddings", content=body("cat"), headers={"authorization": GOOD["authorization"]})
    assert response.status_code == 200


def test_a_compressed_body_is_rejected(client: httpx.Client) -> None:
    """A body in a content encoding is rejected with 415."""
    response = client.post("/embeddings", content=body("cat"), headers={**GOOD, "content-encoding": "gzip"})
    assert message_of(response, 415).startswith("Content-Encoding")


def test_a_too_large_body_is_rejected() -> None:
    """A body larger than the limit is rejected with 413, one of exactly that size is not."""
    content = body("cat")
    sizes = {len(content): 200, len(content) - 1: 413}
    for most, status in sizes.items():
        client = client_of(create_app(MockSettings(max_body=most)))
        assert client.post("/embeddings", content=content, headers=GOOD).status_code == status


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", f"Basic {KEY}", KEY, "Bearer other", "Bearer sk-other", "Bearersk-or-x"]
)
def test_a_bad_key_is_rejected(client: httpx.Client, authorization: str) -> None:
    """Everything but a bearer key that begins with `sk-or-` is rejected with 401, and not repeated."""
    response = client.post("/embeddings", content=body("cat"), headers={**GOOD, "authorization": authorization})
    message = message_of(response, 401)
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert "other" not in message
    assert KEY not in message


def test_no_key_is_rejected(client: httpx.Client) -> None:
    """A request without a key is rejected with 401."""
    response = client.post("/embeddings", content=body("cat"), headers={"content-type": "application/json"})
    assert message_of(response, 401).startswith("Authorization: no bearer key")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
def test_the_scheme_has_no_case(client: httpx.Client, scheme: str) -> None:
    """The word Bearer may be written in any case, with more than one space after it."""
    headers = {**GOOD, "authorization": f"{scheme} {KEY}"}
    assert client.post("/embeddings", content=body("cat"), headers=headers).status_code == 200


def test_the_key_comes_before_the_body(client: httpx.Client) -> None:
    """A call without a key is not told what is wrong with its body."""
    assert client.post("/embeddings", content=b"{", headers={"content-type": "text/plain"}).status_code == 401


def test_given_keys_are_the_only_ones() -> None:
    """A mock with keys accepts those and no others."""
    client = client_of(create_app(MockSettings(keys=("first", "second"))))
    keys = {"first": 200, "second": 200, "third": 401, KEY: 401}
    for key, status in keys.items():
        headers = {**GOOD, "authorization": f"Bearer {key}"}
        assert client.post("/embeddings", content=body("cat"), headers=headers).status_code == status


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD", "TRACE", "QUERY"])
def test_another_method_is_not_allowed(client: httpx.Client, method: str) -> None:
    """A method that is not served is answered 405 with those that are."""
    response = client.request(method, "/embeddings")
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST, OPTIONS"
    assert method == "HEAD" or message_of(response, 405)


def test_the_list_cannot_be_changed(client: httpx.Client) -> None:
    """The model list takes GET and HEAD."""
    response = client.post("/embeddings/models", content=b"{}", headers=GOOD)
    assert message_of(response, 405)
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_browsers_may_ask_first(client: httpx.Client) -> None:
    """OPTIONS, which browsers send before a request of another origin, is answered with what is allowed."""
    response = client.options("/embeddings", headers={"Origin": "https://x.example"})
    assert response.status_code == 204
    assert response.headers["Allow"] == "POST, OPTIONS"
    assert "Authorization" in response.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("path", ["/embeddings", "/embeddings/models", "/nothing"])
def test_browsers_may_read_that_a_method_or_path_is_not_served(client: httpx.Client, path: str) -> None:
    """The question beforehand is always granted, else a page would see a network error in place of 404 and 405."""
    response = client.options(path, headers={"Origin": "https://x.example", "Access-Control-Request-Method": "PUT"})
    assert response.status_code == 204
    assert "PUT" in response.headers["Access-Control-Allow-Methods"]
    assert client.put(path).headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", ["/", "/embeddings/", "/embeddings/models/", "/chat/completions", "/é"])
def test_other_paths_are_not_found(client: httpx.Client, path: str) -> None:
    """A path that is not served is answered 404 with the error body, and not redirected."""
    assert message_of(client.get(path), 404).startswith("path:")


@pytest.mark.parametrize(
    ("content", "same_as"),
    [
        (b'"input": "cat", "seed": 1e400', "cat"),
        (b'"input": "cat", "seed": -1' + b"0" * 5000, "cat"),
        (b'"input": "\\ud800 cat"', "\ufffd cat"),
        (b'"input": "\\ud83d\\ude80 \\ud83d"', "\U0001f680 \ufffd"),
    ],
    ids=["float", "integer", "surrogate", "pair and surrogate"],
)
def test_json_that_few_parsers_take_is_read(client: httpx.Client, content: bytes, same_as: str) -> None:
    """Numbers beyond a float and halves of characters are JSON, and are read as JavaScript reads them."""
    given = b'{"model": "%s", "dimensions": 3, %s}' % (MODEL.encode(), content)
    answer = client.post("/embeddings", content=given, headers=GOOD)
    assert answer.status_code == 200
    plain = client.post("/embeddings", content=body(same_as), headers=GOOD)
    assert answer.json()["data"] == plain.json()["data"]


@pytest.mark.parametrize("whole", [2**53 + 1, 1234567890123456789, 2**64 - 1])
def test_a_large_number_is_read_the_same_beside_a_larger_one(client: httpx.Client, whole: int) -> None:
    """How one number is written changes no other."""
    given = b'{"model": "%s", "dimensions": 3, "input": [%d], "seed": %%s}' % (MODEL.encode(), whole)
    answers = [client.post("/embeddings", content=given % seed, headers=GOOD).json() for seed in (b"1", b"1e400")]
    assert answers[0]["data"] == answers[1]["data"]


def test_a_long_text_among_parts_is_rejected_by_its_length(client: httpx.Client) -> None:
    """The parts of one input count together."""
    parts = [{"content": [{"type": "text", "text": "." * 100_000}] * 3}]
    given = body(parts, model="google/gemini-embedding-2")
    assert "300000 characters" in message_of(client.post("/embeddings", content=given, headers=GOOD), 400)


def test_a_number_beyond_a_float_is_still_a_number(client: httpx.Client) -> None:
    """Where the contract has a bound, it holds for such numbers too."""
    given = b'{"model": "%s", "input": "cat", "dimensions": 1e400}' % MODEL.encode()
    assert message_of(client.post("/embeddings", content=given, headers=GOOD), 400).startswith("dimensions:")


@pytest.mark.parametrize("field", ["input", "user", "model"])
@pytest.mark.parametrize("depth", [200, 300, 1000])
def test_deep_nesting_is_rejected(client: httpx.Client, field: str, depth: int) -> None:
    """A value within hundreds of lists is rejected like any other of a wrong type."""
    whole = {"input": b'"cat"', "model": b'"' + MODEL.encode() + b'"', field: b"[" * depth + b"1" + b"]" * depth}
    given = b"{%s}" % b", ".join(b'"%s": %s' % (name.encode(), value) for name, value in whole.items())
    message = message_of(client.post("/embeddings", content=given, headers=GOOD), 400)
    assert message.startswith((f"{field}", "body: nested too deep"))


def test_a_text_far_too_long_is_rejected(client: httpx.Client) -> None:
    """A text that exceeds the context in characters alone is rejected by its length."""
    message = message_of(client.post("/embeddings", content=body("." * 2_000_000), headers=GOOD), 400)
    assert message == f"input: 2000000 characters make more than the 8192 tokens that {MODEL} reads"


def test_a_crash_is_told_without_its_inside(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Should the mock fail, it answers 500 in the error body, logs where, and names no key."""
    app = create_app()
    monkeypatch.setattr(app.service, "route", lambda _: 1 / 0)
    response = client_of(app).post("/embeddings", content=body("cat"), headers=GOOD)
    assert message_of(response, 500) == "the mock failed; its log says how"
    assert "ZeroDivisionError" in caplog.text
    assert KEY not in caplog.text
