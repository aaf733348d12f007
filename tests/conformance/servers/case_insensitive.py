"""Starlette; requests are validated by pydantic; the tokenizer lowers case and reads the first 512 tokens."""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import math
import unicodedata
import uuid
import zlib
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictStr, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import hosts

SPECIAL = "word pieces in lower case without accents, cut at 512; input_type changes the vector; Starlette and pydantic"
KEY = "case-insensitive-key"
BASE = "/api/v1"
_MODELS, _PROVIDER = {"uncased/pieces-384": "0.00000003", "uncased/pieces-384:beta": "0.00000004"}, "Uncased"
_LENGTH, _CONTEXT = 384, 512
_KINDS = ("", "search_query", "search_document")


def _whole(value: Any) -> Any:
    """Take integers and floats without a fraction for integers, and nothing else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise ValueError("not an integer")
    return int(value)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not a number")  # noqa: TRY004 - pydantic turns ValueError alone into its own
    return value


def _present(value: Any) -> Any:
    if value is None:
        raise ValueError("null is not allowed")
    return value


_Integer = Annotated[int, BeforeValidator(_whole)]
_Number = Annotated[float, BeforeValidator(_number)]
_Text = Annotated[StrictStr, Field(min_length=1)]
_Sort = Literal["exacto", "latency", "price", "throughput"]
_Price = _Number | StrictStr


class _SortConfig(BaseModel):
    by: _Sort | None = None
    partition: Literal["model", "none"] | None = None


class _Cutoffs(BaseModel):
    p50: _Number | None = None
    p75: _Number | None = None
    p90: _Number | None = None
    p99: _Number | None = None


class _MaxPrice(BaseModel):
    prompt: _Price = "1000000"
    completion: _Price = "0"
    request: _Price = "0"
    image: _Price = "0"
    audio: _Price = "0"


class _Preferences(BaseModel):
    model_config = ConfigDict(extra="forbid")

    allow_fallbacks: StrictBool | None = None
    require_parameters: StrictBool | None = None
    zdr: StrictBool | None = None
    enforce_distillable_text: StrictBool | None = None
    data_collection: Literal["allow", "deny"] | None = None
    order: list[StrictStr] | None = None
    only: list[StrictStr] | None = None
    ignore: list[StrictStr] | None = None
    quantizations: (
        list[Literal["bf16", "fp16", "fp32", "fp4", "fp6", "fp8", "int4", "int8", "mxfp4", "mxfp8", "nvfp4", "unknown"]]
        | None
    ) = None
    sort: _Sort | _SortConfig | None = None
    max_price: Annotated[_MaxPrice, BeforeValidator(_present)] = _MaxPrice()
    preferred_max_latency: _Number | _Cutoffs | None = None
    preferred_min_throughput: _Number | _Cutoffs | None = None


class _Body(BaseModel):
    model: StrictStr
    input: _Text | Annotated[list[_Text], Field(min_length=1)]
    dimensions: Annotated[_Integer, Field(ge=1)] = _LENGTH
    encoding_format: Literal["float", "base64"] = "float"
    input_type: StrictStr = ""
    user: StrictStr = ""
    provider: _Preferences | None = None


def _pieces(text: str) -> list[str]:
    """Return the tokens of a text: words of lower case without accents, in pieces of five letters."""
    plain = "".join(char for char in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(char) != "Mn")
    words: list[str] = []
    for char in plain:
        kind = unicodedata.category(char)[0]
        if kind in "LN" and words and words[-1] and words[-1][-1].isalnum():
            words[-1] += char
        elif kind in "ZC":
            words.append("")
        else:
            words.append(char)
    found = [word[start : start + 5] for word in words for start in range(0, len(word), 5)]
    return ["[CLS]", *found[: _CONTEXT - 2], "[SEP]"]


@functools.lru_cache(4096)
def _direction(piece: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.random.default_rng(zlib.crc32(piece.encode("utf-8", "replace"))).standard_normal(_LENGTH)


def _vector(pieces: list[str], kind: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    total = 0.4 * _direction(f"kind {kind}")
    for place, piece in enumerate(pieces):
        total = total + _direction(piece) + 0.1 * np.roll(_direction(piece), place + 1)
    return (total / np.linalg.norm(total)).astype(np.float32)


def _check_route(wishes: _Preferences) -> None:
    for kind, given in wishes.max_price.model_dump().items():
        try:
            most = Decimal(str(given))
            if most < (Decimal("0.03") if kind == "prompt" else 0):
                raise HTTPException(404, "There is no endpoint at that price.")
        except InvalidOperation:
            raise HTTPException(400, f"max_price.{kind} is no price.") from None
    bound = wishes.order if wishes.allow_fallbacks is False and wishes.order else None
    refused = any(names is not None and _PROVIDER not in names for names in (wishes.only, bound))
    if refused or _PROVIDER in (wishes.ignore or ()):
        raise HTTPException(404, "There is no endpoint that fits the preferences.")


async def _create(request: Request) -> Response:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or key != KEY:
        raise HTTPException(401, "Unknown key.", {"WWW-Authenticate": "Bearer"})
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "Not JSON.")
    try:
        body = _Body.model_validate(json.loads((await request.body()).decode()))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise HTTPException(422, f"{first['loc'][0] if first['loc'] else 'body'}: {first['msg']}") from None
    except (ValueError, OverflowError, RecursionError):
        raise HTTPException(400, "Not JSON.") from None
    if body.model not in _MODELS:
        raise HTTPException(400, f"{body.model!r} is not a valid model.")
    if body.input_type not in _KINDS:
        raise HTTPException(400, f"input_type must be one of {_KINDS}.")
    if body.dimensions != _LENGTH:
        raise HTTPException(400, f"dimensions must be {_LENGTH}.")
    _check_route(body.provider or _Preferences())
    texts = [body.input] if isinstance(body.input, str) else body.input
    read = [_pieces(text[: 8 * _CONTEXT]) for text in texts]
    found = [_vector(pieces, body.input_type) for pieces in read]
    count = sum(map(len, read))
    return _json(
        200,
        {
            "object": "list",
            "id": str(uuid.uuid4()),
            "model": "pieces-384",
            "provider": _PROVIDER,
            "data": [
                {
                    "object": "embedding",
                    "index": place,
                    "embedding": base64.b64encode(vector.astype("<f4").tobytes()).decode()
                    if body.encoding_format == "base64"
                    else vector.tolist(),
                }
                for place, vector in enumerate(found)
            ],
            "usage": {"prompt_tokens": count, "total_tokens": count, "cost": count * float(_MODELS[body.model])},
        },
    )


async def _list(request: Request) -> Response:
    bounds = {"offset": (0, math.inf), "limit": (1, 1000)}
    chosen = {"offset": 0, "limit": 1000}
    for name, (least, most) in bounds.items():
        given = request.query_params.get(name)
        if given is None:
            continue
        if not given.isascii() or not given.isdigit() or len(given) > 4000 or not least <= int(given) <= most:
            raise HTTPException(400, f"{name} must be an integer in bounds.")
        chosen[name] = int(given)
    entries = [_entry(name, price) for name, price in _MODELS.items()]
    after = chosen["offset"] + chosen["limit"]
    following = f"{request.url.path}?offset={after}&limit={chosen['limit']}" if after < len(entries) else None
    page = {"data": entries[chosen["offset"] : after], "links": {"next": following}, "total_count": len(entries)}
    return _json(200, page)


def _entry(name: str, price: str) -> dict[str, Any]:
    return {
        "id": name,
        "canonical_slug": name,
        "name": "Pieces",
        "created": 1_699_999_999,
        "context_length": _CONTEXT,
        "architecture": {
            "input_modalities": ["text"],
            "modality": "text->embeddings",
            "output_modalities": ["embeddings"],
        },
        "pricing": {"prompt": price, "completion": "0", "discount": 0},
        "supported_parameters": [],
        "supported_voices": None,
        "default_parameters": {"temperature": None},
        "per_request_limits": None,
        "expiration_date": None,
        "top_provider": {"is_moderated": False, "context_length": _CONTEXT},
        "links": {"details": "/"},
    }


def _error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    body = {"error": {"message": error.detail, "code": error.status_code, "metadata": None}, "user_id": None}
    return _json(error.status_code, body, dict(error.headers or {}))


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(body), status, headers, media_type="application/json")


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    application = Starlette(
        routes=[
            Route(f"{BASE}/embeddings", _create, methods=["POST"]),
            Route(f"{BASE}/embeddings/models", _list, methods=["GET"]),
        ],
        exception_handlers={HTTPException: _error},
    )
    return hosts.uvicorn_server(application)
