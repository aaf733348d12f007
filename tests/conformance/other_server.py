"""A second server that keeps the contract, written from its words alone: it shares no line with the mock.

Where the contract leaves room it goes another way than the mock does: unknown models are 400, failures of
validation come in the other documented envelope, vectors are not of unit length and tremble in the seventh
place, there is no cost, no id and no provider, features are few, and white space precedes every body.
VARIANTS are further ways to go, each of which keeps the contract too.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import random
import re
import struct
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

KEY = "other-server-key"
BASE = "/gateway/v1"
_LENGTH = 96
_SHORT_CONTEXT = 40
PRICES = {"acme/tiny-embed": "0.00000001", "acme/large-embed": "1.3e-7", "beta/free-embed": "0"}
_CHAT_ONLY = {"temperature", "top_p", "max_tokens"}
_QUANTIZATIONS = {"int4", "int8", "fp4", "mxfp4", "nvfp4", "fp6", "fp8", "mxfp8", "fp16", "bf16", "fp32", "unknown"}
_SORTS = ("price", "throughput", "latency", "exacto")
_INPUT_TYPES = ("", "search_query", "search_document")

VARIANTS = {
    "a_few_lengths": "Vectors can be shortened to the half and the quarter, and to nothing else (400).",
    "small_batches": "A batch of more than 16 texts is refused (413).",
    "own_price_fields": "Prices stand beside undocumented fields that are none.",
    "free_models": "No model costs anything.",
    "unknown_creation": "`created` is 0.",
    "small_vocabulary": "The tokenizer knows no emoji: all of them are one unknown token.",
    "short_context": "The models read 40 tokens and say so; longer texts are cut.",
    "lenient_parser": "The JSON parser takes NaN, and replaces bytes that are not UTF-8.",
    "routes_by_method": "A path is unknown (404) under every method but its own.",
    "plain_text_405": "A method that is not supported gets 405 in plain text.",
    "known_input_types": "An `input_type` that the model does not know is refused (400).",
    "names_of_models_checked": "A `model` that is not author/model is refused as malformed (422).",
    "one_model": "A single model is listed.",
    "coarse_arithmetic": "Vectors tremble in the third place, within a cosine of 1 - 1e-4.",
}
"""Ways of keeping the contract that `application` takes by name."""


class Refused(Exception):  # noqa: N818
    """A request that gets an error: status and words."""

    def __init__(self, status: int, words: str, *, validation: bool = False) -> None:
        super().__init__(words)
        self.status = status
        self.body: dict[str, Any] = {"error": {"message": words, "code": status}}
        if validation:
            self.body = {"success": False, "error": {"name": "ZodError", "message": words}}


def application(*variants: str) -> Starlette:
    """Return the server as an ASGI application under BASE, with the VARIANTS that are named."""
    assert set(variants) <= set(VARIANTS)
    server = Starlette(
        routes=[
            Route(f"{BASE}/embeddings", _create, methods=["POST"]),
            Route(f"{BASE}/embeddings/models", _list, methods=["GET"]),
        ],
        exception_handlers={Refused: _refusal, HTTPException: _refusal},
    )
    server.state.variants = frozenset(variants)
    return server


async def _create(request: Request) -> Response:
    variants: frozenset[str] = request.app.state.variants
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or key != KEY:
        raise Refused(401, "Give a known key as a bearer token.")
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise Refused(415, "Send JSON.")
    try:
        raw = await request.body()
        if "lenient_parser" in variants:
            body = json.loads(raw.decode(errors="replace"))
        else:
            body = json.loads(raw.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Refused(400, "The body is not JSON.") from None
    texts = _checked(body, variants)
    length = int(body.get("dimensions", _LENGTH))
    answer = {
        "model": body["model"],
        "usage": {"total_tokens": sum(map(_tokens, texts)), "prompt_tokens": sum(map(_tokens, texts))},
        "object": "list",
        "data": [
            {
                "object": "embedding",
                "index": place,
                "embedding": _written(_vector(text, variants)[:length], body.get("encoding_format")),
            }
            for place, text in enumerate(texts)
        ],
    }
    return _json(200, answer)


async def _list(request: Request) -> Response:
    offset = _whole(request.query_params.get("offset", "0"), "offset", 0, 10**12)
    limit = _whole(request.query_params.get("limit", "1000"), "limit", 1, 1000)
    variants: frozenset[str] = request.app.state.variants
    models = [_model(name, price, variants) for name, price in PRICES.items()][: 1 if "one_model" in variants else None]
    rest = f"{request.base_url}{BASE.lstrip('/')}/embeddings/models?limit={limit}&offset={offset + limit}"
    page = {
        "links": {"next": rest if offset + limit < len(models) else None},
        "total_count": len(models),
        "data": models[offset : offset + limit],
    }
    return _json(200, page)


def _checked(body: Any, variants: frozenset[str]) -> list[str]:
    if not isinstance(body, dict):
        raise Refused(400, "Send an object.", validation=True)
    for field in ("user", "input_type"):
        if field in body and not isinstance(body[field], str):
            raise Refused(400, f"{field} must be text", validation=True)
    if not isinstance(body.get("model"), str):
        raise Refused(400, "model must be text", validation=True)
    if "encoding_format" in body and body["encoding_format"] not in ("float", "base64"):
        raise Refused(400, "encoding_format must be float or base64", validation=True)
    _check_preferences(body.get("provider"))
    if "names_of_models_checked" in variants and not re.fullmatch(r"[\w.-]+/[\w.:-]+", body["model"]):
        raise Refused(422, "model must be author/model")
    if "known_input_types" in variants and body.get("input_type", "") not in _INPUT_TYPES:
        raise Refused(400, f"input_type must be one of {_INPUT_TYPES}")
    _check_dimensions(body, variants)
    texts = _texts(body)
    if "small_batches" in variants and len(texts) > 16:
        raise Refused(413, "at most 16 texts in a batch")
    return texts


def _check_dimensions(body: dict[str, Any], variants: frozenset[str]) -> None:
    if "dimensions" not in body:
        return
    if "a_few_lengths" not in variants:
        raise Refused(400, f"dimensions cannot be chosen: {body['model']} always gives {_LENGTH}")
    if not _is_number(body["dimensions"]) or body["dimensions"] not in (_LENGTH, _LENGTH // 2, _LENGTH // 4):
        raise Refused(400, f"dimensions must be {_LENGTH}, {_LENGTH // 2} or {_LENGTH // 4}")


def _texts(body: dict[str, Any]) -> list[str]:
    texts = [body["input"]] if isinstance(body.get("input"), str) else body.get("input")
    if not _is_list_of_text(texts) or not texts or not all(texts):
        raise Refused(400, "input must be text or a list of text, none of it empty", validation=True)
    if any("\ud800" <= char <= "\udfff" for text in texts for char in text):
        raise Refused(400, "input holds half a surrogate pair")
    if body["model"] not in PRICES:
        raise Refused(400, "no such model")
    if sum(map(_tokens, texts)) > 8000:
        raise Refused(400, "input is longer than 8000 tokens")
    return list(texts)


def _check_preferences(provider: Any) -> None:
    if provider is None:
        return
    if not isinstance(provider, dict):
        raise Refused(400, "provider must be an object", validation=True)
    for name, value in provider.items():
        if name not in _PREFERENCES:
            raise Refused(400, f"provider.{name} is unknown", validation=True)
        if name == "max_price" and value is None:
            raise Refused(400, "provider.max_price must be an object", validation=True)
        if value is not None and not _PREFERENCES[name](value):
            raise Refused(400, f"provider.{name} is malformed", validation=True)
    named = provider.get("only") or (
        [] if provider.get("allow_fallbacks") is not False else provider.get("order") or []
    )
    if named and "Acme" not in named:
        raise Refused(404, "no provider is left")


def _is_list_of_text(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_sort(value: Any) -> bool:
    if isinstance(value, str):
        return value in _SORTS
    return (
        isinstance(value, dict)
        and value.get("by") in (*_SORTS, None)
        and value.get("partition") in ("model", "none", None)
    )


def _is_price_table(value: Any) -> bool:
    kinds = ("prompt", "completion", "request", "image", "audio")
    return isinstance(value, dict) and all(
        isinstance(value[kind], str) or _is_number(value[kind]) for kind in kinds if kind in value
    )


def _is_cutoff(value: Any) -> bool:
    cutoffs = ("p50", "p75", "p90", "p99")
    if isinstance(value, dict):
        return all(value[name] is None or _is_number(value[name]) for name in cutoffs if name in value)
    return _is_number(value)


def _is_quantizations(value: Any) -> bool:
    return _is_list_of_text(value) and set(value) <= _QUANTIZATIONS


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_collection(value: Any) -> bool:
    return value in ("allow", "deny")


_PREFERENCES: dict[str, Any] = {
    "allow_fallbacks": _is_flag,
    "require_parameters": _is_flag,
    "zdr": _is_flag,
    "enforce_distillable_text": _is_flag,
    "data_collection": _is_collection,
    "order": _is_list_of_text,
    "only": _is_list_of_text,
    "ignore": _is_list_of_text,
    "quantizations": _is_quantizations,
    "sort": _is_sort,
    "max_price": _is_price_table,
    "preferred_max_latency": _is_cutoff,
    "preferred_min_throughput": _is_cutoff,
}


def _whole(text: str, name: str, least: int, most: int) -> int:
    if not re.fullmatch(r"-?[0-9]{1,13}", text) or not least <= int(text) <= most:
        raise Refused(400, f"{name} must be a whole number from {least} to {most}")
    return int(text)


def _tokens(text: str) -> int:
    return len(re.findall(r"\w+|[^\w\s]", text)) or 1


def _vector(text: str, variants: frozenset[str]) -> list[float]:
    """Return the sum of one direction per word and one for the whole text, with a tremble."""
    if "small_vocabulary" in variants:
        text = re.sub("[\U00010000-\U0010ffff]+", "[UNK]", text)
    if "short_context" in variants:
        text = " ".join(text.split()[:_SHORT_CONTEXT]) or text
    total = [0.0] * _LENGTH
    for word in [*re.findall(r"\w+", text.lower()), f"whole:{text}"]:
        source = random.Random(hashlib.sha256(word.encode()).digest())
        for place in range(_LENGTH):
            total[place] += source.gauss(0, 1)
    tremble = random.SystemRandom()
    size = 1e-2 if "coarse_arithmetic" in variants else 1e-6
    return [number * (1 + size * tremble.uniform(-1, 1)) for number in total]


def _written(vector: list[float], form: str | None) -> Any:
    if form == "base64":
        return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
    assert all(math.isfinite(number) for number in vector)
    return vector


def _model(name: str, price: str, variants: frozenset[str]) -> dict[str, Any]:
    pricing: dict[str, Any] = {"prompt": "0" if "free_models" in variants else price, "completion": "0"}
    if "own_price_fields" in variants:
        pricing |= {"currency": "USD", "tiers": [], "minimum": None}
    return {
        "id": name,
        "canonical_slug": f"{name}-20260101",
        "name": name.title(),
        "created": 0 if "unknown_creation" in variants else 1767225600,
        "context_length": _SHORT_CONTEXT if "short_context" in variants else None,
        "architecture": {
            "input_modalities": ["text"],
            "output_modalities": ["embeddings"],
            "modality": "text->embeddings",
            "tokenizer": "Novel",
        },
        "pricing": pricing,
        "supported_parameters": [],
        "supported_voices": None,
        "default_parameters": None,
        "per_request_limits": None,
        "top_provider": {"is_moderated": True},
        "links": {"details": f"/models/{name}"},
    }


def _refuse_constant(word: str) -> Any:
    raise ValueError(word)


def _refusal(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        variants: frozenset[str] = request.app.state.variants
        if "routes_by_method" in variants:
            return _json(404, {"error": {"message": "Not Found", "code": 404}})
        if "plain_text_405" in variants:
            return Response(error.detail, error.status_code, error.headers, media_type="text/plain")
        error_body = {"error": {"message": error.detail, "code": error.status_code}}
        return _json(error.status_code, error_body, dict(error.headers or {}))
    assert isinstance(error, Refused)
    return _json(error.status, error.body)


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> Response:
    text = "\n   \n" + json.dumps(body, indent=1)
    return Response(text, status, headers, media_type="application/json")
