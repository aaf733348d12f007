"""`http.server`, HTTP/1.0, each connection closed; validation by hand, errors in French without a code."""

from __future__ import annotations

import contextlib
import json
import math
import random
import re
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from . import hosts

SPECIAL = "http.server, HTTP/1.0; validation by hand; errors in French without code; blank texts refused; bag of words; no usage, no id"
KEY = "clef-connue"
BASE = "/api/v1"
_MODEL = "maison/mots-64"
_LENGTH = 64
_FLAGS = ("allow_fallbacks", "require_parameters", "zdr", "enforce_distillable_text")
_LISTS = ("order", "only", "ignore", "quantizations")
_FORMATS = ["bf16", "fp16", "fp32", "fp4", "fp6", "fp8", "int4", "int8", "mxfp4", "mxfp8", "nvfp4", "unknown"]
_SORTS = ("exacto", "latency", "price", "throughput")
_OTHERS = ("data_collection", "max_price", "preferred_max_latency", "preferred_min_throughput", "sort")
_ENTRY: dict[str, Any] = {
    "id": _MODEL,
    "canonical_slug": _MODEL + "-2026",
    "name": "Mots 64",
    "created": 1_700_000_000,
    "context_length": 4096,
    "architecture": {"input_modalities": ["text"], "modality": "text->embeddings", "output_modalities": ["embeddings"]},
    "pricing": {"prompt": "0.00000007", "completion": "0"},
    "supported_parameters": ["max_tokens"],
    "supported_voices": None,
    "default_parameters": {},
    "per_request_limits": None,
    "top_provider": {"is_moderated": False, "context_length": None, "max_completion_tokens": None},
    "links": {"details": "/api/v1/models/maison/mots-64"},
}


class _Refus(Exception):  # noqa: N818
    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


