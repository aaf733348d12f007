"""The shape of one success: counts, indices, constants, names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from openrouter_conformance import answers, excerpts
from openrouter_conformance.checks.registry import check, exchange_check
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.samples import PAIR

if TYPE_CHECKING:
    from openrouter_conformance.contract import Contract
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.session import Session


@exchange_check("create-embeddings/response/one-vector-per-input")
def one_vector_per_input(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """As many items as inputs, in every answer."""
    found = answers.answered(exchange)
    if found is None:
        return False
    items, inputs = len(found.answer.items), len(found.inputs)
    if items != inputs:
        raise CheckFailure(
            f"{items} item{'' if items == 1 else 's'} in `data` for {inputs} input{'' if inputs == 1 else 's'}",
            f"{inputs}, one per input",
            exchange,
        )
    return True


@check("create-embeddings/response/batches-answered")
def batches_answered(session: Session) -> None:
    """Two short texts."""
    exchange = session.ask(PAIR)
    if answers.is_refusal(exchange):
        raise CheckFailure(exchange.outline(), "200 for two texts", exchange)


@exchange_check("create-embeddings/response/index-counts-from-zero")
def index_counts_from_zero(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """Indices equal to positions, where items carry one, in every answer."""
    found = answers.answered(exchange)
    indices = [] if found is None else [item.get("index") for item in found.answer.items]
    if all(index is None for index in indices):
        return False
    if indices != list(range(len(indices))) or any(type(index) is not int for index in indices):
        place = next(at for at, index in enumerate(indices) if type(index) is not int or index != at)
        raise CheckFailure(
            f"index {excerpts.of_value(indices[place])} at position {place} of {len(indices)}", f"{place}", exchange
        )
    return True


@exchange_check("create-embeddings/response/index-present")
def index_present(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """An index on every item of every answer."""
    found = answers.answered(exchange)
    if found is None or not found.answer.items:
        return False
    missing = [place for place, item in enumerate(found.answer.items) if item.get("index") is None]
    if missing:
        raise CheckFailure(f"no index at position {missing[0]}", "an index on every item", exchange)
    return True


@exchange_check("create-embeddings/response/object-constants")
def object_constants(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """`list` and `embedding` in the `object` fields of every answer."""
    found = answers.answered(exchange)
    if found is None:
        return False
    if found.answer.body.get("object") != "list":
        raise CheckFailure(f"object {excerpts.of_value(found.answer.body.get('object'))}", "`list`", exchange)
    for place, item in enumerate(found.answer.items):
        if item.get("object") != "embedding":
            raise CheckFailure(
                f"object {excerpts.of_value(item.get('object'))} in data[{place}]", "`embedding`", exchange
            )
    return True


@exchange_check("create-embeddings/response/model-named")
def model_named(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """A name in `model` in every answer."""
    found = answers.answered(exchange)
    if found is None:
        return False
    name = found.answer.body.get("model")
    if not isinstance(name, str) or not name.strip():
        raise CheckFailure(f"model {excerpts.of_value(name)}", "the name of the model that answered", exchange)
    return True


@exchange_check("create-embeddings/response/model-recognizable")
def model_recognizable(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """A `model` that belongs to the model that was asked for, in every answer."""
    found = answers.answered(exchange)
    if found is None or not isinstance(found.sent.get("model"), str):
        return False
    name, asked = str(found.answer.body.get("model")), found.sent["model"]
    if _letters(asked.rpartition("/")[2]) not in _letters(name) and _letters(name) not in _letters(asked):
        raise CheckFailure(f"model {excerpts.of_value(name)}", f"a name of {excerpts.of_value(asked)}", exchange)
    return True


@exchange_check("create-embeddings/response/id-form")
def id_form(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """Identifiers in the form that the live API gives them, in every answer."""
    found = answers.answered(exchange)
    if found is None:
        return False
    name = found.answer.body.get("id")
    if not isinstance(name, str) or not re.fullmatch(r"gen-emb-[0-9]{10}-[A-Za-z0-9]{20}", name):
        raise CheckFailure(
            f"id {excerpts.of_value(name)}", "`gen-emb-`, Unix seconds, `-`, 20 letters or digits", exchange
        )
    return True


@exchange_check("create-embeddings/response/provider-named")
def provider_named(exchange: Exchange, contract: Contract) -> bool:  # noqa: ARG001
    """The provider that served the request, in every answer."""
    found = answers.answered(exchange)
    if found is None:
        return False
    name = found.answer.body.get("provider")
    if not isinstance(name, str) or not name:
        raise CheckFailure(f"provider {excerpts.of_value(name)}", "the name of a provider", exchange)
    return True


def _letters(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())
