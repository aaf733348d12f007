"""Requests that cover the documented behavior of the mock, and their responses, comparable between two mocks."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import attrs
import httpx
import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openrouter_mock.app import MockApp

KEY = "sk-or-v1-probe"
BASE = "http://mock/api/v1"
MODEL = "openai/text-embedding-3-small"
WITHOUT_SHORTENING = "openai/text-embedding-ada-002"

_TIME_IN_ID = re.compile(rb"gen-emb-\d+-")


Seen = tuple[int, dict[str, str], bytes]
"""Status, headers and body of an answer."""


@attrs.frozen
class Probe:
    """One request."""

    name: str
    method: str = "POST"
    path: str = "/embeddings"
    body: bytes | None = None
    headers: dict[str, str] = attrs.field(factory=dict)


class AsgiTransport(httpx.BaseTransport):
    """Hands requests to an ASGI application within this process, one at a time."""

    def __init__(self, app: MockApp) -> None:
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer of the application, read to its end."""
        return asyncio.run(self._handle(request))

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        response = await self._transport.handle_async_request(request)
        content = b"".join([chunk async for chunk in response.stream])  # type: ignore[union-attr]
        return httpx.Response(response.status_code, headers=response.headers, stream=httpx.ByteStream(content))


def client_of(app: MockApp) -> httpx.Client:
    """Return a client that speaks to *app* without a network and hears a crash as the 500 it is."""
    return httpx.Client(transport=AsgiTransport(app), base_url=BASE)


def body(given: Any, **fields: Any) -> bytes:
    """Return a request body for three-number vectors of *given*, with other *fields*; None leaves one out."""
    whole = {"input": given, "model": MODEL, "dimensions": 3, **fields}
    return orjson.dumps({name: value for name, value in whole.items() if value is not None})


def embed(name: str, given: Any, **fields: Any) -> Probe:
    """Return the probe that embeds *given*."""
    return raw(name, body(given, **fields))


def raw(name: str, content: bytes | None, **headers: str) -> Probe:
    """Return the probe that posts *content* with a good key; *headers* replace the usual ones."""
    usual = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    return Probe(name, body=content, headers={**usual, **headers})


def get(name: str, path: str, method: str = "GET", **headers: str) -> Probe:
    """Return the probe that asks for *path* without a key."""
    return Probe(name, method, path, headers=headers)


def _good() -> Iterator[Probe]:
    yield embed("text", "cat and kitten")
    yield embed("text again", "cat and kitten")
    yield embed("list of one text", ["cat and kitten"])
    yield embed("batch", ["dog", "cat and kitten", "a mouse"])
    yield embed("batch with repeated texts", ["cat", "dog", "cat"])
    yield embed("batch of twenty", [f"text {number}" for number in range(20)])
    yield embed("native length", "cat", dimensions=None)
    yield embed("length of another multiple", "cat", dimensions=100)
    yield embed("base64", "cat", encoding_format="base64", dimensions=100)
    yield embed("float", "cat", encoding_format="float")
    yield embed("tokens", [9906, 1917])
    yield embed("tokens as floats", [9906.0, 1917.0])
    yield embed("token lists", [[9906], [1917, 2]])
    yield embed("emoji", "cat 🐈")
    yield embed("beyond latin-1", "кот")
    yield embed("NUL", "a\0b")
    yield embed("combining mark", "e\u0301")
    yield embed("white space", " \n ")
    yield embed("lines", "one\ntwo")
    yield embed("long", "word " * 400 + "end")
    yield embed("sampling parameters", "cat", temperature=0.5, max_tokens=3, stop=["x"])
    yield embed("unknown field", "cat", anything={"goes": True})
    yield embed("user", "cat", user="someone")
    yield embed("input type", "cat", input_type="search_query")
    yield embed("preferences", "cat", provider={"order": ["Azure"], "zdr": None})
    yield raw("charset", body("cat"), **{"content-type": "application/json; charset=utf-8"})
    yield raw("chunks", body("cat"), **{"transfer-encoding": "chunked"})
    yield raw("expectation", body("cat"), expect="100-continue")
    yield raw("escapes", body("caf!").replace(b"!", rb"\u00e9"))
    yield embed("NaN as text", "NaN")
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    parts = [{"content": [{"type": "text", "text": "cat"}, image]}]
    yield embed("multimodal", parts, model="google/gemini-embedding-2")
    yield embed("two multimodal inputs", [*parts, *parts], model="google/gemini-embedding-2")
    yield embed("medium that the model does not read", parts)


def _routed() -> Iterator[Probe]:
    yield embed("one provider alone", "cat", provider={"only": ["Azure"]})
    yield embed("only a provider without the model", "cat", provider={"only": ["Cohere"]})
    yield embed("a provider left out", "cat", provider={"ignore": ["OpenAI"]})
    yield embed("two providers alone, one without data", "cat", provider={"only": ["OpenAI", "Azure"], "zdr": True})
    yield embed("two providers in order", "cat", provider={"order": ["Azure", "OpenAI"]})
    yield embed("no fallbacks", "cat", provider={"order": ["Cohere"], "allow_fallbacks": False})
    yield embed(
        "a price below the more expensive provider",
        "cat",
        provider={"order": ["Azure"], "max_price": {"prompt": 0.021}},
    )
    yield embed("no data retained", "cat", provider={"zdr": True})


