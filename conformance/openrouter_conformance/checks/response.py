"""The shape of one success: counts, indices, constants, and vectors that are vectors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from openrouter_conformance import answers, vectors
from openrouter_conformance.checks.registry import proves
from openrouter_conformance.property import for_all
from openrouter_conformance.session import OMIT
from openrouter_conformance.strategies import batches
from openrouter_conformance.verdicts import NotApplicable, Violation

if TYPE_CHECKING:
    from openrouter_conformance.session import Session

TEXT = "The quick brown fox jumps over the lazy dog."
PAIR = ["A harbour at dawn", "Seven copper lanterns"]
_UNIT = 1e-3


@proves("create-embeddings/response/one-vector-per-input")
def vector_count(session: Session) -> None:
    """As many items as inputs."""

    def one_item_per_text(batch: list[str]) -> None:
        session.embed(batch, len(batch))

    for_all(
        session,
        batches(session.profile.batch),
        one_item_per_text,
        PAIR,
        [TEXT],
        [TEXT, TEXT],
        ["two\nlines", "one line"],
    )


@proves("create-embeddings/response/one-vector-for-a-string")
def single_vector(session: Session) -> None:
    """One item for a text that is not in a list, whatever signs it holds."""
    for text in (TEXT, "Two lines\nof one text", "One, two; three.", "a\tb"):
        session.embed(text, 1)


@proves("create-embeddings/response/many-inputs-answered")
def many_inputs(session: Session) -> None:
    """A batch of as many texts as clients commonly send."""
    batch = [f"{PAIR[0]} {number}" for number in range(64)]
    exchange = session.ask(batch)
    if answers.is_refusal(exchange):
        raise NotApplicable(f"the target takes fewer than {len(batch)} texts at once: {exchange.outline()}")
    answer = answers.embedded(exchange, len(batch))
    last = session.embed(batch[-1], 1)
    if not vectors.same(answer.vectors[-1], last.vectors[0]):
        found = vectors.compare(answer.vectors[-1], last.vectors[0])
        raise Violation(
            f"a last vector that is not that of the last of 64 texts ({found})",
            f"cosine of at least {vectors.SAME}",
            answer.exchange,
            last.exchange,
        )


@proves("create-embeddings/response/index-counts-from-zero")
def index_order(session: Session) -> None:
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
            raise Violation(f"indices {indices}", f"indices {list(range(len(indices)))}", answer.exchange)

    for_all(
        session, batches(session.profile.batch), index_is_position, PAIR, [f"{TEXT} {number}" for number in range(20)]
    )


@proves("create-embeddings/response/index-present")
def index_presence(session: Session) -> None:
    """An index on every item."""
    answer = session.embed(PAIR)
    missing = [place for place, item in enumerate(answer.items) if item.get("index") is None]
    if missing:
        raise Violation(f"no index on the items {missing}", "an index on every item", answer.exchange)


@proves("create-embeddings/response/object-constants")
def object_constants(session: Session) -> None:
    """`list` and `embedding` in the `object` fields."""
    answer = session.embed(PAIR)
    found = [answer.body.get("object"), *(item.get("object") for item in answer.items)]
    expected = ["list", *("embedding" for _ in answer.items)]
    if found != expected:
        raise Violation(f"object fields {found}", f"{expected}", answer.exchange)


@proves("create-embeddings/response/model-named")
def model_name(session: Session) -> None:
    """A name in `model`."""
    answer = session.embed(TEXT, 1)
    name = answer.body.get("model")
    if not isinstance(name, str) or not name.strip():
        raise Violation(f"model {name!r}", "the name of the model that answered", answer.exchange)


@proves("create-embeddings/response/model-recognisable")
def model_recognition(session: Session) -> None:
    """A `model` that belongs to the model that was asked for."""
    answer = session.embed(TEXT, 1)
    name = str(answer.body.get("model"))
    asked = session.model.rpartition("/")[2]
    if _letters(asked) not in _letters(name) and _letters(name) not in _letters(session.model):
        raise Violation(f"model {name!r}", f"a name of {session.model!r}", answer.exchange)


@proves("create-embeddings/response/id-fresh")
def id_freshness(session: Session) -> None:
    """Different identifiers for two generations."""
    first, second = session.embed(TEXT, 1), session.embed(TEXT, 1)
    ids = first.body.get("id"), second.body.get("id")
    if ids == (None, None):
        raise NotApplicable("answers carry no id")
    if ids[0] == ids[1] or not all(isinstance(name, str) and name for name in ids):
        raise Violation(f"ids {ids[0]!r} and {ids[1]!r}", "two different ids", first.exchange, second.exchange)


@proves("create-embeddings/response/id-form")
def id_form(session: Session) -> None:
    """Identifiers in the form that the live API gives them."""
    answer = session.embed(TEXT, 1)
    name = answer.body.get("id")
    if not isinstance(name, str) or not re.fullmatch(r"gen-emb-[0-9]{10}-[A-Za-z0-9]{20}", name):
        raise Violation(f"id {name!r}", "`gen-emb-`, Unix seconds, `-`, 20 letters or digits", answer.exchange)


@proves("create-embeddings/response/provider-named")
def provider_name(session: Session) -> None:
    """The provider that served the request."""
    answer = session.embed(TEXT, 1)
    name = answer.body.get("provider")
    if not isinstance(name, str) or not name:
        raise Violation(f"provider {name!r}", "the name of a provider", answer.exchange)


@proves("create-embeddings/vectors/finite-and-not-zero")
def vector_values(session: Session) -> None:
    """Vectors with a direction."""

    def has_a_direction(batch: list[str]) -> None:
        answer = session.embed(batch)
        for place, vector in enumerate(answer.vectors):
            if not vector.size or not np.isfinite(vector).all() or not vector.any():
                what = "is empty" if not vector.size else "is zero" if not vector.any() else "holds NaN or infinity"
                raise Violation(
                    f"a vector at position {place} that {what}", "finite numbers, not all zero", answer.exchange
                )

    for_all(session, batches(session.profile.batch), has_a_direction, PAIR)


@proves("create-embeddings/vectors/equal-length")
def dimension_agreement(session: Session) -> None:
    """Vectors of one length, in one answer and from one request to the next."""

    def lengths_agree(batch: list[str]) -> None:
        answer = session.embed(batch, dimensions=OMIT)
        lengths = [vector.size for vector in answer.vectors]
        if any(length != session.native_length for length in lengths):
            raise Violation(f"lengths {lengths}", f"{session.native_length} for each, as before", answer.exchange)

    for_all(session, batches(min(3, session.profile.batch)), lengths_agree, PAIR)
    shortened = session.ask(PAIR, dimensions=max(1, session.native_length // 2))
    if shortened.status == 200:
        lengths = [vector.size for vector in answers.embedded(shortened).vectors]
        if len(set(lengths)) > 1:
            raise Violation(f"lengths {lengths}", "one length in one answer", shortened)


@proves("create-embeddings/vectors/different-texts-differ")
def text_sensitivity(session: Session) -> None:
    """Different vectors for texts that have nothing in common."""
    for one, other in (tuple(PAIR), ("cat", "airplane"), ("東京の音楽", "журнал облако"), ("1", "2")):
        answer = session.embed([one, other], 2)
        if vectors.same(*answer.vectors):
            raise Violation(f"the same vector for {one!r} and {other!r}", "two different vectors", answer.exchange)


@proves("create-embeddings/vectors/related-texts-closer")
def relatedness(session: Session) -> None:
    """A text nearer to a near-copy of itself than to another."""
    texts = [
        "A cat sleeps on the warm windowsill",
        "A cat sleeps on the windowsill",
        "Quarterly tax law for shipping firms",
    ]
    answer = session.embed(texts, len(texts))
    near = vectors.cosine(answer.vectors[0], answer.vectors[1])
    far = vectors.cosine(answer.vectors[0], answer.vectors[2])
    if near <= far:
        raise Violation(
            f"cosine {near:.4f} to a near-copy, {far:.4f} to an unrelated text", "the near-copy nearer", answer.exchange
        )


@proves("create-embeddings/vectors/unit-length")
def unit_length(session: Session) -> None:
    """Vectors of length one."""
    answer = session.embed(PAIR)
    norms = [float(np.linalg.norm(vector)) for vector in answer.vectors]
    if any(abs(norm - 1) > _UNIT for norm in norms):
        raise Violation(f"lengths {[round(norm, 4) for norm in norms]}", "1 for each", answer.exchange)


def _letters(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())
