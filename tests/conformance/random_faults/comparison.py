"""Whether the answers of two mocks differ for a caller: what the contract leaves free is taken out first.

Free is which function of the input the vectors are, rounding, how many tokens a text has, the wording of error messages
and what their metadata holds, and the description of a model. Not free is that vectors and counts are functions of the input, whatever the context.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from .differential import Answer, Probe

_FREE_HEADERS = {"content-length", "cf-ray"}
_ROUNDING = 1e-5
"""How much the cosine of equal vectors may differ from 1: float16 and sums in another order stay far below it."""
_NORM_ROUNDING = 1e-3


@attrs.frozen
class Seen:
    """What is kept of an answer.

    Attributes:
        digest: of all of it, ids and times masked.
        view: of what the contract does not leave free, as JSON.
        shown: for reports.

    """

    digest: str
    view: str
    shown: str


def look(requests: Sequence[Probe], answers: Sequence[Answer]) -> list[Seen]:
    """Return what is kept of the answers of one mock, in the order in which they came."""
    functions = _Functions()
    ids = [answer.raw_id for answer in answers if answer.raw_id]
    found = []
    for request, answer in zip(requests, answers, strict=True):
        everything = repr((answer.status, answer.headers)).encode() + answer.content
        view = _view(request, answer, functions)
        if answer.raw_id:
            view["the id is new"] = ids.count(answer.raw_id) == 1
        digest = hashlib.sha256(everything).hexdigest()
        found.append(Seen(digest, json.dumps(view, sort_keys=True), answer.shown()))
    return found


class _Functions:
    """What one mock has shown so far of its functions from inputs to vectors and to token counts."""

    def __init__(self) -> None:
        self.vectors: dict[tuple[str, str, int], NDArray[np.float32]] = {}
        self.tokens: dict[tuple[str, str], int] = {}
        self.longest: dict[tuple[str, str], NDArray[np.float32]] = {}
        self.words_of: dict[tuple[str, bytes], str] = {}

    def vector(self, model: str, given: Any, vector: NDArray[np.float32]) -> list[str]:
        """Return what is wrong with the vector of an input, given the vectors before it."""
        if not vector.size:
            return ["empty"]
        wrong = []
        if not abs(float(np.linalg.norm(vector.astype(np.float64))) - 1) < _NORM_ROUNDING:
            wrong.append("not of length 1")
        key = model, _canonical(given)
        before = self.vectors.setdefault((*key, vector.size), vector)
        if not _are_parallel(before, vector):
            wrong.append("another vector than before")
        longest = self.longest.setdefault(key, vector)
        most = min(longest.size, vector.size)
        if not _are_parallel(longest[:most], vector[:most]):
            wrong.append("no beginning of the longer vector")
        if vector.size >= 64 and (words := _words(given)):
            first = self.words_of.setdefault((model, vector.tobytes()), words)
            if first != words:
                wrong.append("the vector of another text")
        if vector.size > longest.size:
            self.longest[key] = vector
        return wrong

    def count(self, model: str, inputs: Sequence[Any], tokens: Any) -> str:
        """Return whether the tokens of the inputs are as many as before, as far as all of them are known."""
        if type(tokens) is not int or tokens < 0:
            return f"{tokens!r}"
        keys = [(model, _canonical(given)) for given in inputs]
        if len(keys) == 1:
            known = self.tokens.setdefault(keys[0], tokens)
            return "as before" if tokens == known else "not as before"
        unknown = sum(key not in self.tokens for key in keys)
        known = sum(self.tokens.get(key, 0) for key in keys)
        return "as before" if tokens == known or (unknown and tokens >= known + unknown) else "not as before"


def _are_parallel(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    first, second = one.astype(np.float64), other.astype(np.float64)
    scale = float(np.linalg.norm(first) * np.linalg.norm(second))
    return not scale or float(first @ second) >= (1 - _ROUNDING) * scale


def _view(request: Probe, answer: Answer, functions: _Functions) -> dict[str, Any]:
    headers = [pair for pair in answer.headers if pair[0] not in _FREE_HEADERS]
    view: dict[str, Any] = {"status": answer.status, "headers": headers}
    if request.raw is not None:
        heads = re.findall(rb"HTTP/1.1 \d+|connection: [^\r]*|transfer-encoding: [^\r]*", answer.content)
        view["answers"] = [head.decode("latin-1") for head in heads]
        return view
    try:
        body = json.loads(answer.content)
    except ValueError:
        view["content"] = answer.content.decode("latin-1")[:300]
        return view
    if not isinstance(body, dict):
        view["body"] = body
        return view
    body = dict(body)
    if isinstance(body.get("error"), dict):
        error = body["error"]
        body["error"] = {**error, "message": bool(error.get("message"))}
        if isinstance(error.get("metadata"), dict):  # whatever a server wants to add
            body["error"]["metadata"] = {}
    elif isinstance(body.get("data"), list) and request.method == "POST":
        _view_embeddings(request, body, functions)
    elif isinstance(body.get("data"), list):
        body["data"] = [
            {**model, "description": bool(model.get("description"))} if isinstance(model, dict) else model
            for model in body["data"]
        ]
    view["body"] = body
    return view


def _view_embeddings(request: Probe, body: dict[str, Any], functions: _Functions) -> None:
    """Put into *body*, in place of what the contract leaves free, whether it agrees with what was seen before."""
    inputs, model = request.inputs, str(request.fields.get("model"))
    model = model.removesuffix("-20251117").removesuffix("-20260727")
    if (dimensions := request.fields.get("dimensions")) is not None:
        body["dimensions"] = dimensions
    items = []
    for place, item in enumerate(body["data"]):
        shown, value = dict(item), item.get("embedding")
        try:
            vector = np.frombuffer(base64.b64decode(value), "<f4") if isinstance(value, str) else np.array(value, "<f4")
            given = inputs[place] if place < len(inputs) else "beyond the last input"
            shown["embedding"] = [type(value).__name__, vector.size, functions.vector(model, given, vector)]
        except (TypeError, ValueError):
            shown["embedding"] = repr(value)[:100]
        items.append(shown)
    body["data"] = items
    usage = body.get("usage")
    if isinstance(usage, dict):
        tokens, cost = usage.get("prompt_tokens"), usage.get("cost")
        shown = dict(usage)
        shown["prompt_tokens"] = functions.count(model, inputs, tokens)
        shown["total_tokens"] = "the same" if usage.get("total_tokens") == tokens else repr(usage.get("total_tokens"))
        shown["cost"] = _price(cost, tokens)
        if isinstance(details := usage.get("cost_details"), dict):
            shown["cost_details"] = {name: _price(value, tokens) for name, value in details.items()}
        # Whether tokens are given by kind is free, and how many a medium has; that the parts add up is not.
        parts = usage.get("prompt_tokens_details")
        shown["prompt_tokens_details"] = parts is None or sum(parts.values()) == tokens
        if any(isinstance(given, dict) for given in inputs):
            shown["cost"] = shown["cost_details"] = "of several kinds"
        body["usage"] = shown


def _price(cost: Any, tokens: Any) -> Any:
    """Return the price of a token that a cost comes from."""
    if isinstance(cost, bool) or not isinstance(cost, int | float) or type(tokens) is not int or tokens < 1:
        return repr(cost)
    return f"{cost / tokens:.6g}"


def _canonical(given: Any) -> str:
    value = [int(one) for one in given] if isinstance(given, list) and _are_numbers(given) else given
    return json.dumps(value, sort_keys=True)


def _are_numbers(given: list[Any]) -> bool:
    return all(isinstance(one, int | float) for one in given)


def _words(given: Any) -> str:
    """Return the words of a text without case, accents and punctuation, in which models may differ; JSON of others."""
    if isinstance(given, dict) and isinstance(given.get("content"), list):
        parts = [part.get("text") if isinstance(part, dict) else None for part in given["content"]]
        given = " ".join(map(str, parts)) if None not in parts else given
    if not isinstance(given, str):
        return _canonical(given)
    letters = unicodedata.normalize("NFKD", given).casefold()
    return " ".join("".join(one if one.isalnum() else " " for one in letters if not unicodedata.combining(one)).split())
