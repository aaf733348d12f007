"""Answers of the mock, mutated: what a client makes of JSON, bytes and headers that are almost right."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache
from typing import Any, NamedTuple
from unittest.mock import patch

import httpx

from client.fuzz.secrets_planted import CREDENTIALS, DOCUMENTED, Credentials, problem_with, problem_with_text, spelled
from openrouter_embeddings import (
    Client,
    EmbeddingsRequest,
    Retries,
    _accelerators,
    create_embeddings,
    list_embeddings_models,
)
from openrouter_mock import SCENARIOS, create_app

BASE_URL = "http://mock.example/api/v1"
_MODEL = "openai/text-embedding-3-small"
_INPUTS: tuple[Any, ...] = (
    "a text",
    ["a text", "another"],
    [101, 2023, 102],
    [[101, 102], [103]],
    [{"content": [{"type": "text", "text": "a cat"}]}],
)
"""The five forms of `input`."""


_PARSERS = {"standard library": _accelerators.stdlib_parse_json, "fast": _accelerators.fast_parse_json}
"""Both JSON parsers of the client; the second needs the extra `fast`."""


class Answer(NamedTuple):
    """What a server sends; `asked` is the body of the request, None for a page of the model list."""

    asked: EmbeddingsRequest | None
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    content: bytes
    reason: bytes = b""
    raises: Exception | None = None


@cache
def valid_answers() -> tuple[Answer, ...]:
    """Return answers of the mock: all forms of input, both encodings, pages, every scenario; and some by hand."""

    async def ask() -> list[Answer]:
        answers: list[Answer] = []
        transport = httpx.ASGITransport(app=create_app())
        headers = {"Authorization": "Bearer sk-or-v1-fuzz"}
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=headers) as http:

            async def post(body: dict[str, Any]) -> None:
                response = await http.post("/embeddings", json=body)
                asked = EmbeddingsRequest.from_dict(body)
                answers.append(Answer(asked, response.status_code, tuple(response.headers.raw), response.content))

            for given in _INPUTS:
                for encoding in ("float", "base64"):
                    model = "voyageai/voyage-multimodal-3.5" if isinstance(given[0], dict) else _MODEL
                    dimensions = {} if isinstance(given[0], dict) else {"dimensions": 5}
                    await post({"model": model, "input": given, "encoding_format": encoding, **dimensions})
            for scenario in SCENARIOS.values():
                if scenario.transmission == "whole" and not scenario.delay:  # others need a network, or time
                    await post({"model": f"mock/{scenario.name}", "input": "a text"})
            for page in ("?limit=2", "?limit=1&offset=3", "?offset=900"):
                response = await http.get("/embeddings/models" + page)
                answers.append(Answer(None, response.status_code, tuple(response.headers.raw), response.content))
        return answers

    answers = asyncio.run(ask())
    json_type = ((b"content-type", b"application/json"),)
    asked = EmbeddingsRequest(model=_MODEL, input="a text")
    for body in _BY_HAND:
        answers.extend(Answer(asked, status, json_type, json.dumps(body).encode()) for status in (200, 429, 502))
    return tuple(answer for answer in answers if len(answer.content) < 20_000)


_BY_HAND: tuple[Any, ...] = (
    {"error": {"message": "Provider returned error", "code": 502, "metadata": {"raw": '{"error":{"message":"x"}}'}}},
    {
        "error": {
            "code": 429,
            "message": "Rate limited",
            "metadata": {"headers": {"X-RateLimit-Reset": "1795280860000"}},
        }
    },
    {"error": {"code": "429", "message": "Rate limited", "metadata": {"retry_after_seconds": 1.5}}},
    {"error": "a text"},
    {"message": "a message on its own"},
    {"data": [{"embedding": [0.5, 1e-7, -3]}], "model": "m", "error": {"message": "x", "code": 500}},
    {"data": [{"embedding": "AACAPwAAAEA=", "index": 0}], "model": "m", "usage": {"prompt_tokens": 1}},
)


class Case(NamedTuple):
    """One exchange: whose secrets it carries, how it is called, and the answer, with the mutations that made it."""

    credentials: Credentials
    call: str
    parser: str
    answer: Answer
    mutations: tuple[str, ...]

    def __str__(self) -> str:
        answer = self.answer
        return (
            f"{self.call}, with {self.credentials.name} and the parser {self.parser!r}, after {', '.join(self.mutations) or 'no mutation'}:\n"
            f"  request {answer.asked!r}\n  raises {answer.raises!r}, or status {answer.status} {answer.reason!r}\n"
            f"  headers {answer.headers!r}\n  {len(answer.content)} bytes {answer.content[:3000]!r}"
        )


def make_case(seed: int, number: int, kept: tuple[int, ...] | None = None) -> Case:
    """Return a case, the same for the same numbers; `kept` are the mutations to apply, None applies all."""
    rng = random.Random(f"{seed}:answers:{number}")
    credentials = rng.choice(CREDENTIALS)
    answer = rng.choice(valid_answers())
    calls = _CALLS if answer.asked else {**_CALLS, **_PAGE_CALLS}
    call = rng.choices(list(calls), [weight for weight, _ in calls.values()])[0]
    parser = rng.choice(list(_PARSERS))
    names: list[str] = []
    for position in range(rng.choice([0, 1, 1, 1, 2, 2, 3, 5])):
        mutation = rng.choice(_MUTATIONS)
        if kept is None or position in kept:
            own = random.Random(f"{seed}:answers:{number}:{position}")
            secrets = credentials.secrets(secured=answer.asked is not None)
            answer = mutation(own, answer, own.choice(secrets or ("no secret",)))
            names.append(f"{position} {mutation.__name__}")
    return Case(credentials, call, parser, answer, tuple(names))


def run_case(case: Case, outcomes: Counter[str]) -> str | None:
    """Make the call; return what is wrong with what came of it, or None."""
    client, transport = _client_of(CREDENTIALS.index(case.credentials))
    transport.answer = case.answer
    secrets = case.credentials.secrets(secured=case.answer.asked is not None)
    calls = {**_CALLS, **_PAGE_CALLS}
    try:
        with patch.object(_accelerators, "parse_json", _PARSERS[case.parser]):
            result = calls[case.call][1](client, case.answer)
    except BaseException as error:  # noqa: BLE001 - whatever escapes is what is looked for
        outcomes[type(error).__name__ if not isinstance(error, DOCUMENTED) else _class_of(error)] += 1
        return problem_with(error, secrets)
    carried = getattr(result, "error", None)
    if carried is not None:
        outcomes[_class_of(carried)] += 1
        shown = repr([result, result.headers.raw, result.content, str(result)])
        return problem_with(carried, secrets) or problem_with_text("the detailed response", shown, secrets)
    result = getattr(result, "result", result)
    outcomes["result"] += 1
    for deviation in getattr(result, "deviations", ()):
        outcomes["deviation"] += 1
        if problem := problem_with(deviation, secrets):
            return problem
    try:
        if hasattr(result, "vectors"):
            result.vectors()
        json.dumps(result.to_dict() if hasattr(result, "to_dict") else [item.to_dict() for item in result])
        repr(result)
    except Exception as error:  # noqa: BLE001 - a result that was accepted can be used
        return problem_with(error, secrets) or f"a result that cannot be used: {error!r}"
    return None


def _class_of(error: BaseException) -> str:
    return next(known.__name__ for known in DOCUMENTED if isinstance(error, known))


class _Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that arrives in pieces, from a network as it were."""

    def __init__(self, content: bytes) -> None:
        step = max(1, len(content) // 3)
        self._pieces = [content[start : start + step] for start in range(0, len(content), step)]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


class _Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Gives every request the one answer."""

    answer: Answer

    def handle_request(self, _: httpx.Request) -> httpx.Response:
        answer = self.answer
        if answer.raises is not None:
            raise answer.raises
        extensions = {"reason_phrase": answer.reason} if answer.reason else {}
        headers, stream = list(answer.headers), _Pieces(answer.content)
        return httpx.Response(answer.status, headers=headers, stream=stream, extensions=extensions)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.handle_request(request)


@cache
def _client_of(position: int) -> tuple[Client, _Transport]:
    transport = _Transport()
    http, http_async = httpx.Client(transport=transport), httpx.AsyncClient(transport=transport)
    settings = {"http_client": http, "async_http_client": http_async, "max_response_bytes": 300_000}
    client = CREDENTIALS[position].client(BASE_URL, **settings)
    return client, transport


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


def _sync(client: Client, answer: Answer) -> Any:
    if answer.asked is None:
        return list_embeddings_models.sync(client=client)
    return create_embeddings.sync(client=client, body=answer.asked)


def _sync_detailed(client: Client, answer: Answer) -> Any:
    if answer.asked is None:
        return list_embeddings_models.sync_detailed(client=client)
    return create_embeddings.sync_detailed(client=client, body=answer.asked)


def _asyncio(client: Client, answer: Answer) -> Any:
    if answer.asked is None:
        return _loop().run_until_complete(list_embeddings_models.asyncio(client=client))
    return _loop().run_until_complete(create_embeddings.asyncio(client=client, body=answer.asked))


def _asyncio_detailed(client: Client, answer: Answer) -> Any:
    if answer.asked is None:
        return _loop().run_until_complete(list_embeddings_models.asyncio_detailed(client=client))
    return _loop().run_until_complete(create_embeddings.asyncio_detailed(client=client, body=answer.asked))


_RETRIES = Retries(attempts=2, first_wait=0, longest_wait=0)


def _retried(client: Client, answer: Answer) -> Any:
    return _sync_detailed(client.with_retries(_RETRIES), answer)


def _iterate(client: Client, _: Answer) -> Any:
    return list(list_embeddings_models.iterate(client=client))


def _iterate_async(client: Client, _: Answer) -> Any:
    async def items() -> list[Any]:
        return [item async for item in list_embeddings_models.iterate_async(client=client)]

    return _loop().run_until_complete(items())


_CALLS: dict[str, tuple[int, Callable[[Client, Answer], Any]]] = {
    "sync": (10, _sync),
    "sync_detailed": (6, _sync_detailed),
    "asyncio": (2, _asyncio),
    "asyncio_detailed": (2, _asyncio_detailed),
    "sync_detailed with retries": (2, _retried),
}
_PAGE_CALLS: dict[str, tuple[int, Callable[[Client, Answer], Any]]] = {
    "iterate": (4, _iterate),
    "iterate_async": (1, _iterate_async),
}
"""How to call, and how often."""

# Mutations of JSON. `_RAW` marks a value that JSON's encoder would not write.

_RAW = "@raw@"
_RAW_VALUES: tuple[Any, ...] = (
    "NaN", "-Infinity", "Infinity", "1e999", "-1e-999", "1" * 5000, "-" + "9" * 400, "1e308", "3.5e38", "-0", "0.0",
    '"\\ud800"', '"\\udfff\\ud800"', '"\\u0000"', "[" * 300 + "]" * 300, "[" * 900 + "]" * 900, "[" * 5000 + "]" * 5000,
    '{"a":' * 400 + "1" + "}" * 400, '{"a":1,"a":2}', "01", "1.", "'x'", "undefined", "", '"' + "x" * 100_000 + '"',
    "9223372036854775808", "18446744073709551616", "1.5e-320", '"\\u202e\\u001b[2J\\r\\nERROR"',
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**63, 1.5, -0.0, 1e300, "", " ", "x", "null", "NaN", "0.1", "data", "AACAfw==", "AAAA",
    "AACAPwAAAEA", "=", "\0", "\ud83d\ude80", [], {}, [None], [[]], [0.5], [True], ["1"], [1e39], {"": None},
    {"error": {}}, {"error": {"code": 429, "message": "x"}}, {"message": ["x"]}, {"object": "list"}, {"code": "429"},
)  # fmt: skip
_NAMES = (
    "error", "message", "code", "metadata", "data", "embedding", "index", "object", "model", "usage", "id", "headers",
    "retry_after_seconds", "http_status", "Retry-After", "X-RateLimit-Reset", "links", "next", "total_count", "pricing",
    "additional_properties", "deviations", "self", "", "\0", "__class__", "_received",
)  # fmt: skip
Mutation = Callable[[random.Random, Answer, str], Answer]


def _edit(answer: Answer, rng: random.Random, change: Callable[[Any, Any], None]) -> Answer:
    """Return the answer after a change of one place in its JSON: a container and a key or position in it."""
    try:
        tree = [json.loads(answer.content)]
    except (ValueError, RecursionError):
        return answer
    container: Any = tree
    key: Any = 0
    while isinstance(container[key], dict | list) and container[key] and rng.random() < 0.8:
        container = container[key]
        key = rng.choice(list(container) if isinstance(container, dict) else range(len(container)))
    change(container, key)
    if not tree:
        return answer._replace(content=b"")
    text = json.dumps(tree[0], ensure_ascii=rng.random() < 0.8)
    if _RAW in text:
        text = text.replace(f'"{_RAW}"', rng.choice(_RAW_VALUES))
    return answer._replace(content=text.encode("utf-8", "surrogatepass"))


def replace_value(rng: random.Random, answer: Answer, secret: str) -> Answer:
    """Put an odd value in place of another."""
    return _edit(answer, rng, lambda container, key: container.__setitem__(key, rng.choice(_VALUES)))


def replace_by_raw_json(rng: random.Random, answer: Answer, secret: str) -> Answer:
    """Put in what no encoder writes: NaN, huge numbers, halves of surrogate pairs, deep nests, no JSON."""
    return _edit(answer, rng, lambda container, key: container.__setitem__(key, _RAW))


def delete_value(rng: random.Random, answer: Answer, secret: str) -> Answer:
    """Leave out a field or an item."""
    return _edit(answer, rng, lambda container, key: container.__delitem__(key))


def duplicate_value(rng: random.Random, answer: Answer, secret: str) -> Answer:
    """Repeat an item, or have a value under a second name."""

    def change(container: Any, key: Any) -> None:
        if isinstance(container, list):
            container[key:key] = [container[key]] * rng.choice([1, 2, 50])
        else:
            container[rng.choice(_NAMES)] = container[key]

    return _edit(answer, rng, change)


def nest_value(rng: random.Random, answer: Answer, secret: str) -> Answer:
    """Wrap a value in lists or objects."""

    def change(container: Any, key: Any) -> None:
        for _ in range(rng.choice([1, 2, 10, 60])):
            container[key] = [container[key]] if rng.random() < 0.5 else {rng.choice(_NAMES): container[key]}

    return _edit(answer, rng, change)


def swap_values(rng: random.Random, answer: Answer, secret: str) -> Answer:
    """Exchange two values of a container."""

    def change(container: Any, key: Any) -> None:
        other = rng.choice(list(container) if isinstance(container, dict) else range(len(container)))
        container[key], container[other] = container[other], container[key]

    return _edit(answer, rng, change)


def add_field(rng: random.Random, answer: Answer, secret: str) -> Answer:
    """Add a field with an odd value, often an error in a success."""

    def change(container: Any, key: Any) -> None:
        inner = container[key]
        if isinstance(inner, dict):
            inner[rng.choice(_NAMES)] = rng.choice(_VALUES)

    return _edit(answer, rng, change)


def echo_secret(rng: random.Random, answer: Answer, secret: str) -> Answer:
    """Have the secret as a value, or as the name of a field."""
    shown = spelled(rng, secret)

    def change(container: Any, key: Any) -> None:
        if isinstance(container, dict) and rng.random() < 0.3:
            container[shown] = container.pop(key)
        else:
            container[key] = shown

    return _edit(answer, rng, change)


def add_error_that_echoes(rng: random.Random, answer: Answer, secret: str) -> Answer:
    """Add an error whose message, code and metadata hold the secret."""
    shown = spelled(rng, secret)
    error = rng.choice(
        [shown, {"message": shown}, {"message": "x", "metadata": {"raw": shown, shown: 1}}, {"code": shown}, [shown]]
    )

    def change(container: Any, key: Any) -> None:
        if isinstance(container[0], dict):
            container[0]["error"] = error

    return _edit(answer, random.Random(1), lambda container, key: change([container[key]], 0))


# Mutations of bytes.


def flip_bytes(rng: random.Random, answer: Answer, secret: str) -> Answer:
    """Write other bytes over some."""
    content = bytearray(answer.content)
    for _ in range(rng.choice([1, 2, 8])):
        if content:
            content[rng.randrange(len(content))] = rng.choice([rng.randrange(256), *b'{}[],:"0\\'])
    return answer._replace(content=bytes(content))


def cut_bytes(rng: random.Random, answer: Answer, secret: str) -> Answer:
    """Leave out a piece, mostly the end."""
    start, end = sorted(rng.randrange(len(answer.content) + 1) for _ in range(2))
    return answer._replace(content=answer.content[:start] + (answer.content[end:] if rng.random() < 0.4 else b""))


def insert_bytes(rng: random.Random, answer: Answer, secret: str) -> Answer:
    """Put something in: noise, quotes, the secret."""
    place = rng.randrange(len(answer.content) + 1)
    piece = rng.choice(
        [
            rng.randbytes(8), b'"', b"\\", b"\\u", b"\xff\xfe", b"\xed\xa0\x80", b"\0", b"{", b"[" * 2000, b"\\" * 5000,
            b"/**/", spelled(rng, secret).encode(), b" " * 100_000, b"NaN", b'"error":{"message":"x","code":401},',
            answer.content[place : place + 40],
        ]
    )  # fmt: skip
    return answer._replace(content=answer.content[:place] + piece + answer.content[place:])


def recode_bytes(rng: random.Random, answer: Answer, secret: str) -> Answer:
    """Write the body in another encoding, twice, or as a page that quotes it."""
    content = answer.content
    text = content.decode("utf-8", "replace")
    return answer._replace(
        content=rng.choice(
            [
                b"\xef\xbb\xbf" + content, text.encode("utf-16"), text.encode("utf-32"), content * 2, b"", b" \n\t ",
                text.encode("latin-1", "replace"), b"data: " + content + b"\n\n", content[::-1], b"\n" * 5000 + content,
                b"<html>" + spelled(rng, secret).encode() + b"</html>", gzip.compress(content), b"[" + content + b"]",
                json.dumps(text).encode(), b'{"error":' + content + b"}", b'{"data":' + content + b"}",
            ]
        )
    )  # fmt: skip


# Mutations of what is around the body.


def other_status(rng: random.Random, answer: Answer, secret: str) -> Answer:
    """Send it with another status, and another reason."""
    reason = rng.choice([b"", b"", b"OK", spelled(rng, secret).encode(), b"\xff\x1b[2J", b"x" * 70_000])
    statuses = (200, 200, 201, 202, 204, 206, 299, 300, 301, 304, 307, 400, 401, 402, 408, 429, 500, 503, 524, 529, 599)
    return answer._replace(status=rng.choice([*statuses, 600, 999, 0, rng.randrange(200, 1000)]), reason=reason)


_WAITS = (
    b"1", b"0", b"-1", b"1.5", b"1e400", b"nan", b"inf", b"-inf", b"1e-320", b"1,5", b"\xff", b"", b"soon",
    b"Wed, 21 Oct 2015 07:28:00 GMT", b"Wed, 21 Oct 99999 07:28:00 GMT", b"Wed, 21 Oct 2099 07:28:00 -9999",
    b"Fri, 31 Feb 2026 25:61:61 GMT", b"9" * 400, b"1_0", b"1795280860000", b"1795280860", b"0x10", b"1, 2", b"(" * 900,
    b"Mon, 01 Jan 0001 00:00:00 +2359", b"Fri, 31 Dec 9999 23:59:59 -2359", b"\xd9\xa1",
)  # fmt: skip


def odd_header(rng: random.Random, answer: Answer, secret: str) -> Answer:
    """Add a header: a wait, an encoding, a length or a redirect that are none."""
    shown = spelled(rng, secret).encode()
    name, values = rng.choice(
        [
            (b"Retry-After", _WAITS),
            (b"retry-after-ms", _WAITS),
            (b"X-RateLimit-Reset", _WAITS),
            (
                b"Content-Encoding",
                (b"gzip", b"deflate", b"br", b"gzip, gzip", b"identity", b"\xff", b"", shown, b"GZIP"),
            ),
            (b"Content-Length", (b"0", b"5", b"-1", b"9" * 30, b"x", b"", b"1_0", b"\xb2")),
            (b"Location", (b"/x", b"http://[", b"//", b"\xff", b"javascript:1", b"http://x:99999/", shown, b"\x1b[2J")),
            (b"Content-Type", (b"text/html; charset=utf-7", b"application/json; charset=nope", b"", shown)),
            (b"Set-Cookie", (b"a=" + shown, b"=;=;", b"x" * 9000, b"a=b; expires=never; max-age=-x; domain=[")),
            (b"cf-ray", (shown, b"", b"\xff\x1b[2J")),
            (b"X-Request-Id", (shown, b"r" * 9000)),
            (b"X-Generation-Id", (shown, b"gen-1")),
            (shown.replace(b" ", b"-"), (b"1", shown)),
            (b"Transfer-Encoding", (b"chunked", b"gzip", shown)),
        ]
    )
    return answer._replace(headers=(*answer.headers, (name, rng.choice(values))))


def compressed(rng: random.Random, answer: Answer, secret: str) -> Answer:
    """Compress the body, sometimes wrongly."""
    content = answer.content
    packed, coding = rng.choice(
        [
            (gzip.compress(content), b"gzip"),
            (zlib.compress(content), b"deflate"),
            (zlib.compress(content)[2:-4], b"deflate"),
            (gzip.compress(content)[:-4], b"gzip"),
            (gzip.compress(content) + b"x" * 20, b"gzip"),
            (gzip.compress(gzip.compress(content)), b"gzip"),
            (gzip.compress(bytes(400_000)), b"gzip"),
            (zlib.compress(content), b"gzip"),
            (gzip.compress(content), b"deflate"),
            (gzip.compress(content), b"GZip "),
            (content, b"gzip"),
            (b"", b"gzip"),
        ]
    )
    kept = tuple(header for header in answer.headers if header[0].lower() != b"content-length")
    return answer._replace(content=packed, headers=(*kept, (b"Content-Encoding", coding)))


_EXCEPTIONS: tuple[Callable[[str], Exception], ...] = (
    httpx.ConnectError,
    httpx.ReadTimeout,
    httpx.PoolTimeout,
    httpx.RemoteProtocolError,
    httpx.ProxyError,
    httpx.DecodingError,
    httpx.TooManyRedirects,
    httpx.InvalidURL,
    OSError,
    RuntimeError,
)


def failed_connection(rng: random.Random, answer: Answer, secret: str) -> Answer:
    """Have no response, and a reason that quotes the secret."""
    if rng.random() < 0.7:
        return answer
    raised = rng.choice(_EXCEPTIONS)(spelled(rng, secret))
    raised.__cause__ = rng.choice([None, OSError(spelled(rng, secret)), ValueError(spelled(rng, secret).encode())])
    return answer._replace(raises=raised)


_MUTATIONS: tuple[Mutation, ...] = (
    replace_value, replace_value, replace_by_raw_json, replace_by_raw_json, delete_value, duplicate_value, nest_value,
    swap_values, add_field, echo_secret, echo_secret, echo_secret, add_error_that_echoes, flip_bytes, cut_bytes,
    insert_bytes, insert_bytes, recode_bytes, other_status, odd_header, odd_header, compressed, failed_connection,
)  # fmt: skip
