"""Fields beside the input: taken, ignored where they mean nothing, never fatal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openrouter_conformance import answers, vectors
from openrouter_conformance.checks.registry import proves
from openrouter_conformance.checks.response import TEXT
from openrouter_conformance.recorder import price_per_token
from openrouter_conformance.verdicts import NotApplicable, Violation

if TYPE_CHECKING:
    from openrouter_conformance.session import Session

_ALIKE = 0.99
"""Cosine from which two vectors are of one model, though computed in other number formats."""

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

_PREFERENCES: tuple[dict[str, Any] | None, ...] = (
    {"allow_fallbacks": True},
    {"allow_fallbacks": None, "order": None, "sort": None},
    {"order": ["A provider of no name"], "allow_fallbacks": True},
    {"ignore": ["A provider of no name"]},
    {"sort": "price"},
    {"sort": {"by": "latency", "partition": "model"}},
    {"data_collection": "allow", "require_parameters": False},
    {"max_price": {"prompt": 1000, "completion": "1000.5"}},
    {"preferred_max_latency": 100, "preferred_min_throughput": {"p50": 0.1}},
    {},
    None,
)


@proves("create-embeddings/parameters/unknown-fields-ignored")
def unknown_fields(session: Session) -> None:
    """Fields that the contract does not name."""
    _changes_nothing(session, {"a_field_of_next_year": {"deep": [1, None]}, "": 0})


@proves("create-embeddings/parameters/sampling-ignored")
def sampling_parameters(session: Session) -> None:
    """The sampling parameters that model pages list as accepted."""
    for name, value in _SAMPLING.items():
        _changes_nothing(session, {name: value})


@proves("create-embeddings/parameters/user-taken")
def user_field(session: Session) -> None:
    """An end user's identifier, of any characters."""
    for name in ("user-1234", "Zoë 🚀", "x" * 256):
        _changes_nothing(session, {"user": name})


@proves("create-embeddings/parameters/input-type-taken")
def input_type(session: Session) -> None:
    """A kind of input, known to the model or not."""
    for kind in ("search_query", "search_document", "a_kind_of_its_own"):
        exchange = session.ask(TEXT, input_type=kind)
        if kind == "a_kind_of_its_own" and answers.is_refusal(exchange):
            continue  # outside what the model takes
        answers.embedded(exchange, 1)


@proves("create-embeddings/parameters/attribution-taken")
def attribution_headers(session: Session) -> None:
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


@proves("create-embeddings/routing/preferences-taken")
def provider_preferences(session: Session) -> None:
    """Preferences that every set of providers can meet."""
    for preferences in _PREFERENCES:
        exchange = session.ask(TEXT, provider=preferences)
        if exchange.status != 200:
            raise Violation(exchange.outline(), f"200 with provider={preferences}", exchange)
        answers.embedded(exchange, 1)


@proves("create-embeddings/routing/unmeetable-preferences-refused")
def unmeetable_preferences(session: Session) -> None:
    """Preferences that no provider can meet: refused, not overruled."""
    _provider_of(session)
    for preferences in (
        {"only": ["A provider of no name"]},
        {"order": ["A provider of no name"], "allow_fallbacks": False},
    ):
        exchange = session.ask(TEXT, provider=preferences)
        if exchange.status not in (400, 404):
            raise Violation(exchange.outline(), f"404 or 400 with provider={preferences}", exchange)


@proves("create-embeddings/routing/max-price-kept")
def dear_providers(session: Session) -> None:
    """A highest price of nothing, for a model that costs something: refused, not overruled."""
    _provider_of(session)
    listed = next((model for model in session.catalogue if model.get("id") == session.model), {})
    if not price_per_token(listed):
        raise NotApplicable("the model has no listed price above zero")
    exchange = session.ask(TEXT, provider={"max_price": {"prompt": 0}})
    if exchange.status not in (400, 404):
        raise Violation(exchange.outline(), "404 or 400 with a highest price of 0", exchange)


@proves("create-embeddings/routing/ignored-provider-left-out")
def ignored_provider(session: Session) -> None:
    """The provider that answers by itself, asked not to."""
    name, _ = _provider_of(session)
    exchange = session.ask(TEXT, provider={"ignore": [name]})
    if exchange.status in (400, 404):
        return  # there is no other
    if answers.embedded(exchange, 1).body.get("provider") == name:
        raise Violation(f"an answer of {name!r}, which was to be ignored", "another provider, or 404", exchange)


@proves("create-embeddings/routing/providers-agree")
def provider_agreement(session: Session) -> None:
    """The vectors that two providers of the model give one text."""
    name, plain = _provider_of(session)
    exchange = session.ask(TEXT, provider={"ignore": [name]})
    if exchange.status in (400, 404):
        raise NotApplicable(f"the model has no other provider than {name!r}")
    answer = answers.embedded(exchange, 1)
    one, other = plain.vectors[0], answer.vectors[0]
    if vectors.cosine(one, other) < _ALIKE:
        raise Violation(
            f"{vectors.compare(one, other)} between {name!r} and {answer.body.get('provider')!r}",
            f"cosine of at least {_ALIKE}",
            plain.exchange,
            exchange,
        )


@proves("create-embeddings/routing/preferences-keep-the-vector")
def routed_agreement(session: Session) -> None:
    """A preference chooses who answers, not what."""
    name, plain = _provider_of(session)
    chosen = session.embed(TEXT, 1, provider={"order": [name], "allow_fallbacks": True})
    if not vectors.same(plain.vectors[0], chosen.vectors[0]):
        raise Violation(
            f"{vectors.compare(plain.vectors[0], chosen.vectors[0])} with {name!r} asked for by name",
            f"cosine of at least {vectors.SAME}",
            plain.exchange,
            chosen.exchange,
        )


def _provider_of(session: Session) -> tuple[str, answers.Embedded]:
    """Return who answers a text when nothing is preferred, and the answer; a server with one provider names none."""
    answer = session.embed(TEXT, 1)
    name = answer.body.get("provider")
    if not isinstance(name, str):
        raise NotApplicable("answers do not name their provider, so there is none to choose")
    return name, answer


def _changes_nothing(session: Session, fields: dict[str, Any]) -> None:
    plain = session.embed(TEXT, 1)
    exchange = session.ask(TEXT, **fields)
    if exchange.status != 200:
        raise Violation(exchange.outline(), f"200 with {', '.join(map(repr, fields))}", exchange)
    answer = answers.embedded(exchange, 1)
    if not vectors.same(plain.vectors[0], answer.vectors[0]):
        raise Violation(
            f"{vectors.compare(plain.vectors[0], answer.vectors[0])} with {', '.join(map(repr, fields))}",
            "the vector that comes without",
            exchange,
            plain.exchange,
        )
