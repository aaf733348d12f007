"""The shape of one success: counts, indices, constants."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from openrouter_conformance import answers, vectors
from openrouter_conformance.checks.registry import check
from openrouter_conformance.errors import CheckFailure, NotApplicable
from openrouter_conformance.properties import check_property
from openrouter_conformance.samples import PAIR, TEXT
from openrouter_conformance.strategies import batches

if TYPE_CHECKING:
    from openrouter_conformance.session import Session


@check("create-embeddings/response/one-vector-per-input")
def one_vector_per_input(session: Session) -> None:
    """As many items as inputs."""

    def one_item_per_text(batch: list[str]) -> None:
        session.embed(batch, len(batch))

    check_property(
        session,
        batches(session.profile.batch),
        one_item_per_text,
        examples=[PAIR, [TEXT], [TEXT, TEXT], ["two\nlines", "one line"]],
    )


@check("create-embeddings/response/one-vector-for-a-string")
def one_vector_for_a_string(session: Session) -> None:
    """One item for a text that is not in a list, whatever signs it holds."""
    for text in (TEXT, "Two lines\nof one text", "One, two; three.", "a\tb"):
        session.embed(text, 1)


@check("create-embeddings/response/many-inputs-answered")
def many_inputs_answered(session: Session) -> None:
    """A batch of as many texts as clients commonly send."""
    batch = [f"{PAIR[0]} {number}" for number in range(64)]
    exchange = session.ask(batch)
    if answers.is_refusal(exchange):
        raise NotApplicable(f"the target takes fewer than {len(batch)} texts at once: {exchange.outline()}")
    answer = answers.embedded(exchange, len(batch))
    last = session.embed(batch[-1], 1)
    if not vectors.same(answer.vectors[-1], last.vectors[0]):
        found = vectors.compare(answer.vectors[-1], last.vectors[0])
        raise CheckFailure(
            f"a last vector that is not that of the last of 64 texts ({found})",
            f"cosine of at least {vectors.SAME}",
            answer.exchange,
            last.exchange,
        )


@check("create-embeddings/response/index-counts-from-zero")
def index_counts_from_zero(session: Session) -> None:
    """Indices equal to positions, where items carry one."""

    def index_is_position(batch: list[str]) -> None:
        exchange = session.ask(batch)
        if len(batch) > session.profile.batch and answers.is_refusal(exchange):
            return  # a server may take fewer texts at once
        answer = answers.embedded(exchange)
        indices = [item.get("index") for item in answer.items]
        if all(index is None for index in indices):
            raise NotApplicable("no item carries an index")
        if indices != list(range(len(indices))) or any(isinstance(index, bool) for index in indices):
            raise CheckFailure(f"indices {indices}", f"indices {list(range(len(indices)))}", answer.exchange)

    check_property(
        session,
        batches(session.profile.batch),
        index_is_position,
        examples=[PAIR, [f"{TEXT} {number}" for number in range(20)]],
    )


@check("create-embeddings/response/index-present")
def index_present(session: Session) -> None:
    """An index on every item."""
    answer = session.embed(PAIR)
    missing = [place for place, item in enumerate(answer.items) if item.get("index") is None]
    if missing:
        raise CheckFailure(f"no index on the items {missing}", "an index on every item", answer.exchange)


@check("create-embeddings/response/object-constants")
def object_constants(session: Session) -> None:
    """`list` and `embedding` in the `object` fields."""
    answer = session.embed(PAIR)
    found = [answer.body.get("object"), *(item.get("object") for item in answer.items)]
    expected = ["list", *("embedding" for _ in answer.items)]
    if found != expected:
        raise CheckFailure(f"object fields {found}", f"{expected}", answer.exchange)


@check("create-embeddings/response/model-named")
def model_named(session: Session) -> None:
    """A name in `model`."""
    answer = session.embed(TEXT, 1)
    name = answer.body.get("model")
    if not isinstance(name, str) or not name.strip():
        raise CheckFailure(f"model {name!r}", "the name of the model that answered", answer.exchange)


@check("create-embeddings/response/model-recognizable")
def model_recognizable(session: Session) -> None:
    """A `model` that belongs to the model that was asked for."""
    answer = session.embed(TEXT, 1)
    name = str(answer.body.get("model"))
    asked = session.model.rpartition("/")[2]
    if _letters(asked) not in _letters(name) and _letters(name) not in _letters(session.model):
        raise CheckFailure(f"model {name!r}", f"a name of {session.model!r}", answer.exchange)


@check("create-embeddings/response/id-fresh")
def id_fresh(session: Session) -> None:
    """Different identifiers for two generations."""
    first, second = session.embed(TEXT, 1), session.embed(TEXT, 1)
    ids = first.body.get("id"), second.body.get("id")
    if ids == (None, None):
        raise NotApplicable("answers carry no id")
    if ids[0] == ids[1] or not all(isinstance(name, str) and name for name in ids):
        raise CheckFailure(f"ids {ids[0]!r} and {ids[1]!r}", "two different ids", first.exchange, second.exchange)


@check("create-embeddings/response/id-form")
def id_form(session: Session) -> None:
    """Identifiers in the form that the live API gives them."""
    answer = session.embed(TEXT, 1)
    name = answer.body.get("id")
    if not isinstance(name, str) or not re.fullmatch(r"gen-emb-[0-9]{10}-[A-Za-z0-9]{20}", name):
        raise CheckFailure(f"id {name!r}", "`gen-emb-`, Unix seconds, `-`, 20 letters or digits", answer.exchange)


@check("create-embeddings/response/provider-named")
def provider_named(session: Session) -> None:
    """The provider that served the request."""
    answer = session.embed(TEXT, 1)
    name = answer.body.get("provider")
    if not isinstance(name, str) or not name:
        raise CheckFailure(f"provider {name!r}", "the name of a provider", answer.exchange)


def _letters(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())
