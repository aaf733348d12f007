"""Fields beside the input: taken, ignored where they mean nothing, never fatal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openrouter_conformance import answers, vectors
from openrouter_conformance.checks.registry import check
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.samples import TEXT

if TYPE_CHECKING:
    from openrouter_conformance.session import Session

_SAMPLING: dict[str, Any] = {
    "seed": 7,
    "max_tokens": 16,
    "temperature": 0.2,
    "top_p": 0.9,
    "stop": ["\n"],
    "frequency_penalty": 0.5,
    "presence_penalty": -0.5,
    "logit_bias": {"50256": -100},
    "logprobs": True,
    "top_logprobs": 3,
    "response_format": {"type": "text"},
}


@check("create-embeddings/parameters/unknown-fields-ignored")
def unknown_fields_ignored(session: Session) -> None:
    """Fields that the contract does not name."""
    _changes_nothing(session, {"a_field_of_next_year": {"deep": [1, None]}, "": 0})


@check("create-embeddings/parameters/sampling-ignored")
def sampling_ignored(session: Session) -> None:
    """The sampling parameters that model pages list as accepted."""
    for name, value in _SAMPLING.items():
        _changes_nothing(session, {name: value})


@check("create-embeddings/parameters/user-accepted")
def user_accepted(session: Session) -> None:
    """An end user's identifier, of any characters."""
    for name in ("user-1234", "Zoë 🚀", "x" * 256):
        _changes_nothing(session, {"user": name})


@check("create-embeddings/parameters/input-type-accepted")
def input_type_accepted(session: Session) -> None:
    """A kind of input, known to the model or not."""
    for kind in ("search_query", "search_document", "a_kind_of_its_own"):
        exchange = session.ask(TEXT, input_type=kind)
        if kind == "a_kind_of_its_own" and answers.is_refusal(exchange):
            continue  # outside what the model takes
        answers.embedded(exchange, 1)


@check("create-embeddings/parameters/attribution-accepted")
def attribution_accepted(session: Session) -> None:
    """The headers with which applications name themselves, and an empty cookie."""
    headers = (
        ("Content-Type", "application/json"),
        ("HTTP-Referer", "https://example.org/app?x=1"),
        ("X-OpenRouter-Title", "Example"),
        ("X-Title", "Example"),
        ("X-OpenRouter-Categories", "cli-agent,programming"),
        ("Accept", "application/json;q=1, text/event-stream;q=0"),
        ("Cookie", ""),
    )
    answers.embedded(session.post(session.request(TEXT), headers=headers), 1)


def _changes_nothing(session: Session, fields: dict[str, Any]) -> None:
    plain = session.embed(TEXT, 1)
    exchange = session.ask(TEXT, **fields)
    if exchange.status != 200:
        raise CheckFailure(exchange.outline(), f"200 with {', '.join(map(repr, fields))}", exchange)
    answer = answers.embedded(exchange, 1)
    if not vectors.same(plain.vectors[0], answer.vectors[0]):
        raise CheckFailure(
            f"{vectors.compare(plain.vectors[0], answer.vectors[0])} with {', '.join(map(repr, fields))}",
            "the vector that comes without",
            exchange,
            plain.exchange,
        )
