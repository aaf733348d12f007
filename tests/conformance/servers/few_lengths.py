"""ASGI without a framework; requests are decoded into msgspec types; three lengths of vectors."""

from __future__ import annotations

import contextlib
import hashlib
import re
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl

import msgspec
import numpy as np

from . import hosts

SPECIAL = "msgspec types; characters with their places; dimensions 64, 128 or 256 alone; quantizations honored; no cost"
KEY = "few-lengths-key"
BASE = "/inference/v1"
_MODEL = "lattice-small"
_LENGTHS = (64, 128, 256)
_PROVIDER, _FORMAT = "Lattice", "bf16"
_CONTEXT = 1000

Text = Annotated[str, msgspec.Meta(min_length=1)]
Sort = Literal["exacto", "latency", "price", "throughput"]
Quantization = Literal[
    "bf16", "fp16", "fp32", "fp4", "fp6", "fp8", "int4", "int8", "mxfp4", "mxfp8", "nvfp4", "unknown"
]
Number = int | float


class _SortConfig(msgspec.Struct):
    by: Sort | None = None
    partition: Literal["model", "none"] | None = None


class _Cutoffs(msgspec.Struct):
    p50: Number | None = None
    p75: Number | None = None
    p90: Number | None = None
    p99: Number | None = None


class _MaxPrice(msgspec.Struct):
    prompt: Number | str = 1e9
    completion: Number | str = 0
    request: Number | str = 0
    image: Number | str = 0
    audio: Number | str = 0


class _Preferences(msgspec.Struct, forbid_unknown_fields=True):
    allow_fallbacks: bool | None = None
    require_parameters: bool | None = None
    zdr: bool | None = None
    enforce_distillable_text: bool | None = None
    data_collection: Literal["allow", "deny"] | None = None
    order: list[str] | None = None
    only: list[str] | None = None
    ignore: list[str] | None = None
    quantizations: list[Quantization] | None = None
    sort: Sort | _SortConfig | None = None
    max_price: _MaxPrice = msgspec.field(default_factory=_MaxPrice)
    preferred_max_latency: Number | _Cutoffs | None = None
    preferred_min_throughput: Number | _Cutoffs | None = None


class _Request(msgspec.Struct):
    model: str
    input: Text | Annotated[list[Any], msgspec.Meta(min_length=1)]
    dimensions: Number = _LENGTHS[-1]  # of these three, which `_create` checks
    encoding_format: Literal["float", "base64"] = "float"
    input_type: str = ""
    user: str = ""
    provider: _Preferences | None = None


_DECODER = msgspec.json.Decoder(_Request)


class _Refused(Exception):  # noqa: N818
    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


def _create(headers: dict[str, str], raw: bytes) -> dict[str, Any]:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.casefold() != "bearer" or key != KEY:
        raise _Refused(401, "Give a key.")
    if headers.get("content-type", "").split(";")[0].strip().casefold() != "application/json":
        raise _Refused(415, "Give application/json.")
    try:
        request = _DECODER.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise _Refused(400, f"The body does not fit: {error}.") from None
    texts = _texts(request)
    if request.model != _MODEL:
        raise _Refused(404, f"The only model is {_MODEL}.")
    _route(request.provider or _Preferences())
    if request.dimensions not in _LENGTHS:
        raise _Refused(400, f"dimensions must be one of {_LENGTHS}.")
    return {
        "object": "list",
        "id": f"emb-{hashlib.sha1(raw, usedforsecurity=False).hexdigest()}-{next(_SERIAL)}",
        "data": [
            {
                "embedding": _written(_vector(text, int(request.dimensions)), request),
                "index": place,
                "object": "embedding",
            }
            for place, text in enumerate(texts)
        ],
        "model": "Lattice/Small",
        "provider": _PROVIDER,
        "usage": {"prompt_tokens": sum(map(len, texts)), "total_tokens": sum(map(len, texts)), "is_byok": True},
    }


def _serial() -> Any:
    number = 0
    while True:
        number += 1
        yield number


_SERIAL = _serial()


