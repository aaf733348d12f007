"""Wrong arguments are named, by field, before anything is sent."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from client.calls import client_with_handler
from openrouter_embeddings import (
    Client,
    EmbeddingsRequest,
    ImagePart,
    MaxPrice,
    MultimodalInput,
    ProviderPreferences,
    TextPart,
    Usage,
    create_embeddings,
    list_embeddings_models,
)

anything: Any = object()


def request_with(**fields: Any) -> EmbeddingsRequest:
    """A request with fields other than the plain ones."""
    return EmbeddingsRequest(**{"model": "m", "input": "x", **fields})


def request_with_preferences(**fields: Any) -> EmbeddingsRequest:
    """A request with routing preferences."""
    return request_with(provider=ProviderPreferences(**fields))


def with_part(part: Any) -> EmbeddingsRequest:
    """A request with one multimodal input of one part."""
    return request_with(input=[MultimodalInput(content=[part])])


WRONG_TYPES = {
    "input": request_with(input=5),
    "input[1]": request_with(input=["a", None]),
    "input[0]": request_with(input=[True]),
    "input[1][0]": request_with(input=[[1], ["a"]]),
    "model": request_with(model=None),
    "dimensions": request_with(dimensions="512"),
    "encoding_format": request_with(encoding_format=1),
    "input_type": request_with(input_type=b"query"),
    "user": request_with(user=7),
    "provider": request_with(provider="openai"),
    "provider.order": request_with_preferences(order="openai"),
    "provider.order[0]": request_with_preferences(order=[1]),
    "provider.quantizations[1]": request_with_preferences(quantizations=["fp8", None]),
    "provider.allow_fallbacks": request_with_preferences(allow_fallbacks="yes"),
    "provider.sort": request_with_preferences(sort=3),
    "provider.max_price.prompt": request_with_preferences(max_price=MaxPrice(prompt=anything)),
    "input[0].content": request_with(input=[MultimodalInput(content=anything)]),
    "input[0].content[0].text": with_part(TextPart(text=anything)),
    "input[0].content[0].image_url": with_part(ImagePart(image_url=anything)),
    "input[0].content[0].input_audio": with_part({"type": "input_audio"}),
}

WRONG_VALUES = {
    "dimensions": request_with(dimensions=0),
    "input[0].content": request_with(input=[MultimodalInput(content=[])]),
    "input[0].content[0].text": with_part(TextPart(text="")),
    "input[0].content[0].type": with_part({"type": "scent", "scent": "rose"}),
    "input": request_with(input="half \ud83d of a pair"),
    "user": request_with(user="\udc00"),
    "provider.max_price.prompt": request_with_preferences(max_price=MaxPrice(prompt=float("nan"))),
    "seed": request_with(additional_properties={"seed": float("inf")}),
}


def call(client: Client, body: Any) -> None:
    """Try to send."""
    create_embeddings.sync(client=client, body=body)


@pytest.mark.parametrize("field", WRONG_TYPES)
def test_a_wrong_type_is_a_type_error_that_names_the_field(unreachable: Client, field: str) -> None:
    """The message begins with the path of the field, and says what was expected and received."""
    with pytest.raises(TypeError) as caught:
        call(unreachable, WRONG_TYPES[field])
    assert str(caught.value).startswith(f"{field}: expected ")
    assert ", received " in str(caught.value)


@pytest.mark.parametrize("field", WRONG_VALUES)
def test_a_wrong_value_is_a_value_error_that_names_the_field(unreachable: Client, field: str) -> None:
    """The message begins with the path of the field, or with the field that holds it."""
    with pytest.raises(ValueError, match=f"^{re.escape(field)}: "):
        call(unreachable, WRONG_VALUES[field])


@pytest.mark.parametrize("value", ["", [], [""], ["a", ""], [[]], [[1], []], [-1], [[1, -1]], ()])
def test_an_input_that_the_contract_does_not_allow_is_not_sent(unreachable: Client, value: Any) -> None:
    """No text and no list is empty, and no token is negative: the bounds are those of the contract."""
    with pytest.raises(ValueError, match=r"^input(\[\d\]){0,2}: expected .*, received "):
        call(unreachable, request_with(input=value))


@pytest.mark.parametrize(("name", "value"), [("limit", 0), ("limit", 1001), ("limit", -1), ("offset", -1)])
def test_a_query_argument_beyond_its_bounds_is_a_value_error(unreachable: Client, name: str, value: int) -> None:
    """The bounds of `limit` and `offset` are those of the contract."""
    with pytest.raises(ValueError, match=rf"^{name}: expected .*, received the number {value}$"):
        list_embeddings_models.sync(client=unreachable, **{name: value})


@pytest.mark.parametrize("value", [None, [], "x", 5])
def test_additional_properties_that_are_no_mapping_are_named(unreachable: Client, value: Any) -> None:
    """Also when they are None."""
    with pytest.raises(TypeError, match=r"^additional_properties: expected a mapping, received "):
        call(unreachable, request_with(additional_properties=value))


def test_a_null_within_a_dictionary_is_refused_where_the_contract_has_none(unreachable: Client) -> None:
    """A dictionary in the place of an object is held to the same contract."""
    with pytest.raises(TypeError, match=r"^provider\.max_price\.prompt: expected .*, received null$"):
        call(unreachable, request_with_preferences(max_price={"prompt": None}))


def test_what_json_cannot_write_is_named(unreachable: Client) -> None:
    """An object of Python among the additional properties is a TypeError that names it."""
    with pytest.raises(TypeError, match=r"^options: .*not JSON serializable"):
        call(unreachable, request_with(additional_properties={"options": {"when": object()}}))


@pytest.mark.parametrize("body", [None, {"model": "m", "input": "x"}, "x", Usage(prompt_tokens=1, total_tokens=1)])
def test_a_body_of_another_class_is_refused(unreachable: Client, body: Any) -> None:
    """A dictionary, nothing, and another model are no request."""
    with pytest.raises(TypeError, match=r"^body: expected EmbeddingsRequest, received "):
        call(unreachable, body)


@pytest.mark.parametrize("name", ["offset", "limit"])
@pytest.mark.parametrize("value", ["5", 1.5, True, []])
def test_a_query_argument_of_the_wrong_type_is_named(unreachable: Client, name: str, value: Any) -> None:
    """`offset` and `limit` are integers or left out."""
    with pytest.raises(TypeError, match=rf"^{name}: expected an integer, received "):
        list_embeddings_models.sync(client=unreachable, **{name: value})


def test_a_missing_key_is_named_where_one_is_needed(
    one_text: EmbeddingsRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Embedding without a key is a ValueError; an empty variable counts as none; the public list needs none."""
    monkeypatch.setenv("OPENROUTER_API_KEY", "")
    client = client_with_handler(lambda _: httpx.Response(418), api_key=None)
    with pytest.raises(ValueError, match=r"^api_key: none given"):
        call(client, one_text)
    assert list_embeddings_models.sync_detailed(client=client).status == 418


