"""Many requests of all kinds, made without the suite, and what one mock answers to them.

They go beyond what the suite asks, so that they tell a fault that the suite missed from one that nobody could see.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import random
import re
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import attrs

COUNT = 1300
"""Requests of a differential run."""

KEY = "sk-or-v1-0f4e9b7c2a61d385"
REFERENCE = "openai/text-embedding-3-small"
_MULTIMODAL = "google/gemini-embedding-2"
_MODELS = (
    "openai/text-embedding-3-large", "openai/text-embedding-ada-002", "thenlper/gte-base", "qwen/qwen3-embedding-8b",
    "sentence-transformers/all-minilm-l6-v2", "sentence-transformers/all-minilm-l6-v2-20251117", "voyageai/voyage-4",
    "voyageai/voyage-4-20260727", "mistralai/codestral-embed-2505", "baai/bge-m3", "google/gemini-embedding-001",
    "perplexity/pplx-embed-v1-0.6b", "nvidia/nemotron-3-embed-1b:free", "no/such-model", "", "x" * 200,
)  # fmt: skip
_ID = re.compile(rb"gen-emb-(\d{10})-[0-9A-Za-z]{20}(?![0-9A-Za-z])")
_RAY = re.compile(r"[0-9a-f]{16}-MOCK")
_IMAGE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAA"
    "AfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_WORDS = (
    "harbour", "copper", "Quietly", "NASA", "orbit", "seven", "naïve", "über", "東京", "журнал", "🚀", "42", "3.14",
    "don't", "e\u0301t\u00e9", "مدينة", "x", "an", "of", "internationalization", "C++", "<b>", '"so"', "a\\b", "ﬁne",
)  # fmt: skip


@attrs.frozen
class Probe:
    """One request: its method, its target, its body and its headers."""

    method: str
    path: str
    body: bytes | None = attrs.field(default=None, repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    raw: bytes | None = attrs.field(default=None, repr=False)
    """What is sent on a connection of its own, in place of all else."""

    @property
    def fields(self) -> dict[str, Any]:
        """The JSON object in the body; nothing when there is none."""
        try:
            value = json.loads(self.body or b"")
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def is_http(self) -> bool:
        """Whether an HTTP client can send it."""
        return self.raw is None or self.raw not in _NO_HTTP

    @property
    def inputs(self) -> list[Any]:
        """The inputs of the body in order; nothing when it has none that can be told apart."""
        given = self.fields.get("input")
        if isinstance(given, str):
            return [given]
        if not isinstance(given, list) or not given:
            return []
        return [given] if isinstance(given[0], int | float) and not isinstance(given[0], bool) else given

    def shown(self) -> str:
        """Return the request in a line or two."""
        if self.raw is not None:
            return repr(self.raw[:400])
        body = "" if self.body is None else f" {self.body[:400]!r}{'…' if len(self.body) > 400 else ''}"
        others = {name: value for name, value in self.headers if name.lower() != "authorization"}
        return f"{self.method} {self.path} {others or ''}{body}"


@attrs.frozen
class Answer:
    """What came back, ids and times masked; `status` is 0 when nothing came."""

    status: int
    headers: tuple[tuple[str, str], ...]
    content: bytes = attrs.field(repr=False)
    raw_id: bytes = b""

    def shown(self) -> str:
        """Return the answer in a line."""
        text = re.sub(r"(\[-?[\d.e-]+,)[-\d.,e]{40,}\]", r"\1…]", self.content.decode("utf-8", "replace"))
        text = re.sub(r'("[A-Za-z0-9+/]{20})[A-Za-z0-9+/]{20,}=*"', r'\1…"', text)
        return f"{self.status} {text if len(text) < 500 else text[:400] + ' … ' + text[-100:]}"


def texts(chooser: random.Random) -> list[str]:
    """Return texts of many lengths and characters; some differ in one place, or only in case or white space."""
    found = ["a", " ", "A harbour at dawn", "The quick brown fox jumps over the lazy dog.", "\0", "a" * 3000]
    for length in [2, 3, 5, 8] * 5 + [13, 21, 40, 80, 150, 300, 600, 900, 1500, 3000]:
        made = [chooser.choice(_WORDS if length < 100 else _WORDS[:8]) for _ in range(length)]
        found.append(" ".join(made))
        place = chooser.choice([0, length // 2, length - 1])
        made[place] = "changed"
        found.append(" ".join(made))
    plain = "Seven copper lanterns, at night"
    found += [plain.lower(), plain.upper(), f"{plain} ", f" {plain}", f"{plain}.", plain.replace(" ", "  ")]
    found += [plain.replace(" ", "\n"), plain.replace(" ", "\t"), f"{plain}?", f"{plain} {plain} {plain}"]
    return found


def probes(seed: int = 0) -> list[Probe]:
    """Return the requests, in the order in which they are sent."""
    chooser = random.Random(seed)
    pool = texts(chooser)
    made = [_embeddings({"model": REFERENCE, "input": text}) for text in pool]
    made += _each_broken()
    chooser.shuffle(made)
    while len(made) < COUNT:
        kind = chooser.random()
        if kind < 0.12:
            made.append(_listing(chooser))
        elif kind < 0.3:
            made.append(_broken(chooser, pool))
        else:
            made.append(_valid(chooser, pool))
        if chooser.random() < 0.08:
            made.append(made[-1])
    made[200:200] = [Probe("", "", raw=raw) for raw in _RAW]
    return made[:COUNT]


def _each_broken() -> list[Probe]:
    """Return a request for each bad value of each field, and for each bad body and header."""
    plain = {"model": REFERENCE, "input": "A harbour at dawn"}
    bodies = [
        {key: value for key, value in {**plain, name: bad}.items() if value is not ...}
        for name, values in _BAD.items()
        for bad in values
    ]
    made = [_embeddings(body) for body in bodies]
    made += [attrs.evolve(_embeddings(plain), body=body) for body in _BAD_BODIES]
    return made + [attrs.evolve(_embeddings(plain), headers=headers) for headers in _BAD_HEADERS]


def _valid(chooser: random.Random, pool: list[str]) -> Probe:
    roll = chooser.random()
    model = REFERENCE if roll < 0.7 else _MULTIMODAL if roll < 0.78 else chooser.choice(_MODELS)
    size = chooser.choice([1, 1, 1, 1, 2, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 20, 31, 33, 40, 64, 65, 100, 120, 129])
    if chooser.random() < 0.2:
        size = chooser.randint(1, 40)
    if chooser.random() < 0.02:
        size = chooser.choice([130, 200, 256, 300, 512, 1000, 1025, 2048, 2049])
    body: dict[str, Any] = {"model": model, "input": _inputs(chooser, pool, size, model)}
    if chooser.random() < 0.4 or size > 20:
        choices = [1, 2, 4, 8, 16, 64, 100, 256, 512] + ([1536, 1024, 768, 1537, 3072, 5000] if size < 9 else [])
        body["dimensions"] = chooser.choice(choices)
    if chooser.random() < 0.5:
        body["encoding_format"] = chooser.choice(["float", "base64", "base64"])
    for name, values in _OPTIONS.items():
        if chooser.random() < 0.08:
            body[name] = chooser.choice(values)
    if chooser.random() < 0.15:
        body["provider"] = _preferences(chooser)
    return _embeddings(body, chooser)


_OPTIONS: dict[str, list[Any]] = {
    "user": ["user-1", "Zoë 🚀", "x" * 500],
    "input_type": ["search_query", "search_document", "", "anything"],
    "seed": [7],
    "temperature": [0.2],
    "a_new_field": [None, {"deep": [1]}],
}


def _inputs(chooser: random.Random, pool: list[str], size: int, model: str) -> Any:
    kind = chooser.random()
    short = [text for text in pool if len(text) < 400]
    if model == _MULTIMODAL and kind < 0.7:
        return [_parts(chooser, short) for _ in range(min(size, 3))]
    if kind < 0.15:
        lists = [_tokens(chooser) for _ in range(size)]
        return lists[0] if size == 1 and chooser.random() < 0.5 else lists
    if size == 1:
        text = chooser.choice(pool)
        return [text] if chooser.random() < 0.3 else text
    if size > 129:
        return [f"line {place}" for place in range(size)]
    found = [chooser.choice(pool if size < 9 and chooser.random() < 0.3 else short) for _ in range(size)]
    return [*found[:-1], found[0]] if chooser.random() < 0.15 else found


def _tokens(chooser: random.Random) -> list[int | float]:
    found = [9906, 1917, 1820, 4062, 14198, 883][chooser.randrange(5) :][: chooser.randint(1, 5)]
    return [float(one) for one in found] if chooser.random() < 0.15 else [*found]


def _parts(chooser: random.Random, pool: list[str]) -> dict[str, Any]:
    image = chooser.choice([_IMAGE, "https://example.org/a.png", "data:image/png;base64,!!"])
    audio = {"data": base64.b64encode(b"sound" * chooser.choice([1, 900, 2000])).decode(), "format": "wav"}
    choices: list[dict[str, Any]] = [
        {"type": "text", "text": chooser.choice(pool[:20])},
        {"type": "image_url", "image_url": {"url": image}},
        {"type": "input_audio", "input_audio": audio},
        {"type": "input_video", "input_video": {"url": "https://example.org/a.mp4"}},
        {"type": "input_file", "input_file": {"url": "https://example.org/a.pdf"}},
    ]
    return {"content": chooser.choices(choices, [4, 3, 1, 1, 1], k=chooser.randint(1, 3))}


def _preferences(chooser: random.Random) -> dict[str, Any]:
    names = ["OpenAI", "Azure", "DeepInfra", "Novita", "openai", "google-ai-studio", "Nobody"]
    values: dict[str, list[Any]] = {
        "order": [chooser.sample(names, 2), ["Azure"], None],
        "only": [["Azure"], ["OpenAI", "Azure"], ["Nobody"], []],
        "ignore": [["OpenAI"], ["Azure"], ["OpenAI", "Azure"], None],
        "allow_fallbacks": [True, False, None],
        "sort": ["price", "latency", "throughput", {"by": "price"}, {"by": "throughput", "partition": "none"}],
        "max_price": [{"prompt": 1}, {"prompt": "0.01"}, {"prompt": 0.02}, {"prompt": 0, "image": "1e3"}, {}],
        "data_collection": ["allow", "deny"],
        "zdr": [True, False],
        "quantizations": [["fp32"], ["unknown"], ["int8", "fp16"]],
        "preferred_max_latency": [0.1, 1, {"p50": 0.5, "p99": 2}],
        "preferred_min_throughput": [10, 100000, {"p90": 1000}],
        "require_parameters": [True],
    }
    chosen = chooser.sample(sorted(values), chooser.choice([1, 1, 1, 2, 3]))
    return {name: chooser.choice(values[name]) for name in chosen}


def _broken(chooser: random.Random, pool: list[str]) -> Probe:
    body: dict[str, Any] = {"model": REFERENCE, "input": chooser.choice(pool)}
    name = chooser.choice([*_BAD, "body", "headers"])
    if name == "headers":
        return attrs.evolve(_embeddings(body), headers=chooser.choice(_BAD_HEADERS))
    if name == "body":
        return attrs.evolve(_embeddings(body), body=chooser.choice(_BAD_BODIES))
    body[name] = chooser.choice(_BAD[name])
    body = {key: value for key, value in body.items() if value is not ...}
    return _embeddings(body, chooser)


_BAD: dict[str, list[Any]] = {
    "model": [..., None, 7, [], ""],
    "input": [
        ..., None, "", [], [[]], [""], ["a", ""], 7, {}, ["a", 7], [7, "a"], [[1], "a"], [[1.5]], [-1], [None],
        [{"content": []}], [{"content": [{"type": "text"}]}], ["a"] * 40 + [7], [["a"]], True, "word " * 9000,
        ["a", "word " * 9000], [1] * 9000, [{"content": [{"type": "image_url", "image_url": {"url": _IMAGE}}]}],
        ["a"] * 2049,
    ],
    "dimensions": [0, -1, 1.5, "8", True, 10**30, 1537, 8.0, [], 4096, 2**63, 1e400],
    "encoding_format": ["hex", "", 7, "BASE64", "Float", []],
    "user": [7, [], {}, True, ""],
    "input_type": [7, [], {}, True],
    "provider": [
        7, [], "OpenAI", {"orders": []}, {"order": "OpenAI"}, {"order": [7]}, {"max_price": {"prompt": "cheap"}},
        {"max_price": {"prompt": -1}}, {"max_price": {"prompt": "1e999999999999999999999"}}, {"sort": "size"},
        {"sort": {"by": "size"}}, {"quantizations": ["int3"]}, {"data_collection": "maybe"}, {"zdr": "yes"},
        {"preferred_max_latency": {"p51": 1}}, {"only": ["OpenAI"] * 30 + [7]}, {}, None,
        {"only": [7] + ["OpenAI"] * 30}, {"max_price": {"audio": 1}}, {"max_price": {"request": "0", "completion": 2}},
        {"max_price": {"prompt": "1e99999999999999999999"}}, {"max_price": {"prompt": "x" * 400}},
        {"max_price": {"prompt": None}}, {"order": ["Azure"], "allow_fallbacks": False}, {"sort": None},
        {"order": ["Nobody"], "allow_fallbacks": False}, {"order": ["azure", "openai"]}, {"only": ["azure"]},
        {"ignore": ["OPENAI"]}, {"max_price": {"prompt": "0.02"}}, {"max_price": {"prompt": 0.0199}},
    ],
}  # fmt: skip
_BAD_BODIES = [
    b"", b" ", b"{", b"[]", b"null", b"7", b'"a"', b"\xff", b'{"model":"a","input":"a",}', b"\xef\xbb\xbf{}", None,
    b'{"model":"openai/text-embedding-3-small","input":"half \\ud800"}', b"[" * 5000, b'{"a":' * 3000, b"{" * 10,
    b'{"model":"openai/text-embedding-3-small","input":"a","dimensions":1e400}', b'{"model":NaN,"input":"a"}',
    b'{"model":"openai/text-embedding-3-small","model":"a","input":"a"}',
]  # fmt: skip
_KEY_HEADER = ("Authorization", f"Bearer {KEY}")
_JSON_HEADER = ("Content-Type", "application/json")
_BAD_HEADERS = [
    (_JSON_HEADER,), (_JSON_HEADER, ("Authorization", "")), (_JSON_HEADER, ("Authorization", "Bearer")),
    (_JSON_HEADER, ("Authorization", f"Basic {KEY}")), (_JSON_HEADER, ("Authorization", KEY)),
    (_JSON_HEADER, ("Authorization", f"bearer {KEY}")), (_JSON_HEADER, ("Authorization", f"Bearer  {KEY} ")),
    (_JSON_HEADER, ("Authorization", f"Bearer {KEY}x")), (_JSON_HEADER, ("Authorization", f"Bearer {KEY[:-1]}")),
    (_JSON_HEADER, ("Authorization", "Bearer sk-or-other")), (_JSON_HEADER, ("Authorization", "Bearer other")),
    (_KEY_HEADER,), (_KEY_HEADER, ("Content-Type", "text/plain")), (_KEY_HEADER, ("Content-Type", "application/xml")),
    (_KEY_HEADER, ("Content-Type", "application/json; charset=utf-8")),
    (_KEY_HEADER, ("Content-Type", "APPLICATION/JSON")), (_KEY_HEADER, ("Content-Type", "application/vnd.a+json")),
    (_KEY_HEADER, _JSON_HEADER, ("Content-Encoding", "gzip")), (_KEY_HEADER, _JSON_HEADER, ("Content-Encoding", "br")),
    (_KEY_HEADER, _JSON_HEADER, ("Content-Encoding", "identity")), (_KEY_HEADER, _JSON_HEADER, ("Connection", "close")),
    (_KEY_HEADER, _JSON_HEADER, ("Expect", "100-continue")), (_KEY_HEADER, _JSON_HEADER, ("X-Long", "x" * 70000)),
    (_KEY_HEADER, _JSON_HEADER, ("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c")),
    (_KEY_HEADER, _JSON_HEADER, ("Content-Length", "99999999")),
]  # fmt: skip


_BODY = json.dumps({"model": REFERENCE, "input": "A harbour at dawn", "dimensions": 8}).encode()
_HEAD = (
    b"POST /api/v1/embeddings HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
    % KEY.encode()
)
_WHOLE = _HEAD + b"Content-Length: %d\r\n\r\n" % len(_BODY) + _BODY
_LIST = b"GET /api/v1/embeddings/models?limit=1 HTTP/1.1\r\nHost: a\r\n"
_RAW = (
    _WHOLE, _WHOLE + _WHOLE, _WHOLE + _LIST + b"\r\n" + _WHOLE, _LIST + b"Connection: close\r\n\r\n" + _WHOLE,
    _HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(_BODY), _BODY),
    _HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\nX-Trailer: 1\r\n\r\n" % (len(_BODY), _BODY),
    _HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", _HEAD + b"Content-Length: x\r\n\r\n", b"\x16\x03\x01" * 9,
    _HEAD + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\nContent-Length: %d\r\n\r\n%s"
    % (len(_BODY), _BODY),
    b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    _LIST.replace(b"1.1", b"1.0") + b"\r\n",
    _LIST + b"X-Long: %s\r\n\r\n" % (b"x" * 70000), _LIST + b"X-Long: %s\r\n\r\n" % (b"x" * 60000), b"GET\r\n\r\n",
    _HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n%s" % (len(_BODY), _BODY),
    _HEAD + b"Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n", _WHOLE[:-5], _LIST,
)  # fmt: skip
"""Requests as bytes, for what the server makes of HTTP itself."""

_NO_HTTP = (
    _HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", _HEAD + b"Content-Length: x\r\n\r\n", b"\x16\x03\x01" * 9,
    b"GET\r\n\r\n", _HEAD + b"Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n", _WHOLE[:-5], _LIST,
)  # fmt: skip
"""Those that no HTTP client sends: broken framing, and requests that end in the middle."""


def _embeddings(body: dict[str, Any], chooser: random.Random | None = None) -> Probe:
    roll = chooser.random() if chooser is not None else 0.0
    text = json.dumps(body, ensure_ascii=roll > 0.3) if roll < 0.9 else json.dumps(body, indent=2)
    headers: tuple[tuple[str, str], ...] = (_KEY_HEADER, _JSON_HEADER)
    if 0.5 < roll < 0.55:
        headers = (("authorization", f"bearer {KEY}"), _JSON_HEADER)
    if 0.2 < roll < 0.4:
        headers = (*headers, ("Accept-Encoding", "gzip, deflate"))
    if 0.6 < roll < 0.65:
        headers = (*headers, ("HTTP-Referer", "https://example.org"), ("X-Title", "Example"))
    return Probe("POST", "/embeddings", text.encode("utf-8", "surrogatepass"), headers)


def _listing(chooser: random.Random) -> Probe:
    if chooser.random() < 0.08:
        path = chooser.choice(["/embeddings/models/", "/embeddings/", "/models", "/embeddings/models/x"])
        return Probe(chooser.choice(["GET", "POST"]), path, None, (_KEY_HEADER,))
    if chooser.random() < 0.12:
        method = chooser.choice(["PUT", "DELETE", "POST", "PATCH", "OPTIONS", "GET", "HEAD"])
        return Probe(method, chooser.choice(["/embeddings", "/embeddings/models"]), None, (_KEY_HEADER,))
    numbers = ["0", "1", "2", "3", "5", "7", "10", "15", "16", "30", "31", "32", "100", "500", "1000"]
    bad = ["1001", "-1", "", "x", "1.5", " 1", "+1", "1e3", "00", "007", "9" * 30, "٣", "0x1"]
    pairs = [
        f"{name}={chooser.choice(numbers if chooser.random() < 0.75 else bad)}"
        for name in ("offset", "limit")
        if chooser.random() < 0.6
    ]
    if chooser.random() < 0.05:
        pairs.append(chooser.choice(["limit=3", "other=1", "limit", "&", "sort=price"]))
    headers = (_KEY_HEADER,) if chooser.random() < 0.4 else ()
    return Probe("GET", "/embeddings/models" + ("?" + "&".join(pairs) if pairs else ""), None, headers)


def ask(url: str, requests: list[Probe], timeout: float = 5.0) -> list[Answer]:
    """Send the requests to the mock at *url* one after another, and return the answers."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    answers = []
    for request in requests:
        try:
            if request.raw is not None:
                answers.append(_answer_to_bytes(parts.hostname or "", parts.port or 80, request.raw))
            else:
                answers.append(_answer(connection, parts.path, request))
        except (http.client.HTTPException, OSError) as error:
            connection.close()
            answers.append(Answer(0, (), type(error).__name__.encode()))
    connection.close()
    return answers


