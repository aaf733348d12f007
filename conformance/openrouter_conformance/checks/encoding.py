"""`encoding_format`: floats unless asked otherwise, and base64 that is float32."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openrouter_conformance import answers, excerpts, vectors
from openrouter_conformance.checks.registry import check, exchange_check
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.samples import TEXT

if TYPE_CHECKING:
    from openrouter_conformance.contract import Contract
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.session import Session


@exchange_check("create-embeddings/encoding/floats-by-default")
def floats_by_default(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """JSON numbers in every answer to a request without `encoding_format`."""
    return _all_are(exchange, list, None)


@exchange_check("create-embeddings/encoding/floats-when-asked")
def floats_when_asked(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """JSON numbers in every answer to a request for `float`."""
    return _all_are(exchange, list, "float")


@check("create-embeddings/encoding/floats-when-asked")
def float_accepted(session: Session) -> None:
    """The format by default, asked for by name."""
    session.require_plain()
    if session.was_answered("encoding", "float"):
        return
    exchange = session.ask(TEXT, encoding_format="float")
    if answers.is_refusal(exchange):
        raise CheckFailure(exchange.outline(), "200 with the encoding_format that is the default", exchange)


@exchange_check("create-embeddings/encoding/base64-when-asked")
def base64_when_asked(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """A string per input in every answer to a request for `base64`."""
    return _all_are(exchange, str, "base64")


@exchange_check("create-embeddings/encoding/base64-is-float32")
def base64_is_float32(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """Base64 of four bytes per number, in every answer to a request for `base64`."""
    found = answers.answered(exchange)
    if found is None or found.sent.get("encoding_format") != "base64":
        return False
    for place, item in enumerate(found.answer.items):
        if isinstance(item.get("embedding"), str):
            vectors.decode(item["embedding"], f"data[{place}].embedding", exchange)
    return bool(found.answer.items)


def _all_are(exchange: Exchange, kind: type, asked: str | None) -> bool:
    found = answers.answered(exchange)
    if found is None or found.sent.get("encoding_format") != asked or not found.answer.items:
        return False
    expected = "a JSON array of numbers" if kind is list else "a base64 string"
    for place, item in enumerate(found.answer.items):
        embedding = item.get("embedding")
        if not isinstance(embedding, kind):
            raise CheckFailure(f"{_kind(embedding)} in data[{place}].embedding", expected, exchange)
        if kind is list:
            vectors.decode(embedding, f"data[{place}].embedding", exchange)
    return True


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "a string"
    return "an array" if isinstance(value, list) else excerpts.of_value(value)
