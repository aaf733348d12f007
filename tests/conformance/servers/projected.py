"""Tornado; shorter vectors are random projections of the native one, no prefixes of it."""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import logging
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import tornado.web

from . import hosts

SPECIAL = (
    "dimensions by random projection; pairs of bytes; Tornado, lenient JSON; validation by a table; base64; 240 numbers"
)
KEY = "projected-key"
BASE = "/api/v1"
_MODELS = {"linear/projected-240": "0.00000009", "linear/projected-240:large": "0.0000009"}
_LENGTH, _CONTEXT = 240, 4000

Fits = Callable[[Any], bool]


def _nullable(fits: Fits) -> Fits:
    return lambda value: value is None or fits(value)


def _one_of(*words: str | None) -> Fits:
    return lambda value: (value is None and None in words) or (isinstance(value, str) and value in words)


def _list_of(fits: Fits) -> Fits:
    return lambda value: isinstance(value, list) and all(map(fits, value))


def _table(fields: dict[str, Fits], *, closed: bool = False) -> Fits:
    def fits(value: Any) -> bool:
        return (
            isinstance(value, dict)
            and all(fields[name](value[name]) for name in fields if name in value)
            and not (closed and value.keys() - fields.keys())
        )

    return fits


def _either(*ways: Fits) -> Fits:
    return lambda value: any(fits(value) for fits in ways)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _length(value: Any) -> bool:
    return _number(value) and value >= 1 and value % 1 == 0


_SORTS = ("exacto", "latency", "price", "throughput")
_CUTOFFS = _nullable(_either(_number, _table(dict.fromkeys(("p50", "p75", "p90", "p99"), _nullable(_number)))))
_NAMES = _nullable(_list_of(_text))
_QUANTIZATION = _one_of(
    *["bf16", "fp16", "fp32", "fp4", "fp6", "fp8", "int4", "int8", "mxfp4", "mxfp8", "nvfp4", "unknown"]
)
_PREFERENCES = _table(
    {
        **dict.fromkeys(("allow_fallbacks", "require_parameters", "zdr", "enforce_distillable_text"), _nullable(_flag)),
        **dict.fromkeys(("order", "only", "ignore"), _NAMES),
        **dict.fromkeys(("preferred_max_latency", "preferred_min_throughput"), _CUTOFFS),
        "data_collection": _one_of("allow", "deny", None),
        "quantizations": _nullable(_list_of(_QUANTIZATION)),
        "sort": _either(
            _one_of(*_SORTS, None),
            _table({"by": _one_of(*_SORTS, None), "partition": _one_of("model", "none", None)}),
        ),
        "max_price": _table(
            dict.fromkeys(("prompt", "completion", "request", "image", "audio"), _either(_number, _text))
        ),
    },
    closed=True,
)
_FIELDS: dict[str, Fits] = {
    "model": _text,
    "input": _either(
        lambda value: _text(value) and value != "",
        lambda value: _list_of(lambda one: _text(one) and one != "")(value) and value != [],
    ),
    "dimensions": _length,
    "encoding_format": _one_of("float", "base64"),
    "input_type": _text,
    "user": _text,
    "provider": _nullable(_PREFERENCES),
}


@functools.lru_cache(4096)
def _direction(pair: bytes) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.random.default_rng(int.from_bytes(pair) + 7).normal(size=_LENGTH)