def _bad() -> Iterator[Probe]:
    for name, given in {
        "null input": None,
        "number as input": 5,
        "object as input": {"a": 1},
        "empty text": "",
        "empty text in batch": ["a", ""],
        "empty batch": [],
        "empty token list": [[1], []],
        "mixed batch": ["a", 5],
        "null in batch": ["a", None],
        "negative token": [-1],
        "fractional token": [1.5],
    }.items():
        yield raw(name, orjson.dumps({"input": given, "model": MODEL}))
    yield raw("missing input", orjson.dumps({"model": MODEL}))
    yield raw("missing model", orjson.dumps({"input": "cat"}))
    yield embed("model of wrong type", "cat", model=5)
    yield embed("unknown model", "cat", model="example/none")
    yield embed("last model of the list", "cat", model="qwen/qwen3-embedding-4b", dimensions=None)
    for length in (0, -1, 1.5, "8", 1_000_000):
        yield embed(f"dimensions {length!r}", "cat", dimensions=length)
    yield embed("length the model does not have", "cat", model=WITHOUT_SHORTENING)
    yield embed("encoding format", "cat", encoding_format="int8")
    yield embed("user of wrong type", "cat", user=5)
    yield embed("input type of wrong type", "cat", input_type=5)
    yield embed("preferences of wrong type", "cat", provider="OpenAI")
    yield embed("beyond the context", "word " * 600, model="thenlper/gte-base", dimensions=768)
    yield raw("no object", b'["cat"]')
    yield raw("malformed JSON", b'{"input": ')
    yield raw("empty body", b"")
    yield raw("NaN", b'{"input": "cat", "model": "' + MODEL.encode() + b'", "x": NaN}')
    yield raw("broken UTF-8", b'{"input": "\xff", "model": "' + MODEL.encode() + b'"}')
    yield raw("byte order mark", b"\xef\xbb\xbf" + body("cat"))
    yield raw("field given twice", body("cat")[:-1] + b', "input": "dog"}')
    yield raw("trailing garbage", body("cat") + b" and more")
    yield raw("content type", body("cat"), **{"content-type": "text/plain"})


def _keys() -> Iterator[Probe]:
    yield Probe("no key", body=body("cat"), headers={"content-type": "application/json"})
    for authorization in (
        "Bearer",
        "Bearer unknown",
        "Bearer sk-unknown",
        f"Basic {KEY}",
        f"bearer {KEY}",
        KEY,
        "Bearer ",
    ):
        yield raw(f"key {authorization!r}", body("cat"), authorization=authorization)
    yield raw("bad body and no key", b"{", authorization="")
    yield raw("key that triggers a scenario", body("cat"), authorization=f"Bearer {KEY}-out-of-credit")
    yield raw("model that triggers a scenario", body("cat", model="mock/data-policy"))


def _pages() -> Iterator[Probe]:
    yield get("list", "/embeddings/models")
    yield get("list with an unknown key", "/embeddings/models", authorization="Bearer unknown")
    for query in (
        "limit=10",
        "offset=10&limit=10",
        "offset=30&limit=10",
        "offset=31",
        "offset=1000&limit=500",
        "limit=0",
        "limit=1000",
        "limit=1001",
        "limit=x",
        "offset=-1",
        "offset=x",
    ):
        yield get(f"list {query}", f"/embeddings/models?{query}")
    yield get("head", "/embeddings/models", "HEAD")


def _protocol() -> Iterator[Probe]:
    yield get("wrong method", "/embeddings")
    yield get("wrong method on the list", "/embeddings/models", "DELETE")
    yield get("preflight", "/embeddings", "OPTIONS")
    yield get("unknown path", "/nothing")
    yield get("trailing slash", "/embeddings/models/")


PROBES: tuple[Probe, ...] = (*_good(), *_routed(), *_bad(), *_keys(), *_pages(), *_protocol())


def observe(app: MockApp, probes: tuple[Probe, ...] = PROBES) -> Iterator[tuple[str, Seen]]:
    """Yield the name of each probe with the response of *app*, without the time in ids."""
    client = client_of(app)
    for probe in probes:
        request = client.build_request(probe.method, f"{BASE}{probe.path}", content=probe.body, headers=probe.headers)
        response = client.send(request, stream=True)
        content = b"".join(response.iter_raw())
        headers = {name: without_time(value.encode()).decode() for name, value in response.headers.items()}
        yield probe.name, (response.status_code, headers, without_time(content))


def without_time(content: bytes) -> bytes:
    """Return *content* without the time in generation ids."""
    return _TIME_IN_ID.sub(b"", content)