def _texts(request: _Request) -> list[str]:
    try:
        texts = msgspec.convert([request.input] if isinstance(request.input, str) else request.input, list[Text])
    except msgspec.ValidationError:
        raise _Refused(400, "input must be text, or a list of it.") from None
    if any(len(text) > _CONTEXT for text in texts):
        raise _Refused(400, f"input may have {_CONTEXT} characters per text.")
    if len(texts) > 2048:
        raise _Refused(400, "input may have 2048 texts.")
    return texts


def _route(wishes: _Preferences) -> None:
    try:
        prices = {name: float(value) for name, value in msgspec.structs.asdict(wishes.max_price).items()}
    except ValueError:
        raise _Refused(400, "max_price must hold numbers.") from None
    fits = (
        (wishes.only is None or _PROVIDER in wishes.only)
        and _PROVIDER not in (wishes.ignore or ())
        and (wishes.allow_fallbacks is not False or not wishes.order or _PROVIDER in wishes.order)
        and (not wishes.quantizations or _FORMAT in wishes.quantizations)
        and prices.pop("prompt") >= 0.02
        and all(price >= 0 for price in prices.values())
    )
    if not fits:
        raise _Refused(404, "No endpoint fits the preferences.")


def _vector(text: str, length: int) -> Any:
    """Return the start of a sum of waves, one per character and one per pair, of norm 1."""
    places = np.arange(_LENGTHS[-1], dtype=np.float64)
    total = np.zeros(_LENGTHS[-1])
    for start, char in enumerate(text):
        total += np.sin(places * (ord(char) % 9973 + 1.1)) * (1 + 0.3 / (start + 1))
        pair = ord(char) * 31 + (ord(text[start + 1]) if start + 1 < len(text) else 7)
        total += np.cos(places * (pair % 99_991 + 0.7) * 1.3)
    short = total[:length]
    return (short / np.linalg.norm(short)).astype("<f4")


def _written(vector: Any, request: _Request) -> Any:
    if request.encoding_format == "base64":
        return vector.tobytes()  # msgspec writes bytes in base64
    return [float(number) for number in vector]


def _list(query: str) -> dict[str, Any]:
    given = {"offset": "0", "limit": "1000"} | dict(parse_qsl(query, keep_blank_values=True))
    if not all(re.fullmatch("[0-9]{1,4000}", given[name]) for name in ("offset", "limit")):
        raise _Refused(400, "offset and limit must be whole numbers from 0.")
    offset, limit = int(given["offset"]), int(given["limit"])
    if not 1 <= limit <= 1000:
        raise _Refused(422, "limit must be from 1 to 1000.")
    models: list[dict[str, Any]] = [
        {
            "id": name,
            "canonical_slug": f"{name}-v1",
            "name": name,
            "description": "",
            "created": 1_750_000_000 + place,
            "context_length": _CONTEXT,
            "architecture": {
                "input_modalities": ["text"],
                "modality": "text->embeddings",
                "output_modalities": ["embeddings"],
                "tokenizer": "Other",
                "instruct_type": None,
            },
            "pricing": {"prompt": "2e-8", "completion": "0", "request": "0", "image": "0"},
            "supported_parameters": [],
            "supported_voices": None,
            "default_parameters": None,
            "per_request_limits": {"prompt_tokens": 1000, "completion_tokens": 0},
            "top_provider": {"is_moderated": False},
            "links": {"details": f"{BASE}/models/{name}"},
        }
        for place, name in enumerate([_MODEL])
    ]
    return {"data": models[offset : offset + limit], "links": {"next": None}, "total_count": len(models)}


async def _application(scope: Any, receive: Any, send: Any) -> None:
    raw, more = b"", True
    while more:
        message = await receive()
        raw, more = raw + message.get("body", b""), message.get("more_body", False)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    status, out = 200, [(b"content-type", b"application/json")]
    try:
        match scope["path"].removeprefix(BASE), scope["method"]:
            case "/embeddings", "POST":
                document = _create(headers, raw)
            case "/embeddings/models", "GET":
                document = _list(scope["query_string"].decode("latin-1"))
            case _:
                raise _Refused(404, "No such endpoint.")
    except _Refused as refused:
        status = refused.status
        document = {"success": False, "error": {"message": str(refused), "name": "LatticeError", "http_status": status}}
    await send({"type": "http.response.start", "status": status, "headers": out})
    await send({"type": "http.response.body", "body": msgspec.json.encode(document)})


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.uvicorn_server(_application)