@functools.lru_cache(512)
def _projection(length: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.random.default_rng(1000 + length).normal(size=(length, _LENGTH))


def _vector(text: str, length: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    octets = b"\x00" + text.encode() + b"\x00"
    total = np.zeros(_LENGTH)
    for start in range(len(octets) - 1):
        total += _direction(octets[start : start + 2])
        total += 0.5 * _direction(octets[start : start + 7])
    if length < _LENGTH:
        total = _projection(length) @ total
    norm: np.ndarray[Any, np.dtype[np.float64]] = total / np.linalg.norm(total)
    return norm


class _Base(tornado.web.RequestHandler):
    def compute_etag(self) -> None:
        """Give no `Etag`: answers are not cached."""

    def refuse(self, status: int, words: str) -> tornado.web.HTTPError:
        """Return the exception that answers with `status` and `words`."""
        return tornado.web.HTTPError(status, reason=words)

    def write_error(self, status_code: int, **fields: Any) -> None:
        """Write the error as JSON."""
        self.set_status(status_code)
        self.give({"error": {"message": self._words(fields), "code": status_code, "error_type": "refused"}})

    def _words(self, fields: dict[str, Any]) -> str:
        error = fields.get("exc_info", (None, None, None))[1]
        return (isinstance(error, tornado.web.HTTPError) and error.reason) or "This cannot be done here."

    def give(self, document: Any) -> None:
        """Finish with `document` as JSON."""
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(document))


class _Unknown(_Base):
    def prepare(self) -> None:
        """Refuse whatever is asked."""
        raise self.refuse(404, "Nothing is here.")


class _Embeddings(_Base):
    def post(self) -> None:
        """Answer createEmbeddings."""
        words = self.request.headers.get("Authorization", "").split(" ")
        if len(words) != 2 or words[0].lower() != "bearer" or words[1] != KEY:
            raise self.refuse(401, "A key is needed.")
        if self.request.headers.get("Content-Type", "").split(";")[0].strip().lower() != "application/json":
            raise self.refuse(415, "JSON is needed.")
        try:
            body = json.loads(self.request.body.decode(errors="replace"))
        except (ValueError, RecursionError):
            raise self.refuse(400, "This is no JSON.") from None
        if not isinstance(body, dict):
            raise self.refuse(400, "This is no object.")
        for name, fits in _FIELDS.items():
            if name not in body and name in ("model", "input"):
                raise self.refuse(400, f"The field {name} is missing.")
            if name in body and not fits(body[name]):
                raise self.refuse(400, f"The field {name} is wrong.")
        self.give(self._answer(body))

    def _answer(self, body: dict[str, Any]) -> dict[str, Any]:
        if body["model"] not in _MODELS:
            raise self.refuse(404, "There is no such model.")
        self._route(body.get("provider") or {}, float(_MODELS[body["model"]]) * 1e6)
        length = body.get("dimensions", _LENGTH)
        if length > _LENGTH:
            raise self.refuse(400, f"The field dimensions is above {_LENGTH}.")
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        if any(re.search("[\ud800-\udfff]", text) for text in texts):
            raise self.refuse(400, "The field input holds half a pair of surrogates.")
        sizes = [len(text.encode()) for text in texts]
        if max(sizes) > _CONTEXT or len(sizes) > 500:
            raise self.refuse(413, "The field input is too long.")
        found = [_vector(text, int(length)) for text in texts]
        packed = body.get("encoding_format") == "base64"
        return {
            "data": [
                {"object": "embedding", "embedding": _packed(one) if packed else one.tolist(), "index": place}
                for place, one in enumerate(found)
            ],
            "model": body["model"].partition("/")[2],
            "object": "list",
            "usage": {"prompt_tokens": sum(sizes) // 2 + 1, "total_tokens": sum(sizes) // 2 + 1, "cost": 0},
        }

    def _route(self, wishes: dict[str, Any], price: float) -> None:
        bound = wishes.get("order") if wishes.get("allow_fallbacks") is False else None
        for names in (wishes.get("only"), bound or None):
            if names is not None and "Linear" not in names:
                raise self.refuse(404, "No provider is left.")
        if "Linear" in (wishes.get("ignore") or ()):
            raise self.refuse(404, "No provider is left.")
        for kind, given in wishes.get("max_price", {}).items():
            if kind in ("prompt", "completion", "request", "image", "audio"):
                try:
                    enough = float(given) >= (price if kind == "prompt" else 0)
                except (ValueError, OverflowError):
                    raise self.refuse(400, "A price in max_price is no number.") from None
                if not enough:
                    raise self.refuse(404, "No provider is that cheap.")


def _packed(vector: np.ndarray[Any, np.dtype[np.float64]]) -> str:
    """Return a vector as float32 bytes in base64."""
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()


class _Models(_Base):
    def get(self) -> None:
        """Answer listEmbeddingsModels."""
        offset, limit = self._bound("offset", 0, math.inf), self._bound("limit", 1, 1000)
        start = 0 if offset is None else offset
        end = len(_MODELS) if limit is None else start + limit
        models = [self._entry(name, price) for name, price in _MODELS.items()]
        following = f"{self.request.path}?limit={limit}&offset={end}" if end < len(models) else None
        self.give({"data": models[start:end], "total_count": len(models), "links": {"next": following}})

    def _bound(self, name: str, least: int, most: float) -> int | None:
        given = self.get_query_arguments(name, strip=False)
        if not given:
            return None
        if len(given) > 1 or not re.fullmatch(r"[0-9]{1,4000}", given[0]):
            raise self.refuse(400, f"The parameter {name} is no whole number.")
        if not least <= int(given[0]) <= most:
            raise self.refuse(400, f"The parameter {name} is out of bounds.")
        return int(given[0])

    def _entry(self, name: str, price: str) -> dict[str, Any]:
        return {
            "id": name,
            "canonical_slug": name.replace(":", "-"),
            "name": name,
            "created": 1_760_000_000,
            "context_length": _CONTEXT,
            "architecture": {
                "input_modalities": ["text"],
                "modality": None,
                "output_modalities": ["embeddings"],
                "tokenizer": "Bytes",
            },
            "pricing": {"prompt": price, "completion": "0"},
            "supported_parameters": [],
            "supported_voices": None,
            "default_parameters": None,
            "per_request_limits": None,
            "top_provider": {"is_moderated": False},
            "links": {"details": f"/models/{name}"},
        }


_LOG = logging.getLogger("tornado.general")  # warns of each request that it refuses
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    application = tornado.web.Application(
        [(f"{BASE}/embeddings", _Embeddings), (f"{BASE}/embeddings/models", _Models)],
        default_handler_class=_Unknown,
        log_function=lambda handler: None,
    )
    return hosts.tornado_server(application)
