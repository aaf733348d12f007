"""Requests checked by the contract itself, for the servers that have no validation of their own."""

from __future__ import annotations

import functools
import re
from decimal import Decimal, InvalidOperation
from importlib import resources
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs
import orjson
import yaml


class Refusal(Exception):  # noqa: N818
    """A request that gets an error: a status, words for a person, and headers."""

    def __init__(self, status: int, words: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(words)
        self.status = status
        self.words = words
        self.headers = headers or {}


@functools.cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    text = resources.files("openrouter_embeddings").joinpath("openapi.yaml").read_text("utf-8")
    document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    operation = document["paths"]["/embeddings"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    return jsonschema_rs.Draft202012Validator({"allOf": [body], "components": document["components"]})


def check_key(headers: dict[str, str], keys: tuple[str, ...]) -> None:
    """Refuse a call whose `Authorization` is not `Bearer`, in any case, and one of `keys`."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or key not in keys:
        raise Refusal(401, "No known key was given.", {"WWW-Authenticate": "Bearer"})


def parsed(headers: dict[str, str], raw: bytes) -> dict[str, Any]:
    """Return the body of a call of createEmbeddings; Refusal when it breaks the contract."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "The body must be application/json.")
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Refusal(400, "The body is not JSON.") from None
    errors = sorted(_validator().iter_errors(body), key=lambda one: -len(one.instance_path))
    if errors:
        where = ".".join(map(str, errors[0].instance_path)) or _missing_field(body)
        raise Refusal(400, f"{where} does not fit the contract.")
    return dict(body)


def _missing_field(body: Any) -> str:
    return next((name for name in ("model", "input") if isinstance(body, dict) and name not in body), "body")


def texts(body: dict[str, Any]) -> list[str]:
    """Return the texts of a valid body; Refusal when its input is none or several texts."""
    given = body["input"]
    found = [given] if isinstance(given, str) else given
    if not all(isinstance(text, str) for text in found):
        raise Refusal(400, "input must be text: this model reads neither token ids nor media.")
    return list(found)


def token_lists(body: dict[str, Any]) -> list[list[int]] | None:
    """Return the lists of token ids of a valid body, or None when its input is no token ids."""
    given = body["input"]
    if isinstance(given, str) or isinstance(given[0], str | dict):
        return None
    lists = given if isinstance(given[0], list) else [given]
    return [[int(token) for token in tokens] for tokens in lists]


def bounds(query: str, most: int = 1000) -> tuple[int, int] | None:
    """Return `offset` and `limit` of a query, None when it has neither; `limit` is at most `most`."""
    given = parse_qsl(query, keep_blank_values=True)
    found: dict[str, int] = {}
    for name, text in given:
        if name not in ("offset", "limit"):
            continue
        if name in found or not re.fullmatch(r"-?[0-9]{1,4000}", text):
            raise Refusal(400, f"{name} must be one whole number.")
        found[name] = int(text)
    if found.get("offset", 0) < 0 or not 1 <= found.get("limit", 1) <= 1000:
        raise Refusal(400, "offset must be at least 0, limit from 1 to 1000.")
    if not found:
        return None
    return found.get("offset", 0), min(found.get("limit", 1000), most)


def providers(
    preferences: dict[str, Any] | None, named: tuple[str, ...], price: str, quantization: str | None = None
) -> list[str]:
    """Return which of the providers `named`, in this order, the preferences of a valid body leave.

    Args:
        preferences: `provider` of the body.
        named: all providers, all of them at the same price.
        price: US dollars per input token.
        quantization: the number format of the weights; None serves every wish.

    Raises:
        Refusal: none is left, or a highest price is no number.

    """
    wishes = preferences or {}
    _check_prices(wishes.get("max_price") or {}, Decimal(price) * 1_000_000)
    left = [name for name in named if name not in (wishes.get("ignore") or ())]
    if wishes.get("only") is not None:
        left = [name for name in left if name in wishes["only"]]
    if wishes.get("quantizations") and quantization not in (None, *wishes["quantizations"]):
        left = []
    first = [name for name in wishes.get("order") or () if name in left]
    if wishes.get("allow_fallbacks") is False and wishes.get("order"):
        left = first
    if not left:
        raise Refusal(404, "No provider fits the preferences.")
    return list(dict.fromkeys([*first, *left]))


def _check_prices(highest: dict[str, Any], prompt_price: Decimal) -> None:
    for kind, given in highest.items():
        try:
            most = Decimal(str(given))
        except InvalidOperation:
            raise Refusal(400, f"max_price.{kind} is no number.") from None
        if most.is_nan():
            raise Refusal(400, f"max_price.{kind} is no number.")
        if most < (prompt_price if kind == "prompt" else 0):
            raise Refusal(404, "No provider is as cheap as that.")


def dimensions(body: dict[str, Any], native: int) -> int:
    """Return the length that a valid body asks for, up to `native`; Refusal above it."""
    asked = int(body.get("dimensions", native))
    if asked > native:
        raise Refusal(400, f"dimensions must be at most {native}.")
    return asked