def _demander(fits: bool, words: str, status: int = 400) -> None:  # noqa: FBT001
    if not fits:
        raise _Refus(status, words)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _is_flag(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def _is_cutoff(value: Any) -> bool:
    if not isinstance(value, dict):
        return value is None or _is_number(value)
    return all(value.get(name) is None or _is_number(value[name]) for name in ("p50", "p75", "p90", "p99"))


def _is_sort(value: Any) -> bool:
    if not isinstance(value, dict):
        return value is None or (isinstance(value, str) and value in _SORTS)
    by, partition = value.get("by"), value.get("partition")
    return (by is None or by in _SORTS) and (partition is None or partition in ("model", "none"))


def _check_provider(provider: Any) -> None:
    if provider is None:
        return
    _demander(isinstance(provider, dict), "provider doit être un objet")
    strange = provider.keys() - {*_FLAGS, *_LISTS, *_OTHERS}
    _demander(not strange, f"provider ne connaît pas {sorted(strange)}")
    _demander(all(_is_flag(provider.get(name)) for name in _FLAGS), "provider : vrai ou faux attendu")
    for name in _LISTS:
        names = provider.get(name)
        _demander(names is None or _is_texts(names), f"provider.{name} doit être une liste de noms")
    formats = provider.get("quantizations") or []
    _demander(all(one in _FORMATS for one in formats), "provider.quantizations : format inconnu")
    _demander(provider.get("data_collection") in (None, "allow", "deny"), "provider.data_collection : allow ou deny")
    _demander(_is_sort(provider.get("sort")), "provider.sort est inconnu")
    for name in ("preferred_max_latency", "preferred_min_throughput"):
        _demander(_is_cutoff(provider.get(name)), f"provider.{name} doit être un nombre")
    _check_prices(provider.get("max_price", {}))
    named = provider.get("only")
    firm = provider.get("order") if provider.get("allow_fallbacks") is False else None
    for wanted in (named, firm or None):
        _demander(wanted is None or "Maison" in wanted, "aucun fournisseur ne convient", 404)
    _demander("Maison" not in (provider.get("ignore") or ()), "aucun fournisseur ne convient", 404)


def _check_prices(prices: Any) -> None:
    _demander(isinstance(prices, dict), "provider.max_price doit être un objet")
    for kind in ("prompt", "completion", "image", "audio", "request"):
        if kind not in prices:
            continue
        given = prices[kind]
        _demander(_is_number(given) or isinstance(given, str), f"provider.max_price.{kind} doit être un prix")
        try:
            most = float(given)
        except (ValueError, OverflowError):
            raise _Refus(400, f"provider.max_price.{kind} n'est pas un nombre") from None
        _demander(most >= (0.07 if kind == "prompt" else 0), "aucun fournisseur n'est aussi bon marché", 404)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _texts(body: dict[str, Any]) -> list[str]:
    given = body.get("input")
    found = [given] if isinstance(given, str) else given
    if not isinstance(found, list) or not _is_texts(found) or not found:
        raise _Refus(400, "input doit être un texte ou une liste de textes")
    _demander(all(text.strip() for text in found), "input contient un texte vide ou blanc")
    _demander(all(len(text) <= 4096 for text in found), "input contient un texte trop long")
    _demander(len(found) <= 96, "input contient plus de 96 textes", 413)
    _demander(not re.search("[\ud800-\udfff]", "".join(found)), "input contient un demi-caractère")
    return found


def _vector(text: str) -> list[float]:
    """Return the sum of a direction per word, of norm 1: the order of words has no part in it."""
    total = [0.0] * _LENGTH
    for word in text.split():
        source = random.Random(f"mot {word}")
        for place in range(_LENGTH):
            total[place] += source.gauss(0, 1)
    norm = math.hypot(*total)
    return [number / norm for number in total]


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Answer createEmbeddings."""
        self._try(self._create)

    def do_GET(self) -> None:
        """Answer listEmbeddingsModels."""
        self._try(self._list)

    do_HEAD = do_GET  # noqa: N815

    def do_PUT(self) -> None:
        """Refuse."""
        self._try(self._refuse_method)

    do_PATCH = do_DELETE = do_PUT  # noqa: N815

    def _try(self, action: Any) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        try:
            status, document = 200, action(raw)
        except _Refus as refus:
            status, document = refus.status, {"error": {"message": str(refus), "name": "RequêteRefusée"}}
        out = json.dumps(document, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(out)))
        if status == 405:
            self.send_header("Allow", "GET" if self.path.endswith("models") else "POST")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(out)

    def _refuse_method(self, raw: bytes) -> Any:
        raise _Refus(405, "cette méthode n'existe pas ici")

    def _create(self, raw: bytes) -> Any:
        path = urlsplit(self.path).path
        if path == f"{BASE}/embeddings/models":
            raise _Refus(405, "cette méthode n'existe pas ici")
        _demander(path == f"{BASE}/embeddings", "il n'y a rien ici", 404)
        words = (self.headers.get("Authorization") or "").split(" ")
        known = len(words) == 2 and words[0].lower() == "bearer" and words[1] == KEY
        _demander(known, "clef absente ou inconnue", 401)
        kind = (self.headers.get("Content-Type") or "").split(";")[0].strip().lower()
        _demander(kind == "application/json", "le corps doit être application/json", 415)
        try:
            body = json.loads(raw.decode("utf-8"), parse_constant=_refuse_word)
        except (ValueError, RecursionError):
            raise _Refus(400, "le corps n'est pas du JSON") from None
        _demander(isinstance(body, dict), "le corps doit être un objet")
        for field in ("user", "input_type"):
            _demander(isinstance(body.get(field, ""), str), f"{field} doit être un texte")
        _demander(isinstance(body.get("model"), str), "model doit être un texte")
        _demander("dimensions" not in body, f"dimensions ne se choisit pas : {_LENGTH} toujours")
        _demander(body.get("encoding_format", "float") == "float", "encoding_format doit être float")
        _check_provider(body.get("provider"))
        texts = _texts(body)
        _demander(body["model"] == _MODEL, "model est inconnu", 404)
        return {
            "object": "list",
            "model": "mots-64",
            "data": [{"object": "embedding", "embedding": _vector(text)} for text in texts],
        }

    def _list(self, raw: bytes) -> Any:
        target = urlsplit(self.path)
        if target.path == f"{BASE}/embeddings":
            raise _Refus(405, "cette méthode n'existe pas ici")
        _demander(target.path == f"{BASE}/embeddings/models", "il n'y a rien ici", 404)
        numbers = {"offset": 0, "limit": 1000}
        for name, values in parse_qs(target.query, keep_blank_values=True).items():
            if name in numbers:
                _demander(re.fullmatch(r"[0-9]{1,4000}", values[-1]) is not None, f"{name} doit être un entier")
                numbers[name] = int(values[-1])
        _demander(1 <= numbers["limit"] <= 1000, "limit va de 1 à 1000")
        return {"data": [_ENTRY][numbers["offset"] :], "links": {"next": None}, "total_count": 1}

    def log_message(self, *arguments: Any) -> None:
        """Write no log."""


def _refuse_word(word: str) -> Any:
    raise ValueError(word)


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.http_server(_Handler)
