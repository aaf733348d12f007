"""What requests cost at most, before they are sent and after they were answered.

The estimate is the suite's own: no tokenizer makes more tokens of a text than it has bytes, and token ids are counted.
What a target reports can raise the estimate and never lower it.
"""

from __future__ import annotations

import json
import math
import re
import threading
from typing import TYPE_CHECKING, Any

import attrs

from openrouter_conformance.prices import UNKNOWN_LIST, PriceList

if TYPE_CHECKING:
    from openrouter_conformance.exchange import Exchange, Request

_FREE_METHODS = ("GET", "HEAD", "OPTIONS")
_MODEL = re.compile(rb'"model"\s*:\s*"([A-Za-z0-9/._:-]+)"')
"""The model in a body that cannot be parsed."""
_TEXT = re.compile(rb'("(?:[^"\\]|\\.)*"|[0-9])(\s*:)?', re.DOTALL)
"""A text or a digit in a body nested too deep to be parsed; before a colon it is the name of a field."""


@attrs.frozen
class Cost:
    """What a request costs: input tokens, US dollars."""

    tokens: int = 0
    dollars: float = 0.0


@attrs.frozen
class Content:
    """What a request asks a model to read: tokens at most, pictures and other media; `model` None if unclear."""

    model: str | None
    tokens: int
    media: int = 0


class Spending:
    """Reckons what requests cost; threads may share it.

    Attributes:
        is_free: whether nothing costs anything, whatever is reported.
        prices: those of the target; until its model list was read, what is reckoned with where nothing is listed.

    """

    def __init__(self, *, is_free: bool = False) -> None:
        self.is_free = is_free
        self.prices: PriceList = UNKNOWN_LIST
        self._per_token = 0.0
        self._lock = threading.Lock()

    def estimate(self, request: Request) -> Cost:
        """Return what a request costs at most: at least as much per token as any before it was reported to cost."""
        if request.method in _FREE_METHODS:
            return Cost()
        content = content_of(request.body)
        if self.is_free:
            return Cost(content.tokens)
        price = self.prices.of(content.model).of(content.tokens, content.media)
        return Cost(content.tokens, max(price, self._per_token * content.tokens))

    def settled(self, cost: Cost, exchange: Exchange) -> Cost:
        """Return what a request has cost of which this was the estimate: what was reported, if that is more."""
        usage = exchange.json.get("usage") if isinstance(exchange.json, dict) else None
        if not isinstance(usage, dict):
            return cost
        tokens = max(cost.tokens, math.ceil(_amount(usage.get("prompt_tokens"))))
        if self.is_free:
            return Cost(tokens)
        priced = self.prices.of(content_of(exchange.request_body).model).of(tokens) if tokens > cost.tokens else 0.0
        dollars = max(cost.dollars, priced, _amount(usage.get("cost")))
        if dollars > cost.dollars:
            with self._lock:
                self._per_token = max(self._per_token, dollars / max(1, cost.tokens))
        return Cost(tokens, dollars)


def content_of(body: bytes | None) -> Content:
    """Return what a request body asks a model to read; all of it, where it is not clear what a server makes of it."""
    body = body or b""
    try:
        sent = json.loads(body, object_pairs_hook=_without_twins)
    except RecursionError:
        return Content(None, sum(len(text) for text, is_name in _TEXT.findall(body) if not is_name))
    except ValueError:
        named = _MODEL.findall(body)
        is_clear = len(named) == 1 and body.count(b"model") == 1
        return Content(named[0].decode() if is_clear else None, len(body))
    if not isinstance(sent, dict) or "input" not in sent:
        return Content(None, len(body))
    tokens, media = _read(sent["input"])
    model = sent.get("model")
    return Content(model if isinstance(model, str) else None, min(tokens, len(body)), media)


def _read(value: Any) -> tuple[int, int]:
    """Return the tokens and media in an input: the bytes of texts, and one token for each number."""
    if isinstance(value, str):
        return len(value.encode("utf-8", "surrogatepass")), 0
    if isinstance(value, list):
        parts = [_read(one) for one in value]
        return sum(tokens for tokens, _ in parts), sum(media for _, media in parts)
    if isinstance(value, dict):
        parts = [_read(one) for name, one in value.items() if name != "type"]
        is_medium = isinstance(value.get("type"), str) and value["type"] != "text"
        return sum(tokens for tokens, _ in parts), sum(media for _, media in parts) + is_medium
    return 1, 0


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON; ValueError when a name stands there twice, of which a server may take either."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a name stands twice")
    return made


def _amount(value: Any) -> float:
    """Return what a target reports; 0 where it is no amount."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        return 0.0
    return float(value)