def _answer(connection: http.client.HTTPConnection, base: str, request: Probe) -> Answer:
    body = request.body
    if ("Content-Length", "99999999") in request.headers:  # the body stays incomplete: only the head is looked at
        return Answer(0, (), b"not sent")
    connection.request(request.method, base + request.path.replace("٣", "%D9%A3").replace(" ", "%20"), body,
                       dict(request.headers))  # fmt: skip
    response = connection.getresponse()
    content = response.read()
    headers = tuple(
        (name.lower(), _RAY.sub("RAY", _masked(value.encode("latin-1")).decode("latin-1")))
        for name, value in response.getheaders()
        if name.lower() != "date"
    )
    found = _ID.search(content)
    return Answer(response.status, headers, _masked(content), found[0] if found else b"")


def _answer_to_bytes(host: str, port: int, sent: bytes) -> Answer:
    """Return all that comes back before the server closes the connection, or is silent for a moment."""
    with socket.create_connection((host, port), timeout=0.3) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        with contextlib.suppress(OSError):
            while chunk := connection.recv(65536):
                received += chunk
    plain = re.sub(rb"date: [^\r]*\r\n", b"", received)
    text = _RAY.sub("RAY", _masked(plain).decode("latin-1"))
    return Answer(int(received[9:12] or 0), (), text.encode("latin-1"))


def _masked(text: bytes) -> bytes:
    """Return *text* with the ids masked whose time is that of now."""
    now = time.time()
    return _ID.sub(lambda found: b"gen-emb-ID" if abs(int(found[1]) - now) < 1000 else found[0], text)