@pytest.mark.parametrize("key", ["sk-or-v1-ab\ncd", "sk-or-v1-ab cd", "sk-or-v1-ä", "sk-or-v1-\0"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(key: str) -> None:
    """The message names `api_key` and holds nothing of it."""
    with pytest.raises(ValueError, match=r"^api_key: ") as caught:
        Client(key)
    assert "sk-or" not in str(caught.value)


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "openrouter.ai/api/v1",
        "ftp://openrouter.ai",
        "http://",
        "https:///api/v1",
        "http://[::1",
        "http://a..b",
        "http://ho\nst",
        " https://openrouter.ai",
        "http://\ud800",
        "http://host:port",
        "https://openrouter.ai/api/v1?key=1",
        "https://openrouter.ai/api/v1#top",
        "http://" + "a" * 64,
    ],
)
def test_an_address_that_is_none_is_refused(base_url: str) -> None:
    """The base URL is checked when the client is made, not when it sends."""
    with pytest.raises(ValueError, match=r"^base_url: expected an http or https address"):
        Client("", base_url)


def test_a_password_in_the_address_is_refused_and_not_shown() -> None:
    """Credentials in a URL would take the place of the key, and stand in messages."""
    with pytest.raises(ValueError, match=r"^base_url: holds a user name") as caught:
        Client("", "https://me:hunter2@openrouter.ai/api/v1")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("base_url", ["https://openrouter.ai/api/v1/", "HTTPS://OpenRouter.ai/api/v1"])
def test_an_address_may_end_in_a_slash_and_be_of_any_case(base_url: str, one_text: EmbeddingsRequest) -> None:
    """Both forms lead to the same place."""
    request = create_embeddings.build(client=Client("", base_url), body=one_text)
    assert str(request.url) == "https://openrouter.ai/api/v1/embeddings"


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), 1e12, 10**400])
def test_a_timeout_that_is_no_time_is_refused(timeout: float) -> None:
    """Seconds are above 0, and not more than a system's clock can count."""
    with pytest.raises(ValueError, match=r"^timeout: "):
        Client("", timeout=timeout)
    with pytest.raises(ValueError, match=r"^timeout: "):
        Client("").with_timeout(timeout)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("api_key", 5),
        ("base_url", None),
        ("http_referer", 5),
        ("title", b"Acme"),
        ("categories", ["search"]),
        ("timeout", "10"),
        ("timeout", True),
        ("timeout", None),
        ("retries", "3"),
        ("retries", True),
        ("http_client", httpx.AsyncClient()),
        ("async_http_client", object()),
    ],
)
def test_a_setting_of_the_wrong_type_is_a_type_error(name: str, value: Any) -> None:
    """Each setting of the client is checked when it is given, and the message says which."""
    shown = {"http_referer": "HTTP-Referer", "title": "X-OpenRouter-Title", "categories": "X-OpenRouter-Categories"}
    with pytest.raises(TypeError, match=f"{shown.get(name, name)}: expected "):
        Client(**{"api_key": "", name: value})


@pytest.mark.parametrize(
    "headers", [{"bad name": "x"}, {"": "x"}, {"a:b": "x"}, {"é": "x"}, {"X-A": "é"}, {"X-A": "a\r\nb: c"}]
)
def test_a_header_that_http_has_no_form_for_is_refused(headers: dict[str, str]) -> None:
    """Names and values are checked when given: nothing can be smuggled into a request."""
    with pytest.raises(ValueError, match=r"^header "):
        Client("").with_headers(headers)


@pytest.mark.parametrize("headers", [{5: "x"}, {"X-A": 5}, "X-A: x"])
def test_headers_of_the_wrong_type_are_a_type_error(headers: Any) -> None:
    """Headers map strings to strings."""
    with pytest.raises(TypeError, match=r"^header"):
        Client("").with_headers(headers)


@pytest.mark.parametrize("imitate", [copy.copy, copy.deepcopy, pickle.dumps], ids=["copy", "deepcopy", "pickle"])
def test_a_client_is_not_pickled(imitate: Callable[[Any], Any]) -> None:
    """A key does not travel in a pickle, and connections cannot."""
    with pytest.raises(TypeError, match="holds a key and open connections"):
        imitate(Client("sk-or-v1-mine"))
